"""How loud the recordings are."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, Share, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import Measure, Words, silent
from phonoscope.messages import gettext, ngettext
from phonoscope.text import measured

STREAMING_LUFS = -14.0
"""Level to which several streaming services turn louder music down."""

MEASURE = Measure(
    column="loudness_lufs",
    title=gettext("Integrated loudness, LUFS"),
    per_unit=10,
    low=-70,
    high=10,
    widths=(1, 2, 5, 10, 20, 50),
    steps=(0.5, 1, 2, 5, 10, 20),
    tick_label="replace(format(datum.value, ''), '-', '\u2212')",
    say=lambda lufs: measured(lufs, "LUFS", 1),
    median="loudness_median_lufs",
    unit="LUFS",
    nothing=gettext(
        "No recording has a loudness, because none could be decoded or all are silent."
    ),
    missing=silent,
    accuracy=measured(0.05, "LU", 2),
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
    Integrated loudness (EBU R128, ITU-R BS.1770) is counted in bins of 0.1 LUFS. Several
    streaming services turn music down to -14 LUFS.

    Caveats
    -------
    Loudness isn't peak level, which has its own finding. Music with a wide dynamic range is quiet
    on average, and that isn't a fault of the recording.
    """
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(loud: Distribution) -> Words:
    share = Share(loud.from_value(STREAMING_LUFS), loud.total)
    words = {
        **share.words,
        "median": MEASURE.say(loud.median),
        "limit": measured(STREAMING_LUFS, "LUFS"),
    }
    headline = ngettext(
        "{share} of {n} recording (95% interval {low} to {high}) is at {limit} or louder; the "
        "median is {median}.",
        "{share} of {n} recordings (95% interval {low} to {high}) are at {limit} or louder; the "
        "median is {median}.",
        loud.total,
        **words,
    )
    alt = ngettext(
        "Histogram of the loudness of {n} recording: {median}.",
        "Histogram of the loudness of {n} recordings: median {median}, {share} at {limit} or "
        "louder.",
        loud.total,
        **words,
    )
    return Words(headline, alt, ("loudness_from_minus_14_lufs_share", share))
