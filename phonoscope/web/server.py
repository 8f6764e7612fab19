"""Put the application together: routes, guard, static files, errors in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.errors import PhonoscopeError
from phonoscope.findings.page import asset
from phonoscope.plugins import collected
from phonoscope.view.environment import served_style
from phonoscope.view.queries import Queries
from phonoscope.web.cache import OverviewCache
from phonoscope.web.guard import Guard
from phonoscope.web.view import View

_SHARED: dict[str, tuple[str, Callable[[], str]]] = {
    "style.css": ("text/css", lambda: asset("style.css")),
    "charts.js": ("text/javascript", lambda: asset("charts.js")),
    "served.css": ("text/css", served_style),
}
"""Files that the report or the dossier has inside itself."""
_OWN = {
    "icon.svg": "image/svg+xml",
    "page.js": "text/javascript",
    "pair.js": "text/javascript",
    "timeline.js": "text/javascript",
    "vendor/htmx.min.js": "text/javascript",
    "vendor/wavesurfer.min.js": "text/javascript",
}


def serve(catalogue: CatalogueReader, hosts: Iterable[str], *, full_paths: bool = False) -> FastAPI:
    """Return the application; see :func:`phonoscope.web.app.create_app`."""
    queries, overviews = Queries(catalogue, full_paths=full_paths), OverviewCache()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        overviews.close()
        queries.close()

    app = FastAPI(
        title="Phonoscope",
        version=phonoscope_version(),
        description="Findings, recordings and copies of one catalogue. Reading only, except for "
        "decisions on copies.",
        openapi_url="/api/openapi.json",
        # FastAPI's own documentation pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.queries, app.state.overviews = queries, overviews
    for router in collected("phonoscope_web_routers"):
        app.include_router(router)
    app.add_api_route("/static/{name:path}", _static, include_in_schema=False)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _wrong_parameter)
    app.add_exception_handler(PhonoscopeError, _catalogue_error)
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
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = error.detail if isinstance(error, HTTPException) else ""
    if not words or words == HTTPStatus(status).phrase:
        words = {404: "There is no such page in this catalogue."}.get(
            status, HTTPStatus(status).phrase
        )
    return _in_words(request, status, words)


def _wrong_parameter(request: Request, error: Exception) -> Response:
    wrong = error.errors() if isinstance(error, RequestValidationError) else []
    problems = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in wrong)
    what = "address" if request.method in {"GET", "HEAD"} else "request"
    unchanged = "" if what == "address" else " Nothing was changed."
    words = f"The {what} asks for something impossible: {problems}.{unchanged}"
    return _in_words(request, 422, words)


def _catalogue_error(request: Request, error: Exception) -> Response:
    return _in_words(request, 503, str(error))


def _in_words(request: Request, status: int, words: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"format": "phonoscope-error/1", "error": words}, status)
    view = View(request, request.app.state.queries)
    return view.page("error.html", status=status, words=words)
