"""Decoded frames in, arrays of samples out."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.columns import Floats

LOUDEST = np.float32(1e4)
"""Samples beyond +80 dBFS are damage and count as not finite."""

_TOGETHER = 64
"""Frames that are copied at once: each copy costs some microseconds besides."""
_KINDS = {"u8": 0, "s16": 1, "s32": 2, "flt": 3, "dbl": 4}
_BYTES = (1, 2, 4, 4, 8)


class SampleQueue:
    """Joins frames of one format and number of channels to arrays of any length.

    Parameters
    ----------
    channels
        Number of channels, the same in all frames.
    usual
        Samples of a channel that are usually taken at once.

    Examples
    --------
    >>> frame = AudioFrame.from_ndarray(np.array([[8192, -32768]], np.int16), "s16", "stereo")
    >>> queue = SampleQueue(2, 2)
    >>> queue.add(frame)
    >>> queue.add(frame)
    >>> queue.samples, queue.take(2).tolist(), queue.samples
    (2, [[0.25, 0.25], [-1.0, -1.0]], 0)
    """

    def __init__(self, channels: int, usual: int) -> None:
        self._channels, self._usual = channels, usual
        self._frames: list[AudioFrame] = []
        self._held = np.empty((channels, 0), np.float32)
        self._filled = 0
        self.samples = 0
        """Samples of a channel that wait."""
        self.nonfinite = 0
        """Values so far that weren't finite, or beyond :data:`LOUDEST`; they became 0."""

    def add(self, frame: AudioFrame) -> None:
        """Take in a frame."""
        self._frames.append(frame)
        self.samples += frame.samples
        if len(self._frames) == _TOGETHER:
            self._copy()

    def take(self, count: int) -> Floats:
        """Return the next samples.

        Parameters
        ----------
        count
            Samples of a channel, at most :attr:`samples`.

        Returns
        -------
        ndarray, shape (channels, count), float32
            Full scale is 1.0; finite.
        """
        self._copy()
        taken, rest = self._held[:, :count], self._held[:, count : self._filled]
        self._filled = self.samples = rest.shape[1]
        self._held = np.empty((self._channels, max(self._filled, 9 * self._usual // 8)), np.float32)
        self._held[:, : self._filled] = rest
        return taken

    def _copy(self) -> None:
        """Copy the frames to where they are held."""
        frames, self._frames = self._frames, []
        if not frames:
            return
        if self._held.shape[1] < self.samples:
            size = max(9 * self._usual // 8, 3 * self.samples // 2)
            longer = np.empty((self._channels, size), np.float32)
            longer[:, : self._filled] = self._held[:, : self._filled]
            self._held = longer
        into = self._held[:, self._filled : self.samples]
        self._filled = self.samples
        loops = compiled.loops()
        planes = None if loops is None else _planes(frames, self._channels)
        if loops is None or planes is None:
            self.nonfinite += _joined(frames, into)
            return
        lengths = np.array([frame.samples for frame in frames], np.int64)
        self.nonfinite += loops.gather(
            compiled.at(planes), planes.shape[1], compiled.at(lengths), len(frames),
            self._channels, _KINDS[frames[0].format.packed.name], LOUDEST, compiled.at(into),
            into.strides[0] // into.itemsize,
        )  # fmt: skip


def _planes(frames: list[AudioFrame], channels: int) -> NDArray[np.int64] | None:
    """Return the addresses of the samples, shape (frames, planes); ``None`` for unusual frames."""
    form = frames[0].format
    kind = _KINDS.get(form.packed.name)
    if kind is None:
        return None
    count, width = (channels, _BYTES[kind]) if form.is_planar else (1, channels * _BYTES[kind])
    found = []
    for frame in frames:
        planes = frame.planes
        if len(planes) != count or planes[0].buffer_size < frame.samples * width:
            return None
        found.append([plane.buffer_ptr for plane in planes])
    return np.array(found, np.int64).reshape(len(frames), count)


def _joined(frames: list[AudioFrame], into: Floats) -> int:
    """Copy frames without compiled code; return how many values became 0."""
    at = 0
    for frame in frames:
        into[:, at : at + frame.samples] = _as_floats(frame)
        at += frame.samples
    if np.abs(into).max(initial=0.0) <= LOUDEST:
        return 0
    bad = ~(np.abs(into) <= LOUDEST)
    into[bad] = 0.0
    return int(bad.sum())


def _as_floats(frame: AudioFrame) -> Floats:
    """Return the samples of a frame, shape (channels, n), full scale 1.0."""
    data: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, frame.layout.nb_channels).T
    if data.dtype == np.uint8:
        return (data.astype(np.float32) - np.float32(128)) * np.float32(1 / 128)
    if data.dtype.kind == "i":
        full_scale = float(1 << (8 * data.dtype.itemsize - 1))
        return data.astype(np.float32) * np.float32(1.0 / full_scale)
    # Values too large for float32 become infinite. Those and NaN are replaced later.
    with np.errstate(over="ignore", invalid="ignore"):
        return data.astype(np.float32, copy=False)
