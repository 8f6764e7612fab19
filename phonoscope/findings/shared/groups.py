"""Groups of recordings, and how many of each were weighed and flagged, counted in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from phonoscope.errors import UsageError
from phonoscope.findings.base import Tables
from phonoscope.findings.shared.dates import month_of, year_of

Key = Callable[[Any], Any]
"""Makes an Ibis column of a group out of the table of recordings."""
PERIODS: Mapping[str, Key] = {
    "month": lambda recordings: month_of(recordings.tag_date),
    "year": lambda recordings: year_of(recordings.tag_date),
}
"""Groups that are read from the date tag; a date that is too vague belongs to none."""
_COUNTS = ("verdicts", "recordings", "flagged")


def is_weighed(catalogue: Tables) -> bool:
    """Whether a detector weighed any recording of a catalogue."""
    verdicts = catalogue.table("verdicts")
    if not {"p_value", "model"} <= set(verdicts.columns):
        return False
    weighed = verdicts.filter(verdicts.p_value.notnull()).select("p_value").limit(1)
    return bool(weighed.to_pyarrow().num_rows)


def counts(
    catalogue: Tables, threshold: float, keys: Mapping[str, Key], *, most: int | None = None
) -> pa.Table:
    """Count recordings by groups, in the database.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    threshold
        The p-value up to which a recording counts as flagged.
    keys
        What to group by: for each column of the result, how it comes out of ``recordings``.
    most
        Groups to return at most, the largest of those that have weighed recordings; by default
        all.

    Returns
    -------
    pyarrow.Table
        The keys; ``verdicts``, of which ``recordings`` have a p-value, of which ``flagged``
        are; ``first_model`` and ``last_model``, alike where one model weighed them all; and
        with ``most`` also ``groups``, how many there are in all.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    recordings = catalogue.table("recordings")
    verdicts = catalogue.table("verdicts").select("recording_id", "p_value", "model")
    grouped = recordings.select("recording_id", **{n: key(recordings) for n, key in keys.items()})
    # Also without a key: a batch that was killed may have left verdicts of no recording.
    joined = verdicts.inner_join(grouped, "recording_id")
    weighed = joined.p_value.notnull() & ~joined.p_value.isnan()
    flagged = weighed & (joined.p_value <= threshold)
    found = joined.aggregate(
        by=list(keys),
        verdicts=joined.count(),
        recordings=weighed.cast("int64").sum(),
        flagged=flagged.cast("int64").sum(),
        first_model=joined.model.min(),
        last_model=joined.model.max(),
    )
    if most is not None:
        found = found.filter(found.recordings > 0)
        found = found.mutate(groups=found.count().over(ibis.window()))
        # Ties in order of the values, so that it is the same on every backend.
        ties = [found[name].cast("string").fill_null("") for name in keys]
        found = found.order_by([ibis.desc("recordings"), *ties]).limit(most)
    return found.to_pyarrow()


def regrouped(found: pa.Table, by: str | None) -> pa.Table:
    """Add up counts of finer groups.

    Parameters
    ----------
    found
        From :func:`counts`, with a few thousand rows at most.
    by
        The key to keep, renamed to ``group``; ``None`` to add up everything.
    """
    sums: dict[Any, dict[str, Any]] = {}
    for row in found.to_pylist():
        group = None if by is None else row[by]
        held = sums.setdefault(group, dict.fromkeys(_COUNTS, 0) | {"group": group})
        held.update({name: held[name] + (row[name] or 0) for name in _COUNTS})
        for name, choose in (("first_model", min), ("last_model", max)):
            known = [model for model in (held.get(name), row[name]) if model is not None]
            held[name] = choose(known, default=None)
    types = [("group", pa.string()), *((name, pa.int64()) for name in _COUNTS)]
    models = [("first_model", pa.string()), ("last_model", pa.string())]
    return pa.Table.from_pylist(list(sums.values()), schema=pa.schema([*types, *models]))


def _text(name: str) -> Key:
    """Return how a column of text comes out of ``recordings``; what is blank is none."""
    return lambda recordings: recordings[name].strip().nullif("")


def _plain(name: str) -> Key:
    return lambda recordings: recordings[name]


def key_of(catalogue: Tables, by: str) -> Key:
    """Return how the groups of a name come out of ``recordings``.

    Raises
    ------
    UsageError
        When there are none of that name.
    """
    recordings = catalogue.table("recordings")
    if by in PERIODS and "tag_date" in recordings.columns:
        return PERIODS[by]
    for name in (by, f"tag_{by}"):
        if name in recordings.columns and not recordings[name].type().is_array():
            return _text(name) if recordings[name].type().is_string() else _plain(name)
    raise UsageError(
        f"there is nothing to group by called {by!r}; there are month, year, label, artist, "
        "album, genre, and every column of recordings that docs/schema.md names, such as codec"
    )
