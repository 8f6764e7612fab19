"""The pages about the whole catalogue: findings, model card."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from phonoscope.findings.report import dateline
from phonoscope.messages import gettext
from phonoscope.web import model_card
from phonoscope.web.problem import Problem
from phonoscope.web.view import View

router = APIRouter(include_in_schema=False)


@router.get("/")
def findings(request: Request) -> Response:
    """Show the same findings as the report."""
    queries = request.app.state.queries
    found = queries.findings()
    view = View(request, queries)
    return view.page(
        "findings_page.html", found=found, charts=queries.drawn(found), dateline=dateline()
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
