"""What all marks of a recording together declare: one word for each recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.messages import gettext

MACHINE_MAKING = frozenset({Making.GENERATED, Making.CONVERTED_VOICE})
"""Ways of making that declare a machine."""
WHOLE_PARTS = frozenset({Part.WHOLE, Part.UNSPECIFIED})
"""Parts by which a mark speaks of the whole recording; one that names no part does."""
WRITTEN_PARTS = frozenset({Part.COMPOSITION, Part.LYRICS})
"""Parts that are written, not heard: made by a machine, they leave nothing in the sound."""


class DeclaredStatus(StrEnum):
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


DECLARED_STATUSES: Mapping[str, str] = {
    DeclaredStatus.MACHINE: gettext("Machine-made"),
    DeclaredStatus.HUMAN: gettext("Human"),
    DeclaredStatus.ASSISTED: gettext("Assisted"),
    DeclaredStatus.MACHINE_WRITTEN: gettext("Written by a machine"),
    DeclaredStatus.CONTRADICTORY: gettext("Both, contradicting"),
    DeclaredStatus.UNCLEAR: gettext("Unclear"),
    DeclaredStatus.NOTHING: gettext("Nothing"),
}
"""Each in a few words, in the order in which a table shows them."""


def declared_status_of(declared: Iterable[Declaration]) -> DeclaredStatus:
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
        DeclaredStatus.CONTRADICTORY: bool(machine & human),
        DeclaredStatus.MACHINE: bool(machine - WRITTEN_PARTS),
        DeclaredStatus.MACHINE_WRITTEN: bool(machine),
        DeclaredStatus.ASSISTED: any(making == Making.ASSISTED for making, _ in marks),
        DeclaredStatus.HUMAN: Part.WHOLE in human,
        DeclaredStatus.UNCLEAR: bool(marks),
        DeclaredStatus.NOTHING: True,
    }
    return next(status for status, is_so in holds.items() if is_so)


def _of(part: str) -> str:
    return Part.WHOLE if part in WHOLE_PARTS else part
