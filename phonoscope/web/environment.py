"""Templates of the pages, and how they put things into words; needs no server."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

import jinja2

from phonoscope import words
from phonoscope.audio.source import printable, shown
from phonoscope.findings.page import environment as shared
from phonoscope.findings.verdicts import WORDS
from phonoscope.labels.model import Declaration, sentence
from phonoscope.verdict.disagreement import DISAGREEMENTS
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
        declaration_words=_declaration_words,
        figure=_figure,
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


def _declaration_words(declared: Declaration) -> str:
    words_ = printable(sentence(declared))
    return words_[:1].upper() + words_[1:]


def _day(utc: datetime) -> str:
    """Return a date and time as a person writes it."""
    return f"{utc.day} {utc:%B %Y}, {utc:%H:%M} UTC"


def _figure(value: object) -> str:
    """Return one of the figures behind a statement, with six digits that count."""
    if value is None:
        return "not known"
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))


def _typeset(text: str) -> str:
    """Return words with true minus signs, and numbers kept with their units, as on all pages."""
    text = re.sub(r"(?<![\w.])-(?=\d)", "\u2212", text).replace(" %", "%")
    return re.sub(r"(?<=\d) (?=s\b|LU\b|kHz\b|kbit/s\b|semitones\b)", words.NOT_BROKEN, text)
