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
from phonoscope.messages import gettext, ngettext
from phonoscope.text import size, span


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
    its file's bytes (BLAKE2b, 128 bit), so two files with the same bytes are one recording.

    Caveats
    -------
    The same song encoded twice counts as two recordings, because the bytes differ. Durations are
    those of the decoded sound, not those in file headers.
    """
    files, recordings = catalogue.table("files"), catalogue.table("recordings")
    # Bytes that could not be decoded have an identifier too, but aren't a recording.
    read = files.recording_id.notnull() & files.error_kind.isnull()
    held = files.agg(
        files=files.count(),
        held=read.cast("int64").sum(),
        size_bytes=files.size_bytes.clip(lower=0).sum(),
    )
    measured = recordings.agg(recordings=recordings.count(), duration_s=recordings.duration_s.sum())
    f, r = held.to_pyarrow().to_pylist()[0], measured.to_pyarrow().to_pylist()[0]
    if f["files"] == 0:
        return cannot_tell(
            gettext(
                "This catalogue has no recordings yet. Scan a folder with 'phonoscope scan FOLDER "
                "--into CATALOGUE'."
            )
        )
    duration_s, size_bytes = float(r["duration_s"] or 0.0), int(f["size_bytes"] or 0)
    recorded = ngettext("{n} recording", "{n} recordings", r["recordings"])
    stored = ngettext("{n} file", "{n} files", f["files"])
    rows = (
        (gettext("Files"), f["files"], stored),
        (gettext("Distinct recordings"), r["recordings"], recorded),
        (gettext("Duration"), duration_s, span(duration_s)),
        (gettext("Size of the files"), size_bytes, size(size_bytes)),
        (
            gettext("Files with a recording"),
            f["held"],
            ngettext("{n} file", "{n} files", f["held"]),
        ),
    )
    columns = (
        ResultColumn("fact", gettext("Measure"), "text"),
        ResultColumn("value", gettext("Value"), "decimal", on_page=False),
        ResultColumn("words", gettext("Amount"), "text"),
    )
    extra = f["held"] - r["recordings"]
    again = ngettext(
        "{n} file has the same bytes as another one.",
        "{n} files have the same bytes as another one.",
        extra,
    )
    return Answer(
        headline=gettext(
            "{recordings} with {duration} of sound, in {files} ({size}).",
            recordings=recorded,
            duration=span(duration_s),
            files=stored,
            size=size(size_bytes),
        ),
        note=again if extra > 0 else "",
        certainty=gettext("Every row was counted, so the numbers are exact."),
        claim=gettext("{recordings}, {duration}", recordings=recorded, duration=span(duration_s)),
        figures=(
            Figure("files", f["files"], "files"),
            Figure("recordings", r["recordings"], "recordings"),
            Figure("duration_s", duration_s, "s"),
            Figure("size_bytes", size_bytes, "bytes"),
        ),
        tables=(ResultTable("scanned", gettext("What was scanned"), columns, rows),),
    )
