"""Durations at whole minutes: whether more tracks lie there than beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import betaincinv
from scipy.stats import binomtest

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
from phonoscope.text import clock, count, counted, joined, number

MARKS_S = (120, 180, 240)
REACH_S = 5
"""Seconds to each side that say how many tracks to expect."""
FEWEST = 30
"""Tracks in the neighbouring seconds from which a second is compared."""
LEVEL = 0.05
"""Chance of error of either test at which a second is said to stand out."""
SHOWN_S = (60, 361)


@dataclass(frozen=True)
class MinuteExcess:
    """How one second stands out from its neighbours."""

    second: int
    tracks: int
    neighbours: int
    """Tracks in the neighbouring seconds together."""

    @property
    def ratio(self) -> float:
        """Tracks to the mean of the neighbours; 1 is no excess."""
        return self.tracks * 2 * REACH_S / self.neighbours

    @property
    def interval(self) -> Interval:
        """95 % interval of the ratio: exact limits of a share, as odds."""
        k, m = self.tracks, self.neighbours
        low = betaincinv(k, m + 1, 0.025) if k else 0.0
        high = betaincinv(k + 1, m, 0.975)
        return Interval(*(float(2 * REACH_S * p / (1 - p)) for p in (low, high)))

    @property
    def deviations(self) -> float:
        """By how many standard deviations it differs from a second like its neighbours."""
        one, n = 1 / (2 * REACH_S + 1), self.tracks + self.neighbours
        return (self.tracks - one * n) / math.sqrt(n * one * (1 - one))

    @property
    def p_value(self) -> float:
        """Probability of so many tracks or more if the second were like its neighbours."""
        one = 1 / (2 * REACH_S + 1)
        return float(binomtest(self.tracks, self.tracks + self.neighbours, one, "greater").pvalue)


def excess_at(second: int, tracks: Mapping[int, int]) -> MinuteExcess | None:
    """Return how a second stands out; ``None`` where too few tracks are around it."""
    around = [s for s in range(second - REACH_S, second + REACH_S + 1) if s != second]
    neighbours = sum(tracks.get(s, 0) for s in around)
    return MinuteExcess(second, tracks.get(second, 0), neighbours) if neighbours >= FEWEST else None


@finding(
    name="minutes",
    title="Whole minutes",
    question="Are durations tuned to whole minutes?",
    needs={"tracks": ("duration_ms",)},
)
def minutes(catalogue: QuerySession) -> Answer:
    """Compare whole minutes with their neighbours.

    Method
    ------
    Tracks are counted by whole second of their duration. At 2:00, 3:00 and 4:00 the count is
    set against the mean of the five seconds on either side. Interval and p-value are exact for
    counts (conditional binomial; Clopper & Pearson 1934). Because other causes make seconds
    uneven too, every second from 1:00 to 7:00 that is no whole half minute is compared in the
    same way; how many of those stand out as much, in standard deviations, is a second, rougher
    test that needs no model. A whole minute is said to stand out when p is at most 0.05/3, for
    three looks, and at most one in twenty of the other seconds stands out as much.

    Caveats
    -------
    Recordings cut to whole minutes are old practice too: library music, sleep sounds, tones and
    podcasts. An excess does not say that machines made them. A source that rounds its durations
    shows peaks that are its own.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    tracks = histogram_of(catalogue)
    found = [one for second in MARKS_S if (one := excess_at(second, tracks))]
    if len(found) < len(MARKS_S):
        return cannot_tell(
            "Too few tracks last about 2:00, 3:00 and 4:00 to compare those seconds with others."
        )
    others = [
        one for second in range(60, 421) if second % 30 and (one := excess_at(second, tracks))
    ]
    sure = [one for one in found if stands_out(one, others)]
    certainty = " ".join(_certainty(one, others) for one in found)
    return Answer(
        headline=_headline(found, sure),
        certainty=certainty,
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
        claim=f"{_times(max(sure, key=lambda one: one.ratio))} as many tracks as expected"
        if sure
        else "",
    )


def _times(one: MinuteExcess) -> str:
    return f"at {clock(one.second)} {number(one.ratio, 2)} times"


def _headline(found: Sequence[MinuteExcess], sure: Sequence[MinuteExcess]) -> str:
    rest = joined([clock(one.second) for one in found if one not in sure] or [""])
    if not sure:
        return f"Durations of {rest} are no more frequent than those of other seconds."
    told = joined([_times(one) for one in sure])
    beside = f"; {rest} {'do' if ' ' in rest else 'does'} not stand out" if rest else ""
    return f"{told[0].upper()}{told[1:]} as many tracks as in the seconds around{beside}."


def as_far(one: MinuteExcess, others: Sequence[MinuteExcess]) -> int:
    """Return how many other seconds stand out as much."""
    return sum(other.deviations >= one.deviations for other in others)


def stands_out(one: MinuteExcess, others: Sequence[MinuteExcess]) -> bool:
    """Whether a second stands out by the exact test and among the other seconds."""
    return one.p_value <= LEVEL / len(MARKS_S) and as_far(one, others) <= LEVEL * len(others)


def _certainty(one: MinuteExcess, others: Sequence[MinuteExcess]) -> str:
    low, high = one.interval
    as_much = as_far(one, others)
    p = f"p\u00a0=\u00a0{one.p_value:.2g}" if one.p_value >= 0.0001 else "p under 0.0001"
    return (
        f"{clock(one.second)}: {number(one.ratio, 2)} ({number(low, 2)} to {number(high, 2)}), "
        f"{p}, n\u00a0=\u00a0{count(one.tracks)}; of {counted(len(others), 'other second')} "
        f"{as_much} {'stands' if as_much == 1 else 'stand'} out as much."
    )


def _chart(tracks: Mapping[int, int]) -> Chart:
    first, last = SHOWN_S
    bars = [Bar(s, s + 1, tracks.get(s, 0)) for s in range(first, last)]
    return histogram(
        bars,
        [clock(s) for s in range(first, last)],
        noun=TRACKS,
        alt=f"Tracks by duration in whole seconds from {clock(first)} to {clock(last - 1)}.",
        x_title="Duration, minutes",
        ticks=list(range(first, last, 30)),
        tick_label="floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')",
    )


def _excesses(found: Sequence[MinuteExcess], others: Sequence[MinuteExcess]) -> ResultTable:
    columns = (
        ResultColumn("duration", "Duration", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("expected", "Mean of 10 seconds around", "decimal"),
        ResultColumn("ratio", "Ratio", "decimal"),
        ResultColumn("low", "At least", "decimal"),
        ResultColumn("high", "At most", "decimal"),
        ResultColumn("p_value", "p-value", "text"),
        ResultColumn("others_as_far", f"Stand out as much among {len(others)} other seconds"),
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
    return ResultTable("whole_minutes", "Whole minutes", columns, rows)


def _histogram(tracks: Mapping[int, int]) -> ResultTable:
    columns = (ResultColumn("second", "Duration, s"), ResultColumn("tracks", "Tracks"))
    shown = {s: n for s, n in tracks.items() if s < 1200}
    rest = sum(n for s, n in tracks.items() if s >= 1200)
    title = "Tracks by whole second" + (f"; {counted(rest, 'track')} are longer" if rest else "")
    return ResultTable("durations_by_second", title, columns, tuple(shown.items()))
