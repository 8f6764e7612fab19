"""How long the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import Measure, Words
from phonoscope.messages import gettext, ngettext
from phonoscope.text import clock, measured

MEASURE = Measure(
    column="duration_s",
    title=gettext("Duration, minutes"),
    per_unit=1,
    low=0,
    high=36_000,
    widths=(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800),
    steps=(5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200),
    tick_label="floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')",
    say=lambda seconds: clock(seconds) if seconds >= 10 or seconds % 1 else measured(seconds, "s"),
    median="duration_median_s",
    unit="s",
    nothing=gettext("No recording has a duration, because none could be decoded."),
    accuracy=measured(0.5, "s", 1),
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
    The length of the decoded sound in whole seconds is counted in bins of one second. Ten hours
    and more share one bin.

    Caveats
    -------
    Sound effects, stems and hour-long mixes count like songs. The duration in a file's header
    can differ from the length of the decoded sound.
    """
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(durations: Distribution) -> Words:
    words = MEASURE.words(durations)
    shortest, longest = (MEASURE.say(durations.ranked(rank)) for rank in (1, durations.total))
    if "from" in words:
        headline = gettext(
            "80% of {n} recordings last {from} to {to}; the median is {median} (95% interval "
            "{median_low} to {median_high}).",
            n=durations.total,
            **words,
        )
    else:
        headline = ngettext(
            "{n} recording lasts {median}.",
            "{n} recordings have a median duration of {median}.",
            durations.total,
            **words,
        )
    alt = ngettext(
        "Histogram of the duration of {n} recording: {median}.",
        "Histogram of the durations of {n} recordings: median {median}, shortest {shortest}, "
        "longest {longest}.",
        durations.total,
        shortest=shortest,
        longest=longest,
        **words,
    )
    return Words(headline, alt)
