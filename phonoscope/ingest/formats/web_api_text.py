"""Tables of a web API as CSV files or JSON Lines, one or several, recognised by their columns.

Rows refer to rows of other tables by number. So all tables are first staged to Parquet, in a
temporary folder of about a third of their size, and then read like Parquet.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from phonoscope.ingest.base import Chunk, Position
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.columns import decodable
from phonoscope.ingest.formats.web_api_parquet import read_tables, table_with
from phonoscope.ingest.formats.web_api_tables import MARKETS, MARKETS_ROW, PLANS, are_recognised
from phonoscope.ingest.job import Format
from phonoscope.ingest.readers.csv_file import CsvFile, Records
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, reasons_array
from phonoscope.ingest.readers.parquet_files import STAGED_REASON, ParquetFiles
from phonoscope.messages import gettext

_STAGED_ROWS = 1 << 17
TextFile = CsvFile | JsonFile


def names_of(file: TextFile) -> dict[str, str]:
    """Return the columns or keys of a file by their lower-case names."""
    names = file.columns if isinstance(file, CsvFile) else file.keys
    return {name.lower(): name for name in names}


def table_of(file: TextFile) -> str | None:
    """Return which table of a web API a file is; ``None`` for other files."""
    if isinstance(file, JsonFile) and "tracks.items" in file.keys:
        # An album of the API itself, which holds its tracks.
        return None
    return table_with(frozenset(names_of(file)))


@dataclass
class TextTables:
    """Text files that each are a table of a web API."""

    files: Sequence[TextFile]
    name: str
    """Their name for people."""
    start: Position | None = None
    """Where in the staged tables reading begins."""
    _now: TextFile | None = None

    def found(self) -> str:
        """See :class:`..base.Source`."""
        return self.files[0].found()

    def share_read(self) -> float | None:
        """See :class:`..base.Source`; for the file that is being staged."""
        return self._now.share_read() if self._now else None

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of all tables.

        Raises
        ------
        SourceError
            When one is damaged, or two could be the same table but have different columns.
        """
        with tempfile.TemporaryDirectory(prefix="phonoscope-ingest-") as folder:
            staged: list[Path] = []
            for file in self.files:
                self._now, table = file, table_of(file)
                assert table is not None
                staged.append(Path(folder) / f"{table}-{len(staged)}.parquet")
                _stage(file, table, staged[-1])
            self._now = None
            yield from read_tables(ParquetFiles(staged, self.name, self.start))


def _read_columns(table: str) -> list[str]:
    """Return the lower-case names of the columns of a table that are read."""
    if table == MARKETS:
        return ["rowid", MARKETS]
    (plan,) = (plan for plan in PLANS if plan.table == table)
    rows = [join.row for join in plan.joins]
    return list(dict.fromkeys(["rowid", *plan.columns.values(), *rows, MARKETS_ROW]))


def _stage(file: TextFile, table: str, path: Path) -> None:
    there = names_of(file)
    names = [name for name in _read_columns(table) if name in there]
    schema = pa.schema([(name, pa.string()) for name in [*names, STAGED_REASON]])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        held: list[pa.Table] = []
        for part in _parts(file, [there[name] for name in names]):
            held.append(pa.table(part, schema=schema))
            if sum(one.num_rows for one in held) >= _STAGED_ROWS:
                writer.write_table(pa.concat_tables(held))
                held = []
        if held:
            writer.write_table(pa.concat_tables(held))


def _parts(file: TextFile, names: Sequence[str]) -> Iterator[list[pa.Array]]:
    if isinstance(file, CsvFile):
        places = [file.columns.index(name) for name in names]
        for records in file.chunks(places):
            yield _of_rows(records, names, places)
    else:
        for objects in file.chunks():
            yield _of_objects(objects, names)


def _of_rows(records: Records, names: Sequence[str], places: Sequence[int]) -> list[pa.Array]:
    columns, reject_reasons = [], records.reject_reasons.to_pylist()
    for name, at in zip(names, places, strict=True):
        column, bad = decodable(records.column(at))
        columns.append(column)
        for row in [] if bad is None else pa.compute.indices_nonzero(bad).to_pylist():
            reject_reasons[row] = reject_reasons[row] or f"{name} is undecodable text"
    return [*columns, pa.array(reject_reasons, pa.string())]


def _of_objects(objects: JsonRecords, names: Sequence[str]) -> list[pa.Array]:
    columns, reject_reasons = [], dict(objects.reject_reasons)
    for name in names:
        column, wrong = column_of(CellKind.TEXT, [row.get(name) for row in objects.rows])
        columns.append(column)
        for at in wrong:
            reject_reasons.setdefault(at, f"{name} is not a single value")
    length = len(objects.rows)
    none = pa.nulls(length, pa.string())
    reasons = reasons_array(reject_reasons, length)
    return [*columns, none if reasons is None else reasons]


def _recognises(source: TextTables) -> bool:
    return are_recognised({table_of(file) for file in source.files})


FORMAT = Format(
    name="web-api-text",
    opens=TextTables,
    looks_for=gettext("tables of a web API as CSV or JSON Lines"),
    recognises=_recognises,
    read=lambda job: job.source.chunks(),
    ignored=lambda source: (),
)
