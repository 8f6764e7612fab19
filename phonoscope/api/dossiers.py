"""One recording, or one group of accounts, on paper."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from phonoscope.dossier.content import Dossier
    from phonoscope.dossier.play_group import GroupDossier


def write_dossier(dossier: Dossier | GroupDossier, path: str | os.PathLike[str]) -> Path:
    """Write what :meth:`.Catalogue.dossier` or :meth:`.Plays.dossier` returned as one HTML page.

    The page loads nothing.

    Raises
    ------
    UsageError
        When it can't be written there; a file of before is untouched then.
    """
    from phonoscope.dossier import page, play_group_page
    from phonoscope.dossier.play_group import GroupDossier

    made = play_group_page if isinstance(dossier, GroupDossier) else page
    return page.write_page(made.html(dossier), os.fspath(path))
