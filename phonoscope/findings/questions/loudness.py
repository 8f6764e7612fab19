"""How loud the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, Share, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import SILENT, Measure, Words
from phonoscope.text import measured

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
    subject="loudness of",
    median="loudness_median_lufs",
    unit="LUFS",
    nothing="No recording has a loudness: none was decoded, or all are silent.",
    missing=SILENT,
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
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(loud: Distribution) -> Words:
    share = Share(loud.from_value(STREAMING_LUFS), loud.total)
    return Words(
        f"The middle recording has {MEASURE.say(loud.median)}; {share} are at "
        f"{measured(STREAMING_LUFS, 'LUFS')} or louder, where several streaming services turn "
        "music down.",
        share=("loudness_from_minus_14_lufs_share", share),
    )
