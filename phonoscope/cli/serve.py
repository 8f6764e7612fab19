"""``phonoscope serve``: the pages of a catalogue and its API."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import suppress
from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, FullPaths, Quiet, person_path
from phonoscope.cli.terminal import finish_stdout, message, write, write_json
from phonoscope.errors import MissingExtraError, UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

_log = logging.getLogger(__name__)

EXAMPLES = """\b
Examples:
  phonoscope serve my-catalogue
  phonoscope serve my-catalogue --port 0 --json
"""
INTERRUPTED = gettext("The server has stopped. Decisions about copies are saved.")
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  (compared, not bound)
"""Hosts that mean every address of this machine."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(
    catalogue: CatalogueArgument,
    *,
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen on. By default only this machine can connect."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 picks a free one.")
    ] = 8765,
    music: Annotated[
        list[str] | None,
        typer.Option(
            "--music",
            metavar="FOLDER",
            help="Also play files in this folder, named by the catalogue. By default only files in "
            "folders that you have scanned into it yourself. May be given several times.",
        ),
    ] = None,
    full_paths: FullPaths = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Show a catalogue in the browser, until Ctrl-C.

    Prints the address; open it yourself. There is no password: anyone who can reach the address
    can read the catalogue, play its recordings, and decide which are copies. The pages write
    nothing except these decisions, which you can withdraw. Your files are only read.
    docs/api-json.md describes the JSON under /api.
    """
    try:
        import uvicorn

        from phonoscope.web.app import create_app
        from phonoscope.web.connections import Connection
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", gettext("Serving pages needs a web server.")) from error
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    app = create_app(
        opened, hosts=host_names(host), full_paths=full_paths, music=_folders(music or [])
    )
    listener = _listen(host, port)
    _announce(listener, host, as_json, quiet)
    config = uvicorn.Config(app, http=Connection, ws="none", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    with listener:
        server.run(sockets=[listener])
    # uvicorn handles Ctrl-C itself and returns after the last open response.
    raise KeyboardInterrupt


def _folders(named: list[str]) -> list[str]:
    """Return the folders of --music; each has to be there."""
    paths = [person_path(one) for one in named]
    for path in paths:
        if not os.path.isdir(path):
            raise UsageError(
                gettext("{folder} isn't a folder.", folder=printable(path)), code="no-such-folder"
            )
    return paths


def host_names(host: str) -> list[str]:
    """Return the names under which browsers reach a host; addresses are known anyway."""
    names = [f"[{host}]" if ":" in host else host]
    if host in EVERYWHERE:
        names += [socket.gethostname(), socket.getfqdn()]
    with suppress(UnicodeError):
        # Browsers send names that aren't ASCII in this form.
        names += [name.encode("idna").decode() for name in names]
    return names


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        raise UsageError(
            gettext(
                "The server can't listen on {host}, port {port}: {why}. Try another --port, or "
                "--port 0 for any free one.",
                host=printable(host),
                port=str(port),
                why=printable(error.strerror or str(error)),
            ),
            code="cannot-listen",
        ) from error


def _announce(listener: socket.socket, host: str, as_json: bool, quiet: bool) -> None:
    port = listener.getsockname()[1]
    url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    if as_json:
        write_json({"url": url, "host": host, "port": port}, "phonoscope-serve/1")
    else:
        write(url)
        finish_stdout()
    _log.info("serving at port %d", port)
    if quiet:
        return
    if host not in LOOPBACK:
        message(
            gettext(
                "There is no password: anyone who can reach this address can read the catalogue "
                "and decide which recordings are copies."
            )
        )
    message(gettext("Press Ctrl-C to stop."))
