"""Answers ``bench/audfprint.py``, run by a Python that has audfprint2 and perhaps not Phonoscope.

One JSON object a line in, one out. Its analyser, table and matcher are called with the defaults
of its command line (``audfprint new``, ``audfprint match``); only reading a file is replaced:
sound comes decoded. This file is a program of its own and imports nothing of the benchmark.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from audfprint2 import HashTable
from audfprint2.cli import setup_analyzer, setup_matcher
from audfprint2.core import analyzer as analysis

RATE_HZ, HOP_S = 11_025, 256 / 11_025
MATCHES = 5


def read(filename, sr=None, channels=None, ffmpeg_path=None):
    """Take the place of its reader of files."""
    samples = np.load(filename)
    Path(filename).unlink()
    return samples, RATE_HZ


def analyser(is_match):
    return setup_analyzer(20.0, is_match, 5, 3, 30.0, 0, RATE_HZ, False, None)


class Worker:
    """An index and what is asked of it."""

    def __init__(self):
        self.table = HashTable(hashbits=20, depth=100, maxtime=16_384)
        self.table.params["samplerate"] = RATE_HZ
        self.whole, self.excerpt = analyser(False), analyser(True)
        self.matcher = setup_matcher(2, 100, 5, MATCHES, False, False, 0.05, False, False, False)
        self.queries = {}

    def hello(self):
        """Report only what every answer contains."""
        return {}

    def add(self, name, sound):
        """Hash a file and store it."""
        hashes = self.whole.wavfile2hashes(sound)
        self.table.store(name, [(int(at), int(value)) for at, value in hashes.tolist()])
        return {}

    def save(self, to):
        """Write the table."""
        self.table.save(to)
        return {}

    def prepare(self, sound):
        """Hash an excerpt."""
        # Kept here, so that handing them over is not counted as its work.
        self.queries = {0: self.excerpt.wavfile2hashes(sound)}
        return {"query": 0}

    def lookup(self, query):
        """Match the hashes of the excerpt last prepared."""
        hashes, best = self.queries[query], {}
        if len(hashes):
            for row in self.matcher.match_hashes(self.table, hashes):
                name, score, at_s = self.table.names[row[0]], int(row[1]), float(row[2]) * HOP_S
                best.setdefault(name, [name, at_s, score])
        return {"hits": list(best.values())[:MATCHES]}


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main():
    # Its messages go to where they are seen; stdout is for answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    analysis.audio.audio_read = read
    worker = Worker()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = getattr(worker, asked.pop("what"))(**asked)
        answer |= {"cpu_s": time.process_time(), "memory_bytes": resident_bytes()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
