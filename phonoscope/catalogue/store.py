"""A catalogue on disk: one folder, its format, and the parts in it."""

from __future__ import annotations

import os
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from phonoscope.catalogue import damage, parts
from phonoscope.catalogue.storage import Storage, storage_of
from phonoscope.catalogue.versions import Names, Version, Versions, listed, newest_name
from phonoscope.clock import utc_text
from phonoscope.errors import CatalogueError, NewerCatalogueError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset

    from phonoscope.catalogue.schema.tables import Table

FORMAT = 3
"""Version of the schema that this Phonoscope writes. Earlier ones are read unchanged: a column that
was added later is empty, and a renamed one is found under its former name (see
:attr:`phonoscope.catalogue.schema.tables.Column.formerly`).

Version 3 lists its parts (:mod:`.versions`).

Version 2 renamed ``sign`` to ``verdict`` and ``points`` to ``score`` in the tables on plays,
``tag_tag_error`` to ``tag_error`` and ``settled`` to ``deduplicated``."""

MARKER = "phonoscope.toml"
_WITH_VERSIONS = 3
"""The first format that lists its parts."""


def tables() -> Mapping[str, Table]:
    """Return every table by name, see :func:`phonoscope.catalogue.schema.tables.tables`.

    Imported here: the tables' declarations import all features, which opening a catalogue doesn't
    need.
    """
    from phonoscope.catalogue.schema.tables import tables  # noqa: PLC0415  (a query without tables needs none)

    return tables()


def phonoscope_version() -> str:
    """Return the version of the installed Phonoscope."""
    from phonoscope.catalogue.schema.tables import phonoscope_version  # noqa: PLC0415  (as above)

    return phonoscope_version()


class Store:
    """An opened catalogue: names of parts in, Arrow data out.

    Parameters
    ----------
    place
        Its folder, which has a catalogue; see :func:`open_store`.
    format
        Format in its marker.
    """

    def __init__(self, place: Storage, format: int = FORMAT) -> None:
        self.place = place
        self._format = format
        self._versions = Versions(place)
        self._here = threading.local()
        damage.watch(self)
        self.uri = place.uri
        """Where it is, for another process; see :func:`open_store`."""

    @property
    def name(self) -> str:
        """Its name for people; safe on a terminal."""
        return self.place.name

    def version(self) -> Version:
        """Return which parts the catalogue consists of now, or in :meth:`pinned`.

        Raises
        ------
        CatalogueError
            When the catalogue can't be read, or isn't there any more (``vanished``).
        """
        pinned: Version | None = getattr(self._here, "version", None)
        return pinned or self._newest()

    def _newest(self) -> Version:
        if self._format < _WITH_VERSIONS:
            # Meanwhile a newer Phonoscope may have written to it.
            self._format = _format_of(self.place, self._marker())
        if self._format < _WITH_VERSIONS:
            return listed(self.place)
        found = self._versions.newest()
        if not found.number:
            self._marker()
            if found.parts:
                self._versions.say_missing()
        return found

    def _marker(self) -> bytes:
        """Return the marker of a catalogue that was opened."""
        marker = self.place.read(MARKER)
        if marker is None:
            message = gettext(
                "The catalogue {catalogue} can't be read: {marker} is gone. Was the catalogue "
                "moved, or is its disk no longer mounted?",
                catalogue=self.name,
                marker=MARKER,
            )
            raise CatalogueError(message, code="vanished")
        return marker

    def made(self) -> bytes:
        """Return when the catalogue was made and by what, which tells it from any other one."""
        lines = self._marker().splitlines()
        return b"\n".join(line for line in lines if line.startswith(b"created_"))

    @contextmanager
    def pinned(self, *, newest: bool = False) -> Iterator[Version]:
        """Let everything that this thread reads in the block be of one version.

        What the block writes counts, but the block doesn't read it.

        Parameters
        ----------
        newest
            The newest version, also in a block that has pinned an earlier one.
        """
        before = getattr(self._here, "version", None)
        self._here.version = self._newest() if newest else self.version()
        try:
            yield self._here.version
        finally:
            self._here.version = before

    def live_parts(self, table: str) -> list[str]:
        """Return the names of a table's valid parts, oldest first."""
        return self.version().live(table)

    def dataset(self, table: str, names: list[str]) -> pa.dataset.Dataset:
        """Return parts of a table as one Arrow dataset; older rows of a key included."""
        return parts.dataset(self.place, tables()[table], names)

    def batches(
        self,
        table: str,
        names: Iterable[str],
        columns: Sequence[str],
        most_rows: int = parts.BATCH_ROWS,
    ) -> Iterator[pa.RecordBatch]:
        """Yield some columns of parts; older rows of a key included."""
        return parts.batches(self.place, tables()[table], names, columns, most_rows)

    def rows(
        self, table: str, names: Iterable[str], columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return the same rows as dicts; for small tables."""
        found = self.batches(table, names, columns)
        return [row for batch in found for row in batch.to_pylist()]

    def files(self, table: str, names: Sequence[str]) -> list[str] | None:
        """Return the paths of parts; see :meth:`Storage.files`."""
        return self.place.files([f"{table}/{name}" for name in names])

    def empty_cells(self, table: str, name: str, column: str) -> int | None:
        """Return how many rows of a part have nothing in a column; see :mod:`.parts`."""
        return parts.empty_cells(self.place, tables()[table], name, column)

    def write(
        self,
        rows: Mapping[str, pa.Table],
        batch: str,
        *,
        added: Names | None = None,
        removed: Names | None = None,
    ) -> None:
        """Write a batch: one part a table. All of it counts from one moment on.

        Parameters
        ----------
        rows
            By table.
        batch
            Its name, see :class:`.parts.BatchNames`.
        added, removed
            Parts that count, or no longer count, from the same moment on.

        Raises
        ------
        CatalogueError
            When it can't be written, or another process has replaced a removed part
            (``compacted-meanwhile``). The batch doesn't count then.
        """
        self.will_write()
        name = batch + parts.SUFFIX
        for table, some in rows.items():
            parts.write_part(self.place, tables()[table], some, batch)
        all_added = {t: [*(added or {}).get(t, ())] for t in {*rows, *(added or {})}}
        for table in rows:
            all_added[table].append(name)
        try:
            # It looks again whether the catalogue is there: writing would have made a new folder.
            self.change(all_added, removed)
        except CatalogueError as error:
            if error.code == "compacted-meanwhile":
                for table in rows:
                    self.place.remove(f"{table}/{name}")
            raise

    def change(
        self, added: Names, removed: Names | None = None, forgotten: Names | None = None
    ) -> None:
        """Let parts count, or no longer count, from one moment on; see :class:`Versions`."""
        self._marker()
        self._versions.change(added, removed, forgotten)

    def will_write(self) -> None:
        """Mark the catalogue as one of this format; call it before a part is written.

        Nothing else is changed. Without the mark an earlier Phonoscope would read the new part
        and take its renamed columns for empty; with it, it refuses. Reading alone never writes.

        Raises
        ------
        CatalogueError
            When the catalogue cannot be written, or was made a newer one meanwhile.
        """
        marker = self._marker()
        if self._format < FORMAT:
            found = _format_of(self.place, marker)
            if found < _WITH_VERSIONS:
                self._versions.begin_with_parts()
            if found < FORMAT:
                _write_marker(self.place, marker)
            self._format = FORMAT

    def newest_batch(self) -> str:
        """Return the name of the newest part, or empty text."""
        return newest_name(self._newest())


def open_store(path: str | os.PathLike[str], *, create: bool = False) -> Store:
    """Open the catalogue in a folder; one of an earlier format stays as it is.

    Parameters
    ----------
    path
        Local folder or fsspec URL.
    create
        Make a new catalogue where there is nothing or an empty folder.

    Raises
    ------
    CatalogueError
        When there is none, or the folder holds something else.
    NewerCatalogueError
        When a newer Phonoscope wrote it.
    """
    place = storage_of(path)
    marker = place.read(MARKER)
    if marker is None:
        _check_may_create(place, create)
        # First: in a catalogue of this format, a list that is missing was lost.
        Versions(place).begin()
        _write_marker(place)
        return Store(place)
    return Store(place, _format_of(place, marker))


def _check_may_create(place: Storage, create: bool) -> None:
    if found := place.names():
        message = gettext(
            "{folder} isn't a catalogue: it has no {marker}, but other files, such as '{file}'. "
            "Give an empty or new folder.",
            folder=place.name,
            marker=MARKER,
            file=printable(found[0]),
        )
        raise CatalogueError(message, code="not-a-catalogue")
    if not create:
        message = gettext(
            "There is no catalogue at {path}. 'phonoscope scan' and 'phonoscope ingest' make one.",
            path=place.name,
        )
        raise CatalogueError(message, code="no-catalogue")


def _format_of(place: Storage, marker: bytes) -> int:
    """Return the format in a marker; refuse a damaged marker and a newer format."""
    try:
        found = tomllib.loads(marker.decode())["format"]
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise ValueError(f"format = {found!r}")
    except (KeyError, ValueError) as error:
        message = gettext(
            "{file} is damaged ({error}). It needs the line: {line}",
            file=f"{place.name}/{MARKER}",
            error=printable(str(error)),
            line=f"format = {FORMAT}",
        )
        raise CatalogueError(message, code="damaged-marker") from error
    if found > FORMAT:
        message = gettext(
            "A newer Phonoscope wrote {catalogue}: it has format {found}, and this version "
            "({version}) reads formats up to {known}. Upgrade Phonoscope.",
            catalogue=place.name,
            found=str(found),
            version=phonoscope_version(),
            known=str(FORMAT),
        )
        raise NewerCatalogueError(message)
    return found


def _write_marker(place: Storage, before: bytes = b"") -> None:
    """Write the marker of this format; keep who made the catalogue, and when."""
    lines = [
        "# A catalogue of Phonoscope. Its tables are the folders next to this file.",
        f"format = {FORMAT}",
    ]
    if before:
        kept = (line for line in before.decode().splitlines() if line.startswith("created_"))
        lines += [*kept, f"upgraded_at = {utc_text()}"]
    else:
        lines += [f'created_by = "phonoscope {phonoscope_version()}"', f"created_at = {utc_text()}"]
    content = "\n".join([*lines, ""])

    def fill(file: BinaryIO) -> None:
        file.write(content.encode())

    place.write(MARKER, fill)
