"""A catalogue that a command writes to, and that is gone again when the command fails at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from phonoscope.cli.options import person_path

if TYPE_CHECKING:
    from phonoscope.api import Catalogue


@contextmanager
def catalogue_for(path: str, *, create: bool = True) -> Iterator[Catalogue]:
    """Open a catalogue to write to, or make one.

    If the work inside raises before it has written anything, a catalogue that was made here is
    removed again, so that a failed command leaves nothing behind.

    Parameters
    ----------
    path
        Folder or URL, as the person typed it.
    create
        Make a new one where there's nothing or an empty folder.
    """
    from phonoscope import api
    from phonoscope.catalogue.storage import storage_of
    from phonoscope.catalogue.store import MARKER
    from phonoscope.catalogue.versions import FOLDER as VERSIONS

    folder = Path(person_path(path))
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    place = storage_of(person_path(path))
    is_new = place.read(MARKER) is None
    catalogue = api.open_catalogue(person_path(path), create=create)
    try:
        yield catalogue
    except BaseException:
        if is_new and set(place.names()) <= {MARKER}:
            place.remove(MARKER)
            for name in place.names(VERSIONS):
                place.remove(f"{VERSIONS}/{name}")
            for one in (folder / VERSIONS, *missing):
                # Another program may have written into it meanwhile.
                with suppress(OSError):
                    one.rmdir()
        raise
