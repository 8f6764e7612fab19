"""What all marks of a recording together declare: one word for each recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from phonoscope.disclosure.model import Declaration, Making, Part

MACHINE_MAKING = frozenset({Making.GENERATED, Making.CONVERTED_VOICE})
"""Ways of making that declare a machine."""
WHOLE_PARTS = frozenset({Part.WHOLE, Part.UNSPECIFIED})
"""Parts by which a mark speaks of the whole recording; one that names no part does."""
WRITTEN_PARTS = frozenset({Part.COMPOSITION, Part.LYRICS})
"""Parts that are written, not heard: made by a machine, they leave nothing in the sound."""


class Stance(StrEnum):
    """What a recording declares about how it was made."""

    CONTRADICTORY = "contradictory"
    """Its marks say of the same part that a machine and that people made it."""
    MACHINE = "machine"
    """A machine made what is heard, or a part of it."""
    MACHINE_WRITTEN = "machine-written"
    """A machine wrote composition or lyrics; of the sound nothing is declared."""
    ASSISTED = "assisted"
    """A machine helped."""
    HUMAN = "human"
    """People made it as a whole, and nothing declares a machine."""
    UNCLEAR = "unclear"
    """It carries marks that say none of this."""
    NOTHING = "nothing"
    """It carries no mark."""


STANCES: Mapping[str, str] = {
    Stance.MACHINE: "Machine-made",
    Stance.HUMAN: "Human",
    Stance.ASSISTED: "Assisted",
    Stance.MACHINE_WRITTEN: "Written by a machine",
    Stance.CONTRADICTORY: "Both, contradicting",
    Stance.UNCLEAR: "Unclear",
    Stance.NOTHING: "Nothing",
}
"""Each in a few words, in the order in which a table shows them."""


def stance_of(declared: Iterable[Declaration]) -> Stance:
    """Return what marks together declare, whether or not it is true.

    Parameters
    ----------
    declared
        All marks of one recording. A mark of a part speaks of that part only: a human singer
        over a generated band contradicts nothing.
    """
    marks = [(mark.making, _of(mark.part)) for mark in declared]
    machine = {part for making, part in marks if making in MACHINE_MAKING}
    human = {part for making, part in marks if making == Making.HUMAN}
    holds = {
        Stance.CONTRADICTORY: bool(machine & human),
        Stance.MACHINE: bool(machine - WRITTEN_PARTS),
        Stance.MACHINE_WRITTEN: bool(machine),
        Stance.ASSISTED: any(making == Making.ASSISTED for making, _ in marks),
        Stance.HUMAN: Part.WHOLE in human,
        Stance.UNCLEAR: bool(marks),
        Stance.NOTHING: True,
    }
    return next(stance for stance, is_so in holds.items() if is_so)


def _of(part: str) -> str:
    return Part.WHOLE if part in WHOLE_PARTS else part
