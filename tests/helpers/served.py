"""A catalogue of real files, made by the tests, and a server on it."""

import contextlib
import os
import tempfile
import threading
import time
import warnings

import uvicorn

from phonoscope.analysis import analyse
from phonoscope.catalogue.schema.tables import FileRow, Outcome, rows_of
from phonoscope.files import stat_source, uri_of
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.sounds import noise, sine, write

with warnings.catch_warnings():
    # Starlette would rather have httpx2; it works with httpx, which is installed.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", UserWarning)
    from starlette.testclient import TestClient

__all__ = ["HOSTILE", "TestClient", "catalogue_of", "examined_outcome", "make_files", "serving"]

TEMPORARY = (tempfile.gettempdir(),)
HOSTILE = "<img src=x onerror=alert(1)>\"'&\n\u202e.wav"


def make_files(folder):
    """Files of every sort that a page must show; returns their paths."""
    song = sine(6.0) + noise(6.0, amplitude=0.01)
    paths = [
        write(folder / "a song.wav", song),
        write(folder / HOSTILE, sine(3.0, frequency_hz=440.0)),
        write(folder / "Ünïcode 中文 🎵.flac", noise(4.0), form="flac-16"),
        write(folder / "apple.aiff", sine(2.0), form="aiff-16"),
        write(folder / "soon gone.wav", noise(2.0, seed=5)),
        write(
            folder / "machine.mp3",
            noise(5.0, seed=9),
            form="mp3",
            tags={"title": "<b>Bold</b> song", "artist": "Nobody", "comment": "made with suno.com"},
        ),
    ]
    (folder / "text.mp3").write_text("not a sound")
    bad = os.fsencode(folder) + b"/invalid \xff\xfe.mp3"
    with open(bad, "wb"):
        pass
    return [*map(str, paths), str(folder / "text.mp3"), os.fsdecode(bad)]


def catalogue_of(paths):
    """The catalogue that a scan of these files makes."""
    tables = rows_of([examined_outcome(path) for path in paths], "scan", "batch")
    return MemoryCatalogue(path="my catalogue", **tables)


def examined_outcome(path):
    """What a scan makes of a file."""
    uri, examined = uri_of(path), analyse(path)
    stat = stat_source(uri)
    row = FileRow(
        uri,
        stat.size_bytes,
        stat.mtime_ns,
        examined.recording_id,
        examined.error_kind,
        examined.error,
    )
    return Outcome(row, examined)


@contextlib.contextmanager
def serving(catalogue, music=TEMPORARY):
    """Serve a catalogue on a free port; gives the address."""
    config = uvicorn.Config(
        create_app(catalogue, music=music), port=0, log_level="error", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
