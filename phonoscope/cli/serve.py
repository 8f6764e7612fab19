"""``phonoscope serve``: the pages of a catalogue and its API, for a browser."""

from __future__ import annotations

import logging
import socket
from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, FullPaths, Quiet, person_path
from phonoscope.cli.terminal import finish_stdout, message, write, write_json
from phonoscope.errors import MissingExtraError, UsageError
from phonoscope.messages import gettext

_log = logging.getLogger(__name__)

EXAMPLES = """\b
Examples:
  phonoscope serve my-catalogue
  phonoscope serve my-catalogue --port 0 --json
"""
INTERRUPTED = "Nothing is served any more; the catalogue is whole, with what was said of copies."
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(
    catalogue: CatalogueArgument,
    *,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; only this machine by default.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")
    ] = 8765,
    full_paths: FullPaths = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Serve the pages of a catalogue to a browser, until Ctrl-C.

    Prints the address and opens nothing by itself. Anyone who can reach the address can
    read the catalogue, hear its recordings, and say which are copies of each other; there
    is no password. What is said of copies is the one thing the pages write: it is kept in
    the catalogue and can be taken back. Your files are only read. docs/api-json.md documents
    the JSON under /api.
    """
    try:
        import uvicorn

        from phonoscope.web.app import create_app
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", gettext("Serving pages needs a web server.")) from error
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    app = create_app(opened, full_paths=full_paths)
    listener = _listen(host, port)
    _announce(listener, host, as_json, quiet)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    with listener:
        server.run(sockets=[listener])
    # uvicorn takes Ctrl-C itself and returns once open answers are finished.
    raise KeyboardInterrupt


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {host} port {port}: {error.strerror or error}. "
            "Another --port may be free; --port 0 takes any."
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
            "Anyone who can reach this address can read the catalogue, and say what in it is "
            "a copy; there is no password."
        )
    message("Serving until Ctrl-C.")
