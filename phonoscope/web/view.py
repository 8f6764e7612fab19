"""Turn templates into pages."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any

import jinja2
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from phonoscope.audio.source import printable, shown
from phonoscope.catalogue.layout import phonoscope_version
from phonoscope.findings import words
from phonoscope.findings.page import environment as shared
from phonoscope.findings.verdicts import WORDS
from phonoscope.verdict.disagreement import DISAGREEMENTS
from phonoscope.web import card
from phonoscope.web.desk import Desk
from phonoscope.web.timeline import moment
from phonoscope.web.verdict import likelihood


@cache
def environment() -> jinja2.Environment:
    """Return the report's Jinja environment with the pages' own templates before its own."""
    loader = jinja2.ChoiceLoader([jinja2.PackageLoader(__package__), shared().loader or _NONE])
    made: jinja2.Environment = shared().overlay(loader=loader)
    made.filters.update(
        clock=words.clock,
        disagreement_words=lambda found: DISAGREEMENTS.get(found, printable(str(found))),
        counted=words.counted,
        day=_day,
        frequency=words.frequency,
        likelihood=likelihood,
        moment=moment,
        measured=words.measured,
        percent=words.percent,
        printable=printable,
        shown=shown,
        size=words.size,
        typeset=_typeset,
        verdict_words=lambda verdict: WORDS.get(verdict, printable(str(verdict))),
    )
    return made


_NONE = jinja2.DictLoader({})


def _day(utc: datetime) -> str:
    """Return a date and time as a person writes it."""
    return f"{utc.day} {utc:%B %Y}, {utc:%H:%M} UTC"


def _typeset(text: str) -> str:
    """Return words with true minus signs, and numbers kept with their units, as on all pages."""
    text = re.sub(r"(?<![\w.])-(?=\d)", "\u2212", text).replace(" %", "%")
    return re.sub(r"(?<=\d) (?=s\b|LU\b|kHz\b|kbit/s\b|semitones\b)", words.NOT_BROKEN, text)


class View:
    """Pages for one request."""

    def __init__(self, request: Request, desk: Desk) -> None:
        self._request, self._desk = request, desk

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a part of a page."""
        return self._request.headers.get("hx-request") == "true"

    def page(self, template: str, *, status: int = 200, **content: Any) -> Response:
        """Return a template as a response."""
        text = (
            environment()
            .get_template(template)
            .render(
                version=phonoscope_version(),
                name=self._desk.name,
                path=self._request.url.path,
                nonce=self._request.state.nonce,
                is_part=self.is_part,
                status=status,
                has_card=card.is_shipped(),
                **content,
            )
        )
        # A scan may be adding rows: what was shown once is asked for again.
        headers = {"cache-control": "no-store", "vary": "HX-Request"}
        return HTMLResponse(text, status, headers)
