"""How fast the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, finding
from phonoscope.findings.shared.measure import Measure
from phonoscope.text import measured

MEASURE = Measure(
    column="tempo_bpm",
    title="Tempo, beats per minute",
    per_unit=2,
    low=0,
    high=500,
    widths=(1, 2, 4, 10, 20, 50, 100),
    steps=(1, 2, 5, 10, 20, 50, 100),
    tick_label="format(datum.value, '')",
    say=lambda bpm: measured(bpm, "BPM"),
    subject="tempo of",
    median="tempo_median_bpm",
    unit="BPM",
    nothing="No recording has a tempo: none was decoded, or none has a steady pulse.",
    missing=("has no steady pulse", "have no steady pulse"),
    step="0.5\u00a0BPM",
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
    One tempo a recording, from the repetition of its onsets, measured by Phonoscope and never
    mixed with a service's own column; counted in bins of half a beat per minute.

    Caveats
    -------
    Half or double the tempo fits most music nearly as well, so a song felt at 70 may stand at
    140. A recording that changes its tempo is counted at the one that rules.
    """
    return MEASURE.answer(
        catalogue.table("recordings"), lambda found: MEASURE.middle(found, "The middle tempo is")
    )
