"""One published claim, and what a catalogue says to it: holds, does not, or cannot be told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from phonoscope.findings.base import Figure, Found
from phonoscope.text import count, number, percent

ROUNDING = 1e-12
"""What a computation may lose in the last digits, relative."""


class Standing(StrEnum):
    """What a catalogue says to a claim."""

    HOLDS = "holds"
    DOES_NOT = "does not hold"
    UNTOLD = "cannot be told"


@dataclass(frozen=True)
class Claim:
    """A number that somebody published.

    Exactly one of ``value``, ``at_least`` and ``at_most`` is given, in the unit of the figure.
    """

    id: str
    """Short name, unique in its list."""
    says: str
    """The claim in our own words."""
    source: str
    """Who published it."""
    date: str
    """When, as exactly as is known."""
    finding: str
    figure: str
    """Figure of that finding which it is held against."""
    value: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    rounding: float = 0.0
    """Half a unit of the last digit that was published: how far off it may be and still right."""
    url: str = ""
    """Where to read it; empty when it is not known."""
    note: str = ""
    """What a reader should know of it."""

    @property
    def low(self) -> float:
        """The smallest number that bears the claim out."""
        lowest = self.value if self.value is not None else self.at_least
        return -math.inf if lowest is None else lowest - self.rounding

    @property
    def high(self) -> float:
        """The largest number that bears the claim out."""
        highest = self.value if self.value is not None else self.at_most
        return math.inf if highest is None else highest + self.rounding

    def bears_out(self, number: float) -> bool:
        """Whether this number would bear the claim out."""
        spare = ROUNDING * max(1.0, abs(number))
        return self.low - spare <= number <= self.high + spare


@dataclass(frozen=True)
class Checked:
    """A claim held against a catalogue."""

    claim: Claim
    standing: Standing
    why: str
    """The reason, in a sentence."""
    found: Figure | None
    """What the catalogue says; ``None`` when it says nothing."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of one claim in ``report --format json``."""
        claim = self.claim
        low, high = (self.found and self.found.interval) or (None, None)
        figure = self.found and {
            "value": self.found.value,
            "unit": self.found.unit,
            "low": low,
            "high": high,
            "n": self.found.n,
        }
        return {
            "id": claim.id,
            "says": claim.says,
            "source": claim.source,
            "date": claim.date,
            "url": claim.url or None,
            "note": claim.note or None,
            "figure": f"{claim.finding}.{claim.figure}",
            "value": claim.value,
            "at_least": claim.at_least,
            "at_most": claim.at_most,
            "rounding": claim.rounding,
            "standing": self.standing.value,
            "why": self.why,
            "found": figure,
        }


def check_claims(
    claims: Iterable[Claim], found: Iterable[Found], *, whole: bool
) -> tuple[Checked, ...]:
    """Hold claims against what was found in a catalogue.

    Parameters
    ----------
    claims
        What is claimed.
    found
        Findings with their answers.
    whole
        Whether the catalogue is all that the claims speak of. Then its figures are exact, and a
        claim holds when the figure, as precise as what was published, is the published one.
        Otherwise the catalogue is a sample: a claim holds when all of the figure's 95 % interval
        bears it out, does not when none of it does, and else cannot be told.
    """
    answers = {item.finding.name: item for item in found}
    figures = {
        (name, figure.name): figure
        for name, item in answers.items()
        for figure in item.answer.figures
    }
    return tuple(
        _checked(claim, figures.get((claim.finding, claim.figure)), answers, whole)
        for claim in claims
    )


def _checked(
    claim: Claim, figure: Figure | None, answers: Mapping[str, Found], whole: bool
) -> Checked:
    if figure is None or figure.value is None or math.isnan(figure.value):
        return Checked(claim, Standing.UNTOLD, _missing(claim, answers), None)
    if whole:
        holds = claim.bears_out(figure.value)
        standing = Standing.HOLDS if holds else Standing.DOES_NOT
        return Checked(claim, standing, _whole(figure), figure)
    if figure.interval is None:
        why = (
            f"It is {figure_text(figure)} here, and no interval says what that would be in what "
            "this catalogue may be a sample of."
        )
        return Checked(claim, Standing.UNTOLD, why, figure)
    low, high = figure.interval
    if claim.bears_out(low) and claim.bears_out(high):
        return Checked(claim, Standing.HOLDS, _sample(figure, "all of it bears it out"), figure)
    spare = ROUNDING * max(1.0, abs(low), abs(high))
    if high < claim.low - spare or low > claim.high + spare:
        return Checked(claim, Standing.DOES_NOT, _sample(figure, "none of it agrees"), figure)
    why = _sample(figure, "it reaches to both sides of what is claimed")
    return Checked(claim, Standing.UNTOLD, why, figure)


def _missing(claim: Claim, answers: Mapping[str, Found]) -> str:
    item = answers.get(claim.finding)
    if item is None:
        return f"No finding is named {claim.finding!r} here, so nothing was counted for it."
    if not item.answer.answered:
        return item.answer.headline
    return f"The finding {item.finding.title!r} gives no such figure for this catalogue."


def _whole(figure: Figure) -> str:
    of = f" of {count(figure.n)}" if figure.n else ""
    return f"Counted here: {figure_text(figure)}{of}, exactly."


def _sample(figure: Figure, end: str) -> str:
    of = f" (n\u00a0=\u00a0{count(figure.n)})" if figure.n else ""
    low, high = figure.interval or (math.nan, math.nan)
    between = f"{amount(low, figure.unit)} to {amount(high, figure.unit)}"
    return f"95% interval of what this catalogue is a sample of: {between}{of}; {end}."


def figure_text(figure: Figure) -> str:
    """Return a figure as a person reads it; a dash where there is none."""
    return "\u2013" if figure.value is None else amount(figure.value, figure.unit)


def amount(value: float, unit: str) -> str:
    """Return a number in its unit, precise enough to be held against a published one.

    >>> amount(0.95137, "share"), amount(1.377, "ratio"), amount(256039007, "tracks")
    ('95.14%', '1.377', '256,039,007 tracks')
    """
    if unit == "share":
        fine = 0.0001 <= abs(value) <= 0.9999
        return f"{value:.2%}".replace("-", "\u2212") if fine else percent(value)
    unit_text = "" if unit in ("ratio", "") else f"\u00a0{unit}" if len(unit) < 4 else f" {unit}"
    if float(value).is_integer() and abs(value) >= 1000:
        return f"{number(value)}{unit_text}"
    decimals = 0 if float(value).is_integer() else 1 if abs(value) >= 10 else 3
    if 0.0 < abs(value) < 1.0:
        decimals = 4
    return f"{number(value, decimals)}{unit_text}"
