"""Whether what a file declares and what its sound shows disagree.

They stay two facts: a disagreement changes neither of them, and neither settles the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from phonoscope.detector.generated import Band, Verdict, detected_band
from phonoscope.disclosure.declared_status import DeclaredStatus, declared_status_of
from phonoscope.disclosure.model import Declaration
from phonoscope.messages import gettext

EVIDENCE = frozenset({Band.GENERATED, Band.PARTLY_GENERATED})
"""Bands in which the sound shows evidence of a generator."""


class Disagreement(StrEnum):
    """How the declared and the detected disagree."""

    DECLARED_HUMAN_DETECTED_MACHINE = "declared-human-detected-machine"
    DECLARED_MACHINE_NO_SIGN_FOUND = "declared-machine-no-sign-found"


DISAGREEMENTS: Mapping[str, str] = {
    Disagreement.DECLARED_HUMAN_DETECTED_MACHINE: gettext(
        "Declared human, evidence of a generator"
    ),
    Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND: gettext("Declared machine-made, no sign found"),
}
"""Each in a few words."""
DISAGREE = gettext("Declared and detected disagree")
"""The headline of both."""

_EXPLAINED: Mapping[str, str] = {
    Disagreement.DECLARED_HUMAN_DETECTED_MACHINE: gettext(
        "The file declares that people made it, but the sound shows evidence of a generator. "
        "Neither settles it: a mark can be forged or wrong, and the detector also flags a share "
        "of human music."
    ),
    Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND: gettext(
        "The file declares that a machine made all or part of it, but the sound shows no sign of "
        "a generator. Neither settles it: a mark can be forged or wrong, the detector misses some "
        "generators, and a converted voice or a small part may leave no trace."
    ),
}


def disagreement_of(status: DeclaredStatus, band: Band | None) -> Disagreement | None:
    """Return how a declared status and a detection disagree; ``None`` when they don't.

    Parameters
    ----------
    status
        What all marks together declare.
    band
        What the sound alone shows; ``None`` when it wasn't scored. An undecided sound disagrees
        with no mark.
    """
    if status is DeclaredStatus.HUMAN and band in EVIDENCE:
        return Disagreement.DECLARED_HUMAN_DETECTED_MACHINE
    if status is DeclaredStatus.MACHINE and band is Band.NO_SIGN_FOUND:
        return Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND
    return None


def disagreement(declared: Iterable[Declaration], verdict: Verdict) -> Disagreement | None:
    """Return how the marks of a recording and its detection disagree, if they do.

    >>> disagreement((), Verdict(Band.UNDECIDED, "none", "Undecided."))
    """
    return disagreement_of(declared_status_of(declared), detected_band(verdict))


def in_words(found: Disagreement) -> str:
    """Return a disagreement with its explanation, in whole sentences."""
    return gettext(
        "{disagreement}. {explanation}",
        disagreement=DISAGREEMENTS[found],
        explanation=_EXPLAINED[found],
    )
