"""Turn templates into pages."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.view.environment import environment
from phonoscope.view.queries import Queries
from phonoscope.web import model_card


class View:
    """Pages for one request."""

    def __init__(self, request: Request, queries: Queries) -> None:
        self._request, self._queries = request, queries

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a part of a page."""
        return self._request.headers.get("hx-request") == "true"

    def page(self, template: str, *, status: int = 200, **content: Any) -> Response:
        """Return a template as a response."""
        text = (
            environment(__package__)
            .get_template(template)
            .render(
                version=phonoscope_version(),
                name=self._queries.name,
                path=self._request.url.path,
                nonce=self._request.state.nonce,
                is_part=self.is_part,
                status=status,
                has_model_card=model_card.is_shipped(),
                **content,
            )
        )
        # A scan may be adding rows: what was shown once is asked for again.
        headers = {"cache-control": "no-store", "vary": "HX-Request"}
        return HTMLResponse(text, status, headers)
