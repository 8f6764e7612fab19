"""How fast the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import Measure, Words
from phonoscope.messages import Message, gettext, ngettext
from phonoscope.text import measured, percent


def _without_pulse(missing: int, total: int) -> Message:
    return ngettext(
        "{n} of {total} recordings ({share}) has no steady pulse, so it has no tempo.",
        "{n} of {total} recordings ({share}) have no steady pulse, so they have no tempo.",
        missing,
        total=total,
        share=percent(missing / total),
    )


MEASURE = Measure(
    column="tempo_bpm",
    title=gettext("Tempo, beats per minute"),
    per_unit=2,
    low=0,
    high=500,
    widths=(1, 2, 4, 10, 20, 50, 100),
    steps=(1, 2, 5, 10, 20, 50, 100),
    tick_label="format(datum.value, '')",
    say=lambda bpm: measured(bpm, "BPM"),
    median="tempo_median_bpm",
    unit="BPM",
    nothing=gettext(
        "No recording has a tempo, because none could be decoded or none has a steady pulse."
    ),
    missing=_without_pulse,
    accuracy=measured(0.25, "BPM", 2),
)


@finding(
    name="tempo",
    title="Tempo",
    question="How fast are the recordings?",
    needs={"recordings": ("tempo_bpm",)},
)
def tempo(catalogue: QuerySession) -> Answer:
    """Count tempos.

    Method
    ------
    Phonoscope measures one tempo per recording from the repetition of its onsets. Tempos are
    counted in bins of half a beat per minute. The tempo column of a service is never mixed in.

    Caveats
    -------
    Half or double the tempo fits most music almost as well, so a song that feels like 70 BPM may
    count as 140 BPM. A recording that changes its tempo counts once, at its main tempo.
    """
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(tempos: Distribution) -> Words:
    words = MEASURE.words(tempos)
    if "from" in words:
        headline = gettext(
            "80% of {n} recordings have a tempo between {from} and {to}; the median is {median} "
            "(95% interval {median_low} to {median_high}).",
            n=tempos.total,
            **words,
        )
    else:
        headline = ngettext(
            "{n} recording has a tempo of {median}.",
            "{n} recordings have a median tempo of {median}.",
            tempos.total,
            **words,
        )
    alt = ngettext(
        "Histogram of the tempo of {n} recording: {median}.",
        "Histogram of the tempos of {n} recordings: median {median}.",
        tempos.total,
        **words,
    )
    return Words(headline, alt)
