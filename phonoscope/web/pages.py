"""The pages about the whole catalogue: findings, list of recordings, model card."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from phonoscope.detector.disagreement import DISAGREEMENTS
from phonoscope.detector.generated import Band
from phonoscope.errors import ErrorKind
from phonoscope.findings.questions.unreadable import REASONS
from phonoscope.findings.questions.verdicts import WORDS
from phonoscope.findings.report import dateline
from phonoscope.messages import gettext
from phonoscope.view.listing import SIZES, Filters, read_page
from phonoscope.web import model_card
from phonoscope.web.data import filters_of
from phonoscope.web.problem import Problem
from phonoscope.web.view import View

router = APIRouter(include_in_schema=False)

VERDICTS = {band.value: WORDS[band] for band in Band if band is not Band.UNREADABLE}
ERRORS = {
    "any": gettext("All unreadable files"),
    **{kind.value: gettext("Unreadable: {reason}", reason=REASONS[kind]) for kind in ErrorKind},
}
SORTS = {
    "file": gettext("File name"),
    "title": gettext("Title"),
    "artist": gettext("Artist"),
    "p_generated": gettext("Detected probability"),
    "duration_s": gettext("Duration"),
    "loudness_lufs": gettext("Loudness"),
    "tempo_bpm": gettext("Tempo"),
    "size_bytes": gettext("Size"),
}


@router.get("/")
def findings(request: Request) -> Response:
    """Show the same findings as the report."""
    queries = request.app.state.queries
    found = queries.findings()
    view = View(request, queries)
    return view.page(
        "findings_page.html", found=found, charts=queries.drawn(found), dateline=dateline()
    )


@router.get("/recordings")
def recordings(request: Request, filters: Annotated[Filters, Depends(filters_of)]) -> Response:
    """Show a page of the list; only its rows if a script asks."""
    queries = request.app.state.queries
    view = View(request, queries)
    return view.page(
        "rows.html" if view.is_part else "recordings.html",
        listed=read_page(queries, filters),
        filters=filters,
        verdicts=VERDICTS,
        disagreements=DISAGREEMENTS,
        errors=ERRORS,
        sorts=SORTS,
        sizes=SIZES,
    )


@router.get("/model-card")
def show_model_card(request: Request) -> Response:
    """Show the card of the model that this version ships."""
    if not model_card.is_shipped():
        raise Problem(
            404,
            "no-model-card",
            gettext("This installation has no detector, so there is no model card."),
            gettext("Install Phonoscope from a release to get both."),
        )
    view = View(request, request.app.state.queries)
    return view.page("model_card.html", model_card=model_card.read_card())
