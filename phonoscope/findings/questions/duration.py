"""How long the recordings are."""

from __future__ import annotations

from dataclasses import replace

from phonoscope.findings.base import Answer, QuerySession, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import Measure, Words
from phonoscope.text import clock

MEASURE = Measure(
    column="duration_s",
    title="Duration, minutes",
    per_unit=1,
    low=0,
    high=36_000,
    widths=(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800),
    steps=(5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200),
    tick_label="floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')",
    say=lambda seconds: clock(seconds) if seconds >= 10 or seconds % 1 else f"{seconds:.0f}\u00a0s",
    subject="durations of",
    median="duration_median_s",
    unit="s",
    nothing="No recording could be decoded, so none has a duration.",
    step="1\u00a0s",
)


@finding(
    name="duration",
    title="Duration",
    question="How long are the recordings?",
    needs={"recordings": ("duration_s",)},
)
def duration(catalogue: QuerySession) -> Answer:
    """Count durations.

    Method
    ------
    Decoded sound in whole seconds, counted in bins of one second; ten hours and more in one.

    Caveats
    -------
    Sound effects, stems and album-long files count like songs. A duration in a file's header
    may differ; this is what was decoded.
    """
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(durations: Distribution) -> Words:
    ends = [MEASURE.say(durations.ranked(rank)) for rank in (1, durations.total)]
    middle = MEASURE.middle(durations, "The middle recording lasts")
    return replace(middle, alt=f", shortest {ends[0]}, longest {ends[1]}")
