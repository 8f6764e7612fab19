"""Types that all packages share, and how to declare a stored column."""

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
        One sentence for the documented schema: what it is, its unit (which is also in the name),
        its range, and what an empty value means.
    default
        Default value; without it the field is required.
    formerly
        Whole name of the stored column in catalogues of an earlier format. Parts are never
        rewritten for a name; readers accept both names.

    Returns
    -------
    Any
        A :func:`dataclasses.field` with ``doc`` in its metadata.
    """
    metadata = {"doc": doc, "formerly": formerly}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def columns_in(declared: Any) -> Iterator[dataclasses.Field[Any]]:
    """Yield the fields of a dataclass, or of an instance, that are stored as columns.

    Parameters
    ----------
    declared
        Fields without :func:`column` are only used during an analysis, e.g. spectra for the
        detector; no row and no JSON has them.
    """
    return (field for field in dataclasses.fields(declared) if "doc" in field.metadata)


@dataclasses.dataclass(frozen=True)
class Statement:
    """One piece of evidence: a text for people, with its strength and its figures."""

    kind: str
    """Name of the feature, e.g. ``"bandwidth"``."""
    says: str
    """Some sentences with numbers and units, in English where they are stored."""
    strength: float
    """From 0 (no sign of a machine or a defect) to 1 (very unlikely to be chance)."""
    also: str = ""
    """What else could cause it; empty when no other cause is known."""
    numbers: Mapping[str, float | int | str | None] = dataclasses.field(default_factory=dict)
    """The figures in the text, by column name."""
