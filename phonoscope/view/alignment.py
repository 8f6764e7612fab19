"""Two recordings over one time axis, with the part that both have."""

from __future__ import annotations

from dataclasses import dataclass

from phonoscope.matching.recording.pairwise import Pair
from phonoscope.messages import Localised
from phonoscope.view.scale import Tick, time_step, time_ticks
from phonoscope.view.timeline import span


@dataclass(frozen=True)
class Lane:
    """One of the two: its place on the common axis, and the part that both have."""

    duration_s: float
    left: float
    """Percent of the axis."""
    width: float
    ticks: tuple[Tick, ...]
    """Its own time, on the common axis."""
    begin_s: float
    """Begin and end of the part that both have, s of its own time."""
    end_s: float

    @property
    def span(self) -> Localised:
        """The part that both have, in words."""
        return span(self.begin_s, self.end_s)


@dataclass(frozen=True)
class Alignment:
    """An original and a copy on one axis, so that matching moments line up.

    The axis shows the original's time. The copy is stretched by its speed and moved, so it can
    begin before the original.
    """

    one: Lane
    other: Lane
    speed: float
    offset_s: float
    start_s: float
    """Begin of the axis, s of the original."""
    length_s: float
    band_left: float
    """The part that both have, percent of the axis."""
    band_width: float

    @property
    def lanes(self) -> dict[str, Lane]:
        """Both lanes by the letters that a page gives them."""
        return {"a": self.one, "b": self.other}


def align(pair: Pair, one_s: float, other_s: float) -> Alignment:
    """Lay two recordings over one axis.

    Parameters
    ----------
    pair
        How they relate, the original as ``one``.
    one_s, other_s
        Their durations.
    """
    begins_s, ends_s = -pair.offset_s * pair.speed, (other_s - pair.offset_s) * pair.speed
    start_s, end_s = min(0.0, begins_s), max(one_s, ends_s)
    length_s = max(end_s - start_s, 1e-9)

    def percent(seconds: float) -> float:
        return round(100 * (seconds - start_s) / length_s, 3)

    def lane(duration_s: float, left_s: float, right_s: float, part: tuple[float, float]) -> Lane:
        left, right = percent(left_s), percent(right_s)
        width = round(right - left, 3)
        ticks = time_ticks(duration_s, time_step(length_s))
        placed = (Tick(round(left + t.percent * width / 100, 3), t.label) for t in ticks)
        begin_s, end_s = (min(max(0.0, s), duration_s) for s in part)
        return Lane(duration_s, left, width, tuple(placed), begin_s, end_s)

    mine = (pair.begin_s, pair.end_s)
    theirs = (pair.begin_s / pair.speed + pair.offset_s, pair.end_s / pair.speed + pair.offset_s)
    left = percent(max(pair.begin_s, start_s))
    return Alignment(
        one=lane(one_s, 0.0, one_s, mine),
        other=lane(other_s, begins_s, ends_s, theirs),
        speed=pair.speed,
        offset_s=pair.offset_s,
        start_s=start_s,
        length_s=length_s,
        band_left=left,
        band_width=round(percent(min(pair.end_s, end_s)) - left, 3),
    )
