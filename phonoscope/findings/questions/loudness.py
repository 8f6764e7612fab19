"""How loud the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, Share, cannot_tell, finding
from phonoscope.findings.plots.measure import Measure, without
from phonoscope.text import counted, measured

STREAMING_LUFS = -14.0
"""Level to which several streaming services turn louder music down."""

MEASURE = Measure(
    column="loudness_lufs",
    title="Integrated loudness, LUFS",
    per_unit=10,
    low=-70,
    high=10,
    widths=(1, 2, 5, 10, 20, 50),
    steps=(0.5, 1, 2, 5, 10, 20),
    tick_label="replace(format(datum.value, ''), '-', '\u2212')",
    say=lambda lufs: measured(lufs, "LUFS", 1),
    step="0.1\u00a0LU",
)


@finding(
    name="loudness",
    title="Loudness",
    question="How loud are the recordings?",
    needs={"recordings": ("loudness_lufs",)},
)
def loudness(catalogue: QuerySession) -> Answer:
    """Count loudness.

    Method
    ------
    Integrated loudness after EBU R128 (ITU-R BS.1770), counted in bins of 0.1 LUFS. Louder is
    further right.

    Caveats
    -------
    Loudness is not peak level: see the finding on peaks. Music of wide dynamics is quiet on
    average without being recorded badly.
    """
    loud = MEASURE.count(catalogue.table("recordings"))
    if loud.total == 0:
        return cannot_tell("No recording has a loudness: none was decoded, or all are silent.")
    share = Share(loud.from_value(STREAMING_LUFS), loud.total)
    median = MEASURE.say(loud.median)
    alt = f"Histogram of the loudness of {counted(loud.total, 'recording')}; median {median}."
    chart, table = MEASURE.picture(loud, alt)
    rest = without(
        loud.missing,
        loud.total + loud.missing,
        "has none, because it is silent",
        "have none, because they are silent",
    )
    return Answer(
        headline=f"The middle recording has {median}; {share} are at {measured(-14, 'LUFS')} or "
        f"louder, where several streaming services turn music down.",
        note=rest,
        certainty=f"{MEASURE.certainty(loud)} {share.certainty()}",
        figures=(
            loud.median_figure("loudness_median_lufs", "LUFS"),
            share.figure("loudness_from_minus_14_lufs_share"),
        ),
        chart=chart,
        tables=(table,),
    )
