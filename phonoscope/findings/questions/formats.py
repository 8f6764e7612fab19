"""In which formats the recordings lie."""

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
from phonoscope.text import count, counted, percent

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


def codec_name(codec: str) -> str:
    """Return a codec as it is usually written; PCM with its bits."""
    if codec.startswith("pcm_"):
        return f"PCM {printable(codec[4:])}"
    return CODECS.get(codec, printable(codec))


@finding(
    name="formats",
    title="Formats",
    question="In which formats do the recordings lie?",
    needs={"recordings": ("codec", "sample_rate_hz", "channels", "lossless")},
)
def formats(catalogue: QuerySession) -> Answer:
    """Count recordings by codec, sample rate and channels.

    Method
    ------
    The codec, sample rate and channels of the decoded audio stream, counted by combination.

    Caveats
    -------
    A lossless format says nothing about the sound's past: it may have been lossy before, see
    the finding on bandwidth.
    """
    recordings = catalogue.table("recordings")
    lossless = recordings.lossless.fill_null(False).cast("int64").sum()
    got = recordings.agg(total=recordings.count(), lossless=lossless).to_pyarrow().to_pylist()[0]
    if got["total"] == 0:
        return cannot_tell("No recording could be decoded, so there is no format to speak of.")
    total, share = got["total"], Share(int(got["lossless"]), got["total"])
    codecs = [(codec_name(codec or "unknown"), n) for codec, n in tally(recordings, "codec")]
    formats = tally(recordings, "codec", "sample_rate_hz", "channels")
    rows = tuple(
        (codec_name(codec or "unknown"), codec, rate_hz, channels, n, n / total)
        for codec, rate_hz, channels, n in formats
    )
    columns = (
        ResultColumn("format", "Codec", "text"),
        ResultColumn("codec", "Value", "text", on_page=False),
        ResultColumn("sample_rate_hz", "Sample rate, Hz"),
        ResultColumn("channels", "Channels"),
        ResultColumn("count", "Recordings"),
        ResultColumn("share", "Share", "share"),
    )
    alt = "Recordings by codec: " + ", ".join(f"{name} {n:,}" for name, n in codecs[:BARS])
    bars = [(name, n, f"{count(n)} ({percent(n / total)})") for name, n in codecs[:BARS]]
    return Answer(
        headline=_headline(codecs, total, share),
        certainty=f"Lossless: {share.certainty()}",
        figures=(share.figure("lossless_share"),),
        chart=horizontal_bars(bars, alt=alt, label_px=110),
        tables=(ResultTable("formats", "Formats", columns, rows),),
    )


def _headline(codecs: list[tuple[str, int]], total: int, lossless: Share) -> str:
    name, most = codecs[0]
    first = (
        f"All of {counted(total, 'recording')} are {name}"
        if most == total and total > 1
        else f"{percent(most / total)} of {counted(total, 'recording')} are {name}"
    )
    kept = "none is lossless" if lossless.hits == 0 else f"{lossless} are lossless"
    return f"{first}; {kept}."
