"""The statements that read a list. Values of a request are parameters, never text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from phonoscope.view.lists.kind import ListColumn, ListKind
from phonoscope.view.lists.selection import Selection
from phonoscope.view.statement import Statement


def counted(selection: Selection) -> Statement:
    """Return what counts the selected rows, as ``n``."""
    where, values, used = _where(selection)
    return Statement(f"SELECT count(*) AS n FROM {_rows(selection.kind, used)}{where}", values)


def paged(selection: Selection) -> Statement:
    """Return what reads a page of rows, in order."""
    made = selected(selection, selection.kind.hidden, quick=True)
    first = (selection.page - 1) * selection.size
    values = {**made.values, "size": selection.size, "first": first}
    return Statement(f"{made.text} LIMIT $size OFFSET $first", values)


def exported(selection: Selection) -> Statement:
    """Return what reads all selected rows, in order, with the shown columns and the id."""
    return selected(selection, selection.kind.hidden[:1])


def selected(selection: Selection, names: tuple[str, ...], *, quick: bool = False) -> Statement:
    """Return what reads all selected rows, in order, with some columns before the shown ones."""
    kind = selection.kind
    where, values, used = _where(selection)
    hidden = [kind.by_name[name] for name in names]
    columns = list(dict.fromkeys([*hidden, *selection.columns]))
    sort = selection.sorted_by
    joined = [*used, *(c for c in columns if not (quick and c.quick_sql)), sort]
    listed = ", ".join(
        f'{(quick and column.quick_sql) or column.sql} AS "{column.name}"' for column in columns
    )
    text = f"SELECT {listed} FROM {_rows(kind, joined)}{where} ORDER BY {_order(selection)}"
    return Statement(text, values)


def facet(selection: Selection, column: ListColumn, most: int) -> Statement:
    """Return what counts the values of a column, as ``value`` and ``n``, the most frequent first.

    All filters but the column's own apply, so that further values of it can be added.
    """
    where, values, used = _where(selection.without(column.name))
    rows = _rows(selection.kind, [*used, column])
    text = (
        f"SELECT {column.sql} AS value, count(*) AS n FROM {rows}{where} "
        "GROUP BY ALL ORDER BY n DESC, value LIMIT $most"
    )
    return Statement(text, {**values, "most": most})


def _order(selection: Selection) -> str:
    column = selection.sorted_by
    # Nulls last both ways: rows without a value are the least interesting ones.
    by = column.sql if column.is_number or column.form == "yes" else f"lower({column.sql})"
    way = "DESC" if selection.order.startswith("-") else "ASC"
    return ", ".join([f"{by} {way} NULLS LAST", *selection.kind.key])


def _rows(kind: ListKind, columns: Iterable[ListColumn]) -> str:
    needed = dict.fromkeys(column.join for column in columns if column.join)
    return " ".join([kind.rows, *(text for name, text in kind.joins.items() if name in needed)])


def _where(selection: Selection) -> tuple[str, dict[str, Any], list[ListColumn]]:
    """Return the condition, its values and the columns that it looks at."""
    by_name = selection.kind.by_name
    conditions, values = [], {}
    filtered = [by_name[name] for name in selection.filtered]
    used = [c for c in filtered if not c.filter_sql or c.name in selection.empty]
    for number, column in enumerate(filtered):
        condition, own = _filter(selection, column, f"p{number}")
        conditions.append(condition)
        values.update(own)
    if selection.search:
        searched = [column for column in selection.kind.columns if column.searched]
        texts = [_searched(selection, column, values) for column in searched]
        found = " OR ".join(f"contains(lower({text}), $search)" for text in texts)
        conditions.append(f"coalesce({found}, false)")
        values["search"] = selection.search.lower()
        used += searched
    text = " AND ".join(f"({condition})" for condition in conditions)
    return (f" WHERE {text}" if text else ""), values, used


def _filter(selection: Selection, column: ListColumn, name: str) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    values: dict[str, Any] = {}
    chosen = selection.only.get(column.name, ())
    if chosen:
        values[name] = [_typed(column, value) for value in chosen]
        one_of = column.filter_sql or f"{column.sql} IN {{values}}"
        parts.append(one_of.replace("{values}", f"(SELECT unnest(${name}))"))
    if column.name in selection.empty:
        parts.append(f"{column.sql} IS NULL")
    bounds = [
        (selection.least, ">=", f"{name}_least"),
        (selection.most, "<=", f"{name}_most"),
    ]
    between = []
    for given, sign, parameter in bounds:
        if column.name in given:
            values[parameter] = given[column.name]
            between.append(f"{column.sql} {sign} ${parameter}")
    if between:
        parts.append(" AND ".join(between))
    # A cell without a value is neither in a filter nor outside: it is left out.
    return f"coalesce({' OR '.join(f'({part})' for part in parts)}, false)", values


def _typed(column: ListColumn, value: str) -> Any:
    if column.form == "yes":
        return value == "true"
    return float(value) if column.is_number else value


def _searched(selection: Selection, column: ListColumn, values: dict[str, Any]) -> str:
    """Return what a search looks at: of a file, only what :class:`Locations` shows."""
    if column.form != "file" or selection.roots is None:
        return column.sql
    cases = []
    for number, root in enumerate(selection.roots):
        for form, start in enumerate((root, "file://" + quote(root))):
            name = f"root{number}_{form}"
            values[name] = start
            cases.append(
                f"WHEN starts_with({column.sql}, ${name}) "
                f"THEN substr({column.sql}, length(${name}) + 1)"
            )
    last = f"regexp_replace({column.sql}, '^(?s:.*)/', '')"
    return f"CASE {' '.join(cases)} ELSE {last} END" if cases else last
