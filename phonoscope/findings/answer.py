"""The answer of a catalogue: a headline, figures, a plot, tables of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phonoscope.findings.figure import Figure
from phonoscope.findings.result_table import ResultTable


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite plot in two widths, with its content in a sentence."""

    spec: Mapping[str, Any]
    narrow: Mapping[str, Any]
    """The same for a phone, so that its text stays readable."""
    alt: str


@dataclass(frozen=True)
class Answer:
    """What a finding returns for a catalogue."""

    headline: str
    """The answer in one sentence with its number, or why there is none."""
    note: str = ""
    """What qualifies the headline, e.g. how many rows have no value."""
    certainty: str = ""
    """How sure the answer is: an interval, or in what sense the number is exact."""
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    tables: tuple[ResultTable, ...] = ()
    claim: str = ""
    """The answer in a few words for the top of the page; empty to leave it out there."""
    answered: bool = True
    """Whether the catalogue has the data for an answer."""
    reason: str = ""
    """Why there is no answer, for programs: ``"no-data"``, ``"no-values"``, ``"not-scored"``,
    ``"missing-columns"``, ``"outdated"``, ``"damaged"`` (a part of the catalogue is) or
    ``"failed"`` (a fault of ours); empty when there is one."""


def cannot_tell(why: str, reason: str = "no-data") -> Answer:
    """Return the answer of a catalogue that lacks the data.

    Parameters
    ----------
    why
        What is missing and how to add it: a message.
    reason
        ``"no-data"``: a table is empty; ``"no-values"``: it has rows, but none with a value;
        ``"not-scored"``: the detector scored no recording; ``"missing-columns"``;
        ``"outdated"``: an earlier version wrote the rows.
    """
    return Answer(headline=why, answered=False, reason=reason)
