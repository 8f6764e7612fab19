"""A catalogue while several findings query it: what they share is computed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeAlias

from phonoscope.catalogue.backend import materialise
from phonoscope.catalogue.locations import Locations, locations_of
from phonoscope.catalogue.reader import CatalogueReader

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir

    from phonoscope.errors import CatalogueError


Tables: TypeAlias = CatalogueReader
"""What a finding needs from a catalogue."""


class QuerySession:
    """A catalogue and the intermediate tables that findings share while they query it.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    source
        Show only the rows of this source of metadata.
    full_paths
        Whether answers show full paths of files, not those relative to the scanned folder.
    """

    def __init__(
        self, catalogue: Tables, source: str | None = None, *, full_paths: bool = False
    ) -> None:
        self._catalogue = catalogue
        # One state for all findings, though a scan may be writing; each table is described once.
        snapshot = getattr(catalogue, "snapshot", None)
        self._read: Callable[[str], ir.Table] = snapshot() if snapshot else catalogue.table
        self._source = source
        self._full_paths = full_paths
        self._cache: dict[
            Callable[[QuerySession], ir.Table], tuple[ir.Table, Callable[[], object]]
        ] = {}

    @property
    def path(self) -> str | Path:
        """The catalogue's path or address."""
        return self._catalogue.path

    def table(self, name: str) -> ir.Table:
        """Return an Ibis table by name."""
        found = self._read(name)
        # A list of machine artists is a source itself, and applies to all other sources.
        if self._source is None or "source" not in found.columns or name == "machine_artists":
            return found
        return found.filter(found.source == self._source)

    def damage(self, error: Exception) -> CatalogueError | None:
        """Return the damage to this catalogue that an error comes from, if it does."""
        found = getattr(self._catalogue, "damage", None)
        reason: CatalogueError | None = found(error) if found else None
        return reason

    @cached_property
    def locations(self) -> Locations:
        """How answers name files and sources."""
        return locations_of(self._catalogue, full=self._full_paths)

    @cached_property
    def outdated(self) -> list[str]:
        """Sources whose rows an earlier version of Phonoscope wrote, without some columns.

        See :data:`phonoscope.catalogue.schema.metadata.DERIVED_COLUMNS`.
        """
        ingests, tracks = self.table("ingests"), self.table("tracks")
        old = ingests.filter(ingests.state == "done", ingests.deduplicated.isnull())
        ids = old.scan_id.to_pyarrow().to_pylist()
        if not ids:
            return []
        rows = tracks.filter(tracks.scan_id.isin(ids))
        return sorted(set(rows.select("source").distinct().to_pyarrow()["source"].to_pylist()))

    def empty(self, table: str, column: str) -> int:
        """Return the exact number of rows of a table without a value in a column.

        Most files of a catalogue state it in their footers; then no row is read.
        """
        stated = getattr(self._catalogue, "empty_cells", None)
        if stated is not None and self._source is None:
            count: int | None = stated(table, column)
            if count is not None:
                return count
        rows = self.table(table)
        return int(rows.filter(rows[column].isnull()).count().to_pyarrow().as_py())

    def cached(self, make: Callable[[QuerySession], ir.Table]) -> ir.Table:
        """Return the Ibis table that ``make`` describes, computed at most once."""
        if make not in self._cache:
            self._cache[make] = materialise(make(self))
        return self._cache[make][0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the cached tables."""
        for _, drop in self._cache.values():
            drop()
        self._cache.clear()
