"""The Jinja environment of the pages and the dossier; needs no server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

from phonoscope import text
from phonoscope.detector.disagreement import DISAGREEMENTS
from phonoscope.detector.generated import verdict_kind
from phonoscope.detector.shipped import is_of_this_model
from phonoscope.disclosure.model import sentence
from phonoscope.escape import printable
from phonoscope.findings.page import environment as shared
from phonoscope.findings.questions.verdicts import WORDS
from phonoscope.messages import NOT_BROKEN, Joined, Localised, gettext, localised
from phonoscope.view.glossary import definition_of, word_of
from phonoscope.view.paths import list_path, path_of
from phonoscope.view.verdict import likelihood


@cache
def environment(package: str) -> jinja2.Environment:
    """Return the Jinja environment of a package, with the templates of this one and the report."""
    own = [jinja2.PackageLoader(name) for name in (package, __package__)]
    loader = jinja2.ChoiceLoader([*own, shared().loader or _NONE])
    made: jinja2.Environment = shared().overlay(loader=loader)
    made.filters.update(
        band_class=_band_class,
        clock=text.clock,
        code=Markup('<code translate="no">{}</code>').format,
        data=_data,
        data_or_message=_data_or_message,
        day=text.day,
        definition=definition_of,
        disagreement_words=lambda found: DISAGREEMENTS.get(found, printable(str(found))),
        declaration_words=sentence,
        exact=text.number,
        figure=_figure,
        frequency=text.frequency,
        likelihood=likelihood,
        list_path=list_path,
        listed=_listed,
        measured=text.measured,
        moment=text.moment,
        other_model=lambda model: is_of_this_model(model) is False,
        path=escape,
        path_of=path_of,
        percent=text.percent,
        position=text.position,
        printable=printable,
        said=_said,
        size=text.size,
        term_word=word_of,
        verdict_kind=verdict_kind,
        whole=text.count,
        verdict_words=lambda verdict: WORDS.get(verdict, printable(str(verdict))),
    )
    return made


def served_style() -> str:
    """Return the stylesheet that the served pages and the dossier add to the report's."""
    return files(__package__).joinpath("served.css").read_text("utf-8")


_NONE = jinja2.DictLoader({})


def _data(value: str) -> Markup:
    """Return a name or other data from outside as markup that no translator may touch.

    A message or a quantity is not data: it is shown in the language of the page.
    """
    if isinstance(value, Localised):
        return Markup("<bdi>{}</bdi>").format(localised(value))
    return Markup('<bdi translate="no">{}</bdi>').format(printable(str(value)))


def _data_or_message(value: str) -> Markup:
    """Return a message in the language of the page, anything else as data."""
    return Markup.escape(localised(value)) if isinstance(value, Localised) else _data(value)


def _band_class(kind: str) -> str:
    """Return what the class of a verdict ends in; the stored word may be any text."""
    return kind if kind in WORDS else "plain"


def _said(sentence: str) -> Markup:
    """Return a sentence: a message in the language of the page, a stored one as English."""
    if isinstance(sentence, Localised):
        return Markup.escape(localised(sentence))
    stored = printable(_typeset(sentence))
    return Markup('<span lang="en" translate="no">{}</span>').format(stored)


def _listed(parts: Iterable[str]) -> Localised:
    """Return several short texts as one, with semicolons between them."""
    written = (part if isinstance(part, Localised) else printable(_typeset(part)) for part in parts)
    return Joined("; ", tuple(written))


def _figure(value: object) -> str:
    """Return one of the figures behind a statement, with six significant digits."""
    if value is None:
        return gettext("unknown")
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))


def _typeset(stored: str) -> str:
    """Return a stored sentence with true minus signs, and numbers kept with their units."""
    stored = re.sub(r"(?<![\w.])-(?=\d)", "\u2212", stored).replace(" %", "%")
    return re.sub(r"(?<=\d) (?=s\b|LU\b|kHz\b|kbit/s\b|semitones\b)", NOT_BROKEN, stored)
