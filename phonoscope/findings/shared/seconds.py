"""The tracks by year of release and whole second of duration: one pass for what asks durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession

LONGEST_S = 36_000
"""Durations of more than ten hours are counted, but are in no mean."""


def seconds(catalogue: QuerySession) -> ir.Table:
    """Return ``tracks`` and their ``duration_ms`` in all by ``release_year`` and ``second``.

    Second 180 is 180.000 to 180.999 s; ``zero`` tells a duration of 0 from a shorter one than a
    second; what is unknown has neither.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks = catalogue.table("tracks")
    ms = tracks.duration_ms
    # What is too long must not overflow the sum of a hostile catalogue.
    keyed = tracks.select(
        "release_year", second=ms // 1000, zero=ms == 0, ms=ibis.least(ms, 1000 * LONGEST_S)
    )
    return keyed.group_by("release_year", "second", "zero").agg(
        tracks=keyed.count(), duration_ms=keyed.ms.sum()
    )


def timed(table: ir.Table) -> ir.Table:
    """Return those rows of :func:`seconds` whose durations count: above 0, under ten hours."""
    return table.filter(~table.zero, table.second >= 0, table.second < LONGEST_S)


def histogram_of(catalogue: QuerySession) -> Mapping[int, int]:
    """Return tracks by whole second, in order, of durations that count."""
    table = timed(catalogue.cached(seconds))
    found = table.group_by("second").agg(tracks=table.tracks.sum())
    rows = found.order_by("second").to_pyarrow().to_pylist()
    return {row["second"]: row["tracks"] for row in rows}
