"""Scans in processes of their own, as users run them, so that they can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

SCAN = """
import sys
import phonoscope
from phonoscope import Settings
from phonoscope.progress import NoProgress
catalogue = phonoscope.open_catalogue(sys.argv[2], create=True)
class Say(NoProgress):
    def start(self, task, *, unit, total=None, done=0, **counters):
        self.task = task
        if task == "scan":
            print("listed", total, counters["unchanged"], flush=True)
    def advance(self, amount=1, **counters):
        if self.task == "scan":
            print("advanced", flush=True)
settings = Settings(workers=2, batch_files=int(sys.argv[3]), batch_seconds=0.5)
done = catalogue.scan(sys.argv[1], settings=settings, progress=Say())
print("done", done.examined, done.duplicates, done.unreadable, flush=True)
"""


def start_scan(music, catalogue, *, batch_files=7, code=SCAN):
    """Start a scan; its progress comes line by line on its stdout."""
    return subprocess.Popen(
        [sys.executable, "-c", code, music, catalogue, str(batch_files)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_scan(music, catalogue, **changes):
    """Run a scan to its end; returns the words of its last line."""
    process = start_scan(music, catalogue, **changes)
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err
    return out.splitlines()[-1].split()


def wait_for(process, lines):
    """Read until a scan has printed this many lines; ``False`` when it ended before."""
    return all(process.stdout.readline() for _ in range(lines))


def workers():
    """Process ids of all living workers, of any parent."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:  # It ended meanwhile.
                continue
            if b"phonoscope.scan.worker" in command and state != "Z":
                found.add(int(folder.name))
    return found


def workers_of(parent):
    """Process ids of the workers that a process started."""
    found = set()
    for pid in workers():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            found.add(pid)
    return found


def all_gone(pids, within_s=20.0):
    """Whether processes ended within a time."""
    until_s = time.monotonic() + within_s
    while pids & workers():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.1)
    return True
