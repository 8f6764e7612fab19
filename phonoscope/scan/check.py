"""Analyse files in worker processes, in order, and store nothing."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from functools import partial

from phonoscope.analysis import Analysis, analyse
from phonoscope.files import uri_of
from phonoscope.scan.messages import Failure
from phonoscope.scan.pool import Pool
from phonoscope.settings import Settings

AHEAD = 4
"""Finished analyses per worker that may wait for a slow one before them."""


def check_files(paths: Iterable[str | os.PathLike[str]], settings: Settings) -> Iterator[Analysis]:
    """Yield the analysis of each file, in the given order.

    Closing the iterator ends the workers. A file that takes too long or crashes its worker gives
    an analysis with an error, like every other bad file.
    """
    with Pool(
        settings.workers,
        time_limit_s=settings.file_time_limit_s,
        memory_mb=settings.worker_memory_mb,
    ) as pool:
        analyse_one = partial(analyse, false_alarms=settings.false_alarms)
        waiting = enumerate(uri_of(path) for path in paths)
        finished: dict[int, Analysis] = {}
        given = 0
        for turn in itertools.count():
            while turn not in finished:
                room = min(pool.free, turn + AHEAD * settings.workers - given)
                for number, uri in itertools.islice(waiting, max(0, room)):
                    pool.submit((number, uri), analyse_one, uri)
                    given += 1
                if not pool.working:
                    return
                for done in pool.wait(60.0):
                    number, uri = done.tag
                    finished[number] = _analysis(uri, done.value)
            yield finished.pop(turn)


def _analysis(uri: str, found: Analysis | Failure) -> Analysis:
    if isinstance(found, Analysis):
        return found
    return Analysis(uri, None, None, error_kind=found.kind, error=found.message)
