"""How close the recordings come to full scale."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, Share, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import Measure, Words, silent
from phonoscope.messages import gettext, ngettext
from phonoscope.text import measured

MEASURE = Measure(
    column="true_peak_dbtp",
    title=gettext("True peak, dBTP"),
    per_unit=10,
    low=-60,
    high=20,
    widths=(1, 2, 5, 10, 20, 50),
    steps=(0.5, 1, 2, 5, 10, 20),
    tick_label="replace(format(datum.value, ''), '-', '\u2212')",
    say=lambda level: measured(level, "dBTP", 1),
    median="true_peak_median_dbtp",
    unit="dBTP",
    nothing=gettext("No recording has a peak, because none could be decoded or all are silent."),
    missing=silent,
    accuracy=measured(0.05, "dB", 2),
)


@finding(
    name="peaks",
    title="Peaks",
    question="How close do the recordings come to full scale?",
    needs={"recordings": ("true_peak_dbtp",)},
)
def peaks(catalogue: QuerySession) -> Answer:
    """Count true peaks.

    Method
    ------
    The true peak is the highest level of the curve through the samples, with fourfold
    oversampling (ITU-R BS.1770, annex 2). Peaks are counted in bins of 0.1 dB.

    Caveats
    -------
    Lossy codecs raise peaks, so a recording over full scale here may have been mastered below it.
    Whether the overload is audible depends on the player's headroom.
    """
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(peaks: Distribution) -> Words:
    over = Share(peaks.from_value(0.0), peaks.total)
    words = {**over.words, "median": MEASURE.say(peaks.median), "limit": measured(0, "dBTP")}
    headline = ngettext(
        "{share} of {n} recording (95% interval {low} to {high}) reaches full scale (a true peak "
        "of {limit} or more); the median peak is {median}.",
        "{share} of {n} recordings (95% interval {low} to {high}) reach full scale (a true peak "
        "of {limit} or more); the median peak is {median}.",
        peaks.total,
        **words,
    )
    alt = ngettext(
        "Histogram of the true peak of {n} recording: {median}.",
        "Histogram of the true peaks of {n} recordings: median {median}, {share} at full scale or "
        "over.",
        peaks.total,
        **words,
    )
    share = "true_peak_from_0_dbtp_share", over
    return Words(headline, alt, share, share_first=True)
