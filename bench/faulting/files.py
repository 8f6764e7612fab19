"""Mutated files of 31 containers: analysed, read and labelled, in processes that may crash.

A process reads many files one after another, because starting one for each would cost many times
what reading costs. When it dies or hangs, its file is kept as a failure, and the next process goes
on after it. Every file depends on the seed and its number only, so one can be made again.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
import traceback
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from bench.faulting.tally import Tally
from phonoscope.analysis import analyse
from tests.helpers.containers import seed as seed_file
from tests.helpers.mutated_files import (
    MOST_GROWTH_MIB,
    drawn,
    grown_mib,
    hold_examination,
    hold_marks,
    hold_writing,
    peak_kib,
)

FILES_OF_A_PROCESS = 2_000
LONGEST_S = 120.0
"""Seconds without an answer after which a file counts as one that hangs."""
MOST_MEMORY = 4 << 30
"""Address space of a process, bytes: a file that asks for more fails, and not the machine."""


def mutated_file(seed: int, number: int) -> bytes:
    """Return a file of a campaign."""
    return drawn(np.random.default_rng((seed, number)))


def read(
    tries: int,
    folder: Path,
    seed: int = 1,
    kept: Path | None = None,
    seconds: float = float("inf"),
) -> Tally:
    """Analyse, read and label mutated files.

    Parameters
    ----------
    tries
        Files.
    folder
        An empty folder.
    seed
        Of the mutations.
    kept
        Where files are kept that fail; by default nowhere.
    seconds
        Time after which no more files are read.
    """
    tally = Tally("mutated files")
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    while tally.tries < tries and time.monotonic() < until:
        first, last = tally.tries, min(tries, tally.tries + FILES_OF_A_PROCESS)
        mine, its = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=_read_some, args=(range(first, last), seed, folder, its)
        )
        process.start()
        its.close()
        while tally.tries < last and time.monotonic() < until:
            number = tally.tries
            try:
                answer = mine.recv() if mine.poll(LONGEST_S) else "hangs"
            except EOFError:
                answer = "crashes"
            tally.tries += 1
            # A file that still decodes comes to the features.
            tally.hits += answer == "sound"
            if answer not in {"sound", "refused"}:
                tally.failures.append(f"file {number} of seed {seed}: {answer}"[:1000])
                if kept is not None:
                    kept.mkdir(parents=True, exist_ok=True)
                    (kept / f"{seed}-{number}").write_bytes(mutated_file(seed, number))
            if answer in {"hangs", "crashes"}:
                break
        process.kill()
        process.join()
        mine.close()
    return tally


def _read_some(numbers: range, seed: int, folder: Path, answers: Connection) -> None:
    """Read files; send a word for each."""
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    path = folder / "mutated"
    # The first analysis also imports everything.
    path.write_bytes(seed_file("wav-16"))
    analyse(str(path))
    before_kib = peak_kib()
    for number in numbers:
        try:
            answer = _read_one(mutated_file(seed, number), path)
        except Exception:
            answer = traceback.format_exc(limit=-3)
        if grown_mib(before_kib) > MOST_GROWTH_MIB:
            answer = f"memory grew by {grown_mib(before_kib):.0f} MiB"
            # The next file is measured from here: the most memory never gets less.
            before_kib = peak_kib()
        answers.send(answer)


def _read_one(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    sounds = hold_examination(path)
    hold_marks(data)
    with tempfile.TemporaryDirectory(dir=path.parent) as alone:
        hold_writing(data, Path(alone))
    return "sound" if sounds else "refused"
