"""Ingests in processes of their own, which are killed: at random, or at a certain write."""

import os
import signal

import phonoscope.api as ps
from phonoscope.catalogue.storage import LocalStorage
from phonoscope.ingest import writer
from phonoscope.ingest.formats import discogs_xml
from phonoscope.ingest.readers import csv_file, json_file, parquet_files, sqlite_file
from tests.helpers import forked
from tests.helpers.progress import Recorded

CHUNK_ROWS = 50
PART_ROWS = 300


def ingest(source, catalogue, killed_at=None):
    """Ingest in small parts; the process is killed when it begins its n-th write."""
    sqlite_file.BATCH_ROWS = parquet_files.BATCH_ROWS = CHUNK_ROWS
    csv_file.CHUNK_ROWS = json_file.CHUNK_ROWS = discogs_xml._CHUNK_RECORDS = CHUNK_ROWS
    writer.PART_ROWS = PART_ROWS
    progress = Recorded()
    if killed_at is not None:
        _kill_at(killed_at)
    summary = ps.open_catalogue(catalogue, create=True).ingest(source, progress=progress)
    return summary, progress.messages


def _kill_at(number):
    """Before a write, and after a write before its file has its name, and when one is removed."""
    left = [number]

    def counted(act):
        def at(*arguments):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments)

        return at

    LocalStorage.write = counted(LocalStorage.write)
    LocalStorage.create = counted(LocalStorage.create)
    LocalStorage.remove = counted(LocalStorage.remove)


def _told(source, catalogue, killed_at, pipe):
    try:
        pipe.send(ingest(source, catalogue, killed_at))
    except BaseException as error:
        pipe.send(repr(error))
        raise


def start(source, catalogue, killed_at=None):
    """Start an ingest; returns its process and where what it came to can be received."""
    mine, its = forked.CONTEXT.Pipe(duplex=False)
    process = forked.start(_told, source, catalogue, killed_at, its)
    its.close()
    return process, mine


def run(source, catalogue, killed_at=None):
    """Return the summary of an ingest and its messages, or ``None`` if it was killed."""
    process, pipe = start(source, catalogue, killed_at)
    try:
        found = pipe.recv()
    except EOFError:
        found = None
    process.join(60)
    assert process.exitcode == (0 if found else -signal.SIGKILL), found
    return found
