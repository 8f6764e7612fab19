"""One published claim, checked against a catalogue: it holds, doesn't, or can't be decided."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from phonoscope.findings.amounts import amount
from phonoscope.findings.base import Figure, Found
from phonoscope.interval import Interval
from phonoscope.messages import gettext

ROUNDING = 1e-12
"""Relative error of a computation in the last digits."""


class Standing(StrEnum):
    """Whether a claim holds in a catalogue."""

    HOLDS = "holds"
    DOES_NOT = "does not hold"
    UNTOLD = "cannot be told"


STANDINGS: Mapping[Standing, str] = {
    Standing.DOES_NOT: gettext("Doesn't hold"),
    Standing.HOLDS: gettext("Holds"),
    Standing.UNTOLD: gettext("Can't be decided"),
}
"""In words, in the order of the page."""


@dataclass(frozen=True)
class Claim:
    """A published number.

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
    """Figure of that finding to compare it with."""
    value: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    rounding: float = 0.0
    """Half a unit of the last digit that was published."""
    url: str = ""
    """Where to read it; empty when unknown."""
    note: str = ""
    """What a reader should know about it."""

    @property
    def low(self) -> float:
        """The smallest number that supports the claim."""
        lowest = self.value if self.value is not None else self.at_least
        return -math.inf if lowest is None else lowest - self.rounding

    @property
    def high(self) -> float:
        """The largest number that supports the claim."""
        highest = self.value if self.value is not None else self.at_most
        return math.inf if highest is None else highest + self.rounding

    def bears_out(self, number: float) -> bool:
        """Whether this number supports the claim."""
        spare = ROUNDING * max(1.0, abs(number))
        return self.low - spare <= number <= self.high + spare


@dataclass(frozen=True)
class Checked:
    """A claim compared with a catalogue."""

    claim: Claim
    standing: Standing
    reason: str
    """What decided, as a code: ``"interval"``, ``"exact"``, ``"no-interval"``, ``"no-figure"``,
    ``"no-answer"`` or ``"no-finding"``."""
    why: str
    """The same in a sentence."""
    found: Figure | None
    """The catalogue's figure; ``None`` when it has none."""

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
            "reason": self.reason,
            "why": self.why,
            "found": figure,
        }


def check_claims(
    claims: Iterable[Claim], found: Iterable[Found], *, whole: bool
) -> tuple[Checked, ...]:
    """Compare claims with the findings of a catalogue.

    Parameters
    ----------
    claims
        Published claims.
    found
        Findings with their answers.
    whole
        Whether the catalogue is everything that the claims are about. Then its figures are exact,
        and a claim holds when the figure rounds to the published number. Otherwise the catalogue
        is a sample: a claim holds when the figure's whole 95% interval supports it, doesn't hold
        when none of the interval does, and can't be decided otherwise.
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
        return Checked(claim, Standing.UNTOLD, *_missing(claim, answers), None)
    if whole:
        holds = claim.bears_out(figure.value)
        standing = Standing.HOLDS if holds else Standing.DOES_NOT
        return Checked(claim, standing, "exact", _exact(figure), figure)
    if figure.interval is None:
        why = gettext("It has no interval, so a sample can't decide the claim.")
        return Checked(claim, Standing.UNTOLD, "no-interval", why, figure)
    low, high = figure.interval
    ends = _ends(figure, figure.interval)
    if claim.bears_out(low) and claim.bears_out(high):
        why = gettext("The 95% interval, {low} to {high}, is entirely within the claim.", **ends)
        return Checked(claim, Standing.HOLDS, "interval", why, figure)
    spare = ROUNDING * max(1.0, abs(low), abs(high))
    if high < claim.low - spare or low > claim.high + spare:
        why = gettext("The 95% interval, {low} to {high}, is entirely outside the claim.", **ends)
        return Checked(claim, Standing.DOES_NOT, "interval", why, figure)
    why = gettext("The 95% interval, {low} to {high}, is only partly within the claim.", **ends)
    return Checked(claim, Standing.UNTOLD, "interval", why, figure)


def _missing(claim: Claim, answers: Mapping[str, Found]) -> tuple[str, str]:
    """Return why there is no figure, as a code and in words."""
    item = answers.get(claim.finding)
    if item is None:
        return "no-finding", gettext("Phonoscope has no finding named {name}.", name=claim.finding)
    if not item.answer.answered:
        return "no-answer", item.answer.headline
    return "no-figure", gettext(
        "The finding \u201c{title}\u201d has no figure {name} for this catalogue.",
        title=item.finding.title,
        name=claim.figure,
    )


def _exact(figure: Figure) -> str:
    if figure.n:
        return gettext("It is exact for this catalogue (n\u00a0=\u00a0{n}).", n=figure.n)
    return gettext("It is exact for this catalogue.")


def _ends(figure: Figure, interval: Interval) -> Mapping[str, str]:
    return {
        "low": amount(interval.low, figure.unit),
        "high": amount(interval.high, figure.unit),
    }
