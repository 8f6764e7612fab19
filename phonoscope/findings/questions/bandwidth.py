"""How high the sound reaches, and whether lossless files come from lossy ones."""

from __future__ import annotations

from dataclasses import replace

from phonoscope.escape import printable
from phonoscope.findings.base import Answer, QuerySession, ResultColumn, ResultTable, Share, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import Measure, Words, silent
from phonoscope.findings.shared.tally import tally
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import frequency, measured

MEASURE = Measure(
    column="bandwidth_hz",
    title=gettext("Highest frequency with sound, kHz"),
    per_unit=1,
    low=0,
    high=192_000,
    widths=(50, 100, 250, 500, 1_000, 2_000, 5_000),
    steps=(500, 1_000, 2_000, 5_000, 10_000, 20_000),
    tick_label="format(datum.value / 1000, '')",
    say=frequency,
    median="bandwidth_median_hz",
    unit="Hz",
    nothing=gettext(
        "No recording has a bandwidth, because none could be decoded or all are silent."
    ),
    missing=silent,
    accuracy=measured(0.5, "Hz", 1),
)
PASTS = {
    "lossy": gettext("From a lossy file"),
    "lower-rate": gettext("From a lower sample rate"),
    None: gettext("No sign of either"),
}


@finding(
    name="bandwidth",
    title="Bandwidth",
    question="How high does the sound reach, and was it cut off earlier?",
    needs={"recordings": ("bandwidth_hz", "made_from", "lossless")},
)
def bandwidth(catalogue: QuerySession) -> Answer:
    """Count bandwidths and earlier generations.

    Method
    ------
    The highest frequency that still carries sound in the mean spectrum is counted in bins of 1
    Hz. A cut-off much steeper than instruments and microphones make, which the file's own format
    doesn't explain, is a sign of an earlier lossy or lower-rate version.

    Caveats
    -------
    Old recordings, synthesisers and deliberate low-pass filters end early too. An earlier version
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
    share = Share(suspect, lossless)
    past = ngettext(
        "{share} of {n} lossless recording (95% interval {low} to {high}) shows signs of an "
        "earlier lossy or lower-rate version.",
        "{share} of {n} lossless recordings (95% interval {low} to {high}) show signs of an "
        "earlier lossy or lower-rate version.",
        lossless,
        **share.words,
    )
    return replace(
        answer,
        headline=sentences(answer.headline, past),
        figures=(*answer.figures, share.figure("lossless_with_a_past_share")),
        certainty=sentences(answer.certainty, share.certainty()),
    )


def _words(reach: Distribution) -> Words:
    words = MEASURE.words(reach)
    if "median_low" in words:
        headline = gettext(
            "Half of {n} recordings have sound above {median} (95% interval {median_low} to "
            "{median_high}).",
            n=reach.total,
            **words,
        )
    else:
        headline = ngettext(
            "{n} recording has sound up to {median}.",
            "Half of {n} recordings have sound above {median}.",
            reach.total,
            **words,
        )
    alt = ngettext(
        "Histogram of the highest frequency with sound in {n} recording: {median}.",
        "Histogram of the highest frequency with sound in {n} recordings: median {median}.",
        reach.total,
        **words,
    )
    return Words(headline, alt)


def _past_table(pasts: list[tuple[bool | None, str | None, int]]) -> ResultTable:
    columns = (
        ResultColumn("format", gettext("Format"), "text"),
        ResultColumn("past", gettext("Earlier version"), "text"),
        ResultColumn("count", gettext("Recordings")),
    )
    rows = tuple(
        (
            gettext("Lossless") if kept else gettext("Lossy"),
            PASTS.get(past, printable(str(past))),
            n,
        )
        for kept, past, n in pasts
    )
    return ResultTable("earlier_generation", gettext("Earlier versions"), columns, rows)
