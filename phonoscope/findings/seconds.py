"""The tracks by year of release and whole second of duration: one pass for what asks durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phonoscope.findings.base import Asked

LONGEST_S = 36_000
"""Durations of more than ten hours are counted, but are in no mean."""
ZERO, LONG, NEGATIVE = -1, LONGEST_S, -2
"""Stand in ``second`` for durations of 0, of more than ten hours, and below 0."""


def seconds(catalogue: Asked) -> Any:
    """Return ``tracks`` and their ``duration_ms`` in all by ``release_year`` and ``second``.

    Second 180 is 180.000 to 180.999 s; see :data:`ZERO`; unknown durations have an empty one.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks = catalogue.table("tracks")
    ms = tracks.duration_ms
    second = ibis.cases(
        (ms > 1000 * LONGEST_S, LONG),
        (ms > 0, ibis.least((ms // 1000), LONGEST_S - 1)),
        (ms == 0, ZERO),
        (ms < 0, NEGATIVE),
    ).cast("int64")
    # What is too long must not overflow the sum of a hostile catalogue.
    whole = tracks.mutate(second=second, ms=ibis.least(ibis.greatest(ms, 0), 1000 * LONGEST_S))
    return whole.group_by("release_year", "second").agg(
        tracks=whole.count(), duration_ms=whole.ms.sum()
    )


def timed(table: Any) -> Any:
    """Return those rows of :func:`seconds` whose durations count: above 0, up to ten hours."""
    return table.filter(table.second >= 0, table.second < LONG)


def histogram_of(catalogue: Asked) -> Mapping[int, int]:
    """Return tracks by whole second, in order, of durations that count."""
    table = timed(catalogue.once(seconds))
    found = table.group_by("second").agg(tracks=table.tracks.sum())
    rows = found.order_by("second").to_pyarrow().to_pylist()
    return {row["second"]: row["tracks"] for row in rows}
