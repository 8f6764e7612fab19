"""How far up the sound reaches, and whether a format promises more than it holds."""

from __future__ import annotations

from phonoscope.findings.base import (
    Answer,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.measure import Measure, without
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
    reach = MEASURE.count(recordings)
    if reach.total == 0:
        return cannot_tell("No recording has a bandwidth: none was decoded, or all are silent.")
    median = frequency(reach.median)
    alt = (
        f"Histogram of the highest frequency with sound in {counted(reach.total, 'recording')}; "
        f"median {median}."
    )
    chart, table = MEASURE.picture(reach, alt)
    pasts = tally(recordings.filter(recordings.bandwidth_hz.notnull()), "lossless", "made_from")
    lossless = sum(n for kept, _, n in pasts if kept)
    suspect = sum(n for kept, past, n in pasts if kept and past)
    rest = without(
        reach.missing,
        reach.total + reach.missing,
        "has none, because it is silent",
        "have none, because they are silent",
    )
    headline = f"The sound of the middle recording reaches up to {median}."
    figures = [reach.median_figure("bandwidth_median_hz", "Hz")]
    certainty = MEASURE.certainty(reach)
    if lossless:
        share = Share(suspect, lossless)
        of = f"{counted(lossless, 'lossless recording')}"
        headline += (
            f" None of {of} shows a lossy or lower-rate past."
            if suspect == 0
            else f" {suspect:,} of {of} ({share}) {'shows' if suspect == 1 else 'show'} a lossy or "
            "lower-rate past."
        )
        figures.append(share.figure("lossless_with_a_past_share"))
        certainty += f" Lossless with such a past: {share.certainty()}"
    return Answer(
        headline=headline,
        note=rest,
        certainty=certainty,
        figures=tuple(figures),
        chart=chart,
        tables=(table, _past_table(pasts)),
    )


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
