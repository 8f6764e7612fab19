"""SQLite files with the tables of a streaming service's web API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Chunk, Position
from phonoscope.ingest.cell import MAX_TEXT_BYTES
from phonoscope.ingest.convert.columns import Raw, chunk_of, kinds
from phonoscope.ingest.formats.web_api_tables import (
    ENTITIES,
    MARKETS,
    MARKETS_ROW,
    PLANS,
    Plan,
    cells_of,
    references,
)
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.sqlite_file import Cell, SqliteFile, SqliteTable, quoted
from phonoscope.messages import gettext


def _plans(source: SqliteFile) -> list[tuple[Plan, SqliteTable]]:
    found = []
    for plan in PLANS:
        table = source.tables.get(plan.table)
        if table is not None and set(plan.needs.split()) <= set(table.columns):
            found.append((plan, table))
    return found


def _recognises(source: SqliteFile) -> bool:
    return any(plan.table in ENTITIES for plan, _ in _plans(source))


def _read(job: Job[SqliteFile]) -> Iterator[Chunk]:
    source = job.source
    begin, after = source.start or (None, None)
    for plan, table in _plans(source):
        if begin not in (None, plan.table):
            continue
        begin = None
        cells, joins = _cells(source, plan, table)
        first = _markets(source, plan, table, cells)
        joins += f" {_OF_MARKETS.format(quoted(table.columns[MARKETS_ROW]))}" if first else ""
        first_row = 1
        for batch in source.batches(table, cells, joins, first, after):
            # Without row numbers only the first row can be found again.
            begins = (plan.table, after) if table.rowid or first_row == 1 else None
            if table.rowid and batch.num_rows:
                after = batch.column("_at")[-1].as_py()
            yield chunk_of(_raw(plan, batch, first_row, begins))
            first_row += batch.num_rows
        after = None


def _cells(source: SqliteFile, plan: Plan, table: SqliteTable) -> tuple[list[Cell], str]:
    cells = _cells_of(plan.into, plan.columns, table, "t")
    joins: list[str] = []

    def add(columns: Mapping[str, str], row: str, other: SqliteTable) -> str:
        alias = f"j{len(joins)}"
        rowid = quoted(other.columns["rowid"])
        joins.append(f"LEFT JOIN main.{quoted(other.name)} AS {alias} ON {alias}.{rowid} = {row}")
        cells.extend(_cells_of(plan.into, columns, other, alias))
        return alias

    for join, other, third in references(source.name, plan, table, partial(_numbered, source)):
        alias = add(join.columns, f"t.{quoted(table.columns[join.row])}", other)
        if join.then and third:
            row = f"{alias}.{quoted(other.columns[join.then.row])}"
            add(join.then.columns, row, third)
    return cells, " ".join(joins)


def _cells_of(into: str, columns: Mapping[str, str], table: SqliteTable, alias: str) -> list[Cell]:
    return [
        Cell(to, kind, f"{alias}.{quoted(table.columns[name])}", name in table.numeric)
        for to, kind, name in cells_of(into, columns, table.columns)
    ]


def _numbered(source: SqliteFile, name: str) -> SqliteTable | None:
    """Return a table whose rows have unique numbers, for joining; ``None`` without numbers.

    Raises
    ------
    SourceError
        When two rows could have the same number, so that joining would double rows.
    """
    table = source.tables.get(name)
    if table is None or not {"id", "rowid"} <= set(table.columns):
        return None
    if "rowid" not in table.unique:
        raise SourceError(
            gettext(
                "The column rowid of the table {table} in {file} is neither a primary key nor "
                "unique, so rows that refer to it are ambiguous.",
                table=printable(table.name[:60]),
                file=source.name,
            ),
            code="rowid-not-unique",
        )
    return table


_OF_MARKETS = "LEFT JOIN temp.markets AS m ON m.rowid = t.{}"


def _markets(
    source: SqliteFile, plan: Plan, table: SqliteTable, cells: list[Cell]
) -> Sequence[str]:
    """Add cells for the countries of a track; return the statements that count them once."""
    lists = source.tables.get(MARKETS)
    if plan.into != "tracks" or MARKETS_ROW not in table.columns or lists is None:
        return ()
    if not {"rowid", MARKETS} <= set(lists.columns) or "rowid" not in lists.unique:
        return ()
    text, rowid = quoted(lists.columns[MARKETS]), quoted(lists.columns["rowid"])
    types = kinds(plan.into)
    cells.append(Cell("market_count", types["market_count"], "m.markets", True))
    cells.append(Cell("only_market", types["only_market"], "m.only_one", False))
    counted = f"length({text}) - length(replace({text}, ',', '')) + ({text} <> '')"
    return (
        "CREATE TEMP TABLE markets (rowid INTEGER PRIMARY KEY, markets INTEGER, only_one TEXT)",
        f"INSERT INTO temp.markets SELECT {rowid}, {counted}, "  # noqa: S608
        f"CASE WHEN {counted} = 1 THEN substr({text}, 1, 20) END "
        f"FROM main.{quoted(lists.name)} WHERE octet_length({text}) <= {MAX_TEXT_BYTES} "
        f"AND typeof({rowid}) = 'integer' AND typeof({text}) = 'text'",
    )


def _raw(plan: Plan, batch: pa.RecordBatch, first_row: int, begins: Position | None) -> Raw:
    reject_reasons = batch.column("reject_reason")
    names = [name for name in batch.schema.names if name not in ("reject_reason", "_at")]
    columns = {name: batch.column(name) for name in names}

    def row_text(at: int) -> dict[str, object]:
        cells = {name: _plain(column[at]) for name, column in columns.items()}
        cell = _plain(reject_reasons[at])
        return {**cells, "odd": cell} if cell is not None else cells

    reasons = None
    if reject_reasons.null_count < len(reject_reasons):
        # The faulty cell follows the reason, see SqliteFile.batches.
        said = [None if c is None else c.split(b"\n")[0].decode() for c in _bytes(reject_reasons)]
        reasons = pa.array(said, pa.string())
    rows = {plan.into: columns}
    return Raw(plan.table, first_row, batch.num_rows, rows, row_text, reasons, begins=begins)


def _bytes(column: pa.Array) -> list[bytes | None]:
    return column.cast(pa.binary()).to_pylist()


def _plain(scalar: pa.Scalar) -> object:
    """Return a cell; text as bytes, because it can be invalid UTF-8."""
    return scalar.cast(pa.binary()).as_py() if pa.types.is_string(scalar.type) else scalar.as_py()


def _ignored(source: SqliteFile) -> list[str]:
    read = {table.name for _, table in _plans(source)}
    read |= {MARKETS} if "tracks" in read else set()
    return [table.name for table in source.tables.values() if table.name not in read]


def _needs(source: SqliteFile) -> list[Need]:
    """Return what the table needs that the file is closest to having."""
    wanted = [plan for plan in PLANS if plan.table in ENTITIES]
    each = [_needs_of(source, plan) for plan in wanted]
    return max(each, key=lambda needs: sum(bool(need.found) for need in needs) / len(needs))


def _needs_of(source: SqliteFile, plan: Plan) -> list[Need]:
    table = source.tables.get(plan.table)
    columns = {} if table is None else table.columns
    name = gettext("a table {table}", table=plan.table)
    return [
        Need(name, "" if table is None else name),
        *(
            Need(f"{plan.table}.{column}", f"{plan.table}.{column}" if column in columns else "")
            for column in plan.needs.split()
        ),
    ]


FORMAT = Format(
    name="web-api-sqlite",
    opens=SqliteFile,
    looks_for=gettext("an SQLite file with the tables of a web API"),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
    needs=_needs,
)
