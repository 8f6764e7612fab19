"""Raw columns into the common tables: types, missing ids, and rows that can't be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.catalogue.schema.metadata import DERIVED_COLUMNS
from phonoscope.catalogue.schema.tables import tables
from phonoscope.ingest.base import Chunk, Position, Reject
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.cells import is_text, precision_of, value_of
from phonoscope.ingest.row_text import text_of
from phonoscope.linking.isrc import numbers_of
from phonoscope.linking.sample import samples_of
from phonoscope.linking.years import years_of

_FILLED_HERE = DERIVED_COLUMNS | {"source", "scan_id", "batch"}
_BY_NAME = {"key": CellKind.PITCH, "mode": CellKind.MODE}
_SAYS = {
    CellKind.ID: "is too long",
    CellKind.TEXT: "is too long",
    CellKind.FLAG: "is neither true nor false",
    CellKind.PITCH: "is not a pitch class",
    CellKind.MODE: "is not a mode",
}


@cache
def kinds(table: str) -> Mapping[str, CellKind]:
    """Return the columns of a common table that a source can fill: kind of cell by column."""
    declared = tables()[table]
    return {
        column.name: _kind(column.name, column.type, column.name in declared.key_columns)
        for column in declared.columns
        if column.name not in _FILLED_HERE
    }


def _kind(name: str, type: pa.DataType, in_key: bool) -> CellKind:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if pa.types.is_string(type):
        return CellKind.ID if in_key or name.endswith("_id") else CellKind.TEXT
    if pa.types.is_boolean(type):
        return CellKind.FLAG
    if pa.types.is_timestamp(type):
        return CellKind.TIME
    return CellKind.REAL if pa.types.is_floating(type) else CellKind.INTEGER


@dataclass(frozen=True)
class Raw:
    """Rows of one table of a source as they were read."""

    source_table: str
    first_row: int
    """Number of the first of them, from 1."""
    length: int
    columns: Mapping[str, Mapping[str, pa.Array]]
    """By common table and its column: text, or a database's own numbers."""
    row_text: Callable[[int], object]
    """Returns a row, by its place here, for the table of rejects; text is JSON already."""
    reject_reasons: pa.Array | None = None
    """Reasons that are known already; empty for rows without fault."""
    scales: Mapping[str, float] = field(default_factory=dict)
    """What numbers have to be multiplied by, by column, e.g. 1000 for ``duration_ms`` in s."""
    begins: Position | None = None
    """See :class:`..base.Chunk`."""


@dataclass
class _Faults:
    """Which rows can't be kept; the first reason found counts."""

    reasons: dict[int, str] = field(default_factory=dict)

    def add(self, bad: pa.Array | None, reason: str) -> None:
        if bad is not None:
            for row in pc.indices_nonzero(bad).to_pylist():
                self.reasons.setdefault(row, reason)

    def add_reasons(self, reject_reasons: pa.Array) -> None:
        if reject_reasons.null_count < len(reject_reasons):
            for row in pc.indices_nonzero(pc.is_valid(reject_reasons)).to_pylist():
                self.reasons.setdefault(row, reject_reasons[row].as_py())


def chunk_of(raw: Raw) -> Chunk:
    """Return raw rows as rows of the common tables, and the others as rejects."""
    faults = _Faults()
    if raw.reject_reasons is not None:
        faults.add_reasons(raw.reject_reasons)
    typed = {table: _typed(table, columns, raw, faults) for table, columns in raw.columns.items()}
    rejects = [
        Reject(raw.first_row + row, reason, text_of(raw.row_text(row)))
        for row, reason in sorted(faults.reasons.items())
    ]
    if rejects:
        keep = pa.array([row not in faults.reasons for row in range(raw.length)])
        typed = {table: rows.filter(keep) for table, rows in typed.items()}
    kept = raw.length - len(rejects)
    return Chunk(raw.source_table, raw.length, kept, typed, rejects, raw.begins)


def _typed(table: str, columns: Mapping[str, pa.Array], raw: Raw, faults: _Faults) -> pa.Table:
    made: dict[str, pa.Array] = {}
    for name, kind in kinds(table).items():
        if name not in columns:
            continue
        array, undecodable = decodable(columns[name])
        faults.add(undecodable, f"{name} is undecodable text")
        made[name], bad = value_of(kind, array, raw.scales.get(name))
        faults.add(bad, f"{name} {_SAYS.get(kind, 'is not a number')}")
        if name in _needed(table) and made[name].null_count:
            faults.add(pc.is_null(made[name]), f"no {name}")
    if "release_date" in made:
        stated = made.get("release_date_precision")
        made["release_date_precision"] = precision_of(made["release_date"], stated)
    made.update(_derived(table, columns, made))
    return pa.table(made)


@cache
def _needed(table: str) -> frozenset[str]:
    """Return the columns that the key of a row of a common table needs."""
    declared = tables()[table]
    return frozenset(declared.key_columns) - set(declared.may_be_empty)


def _derived(
    table: str, columns: Mapping[str, pa.Array], made: Mapping[str, pa.Array]
) -> Iterator[tuple[str, pa.Array]]:
    """Yield the columns that are derived from others, so that findings needn't derive them."""
    own = {column.name for column in tables()[table].columns}
    if "isrc_code" in own and "isrc" in made:
        yield "isrc_code", numbers_of(made["isrc"])
    if "sample" in own:
        yield "sample", samples_of(made["track_id"])
    if "release_year" in own and "release_date" in columns:
        # Where the table has no date, a source's date is read for its year only.
        dates = made.get("release_date")
        yield (
            "release_year",
            years_of(decodable(columns["release_date"])[0] if dates is None else dates),
        )


def decodable(array: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return text without the cells that are not UTF-8, and which those are."""
    if not is_text(array):
        return array, None
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        cells = array.cast(pa.binary()).to_pylist()
        bad = [cell is not None and not _is_utf8(cell) for cell in cells]
        kept = [None if b or c is None else c.decode() for c, b in zip(cells, bad, strict=True)]
        return pa.array(kept, pa.string()), pa.array(bad)
    return array, None


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def fillable() -> Iterator[str]:
    """Yield the fields that a flat source can fill: those of a track and of its features."""
    for table in ("tracks", "features"):
        yield from kinds(table)
