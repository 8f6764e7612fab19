"""Types that every floor shares, and the one way to declare a stored column."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
"""An array of float32. Docstrings give its shape, unit and range."""


def column(doc: str, *, default: Any = dataclasses.MISSING, formerly: str = "") -> Any:
    """Declare a dataclass field that is stored as a catalogue column.

    Parameters
    ----------
    doc
        One sentence for the documented schema: what it is, its unit (also in the
        name), its range, and what an empty value means.
    default
        Default value; without it the field is required.
    formerly
        Whole name of the stored column in catalogues of an earlier format. Parts are never
        rewritten for a name: whoever reads one takes the old column for the new one.

    Returns
    -------
    Any
        A :func:`dataclasses.field` carrying ``doc`` in its metadata.
    """
    metadata = {"doc": doc, "formerly": formerly}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def columns_in(declared: Any) -> Iterator[dataclasses.Field[Any]]:
    """Yield the fields of a dataclass, or of one of its values, that are stored as columns.

    Parameters
    ----------
    declared
        Its fields without :func:`column` are for the program's own use while a recording is
        examined, e.g. spectra that only the verdict needs; no row and no JSON holds them.
    """
    return (field for field in dataclasses.fields(declared) if "doc" in field.metadata)


@dataclasses.dataclass(frozen=True)
class Statement:
    """One thing the evidence says, in plain words, with how strongly it says it."""

    kind: str
    """Name of the question it answers, e.g. ``"bandwidth"``."""
    says: str
    """One or two sentences a person understands, with numbers and units."""
    strength: float
    """0 (says nothing about a machine or a defect) to 1 (can hardly be chance)."""
    also: str = ""
    """What else could cause it; empty when nothing is known to."""
    numbers: Mapping[str, float | int | str | None] = dataclasses.field(default_factory=dict)
    """The figures behind the sentence, by column name."""
