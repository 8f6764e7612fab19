"""Which formats the recordings are in."""

from __future__ import annotations

from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.shared.tally import tally
from phonoscope.messages import Message, gettext, ngettext
from phonoscope.text import joined, percent

BARS = 10
CODECS = {
    "aac": "AAC",
    "alac": "ALAC",
    "flac": "FLAC",
    "mp3": "MP3",
    "opus": "Opus",
    "vorbis": "Vorbis",
    "wavpack": "WavPack",
}


def codec_name(codec: str | None) -> str:
    """Return a codec as it is usually written; PCM with its bits."""
    if codec is None:
        return gettext("unknown")
    if codec.startswith("pcm_"):
        return f"PCM {printable(codec[4:])}"
    return CODECS.get(codec, printable(codec))


@finding(
    name="formats",
    title="Formats",
    question="Which formats are the recordings in?",
    needs={"recordings": ("codec", "sample_rate_hz", "channels", "lossless")},
)
def formats(catalogue: QuerySession) -> Answer:
    """Count recordings by codec, sample rate and channels.

    Method
    ------
    Recordings are counted by the codec, sample rate and channels of the decoded audio stream.

    Caveats
    -------
    A lossless format doesn't show where the sound comes from: it may have been lossy earlier. The
    finding on bandwidth looks for signs of that.
    """
    recordings = catalogue.table("recordings")
    lossless = recordings.lossless.fill_null(False).cast("int64").sum()
    got = recordings.agg(total=recordings.count(), lossless=lossless).to_pyarrow().to_pylist()[0]
    if got["total"] == 0:
        return cannot_tell(gettext("No recording could be decoded, so no format is known."))
    total, share = got["total"], Share(int(got["lossless"]), got["total"])
    codecs = [(codec_name(codec), n) for codec, n in tally(recordings, "codec")]
    formats = tally(recordings, "codec", "sample_rate_hz", "channels")
    rows = tuple(
        (codec_name(codec), codec, rate_hz, channels, n, n / total)
        for codec, rate_hz, channels, n in formats
    )
    columns = (
        ResultColumn("format", gettext("Codec"), "text"),
        ResultColumn("codec", gettext("Value"), "text", on_page=False),
        ResultColumn("sample_rate_hz", gettext("Sample rate, Hz")),
        ResultColumn("channels", gettext("Channels")),
        ResultColumn("count", gettext("Recordings")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    shown = codecs[:BARS]
    alt = gettext(
        "Recordings by codec: {codecs}.",
        codecs=joined([gettext("{label}: {value}", label=name, value=n) for name, n in shown]),
    )
    bars = [(name, n, gettext("{n} ({share})", n=n, share=percent(n / total))) for name, n in shown]
    return Answer(
        headline=_headline(codecs, total, share),
        certainty=share.certainty(),
        figures=(share.figure("lossless_share"),),
        chart=horizontal_bars(bars, alt=alt, label_px=110),
        tables=(ResultTable("formats", gettext("Formats"), columns, rows),),
    )


def _headline(codecs: list[tuple[str, int]], total: int, lossless: Share) -> Message:
    codec, most = codecs[0]
    return ngettext(
        "{most} of {n} recording is {codec}; {share} (95% interval {low} to {high}) is lossless.",
        "{most} of {n} recordings are {codec}; {share} (95% interval {low} to {high}) are "
        "lossless.",
        total,
        most=percent(most / total),
        codec=codec,
        **lossless.words,
    )
