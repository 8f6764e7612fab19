"""Phonoscope: the open microscope for music catalogues.

>>> import phonoscope as ps
>>> exam = ps.examine("song.mp3")                    # doctest: +SKIP
>>> catalogue = ps.open_catalogue("my-catalogue")    # doctest: +SKIP

What is named here is public; it is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from phonoscope.errors import (
    CatalogueError,
    LabelError,
    MissingExtraError,
    NewerCatalogueError,
    PhonoscopeError,
    SourceError,
    UnreadableError,
    UsageError,
)

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis, analyse
    from phonoscope.api import Catalogue, ScanSummary, check, format_of, open_catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.read import read_labels
    from phonoscope.disclosure.writing import Labelling, write_label
    from phonoscope.settings import Settings

__all__ = [
    "Analysis",
    "Catalogue",
    "CatalogueError",
    "Declaration",
    "LabelError",
    "Labelling",
    "MissingExtraError",
    "NewerCatalogueError",
    "PhonoscopeError",
    "ScanSummary",
    "Settings",
    "SourceError",
    "UnreadableError",
    "UsageError",
    "analyse",
    "check",
    "format_of",
    "open_catalogue",
    "read_labels",
    "write_label",
]

_LAZY = {
    "Catalogue": "phonoscope.api",
    "Declaration": "phonoscope.disclosure.model",
    "Analysis": "phonoscope.analysis",
    "Labelling": "phonoscope.disclosure.writing",
    "ScanSummary": "phonoscope.api",
    "Settings": "phonoscope.settings",
    "check": "phonoscope.api",
    "analyse": "phonoscope.analysis",
    "open_catalogue": "phonoscope.api",
    "format_of": "phonoscope.api",
    "layout_of": "phonoscope.api",
    "read_labels": "phonoscope.disclosure.read",
    "write_label": "phonoscope.disclosure.writing",
}
"""Where a public name lives whose import takes long."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
