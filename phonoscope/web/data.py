"""The API: what the pages show, as JSON; and the decisions on copies, which it keeps."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.detector.disagreement import Disagreement
from phonoscope.detector.generated import Band
from phonoscope.errors import ErrorKind, UsageError
from phonoscope.findings.report import JSON_FORMAT, shape
from phonoscope.matching.recording.match_store import Decision
from phonoscope.view.listing import SIZES, Filters, Order, Sort, read_page
from phonoscope.view.record import Record, read_record
from phonoscope.web import groups

router = APIRouter(prefix="/api")

_RECORDING_ID = re.compile(r"^[0-9a-f]{32}$")
_VERDICTS = "|".join(band.value for band in Band)
_DISAGREEMENTS = "|".join(Disagreement)
_ERRORS = "|".join(["any", *(kind.value for kind in ErrorKind)])


def filters_of(
    *,
    search: Annotated[str, Query(max_length=200)] = "",
    verdict: Annotated[str, Query(pattern=f"^({_VERDICTS})?$")] = "",
    declared: Annotated[Literal["", "0", "1"], Query()] = "",
    disagreement: Annotated[str, Query(pattern=f"^({_DISAGREEMENTS})?$")] = "",
    error: Annotated[str, Query(pattern=f"^({_ERRORS})?$")] = "",
    sort: Annotated[Sort, Query()] = "file",
    order: Annotated[Order, Query()] = "up",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=SIZES[-1])] = SIZES[0],
) -> Filters:
    """Return what the query parameters filters for; FastAPI refuses what is out of bounds."""
    return Filters(
        search.strip(), verdict, declared == "1", disagreement, error, sort, order, page, size
    )


def copy_filters_of(
    *,
    recording: Annotated[str, Query(pattern="^([0-9a-f]{32})?$")] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=groups.SIZES[-1])] = groups.SIZES[0],
) -> groups.CopyFilters:
    """Return what the query parameters filters for of the groups of copies."""
    return groups.CopyFilters(recording, page, size)


def decide(request: Request, one: str, other: str, decision: str) -> None:
    """Keep what a person says of two recordings; 422 when that makes no sense."""
    try:
        request.app.state.queries.decide(one, other, decision)
    except UsageError as error:
        raise HTTPException(422, f"Nothing was changed: {error}.") from error


def known_record(request: Request, recording_id: str) -> Record:
    """Return a recording; 404 for an identifier that is none or is not known."""
    record = (
        read_record(request.app.state.queries, recording_id)
        if _RECORDING_ID.match(recording_id)
        else None
    )
    if record is None:
        raise HTTPException(404, "There is no such recording in this catalogue.")
    return record


@router.get("/findings")
def findings(request: Request) -> dict[str, Any]:
    """Return every finding, in the shape of ``phonoscope report --format json``."""
    queries = request.app.state.queries
    return shape(queries.name, queries.findings())


@router.get("/recordings")
def recordings(
    request: Request, filters: Annotated[Filters, Depends(filters_of)]
) -> dict[str, Any]:
    """Return a page of the list; with ``error``, of the files that could not be read."""
    return read_page(request.app.state.queries, filters).to_json()


@router.get("/recordings/{recording_id}")
def recording(request: Request, recording_id: str) -> dict[str, Any]:
    """Return one recording, in the shape of ``phonoscope check --json``, and its files."""
    return known_record(request, recording_id).to_json()


@router.get("/copies")
def copies(
    request: Request, filters: Annotated[groups.CopyFilters, Depends(copy_filters_of)]
) -> dict[str, Any]:
    """Return a page of the groups of copies, the largest first.

    ``count`` groups in all; ``searched_utc`` is when ``phonoscope copies`` last searched, null
    when it never did; ``scanned_since`` counts recordings that search did not see. A group has
    ``reasons`` why its first member is likely the original, and ``members`` as of
    ``phonoscope copies --json``, with the ``decision`` on each and the original, or null. With
    ``recording``, the group of that recording only.
    """
    return groups.read_groups(request.app.state.queries, filters).to_json()


class DecisionBody(BaseModel):
    """What a person says of two recordings."""

    model_config = ConfigDict(extra="forbid")
    one: str = Field(pattern=_RECORDING_ID.pattern)
    other: str = Field(pattern=_RECORDING_ID.pattern)
    decision: Decision


@router.get("/decisions")
def decisions(request: Request) -> dict[str, Any]:
    """Return what people say of pairs of recordings, the newest first."""
    return {
        "format": "phonoscope-decisions/1",
        "decisions": [
            found.to_json() for found in groups.read_decisions(request.app.state.queries)
        ],
    }


@router.post("/decisions")
def decided(request: Request, body: DecisionBody) -> dict[str, Any]:
    """Keep whether two recordings are the ``same`` or ``different``; ``open`` takes it back.

    The one thing the API writes. It is kept in the catalogue; no search overrules it, and
    nothing is deleted.
    """
    decide(request, body.one, body.other, body.decision)
    return {
        "format": "phonoscope-decision/1",
        "one": body.one,
        "other": body.other,
        "decision": body.decision.value,
    }


@router.get("/version")
def version() -> dict[str, str]:
    """Return the version of Phonoscope and of the shape of findings."""
    return {
        "format": "phonoscope-version/1",
        "phonoscope": phonoscope_version(),
        "findings": JSON_FORMAT,
    }
