"""Whether a recording was made by a music generator.

Until a calibrated model stands behind it, the verdict is ``undecided`` for every
recording that carries no mark, and says so. A mark makes it ``generated`` with the
basis ``declared``; probabilities stay empty, because nothing was detected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from phonoscope.labels.model import Declaration, Making, Part
from phonoscope.types import column


class Band(StrEnum):
    """The verdict in one word."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly-generated"
    UNDECIDED = "undecided"
    NO_SIGN_FOUND = "no-sign-found"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Verdict:
    """A verdict with what it rests on."""

    verdict: Band = column("generated, partly-generated, undecided, no-sign-found or unreadable.")
    basis: str = column("What the verdict rests on: 'declared', 'detected' or 'none'.")
    p_generated: float | None = column("Probability of a generator, 0 to 1; empty without a model.")
    p_value: float | None = column("Share of human music that looks as much like one; 0 to 1.")
    generator: str | None = column("Generator or family; empty when unknown.")
    model: str | None = column("Name and version of the model that decided; empty without one.")
    says: str = column("The verdict in a sentence.")


UNREADABLE = Verdict(
    Band.UNREADABLE, "none", None, None, None, None, "Could not be examined; see the error."
)


def judge(declared: Sequence[Declaration]) -> Verdict:
    """Weigh what is known of one recording.

    Parameters
    ----------
    declared
        Marks found in the file.

    Returns
    -------
    Verdict
        ``generated`` or ``partly-generated`` on the basis of a mark, else ``undecided``.
    """
    generated = [d for d in declared if d.making in (Making.GENERATED, Making.CONVERTED_VOICE)]
    if not generated:
        return Verdict(
            Band.UNDECIDED,
            "none",
            None,
            None,
            None,
            None,
            "Undecided: no calibrated model of this version weighs the evidence, and no mark "
            "declares a generator. That is not a sign of human making.",
        )
    whole = [d for d in generated if d.part in (Part.WHOLE, Part.UNSPECIFIED)]
    mark = (whole or generated)[0]
    band = Band.GENERATED if whole else Band.PARTLY_GENERATED
    by = f" by {mark.tool}" if mark.tool else ""
    return Verdict(
        band,
        "declared",
        None,
        None,
        mark.tool,
        None,
        f"Declared, not detected: a mark in the file ({mark.place}) says that it was made by a "
        f"machine{by}.",
    )
