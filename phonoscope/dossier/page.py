"""The dossier as one page that loads nothing and runs nothing; it prints well on A4."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from phonoscope.atomic import write_whole
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.detector.detector import least_counted
from phonoscope.detector.disagreement import in_words
from phonoscope.detector.generated import Band
from phonoscope.dossier.content import Dossier
from phonoscope.dossier.matched import MOST_SHOWN
from phonoscope.errors import UsageError
from phonoscope.files import shown
from phonoscope.findings.page import asset
from phonoscope.findings.report import hash_source
from phonoscope.interval import Interval, wilson
from phonoscope.view.environment import environment, served_style
from phonoscope.view.fields import fields_of
from phonoscope.view.p_value_scale import p_value_scale
from phonoscope.view.scale import time_ticks
from phonoscope.view.timeline import timeline_of
from phonoscope.view.verdict import detected_says, rests_on
from phonoscope.view.verdict import verdict_fields as detected_fields

MOST_STRETCHES = 40
"""Stretches that the page lists, those that look most like a generator's; the JSON has all."""


class Step(NamedTuple):
    """How somebody else checks one thing."""

    what: str
    command: str
    expect: str


class Trial(NamedTuple):
    """How often the detector was wrong where the truth was known."""

    threshold: float
    human: int
    human_flagged: int
    human_interval: Interval
    machine: int
    machine_found: int
    machine_interval: Interval


def html(dossier: Dossier) -> str:
    """Return a dossier as one HTML page; the same dossier gives the same text."""
    style = "\n".join((asset("style.css"), served_style(), _own_style()))
    analysis = dossier.analysis
    judged = analysis.verdict
    p_value = None if judged.p_value is None else plain(judged.p_value)
    limit_hz = analysis.descriptors.get("trace_limit_hz")
    return (
        environment(__package__)
        .get_template("dossier.html")
        .render(
            version=phonoscope_version(),
            policy=f"default-src 'none'; style-src {hash_source(style)}; base-uri 'none'; "
            "form-action 'none'",
            style=style,
            dossier=dossier,
            record=dossier.record,
            p_value=p_value,
            analysis=analysis,
            verdict=judged,
            rests_on=rests_on(judged),
            detected={
                "band": dossier.detected or Band.UNDECIDED,
                "says": detected_says(judged) or judged.says,
                "fields": detected_fields(judged, least_counted(judged.model, limit_hz)),
                "scale": p_value_scale(judged.p_value, judged.false_alarms),
            },
            disagreement=analysis.disagreement and in_words(analysis.disagreement),
            timeline=timeline_of(analysis.segments, analysis.duration_s),
            seconds=time_ticks(analysis.duration_s or 0.0),
            stretches=dossier.highest(MOST_STRETCHES),
            groups=fields_of(dossier.record),
            trial=_trial(dossier),
            steps=steps(dossier),
            most_matches=MOST_SHOWN,
        )
    )


_SMALLEST = 1e-6


def plain(number: float) -> str:
    """Return a number with three digits that count, never with an exponent.

    What is smaller than one in a million is far beyond what could be counted: more digits would
    only look exact. The JSON has them.

    >>> plain(2.966506706162272e-05), plain(0.62), plain(0.0), plain(1.3e-12)
    ('0.0000297', '0.62', '0', 'under 0.000001')
    """
    if 0.0 < number < _SMALLEST:
        return f"under {np.format_float_positional(_SMALLEST)}"
    return np.format_float_positional(number, precision=3, fractional=False, trim="-")


def write(dossier: Dossier, destination: str) -> Path:
    """Write a dossier as a page; the file is there whole or not at all.

    Raises
    ------
    UsageError
        When the destination cannot be written.
    """
    to = Path(destination)
    try:
        write_whole(to, html(dossier).encode())
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"cannot write the dossier to {shown(str(to))}: {why}") from error
    return to


def steps(dossier: Dossier) -> list[Step]:
    """Return how somebody else checks what a dossier says, with exact commands.

    ``FILE`` stands for a file with the same bytes, ``CATALOGUE`` for the catalogue's folder: both
    lie elsewhere with everybody who checks.
    """
    identity = dossier.record.recording_id
    asked = dossier.analysis.verdict.false_alarms
    flag = "" if asked is None else f" --false-alarms {asked:g}"
    model = dossier.analysis.verdict.model
    made = [Step("That a file holds these bytes", "b2sum -l 128 FILE", identity)]
    if dossier.sha256:
        made.append(Step("The same with SHA-256", "sha256sum FILE", dossier.sha256))
    made += [
        Step("Which version runs", "phonoscope version", dossier.measured_by),
        Step(
            "Everything measured, detected and declared",
            f"phonoscope check --json{flag} FILE",
            "the same numbers" + (f", by the model {model}" if model else ""),
        ),
        Step(
            "The rows that this was made of",
            f"phonoscope sql CATALOGUE \"from verdicts where recording_id = '{identity}'\"",
            "the verdict as it is stored",
        ),
    ]
    if dossier.matches_in_all:
        made.append(
            Step(
                "Which recordings share sound with it",
                "phonoscope find FILE --in CATALOGUE",
                "the matches above; it looks anew",
            )
        )
    made.append(
        Step("This dossier", f"phonoscope dossier {identity} --in CATALOGUE", "the same page")
    )
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
