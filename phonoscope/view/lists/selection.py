"""What a visitor selected in a list, from an address and back into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from phonoscope.view.lists.kind import ListColumn, ListKind

SIZES = (50, 100, 200)
"""Rows of a page that a visitor can choose; an address can name any number up to the largest."""
MOST_PAGES = 1_000_000
MOST_VALUES = 100
"""Values of one filter."""
LONGEST = 200
"""Characters of a search."""
LONGEST_VALUE = 2_000
"""Characters of a value; names of files and sources can be long."""
_LARGEST = 2**63
_NOT_FILTERED = ("file", "error")
"""Forms whose stored values have folders that pages don't show."""


class SelectionError(ValueError):
    """An address has a value that a list can't have.

    Parameters
    ----------
    name
        Name of the parameter.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Selection:
    """What a visitor selected."""

    kind: ListKind
    search: str = ""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Allowed values by column; one of them is enough."""
    empty: tuple[str, ...] = ()
    """Columns that must have no value, or one of the allowed ones."""
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    """Bounds of columns with numbers."""
    sort: str = ""
    cols: tuple[str, ...] = ()
    """Chosen columns; empty for those that the list shows at first."""
    page: int = 1
    size: int = SIZES[0]
    roots: tuple[str, ...] | None = ()
    """Folders above what was scanned, which a search must not find; ``None`` if they are shown."""

    @property
    def sorted_by(self) -> ListColumn:
        """The column that rows are sorted by."""
        return self.kind.by_name[self.order.removeprefix("-")]

    @property
    def order(self) -> str:
        """Name of that column, with ``-`` for descending."""
        return self.sort or self.kind.sort

    @property
    def columns(self) -> tuple[ListColumn, ...]:
        """The shown columns, in the list's order."""
        chosen = {*(self.cols or self.kind.shown), self.kind.choices[0].name}
        return tuple(column for column in self.kind.choices if column.name in chosen)

    @property
    def filtered(self) -> tuple[str, ...]:
        """Names of the columns that are filtered, in the list's order."""
        names = {*self.only, *self.empty, *self.least, *self.most}
        return tuple(column.name for column in self.kind.columns if column.name in names)

    @property
    def is_narrowed(self) -> bool:
        """Whether it may leave rows out."""
        return bool(self.search or self.filtered)

    def without(self, name: str) -> Selection:
        """Return the same without the filter of a column."""
        kept: dict[str, Any] = {
            part: {n: v for n, v in getattr(self, part).items() if n != name}
            for part in ("only", "least", "most")
        }
        return replace(self, **kept, empty=tuple(n for n in self.empty if n != name), page=1)

    def without_value(self, name: str, value: str | None) -> Selection:
        """Return the same without one value of a column's filter; ``None`` stands for no value."""
        if value is None:
            return replace(self, empty=tuple(n for n in self.empty if n != name), page=1)
        left = tuple(other for other in self.only.get(name, ()) if other != value)
        only = {n: v for n, v in self.only.items() if n != name} | ({name: left} if left else {})
        return replace(self, only=only, page=1)

    def cleared(self) -> Selection:
        """Return the whole list in the same order and columns."""
        return replace(Selection(self.kind), sort=self.sort, cols=self.cols, size=self.size)

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Return names and values of the address, with some changes."""
        made = replace(self, **changes)
        found = [("q", made.search)] if made.search else []
        found += [(name, value) for name, values in made.only.items() for value in values]
        found += [("empty", name) for name in made.empty]
        found += [(f"{name}_min", _written(value)) for name, value in made.least.items()]
        found += [(f"{name}_max", _written(value)) for name, value in made.most.items()]
        if made.sort and made.sort != self.kind.sort:
            found.append(("sort", made.sort))
        if made.cols and made.cols != self.kind.shown:
            found.append(("cols", ",".join(made.cols)))
        if made.page > 1:
            found.append(("page", str(made.page)))
        if made.size != SIZES[0]:
            found.append(("size", str(made.size)))
        return found

    def address(self, **changes: Any) -> str:
        """Return the path and query of this selection, with some changes."""
        query = urlencode(self.pairs(**changes))
        return f"/{self.kind.name}?{query}" if query else f"/{self.kind.name}"

    def export_address(self, form: str) -> str:
        """Return where exactly this view is exported from: all its pages, these columns."""
        query = urlencode([*self.pairs(page=1, size=SIZES[0]), ("format", form)])
        return f"/{self.kind.name}?{query}"

    def sort_address(self, column: ListColumn) -> str:
        """Return where the heading of a column leads: the other way round if it is sorted by."""
        first = f"-{column.name}" if column.is_number else column.name
        turned = column.name if first.startswith("-") else f"-{column.name}"
        return self.address(sort=turned if self.order == first else first, page=1)


def selection_of(kind: ListKind, pairs: Iterable[tuple[str, str]]) -> Selection:
    """Read a selection from the names and values of an address.

    Empty values count as absent, as forms send them.

    Raises
    ------
    SelectionError
        For an unknown name, or a value out of bounds.
    """
    made = Selection(kind)
    only: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, dict[str, float]] = {"min": {}, "max": {}}
    for name, value in pairs:
        column, _, bound = name.rpartition("_")
        if not value or name == "format":
            continue
        if name == "q":
            made = replace(made, search=_short(name, value.strip(), LONGEST))
        elif name == "sort":
            made = replace(made, sort=_known(kind, name, value.removeprefix("-")) and value)
        elif name == "cols":
            chosen = tuple(_known(kind, name, one) for one in value.split(",") if one)
            made = replace(made, cols=tuple(dict.fromkeys((*made.cols, *chosen))))
        elif name == "page":
            made = replace(made, page=_whole(name, value, MOST_PAGES))
        elif name == "size":
            made = replace(made, size=_whole(name, value, SIZES[-1]))
        elif name == "empty":
            made = replace(made, empty=_more(name, made.empty, _known(kind, name, value)))
        elif name in kind.by_name and kind.by_name[name].form not in _NOT_FILTERED:
            only[name] = _more(name, only.get(name, ()), _value(kind.by_name[name], value))
        elif bound in bounds and column in kind.by_name and kind.by_name[column].is_number:
            bounds[bound][column] = _number(name, value)
        else:
            raise SelectionError(name)
    return replace(made, only=only, least=bounds["min"], most=bounds["max"])


def _more(name: str, values: tuple[str, ...], value: str) -> tuple[str, ...]:
    if len(values) >= MOST_VALUES:
        raise SelectionError(name)
    return values if value in values else (*values, value)


def _known(kind: ListKind, name: str, column: str) -> str:
    if column not in kind.by_name:
        raise SelectionError(name)
    return column


def _value(column: ListColumn, value: str) -> str:
    if column.is_number:
        return _written(_number(column.name, value))
    if column.form == "yes" and value not in ("true", "false"):
        raise SelectionError(column.name)
    return _short(column.name, value, LONGEST_VALUE)


def _short(name: str, value: str, most: int) -> str:
    if len(value) > most:
        raise SelectionError(name)
    return value


def _whole(name: str, value: str, most: int) -> int:
    # isdigit alone also takes digits such as superscripts, which int refuses.
    if not (value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= most):
        raise SelectionError(name)
    return int(value)


def _number(name: str, value: str) -> float:
    try:
        found = float(value)
    except ValueError:
        raise SelectionError(name) from None
    # What is not a number compares with nothing.
    if not -_LARGEST < found < _LARGEST:
        raise SelectionError(name)
    return found


def _written(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
