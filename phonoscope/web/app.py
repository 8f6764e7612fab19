"""Make the web application of a catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.errors import MissingExtraError
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app(
    catalogue: CatalogueReader,
    *,
    hosts: Iterable[str] = (),
    full_paths: bool = False,
    music: Iterable[str | PathLike[str]] = (),
) -> FastAPI:
    """Return the application that shows a catalogue: pages under ``/``, JSON under ``/api``.

    Parameters
    ----------
    catalogue
        An opened catalogue; a scan may be running in it.
    hosts
        Host names to answer in addition to ``localhost``, ``127.0.0.1`` and ``[::1]``.
    full_paths
        Whether to show full paths of files, not those relative to the scanned folder.
    music
        Folders whose files are played, in addition to those that this user has scanned into the
        catalogue.

    Raises
    ------
    MissingExtraError
        When FastAPI is not installed.
    """
    try:
        import fastapi  # noqa: F401, PLC0415  (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", gettext("Serving pages needs a web server.")) from error
    from phonoscope.web.server import serve  # noqa: PLC0415  (imports the extra)

    return serve(catalogue, hosts, full_paths=full_paths, music=music)
