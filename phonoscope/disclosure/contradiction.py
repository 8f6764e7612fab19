"""Marks in a file that contradict a new label."""

from __future__ import annotations

from collections.abc import Sequence

from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.disclosure.model import Declaration, Making, Part

NOT_NAMED = (Part.SOME, Part.UNSPECIFIED)
"""Parts of declarations that don't say which part they are about."""


def contradicting(
    declared: Sequence[Declaration], found: Sequence[Declaration]
) -> tuple[Declaration, ...]:
    """Return the marks that can't be true if the declarations are.

    Standards say the same with more or less detail: a mark for *some* part, or without a part,
    fits many declarations. A mark that doesn't say how a part was made contradicts nothing.

    Parameters
    ----------
    declared
        What is declared now.
    found
        Marks of any standard.

    Examples
    --------
    >>> new = Declaration("", Part.WHOLE, Making.HUMAN, None, None, "", "")
    >>> old = Declaration("gb45438", Part.UNSPECIFIED, Making.GENERATED, None, None, "", "1")
    >>> [mark.standard for mark in contradicting([new], [old])]
    ['gb45438']
    """
    said = {(d.part, d.making) for d in declared}
    return tuple(
        mark
        for mark in found
        if (mark.part, mark.making) not in said and any(_differ(mark, d) for d in declared)
    )


def _differ(one: Declaration, other: Declaration) -> bool:
    if Making.UNSPECIFIED in (one.making, other.making) or one.making is other.making:
        return False
    if one.part is other.part and one.part not in NOT_NAMED:
        return True
    return _excludes(one, other) or _excludes(other, one)


def _excludes(whole: Declaration, part: Declaration) -> bool:
    """Whether a statement about the whole recording leaves no room for one about a part."""
    if whole.part is not Part.WHOLE:
        return False
    match whole.making:
        case Making.HUMAN:
            return part.making is not Making.HUMAN
        case Making.GENERATED:
            return part.making is Making.HUMAN
        case Making.ASSISTED:
            return part.part is Part.UNSPECIFIED and part.making in MACHINE_MAKING
    return False
