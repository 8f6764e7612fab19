"""The declared status: what all marks of a recording together declare, in one word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.messages import gettext

MACHINE_MAKING = frozenset({Making.GENERATED, Making.CONVERTED_VOICE})
"""Ways of making that declare a machine."""
WHOLE_PARTS = frozenset({Part.WHOLE, Part.UNSPECIFIED})
"""Parts that stand for the whole recording; a mark without a part counts as one."""
WRITTEN_PARTS = frozenset({Part.COMPOSITION, Part.LYRICS})
"""Parts that are written: if a machine made them, the sound doesn't show it."""


class DeclaredStatus(StrEnum):
    """What a recording declares about how it was made."""

    CONTRADICTORY = "contradictory"
    """Its marks declare both a machine and people for the same part."""
    MACHINE = "machine"
    """A machine made the sound, or a part of it."""
    MACHINE_WRITTEN = "machine-written"
    """A machine wrote the composition or the lyrics; nothing is declared about the sound."""
    ASSISTED = "assisted"
    """A machine helped."""
    HUMAN = "human"
    """People made the whole recording, and no mark declares a machine."""
    UNCLEAR = "unclear"
    """It has marks, but they declare none of this."""
    NOTHING = "nothing"
    """It has no marks."""


DECLARED_STATUSES: Mapping[str, str] = {
    DeclaredStatus.MACHINE: gettext("Machine-made"),
    DeclaredStatus.HUMAN: gettext("Human"),
    DeclaredStatus.ASSISTED: gettext("Assisted"),
    DeclaredStatus.MACHINE_WRITTEN: gettext("Written by a machine"),
    DeclaredStatus.CONTRADICTORY: gettext("Contradictory"),
    DeclaredStatus.UNCLEAR: gettext("Unclear"),
    DeclaredStatus.NOTHING: gettext("No declaration"),
}
"""Statuses in words, in the order of a table."""


def declared_status_of(declared: Iterable[Declaration]) -> DeclaredStatus:
    """Return what marks together declare, which may be false.

    Parameters
    ----------
    declared
        All marks of one recording. A mark for a part is only about that part, so a human singer
        over a generated band isn't a contradiction.
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
