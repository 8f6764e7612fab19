"""How long the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, cannot_tell, finding
from phonoscope.findings.plots.measure import Measure
from phonoscope.text import clock, counted

MEASURE = Measure(
    column="duration_s",
    title="Duration, minutes",
    per_unit=1,
    low=0,
    high=36_000,
    widths=(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800),
    steps=(5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200),
    tick_label="floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')",
    say=lambda seconds: clock(seconds) if seconds >= 10 else f"{seconds:.0f}\u00a0s",
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
    counted_s = MEASURE.count(catalogue.table("recordings"))
    if counted_s.total == 0:
        return cannot_tell("No recording could be decoded, so none has a duration.")
    median = clock(counted_s.median)
    alt = (
        f"Histogram of the durations of {counted(counted_s.total, 'recording')}; median {median}, "
        f"shortest {clock(counted_s.ranked(1))}, "
        f"longest {clock(counted_s.ranked(counted_s.total))}."
    )
    chart, table = MEASURE.picture(counted_s, alt)
    tenth, ninth = (counted_s.quantile(q) for q in (0.1, 0.9))
    return Answer(
        headline=f"The middle recording lasts {median}; eight in ten lie between {clock(tenth)} "
        f"and {clock(ninth)}."
        if counted_s.total >= 10
        else f"The middle recording lasts {median}.",
        certainty=MEASURE.certainty(counted_s),
        figures=(counted_s.median_figure("duration_median_s", "s"),),
        chart=chart,
        tables=(table,),
    )
