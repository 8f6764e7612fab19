"""What a catalogue answers: a headline, figures, a chart, tables of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phonoscope.findings.figure import Figure
from phonoscope.findings.result_table import ResultTable


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart in two widths, and its content in a sentence."""

    spec: Mapping[str, Any]
    narrow: Mapping[str, Any]
    """The same for a phone, so that its text stays readable."""
    alt: str


@dataclass(frozen=True)
class Answer:
    """What the catalogue answers."""

    headline: str
    """The finding in one sentence, with its number; or in words why there is none."""
    note: str = ""
    """What belongs to the headline but would burden it, e.g. how many rows have no value."""
    certainty: str = ""
    """How sure: an interval, or in what sense the number is exact."""
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    tables: tuple[ResultTable, ...] = ()
    claim: str = ""
    """The finding in a few words for the head of the page; empty when it is no headline."""
    answered: bool = True
    """Whether the data could answer at all."""


def cannot_tell(why: str) -> Answer:
    """Return the answer of a catalogue that cannot answer, saying why."""
    return Answer(headline=why, answered=False)
