"""What files say of themselves: marks that declare a machine."""

from __future__ import annotations

from phonoscope.disclosure.declared_status import MACHINE_MAKING
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
from phonoscope.text import count, counted


@finding(
    name="declared",
    title="Declared",
    question="What do the recordings declare about how they were made?",
    needs={"declared": ("standard", "part", "making", "tool"), "recordings": ("recording_id",)},
)
def declared(catalogue: QuerySession) -> Answer:
    """Count recordings by what they declare.

    Method
    ------
    Tags and comments of every file are searched for declaration standards and for the comments
    that generators leave. A recording counts once, however many marks it carries. Nothing of
    this was heard: it is what the files say.

    Caveats
    -------
    A mark is easily removed and easily forged. No mark is no sign of human making; a mark is no
    proof of a machine. Detection is a different question and is never added to this number.
    """
    marks = catalogue.table("declared")
    total = int(catalogue.table("recordings").count().to_pyarrow().as_py())
    if total == 0:
        return cannot_tell("No recording could be decoded, so none declares anything.")
    machine = marks.filter(marks.making.isin(sorted(MACHINE_MAKING)))
    share = Share(int(machine.recording_id.nunique().to_pyarrow().as_py()), total)
    each = marks.select("recording_id", "tool", "making", "part", "standard").distinct()
    rows = tuple(
        (*(printable(text or "not named") for text in (tool, making, part, standard)), n)
        for tool, making, part, standard, n in tally(each, "tool", "making", "part", "standard")
    )
    columns = (
        ResultColumn("tool", "Tool named", "text"),
        ResultColumn("making", "Made how", "text"),
        ResultColumn("part", "Which part", "text"),
        ResultColumn("standard", "Standard of the mark", "text"),
        ResultColumn("count", "Recordings"),
    )
    tables = (ResultTable("declared", "Marks found", columns, rows),) if rows else ()
    verb = "declares" if share.hits == 1 else "declare"
    headline = f"None of {counted(total, 'recording')} declares that a machine made it."
    claim = "none declares a machine"
    chart = None
    if share.hits:
        headline = (
            f"{count(share.hits)} of {counted(total, 'recording')} ({share}) {verb} "
            "that a machine made them or a part of them."
        )
        claim = f"{count(share.hits)} {verb} a machine"
        named = tally(machine.select("recording_id", "tool").distinct(), "tool", most=12)
        tools = [(printable(tool or "tool not named"), n) for tool, n in named]
        alt = "Recordings by the tool they name: " + ", ".join(f"{t} {n:,}" for t, n in tools)
        chart = horizontal_bars([(t, n, count(n)) for t, n in tools], alt=alt)
    return Answer(
        headline=headline,
        certainty=f"{share.certainty()} That is the share that declares it, not the share made so.",
        claim=claim,
        figures=(share.figure("declared_machine_share"),),
        chart=chart,
        tables=tables,
    )
