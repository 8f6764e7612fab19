"""Durations of whole minutes: whether more tracks have them than the seconds around them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonoscope.findings.base import (
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.distribution import Bar
from phonoscope.findings.plots.histogram import histogram
from phonoscope.findings.plots.noun import TRACKS
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks
from phonoscope.findings.shared.seconds import histogram_of
from phonoscope.interval import Interval
from phonoscope.lazy import LazyModule
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import Quantity, clock, joined, number, p_value

if TYPE_CHECKING:
    from scipy import special
else:
    special = LazyModule("scipy.special")

MARKS_S = (120, 180, 240)
REACH_S = 5
"""Seconds on each side whose mean is the expected number of tracks."""
FEWEST = 30
"""Tracks in the neighbouring seconds from which a second is compared."""
LEVEL = 0.05
"""Chance of error of either test at which a second stands out."""
SHOWN_S = (60, 361)


@dataclass(frozen=True)
class MinuteExcess:
    """How far one second stands out from its neighbours."""

    second: int
    tracks: int
    neighbours: int
    """Tracks in the neighbouring seconds together."""

    @property
    def ratio(self) -> float:
        """Tracks relative to the mean of the neighbours; 1 means no excess."""
        return self.tracks * 2 * REACH_S / self.neighbours

    @property
    def interval(self) -> Interval:
        """95% interval of the ratio: exact limits of a share, as odds."""
        k, m = self.tracks, self.neighbours
        low = special.betaincinv(k, m + 1, 0.025) if k else 0.0
        high = special.betaincinv(k + 1, m, 0.975)
        return Interval(*(float(2 * REACH_S * p / (1 - p)) for p in (low, high)))

    @property
    def deviations(self) -> float:
        """By how many standard deviations it differs from a second like its neighbours."""
        one, n = 1 / (2 * REACH_S + 1), self.tracks + self.neighbours
        return (self.tracks - one * n) / math.sqrt(n * one * (1 - one))

    @property
    def p_value(self) -> float:
        """Probability of this many tracks or more if the second were like its neighbours.

        An exact one-sided binomial test, written as an incomplete beta function.
        """
        one = 1 / (2 * REACH_S + 1)
        return float(special.betainc(self.tracks, self.neighbours + 1, one)) if self.tracks else 1.0


def excess_at(second: int, tracks: Mapping[int, int]) -> MinuteExcess | None:
    """Return how far a second stands out; ``None`` where too few tracks are around it."""
    around = [s for s in range(second - REACH_S, second + REACH_S + 1) if s != second]
    neighbours = sum(tracks.get(s, 0) for s in around)
    return MinuteExcess(second, tracks.get(second, 0), neighbours) if neighbours >= FEWEST else None


@finding(
    name="minutes",
    title="Whole minutes",
    question="Do unusually many tracks last exactly 2, 3 or 4 minutes?",
    needs={"tracks": ("duration_ms",)},
)
def minutes(catalogue: QuerySession) -> Answer:
    """Compare whole minutes with their neighbours.

    Method
    ------
    Tracks are counted by whole second of their duration. At 2:00, 3:00 and 4:00 the count is
    compared with the mean of the five seconds on either side. Interval and p-value are exact for
    counts (conditional binomial; Clopper & Pearson 1934). Seconds can be uneven for other
    reasons, so a second test needs no model: every other second from 1:00 to 7:00, except whole
    and half minutes, is compared in the same way, in standard deviations. A whole minute stands
    out when p is at most 0.05/3 (three comparisons) and at most 5% of the other seconds stand
    out as much.

    Caveats
    -------
    People have always cut recordings to whole minutes: library music, sleep sounds, tones and
    podcasts. An excess doesn't show that machines made them. A source that rounds durations
    creates peaks of its own.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    tracks = histogram_of(catalogue)
    found = [one for second in MARKS_S if (one := excess_at(second, tracks))]
    if len(found) < len(MARKS_S):
        return cannot_tell(
            gettext(
                "Too few tracks last about 2:00, 3:00 or 4:00 to compare those seconds with others."
            ),
            "no-values",
        )
    others = [
        one for second in range(60, 421) if second % 30 and (one := excess_at(second, tracks))
    ]
    sure = [one for one in found if stands_out(one, others)]
    return Answer(
        headline=_headline(found, sure),
        certainty=sentences(*(_certainty(one, others) for one in found)),
        figures=tuple(
            Figure(
                f"excess_{one.second // 60}_00",
                one.ratio,
                "ratio",
                one.interval,
                one.tracks + one.neighbours,
            )
            for one in found
        ),
        chart=_chart(tracks),
        tables=(_excesses(found, others), _histogram(tracks)),
        claim=_claim(sure),
    )


def _headline(found: Sequence[MinuteExcess], sure: Sequence[MinuteExcess]) -> str:
    rest = [clock(one.second) for one in found if one not in sure]
    if not sure:
        return gettext(
            "Durations of {durations} are no more frequent than the seconds around them.",
            durations=joined(rest),
        )
    usual = ngettext(
        "A duration of {durations} isn't unusually frequent.",
        "Durations of {durations} aren't unusually frequent.",
        len(rest),
        durations=joined(rest) if rest else "",
    )
    return sentences(*map(_excess, sure), usual if rest else "")


def _excess(one: MinuteExcess) -> Message:
    return gettext(
        "{ratio} times as many tracks last {duration} as expected (95% interval {low} to {high}).",
        duration=clock(one.second),
        **_ratio(one),
    )


def _ratio(one: MinuteExcess) -> dict[str, Quantity]:
    low, high = one.interval
    return {"ratio": number(one.ratio, 2), "low": number(low, 2), "high": number(high, 2)}


def _claim(sure: Sequence[MinuteExcess]) -> Message | str:
    if not sure:
        return ""
    most = max(sure, key=lambda one: one.ratio)
    return gettext(
        "{ratio} times as many tracks of {duration} as expected",
        ratio=number(most.ratio, 2),
        duration=clock(most.second),
    )


def as_far(one: MinuteExcess, others: Sequence[MinuteExcess]) -> int:
    """Return how many other seconds stand out as much."""
    return sum(other.deviations >= one.deviations for other in others)


def stands_out(one: MinuteExcess, others: Sequence[MinuteExcess]) -> bool:
    """Whether a second stands out by the exact test and among the other seconds."""
    return one.p_value <= LEVEL / len(MARKS_S) and as_far(one, others) <= LEVEL * len(others)


def _certainty(one: MinuteExcess, others: Sequence[MinuteExcess]) -> Message:
    return ngettext(
        "{duration}: ratio {ratio} (95% interval {low} to {high}; p-value {p_value}; "
        "n\u00a0=\u00a0{tracks}); {n} of {others} other seconds stands out as much.",
        "{duration}: ratio {ratio} (95% interval {low} to {high}; p-value {p_value}; "
        "n\u00a0=\u00a0{tracks}); {n} of {others} other seconds stand out as much.",
        as_far(one, others),
        duration=clock(one.second),
        p_value=p_value(one.p_value),
        tracks=one.tracks,
        others=len(others),
        **_ratio(one),
    )


def _chart(tracks: Mapping[int, int]) -> Chart:
    first, last = SHOWN_S
    bars = [Bar(s, s + 1, tracks.get(s, 0)) for s in range(first, last)]
    return histogram(
        bars,
        [clock(s) for s in range(first, last)],
        noun=TRACKS,
        alt=gettext(
            "Histogram of tracks by whole second of duration, {first} to {last}.",
            first=clock(first),
            last=clock(last - 1),
        ),
        x_title=gettext("Duration, minutes"),
        ticks=list(range(first, last, 30)),
        tick_label="floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')",
    )


def _excesses(found: Sequence[MinuteExcess], others: Sequence[MinuteExcess]) -> ResultTable:
    columns = (
        ResultColumn("duration", gettext("Duration"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("expected", gettext("Mean of the 10 seconds around"), "decimal"),
        ResultColumn("ratio", gettext("Ratio"), "decimal"),
        ResultColumn("low", gettext("At least"), "decimal"),
        ResultColumn("high", gettext("At most"), "decimal"),
        ResultColumn("p_value", gettext("p-value"), "text"),
        ResultColumn(
            "others_as_far", gettext("Stand out as much, of {n} other seconds", n=len(others))
        ),
    )
    rows = tuple(
        (
            clock(e.second),
            e.tracks,
            e.neighbours / (2 * REACH_S),
            e.ratio,
            *e.interval,
            f"{e.p_value:.3g}",
            as_far(e, others),
        )
        for e in found
    )
    return ResultTable("whole_minutes", gettext("Whole minutes"), columns, rows)


def _histogram(tracks: Mapping[int, int]) -> ResultTable:
    columns = (
        ResultColumn("second", gettext("Duration, s")),
        ResultColumn("tracks", gettext("Tracks")),
    )
    shown = {s: n for s, n in tracks.items() if s < 1200}
    rest = sum(n for s, n in tracks.items() if s >= 1200)
    longer = ngettext(
        "Tracks by whole second ({n} longer track left out)",
        "Tracks by whole second ({n} longer tracks left out)",
        rest,
    )
    title = longer if rest else gettext("Tracks by whole second")
    return ResultTable("durations_by_second", title, columns, tuple(shown.items()))
