"""What recordings declare compared with what was detected in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.declared_vs_detected import declared_vs_detected
from phonoscope.detector.disagreement import DISAGREEMENTS, EVIDENCE, Disagreement, disagreement_of
from phonoscope.detector.generated import Band
from phonoscope.disclosure.declared_status import DECLARED_STATUSES, DeclaredStatus
from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
    Answer,
    Cell,
    Chart,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.stacked_bars import Piece, stacked_bars
from phonoscope.findings.questions.generated import TITLE as SHARE
from phonoscope.findings.shared.tally import tally
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import between, count, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

FOUND: Mapping[str, str] = {
    "evidence": gettext("Evidence of a generator"),
    "undecided": gettext("Undecided"),
    "no-sign": gettext("No sign found"),
    "not-weighed": gettext("Not scored"),
}
"""What was detected, as a column of the cross table."""
_ORDER = tuple(FOUND)
_FILLS = {
    "evidence": "var(--against)",
    "undecided": "var(--line)",
    "no-sign": "var(--accent)",
    "not-weighed": "transparent",
}
_CROSSED = (
    ResultColumn("declared_words", gettext("Declared"), "text"),
    ResultColumn("detected_words", gettext("Detected"), "text"),
    ResultColumn("stance", gettext("Declared status"), "text", on_page=False),
    ResultColumn("detected", gettext("Value"), "text", on_page=False),
    ResultColumn("count", gettext("Recordings")),
    ResultColumn("share", gettext("Share of these"), "share"),
    ResultColumn("low", gettext("At least"), "share", on_page=False),
    ResultColumn("high", gettext("At most"), "share", on_page=False),
    ResultColumn("interval", gettext("95% interval"), "text"),
    ResultColumn("agreement", gettext("Agreement"), "text"),
)
_LISTED = (
    ResultColumn("recording", gettext("Recording"), "text"),
    ResultColumn("marks", gettext("Marks"), "text"),
    ResultColumn("p_value", gettext("p-value"), "text"),
    ResultColumn("file", gettext("File"), "text"),
    ResultColumn("recording_id", gettext("Identifier"), "text", on_page=False),
)
Crossing = dict[tuple[DeclaredStatus, str], int]
"""Recordings by what they declare and what was detected."""


@finding(
    name="declared_beside_detected",
    title="Declared and detected",
    question="Does what recordings declare agree with what was detected in them?",
    needs={
        "declared": ("part", "making", "standard", "tool"),
        "verdicts": ("verdict", "basis", "p_value"),
        "recordings": ("tag_title", "tag_artist"),
    },
    values={"SHARE": SHARE},
)
def declared_beside_detected(catalogue: QuerySession) -> Answer:
    """Compare what is declared with what is detected, and list disagreements.

    Method
    ------
    All marks of a recording count together as one declaration. A mark about one part concerns
    only that part, and a mark about lyrics or composition doesn't concern the sound. What was
    detected comes from the sound alone, even if the verdict rests on a mark. The two are compared
    and stay separate facts: neither changes the other. An undecided sound disagrees with nothing.

    Caveats
    -------
    A disagreement doesn't show which side is wrong. A mark is easily forged, left by mistake or
    removed. The detector calls some human music generated and misses some generators. “No sign
    found” doesn't mean human: a converted voice or one generated part may leave no trace.
    “Evidence of a generator, nothing declared” isn't an offence by itself: few rules require a
    mark, and some of these are false alarms. Shares of marked recordings are not shares of the
    catalogue; see “{SHARE}” for that estimate.
    """
    table = declared_vs_detected(catalogue.table)
    # A scan that was killed may have left verdicts without a recording.
    known = table.semi_join(catalogue.table("recordings"), "recording_id")
    crossing = _crossing(known)
    weighed = sum(n for (_, found), n in crossing.items() if found != "not-weighed")
    if not weighed:
        return cannot_tell(
            gettext("No recording is scored, so there is no detection to compare with."),
            "not-scored",
        )
    listed = tuple(
        _listed(catalogue, known, which, n)
        for which in Disagreement
        if (n := _disagreeing(crossing, which))
    )
    return Answer(
        headline=_headline(crossing, weighed),
        note=_note(crossing),
        certainty=gettext(
            "The counts are exact. Each share is of the recordings with the same declaration. Its "
            "interval (95%, Wilson) treats these recordings as a sample."
        ),
        claim=_claim(crossing),
        figures=tuple(share.figure(name) for name, share in _shares(crossing).items()),
        chart=_chart(crossing),
        tables=(_crossed(crossing), *listed),
    )


def _crossing(known: ir.Table) -> Crossing:
    crossing: Crossing = {}
    for stance, band, n in tally(
        known.select("declared_status", "detected"), "declared_status", "detected"
    ):
        found = _found(band)
        crossing[DeclaredStatus(stance), found] = (
            crossing.get((DeclaredStatus(stance), found), 0) + n
        )
    return crossing


def _found(band: str | None) -> str:
    if band is None:
        return "not-weighed"
    return "evidence" if band in EVIDENCE else "no-sign" if band == Band.NO_SIGN_FOUND else band


def _disagreement(stance: DeclaredStatus, found: str) -> Disagreement | None:
    bands = {"evidence": Band.GENERATED, "no-sign": Band.NO_SIGN_FOUND}
    return disagreement_of(stance, bands.get(found))


def _disagreeing(crossing: Crossing, which: Disagreement) -> int:
    return sum(n for key, n in crossing.items() if _disagreement(*key) is which)


def _weighed(crossing: Crossing, stance: DeclaredStatus) -> int:
    return sum(crossing.get((stance, found), 0) for found in _ORDER if found != "not-weighed")


def _shares(crossing: Crossing) -> dict[str, Share]:
    """Return the shares of groups that have recordings."""
    human, machine = (
        _weighed(crossing, DeclaredStatus.HUMAN),
        _weighed(crossing, DeclaredStatus.MACHINE),
    )
    detected = sum(n for (_, found), n in crossing.items() if found == "evidence")
    wanted = {
        "declared_human_detected_machine_share": (DeclaredStatus.HUMAN, "evidence", human),
        "declared_machine_no_sign_found_share": (DeclaredStatus.MACHINE, "no-sign", machine),
        "declared_machine_detected_machine_share": (DeclaredStatus.MACHINE, "evidence", machine),
        "detected_machine_nothing_declared_share": (DeclaredStatus.NOTHING, "evidence", detected),
    }
    return {
        name: Share(crossing.get((stance, found), 0), of)
        for name, (stance, found, of) in wanted.items()
        if of
    }


def _headline(crossing: Crossing, scored: int) -> str:
    shares = _shares(crossing)
    human = shares.get("declared_human_detected_machine_share")
    machine = shares.get("declared_machine_no_sign_found_share")
    if human is None and machine is None:
        return ngettext(
            "{n} scored recording is declared neither human nor machine-made, so nothing can "
            "disagree.",
            "None of {n} scored recordings is declared human or machine-made, so nothing can "
            "disagree.",
            scored,
        )
    return sentences(
        _human_but_evidence(human) if human else "",
        _machine_but_no_sign(machine) if machine else "",
    )


def _human_but_evidence(share: Share) -> Message:
    return ngettext(
        "{share} of {n} scored recording declared human (95% interval {low} to {high}) shows "
        "evidence of a generator.",
        "{share} of {n} scored recordings declared human (95% interval {low} to {high}) show "
        "evidence of a generator.",
        share.total,
        **share.words,
    )


def _machine_but_no_sign(share: Share) -> Message:
    return ngettext(
        "{share} of {n} scored recording declared machine-made (95% interval {low} to {high}) "
        "shows no sign of a generator.",
        "{share} of {n} scored recordings declared machine-made (95% interval {low} to {high}) "
        "show no sign of a generator.",
        share.total,
        **share.words,
    )


def _note(crossing: Crossing) -> str:
    silent = crossing.get((DeclaredStatus.NOTHING, "evidence"), 0)
    agree = crossing.get((DeclaredStatus.MACHINE, "evidence"), 0)
    both = sum(n for (status, _), n in crossing.items() if status is DeclaredStatus.CONTRADICTORY)
    agreeing = ngettext(
        "{n} recording is declared machine-made and shows evidence of a generator.",
        "{n} recordings are declared machine-made and show evidence of a generator.",
        agree,
    )
    undeclared = ngettext(
        "{n} recording shows evidence of a generator and declares nothing, which can be a false "
        "alarm.",
        "{n} recordings show evidence of a generator and declare nothing; some of these may be "
        "false alarms.",
        silent,
    )
    contradictory = ngettext(
        "{n} recording has marks that contradict each other.",
        "{n} recordings have marks that contradict each other.",
        both,
    )
    return sentences(
        agreeing if agree else "", undeclared if silent else "", contradictory if both else ""
    )


def _claim(crossing: Crossing) -> Message | str:
    disagree = sum(_disagreeing(crossing, which) for which in Disagreement)
    if not disagree:
        return ""
    return ngettext(
        "{n} recording declares the opposite of what was detected",
        "{n} recordings declare the opposite of what was detected",
        disagree,
    )


def _rows(crossing: Crossing) -> list[tuple[DeclaredStatus, str, int, int]]:
    """Return declared status, what was found, how many, and how many have that status."""
    stances = [DeclaredStatus(stance) for stance in DECLARED_STATUSES]
    totals = {s: sum(crossing.get((s, f), 0) for f in _ORDER) for s in stances}
    return [
        (stance, found, n, totals[stance])
        for stance in stances
        for found in _ORDER
        if (n := crossing.get((stance, found), 0))
    ]


def _crossed(crossing: Crossing) -> ResultTable:
    rows = []
    for stance, found, n, total in _rows(crossing):
        share = Share(n, total)
        words = DECLARED_STATUSES[stance], FOUND[found]
        low, high = share.interval
        ends = between(low, high)
        interval = gettext("{low} to {high}", low=ends[0], high=ends[1])
        agreement = _agreement(stance, found)
        rows.append((*words, stance.value, found, n, share.value, low, high, interval, agreement))
    return ResultTable(
        "declared_beside_detected", gettext("Declared and detected"), _CROSSED, tuple(rows)
    )


def _agreement(stance: DeclaredStatus, found: str) -> str:
    if _disagreement(stance, found):
        return gettext("disagree")
    if (stance, found) == (DeclaredStatus.MACHINE, "evidence"):
        return gettext("agree")
    if (stance, found) == (DeclaredStatus.HUMAN, "no-sign"):
        return gettext("don't disagree")
    return ""


def _listed(
    catalogue: QuerySession, known: ir.Table, which: Disagreement, total: int
) -> ResultTable:
    mine = known.filter(known.disagreement == which.value)
    nearest = mine.p_value.desc() if which == _MACHINE_NO_SIGN else mine.p_value.asc()
    first = mine.order_by([mine.p_value.isnull(), nearest, "recording_id"]).limit(LISTED_AT_MOST)
    rows = first.select("recording_id", "p_value").to_pyarrow().to_pylist()
    ids = [row["recording_id"] for row in rows]
    tags, places, marks = (named(catalogue, ids) for named in (_tags, _places, _marks))
    return ResultTable(
        which.value.replace("-", "_"),
        DISAGREEMENTS[which],
        _LISTED,
        tuple(_line(row, tags, places, marks) for row in rows),
        total,
        "phonoscope serve CATALOGUE",
    )


_MACHINE_NO_SIGN = Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND
Named = dict[str, Any]


def _line(row: Named, tags: Named, places: Named, marks: Named) -> tuple[Cell, ...]:
    name = row["recording_id"]
    title, artist = tags.get(name, (None, None))
    file = places.get(name, "")
    p_value = "" if row["p_value"] is None else f"{row['p_value']:.2g}"
    called = printable(title) if title else file.rsplit("/", 1)[-1]
    by = f"{printable(artist)} - {called}" if artist else called
    return (by, marks.get(name, ""), p_value, file, name)


def _tags(catalogue: QuerySession, ids: list[str]) -> Named:
    table = catalogue.table("recordings")
    rows = table.filter(table.recording_id.isin(ids))
    found = rows.select("recording_id", "tag_title", "tag_artist").to_pyarrow().to_pylist()
    return {row["recording_id"]: (row["tag_title"], row["tag_artist"]) for row in found}


def _places(catalogue: QuerySession, ids: list[str]) -> Named:
    files = catalogue.table("files")
    held = files.filter(files.recording_id.isin(ids))
    found = held.group_by("recording_id").agg(uri=held.uri.min()).to_pyarrow().to_pylist()
    return {row["recording_id"]: catalogue.locations.name(row["uri"]) for row in found}


def _marks(catalogue: QuerySession, ids: list[str]) -> Named:
    marks = catalogue.table("declared")
    rows = marks.filter(marks.recording_id.isin(ids)).select("recording_id", "standard", "tool")
    marked: dict[str, set[str]] = {}
    for row in rows.distinct().to_pyarrow().to_pylist():
        words = (row["standard"] or "unknown") + (f" ({row['tool']})" if row["tool"] else "")
        marked.setdefault(row["recording_id"], set()).add(printable(words))
    return {name: ", ".join(sorted(words)) for name, words in marked.items()}


def _chart(crossing: Crossing) -> Chart:
    """Draw a bar of full width for each declared status, divided by what was detected."""
    pieces: list[Piece] = []
    notes: dict[str, str] = {}
    for stance, found, n, total in _rows(crossing):
        before = sum(crossing.get((stance, f), 0) for f in _ORDER[: _ORDER.index(found)])
        declared = gettext("Declared: {status}", status=DECLARED_STATUSES[stance])
        text = gettext(
            "{declared}; {detected}: {n} ({share})",
            declared=declared,
            detected=FOUND[found],
            n=n,
            share=percent(n / total),
        )
        pieces.append(Piece(declared, FOUND[found], before / total, (before + n) / total, text))
        notes[declared] = count(total)
    kinds = {piece.kind for piece in pieces}
    fills = {FOUND[found]: _FILLS[found] for found in _ORDER if FOUND[found] in kinds}
    alt = gettext(
        "What was detected, by what is declared. {pieces}.",
        pieces=joined([piece.text for piece in pieces]),
    )
    return stacked_bars(pieces, notes, fills, alt=alt)
