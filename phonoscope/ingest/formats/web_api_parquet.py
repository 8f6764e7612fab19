"""Tables of a web API as Parquet files, recognised by their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import duckdb
import pyarrow as pa

from phonoscope.errors import SourceError
from phonoscope.ingest.base import NOWHERE, Chunk, Position
from phonoscope.ingest.cell import MAX_TEXT_BYTES, CellKind
from phonoscope.ingest.convert.columns import Raw, chunk_of
from phonoscope.ingest.formats.web_api_tables import (
    MARKETS,
    MARKETS_ROW,
    PLANS,
    Join,
    Plan,
    are_recognised,
    cells_of,
    needs_of_table,
    references,
)
from phonoscope.ingest.job import Format, Need
from phonoscope.ingest.readers.parquet_files import (
    Joined,
    ParquetCell,
    ParquetFiles,
    ParquetTable,
    quoted,
    readable,
)
from phonoscope.messages import gettext


def table_with(columns: frozenset[str]) -> str | None:
    """Return which table of a web API has the given lower-case columns."""
    if {"rowid", MARKETS} <= columns:
        return MARKETS
    found = (plan.table for plan in PLANS if set(plan.recognised_by.split()) <= columns)
    return next(found, None)


def by_name(source: ParquetFiles) -> dict[str, ParquetTable]:
    """Return the tables of a source that are recognised.

    Raises
    ------
    SourceError
        When two different tables could be the same one.
    """
    found: dict[str, ParquetTable] = {}
    for table in source.tables:
        name = table_with(frozenset(column.lower() for column in table.readable))
        if name in found:
            raise SourceError(
                gettext(
                    "Two files of {folder} could be the table {table}: {one} and {other}. Their "
                    "columns differ, so name one of them.",
                    folder=source.name,
                    table=name or "",
                    one=found[name].shown,
                    other=table.shown,
                ),
                code="two-tables",
            )
        if name is not None:
            found[name] = table
    return found


def read_tables(source: ParquetFiles) -> Iterator[Chunk]:
    """Yield the rows of all tables, joined with other tables by row number."""
    known = by_name(source)
    begin, after = source.start or (None, 0)
    with source.connection() as connection:
        for plan in PLANS:
            if plan.table not in known:
                continue
            if begin not in (None, plan.table):
                source.pass_over(known[plan.table])
                continue
            yield from _read_plan(source, connection, plan, known, after)
            begin, after = None, 0


def _read_plan(
    source: ParquetFiles,
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    known: Mapping[str, ParquetTable],
    after: int,
) -> Iterator[Chunk]:
    table = known[plan.table]
    cells = _cells(plan.into, plan.columns, table)

    def numbered(name: str) -> ParquetTable | None:
        other = known.get(name)
        if other is None or "rowid" not in other.columns:
            return None
        _check_unique(source, connection, name, other)
        return other

    joins: list[Joined] = []
    for join, other, third in references(source.name, plan, table, numbered):
        of_other, sql = _cells(plan.into, join.columns, other), other.sql
        if join.then and third:
            cells_of_third, sql = _with_third(plan.into, other, join.then, third)
            of_other += cells_of_third
        joins.append(_joined(table, join.row, other, sql, of_other))
    if plan.into == "tracks" and MARKETS in known and MARKETS_ROW in table.columns:
        lists = known[MARKETS]
        _check_unique(source, connection, MARKETS, lists)
        joins.append(_joined(table, MARKETS_ROW, lists, f"({_counted(lists)})", _OF_MARKETS))
    for batch, before in source.batches(connection, table, cells, joins, after):
        yield chunk_of(_raw(plan, batch, NOWHERE if before is None else (plan.table, before)))


def _with_third(
    into: str, other: ParquetTable, then: Join, third: ParquetTable
) -> tuple[list[ParquetCell], str]:
    """Return cells that rows take from a third table, and SQL of the table with them."""
    row, rowid = quoted(other.columns[then.row][0]), quoted(third.columns["rowid"][0])
    taken = _cells(into, then.columns, third)
    named = ", ".join(f"b.{cell.sql} AS {quoted(f'_third_{cell.column}')}" for cell in taken)
    sql = (
        f"(SELECT a.*{', ' if named else ''}{named} FROM {other.sql} a LEFT JOIN {third.sql} b "  # noqa: S608
        f"ON TRY_CAST(a.{row} AS BIGINT) = TRY_CAST(b.{rowid} AS BIGINT))"
    )
    cells = [replace(cell, sql=quoted(f"_third_{cell.column}")) for cell in taken]
    return cells, sql


_OF_MARKETS = (
    ParquetCell("market_count", CellKind.INTEGER, "markets", "BIGINT"),
    ParquetCell("only_market", CellKind.TEXT, "only_one", "VARCHAR"),
)


def _cells(into: str, columns: Mapping[str, str], table: ParquetTable) -> list[ParquetCell]:
    there = {name: type for name, (_, type) in table.columns.items() if readable(type)}
    return [
        ParquetCell(to, kind, quoted(table.columns[name][0]), there[name])
        for to, kind, name in cells_of(into, columns, there)
    ]


def _joined(
    table: ParquetTable, row: str, other: ParquetTable, sql: str, cells: Sequence[ParquetCell]
) -> Joined:
    rowid = quoted(other.columns["rowid"][0])
    return Joined(quoted(table.columns[row][0]), rowid, sql, cells)


def _check_unique(
    source: ParquetFiles, connection: duckdb.DuckDBPyConnection, name: str, table: ParquetTable
) -> None:
    """Refuse row numbers that occur twice, because joining by them would double rows.

    Dumps are written in order of row numbers, which one pass can check.
    """
    rowid = f"TRY_CAST({quoted(table.columns['rowid'][0])} AS BIGINT)"
    numbers = f"SELECT {rowid} AS rowid FROM {table.sql}"  # noqa: S608
    pairs = f"SELECT rowid, lag(rowid) OVER () AS before FROM ({numbers})"  # noqa: S608
    rising = f"SELECT coalesce(bool_and(rowid > before OR before IS NULL), true) FROM ({pairs})"  # noqa: S608
    twice = f"SELECT count({rowid}) > count(DISTINCT {rowid}) FROM {table.sql}"  # noqa: S608
    if connection.sql(rising).fetchall()[0][0]:
        return
    if connection.sql(twice).fetchall()[0][0]:
        raise SourceError(
            gettext(
                "The column rowid of {table} in {file} has the same number twice, so rows that "
                "refer to it are ambiguous.",
                table=name,
                file=source.name,
            ),
            code="rowid-not-unique",
        )


def _counted(table: ParquetTable) -> str:
    rowid, text = (quoted(table.columns[name][0]) for name in ("rowid", MARKETS))
    short = f"CASE WHEN strlen({text}::VARCHAR) <= {MAX_TEXT_BYTES} THEN {text}::VARCHAR END"
    return (
        f"SELECT CASE WHEN list = '' THEN 0 ELSE strlen(list) - "  # noqa: S608
        "strlen(replace(list, ',', '')) + 1 END AS markets, "
        "CASE WHEN list <> '' AND NOT contains(list, ',') THEN list END AS only_one "
        f", {rowid} FROM (SELECT {rowid}, {short} AS list FROM {table.sql})"
    )


def _raw(plan: Plan, batch: pa.RecordBatch, begins: Position) -> Raw:
    names = [name for name in batch.schema.names if name not in ("_row", "reject_reason")]
    columns = {name: batch.column(name) for name in names}

    def row_text(at: int) -> dict[str, object]:
        return {name: column[at].as_py() for name, column in columns.items()}

    return Raw(
        plan.table,
        batch.column("_row")[0].as_py() if batch.num_rows else 1,
        batch.num_rows,
        {plan.into: columns},
        row_text,
        batch.column("reject_reason"),
        begins=begins,
    )


def ignored(source: ParquetFiles) -> list[str]:
    """Return the files that aren't read."""
    known = [table.shown for table in by_name(source).values()]
    return [table.shown for table in source.tables if table.shown not in known]


def _needs(source: ParquetFiles) -> list[Need]:
    return needs_of_table(set(source.tables[0].columns))


FORMAT = Format(
    name="web-api-parquet",
    opens=ParquetFiles,
    looks_for=gettext("Parquet tables of a web API"),
    recognises=lambda source: are_recognised(by_name(source)),
    read=lambda job: read_tables(job.source),
    ignored=ignored,
    needs=_needs,
)
