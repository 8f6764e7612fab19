"""The tracks by release year and whole second of duration: one pass for findings on durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession

LONGEST_S = 36_000
"""Durations of more than ten hours are counted but left out of means."""


def seconds(catalogue: QuerySession) -> ir.Table:
    """Return ``tracks`` and their total ``duration_ms`` by ``release_year`` and ``second``.

    Second 180 is 180.000 to 180.999 s. ``zero`` separates a duration of 0 from one under a second.
    Unknown durations have neither.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks = catalogue.table("tracks")
    ms = tracks.duration_ms
    # Capped, so that a hostile catalogue cannot overflow the sum.
    keyed = tracks.select(
        "release_year", second=ms // 1000, zero=ms == 0, ms=ibis.least(ms, 1000 * LONGEST_S)
    )
    return keyed.group_by("release_year", "second", "zero").agg(
        tracks=keyed.count(), duration_ms=keyed.ms.sum()
    )


def timed(table: ir.Table) -> ir.Table:
    """Return the rows of :func:`seconds` with durations above 0 and under ten hours."""
    return table.filter(~table.zero, table.second >= 0, table.second < LONGEST_S)


def histogram_of(catalogue: QuerySession) -> Mapping[int, int]:
    """Return tracks by whole second, in order, for the durations of :func:`timed`."""
    table = timed(catalogue.cached(seconds))
    found = table.group_by("second").agg(tracks=table.tracks.sum())
    rows = found.order_by("second").to_pyarrow().to_pylist()
    return {row["second"]: row["tracks"] for row in rows}
