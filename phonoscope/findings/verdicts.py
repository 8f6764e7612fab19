"""What is concluded about each recording, and on what basis."""

from __future__ import annotations

from phonoscope.audio.source import printable
from phonoscope.findings.base import Answer, Column, Figure, Finding, Table, Tables, cannot_tell
from phonoscope.findings.charts import horizontal_bars
from phonoscope.findings.tally import tally
from phonoscope.findings.words import count, counted, percent
from phonoscope.verdict.generated import Band

METHOD = (
    "Verdicts are counted by their basis: a mark in the file (declared), measured evidence weighed "
    "by a calibrated model (detected), or neither."
)
MISLEADS = (
    "Counts of verdicts are not the share of machine-made music: a detector misses some and flags "
    "some human music. 'Undecided' and 'no sign found' are not signs of human making."
)
WORDS = {
    Band.GENERATED.value: "Generated",
    Band.PARTLY_GENERATED.value: "Partly generated",
    Band.UNDECIDED.value: "Undecided",
    Band.NO_SIGN_FOUND.value: "No sign found",
    Band.UNREADABLE.value: "Unreadable",
}
"""Verdicts as they stand on a page."""


def ask(catalogue: Tables) -> Answer:
    """Count verdicts by basis."""
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
        Column("verdict_words", "Verdict", "text"),
        Column("basis", "Basis", "text"),
        Column("verdict", "Value", "text", on_page=False),
        Column("count", "Recordings"),
        Column("share", "Share", "share"),
    )
    bars = [
        (_label(words, basis), n, f"{count(n)} ({percent(s)})") for words, basis, _, n, s in rows
    ]
    alt = "Recordings by verdict: " + ", ".join(f"{label} {note}" for label, _, note in bars)
    undecided = sum(n for verdict, _, n in found if verdict == Band.UNDECIDED.value)
    return Answer(
        headline=_headline(undecided, total),
        certainty="The counts are exact. How often each verdict is wrong is what a calibrated "
        "model's card says; a declared mark has no error rate.",
        figures=tuple(
            Figure(f"verdict_{verdict}_{basis}", n, "recordings", of=total)
            for verdict, basis, n in found
        ),
        chart=horizontal_bars(bars, alt=alt, label_px=190),
        tables=(Table("verdicts", "Verdicts", columns, rows),),
    )


def _label(words: str, basis: str) -> str:
    return words if basis == "none" else f"{words}, {basis}"


def _headline(undecided: int, total: int) -> str:
    if undecided == total:
        return (
            f"Undecided on all of {counted(total, 'recording')}: nothing calibrated weighs the "
            "evidence yet, and no mark declares a machine."
        )
    decided = total - undecided
    verb = "carries" if decided == 1 else "carry"
    return (
        f"{count(decided)} of {counted(total, 'recording')} {verb} a verdict; "
        f"{count(undecided)} {'is' if undecided == 1 else 'are'} undecided."
    )


FINDING = Finding(
    name="verdicts",
    title="Verdicts",
    question="What is concluded about each recording?",
    order=40,
    needs={"verdicts": ("verdict", "basis")},
    ask=ask,
    method=METHOD,
    misleads=MISLEADS,
)
