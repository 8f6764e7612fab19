"""The tracks by whole second of their duration: one pass for whatever asks about durations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.findings.days import LONGEST_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phonoscope.findings.base import Asked


def seconds(catalogue: Asked) -> Any:
    """Return the tracks by ``second`` (180 is 180.000 to 180.999 s) with their ``tracks``.

    Durations of 0 and of more than ten hours are left out; unknown ones are too.
    """
    tracks = catalogue.table("tracks")
    timed = tracks.filter(tracks.duration_ms > 0, tracks.duration_ms <= 1000 * LONGEST_S)
    second = (timed.duration_ms // 1000).cast("int64")
    return timed.group_by(second=second).agg(tracks=timed.count())


def histogram_of(catalogue: Asked) -> Mapping[int, int]:
    """Return tracks by whole second, in order."""
    rows = catalogue.once(seconds).order_by("second").to_pyarrow().to_pylist()
    return {row["second"]: row["tracks"] for row in rows}
