"""Deduplication: at the end of an ingest, no key is left twice in what its source has here.

An earlier ingest of the same file is replaced whole. Two files of one source, or one file of many
parts, may hold the same key; that is rare, is looked for once, and only then is a table rewritten.
From then on a question reads the parts as they are, see :mod:`.newest_row`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from phonoscope.catalogue.compaction import Rows, write_in_place_of
from phonoscope.catalogue.newest_row import newest
from phonoscope.catalogue.parts import scan_of
from phonoscope.catalogue.query import spilling_connection
from phonoscope.catalogue.schema.tables import Table, tables
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.views import register_parts


@dataclass(frozen=True)
class FinishedIngest:
    """An ingest whose rows are all written."""

    source: str
    """As the column ``source`` says."""
    origin: str
    """What was read."""
    scan_id: str


@dataclass(frozen=True)
class Deduplicated:
    """Parts without duplicates, and the parts whose place they take, by table."""

    added: Mapping[str, Sequence[str]]
    removed: Mapping[str, Sequence[str]]


def deduplicate(store: Store, ingest: FinishedIngest, *, memory_mb: int) -> Deduplicated:
    """Write parts that have of every key of a source the newest row only.

    They don't count yet: :meth:`.Store.write` puts them in place, with the row that says so.

    Parameters
    ----------
    store
        The catalogue.
    ingest
        The ingest that has just written its last batch.
    memory_mb
        Memory after which DuckDB spills to disk, MB.

    Raises
    ------
    CatalogueError
        When the catalogue cannot be written; nothing is lost then.
    """
    with store.pinned(newest=True):
        return _deduplicated(store, ingest, memory_mb)


def _deduplicated(store: Store, ingest: FinishedIngest, memory_mb: int) -> Deduplicated:
    scans = _scans(store)
    earlier = frozenset(
        scan_id
        for scan_id, (source, origin) in scans.items()
        if source == ingest.source and origin == ingest.origin and scan_id != ingest.scan_id
    )
    others = frozenset(scan for scan, (source, _) in scans.items() if source != ingest.source)
    added, removed = {}, {}
    for name, table in tables().items():
        found = (
            _OfTable(store, table, ingest.source, earlier, memory_mb).run(others)
            if table.ingested
            else None
        )
        if found is not None:
            added[name], removed[name] = found
    return Deduplicated(added, removed)


def _scans(store: Store) -> dict[str, tuple[str, str]]:
    """Return source and origin of every ingest, by scan_id."""
    parts = store.live_parts("ingests")
    rows = store.rows("ingests", parts, ["scan_id", "source", "origin"])
    # An ingest of before this column was called by what it read.
    return {r["scan_id"]: (r["source"], r["origin"] or r["source"]) for r in rows}


_LIVE = "scan_id NOT IN (SELECT id FROM earlier)"


@dataclass(frozen=True)
class _OfTable:
    """The deduplication of one table."""

    store: Store
    table: Table
    source: str
    earlier: frozenset[str]
    """Ingests that are replaced."""
    memory_mb: int

    def run(self, others: frozenset[str]) -> tuple[list[str], list[str]] | None:
        """Deduplicate the table; ``others`` are the ingests of other sources.

        Returns the new parts and those they replace; ``None`` when nothing has to change.
        """
        live = self.store.live_parts(self.table.name)
        gone = [name for name in live if scan_of(name) in self.earlier]
        concerned = [n for n in live if n not in gone and scan_of(n) not in others]
        may_hide = self.earlier and any(not scan_of(name) for name in concerned)
        if (len(concerned) > 1 or may_hide) and self._needs_rewriting(concerned):
            return self._replace([*gone, *concerned], concerned, self._newest)
        if gone:
            return self._replace(gone, [], lambda connection: connection.sql(self._rows))
        return None

    def _replace(
        self, names: list[str], read: Sequence[str], rows: Rows
    ) -> tuple[list[str], list[str]]:
        new = write_in_place_of(
            self.store, self.table, names, rows, read=read, memory_mb=self.memory_mb
        )
        return [new], names

    @property
    def _rows(self) -> str:
        return f"FROM _parts_{self.table.name}"

    @property
    def _hash(self) -> str:
        """SQL for a hash of a key; two keys with one hash only cost time."""
        varying = [n for n in self.table.key_columns if n not in ("source", "scan_id")]
        return f"hash({', '.join(varying)})"

    def _needs_rewriting(self, names: Sequence[str]) -> bool:
        """Look for keys that occur twice, and for rows of earlier ingests in compacted parts."""
        with spilling_connection(self.memory_mb) as connection:
            register_parts(connection, self.store, self.table, names)
            self._find_twice(connection)
            found = connection.execute(
                "SELECT (SELECT count(*) FROM twice) + "  # noqa: S608 - our own names
                f"(SELECT count(*) {self._rows} WHERE NOT ({_LIVE}))"
            ).fetchone()
        return bool(found and found[0])

    def _find_twice(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables ``earlier``, of ingests, and ``twice``, of hashes of doubled keys."""
        connection.execute(
            "CREATE TEMP TABLE earlier AS SELECT unnest(?::VARCHAR[]) id", [[*self.earlier]]
        )
        connection.execute(
            f"CREATE TEMP TABLE twice AS SELECT {self._hash} AS h {self._rows} "
            f"WHERE source = ? AND {_LIVE} GROUP BY h HAVING count(*) > 1",
            [self.source],
        )

    def _newest(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """Return the rows that count; only what is doubled has to be sorted."""
        self._find_twice(connection)
        live = f"SELECT * {self._rows} WHERE {_LIVE}"
        doubled = f"source = $source AND {self._hash} IN (FROM twice)"
        return connection.sql(
            f"{live} AND NOT ({doubled}) UNION ALL ({live} AND {doubled} "
            f"QUALIFY {newest(self.table)})",
            params={"source": self.source},
        )
