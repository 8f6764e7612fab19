"""Raw columns into the common tables: types, missing ids, and rows that can't be kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.catalogue.schema.metadata import DERIVED_COLUMNS
from phonoscope.catalogue.schema.tables import tables
from phonoscope.ingest.base import Chunk, EmptiedCells, Position, Reject
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.cells import AUTOMATIC, either, is_text, precision_of, value_of
from phonoscope.ingest.convert.dates import read_dates
from phonoscope.ingest.convert.pitches import keys_and_modes
from phonoscope.ingest.row_text import text_of
from phonoscope.linking.isrc import numbers_of
from phonoscope.linking.sample import samples_of

_PRECISION = "release_date_precision"
_FILLED_HERE = DERIVED_COLUMNS | {"source", "scan_id", "batch"}
_BY_NAME = {
    **{"key": CellKind.PITCH, "mode": CellKind.MODE},
    **dict.fromkeys(("duration_ms", "played_ms"), CellKind.MILLISECONDS),
}
UNDECODABLE = "is undecodable text"
UNSURE = "could be two days"
_OF_CELL = re.compile(
    r"(\S+) (is too long|is undecodable text|is not a number|is neither true nor false"
    r"|is not a pitch class|is not a mode)"
)
_MOST_SHOWN = 60
"""Characters of a cell that are shown."""
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
class Forms:
    """How the numbers and dates of a source are written."""

    decimals: Mapping[str, str | None] = field(default_factory=dict)
    """The decimal sign by column; ``None`` where it is in doubt."""
    order: str | None = None
    """One of :data:`.dates.ORDERS`."""


class CellFault(NamedTuple):
    """Cells of a column that can't be read."""

    column: str
    reason: str
    bad: pa.Array
    """Which they are."""
    cells: pa.Array | None
    """The column as it was read."""


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
    forms: Forms = field(default_factory=Forms)
    """How numbers and dates are written."""
    cell_faults: Sequence[CellFault] = ()
    """Cells that are known to be unreadable."""
    cell_text: Callable[[object], str | None] | None = None
    """Returns what may be shown of a cell; by default its text."""


@dataclass
class _Faults:
    """Which rows can't be kept, the first reason found counts; and which cells can't."""

    needed: frozenset[str] = frozenset()
    """Columns of the key; a row that lacks one can't be kept."""
    reasons: dict[int, str] = field(default_factory=dict)
    cells: dict[tuple[str, str], CellFault] = field(default_factory=dict)

    def add(self, bad: pa.Array | None, reason: str) -> None:
        if bad is not None:
            for row in pc.indices_nonzero(bad).to_pylist():
                self.reasons.setdefault(row, reason)

    def add_cells(self, fault: CellFault) -> None:
        """Add cells; a row without its key can't be kept."""
        if fault.column in self.needed:
            self.add(fault.bad, f"{fault.column} {fault.reason}")
        else:
            key = fault.column, fault.reason
            before = self.cells.get(key)
            if before is not None:
                cells = fault.cells if before.cells is None else before.cells
                fault = fault._replace(bad=either(before.bad, fault.bad), cells=cells)
            self.cells[key] = fault

    def emptied(self, raw: Raw) -> Iterator[EmptiedCells]:
        """Yield the cells that can't be read, of rows that are kept."""
        for (column, reason), fault in self.cells.items():
            rows = pc.indices_nonzero(fault.bad).to_pylist()
            kept = [row for row in rows if row not in self.reasons]
            if kept:
                cell = None if fault.cells is None else fault.cells[kept[0]].as_py()
                shown = _shown(cell) if raw.cell_text is None else raw.cell_text(cell)
                yield EmptiedCells(column, reason, len(kept), raw.first_row + kept[0], shown or "")

    def add_reasons(self, reject_reasons: pa.Array) -> None:
        """Add what readers found: a reason that names a cell costs that cell only."""
        for reason in pc.unique(pc.drop_null(reject_reasons)).to_pylist():
            rows = pc.fill_null(pc.equal(reject_reasons, reason), False)
            of_cell = _OF_CELL.fullmatch(reason)
            if of_cell is None:
                self.add(rows, reason)
            else:
                self.add_cells(CellFault(of_cell[1], of_cell[2], rows, None))


def chunk_of(raw: Raw) -> Chunk:
    """Return raw rows as rows of the common tables, and the others as rejects."""
    faults = _Faults(frozenset().union(*map(_needed, raw.columns)))
    for fault in raw.cell_faults:
        faults.add_cells(fault)
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
    emptied = tuple(faults.emptied(raw))
    return Chunk(raw.source_table, raw.length, kept, typed, rejects, raw.begins, emptied)


def _shown(cell: object) -> str:
    if isinstance(cell, bytes):
        cell = cell[: 4 * _MOST_SHOWN].decode(errors="backslashreplace")
    return "" if cell is None else str(cell)[:_MOST_SHOWN]


def _typed(table: str, columns: Mapping[str, pa.Array], raw: Raw, faults: _Faults) -> pa.Table:
    made: dict[str, pa.Array] = {}
    years: pa.Array | None = None
    for name, kind in kinds(table).items():
        if name not in columns or (name == _PRECISION and "release_date" in columns):
            continue
        array, undecodable = decodable(columns[name])
        if undecodable is not None:
            faults.add_cells(CellFault(name, UNDECODABLE, undecodable, _bytes(columns[name])))
        if name == "release_date" and is_text(array):
            made[name], made[_PRECISION], years = _dates(array, raw, faults)
            continue
        scale, decimal = raw.scales.get(name), raw.forms.decimals.get(name, AUTOMATIC)
        made[name], bad = value_of(kind, array, scale, decimal)
        if bad is not None:
            faults.add_cells(CellFault(name, _SAYS.get(kind, "is not a number"), bad, array))
        if name in _needed(table) and made[name].null_count:
            faults.add(pc.is_null(made[name]), f"no {name}")
    for fault in faults.cells.values():
        if fault.column in made and fault.reason != UNSURE:
            # A reader may have made something of a cell that it found to be unreadable.
            column = made[fault.column]
            none = pa.scalar(None, column.type)
            made[fault.column] = pc.if_else(pc.fill_null(fault.bad, False), none, column)
    if "release_date" in made:
        stated = columns.get(_PRECISION)
        found = made.get(_PRECISION, pa.nulls(raw.length, pa.string()))
        made[_PRECISION] = precision_of(found, None if stated is None else decodable(stated)[0])
    if "key" in made and "mode" in kinds(table) and is_text(columns["key"]):
        # "F# minor" and "8A" say both; a mode of its own comes first.
        _, named = keys_and_modes(decodable(columns["key"])[0])
        if named.null_count < len(named):
            named = pc.cast(named, pa.int64())
            made["mode"] = pc.coalesce(made["mode"], named) if "mode" in made else named
    made.update(_derived(table, columns, made, years, raw.forms.order))
    return pa.table(made)


def _dates(array: pa.Array, raw: Raw, faults: _Faults) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return dates as they are stored, their precision, and their years."""
    texts, bad = value_of(CellKind.TEXT, array)
    if bad is not None:
        faults.add_cells(CellFault("release_date", _SAYS[CellKind.TEXT], bad, array))
    dates = read_dates(texts, raw.forms.order)
    if pc.any(dates.unsure).as_py():
        unsure = pc.fill_null(dates.unsure, False)
        faults.add_cells(CellFault("release_date", UNSURE, unsure, array))
    return dates.texts, dates.precision, dates.years


def _bytes(array: pa.Array) -> pa.Array:
    return array.view(pa.binary()) if is_text(array) else array


@cache
def _needed(table: str) -> frozenset[str]:
    """Return the columns that the key of a row of a common table needs."""
    declared = tables()[table]
    return frozenset(declared.key_columns) - set(declared.may_be_empty)


def _derived(
    table: str,
    columns: Mapping[str, pa.Array],
    made: Mapping[str, pa.Array],
    years: pa.Array | None,
    order: str | None,
) -> Iterator[tuple[str, pa.Array]]:
    """Yield the columns that are derived from others, so that findings needn't derive them."""
    own = {column.name for column in tables()[table].columns}
    if "isrc_code" in own and "isrc" in made:
        yield "isrc_code", numbers_of(made["isrc"])
    if "sample" in own:
        yield "sample", samples_of(made["track_id"])
    if "release_year" in own and "release_date" in columns:
        # Where the table has no date, a source's date is read for its year only.
        if years is None:
            dates = decodable(columns["release_date"])[0].cast(pa.string())
            years = read_dates(dates, order).years
        yield "release_year", years


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
