"""The API: what the pages show, as JSON, and decisions about copies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.detector.disagreement import Disagreement
from phonoscope.detector.generated import Band
from phonoscope.errors import ErrorKind, UsageError
from phonoscope.findings.report import JSON_FORMAT, shape
from phonoscope.matching.recording.match_store import Decision
from phonoscope.messages import gettext
from phonoscope.view.listing import SIZES, Filters, Order, Sort, read_page
from phonoscope.view.local_p_value import read_local_p_value
from phonoscope.view.record import Record, read_record
from phonoscope.web import groups
from phonoscope.web.problem import Problem


class ErrorBody(BaseModel):
    """Why a request wasn't answered."""

    format: Literal["phonoscope-error/1"]
    error: str = Field(description="What happened, why, and what to do next.")
    code: str = Field(description="The kind of error, for programs.")


def _errors(said: Mapping[int | str, str]) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of a request, by status."""
    return {status: {"model": ErrorBody, "description": text} for status, text in said.items()}


router = APIRouter(
    prefix="/api",
    responses=_errors(
        {
            "default": "Another error.",
            400: "The request is malformed, or for another host.",
            503: "The catalogue can't be read, or the server is busy. Try again later.",
        }
    ),
)
_PARAMETERS = _errors({422: "A parameter has a value that isn't allowed."})

RECORDING_ID = "[0-9a-f]{32}"
"""Pattern of a recording's id."""
MOST_PAGES = 1_000_000
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
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    size: Annotated[int, Query(ge=1, le=SIZES[-1])] = SIZES[0],
) -> Filters:
    """Return the filters from the query parameters; FastAPI refuses values out of bounds."""
    return Filters(
        search.strip(), verdict, declared == "1", disagreement, error, sort, order, page, size
    )


def copy_filters_of(
    *,
    recording: Annotated[str, Query(pattern=f"^({RECORDING_ID})?$")] = "",
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    size: Annotated[int, Query(ge=1, le=groups.SIZES[-1])] = groups.SIZES[0],
) -> groups.CopyFilters:
    """Return the filters of the groups of copies from the query parameters."""
    return groups.CopyFilters(recording, page, size)


def decide(request: Request, one: str, other: str, decision: str) -> None:
    """Store a decision about two recordings; status 422 if that's impossible."""
    try:
        request.app.state.queries.decide(one, other, decision)
    except UsageError as error:
        unchanged = gettext("Nothing was changed.")
        raise Problem(422, error.code or "no-decision", error.message, unchanged) from error


def known_record(request: Request, recording_id: str) -> Record:
    """Return a recording; status 404 for an unknown or malformed identifier."""
    record = (
        read_record(request.app.state.queries, recording_id)
        if re.fullmatch(RECORDING_ID, recording_id)
        else None
    )
    if record is None:
        raise Problem(
            404,
            "no-such-recording",
            gettext("This catalogue has no such recording."),
            gettext("It may have been scanned into another catalogue, or its file has changed."),
            gettext("Search the list of recordings by file name or title."),
        )
    return record


@router.get("/findings")
def findings(request: Request) -> dict[str, Any]:
    """Return every finding, in the shape of ``phonoscope report --format json``."""
    queries = request.app.state.queries
    return shape(queries.name, queries.findings())


@router.get("/recordings", responses=_PARAMETERS)
def recordings(
    request: Request, filters: Annotated[Filters, Depends(filters_of)]
) -> dict[str, Any]:
    """Return a page of the list of recordings; with ``error``, of unreadable files."""
    return read_page(request.app.state.queries, filters).to_json()


@router.get(
    "/recordings/{recording_id}", responses=_errors({404: "The catalogue has no such recording."})
)
def recording(request: Request, recording_id: str) -> dict[str, Any]:
    """Return one recording in the shape of ``phonoscope check --json``.

    With its ``files``, and ``local``: its p-value among this catalogue's own human recordings, null
    where the catalogue has no calibration.
    """
    record = known_record(request, recording_id)
    local = read_local_p_value(request.app.state.queries, record)
    return {**record.to_json(), "local": None if local is None else local.to_json()}


@router.get("/copies", responses=_PARAMETERS)
def copies(
    request: Request, filters: Annotated[groups.CopyFilters, Depends(copy_filters_of)]
) -> dict[str, Any]:
    """Return a page of the groups of copies, the largest first.

    ``count`` is the number of groups, ``searched_utc`` the time of the last search by
    ``phonoscope copies`` or null, and ``scanned_since`` the number of recordings scanned since
    then. A group has ``reasons`` why its first member is likely the original, and ``members`` as
    in ``phonoscope copies --json``, each with the ``decision`` about it and the original, or null.
    With ``recording``, only the group of that recording is returned.
    """
    return groups.read_groups(request.app.state.queries, filters).to_json()


class DecisionBody(BaseModel):
    """A decision about two recordings."""

    model_config = ConfigDict(extra="forbid")
    one: str = Field(pattern=f"^{RECORDING_ID}$")
    other: str = Field(pattern=f"^{RECORDING_ID}$")
    decision: Decision


@router.get("/decisions")
def decisions(request: Request) -> dict[str, Any]:
    """Return the decisions about pairs of recordings, newest first."""
    return {
        "format": "phonoscope-decisions/1",
        "decisions": [
            found.to_json() for found in groups.read_decisions(request.app.state.queries)
        ],
    }


@router.post(
    "/decisions",
    responses=_errors(
        {
            403: "Another website sent the request.",
            408: "The request didn't arrive in time.",
            413: "The request is too long.",
            422: "The body isn't such an object, or a recording isn't in the catalogue.",
        }
    ),
)
def decided(request: Request, body: DecisionBody) -> dict[str, Any]:
    """Store that two recordings are the ``same`` or ``different``; ``open`` withdraws that.

    This is the only thing that the API writes. The decision is stored in the catalogue. No search
    overrules it, and nothing is deleted.
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
        "format": "phonoscope-api-version/1",
        "phonoscope": phonoscope_version(),
        "findings": JSON_FORMAT,
    }
