"""Declarations of several standards about one file, as one statement.

``label read`` finds the same label several times, with more or less detail: AI tags have parts and
a tool, an AIGC field only that something was generated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from phonoscope.disclosure.contradiction import NOT_NAMED, contradicting
from phonoscope.disclosure.model import Declaration, Making, Part

SUNG = (Part.VOCALS, Part.WHOLE)
"""Parts that a voice is declared for."""


def by_standard(declared: Sequence[Declaration]) -> dict[str, list[Declaration]]:
    """Return declarations by their standard, in order."""
    groups: dict[str, list[Declaration]] = {}
    for each in declared:
        groups.setdefault(each.standard, []).append(each)
    return groups


def conflicts(declared: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return two or more declarations of different standards that can't all be true."""
    groups = by_standard(declared)
    for standard, ours in groups.items():
        others = [d for d in declared if d.standard != standard]
        if against := contradicting(ours, others):
            return (*ours, *against)
    return ()


def merged(declared: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return what several standards say together: the most detailed, completed from the others.

    Parameters
    ----------
    declared
        Declarations without :func:`conflicts`.

    Returns
    -------
    tuple of Declaration
        Without a standard. Tool, producer, voice and time are filled in where the most detailed
        standard has none and the others agree on one.
    """
    groups = list(by_standard(declared).values())
    best = max(groups, key=_detail)
    said = tuple(dict.fromkeys(_bare(d) for d in best))
    filled = {
        name: values.pop()
        for name in ("tool", "producer", "voice", "declared_utc")
        if not any(getattr(d, name) for d in said)
        and len(values := {v for d in declared if (v := getattr(d, name))}) == 1
    }
    return tuple(dataclasses.replace(d, **_fitting(d, filled)) for d in said)


def _detail(group: Sequence[Declaration]) -> tuple[int, int]:
    """Return how much a standard says: named parts with a making, then other cells."""
    parts = sum(d.part not in NOT_NAMED and d.making is not Making.UNSPECIFIED for d in group)
    cells = sum(bool(v) for d in group for v in (d.tool, d.producer, d.voice, d.declared_utc))
    return parts, cells


def _bare(declared: Declaration) -> Declaration:
    return dataclasses.replace(
        declared, standard="", place="", value="", signer=None, signature=None
    )


def _fitting(declared: Declaration, filled: dict[str, Any]) -> dict[str, Any]:
    """Return the filled cells that a declaration can have."""
    return {
        name: value
        for name, value in filled.items()
        if (name != "tool" or declared.making is not Making.HUMAN)
        and (name != "voice" or declared.part in SUNG)
    }
