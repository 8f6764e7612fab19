"""Groups of recordings, with the numbers scored and flagged, counted in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.findings.base import Tables
from phonoscope.findings.shared.dates import month_of, year_of
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import ibis.expr.types as ir

Key = Callable[[Any], Any]
"""Returns the Ibis column of a grouping, given the table of recordings."""
PERIODS: Mapping[str, Key] = {
    "month": lambda recordings: month_of(recordings.tag_date),
    "year": lambda recordings: year_of(recordings.tag_date),
}
"""Groupings by the date tag; a date that is too vague belongs to no group."""
_MODELS = ("first_model", "last_model")


def flags(p_value: ir.Column, edges: Sequence[float]) -> dict[str, ir.Scalar]:
    """Return the numbers of p-values up to each of some edges, as named Ibis aggregates."""
    return {
        _flag(at): (p_value <= edge).fill_null(False).cast("int64").sum()
        for at, edge in enumerate(edges)
    }


def flagged(found: pa.Table, edges: int) -> NDArray[np.int64]:
    """Return what :func:`flags` counted, shape (groups, edges)."""
    columns = [found[_flag(at)].fill_null(0).to_numpy() for at in range(edges)]
    return np.stack(columns, axis=1).astype(np.int64)


def _flag(at: int) -> str:
    return f"flagged_{at}"


def is_weighed(catalogue: Tables) -> bool:
    """Whether the detector scored any recording of a catalogue."""
    verdicts = catalogue.table("verdicts")
    if not {"p_value", "model"} <= set(verdicts.columns):
        return False
    weighed = verdicts.filter(verdicts.p_value.notnull()).select("p_value").limit(1)
    return bool(weighed.to_pyarrow().num_rows)


def counts(
    catalogue: Tables, edges: Sequence[float], keys: Mapping[str, Key], *, most: int | None = None
) -> pa.Table:
    """Count recordings by groups, in the database.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    edges
        The p-values up to which recordings are counted.
    keys
        Groupings: for each column of the result, how to derive it from ``recordings``.
    most
        Most groups to return, the largest of those with scored recordings; all by default.

    Returns
    -------
    pyarrow.Table
        The keys; the numbers of ``verdicts``, of ``recordings`` with a p-value, and of those up to
        each edge, for :func:`flagged`; ``first_model`` and ``last_model``, which are equal where
        one model scored all; and with ``most`` also ``groups``, the number of all groups.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    recordings = catalogue.table("recordings")
    verdicts = catalogue.table("verdicts").select("recording_id", "p_value", "model")
    grouped = recordings.select("recording_id", **{n: key(recordings) for n, key in keys.items()})
    # Also without a key: a killed batch may have left verdicts without a recording.
    joined = verdicts.inner_join(grouped, "recording_id")
    weighed = joined.p_value.notnull() & ~joined.p_value.isnan()
    found = joined.aggregate(
        by=list(keys),
        verdicts=joined.count(),
        recordings=weighed.cast("int64").sum(),
        **flags(joined.p_value, edges),
        first_model=joined.model.min(),
        last_model=joined.model.max(),
    )
    if most is not None:
        found = found.filter(found.recordings > 0)
        found = found.mutate(groups=found.count().over(ibis.window()))
        # Ties are in order of the values, so that every backend returns the same.
        ties = [found[name].cast("string").fill_null("") for name in keys]
        found = found.order_by([ibis.desc("recordings"), *ties]).limit(most)
    return found.to_pyarrow()


def regrouped(found: pa.Table, by: str | None) -> pa.Table:
    """Return the sums of counts of finer groups.

    Parameters
    ----------
    found
        From :func:`counts`, with a few thousand rows at most.
    by
        The key to keep, renamed to ``group``; ``None`` to add up everything.
    """
    counted = [name for name in found.column_names if pa.types.is_integer(found[name].type)]
    sums: dict[Any, dict[str, Any]] = {}
    for row in found.to_pylist():
        group = None if by is None else row[by]
        held = sums.setdefault(group, dict.fromkeys(counted, 0) | {"group": group})
        held.update({name: held[name] + (row[name] or 0) for name in counted})
        for name, choose in zip(_MODELS, (min, max), strict=True):
            known = [model for model in (held.get(name), row[name]) if model is not None]
            held[name] = choose(known, default=None)
    types = [("group", pa.string()), *((name, pa.int64()) for name in counted)]
    models = [(name, pa.string()) for name in _MODELS]
    return pa.Table.from_pylist(list(sums.values()), schema=pa.schema([*types, *models]))


def _text(name: str) -> Key:
    """Return how to derive a column of text from ``recordings``; blank text counts as none."""
    return lambda recordings: recordings[name].strip().nullif("")


def _plain(name: str) -> Key:
    return lambda recordings: recordings[name]


def key_of(catalogue: Tables, by: str) -> Key:
    """Return how to derive a grouping from ``recordings``.

    Raises
    ------
    UsageError
        When there is no grouping of that name.
    """
    recordings = catalogue.table("recordings")
    if by in PERIODS and "tag_date" in recordings.columns:
        return PERIODS[by]
    for name in (by, f"tag_{by}"):
        if name in recordings.columns and not recordings[name].type().is_array():
            return _text(name) if recordings[name].type().is_string() else _plain(name)
    raise UsageError(
        gettext(
            "Recordings have no grouping called {name}. Use month, year, label, artist, album, "
            "genre, or a column of the table recordings such as codec (see docs/schema.md).",
            name=printable(by),
        ),
        code="unknown-grouping",
    )
