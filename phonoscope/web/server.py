"""Put the application together: routes, guard, static files, error pages."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files
from os import PathLike

import duckdb
import pyarrow as pa
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.errors import DamagedCatalogueError, PhonoscopeError
from phonoscope.escape import printable
from phonoscope.findings.page import asset
from phonoscope.messages import gettext
from phonoscope.plugins import collected
from phonoscope.text import joined
from phonoscope.view.environment import served_style
from phonoscope.view.queries import Queries
from phonoscope.web.cache import OverviewCache
from phonoscope.web.failures import Failures
from phonoscope.web.guard import ERROR_FORMAT, Guard
from phonoscope.web.problem import RETRY_AFTER_S, Problem, of_status
from phonoscope.web.view import View

_log = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SHARED: dict[str, tuple[str, Callable[[], str]]] = {
    "style.css": ("text/css", lambda: asset("style.css")),
    "charts.js": ("text/javascript", lambda: asset("charts.js")),
    "served.css": ("text/css", served_style),
}
"""Files that reports and dossiers contain."""
_OWN = {
    "icon.svg": "image/svg+xml",
    "page.js": "text/javascript",
    "pair.js": "text/javascript",
    "timeline.js": "text/javascript",
    "work.css": "text/css",
    "work.js": "text/javascript",
    "vendor/htmx.min.js": "text/javascript",
    "vendor/wavesurfer.min.js": "text/javascript",
}


def serve(
    catalogue: CatalogueReader,
    hosts: Iterable[str],
    *,
    full_paths: bool = False,
    music: Iterable[str | PathLike[str]] = (),
) -> FastAPI:
    """Return the application; see :func:`phonoscope.web.app.create_app`."""
    queries, overviews = Queries(catalogue, full_paths=full_paths, music=music), OverviewCache()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        overviews.close()
        queries.close()

    app = FastAPI(
        title="Phonoscope",
        version=phonoscope_version(),
        description="Findings, recordings and copies of one catalogue. Read-only, except for "
        "decisions about copies.",
        openapi_url="/api/openapi.json",
        # FastAPI's own documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.catalogue = catalogue
    app.state.queries, app.state.overviews = queries, overviews
    for router in collected("phonoscope_web_routers"):
        app.include_router(router)
    app.add_api_route("/static/{name:path}", _static, include_in_schema=False)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_parameter)
    app.add_exception_handler(PhonoscopeError, _catalogue_error)
    for kind in (duckdb.Error, pa.ArrowException):
        app.add_exception_handler(kind, _unreadable_catalogue)
    app.add_middleware(Failures, answer=_answer)
    app.add_middleware(Guard, hosts=tuple(hosts))
    return app


def _static(name: str) -> Response:
    if name in _SHARED:
        kind, text = _SHARED[name]
        content = text()
    elif name in _OWN:
        content, kind = files(__package__).joinpath("static", name).read_text("utf-8"), _OWN[name]
    else:
        raise HTTPException(404)
    return PlainTextResponse(content, media_type=kind, headers={"cache-control": "no-cache"})


def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return _answer(request, error)
    status, headers = 500, None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": ", ".join(sorted(_methods(request)))}
    return _answer(request, of_status(status, HTTPStatus(status).phrase, headers))


def _methods(request: Request) -> set[str]:
    """Return the methods that an address has; each may be a route of its own."""
    return {
        method
        for method in _METHODS
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }


def _invalid_parameter(request: Request, error: Exception) -> Response:
    wrong = error.errors() if isinstance(error, RequestValidationError) else []
    names = joined([gettext("{name}", name=printable(str(one["loc"][-1]))) for one in wrong])
    if request.method in {"GET", "HEAD"}:
        said = (
            gettext("The address has values that aren't allowed, for: {names}.", names=names),
            gettext("Remove them from the address. /api/openapi.json lists what is allowed."),
        )
    else:
        said = (
            gettext("The request has values that aren't allowed, for: {names}.", names=names),
            gettext("Nothing was changed. /api/openapi.json lists what is allowed."),
        )
    return _answer(request, Problem(422, "invalid-parameter", *said))


def _catalogue_error(request: Request, error: Exception) -> Response:
    code, message = "catalogue", str(error)
    if isinstance(error, PhonoscopeError):
        code, message = error.code or code, error.message
    next_step: str = gettext("Load the page again. If that doesn't help, restart the server.")
    if isinstance(error, DamagedCatalogueError):
        # It says itself what to do.
        next_step = ""
    return _answer(request, Problem(503, code, message, next_step))


def _unreadable_catalogue(request: Request, error: Exception) -> Response:
    """Name the damaged part. The database's own error may name other files, so it's only logged."""
    damage = getattr(request.app.state.catalogue, "damage", lambda _: None)(error)
    if damage is not None:
        return _catalogue_error(request, damage)
    _log.warning("%s: %s", request.url.path, printable(f"{type(error).__name__}: {error}"))
    damaged = gettext("The catalogue can't be read. One of its files may be damaged or missing.")
    next_step = gettext("Load the page again. If that doesn't help, restore the catalogue.")
    return _answer(request, Problem(503, "unreadable-catalogue", damaged, next_step))


def _answer(request: Request, problem: Problem) -> Response:
    headers = dict(problem.headers or {})
    if problem.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("retry-after", str(RETRY_AFTER_S))
    if request.url.path.startswith("/api/"):
        shape = {"format": ERROR_FORMAT, "error": problem.detail, "code": problem.code}
        return JSONResponse(shape, problem.status_code, headers)
    view = View(request, request.app.state.queries)
    shown = view.page("error.html", status=problem.status_code, problem=problem)
    shown.headers.update(headers)
    return shown
