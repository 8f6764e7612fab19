"""What is concluded about each recording, and on what basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.detector.generated import Band
from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.questions.generated import TITLE as SHARE
from phonoscope.findings.shared.tally import tally
from phonoscope.text import count, counted, joined, percent, were

if TYPE_CHECKING:
    import ibis.expr.types as ir

WORDS = {
    Band.GENERATED.value: "Generated",
    Band.PARTLY_GENERATED.value: "Partly generated",
    Band.UNDECIDED.value: "Undecided",
    Band.NO_SIGN_FOUND.value: "No sign found",
    Band.UNREADABLE.value: "Unreadable",
}
"""Verdicts as they stand on a page."""


@finding(
    name="verdicts",
    title="Verdicts",
    question="What is concluded about each recording?",
    needs={"verdicts": ("verdict", "basis")},
    values={"SHARE": SHARE},
)
def verdicts(catalogue: QuerySession) -> Answer:
    """Count verdicts by basis.

    Method
    ------
    Verdicts are counted by their basis: a mark in the file (declared), the sound weighed by a
    detector (detected), or neither. What was detected is generated when its p-value is at most
    the share of false alarms that the scan was asked for.

    Caveats
    -------
    Counts of verdicts are not the share of machine-made music: a detector misses some and flags
    some human music. The estimate of that share stands under “{SHARE}”. 'Undecided' and 'no
    sign found' are not signs of human making.
    """
    verdicts = catalogue.table("verdicts")
    found = tally(verdicts, "verdict", "basis")
    total = sum(n for *_, n in found)
    if total == 0:
        return cannot_tell("No recording could be decoded, so there is no verdict.")
    order = [band.value for band in Band]
    found.sort(key=lambda row: (order.index(row[0]) if row[0] in order else len(order), row[1]))
    rows = tuple(
        (WORDS.get(verdict, printable(verdict)), printable(basis), verdict, n, n / total)
        for verdict, basis, n in found
    )
    columns = (
        ResultColumn("verdict_words", "Verdict", "text"),
        ResultColumn("basis", "Basis", "text"),
        ResultColumn("verdict", "Value", "text", on_page=False),
        ResultColumn("count", "Recordings"),
        ResultColumn("share", "Share", "share"),
    )
    bars = [
        (_label(words, basis), n, f"{count(n)} ({percent(s)})") for words, basis, _, n, s in rows
    ]
    alt = "Recordings by verdict: " + ", ".join(f"{label} {note}" for label, _, note in bars)
    return Answer(
        headline=_headline(found, total),
        note=_note(verdicts, sum(n for v, basis, n in found if _is_flag(v, basis))),
        certainty="The counts are exact. A declared mark has no error rate; human music is called "
        "generated as often as the share of false alarms that was set for the scan allows.",
        figures=tuple(
            Figure(f"verdict_{verdict}_{basis}", n, "recordings", n=total)
            for verdict, basis, n in found
        ),
        chart=horizontal_bars(bars, alt=alt, label_px=190),
        tables=(ResultTable("verdicts", "Verdicts", columns, rows),),
    )


def _label(words: str, basis: str) -> str:
    return words if basis == "none" else f"{words}, {basis}"


def _is_flag(verdict: str, basis: str) -> bool:
    return basis == "detected" and verdict in (Band.GENERATED, Band.PARTLY_GENERATED)


def _headline(found: list[tuple[Any, ...]], total: int) -> str:
    flagged = sum(n for verdict, basis, n in found if _is_flag(verdict, basis))
    declared = sum(n for _, basis, n in found if basis == "declared")
    no_sign = sum(n for verdict, _, n in found if verdict == Band.NO_SIGN_FOUND)
    undecided = sum(n for verdict, _, n in found if verdict == Band.UNDECIDED)
    if undecided == total:
        return (
            f"Undecided on all of {counted(total, 'recording')}: nothing in them is enough to say "
            "that a machine made them, and no mark declares one."
        )
    parts = [
        f"{count(flagged)} {were(flagged)} called generated in whole or in part" if flagged else "",
        f"{count(declared)} {'declares' if declared == 1 else 'declare'} a machine"
        if declared
        else "",
        f"{count(no_sign)} {'shows' if no_sign == 1 else 'show'} no sign of a machine"
        if no_sign
        else "",
        f"{count(undecided)} {'is' if undecided == 1 else 'are'} undecided" if undecided else "",
    ]
    said = [part for part in parts if part]
    return f"Of {counted(total, 'recording')}, {joined(said)}." if said else ""


def _note(verdicts: ir.Table, flagged: int) -> str:
    """Say what a number of verdicts is not, and with what share of false alarms they were made."""
    if not flagged:
        return ""
    points_to = f"The share that machines made is estimated under \u201c{SHARE}\u201d."
    held = tally(verdicts, "false_alarms") if "false_alarms" in verdicts.columns else []
    asked = sorted(share for share, _ in held if share is not None)
    if not asked:
        return f"False alarms are among them, and what was missed is not. {points_to}"
    ends = dict.fromkeys(percent(share) for share in (asked[0], asked[-1]))
    return (
        f"The scan was set to call up to {' or '.join(ends)} of human music generated too, and "
        f"what the detector missed is not among them: this number is no share. {points_to}"
    )
