"""Commands with connections recorded: none is made.

Python's audit hook sees every connection, name look-up and datagram of Python code, in each process
that a command starts. Where the system allows it, the command also runs in a network namespace of
its own, without any device, which also holds for libraries in C.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.faulting import work
from bench.faulting.tally import Tally

_HOOK = """
import os, sys
_KINDS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
          "socket.sendmsg", "urllib.Request", "http.client.connect", "ftplib.connect")
def _record(event, arguments):
    of_a_file = event == "socket.connect" and isinstance(arguments[1], (str, bytes))
    if event in _KINDS and not of_a_file:
        with open(os.environ["PHONOSCOPE_RECORDED"], "a") as to:
            to.write(event + " " + repr(arguments[1:])[:200] + "\\n")
sys.addaudithook(_record)
"""
LONGEST_S = 240.0


def without_network() -> list[str]:
    """Return the words before a command that take the network away; none where that can't be."""
    words = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None:
        return []
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if tried.returncode == 0 else []


def record(commands: list[list[str]], folder: Path, statuses: frozenset[int]) -> Tally:
    """Run commands one after another; note every connection and every other status.

    Parameters
    ----------
    commands
        Arguments of ``phonoscope``.
    folder
        Where they run.
    statuses
        Exit statuses that are as they should be.
    """
    hooks, recorded = folder / "hooks", folder / "recorded"
    hooks.mkdir(parents=True, exist_ok=True)
    (hooks / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    recorded.write_text("")
    here = os.pathsep.join([str(hooks), str(Path(__file__).resolve().parents[2])])
    variables = {**os.environ, "PYTHONPATH": here, "PHONOSCOPE_RECORDED": str(recorded)}
    tally, before = Tally("connections of commands"), without_network()
    for command in commands:
        tally.tries += 1
        ran = subprocess.run(
            [*before, sys.executable, "-m", "phonoscope.cli.main", *command],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        name = " ".join(command[:2])
        if ran.returncode not in statuses:
            tally.failures.append(f"{name} ended with {ran.returncode}: {ran.stderr[-200:]}")
        if "Traceback" in ran.stderr:
            tally.failures.append(f"{name} shows a traceback")
        if made := recorded.read_text():
            tally.failures.append(f"{name} connects: {made[:300]}")
            recorded.write_text("")
    tally.hits = tally.tries if before else 0
    return tally


def every_command(folder: Path) -> list[list[str]]:
    """Return a call of every command but ``serve`` and ``demo``; makes what they read."""
    folder.mkdir(parents=True, exist_ok=True)
    work.write_tracks(folder)
    work.write_log(folder)
    charts = "rank,title,performer,date\n1,Name 1 of 0,Artist 1,2024-01-01\n"
    (folder / "charts.csv").write_text(charts, encoding="utf-8")
    work.WORK["scan"].prepare(folder)
    song = "music/00.wav"
    return [
        ["scan", "music", "--into", "c"],
        ["ingest", "tracks.csv", "--into", "c"],
        ["charts", "charts.csv", "--into", "c"],
        ["plays", "log.csv", "--into", "c"],
        ["calibrate", "c"],
        ["check", song, "--json"],
        ["label", "read", song],
        ["label", "write", song, "--what", "vocals=generated"],
        ["label", "remove", song],
        ["label", "rights"],
        ["label", "check", "c", "--policy", "eu"],
        ["label", "policies"],
        ["report", "c", "--to", "report.html"],
        ["share", "c"],
        ["releases", "c"],
        ["find", song, "--in", "c"],
        ["copies", "c"],
        ["dossier", song, "--in", "c", "--to", "dossier.html"],
        ["sql", "c", "select count(*) from tracks"],
        ["sql", "c", "select * from 'http://example.org/x.parquet'"],
        ["voices", "list", "c"],
        ["compact", "c"],
        ["version"],
        ["completion", "bash"],
    ]
