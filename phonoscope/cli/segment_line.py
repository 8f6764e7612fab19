"""The stretches of a recording on one line: how much each looks like a generator's output."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phonoscope.cli.quantities import likelihood, position
from phonoscope.cli.terminal import painted

if TYPE_CHECKING:
    from phonoscope.detector.generated import Segment

_HEIGHTS = "▁▂▃▄▅▆▇█"
"""One character for each eighth of a probability."""
MOST_CELLS = 40
"""A longer recording puts several stretches into a cell, which shows the highest of them."""
LIKELY = 0.5
"""Probability from which a stretch is rather from a generator than not."""
_NAMED = 3
"""Runs of likely stretches whose times are written out: the longest ones."""


def drawn(segments: Sequence[Segment]) -> str:
    """Return stretches as a line of blocks between the times at which they begin and end.

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
    return f"{position(segments[0].start_s)} {''.join(parts)} {position(segments[-1].end_s)}"


def described(segments: Sequence[Segment]) -> str:
    """Return in words where the likely stretches lie, or the highest when none is likely."""
    runs = _likely_runs(segments)
    highest = max(segments, key=lambda segment: segment.p_generated)
    peak = f"highest {likelihood(highest.p_generated)} at {position(highest.start_s)}"
    if not runs:
        return f"no stretch above {LIKELY:g}; {peak}"
    if runs == [(segments[0].start_s, segments[-1].end_s)]:
        return f"{LIKELY:g} or more throughout; {peak}"
    named = sorted(sorted(runs, key=lambda run: run[0] - run[1])[:_NAMED])
    times = ", ".join(f"{position(start_s)} to {position(end_s)}" for start_s, end_s in named)
    others = len(runs) - len(named)
    rest = f" and {others} shorter" if others else ""
    return f"{LIKELY:g} or more at {times}{rest}; {peak}"


def _cells(values: Sequence[float]) -> list[float]:
    count = min(MOST_CELLS, len(values))
    edges = [len(values) * i // count for i in range(count + 1)]
    return [max(values[start:end]) for start, end in itertools.pairwise(edges)]


def _likely_runs(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Return start and end, s, of each run of likely stretches."""
    runs = []
    for likely, run in itertools.groupby(segments, lambda s: s.p_generated >= LIKELY):
        if likely:
            first, *_ = members = list(run)
            runs.append((first.start_s, members[-1].end_s))
    return runs
