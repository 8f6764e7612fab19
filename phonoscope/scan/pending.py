"""Find the files of a listing that have to be read: joins, in tables that spill to disk."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa

from phonoscope.catalogue.query import spilling_connection
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.views import newest_rows, register_parts
from phonoscope.errors import TRANSIENT, ErrorKind
from phonoscope.scan.known import KnownIds
from phonoscope.scan.outdated import TABLE as OUTDATED
from phonoscope.scan.outdated import find_outdated
from phonoscope.scan.sources import SourceFile

INSERT_ROWS = 20_000
CHUNK = 1_024
"""Files in a group, which begins with the largest."""

_SCHEMA = pa.schema(
    [
        ("uri", pa.string()),
        ("size_bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("error_kind", pa.string()),
        ("error", pa.string()),
    ]
)


class Pending:
    """The files of a listing that a scan has to read. Use it as a context manager.

    Parameters
    ----------
    store
        The catalogue.
    files
        The listing; a file may occur more than once.
    memory_mb
        Memory after which the tables spill to disk, MB.
    again_if_model_changed
        Also read one unchanged file of each recording whose verdict isn't by this version's model.
    """

    def __init__(
        self,
        store: Store,
        files: Iterable[SourceFile],
        memory_mb: int,
        *,
        again_if_model_changed: bool = False,
    ) -> None:
        self._connection = spilling_connection(memory_mb)
        try:
            self._take_in(files)
            self._join(store)
            find_outdated(self._connection, store)
            self._join_outdated()
            self.outdated_listed = self._count("outdated_files")
            self.again = KnownIds()
            if again_if_model_changed:
                self._add_outdated()
            self.listed = self._count("listed")
            self.total = self._count("pending")
            self.known_errors = self._known_errors()
        except BaseException:
            self._connection.close()
            raise

    listed: int
    """Distinct files that were listed."""
    total: int
    """Files that have to be read."""
    known_errors: Counter[ErrorKind]
    """Files that are known to be unreadable, and aren't read again."""
    outdated_listed: int
    """Recordings of unchanged files whose verdict isn't by this version's model."""
    again: KnownIds
    """Recordings of the catalogue to analyse again, also if they are found under another name."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def files(self) -> Iterator[list[SourceFile]]:
        """Yield the files that have to be read, in groups.

        The largest of a group is first, so that no worker is left with a long file when the others
        have finished.
        """
        reader = self._connection.sql("SELECT * FROM pending").to_arrow_reader(CHUNK)
        for batch in reader:
            group = [_source_file(row) for row in batch.to_pylist()]
            yield sorted(group, key=lambda file: -(file.size_bytes or 0))

    def _take_in(self, files: Iterable[SourceFile]) -> None:
        empty = _SCHEMA.empty_table()
        self._connection.register("_rows", empty)
        self._connection.execute("CREATE TEMP TABLE named AS SELECT * FROM _rows")
        rows = iter(files)
        while group := list(itertools.islice(rows, INSERT_ROWS)):
            found = [_listed_row(file) for file in group]
            self._connection.register("_rows", pa.Table.from_pylist(found, schema=_SCHEMA))
            self._connection.execute("INSERT INTO named SELECT * FROM _rows")
        self._connection.unregister("_rows")

    def _join(self, store: Store) -> None:
        table = tables()["files"]
        names = store.live_parts("files")
        register_parts(self._connection, store, table, names)
        newest = newest_rows(table, repeats=len(names) > 1, beside_recordings=False)
        self._connection.execute(
            "CREATE TEMP TABLE listed AS SELECT * FROM named"
            " QUALIFY row_number() OVER (PARTITION BY uri) = 1"
        )
        self._connection.execute("DROP TABLE named")
        self._connection.execute(
            "CREATE TEMP TABLE settled AS"  # noqa: S608 - our own names
            " SELECT uri, size_bytes, mtime_ns, error_kind, recording_id"
            f" FROM ({newest})"
            " WHERE error_kind IS NULL OR NOT list_contains($transient, error_kind)",
            {"transient": sorted(TRANSIENT)},
        )
        self._connection.execute(
            "CREATE TEMP TABLE pending AS SELECT * FROM listed"
            " ANTI JOIN settled USING (uri, size_bytes, mtime_ns)"
        )

    def _join_outdated(self) -> None:
        """Find one unchanged file of each outdated recording.

        A file that failed in an earlier scan is left out, or every scan would try it again.
        """
        self._connection.execute(
            "CREATE TEMP TABLE outdated_files AS SELECT listed.*"  # noqa: S608 - our own names
            " FROM listed JOIN settled USING (uri, size_bytes, mtime_ns)"
            f" SEMI JOIN {OUTDATED} USING (recording_id)"
            " WHERE settled.error_kind IS NULL"
            " QUALIFY row_number() OVER (PARTITION BY recording_id ORDER BY uri) = 1"
        )

    def _add_outdated(self) -> None:
        self._connection.execute("INSERT INTO pending SELECT * FROM outdated_files")
        ids = self._connection.sql(f"SELECT recording_id FROM {OUTDATED}")  # noqa: S608 - our own names
        self.again = KnownIds(batch.column(0) for batch in ids.to_arrow_reader(INSERT_ROWS))

    def _count(self, table: str) -> int:
        return self._connection.table(table).count("*").fetchall()[0][0]

    def _known_errors(self) -> Counter[ErrorKind]:
        rows = self._connection.execute(
            "SELECT settled.error_kind, count(*) FROM settled"
            " JOIN listed USING (uri, size_bytes, mtime_ns)"
            " WHERE settled.error_kind IS NOT NULL GROUP BY ALL"
        ).fetchall()
        return Counter({ErrorKind(kind): count for kind, count in rows})


def _listed_row(file: SourceFile) -> dict[str, object]:
    return file._asdict()


def _source_file(row: dict[str, str | int | None]) -> SourceFile:
    kind = row.pop("error_kind")
    return SourceFile(**row, error_kind=ErrorKind(kind) if kind else None)  # type: ignore[arg-type]
