"""Which files could not be read, and why."""

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
from phonoscope.messages import gettext, ngettext
from phonoscope.text import count, joined

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.catalogue.locations import Locations

REASONS = {
    ErrorKind.EMPTY: gettext("Empty file"),
    ErrorKind.NOT_A_FILE: gettext("Not a regular file"),
    ErrorKind.VANISHED: gettext("Deleted during the scan"),
    ErrorKind.NOT_PERMITTED: gettext("No permission to read"),
    ErrorKind.NOT_AUDIO: gettext("Unknown audio format"),
    ErrorKind.NO_AUDIO_STREAM: gettext("No audio stream"),
    ErrorKind.UNDECODABLE: gettext("Can't be decoded"),
    ErrorKind.TIME_LIMIT: gettext("Took too long"),
    ErrorKind.MEMORY_LIMIT: gettext("Needed too much memory"),
    ErrorKind.CRASHED: gettext("Decoder crashed"),
    ErrorKind.IO: gettext("Read error"),
    ErrorKind.INTERNAL: gettext("Bug in Phonoscope"),
}
"""Kinds of errors in a few words."""

REST = "phonoscope sql CATALOGUE \"select uri, error_kind, error from files where error <> ''\""


def reason(kind: str) -> str:
    """Return a kind of error in a few words; an unknown kind as it is."""
    return REASONS[ErrorKind(kind)] if kind in set(ErrorKind) else printable(kind)


@finding(
    name="unreadable",
    title="Unreadable",
    question="Which files could not be read?",
    needs={"files": ("uri", "error_kind", "error")},
)
def unreadable(catalogue: QuerySession) -> Answer:
    """Count the files with an error, by reason, and list the first.

    Method
    ------
    Every scanned file has a row in the table files, with an error when it could not be read.
    These rows are counted by the kind of error.

    Caveats
    -------
    Unreadable files are missing from every other number on this page. If one source or format
    fails more often than others, the other numbers are biased.
    """
    files = catalogue.table("files")
    total = int(files.count().to_pyarrow().as_py())
    if total == 0:
        return cannot_tell(gettext("No file has been scanned, so none could be unreadable."))
    failed = files.filter(files.error_kind.notnull())
    kinds = tally(failed, "error_kind")
    hits = sum(n for _, n in kinds)
    share = Share(hits, total)
    if hits == 0:
        return Answer(
            headline=ngettext(
                "0 of {n} file could not be read.", "0 of {n} files could not be read.", total
            ),
            certainty=share.certainty(),
            claim=gettext("every file could be read"),
            figures=(share.figure("unreadable_share"),),
        )
    rows = tuple((reason(kind), kind, n, n / total) for kind, n in kinds)
    columns = (
        ResultColumn("reason", gettext("Reason"), "text"),
        ResultColumn("error_kind", gettext("Kind"), "text", on_page=False),
        ResultColumn("count", gettext("Files")),
        ResultColumn("share", gettext("Share of all files"), "share"),
    )
    bars = [(words, n, count(n)) for words, _, n, _ in rows]
    alt = gettext(
        "Files that could not be read, by reason: {reasons}.",
        reasons=joined([gettext("{label}: {value}", label=w, value=n) for w, n, _ in bars]),
    )
    most = gettext("Most frequent reason: {reason}.", reason=rows[0][0])
    return Answer(
        headline=gettext(
            "{n} of {total} files ({share}; 95% interval {low} to {high}) could not be read.",
            n=hits,
            total=total,
            **share.words,
        ),
        note=most if len(rows) > 1 else "",
        certainty=share.certainty(),
        claim=ngettext("{n} file could not be read", "{n} files could not be read", hits),
        figures=(share.figure("unreadable_share"),),
        chart=horizontal_bars(bars, alt=alt, label_px=180),
        tables=(
            ResultTable("unreadable_by_reason", gettext("By reason"), columns, rows),
            _listed(failed, hits, catalogue.locations),
        ),
    )


def _listed(failed: ir.Table, total: int, locations: Locations) -> ResultTable:
    named = failed.filter(failed.uri.notnull())
    first = named.select("uri", "error_kind", "error").order_by(["error_kind", "uri"])
    rows = first.limit(LISTED_AT_MOST).to_pyarrow().to_pylist()
    columns = (
        ResultColumn("file", gettext("File"), "text"),
        ResultColumn("reason", gettext("Reason"), "text"),
        ResultColumn("error", gettext("Details"), "text"),
    )
    listed = tuple(
        (
            locations.name(row["uri"]),
            reason(row["error_kind"]),
            locations.cleared(row["error"] or "", row["uri"]),
        )
        for row in rows
    )
    return ResultTable("unreadable_files", gettext("Files"), columns, listed, total, REST)
