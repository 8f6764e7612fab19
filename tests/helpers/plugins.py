"""Packages that extend Phonoscope, written as pip would install them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def write_plugin(folder: Path, name: str, source: str) -> Path:
    """Write a module and the metadata of its distribution, with its entry point."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[phonoscope]\n{name} = {name}\n")
    return folder


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a process that finds what is installed in a folder."""
    path = os.pathsep.join([str(folder), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, **variables}


def phonoscope(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program where the plugins of a folder are installed."""
    return subprocess.run(
        [sys.executable, "-m", "phonoscope.cli.main", *arguments],
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def python(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the plugins of a folder are installed."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
