"""kill -9 at random points of work that writes."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from bench.faulting.processes import LONGEST_S, killed_after, start, took_s
from bench.faulting.tally import Tally
from bench.faulting.work import WORK

MOST_IN_A_ROW = 6
"""Kills after which the work may end, and is then looked at as a whole."""


def kill(name: str, tries: int, folder: Path, seed: int = 1) -> Tally:
    """Kill some work at random points; after each kill everything has to hold.

    Parameters
    ----------
    name
        Of :data:`.work.WORK`.
    tries
        Kills.
    folder
        An empty folder.
    seed
        Of the points in time.
    """
    work, tally, drawn = WORK[name], Tally(f"kill -9 in {name}"), random.Random(seed)
    start_from, here = folder / "start", folder / "here"
    # Always in the same folder: a catalogue knows its sources by their paths.
    here.mkdir(parents=True)
    work.prepare(here)
    shutil.copytree(here, start_from)
    whole_s = took_s(work.run, here)
    row = MOST_IN_A_ROW
    while tally.tries < tries:
        if row == MOST_IN_A_ROW:
            shutil.rmtree(here)
            shutil.copytree(start_from, here)
            row = 0
        tally.tries += 1
        row += 1
        after_s = drawn.uniform(0, whole_s)
        hit = killed_after(work.run, here, after_s)
        tally.hits += hit
        # The machine may have been busier, or what was left to do is less: most kills should hit.
        whole_s = max(whole_s * (1.05 if hit else 0.8), 0.05)
        tally.check(lambda: work.wrong(here), f"after kill {tally.tries}")
        if row == MOST_IN_A_ROW or tally.tries == tries:
            process = start(work.run, here)
            process.join(LONGEST_S)
            if process.exitcode != 0:
                tally.failures.append(f"after kill {tally.tries}, it ended with {process.exitcode}")
            tally.check(lambda: work.wrong(here), f"at the end, after kill {tally.tries}")
            tally.check(lambda: work.unfinished(here), f"at the end, after kill {tally.tries}")
    return tally
