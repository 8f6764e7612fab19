"""Excerpts of a folder of music: one place of a short recording, two of a long one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from bench.channels import Sound
from phonoscope.audio.decode import Decoder

EXCERPT_S = 16.0
_SUFFIXES = {".ogg", ".oga", ".mp3", ".flac", ".opus", ".wav"}


@dataclass(frozen=True)
class Excerpt:
    """A place in a recording."""

    source: str
    file: str
    start_s: float


def folder_excerpts(folder: Path) -> Iterator[Excerpt]:
    """Take music from a folder of folders, each one source; files under 12 s are left out."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in _SUFFIXES:
            continue
        try:
            with av.open(str(file), metadata_errors="replace") as container:
                duration_s = (container.duration or 0) / av.time_base
        except (OSError, av.FFmpegError):
            continue
        if duration_s < 12:
            continue
        source = file.relative_to(folder).parts[0]
        for place in (0.3, 0.7) if duration_s >= 60 else (0.5,):
            yield Excerpt(source, str(file), max(0.0, place * duration_s - EXCERPT_S / 2))


def read(excerpt: Excerpt) -> Sound:
    """Decode an excerpt, at most two channels."""
    with Decoder(Path(excerpt.file).open("rb")) as decoder:
        rate_hz, pieces = decoder.stream.sample_rate_hz, []
        first = round(excerpt.start_s * rate_hz)
        last = round((excerpt.start_s + EXCERPT_S) * rate_hz)
        for block in decoder.blocks():
            if block.stop > first:
                pieces.append(block.samples[:2, max(0, first - block.start) :])
            if block.stop >= last:
                break
    return np.ascontiguousarray(np.concatenate(pieces, axis=1)[:, : last - first]), rate_hz
