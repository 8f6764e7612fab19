"""The pages of copies: groups, two recordings side by side, and the form that decides."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from phonoscope.matching.recording.match_store import Decision, pair_key
from phonoscope.view.alignment import Alignment, align
from phonoscope.view.listing import read_rows
from phonoscope.view.queries import Row
from phonoscope.view.record import Record
from phonoscope.web import sound
from phonoscope.web.data import copy_filters_of, decide, known_record
from phonoscope.web.groups import (
    SIZES,
    CopyFilters,
    ListedGroup,
    PairDecision,
    read_decisions,
    read_groups,
    read_pair,
)
from phonoscope.web.recording import why_lost
from phonoscope.web.view import View

router = APIRouter(prefix="/copies", include_in_schema=False)

LISTED = 200
"""Decisions that a page lists; the API has all."""
_PAIR = re.compile(r"^[0-9a-f]{32}-[0-9a-f]{32}$")


@router.get("")
def page(
    request: Request, filters: Annotated[CopyFilters, Depends(copy_filters_of)], decided: str = ""
) -> Response:
    """Show a page of the groups, and what was dismissed."""
    queries = request.app.state.queries
    decisions = read_decisions(queries)
    listed = decisions[:LISTED]
    named = {name for one in listed for name in (one.one, one.other)}
    return View(request, queries).page(
        "copies.html",
        listed=read_groups(queries, filters),
        filters=filters,
        sizes=SIZES,
        is_empty=not queries.rows(
            lambda table: table("recordings").select("recording_id").limit(1)
        ),
        dismissed=[one for one in listed if one.decision is Decision.DIFFERENT],
        decided=len(decisions),
        rows=read_rows(queries, sorted(named)),
        notice=_notice(request, decided),
        command=f"phonoscope copies {shlex.quote(queries.name)}",
    )


@dataclass(frozen=True)
class Form:
    """What the form of a decision sends."""

    one: str
    other: str
    decision: str
    back: str
    """Which page it was on: the ``pair``, or the list."""
    group: str
    """Place of the group in the list."""
    page: str
    size: str
    recording: str


async def form_of(request: Request) -> Form:
    """Read the form; a field that is missing is empty."""
    sent = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    return Form(**{name: sent.get(name, "") for name in Form.__dataclass_fields__})


@router.post("/decisions")
def decided(request: Request, form: Annotated[Form, Depends(form_of)]) -> Response:
    """Keep what a person says, and go back to where that was said."""
    decide(request, form.one, form.other, form.decision)
    decided = pair_key(form.one, form.other)
    if form.back == "pair":
        return RedirectResponse(f"/copies/{form.one}/{form.other}?decided={decided}", 303)
    address = CopyFilters(
        form.recording if re.fullmatch("[0-9a-f]{32}", form.recording) else "",
        int(form.page) if re.fullmatch(r"\d{1,6}", form.page) else 1,
        int(form.size) if re.fullmatch(r"\d{1,2}", form.size) else SIZES[0],
    ).address()
    # Where the group was: a person goes through the list from above.
    place = f"#group-{form.group}" if re.fullmatch(r"\d{1,9}", form.group) else ""
    joint = "&" if len(address) > 1 else ""
    return RedirectResponse(f"/copies{address}{joint}decided={decided}{place}", 303)


@router.get("/{one}/{other}")
def pair(request: Request, one: str, other: str, decided: str = "") -> Response:
    """Show two recordings, matching moments under each other."""
    queries = request.app.state.queries
    records = {name: known_record(request, name) for name in (one, other)}
    if one == other:
        raise HTTPException(404, "A recording cannot be compared with itself.")
    compared = read_pair(queries, one, other)
    if compared is None:
        raise HTTPException(404, "One of these two is too short or too quiet to be compared.")
    sides = _sides(compared, records)
    return View(request, queries).page(
        "pair.html",
        compared=compared,
        copy=compared.copies[0],
        sides=sides,
        semitones=_semitones(compared),
        aligned=_aligned(compared, sides),
        decision=compared.copies[0].decision,
        notice=_notice(request, decided),
    )


@dataclass(frozen=True)
class Side:
    """One of two recordings that are compared."""

    letter: str
    record: Record
    row: Row
    uris: tuple[str, ...]
    lost: str | None
    """Why no file of it can be opened; ``None`` when one can."""
    playable: bool
    louder_lu: float
    """How much louder it is than the other; by that it is turned down, so that the ear compares
    the sound and not the level."""

    @property
    def volume(self) -> float:
        """Volume at which both are equally loud, 0 to 1."""
        return round(10 ** (-self.louder_lu / 20), 4)


def _sides(compared: ListedGroup, records: dict[str, Record]) -> list[Side]:
    levels = [shown.row["loudness_lufs"] for shown in compared.members]
    least = None if None in levels else min(levels)
    sides = []
    for letter, shown in zip("ab", compared.members, strict=True):
        record = records[shown.member.recording_id]
        stream, lost = record.analysis.stream, why_lost(record)
        kind = sound.media_type(stream.container, stream.codec) if stream else None
        louder_lu = 0.0 if least is None else shown.row["loudness_lufs"] - least
        playable = kind is not None and not lost
        sides.append(Side(letter, record, shown.row, shown.member.uris, lost, playable, louder_lu))
    return sides


def _aligned(compared: ListedGroup, sides: list[Side]) -> Alignment | None:
    found = compared.copies[0].member.pair
    one_s, other_s = (side.record.analysis.duration_s or 0.0 for side in sides)
    return align(found, one_s, other_s) if found and one_s and other_s else None


def _semitones(compared: ListedGroup) -> float:
    found = compared.copies[0].member.pair
    return 12 * math.log2(found.pitch) if found else 0.0


def _notice(request: Request, decided: str) -> dict[str, Any] | None:
    """Return what was just decided of a pair, as the catalogue has it now."""
    if not _PAIR.match(decided):
        return None
    queries = request.app.state.queries
    one, other = decided.split("-")
    rows = read_rows(queries, [one, other])
    if len(rows) < 2:
        return None
    now: PairDecision | None = next(
        (s for s in read_decisions(queries) if pair_key(s.one, s.other) == decided), None
    )
    return {"rows": (rows[one], rows[other]), "decision": now}
