"""Phonoscope: the open microscope for music catalogues.

>>> import tempfile
>>> import phonoscope as ps
>>> ps.analyse("no-such-file.mp3").error
"The file doesn't exist."
>>> with tempfile.TemporaryDirectory() as folder:
...     catalogue = ps.open_catalogue(folder, create=True)
...     catalogue["recordings"].count().to_pyarrow().as_py()
0

These names are public. Each is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from phonoscope.deprecation import warn_deprecated
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
from phonoscope.lazy import lazily

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis, analyse
    from phonoscope.api import Catalogue, ScanSummary, check, format_of, open_catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.read import read_labels
    from phonoscope.disclosure.removal import remove_label
    from phonoscope.disclosure.writing import Labelling, write_label
    from phonoscope.scan.limited import LimitedWorker
    from phonoscope.settings import Settings

__all__ = [
    "Analysis",
    "Catalogue",
    "CatalogueError",
    "Declaration",
    "LabelError",
    "Labelling",
    "LimitedWorker",
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
    "remove_label",
    "write_label",
]

_FORMER = {"Examination": "Analysis", "examine": "analyse"}
"""Names up to version 0.1, and their new names."""

_lazy = lazily(
    __name__,
    {
        "Analysis": "phonoscope.analysis",
        "Catalogue": "phonoscope.api",
        "Declaration": "phonoscope.disclosure.model",
        "Labelling": "phonoscope.disclosure.writing",
        "LimitedWorker": "phonoscope.scan.limited",
        "ScanSummary": "phonoscope.api",
        "Settings": "phonoscope.settings",
        "analyse": "phonoscope.analysis",
        "check": "phonoscope.api",
        "format_of": "phonoscope.api",
        "layout_of": "phonoscope.api",
        "open_catalogue": "phonoscope.api",
        "read_labels": "phonoscope.disclosure.read",
        "remove_label": "phonoscope.disclosure.removal",
        "write_label": "phonoscope.disclosure.writing",
    },
)


def __getattr__(name: str) -> Any:
    if name in _FORMER:
        new = _FORMER[name]
        warn_deprecated(f"phonoscope.{name}", f"phonoscope.{new}", since="0.2")
        return _lazy(new)
    if name == "__version__":
        return import_module("importlib.metadata").version("phonoscope")
    return _lazy(name)


def __dir__() -> list[str]:
    return __all__
