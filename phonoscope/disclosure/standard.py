"""The type of a disclosure standard, and the list of all standards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeAlias

from phonoscope.disclosure.fields import Field
from phonoscope.disclosure.model import Declaration
from phonoscope.plugins import collected

Standard: TypeAlias = Callable[[Sequence[Field]], Iterator[Declaration]]
"""Turns the tags of a file into the declarations that they make."""


@cache
def standards() -> tuple[Standard, ...]:
    """Return every standard, Phonoscope's own first."""
    return tuple(collected("phonoscope_disclosure_standards"))
