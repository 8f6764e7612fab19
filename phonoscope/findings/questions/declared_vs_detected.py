"""What recordings declare beside what was detected in them: where the two agree, and where not."""

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
from phonoscope.text import between, count, counted, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

FOUND: Mapping[str, str] = {
    "evidence": "Evidence of a generator",
    "undecided": "Undecided",
    "no-sign": "No sign found",
    "not-weighed": "Not weighed",
}
"""What was detected, as a column of the crossing."""
_ORDER = tuple(FOUND)
_FILLS = {
    "evidence": "var(--against)",
    "undecided": "var(--line)",
    "no-sign": "var(--accent)",
    "not-weighed": "transparent",
}
_CROSSED = (
    ResultColumn("declared_words", "Declared", "text"),
    ResultColumn("detected_words", "Detected", "text"),
    ResultColumn("stance", "Stance", "text", on_page=False),
    ResultColumn("detected", "Value", "text", on_page=False),
    ResultColumn("count", "Recordings"),
    ResultColumn("share", "Share of these", "share"),
    ResultColumn("low", "At least", "share", on_page=False),
    ResultColumn("high", "At most", "share", on_page=False),
    ResultColumn("interval", "95% interval", "text"),
    ResultColumn("agreement", "The two", "text"),
)
_LISTED = (
    ResultColumn("recording", "Recording", "text"),
    ResultColumn("marks", "Marks", "text"),
    ResultColumn("p_value", "p-value", "text"),
    ResultColumn("file", "File", "text"),
    ResultColumn("recording_id", "Identifier", "text", on_page=False),
)
Crossing = dict[tuple[DeclaredStatus, str], int]
"""How many recordings declare one thing and show another."""


@finding(
    name="declared_beside_detected",
    title="Declared beside detected",
    question="Does what the recordings declare agree with what was detected in them?",
    needs={
        "declared": ("part", "making", "standard", "tool"),
        "verdicts": ("verdict", "basis", "p_value"),
        "recordings": ("tag_title", "tag_artist"),
    },
    values={"SHARE": SHARE},
)
def declared_beside_detected(catalogue: QuerySession) -> Answer:
    """Cross what is declared with what is detected, and list who disagrees.

    Method
    ------
    All marks of a recording are read together as one declaration; a mark of one part speaks of
    that part only, and one of lyrics or composition of nothing that is heard. What was detected
    is the band of the sound alone, also where the verdict rests on a mark. The two are counted
    against each other and stay two facts: nothing detected is written into what is declared,
    and nothing declared into what was detected. An undecided sound disagrees with nothing.

    Caveats
    -------
    A disagreement does not say which side is wrong. A mark is easily forged, left by mistake or
    removed; the detector calls a share of human music generated and misses some generators. “No
    sign found” is not “human”: a converted voice or one generated part may leave no trace.
    “Evidence of a generator, nothing declared” is no offence by itself: few rules ask for a
    mark, and false alarms are among them. Shares of recordings that carry a mark are no shares
    of music; that estimate stands under “{SHARE}”.
    """
    table = declared_vs_detected(catalogue.table)
    # Also without a reason to: a batch that was killed may have left verdicts of no recording.
    known = table.semi_join(catalogue.table("recordings"), "recording_id")
    crossing = _crossing(known)
    weighed = sum(n for (_, found), n in crossing.items() if found != "not-weighed")
    if not weighed:
        return cannot_tell(
            "No recording has been weighed, so nothing detected stands beside what is declared."
        )
    listed = tuple(
        _listed(catalogue, known, which, n)
        for which in Disagreement
        if (n := _disagreeing(crossing, which))
    )
    return Answer(
        headline=_headline(crossing, weighed),
        note=_note(crossing),
        certainty="The counts are exact. A share is one of the recordings here that declare the "
        "same; its interval (95%, after Wilson) takes them as a sample of more.",
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
    """Return the shares that have something to be a share of."""
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


def _headline(crossing: Crossing, weighed: int) -> str:
    human, machine = (_disagreeing(crossing, which) for which in Disagreement)
    both = [
        f"{count(human)} {'is' if human == 1 else 'are'} declared human and "
        f"{'shows' if human == 1 else 'show'} evidence of a generator"
        if human
        else "",
        f"{count(machine)} {'is' if machine == 1 else 'are'} declared machine-made and "
        f"{'shows' if machine == 1 else 'show'} no sign of one"
        if machine
        else "",
    ]
    said = [part for part in both if part]
    of = counted(weighed, "weighed recording")
    if said:
        return f"Of {of}, {joined(said)}."
    return f"In none of {of} do the declared and the detected disagree."


def _note(crossing: Crossing) -> str:
    silent = crossing.get((DeclaredStatus.NOTHING, "evidence"), 0)
    agree = crossing.get((DeclaredStatus.MACHINE, "evidence"), 0)
    parts = []
    if agree:
        verb = "is" if agree == 1 else "are"
        parts.append(f"{count(agree)} {verb} declared machine-made with evidence of a generator.")
    if silent:
        verb = "shows" if silent == 1 else "show"
        verb_too = "declares" if silent == 1 else "declare"
        parts.append(
            f"{count(silent)} {verb} evidence of a generator and {verb_too} nothing; false alarms "
            "are among them."
        )
    if both := sum(
        n for (stance, _), n in crossing.items() if stance is DeclaredStatus.CONTRADICTORY
    ):
        verb = "carries" if both == 1 else "carry"
        parts.append(f"{count(both)} {verb} marks that contradict each other.")
    return " ".join(parts)


def _claim(crossing: Crossing) -> str:
    disagree = sum(_disagreeing(crossing, which) for which in Disagreement)
    if not disagree:
        return ""
    return f"{count(disagree)} {'declares' if disagree == 1 else 'declare'} what was not found"


def _rows(crossing: Crossing) -> list[tuple[DeclaredStatus, str, int, int]]:
    """Return stance, what was found, how many, and how many declare so; the usual order."""
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
        told = " to ".join(between(low, high))
        agreement = _agreement(stance, found)
        rows.append((*words, stance.value, found, n, share.value, low, high, told, agreement))
    return ResultTable(
        "declared_beside_detected", "Declared beside detected", _CROSSED, tuple(rows)
    )


def _agreement(stance: DeclaredStatus, found: str) -> str:
    if _disagreement(stance, found):
        return "disagree"
    if (stance, found) == (DeclaredStatus.MACHINE, "evidence"):
        return "agree"
    return "do not disagree" if (stance, found) == (DeclaredStatus.HUMAN, "no-sign") else ""


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
    told: dict[str, set[str]] = {}
    for row in rows.distinct().to_pyarrow().to_pylist():
        words = (row["standard"] or "unknown") + (f" ({row['tool']})" if row["tool"] else "")
        told.setdefault(row["recording_id"], set()).add(printable(words))
    return {name: ", ".join(sorted(words)) for name, words in told.items()}


def _chart(crossing: Crossing) -> Chart:
    """Draw a bar of full width for each declaration, cut by what was detected."""
    pieces: list[Piece] = []
    notes: dict[str, str] = {}
    for stance, found, n, total in _rows(crossing):
        before = sum(crossing.get((stance, f), 0) for f in _ORDER[: _ORDER.index(found)])
        declared, share = f"Declared: {DECLARED_STATUSES[stance].lower()}", percent(n / total)
        text = f"{declared}; {FOUND[found].lower()}: {count(n)} ({share})"
        pieces.append(Piece(declared, FOUND[found], before / total, (before + n) / total, text))
        notes[declared] = count(total)
    kinds = {piece.kind for piece in pieces}
    fills = {FOUND[found]: _FILLS[found] for found in _ORDER if FOUND[found] in kinds}
    alt = "What was detected, by what is declared. " + "; ".join(piece.text for piece in pieces)
    return stacked_bars(pieces, notes, fills, alt=alt)
