"""Counts of rows by their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.findings.base import LISTED_AT_MOST

if TYPE_CHECKING:
    import ibis.expr.types as ir


def tally(table: ir.Table, *columns: str, most: int = LISTED_AT_MOST) -> list[tuple[Any, ...]]:
    """Return the number of rows of each combination of values, the most frequent first.

    Parameters
    ----------
    table
        An Ibis table.
    columns
        Columns to group by.
    most
        Most combinations to return.

    Returns
    -------
    list of tuple
        The values and the count. Ties are in order of the values, so that every backend returns
        the same.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    grouped = table.group_by(list(columns)).agg(rows=table.count())
    by = [ibis.desc("rows"), *(grouped[c].cast("string").fill_null("") for c in columns)]
    found = grouped.order_by(by).limit(most).to_pyarrow().to_pylist()
    return [(*(row[c] for c in columns), row["rows"]) for row in found]
