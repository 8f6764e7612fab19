"""The pages of copies: groups, two recordings side by side, and the form for decisions."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, ValidationError

from phonoscope.catalogue.music_folders import MusicFolders
from phonoscope.matching.recording.match_store import Decision, pair_key
from phonoscope.messages import gettext
from phonoscope.view.alignment import Alignment, align
from phonoscope.view.listing import read_rows
from phonoscope.view.queries import Row
from phonoscope.view.record import Record
from phonoscope.web import sound
from phonoscope.web.data import MOST_PAGES, RECORDING_ID, copy_filters_of, decide, known_record
from phonoscope.web.groups import (
    SIZES,
    CopyFilters,
    ListedGroup,
    PairDecision,
    read_decisions,
    read_groups,
    read_pair,
)
from phonoscope.web.problem import Problem
from phonoscope.web.recording import why_lost
from phonoscope.web.view import View

router = APIRouter(prefix="/copies", include_in_schema=False)

LISTED = 200
"""Decisions that a page lists; the API returns all."""
_PAIR = re.compile(f"{RECORDING_ID}-{RECORDING_ID}")


@router.get("")
def page(
    request: Request, filters: Annotated[CopyFilters, Depends(copy_filters_of)], decided: str = ""
) -> Response:
    """Show a page of the groups, and the pairs that were decided to be different."""
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
        catalogue=shlex.quote(queries.name),
        command=f"phonoscope copies {shlex.quote(queries.name)}",
    )


class Form(BaseModel):
    """What the form for a decision sends."""

    one: str = Field(pattern=f"^{RECORDING_ID}$")
    other: str = Field(pattern=f"^{RECORDING_ID}$")
    decision: Decision
    back: str = ""
    """The page of the form: ``pair``, or else the list."""
    group: str = Field("", pattern="^([1-9][0-9]{0,8})?$")
    """Number of the group in the list."""
    page: int = Field(1, ge=1, le=MOST_PAGES)
    size: int = Field(SIZES[0], ge=1, le=SIZES[-1])
    recording: str = Field("", pattern=f"^({RECORDING_ID})?$")


async def form_of(request: Request) -> Form:
    """Read the form; an empty field is one that is missing.

    Raises
    ------
    RequestValidationError
        When a value isn't allowed; nothing has been stored then.
    """
    sent = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    try:
        return Form.model_validate(sent)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


@router.post("/decisions")
def decided(request: Request, form: Annotated[Form, Depends(form_of)]) -> Response:
    """Store a decision and return to the page of the form."""
    decide(request, form.one, form.other, form.decision.value)
    decided = pair_key(form.one, form.other)
    if form.back == "pair":
        return RedirectResponse(f"/copies/{form.one}/{form.other}?decided={decided}", 303)
    address = CopyFilters(form.recording, form.page, form.size).address()
    # To the same group: people work through the list from top to bottom.
    place = f"#group-{form.group}" if form.group else ""
    joint = "&" if len(address) > 1 else ""
    return RedirectResponse(f"/copies{address}{joint}decided={decided}{place}", 303)


@router.get("/{one}/{other}")
def pair(request: Request, one: str, other: str, decided: str = "") -> Response:
    """Show two recordings with matching moments lined up."""
    queries = request.app.state.queries
    records = {name: known_record(request, name) for name in (one, other)}
    if one == other:
        raise Problem(
            404,
            "same-recording",
            gettext("A recording can't be compared with itself."),
            gettext("Choose two recordings from the list of copies."),
        )
    compared = read_pair(queries, one, other)
    if compared is None:
        raise Problem(
            404,
            "not-comparable",
            gettext("These two recordings can't be compared."),
            gettext("One of them is too short or too quiet to have fingerprints."),
        )
    sides = _sides(compared, records, queries.music_folders())
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
    """Why none of its files can be opened; ``None`` if one can."""
    playable: bool
    louder_lu: float
    """How much louder it is than the other. Playback is turned down by that, so that people
    compare the sound and not the level."""

    @property
    def volume(self) -> float:
        """Volume at which both are equally loud, 0 to 1."""
        return round(10 ** (-self.louder_lu / 20), 4)


def _sides(compared: ListedGroup, records: dict[str, Record], folders: MusicFolders) -> list[Side]:
    levels = [shown.row["loudness_lufs"] for shown in compared.members]
    least = None if None in levels else min(levels)
    sides = []
    for letter, shown in zip("ab", compared.members, strict=True):
        record = records[shown.member.recording_id]
        stream, lost = record.analysis.stream, why_lost(record, folders)
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
    """Return the decision that was just made about a pair, as the catalogue has it now."""
    if not _PAIR.fullmatch(decided):
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
