"""The systems that ``bench/matching.py`` measures, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.audfprint import Audfprint
from bench.chromaprint import Chromaprint
from bench.ours import Ours
from bench.system import System


@dataclass(frozen=True)
class Settings:
    """What a system may need to know of the machine."""

    scratch: Path
    """A temporary folder, a system's own."""
    audfprint_python: str | None = None
    """A Python that has audfprint2."""


SYSTEMS: dict[str, Callable[[Settings], System]] = {
    "phonoscope": lambda settings: Ours(settings.scratch),
    "phonoscope-plain": lambda settings: Ours(settings.scratch, altered=False),
    "chromaprint": lambda settings: Chromaprint(),
    "chromaprint-speeds": lambda settings: Chromaprint(most_speed=0.10, step=0.005),
    "audfprint": lambda settings: Audfprint(settings.scratch, settings.audfprint_python),
}
"""How each system is made, in its own process."""
