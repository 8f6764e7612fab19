"""Templates of the pages, and how they put things into words; needs no server."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from importlib.resources import files

import jinja2

from phonoscope import text
from phonoscope.detector.disagreement import DISAGREEMENTS
from phonoscope.disclosure.model import Declaration, sentence
from phonoscope.escape import printable
from phonoscope.files import shown
from phonoscope.findings.page import environment as shared
from phonoscope.findings.questions.verdicts import WORDS
from phonoscope.text import NOT_BROKEN
from phonoscope.view.timeline import moment
from phonoscope.view.verdict import likelihood


@cache
def environment(package: str) -> jinja2.Environment:
    """Return the Jinja environment of a package: its templates, those of here, the report's."""
    own = [jinja2.PackageLoader(name) for name in (package, __package__)]
    loader = jinja2.ChoiceLoader([*own, shared().loader or _NONE])
    made: jinja2.Environment = shared().overlay(loader=loader)
    made.filters.update(
        clock=text.clock,
        disagreement_words=lambda found: DISAGREEMENTS.get(found, printable(str(found))),
        counted=text.counted,
        day=_day,
        declaration_words=_declaration_words,
        figure=_figure,
        frequency=text.frequency,
        likelihood=likelihood,
        moment=moment,
        measured=text.measured,
        percent=text.percent,
        printable=printable,
        shown=shown,
        size=text.size,
        typeset=_typeset,
        verdict_words=lambda verdict: WORDS.get(verdict, printable(str(verdict))),
    )
    return made


def served_style() -> str:
    """Return the stylesheet of what is served and of the dossier, over the report's."""
    return files(__package__).joinpath("served.css").read_text("utf-8")


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
    return re.sub(r"(?<=\d) (?=s\b|LU\b|kHz\b|kbit/s\b|semitones\b)", NOT_BROKEN, text)
