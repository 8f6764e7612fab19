"""The API: what the pages show, as JSON."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from phonoscope.catalogue.layout import phonoscope_version
from phonoscope.errors import ErrorKind
from phonoscope.findings.report import JSON_FORMAT, shape
from phonoscope.verdict.generated import Band
from phonoscope.web.listing import SIZES, Order, Sort, Wish, read_page
from phonoscope.web.record import Record, read_record

router = APIRouter(prefix="/api")

_RECORDING_ID = re.compile(r"^[0-9a-f]{32}$")
_VERDICTS = "|".join(band.value for band in Band)
_ERRORS = "|".join(["any", *(kind.value for kind in ErrorKind)])


def wish_of(
    *,
    search: Annotated[str, Query(max_length=200)] = "",
    verdict: Annotated[str, Query(pattern=f"^({_VERDICTS})?$")] = "",
    declared: Annotated[Literal["", "0", "1"], Query()] = "",
    error: Annotated[str, Query(pattern=f"^({_ERRORS})?$")] = "",
    sort: Annotated[Sort, Query()] = "file",
    order: Annotated[Order, Query()] = "up",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=SIZES[-1])] = SIZES[0],
) -> Wish:
    """Return what the query parameters wish for; FastAPI refuses what is out of bounds."""
    return Wish(search.strip(), verdict, declared == "1", error, sort, order, page, size)


def known_record(request: Request, recording_id: str) -> Record:
    """Return a recording; 404 for an identifier that is none or is not known."""
    record = (
        read_record(request.app.state.desk, recording_id)
        if _RECORDING_ID.match(recording_id)
        else None
    )
    if record is None:
        raise HTTPException(404, "There is no such recording in this catalogue.")
    return record


@router.get("/findings")
def findings(request: Request) -> dict[str, Any]:
    """Return every finding, in the shape of ``phonoscope report --format json``."""
    desk = request.app.state.desk
    return shape(desk.name, desk.findings())


@router.get("/recordings")
def recordings(request: Request, wish: Annotated[Wish, Depends(wish_of)]) -> dict[str, Any]:
    """Return a page of the list; with ``error``, of the files that could not be read."""
    return read_page(request.app.state.desk, wish).to_json()


@router.get("/recordings/{recording_id}")
def recording(request: Request, recording_id: str) -> dict[str, Any]:
    """Return one recording, in the shape of ``phonoscope check --json``, and its files."""
    return known_record(request, recording_id).to_json()


@router.get("/version")
def version() -> dict[str, str]:
    """Return the version of Phonoscope and of the shape of findings."""
    return {"phonoscope": phonoscope_version(), "findings": JSON_FORMAT}
