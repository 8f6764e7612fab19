"""Pages about one track, artist, release or label, and the search over everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from phonoscope.messages import Localised, gettext
from phonoscope.view import about
from phonoscope.view.lists.selection import LONGEST, LONGEST_VALUE
from phonoscope.web.problem import Problem
from phonoscope.web.view import View

router = APIRouter(include_in_schema=False)

Source = Annotated[str, Query(max_length=LONGEST_VALUE)]


@router.get("/search")
def search(request: Request, q: Annotated[str, Query(max_length=LONGEST)] = "") -> Response:
    """Show what a search finds in every list; only that if a script asks."""
    queries = request.app.state.queries
    view = View(request, queries)
    text = q.strip()
    found = about.search(queries, text) if text else []
    return view.page("hits.html" if view.is_part else "search.html", found=found, q=text)


@router.get("/tracks/{track_id:path}")
def track(request: Request, track_id: str, source: Source = "") -> Response:
    """Show a track."""
    queries = request.app.state.queries
    made = about.read_track(queries, track_id, source)
    if made is None:
        raise _unknown(gettext("This catalogue has no such track."))
    return View(request, queries).page("track.html", page=made)


@router.get("/artists/{name:path}")
def artist(request: Request, name: str) -> Response:
    """Show what is in the catalogue under an artist's name."""
    queries = request.app.state.queries
    made = about.read_artist(queries, name)
    if made is None:
        raise _unknown(gettext("This catalogue has no such artist."))
    return View(request, queries).page("named.html", page=made, kicker=gettext("Artist"))


@router.get("/labels/{name:path}")
def label(request: Request, name: str) -> Response:
    """Show what is in the catalogue under a label's name."""
    queries = request.app.state.queries
    made = about.read_label(queries, name)
    if made is None:
        raise _unknown(gettext("This catalogue has no such label."))
    return View(request, queries).page("named.html", page=made, kicker=gettext("Label"))


@router.get("/releases/{album_id:path}")
def release(request: Request, album_id: str, source: Source = "") -> Response:
    """Show a release."""
    queries = request.app.state.queries
    made = about.read_release(queries, album_id, source)
    if made is None:
        raise _unknown(gettext("This catalogue has no such release."))
    return View(request, queries).page("named.html", page=made, kicker=gettext("Release"))


def _unknown(said: Localised) -> Problem:
    return Problem(404, "unknown", said, gettext("Search for it, or start from one of the lists."))
