"""The segments of a recording on one line: how much each looks like a generator's output."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phonoscope.cli.quantities import likelihood, position
from phonoscope.cli.terminal import in_language, painted
from phonoscope.messages import Joined, Localised, gettext, ngettext, sentences
from phonoscope.text import number

if TYPE_CHECKING:
    from phonoscope.detector.generated import Segment

_HEIGHTS = "▁▂▃▄▅▆▇█"
"""One character for each eighth of a probability."""
MOST_CELLS = 40
"""A longer recording puts several segments into a cell, which shows the highest of them."""
LIKELY = 0.5
"""Probability from which a segment more likely comes from a generator than not."""
_NAMED = 3
"""Runs of likely segments whose times are written out: the longest ones."""


def drawn(segments: Sequence[Segment]) -> str:
    """Return segments as a line of blocks between the times at which they begin and end.

    Likely ones are red on a terminal; the heights say the same without colour.

    Parameters
    ----------
    segments
        In order of time, at least one.
    """
    cells = _cells([segment.p_generated for segment in segments])
    parts = [
        painted(
            "".join(_HEIGHTS[min(len(_HEIGHTS) - 1, int(p * len(_HEIGHTS)))] for p in run),
            *(("red",) if likely else ()),
        )
        for likely, run in itertools.groupby(cells, lambda p: p >= LIKELY)
    ]
    start, end = (in_language(position(s)) for s in (segments[0].start_s, segments[-1].end_s))
    return f"{start} {''.join(parts)} {end}"


def described(segments: Sequence[Segment]) -> Localised:
    """Return in words where the likely segments are, or the highest when none is likely."""
    runs = _likely_runs(segments)
    highest = max(segments, key=lambda segment: segment.p_generated)
    peak = gettext(
        "The highest is {p} at {time}.",
        p=likelihood(highest.p_generated),
        time=position(highest.start_s),
    )
    return sentences(_where(segments, runs), peak)


def _where(segments: Sequence[Segment], runs: list[tuple[float, float]]) -> Localised:
    limit = number(LIKELY, 1)
    if not runs:
        return gettext("No segment reaches {limit}.", limit=limit)
    if runs == [(segments[0].start_s, segments[-1].end_s)]:
        return gettext("All segments reach {limit}.", limit=limit)
    named = sorted(sorted(runs, key=lambda run: run[0] - run[1])[:_NAMED])
    times = Joined(
        ", ",
        tuple(
            gettext("{start} to {end}", start=position(start_s), end=position(end_s))
            for start_s, end_s in named
        ),
    )
    if others := len(runs) - len(named):
        return ngettext(
            "Segments at {times} and {n} shorter passage reach {limit}.",
            "Segments at {times} and {n} shorter passages reach {limit}.",
            others,
            times=times,
            limit=limit,
        )
    return gettext("Segments at {times} reach {limit}.", times=times, limit=limit)


def _cells(values: Sequence[float]) -> list[float]:
    count = min(MOST_CELLS, len(values))
    edges = [len(values) * i // count for i in range(count + 1)]
    return [max(values[start:end]) for start, end in itertools.pairwise(edges)]


def _likely_runs(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Return start and end, s, of each run of likely segments."""
    runs = []
    for likely, run in itertools.groupby(segments, lambda s: s.p_generated >= LIKELY):
        if likely:
            first, *_ = members = list(run)
            runs.append((first.start_s, members[-1].end_s))
    return runs
