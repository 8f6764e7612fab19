"""Which recordings declare that a machine made them."""

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
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import count, joined


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
    The tags and comments of every file are searched for declaration standards and for comments
    that generators leave. A recording counts once, however many marks it has. This is what the
    files say, not what the detector found in the sound.

    Caveats
    -------
    A mark is easily removed and easily forged. A missing mark isn't a sign of a human maker, and
    a mark isn't proof of a machine. Detection is a different question, and its results are never
    added to this number.
    """
    marks = catalogue.table("declared")
    total = int(catalogue.table("recordings").count().to_pyarrow().as_py())
    if total == 0:
        return cannot_tell(gettext("No recording could be decoded, so none declares anything."))
    machine = marks.filter(marks.making.isin(sorted(MACHINE_MAKING)))
    share = Share(int(machine.recording_id.nunique().to_pyarrow().as_py()), total)
    each = marks.select("recording_id", "tool", "making", "part", "standard").distinct()
    rows = tuple(
        (*map(_named, (tool, making, part, standard)), n)
        for tool, making, part, standard, n in tally(each, "tool", "making", "part", "standard")
    )
    columns = (
        ResultColumn("tool", gettext("Tool"), "text"),
        ResultColumn("making", gettext("How it was made"), "text"),
        ResultColumn("part", gettext("Part"), "text"),
        ResultColumn("standard", gettext("Standard of the mark"), "text"),
        ResultColumn("count", gettext("Recordings")),
    )
    tables = (ResultTable("declared", gettext("Marks"), columns, rows),) if rows else ()
    chart = None
    if share.hits:
        named = tally(machine.select("recording_id", "tool").distinct(), "tool", most=12)
        tools = [(printable(tool) if tool else gettext("no tool named"), n) for tool, n in named]
        alt = gettext(
            "Recordings by the tool they name: {tools}.",
            tools=joined([gettext("{label}: {value}", label=tool, value=n) for tool, n in tools]),
        )
        chart = horizontal_bars([(tool, n, count(n)) for tool, n in tools], alt=alt)
    headline = ngettext(
        "{share} of {n} recording (95% interval {low} to {high}) declares that a machine made all "
        "or part of it.",
        "{share} of {n} recordings (95% interval {low} to {high}) declare that a machine made all "
        "or part of them.",
        total,
        **share.words,
    )
    declared = gettext("{n} declared machine-made", n=share.hits)
    return Answer(
        headline=headline,
        certainty=sentences(
            share.certainty(),
            gettext("That is what recordings declare, which can differ from how they were made."),
        ),
        claim=declared if share.hits else gettext("none declared machine-made"),
        figures=(share.figure("declared_machine_share"),),
        chart=chart,
        tables=tables,
    )


def _named(text: str | None) -> str:
    return printable(text) if text else gettext("not named")
