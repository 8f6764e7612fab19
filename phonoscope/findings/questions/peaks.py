"""How close the recordings come to full scale."""

from __future__ import annotations

from phonoscope.findings.base import Answer, QuerySession, Share, cannot_tell, finding
from phonoscope.findings.plots.measure import Measure, without
from phonoscope.text import counted, measured

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
    peaks = MEASURE.count(catalogue.table("recordings"))
    if peaks.total == 0:
        return cannot_tell("No recording has a peak: none was decoded, or all are silent.")
    over = Share(peaks.from_value(0.0), peaks.total)
    alt = (
        f"Histogram of the true peaks of {counted(peaks.total, 'recording')}; median "
        f"{MEASURE.say(peaks.median)}, {over} at full scale or over."
    )
    chart, table = MEASURE.picture(peaks, alt)
    rest = without(
        peaks.missing,
        peaks.total + peaks.missing,
        "has none, because it is silent",
        "have none, because they are silent",
    )
    reach = "None reaches" if over.hits == 0 else f"{over} reach"
    return Answer(
        headline=f"{reach} full scale between the samples (true peak of {measured(0, 'dBTP')} "
        f"or more).",
        note=rest,
        certainty=f"{over.certainty()} {MEASURE.certainty(peaks)}",
        figures=(
            over.figure("true_peak_from_0_dbtp_share"),
            peaks.median_figure("true_peak_median_dbtp", "dBTP"),
        ),
        chart=chart,
        tables=(table,),
    )
