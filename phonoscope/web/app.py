"""Make the web application of a catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.errors import MissingExtraError

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app(catalogue: CatalogueReader, *, hosts: Iterable[str] = ()) -> FastAPI:
    """Return the application that shows a catalogue: pages under ``/``, JSON under ``/api``.

    Parameters
    ----------
    catalogue
        An opened catalogue; a scan may go on in it meanwhile.
    hosts
        Host names to answer besides ``localhost``, ``127.0.0.1`` and ``[::1]``.

    Raises
    ------
    MissingExtraError
        When FastAPI is not installed.
    """
    try:
        import fastapi  # noqa: F401, PLC0415  (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", "serving pages") from error
    from phonoscope.web.server import serve  # noqa: PLC0415  (imports the extra)

    return serve(catalogue, hosts)
