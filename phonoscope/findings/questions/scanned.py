"""What was scanned."""

from __future__ import annotations

from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.text import counted, size, span


@finding(
    name="scanned",
    title="Scanned",
    question="What was scanned?",
    needs={"files": ("recording_id", "error_kind", "size_bytes"), "recordings": ("duration_s",)},
)
def scanned(catalogue: QuerySession) -> Answer:
    """Count files, recordings, hours and bytes.

    Method
    ------
    Rows of the tables files and recordings are counted. A recording is identified by a hash of
    its bytes (BLAKE2b, 128 bit), so the same bytes at two places are one recording and two
    files.

    Caveats
    -------
    The same song encoded twice is two recordings here, because their bytes differ. Time is
    decoded sound, not what file headers claim.
    """
    files, recordings = catalogue.table("files"), catalogue.table("recordings")
    # Bytes that could not be decoded have an identifier too, but are no recording.
    read = files.recording_id.notnull() & files.error_kind.isnull()
    held = files.agg(
        files=files.count(),
        held=read.cast("int64").sum(),
        size_bytes=files.size_bytes.clip(lower=0).sum(),
    )
    measured = recordings.agg(recordings=recordings.count(), duration_s=recordings.duration_s.sum())
    f, r = held.to_pyarrow().to_pylist()[0], measured.to_pyarrow().to_pylist()[0]
    if f["files"] == 0:
        return cannot_tell("Nothing has been scanned into this catalogue yet.")
    duration_s, size_bytes = float(r["duration_s"] or 0.0), int(f["size_bytes"] or 0)
    recorded = counted(r["recordings"], "recording")
    rows = (
        ("Files", f["files"], counted(f["files"], "file")),
        ("Distinct recordings", r["recordings"], recorded),
        ("Sound", duration_s, span(duration_s)),
        ("Size of the files", size_bytes, size(size_bytes)),
        ("Files that hold a recording", f["held"], counted(f["held"], "file")),
    )
    columns = (
        ResultColumn("fact", "Fact", "text"),
        ResultColumn("value", "Value", "decimal", on_page=False),
        ResultColumn("words", "Amount", "text"),
    )
    extra = f["held"] - r["recordings"]
    again = f"{counted(extra, 'file')} held bytes that were already there." if extra > 0 else ""
    return Answer(
        headline=f"{recorded}, {span(duration_s)} of sound, in {counted(f['files'], 'file')} "
        f"of {size(size_bytes)}.",
        note=again,
        certainty="Exact: every row was counted.",
        claim=f"{recorded}, {span(duration_s)}",
        figures=(
            Figure("files", f["files"], "files"),
            Figure("recordings", r["recordings"], "recordings"),
            Figure("duration_s", duration_s, "s"),
            Figure("size_bytes", size_bytes, "bytes"),
        ),
        tables=(ResultTable("scanned", "What was scanned", columns, rows),),
    )
