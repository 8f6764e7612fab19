"""The dossier as one page that loads nothing, runs nothing, and prints on A4."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from phonoscope import text
from phonoscope.atomic import write_whole
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.detector.detector import least_counted
from phonoscope.detector.disagreement import DISAGREE, in_words
from phonoscope.detector.generated import Band
from phonoscope.dossier.content import Dossier
from phonoscope.dossier.matched import MOST_SHOWN
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown
from phonoscope.findings.page import asset
from phonoscope.findings.report import hash_source
from phonoscope.interval import Interval, wilson
from phonoscope.messages import Localised, gettext
from phonoscope.view.environment import environment, served_style
from phonoscope.view.fields import fields_of
from phonoscope.view.lines import line_strip
from phonoscope.view.p_value_scale import p_value_scale
from phonoscope.view.scale import time_ticks
from phonoscope.view.stretches import stretch_bars
from phonoscope.view.timeline import timeline_of
from phonoscope.view.verdict import detected_says, other_model_says
from phonoscope.view.verdict import verdict_fields as detected_fields

MOST_SEGMENTS = 40
"""Segments that the page lists, those with the highest probability; the JSON has all."""


class Step(NamedTuple):
    """How to check one thing."""

    what: str
    command: str
    expect: str


class Trial(NamedTuple):
    """How often the detector was wrong on recordings whose origin is known."""

    threshold: float
    human: int
    human_flagged: int
    human_interval: Interval
    machine: int
    machine_found: int
    machine_interval: Interval


def html(dossier: Dossier) -> str:
    """Return a dossier as one HTML page; the same dossier gives the same text."""
    analysis = dossier.analysis
    judged = analysis.verdict
    p_value = None if judged.p_value is None else significant(judged.p_value)
    accepted, trial = judged.false_alarms, _trial(dossier)
    limit_hz = analysis.descriptors.get("trace_limit_hz")
    least = least_counted(judged.model, limit_hz)
    rate_hz = analysis.stream.sample_rate_hz if analysis.stream else 0
    return rendered(
        "dossier.html",
        dossier=dossier,
        record=dossier.record,
        p_value=p_value,
        analysis=analysis,
        verdict=judged,
        detected={
            "band": dossier.detected or Band.UNDECIDED,
            "says": detected_says(judged, least) or judged.says,
            "fields": detected_fields(judged, least),
            "scale": p_value_scale(judged.p_value, judged.false_alarms),
            "lines": line_strip(judged.lines_hz, rate_hz / 2) if rate_hz else None,
        },
        other_model=other_model_says(judged),
        disagree=DISAGREE,
        disagreement=analysis.disagreement and in_words(analysis.disagreement),
        timeline=timeline_of(analysis.segments, analysis.duration_s),
        seconds=time_ticks(analysis.duration_s or 0.0),
        stretches=stretch_bars(judged.stretches, analysis.duration_s),
        segments=dossier.highest(MOST_SEGMENTS),
        groups=fields_of(dossier.record),
        limit=accepted and significant(accepted),
        wrongly=accepted and significant(10_000 * accepted),
        trial=trial,
        trial_limit=trial and significant(trial.threshold),
        steps=steps(dossier),
        most_matches=MOST_SHOWN,
    )


def rendered(template: str, **given: Any) -> str:
    """Return a dossier's template as a page that loads nothing and runs nothing."""
    style = "\n".join((asset("style.css"), served_style(), _own_style()))
    policy = (
        f"default-src 'none'; style-src {hash_source(style)}; base-uri 'none'; form-action 'none'"
    )
    made = environment(__package__).get_template(template)
    return made.render(version=phonoscope_version(), policy=policy, style=style, **given)


_SMALLEST = 1e-6
"""Far below what could be counted: more digits would only look exact. The JSON has them."""


def significant(number: float) -> Localised:
    """Return a number with three significant digits and no exponent.

    >>> significant(2.966506706162272e-05), significant(0.62), significant(0.0)
    ('0.0000297', '0.62', '0')
    >>> significant(1.3e-12)
    'under 0.000001'
    """
    if 0.0 < number < _SMALLEST:
        return gettext("under {value}", value=text.number(_SMALLEST, 6))
    decimals = 0 if number == 0.0 else max(0, 2 - math.floor(math.log10(number)))
    while decimals and round(number, decimals) == round(number, decimals - 1):
        decimals -= 1
    return text.number(number, decimals)


def write(dossier: Dossier, destination: str) -> Path:
    """Write a dossier as a page. The file is complete, or it isn't there at all.

    Raises
    ------
    UsageError
        If the destination can't be written.
    """
    return write_page(html(dossier), destination)


def write_page(page: str, destination: str) -> Path:
    """Write a page of a dossier, whole or not at all; raises as :func:`write` does."""
    to = Path(destination)
    try:
        write_whole(to, page.encode())
    except OSError as error:
        raise UsageError(
            gettext(
                "The dossier can't be written to {file}: {why}. Choose another file with --to.",
                file=shown(str(to)),
                why=printable(error.strerror or str(error)),
            ),
            code="unwritable",
        ) from error
    return to


def steps(dossier: Dossier) -> list[Step]:
    """Return how to check what a dossier says, with exact commands.

    ``FILE`` is a file with the same bytes, ``CATALOGUE`` the catalogue's folder: both are elsewhere
    for each person who checks.
    """
    identity = dossier.record.recording_id
    accepted = dossier.analysis.verdict.false_alarms
    flag = "" if accepted is None else f" --false-alarms {accepted:g}"
    model = dossier.analysis.verdict.model
    same = gettext("the same numbers, from the model {model}", model=printable(model or ""))
    made = [Step(gettext("The file has these bytes"), "b2sum -l 128 FILE", identity)]
    if dossier.sha256:
        made.append(Step(gettext("The same with SHA-256"), "sha256sum FILE", dossier.sha256))
    made += [
        Step(gettext("The version of Phonoscope"), "phonoscope version", dossier.measured_by),
        Step(
            gettext("Everything measured, detected and declared"),
            f"phonoscope check --json{flag} FILE",
            same if model else gettext("the same numbers"),
        ),
        Step(
            gettext("The stored verdict"),
            f"phonoscope sql CATALOGUE \"from verdicts where recording_id = '{identity}'\"",
            gettext("the same verdict"),
        ),
    ]
    if dossier.matches_in_all:
        made.append(
            Step(
                gettext("Recordings that share sound with it"),
                "phonoscope find FILE --in CATALOGUE",
                gettext("the matches above, from a new search"),
            )
        )
    again = f"phonoscope dossier {identity} --in CATALOGUE"
    made.append(Step(gettext("This dossier"), again, gettext("the same page")))
    return made


def _trial(dossier: Dossier) -> Trial | None:
    rates = dossier.rates
    if rates is None:
        return None
    return Trial(
        rates.threshold,
        rates.human,
        rates.human_flagged,
        wilson(rates.human_flagged, rates.human),
        rates.machine,
        rates.machine_found,
        wilson(rates.machine_found, rates.machine),
    )


def _own_style() -> str:
    return files(__package__).joinpath("dossier.css").read_text("utf-8")
