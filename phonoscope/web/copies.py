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

from phonoscope.matching.recording.archive import Decision, pair_key
from phonoscope.view.alignment import Alignment, align
from phonoscope.view.listing import read_rows
from phonoscope.view.queries import Row
from phonoscope.view.record import Record
from phonoscope.web import sound
from phonoscope.web.data import decide, groups_wish_of, known_record
from phonoscope.web.groups import (
    SIZES,
    CopyFilters,
    ListedGroup,
    PairDecision,
    read_groups,
    read_pair,
    read_said,
)
from phonoscope.web.recording import why_lost
from phonoscope.web.view import View

router = APIRouter(prefix="/copies", include_in_schema=False)

LISTED = 200
"""Decisions that a page lists; the API has all."""
_PAIR = re.compile(r"^[0-9a-f]{32}-[0-9a-f]{32}$")


@router.get("")
def page(
    request: Request, wish: Annotated[CopyFilters, Depends(groups_wish_of)], said: str = ""
) -> Response:
    """Show a page of the groups, and what was dismissed."""
    desk = request.app.state.desk
    decided = read_said(desk)
    listed = decided[:LISTED]
    named = {name for one in listed for name in (one.one, one.other)}
    return View(request, desk).page(
        "copies.html",
        listed=read_groups(desk, wish),
        wish=wish,
        sizes=SIZES,
        is_empty=not desk.rows(lambda table: table("recordings").select("recording_id").limit(1)),
        dismissed=[one for one in listed if one.decision is Decision.DIFFERENT],
        decided=len(decided),
        rows=read_rows(desk, sorted(named)),
        notice=_notice(request, said),
        command=f"phonoscope copies {shlex.quote(desk.name)}",
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
    said = pair_key(form.one, form.other)
    if form.back == "pair":
        return RedirectResponse(f"/copies/{form.one}/{form.other}?said={said}", 303)
    address = CopyFilters(
        form.recording if re.fullmatch("[0-9a-f]{32}", form.recording) else "",
        int(form.page) if re.fullmatch(r"\d{1,6}", form.page) else 1,
        int(form.size) if re.fullmatch(r"\d{1,2}", form.size) else SIZES[0],
    ).address()
    # Where the group was: a person goes through the list from above.
    place = f"#group-{form.group}" if re.fullmatch(r"\d{1,9}", form.group) else ""
    joint = "&" if len(address) > 1 else ""
    return RedirectResponse(f"/copies{address}{joint}said={said}{place}", 303)


@router.get("/{one}/{other}")
def pair(request: Request, one: str, other: str, said: str = "") -> Response:
    """Show two recordings, matching moments under each other."""
    desk = request.app.state.desk
    records = {name: known_record(request, name) for name in (one, other)}
    if one == other:
        raise HTTPException(404, "A recording cannot be compared with itself.")
    compared = read_pair(desk, one, other)
    if compared is None:
        raise HTTPException(404, "One of these two is too short or too quiet to be compared.")
    sides = _sides(compared, records)
    return View(request, desk).page(
        "pair.html",
        compared=compared,
        copy=compared.copies[0],
        sides=sides,
        semitones=_semitones(compared),
        aligned=_aligned(compared, sides),
        said=compared.copies[0].said,
        notice=_notice(request, said),
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


def _notice(request: Request, said: str) -> dict[str, Any] | None:
    """Return what was just decided of a pair, as the catalogue has it now."""
    if not _PAIR.match(said):
        return None
    desk = request.app.state.desk
    one, other = said.split("-")
    rows = read_rows(desk, [one, other])
    if len(rows) < 2:
        return None
    now: PairDecision | None = next(
        (s for s in read_said(desk) if pair_key(s.one, s.other) == said), None
    )
    return {"rows": (rows[one], rows[other]), "said": now}
