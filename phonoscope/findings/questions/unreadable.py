"""What could not be read, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.errors import ErrorKind
from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
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
from phonoscope.text import count, counted

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.catalogue.locations import Locations

REASONS = {
    ErrorKind.EMPTY: "Empty file",
    ErrorKind.NOT_A_FILE: "Not a regular file",
    ErrorKind.VANISHED: "Gone when it was its turn",
    ErrorKind.NOT_PERMITTED: "No permission to read",
    ErrorKind.NOT_AUDIO: "No known audio format",
    ErrorKind.NO_AUDIO_STREAM: "No sound in it",
    ErrorKind.UNDECODABLE: "Could not be decoded",
    ErrorKind.TIME_LIMIT: "Took too long",
    ErrorKind.MEMORY_LIMIT: "Needed too much memory",
    ErrorKind.CRASHED: "Its worker died",
    ErrorKind.IO: "Reading failed",
    ErrorKind.INTERNAL: "A fault of Phonoscope",
}
"""Kinds of errors in a few words."""

REST = "phonoscope sql CATALOGUE \"select uri, error_kind, error from files where error <> ''\""


def reason(kind: str) -> str:
    """Return a kind of error in a few words; the kind itself when it is not known here."""
    return REASONS[ErrorKind(kind)] if kind in set(ErrorKind) else printable(kind)


@finding(
    name="unreadable",
    title="Unreadable",
    question="What could not be read?",
    needs={"files": ("uri", "error_kind", "error")},
)
def unreadable(catalogue: QuerySession) -> Answer:
    """Count the files with an error, by reason, and list the first.

    Method
    ------
    Every file a scan is pointed at becomes a row; one that could not be examined keeps the
    reason. These rows are counted by reason.

    Caveats
    -------
    What could not be read is missing from every other number on this page. If one source or
    format fails more than others, the rest is no longer a fair picture of the whole.
    """
    files = catalogue.table("files")
    total = int(files.count().to_pyarrow().as_py())
    if total == 0:
        return cannot_tell("No file has been scanned, so none has failed.")
    failed = files.filter(files.error_kind.notnull())
    kinds = tally(failed, "error_kind")
    hits = sum(n for _, n in kinds)
    share = Share(hits, total)
    if hits == 0:
        return Answer(
            headline=f"Every one of {counted(total, 'file')} could be read.",
            certainty=share.certainty(),
            claim="every file could be read",
            figures=(share.figure("unreadable_share"),),
        )
    rows = tuple((reason(kind), kind, n, n / total) for kind, n in kinds)
    columns = (
        ResultColumn("reason", "Reason", "text"),
        ResultColumn("error_kind", "Kind", "text", on_page=False),
        ResultColumn("count", "Files"),
        ResultColumn("share", "Share of all files", "share"),
    )
    most = f"Most often: {rows[0][0].lower()}." if len(rows) > 1 else ""
    alt = "Files that could not be read, by reason: " + ", ".join(f"{r[0]} {r[2]:,}" for r in rows)
    return Answer(
        headline=f"{count(hits)} of {counted(total, 'file')} could not be read ({share}).",
        note=most,
        certainty=share.certainty(),
        claim=f"{counted(hits, 'file')} could not be read",
        figures=(share.figure("unreadable_share"),),
        chart=horizontal_bars([(r[0], r[2], count(r[2])) for r in rows], alt=alt, label_px=180),
        tables=(
            ResultTable("unreadable_by_reason", "By reason", columns, rows),
            _listed(failed, hits, catalogue.locations),
        ),
    )


def _listed(failed: ir.Table, total: int, locations: Locations) -> ResultTable:
    first = failed.select("uri", "error_kind", "error").order_by(["error_kind", "uri"])
    rows = first.limit(LISTED_AT_MOST).to_pyarrow().to_pylist()
    columns = (
        ResultColumn("file", "File", "text"),
        ResultColumn("reason", "Reason", "text"),
        ResultColumn("error", "In detail", "text"),
    )
    listed = tuple(
        (
            locations.name(row["uri"]),
            reason(row["error_kind"]),
            locations.cleared(row["error"] or "", row["uri"]),
        )
        for row in rows
    )
    return ResultTable("unreadable_files", "The files", columns, listed, total, REST)
