"""How close the recordings come to full scale."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, Share, finding
from phonoscope.findings.plots.distribution import Distribution
from phonoscope.findings.shared.measure import SILENT, Measure, Words
from phonoscope.text import measured

MEASURE = Measure(
    column="true_peak_dbtp",
    title="True peak, dBTP",
    per_unit=10,
    low=-60,
    high=20,
    widths=(1, 2, 5, 10, 20, 50),
    steps=(0.5, 1, 2, 5, 10, 20),
    tick_label="replace(format(datum.value, ''), '-', '\u2212')",
    say=lambda level: measured(level, "dBTP", 1),
    subject="true peaks of",
    median="true_peak_median_dbtp",
    unit="dBTP",
    nothing="No recording has a peak: none was decoded, or all are silent.",
    missing=SILENT,
    step="0.1\u00a0dB",
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
    The highest level of the curve through the samples, four times oversampled (ITU-R BS.1770,
    annex 2), counted in bins of 0.1 dB.

    Caveats
    -------
    Lossy codecs raise peaks: a recording over full scale here may have been mastered below it.
    Whether it can be heard depends on the player's headroom.
    """
    return MEASURE.answer(catalogue.table("recordings"), _words)


def _words(peaks: Distribution) -> Words:
    over = Share(peaks.from_value(0.0), peaks.total)
    reach = "None reaches" if over.hits == 0 else f"{over} reach"
    return Words(
        f"{reach} full scale between the samples (true peak of {measured(0, 'dBTP')} or more).",
        alt=f", {over} at full scale or over",
        share=("true_peak_from_0_dbtp_share", over),
        share_first=True,
    )
