"""One recording on paper."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from phonoscope.dossier.content import Dossier


def write_dossier(dossier: Dossier, path: str | os.PathLike[str]) -> Path:
    """Write what :meth:`.Catalogue.dossier` returned as one HTML page that loads nothing.

    Raises
    ------
    UsageError
        When it can't be written there; a file of before is untouched then.
    """
    from phonoscope.dossier.page import write

    return write(dossier, os.fspath(path))
