"""What the model that this version ships says about a stored verdict."""

from __future__ import annotations

from typing import Any, NamedTuple

from phonoscope.detector.model import model
from phonoscope.interval import Interval, wilson


class FamilyPrecision(NamedTuple):
    """How often a name of a family of generators was right, on recordings left out of training."""

    right: int
    named: int
    """Recordings that were given this name, above 0."""

    @property
    def interval(self) -> Interval:
        """95 % interval of the share that is right (Wilson)."""
        return wilson(self.right, self.named)

    def to_json(self) -> dict[str, Any]:
        """Return ``right``, ``named``, and the ends of the interval as ``low`` and ``high``."""
        return {**self._asdict(), **self.interval._asdict()}


def is_of_this_model(model_name: str | None) -> bool | None:
    """Return whether the shipped model scored a recording.

    Parameters
    ----------
    model_name
        Name of the model that scored it, from its verdict.

    Returns
    -------
    bool or None
        ``None`` when no model scored it.

    Examples
    --------
    >>> is_of_this_model(model().name), is_of_this_model("an older model 1 (0000)")
    (True, False)
    """
    return None if model_name is None else model_name == model().name


def family_precision(family: str | None, model_name: str | None) -> FamilyPrecision | None:
    """Return how often the name of a family is right.

    Parameters
    ----------
    family
        Name of a family, or of several that share a decoder, as in ``generator`` of a verdict.
    model_name
        Name of the model that gave the name, from its verdict.

    Returns
    -------
    FamilyPrecision or None
        ``None`` when another model gave the name, or when this one's wasn't tested.
    """
    if family is None or not is_of_this_model(model_name):
        return None
    right, named = model().facts.get("family_precision", {}).get(family, (0, 0))
    return FamilyPrecision(right, named) if named else None
