"""Recordings that were altered too much to judge: a fact about the sound, not an accusation."""

from __future__ import annotations

from collections.abc import Mapping

from phonoscope.columns import Statement
from phonoscope.messages import gettext

ALTERATIONS: Mapping[str, str] = {
    "pitch-or-tempo": gettext(
        "Its pitch or tempo seems to have been changed afterwards, which moves and blurs the lines "
        "that the detector looks for."
    ),
    "too-altered": gettext(
        "It seems to have been processed so heavily that the lines that the detector looks for "
        "could not have survived."
    ),
}
"""Why a recording is too altered to judge, by code, as a sentence."""
_OTHER = gettext("It was altered in a way that this version doesn't know.")
HARMLESS = gettext(
    "People alter recordings for many ordinary reasons, so this is neither a sign of a generator "
    "nor of a person."
)
"""Part of everything that is said about an alteration."""


def altered_in_words(code: str) -> str:
    """Return how a recording was altered, as a sentence.

    Parameters
    ----------
    code
        A key of :data:`ALTERATIONS`, or a code of a newer version.
    """
    return ALTERATIONS.get(code, _OTHER)


def altered_statement(code: str) -> Statement:
    """Return the alteration as a statement; it is not evidence, so its strength is 0.

    Examples
    --------
    >>> altered_statement("too-altered").strength
    0.0
    """
    causes = gettext(
        "DJ controls, sped-up or slowed-down versions, noise reduction, transfers from tape or "
        "disc, and several encodings after one another can look the same."
    )
    return Statement("altered", altered_in_words(code), 0.0, causes, {"altered": code})
