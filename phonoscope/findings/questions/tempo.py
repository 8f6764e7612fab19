"""How fast the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, cannot_tell, finding
from phonoscope.findings.plots.measure import Measure, without
from phonoscope.text import counted, measured

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
    tempo = MEASURE.count(catalogue.table("recordings"))
    if tempo.total == 0:
        return cannot_tell(
            "No recording has a tempo: none was decoded, or none has a steady pulse."
        )
    median = MEASURE.say(tempo.median)
    alt = f"Histogram of the tempo of {counted(tempo.total, 'recording')}; median {median}."
    chart, table = MEASURE.picture(tempo, alt)
    rest = without(
        tempo.missing, tempo.total + tempo.missing, "has no steady pulse", "have no steady pulse"
    )
    headline = f"The middle tempo is {median}."
    if tempo.total >= 10:
        low, high = (MEASURE.say(tempo.quantile(q)) for q in (0.1, 0.9))
        headline = f"The middle tempo is {median}; eight in ten lie between {low} and {high}."
    return Answer(
        headline=headline,
        note=rest,
        certainty=MEASURE.certainty(tempo),
        figures=(tempo.median_figure("tempo_median_bpm", "BPM"),),
        chart=chart,
        tables=(table,),
    )
