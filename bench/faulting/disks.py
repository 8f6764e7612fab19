"""Disks that are full or broken, at every point of work that writes."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from bench.faulting.failing_disk import failing, failing_reads
from bench.faulting.tally import Tally
from bench.faulting.work import WORK
from phonoscope.errors import PhonoscopeError

IN_PROCESS = ("ingest", "ingest again", "compact", "label write", "plays", "decisions")
"""Work that runs in one process, in which the disk fails."""
ERRORS = {"write": errno.ENOSPC, "fsync": errno.EIO, "rename": errno.EIO, "link": errno.ENOSPC}


def fail_disk(name: str, kind: str, tries: int, folder: Path) -> Tally:
    """Let the disk fail in some work: at its first operation, the second, and so on.

    Parameters
    ----------
    name
        Of :data:`.work.WORK`.
    kind
        Of :data:`ERRORS`, or ``"read"``.
    tries
        First operations to fail at; every tenth one after that fails as well.
    folder
        An empty folder.
    """
    work, tally = WORK[name], Tally(f"{kind} fails in {name}")
    start_from, here = folder / "start", folder / "here"
    here.mkdir(parents=True)
    work.prepare(here)
    shutil.copytree(here, start_from)
    for first in range(1, tries + 1):
        tally.tries += 1
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(start_from, here)
        layer = failing_reads(first) if kind == "read" else failing(kind, first, code=ERRORS[kind])
        with layer as countdown:
            try:
                work.run(here)
            except (PhonoscopeError, OSError):
                # Said, as it should be.
                pass
            except Exception as error:
                tally.failures.append(f"at {first}: {type(error).__name__}: {error}"[:300])
        tally.hits += countdown.failed > 0
        tally.check(lambda: work.wrong(here), f"after {first}")
        try:
            work.run(here)
        except Exception as error:
            tally.failures.append(f"again after {first}: {type(error).__name__}: {error}"[:300])
        tally.check(lambda: work.wrong(here), f"at the end of {first}")
        tally.check(lambda: work.unfinished(here), f"at the end of {first}")
    return tally
