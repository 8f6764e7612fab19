"""How far up the sound reaches, and whether a format promises more than it holds."""

from __future__ import annotations

from dataclasses import replace

from phonoscope.findings.base import Answer, QuerySession, ResultColumn, ResultTable, Share, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import SILENT, Measure, Words
from phonoscope.findings.shared.tally import tally
from phonoscope.text import counted, frequency

MEASURE = Measure(
    column="bandwidth_hz",
    title="Highest frequency with sound, kHz",
    per_unit=1,
    low=0,
    high=192_000,
    widths=(50, 100, 250, 500, 1_000, 2_000, 5_000),
    steps=(500, 1_000, 2_000, 5_000, 10_000, 20_000),
    tick_label="format(datum.value / 1000, '')",
    say=frequency,
    subject="highest frequency with sound in",
    median="bandwidth_median_hz",
    unit="Hz",
    nothing="No recording has a bandwidth: none was decoded, or all are silent.",
    missing=SILENT,
    step="1\u00a0Hz",
)
PASTS = {
    "lossy": "From a lossy file",
    "lower-rate": "From a lower sample rate",
    None: "No sign of either",
}


@finding(
    name="bandwidth",
    title="Bandwidth",
    question="How far up does the sound reach, and was it cut off before?",
    needs={"recordings": ("bandwidth_hz", "made_from", "lossless")},
)
def bandwidth(catalogue: QuerySession) -> Answer:
    """Count bandwidths and earlier generations.

    Method
    ------
    The highest frequency that still carries sound in the mean spectrum, counted in bins of 1
    Hz. An earlier lossy or lower-rate generation is told from a cut-off far steeper than
    instruments and microphones make, at a place that the file's own format does not explain.

    Caveats
    -------
    Old recordings, synthesisers and deliberate low-pass filters end early too. A generation
    without a cut-off leaves no trace, so these counts are lower bounds.
    """
    recordings = catalogue.table("recordings")
    answer = MEASURE.answer(recordings, _words)
    if not answer.answered:
        return answer
    pasts = tally(recordings.filter(recordings.bandwidth_hz.notnull()), "lossless", "made_from")
    lossless = sum(n for kept, _, n in pasts if kept)
    answer = replace(answer, tables=(*answer.tables, _past_table(pasts)))
    if not lossless:
        return answer
    suspect = sum(n for kept, past, n in pasts if kept and past)
    share, of = Share(suspect, lossless), counted(lossless, "lossless recording")
    past = (
        f"None of {of} shows a lossy or lower-rate past."
        if suspect == 0
        else f"{suspect:,} of {of} ({share}) {'shows' if suspect == 1 else 'show'} a lossy or "
        "lower-rate past."
    )
    return replace(
        answer,
        headline=f"{answer.headline} {past}",
        figures=(*answer.figures, share.figure("lossless_with_a_past_share")),
        certainty=f"{answer.certainty} Lossless with such a past: {share.certainty()}",
    )


def _words(reach: Distribution) -> Words:
    return Words(f"The sound of the middle recording reaches up to {MEASURE.say(reach.median)}.")


def _past_table(pasts: list[tuple[bool | None, str | None, int]]) -> ResultTable:
    columns = (
        ResultColumn("format", "Format", "text"),
        ResultColumn("past", "Earlier generation", "text"),
        ResultColumn("count", "Recordings"),
    )
    rows = tuple(
        ("Lossless" if kept else "Lossy", PASTS.get(past, str(past)), n) for kept, past, n in pasts
    )
    return ResultTable("earlier_generation", "Earlier generations", columns, rows)
