"""Read a page of a list: its rows, its size, and the values that it can be filtered by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from phonoscope.catalogue.locations import Locations
from phonoscope.messages import Localised, gettext
from phonoscope.view.lists import statement
from phonoscope.view.lists.kind import ListColumn
from phonoscope.view.lists.selection import Selection
from phonoscope.view.queries import Queries, Row

MOST_VALUES = 8
"""Values that a facet offers; chosen ones come on top of that."""


@dataclass(frozen=True)
class FacetValue:
    """A value that a list can be filtered by."""

    value: str | None
    """As in an address; ``None`` for rows without a value."""
    words: str
    count: int | None
    """Rows with it; ``None`` where it is chosen and wasn't counted."""
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """A column with its most frequent values."""

    column: ListColumn
    values: tuple[FacetValue, ...]
    more: bool
    """Whether there are further values."""
    most = MOST_VALUES

    @property
    def is_filtered(self) -> bool:
        """Whether one of its values is chosen."""
        return any(value.is_chosen for value in self.values)


@dataclass(frozen=True)
class ReadList:
    """One page of a list."""

    selection: Selection
    count: int
    """Selected rows."""
    total: int
    """All rows."""
    rows: tuple[Row, ...]
    facets: tuple[Facet, ...]

    @property
    def pages(self) -> int:
        """Number of pages."""
        return max(1, -(-self.count // self.selection.size))


def with_locations(selection: Selection, locations: Locations) -> Selection:
    """Return a selection that searches in what is shown of files, not in the folders above."""
    return replace(selection, roots=None if locations.full else locations.roots)


def read_list(queries: Queries, selection: Selection) -> ReadList:
    """Return a page of a list, with facets."""
    locations = queries.locations()
    chosen = with_locations(selection, locations)
    rows = page_rows(queries, chosen)
    known = (selection.page - 1) * selection.size + len(rows)
    # The last page shows how many there are.
    is_last = len(rows) < selection.size and (rows or selection.page == 1)
    count = known if is_last else queries.tally(statement.counted(chosen))[0]["n"]
    total = count
    if selection.is_narrowed:
        total = queries.tally(statement.counted(chosen.cleared()))[0]["n"]
    facets = tuple(_facet(queries, chosen, c) for c in selection.kind.columns if c.facet)
    shown = tuple(named(row, locations) for row in rows)
    return ReadList(selection, count, total, shown, tuple(f for f in facets if _helps(f)))


def page_rows(queries: Queries, selection: Selection) -> list[Row]:
    """Return the rows of a page as they are stored."""
    rows = queries.select(statement.paged(selection))
    if selection.kind.complete is not None:
        selection.kind.complete(queries.select, rows)
    return rows


def read_part(queries: Queries, selection: Selection) -> ReadList:
    """Return a page of a list without facets, for a place among others."""
    locations = queries.locations()
    chosen = with_locations(selection, locations)
    rows = page_rows(queries, chosen)
    count = len(rows)
    if count == selection.size:
        count = queries.tally(statement.counted(chosen))[0]["n"]
    shown = tuple(named(row, locations) for row in rows)
    return ReadList(selection, count, count, shown, ())


def named(row: Row, locations: Locations) -> Row:
    """Return a row without the folders above what was scanned."""
    uri = row.get("uri") or row.get("file")
    changed: Row = {}
    for name in ("uri", "file"):
        if row.get(name):
            changed[name] = locations.name(row[name])
    if uri and row.get("error"):
        changed["error"] = locations.cleared(row["error"], uri)
    return {**row, **changed}


def words_of(column: ListColumn, value: Any) -> str | Localised:
    """Return a value as filters and chips name it."""
    if value is None:
        return gettext("None")
    if column.form == "yes":
        return gettext("Yes") if value in (True, "true") else gettext("No")
    return column.words.get(str(value), str(value))


def _helps(facet: Facet) -> bool:
    """Whether a facet can divide the list."""
    return len(facet.values) > 1 or facet.is_filtered


def _facet(queries: Queries, selection: Selection, column: ListColumn) -> Facet:
    found = queries.tally(statement.facet(selection, column, MOST_VALUES + 1))
    chosen = set(selection.only.get(column.name, ()))
    values = [
        FacetValue(
            value, words_of(column, row["value"]), row["n"], _is_chosen(selection, column, value)
        )
        for row in found[:MOST_VALUES]
        for value in (_written(row["value"]),)
    ]
    listed = {value.value for value in values}
    values += [
        FacetValue(value, words_of(column, value), None, True) for value in sorted(chosen - listed)
    ]
    if None not in listed and column.name in selection.empty:
        values.append(FacetValue(None, words_of(column, None), None, True))
    return Facet(column, tuple(values), len(found) > MOST_VALUES)


def _is_chosen(selection: Selection, column: ListColumn, value: str | None) -> bool:
    if value is None:
        return column.name in selection.empty
    return value in selection.only.get(column.name, ())


def _written(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Chip:
    """A filter that applies, and where the list is without it."""

    label: Localised
    words: str
    address: str


def chips(selection: Selection) -> Iterator[Chip]:
    """Yield the filters that apply."""
    for name in selection.filtered:
        column = selection.kind.by_name[name]
        for value in selection.only.get(name, ()):
            left = selection.without_value(name, value)
            yield Chip(column.label, words_of(column, value), left.address())
        if name in selection.empty:
            left = selection.without_value(name, None)
            yield Chip(column.label, words_of(column, None), left.address())
        if name in selection.least or name in selection.most:
            yield Chip(column.label, _between(selection, name), _unbounded(selection, name))


def _between(selection: Selection, name: str) -> Localised:
    low, high = selection.least.get(name), selection.most.get(name)
    if low is None:
        return gettext("up to {high}", high=_number(high))
    if high is None:
        return gettext("{low} or more", low=_number(low))
    return gettext("{low} to {high}", low=_number(low), high=_number(high))


def _number(value: float | None) -> str:
    return f"{value:g}" if value is not None else ""


def _unbounded(selection: Selection, name: str) -> str:
    least = {n: v for n, v in selection.least.items() if n != name}
    most = {n: v for n, v in selection.most.items() if n != name}
    return selection.address(least=least, most=most, page=1)
