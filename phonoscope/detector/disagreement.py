"""What a file declares and what its sound shows: whether the two disagree.

Two facts stay two facts: nothing here changes either of them, and neither settles the other.
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
    """How what is declared and what is detected disagree."""

    DECLARED_HUMAN_DETECTED_MACHINE = "declared-human-detected-machine"
    DECLARED_MACHINE_NO_SIGN_FOUND = "declared-machine-no-sign-found"


DISAGREEMENTS: Mapping[str, str] = {
    Disagreement.DECLARED_HUMAN_DETECTED_MACHINE: gettext(
        "Declared human, evidence of a generator"
    ),
    Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND: gettext("Declared machine-made, no sign found"),
}
"""Each in a few words."""

_EXPLAINED: Mapping[str, str] = {
    Disagreement.DECLARED_HUMAN_DETECTED_MACHINE: (
        "the file says that people made it, and the sound shows evidence of a generator. Neither "
        "settles it: a mark is easily forged or wrong, and a share of human music is called "
        "generated too."
    ),
    Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND: (
        "the file says that a machine made it or a part of it, and the sound shows no sign of "
        "that. Neither settles it: a mark may be wrong or forged, a generator may be missed, and "
        "a converted voice or a small part may leave no trace."
    ),
}


def disagreement_of(status: DeclaredStatus, band: Band | None) -> Disagreement | None:
    """Return how a declaration and a detection disagree; ``None`` when they do not.

    Parameters
    ----------
    status
        What all marks together declare.
    band
        What the sound alone shows; ``None`` when it was not scored. An undecided sound
        disagrees with nothing.
    """
    if status is DeclaredStatus.HUMAN and band in EVIDENCE:
        return Disagreement.DECLARED_HUMAN_DETECTED_MACHINE
    if status is DeclaredStatus.MACHINE and band is Band.NO_SIGN_FOUND:
        return Disagreement.DECLARED_MACHINE_NO_SIGN_FOUND
    return None


def disagreement(declared: Iterable[Declaration], verdict: Verdict) -> Disagreement | None:
    """Return how the marks of a recording and the detection in it disagree, if they do.

    >>> disagreement((), Verdict(Band.UNDECIDED, "none", "Undecided."))
    """
    return disagreement_of(declared_status_of(declared), detected_band(verdict))


def in_words(found: Disagreement) -> str:
    """Return a disagreement as a sentence for a person."""
    return f"{DISAGREEMENTS[found]}: {_EXPLAINED[found]}"
