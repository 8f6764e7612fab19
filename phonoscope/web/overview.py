"""A recording's overview: spectrogram, outline and mean spectrum, from one decode.

Its size doesn't depend on the recording's. It has a fixed number of columns, and of a long
recording it uses only as many frames as the columns need, evenly spaced. So ten hours cost little
more than decoding them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import COARSE_PER_FINE, Block
from phonoscope.audio.decode import Decoder
from phonoscope.audio.spectra import FLOOR_POWER, Spectra, fine_size, power_spectra
from phonoscope.catalogue.music_folders import MusicFolders
from phonoscope.columns import Floats
from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.messages import gettext
from phonoscope.text import span
from phonoscope.view.scale import LOWEST_HZ
from phonoscope.web.sound import open_first

COLUMNS, ROWS = 1_200, 320
FRAMES_PER_COLUMN = 4
CROSSOVER_HZ = (350.0, 1_400.0)
"""Below, long spectra separate the partials; above, short ones keep the timing; between, one
fades into the other, because noise is weaker in the narrower bins of the long ones."""
RANGE_DB = 85.0
"""From the brightest to the darkest colour."""


@dataclass(frozen=True, eq=False)
class Overview:
    """What a page draws of a sound."""

    duration_s: float
    rate_hz: int
    picture: NDArray[np.uint8]
    """Spectrogram, shape (ROWS, COLUMNS), highest frequency first, 255 is the loudest."""
    outline: Floats
    """Largest absolute sample of each column, shape (COLUMNS,), full scale is 1.0."""
    mean_level_db: NDArray[np.float64]
    """Mean level of each bin of the long spectra, dB re a full-scale sine."""
    bin_hz: float
    """Distance of these bins, Hz."""
    frames: int
    """Long spectra in the mean, without silent ones."""

    @property
    def highest_hz(self) -> float:
        """Frequency at the top of the spectrogram."""
        return self.rate_hz / 2


def paint(file: BinaryIO, samples: int, limit_s: float) -> Overview:
    """Decode a recording once and draw it.

    Parameters
    ----------
    file
        Open binary file; not closed here.
    samples
        Known number of samples per channel.
    limit_s
        Seconds after which to give up.

    Raises
    ------
    UnreadableError
        If it can't be decoded, or with ``time-limit``.
    """
    deadline = time.monotonic() + limit_s
    with Decoder(file) as decoder:
        painter: _Painter | None = None
        for block in decoder.blocks():
            if painter is None:
                painter = _Painter(block.rate_hz, max(1, samples))
            painter.update(block)
            if time.monotonic() > deadline:
                why = gettext("Drawing it takes longer than {time}.", time=span(limit_s))
                raise UnreadableError(ErrorKind.TIME_LIMIT, why)
    if painter is None:
        raise UnreadableError(ErrorKind.UNDECODABLE, gettext("No sample can be decoded."))
    return painter.result()


def paint_first(
    files: Sequence[dict[str, Any]], folders: MusicFolders, samples: int, limit_s: float
) -> Overview:
    """Open the first of a recording's files that may be read, and draw it; for a worker.

    Parameters
    ----------
    files, folders
        See :func:`phonoscope.web.sound.open_first`.
    samples, limit_s
        See :func:`paint`.
    """
    with open_first(files, folders) as file:
        return paint(file, samples, limit_s)


class _Band:
    """Mean power in log-spaced rows over time, from spectra of one length."""

    def __init__(
        self, size: int, rate_hz: int, samples: int, edges_hz: NDArray[np.float64]
    ) -> None:
        self.size = size
        overlapped = size // 4
        self.hop = max(overlapped, samples // (COLUMNS * FRAMES_PER_COLUMN))
        self._samples = samples
        bins = np.clip(np.rint(edges_hz * size / rate_hz).astype(int), 0, size // 2)
        self._starts, self._stop = bins[:-1], max(bins[-1], bins[-2] + 1)
        self._sum = np.zeros((len(edges_hz) - 1, COLUMNS))
        self._frames = np.zeros(COLUMNS)

    def update(self, spectra: Spectra) -> None:
        if not len(spectra.power):
            return
        rows = np.maximum.reduceat(spectra.power[:, : self._stop], self._starts, axis=1)
        middle = (spectra.first + np.arange(len(rows))) * self.hop + self.size // 2
        column = np.minimum(middle * COLUMNS // self._samples, COLUMNS - 1)
        np.add.at(self._sum.T, column, rows)
        np.add.at(self._frames, column, 1)

    def level_db(self) -> NDArray[np.float64]:
        """Level, dB, shape (rows, COLUMNS); a column without a frame takes the nearest one's."""
        filled = np.flatnonzero(self._frames)
        if filled.size == 0:
            return np.full(self._sum.shape, 10 * math.log10(FLOOR_POWER))
        wanted = np.arange(COLUMNS)
        right = np.clip(np.searchsorted(filled, wanted), 0, filled.size - 1)
        left = np.maximum(right - 1, 0)
        nearer_left = wanted - filled[left] < filled[right] - wanted
        source = np.where(nearer_left, filled[left], filled[right])
        mean = self._sum[:, source] / self._frames[source]
        return 10 * np.log10(np.maximum(mean, FLOOR_POWER))


class _Painter:
    """Gathers a overview block by block."""

    def __init__(self, rate_hz: int, samples: int) -> None:
        self._rate_hz, self._samples = rate_hz, samples
        fine = fine_size(rate_hz)
        highest_hz = rate_hz / 2
        edges = np.geomspace(min(LOWEST_HZ, highest_hz / 8), highest_hz, ROWS + 1)
        fade_hz = np.minimum(CROSSOVER_HZ, (highest_hz / 4, highest_hz / 2))
        self._from, self._to = (int(row) for row in np.searchsorted(edges, fade_hz))
        self._low = _Band(fine, rate_hz, samples, edges[: self._to + 1])
        self._high = _Band(fine // COARSE_PER_FINE, rate_hz, samples, edges[self._from :])
        self._outline = np.zeros(COLUMNS, np.float32)
        self._level_sum = np.zeros(fine // 2 + 1)
        self._frames = 0
        self._stop = 0

    def update(self, block: Block) -> None:
        low = _spectra(block, self._low.size, self._low.hop)
        self._low.update(low)
        level_sum, frames = low.level_sum
        self._level_sum += level_sum
        self._frames += frames
        self._high.update(_spectra(block, self._high.size, self._high.hop))
        self._stop = block.stop
        at = np.arange(block.start, block.stop)
        starts = np.unique(at[:1].tolist() + self._column_starts(block.start, block.stop))
        loudest = np.maximum.reduceat(np.abs(block.samples).max(axis=0), starts - block.start)
        column = np.minimum(starts * COLUMNS // self._samples, COLUMNS - 1)
        np.maximum.at(self._outline, column, loudest)

    def _column_starts(self, start: int, stop: int) -> list[int]:
        """First sample of each column that begins inside [start, stop)."""
        edges = -(-np.arange(COLUMNS, dtype=np.int64) * self._samples // COLUMNS)
        return edges[(edges >= start) & (edges < stop)].tolist()

    def result(self) -> Overview:
        low, high = self._low.level_db(), self._high.level_db()
        between = self._to - self._from
        weight = ((np.arange(between) + 0.5) / between)[:, None]
        faded = (1 - weight) * low[self._from :] + weight * high[:between]
        level = np.concatenate([low[: self._from], faded, high[between:]])
        shade = np.clip((level - level.max() + RANGE_DB) / RANGE_DB, 0.0, 1.0)
        return Overview(
            duration_s=self._stop / self._rate_hz,
            rate_hz=self._rate_hz,
            picture=np.rint(shade[::-1] * 255).astype(np.uint8),
            outline=self._outline,
            mean_level_db=self._level_sum / max(1, self._frames),
            bin_hz=self._rate_hz / self._low.size,
            frames=self._frames,
        )


def _spectra(block: Block, size: int, hop: int) -> Spectra:
    """Return the spectra that end in a block, ``hop`` samples apart."""
    frames, first = block.frames(block.mono, size, hop)
    # With a hop beyond the frame's length, the padded last frame may lie after the end.
    inside = max(0, -(-(block.stop - first * hop) // hop))
    return Spectra(power_spectra(frames[:inside]), size, hop, block.rate_hz, first)
