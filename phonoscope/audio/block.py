"""A block: a piece of decoded sound with its spectra, which are computed once for all features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from phonoscope.audio.spectra import Spectra, fine_size, paired_spectra, power_spectra
from phonoscope.columns import Floats

COARSE_PER_FINE = 8
"""The coarse spectrum is this many times shorter than the fine one."""


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive samples of one recording, after some of the samples before them.

    Frames lie on one grid for the whole recording (frame ``k`` starts at sample
    ``k * hop``), and each belongs to the block in which it *ends*; so what is summed
    over blocks does not depend on where blocks were cut. Everything derived is computed
    on first use and shared by all evidence.
    """

    samples: Floats
    """ndarray, shape (channels, n), float32: new samples; full scale is 1.0; finite."""
    lead: Floats
    """ndarray, shape (channels, m), float32: samples before ``start``; m <= fine_size(rate_hz)."""
    start: int
    """Index of the first new sample in the recording."""
    rate_hz: int
    """Sample rate, Hz."""
    last: bool = False
    """Whether the recording ends with this block."""

    @property
    def stop(self) -> int:
        """Index after the last new sample."""
        return self.start + self.samples.shape[1]

    @cached_property
    def joined(self) -> Floats:
        """Lead and new samples in one array.

        Returns
        -------
        ndarray, shape (channels, m + n), float32
            Full scale is 1.0.
        """
        if self.lead.shape[1] == 0:
            return self.samples
        return np.concatenate([self.lead, self.samples], axis=1)

    @cached_property
    def mono(self) -> Floats:
        """The mix that is analysed, lead included.

        The mean of the channels; the first channel where the mean cancels (a recording
        with one channel inverted must not look silent).

        Returns
        -------
        ndarray, shape (m + n,), float32
            Full scale is 1.0.

        Examples
        --------
        >>> left, lead = np.array([0.5, 0.25], np.float32), np.empty((2, 0), np.float32)
        >>> Block(np.stack([left, 0 * left]), lead, 0, 44_100).mono.tolist()
        [0.25, 0.125]
        >>> Block(np.stack([left, -left]), lead, 0, 44_100).mono.tolist()
        [0.5, 0.25]
        """
        channels = self.joined
        if channels.shape[0] == 1:
            return channels[0]
        mix = channels[0] + channels[1]
        for channel in channels[2:]:
            mix += channel
        mix *= np.float32(1.0 / channels.shape[0])
        if np.dot(mix, mix) < 1e-4 * np.dot(channels[0], channels[0]):
            return channels[0]
        return mix

    @cached_property
    def side(self) -> Floats:
        """Half the difference of the first two channels, lead included.

        Returns
        -------
        ndarray, shape (m + n,), float32
            Full scale is 1.0; zeros for a recording of one channel.
        """
        channels = self.joined
        if channels.shape[0] == 1:
            return np.zeros_like(channels[0])
        difference = channels[0] - channels[1]
        difference *= np.float32(0.5)
        return difference

    def frames(self, signal: Floats, size: int, hop: int) -> tuple[Floats, int]:
        """Cut the frames that end in this block out of a signal of this block.

        Parameters
        ----------
        signal : ndarray, shape (..., m + n), float32
            Lead included, e.g. :attr:`mono` or :attr:`joined`.
        size, hop
            Frame length and distance, samples; ``size - 1`` may not exceed the lead's
            longest length.

        Returns
        -------
        frames : ndarray, shape (..., k, size), float32
            Read-only view. A last block is padded with zeros so that its tail, or a
            recording shorter than one frame, is not lost.
        first : int
            Index of the first frame in the recording's grid.

        Examples
        --------
        >>> lead, samples = np.array([[1, 2]], np.float32), np.array([[3, 4, 5]], np.float32)
        >>> block = Block(samples, lead, start=2, rate_hz=44_100, last=True)
        >>> frames, first = block.frames(block.mono, size=2, hop=2)
        >>> frames.tolist(), first
        ([[3.0, 4.0], [5.0, 0.0]], 1)
        """
        origin = self.start - self.lead.shape[1]
        first = max(0, -(-(self.start + 1 - size) // hop))
        if self.last:
            covered = (self.stop - size) // hop * hop + size if self.stop >= size else 0
            if covered < self.stop:
                missing = max(first * hop, covered - size + hop) + size - self.stop
                padding = [(0, 0)] * (signal.ndim - 1) + [(0, max(0, missing))]
                signal = np.pad(signal, padding)
        offset = first * hop - origin
        if signal.shape[-1] - offset < size:
            return np.empty((*signal.shape[:-1], 0, size), np.float32), first
        return sliding_window_view(signal[..., offset:], size, axis=-1)[..., ::hop, :], first

    @property
    def fine(self) -> Spectra:
        """Long spectra of :attr:`mono`: about 2.7 Hz a bin, half overlapped.

        Returns
        -------
        Spectra
            Frames of ``fine_size(rate_hz)`` samples, those that end in this block.
        """
        return self._fine[0]

    @cached_property
    def coarse(self) -> Spectra:
        """Short spectra of :attr:`mono`: about 46 ms long, a quarter apart.

        Returns
        -------
        Spectra
            Frames of ``fine_size(rate_hz) // COARSE_PER_FINE`` samples, those that end in this
            block.
        """
        return self._spectra(fine_size(self.rate_hz) // COARSE_PER_FINE, 4)

    @property
    def fine_side(self) -> Spectra | None:
        """Long spectra of :attr:`side`, on the frames of :attr:`fine`.

        Returns
        -------
        Spectra or None
            ``None`` when there is one channel, or when the difference is silent in this block: mono
            sound in two channels.
        """
        return self._fine[1]

    @cached_property
    def _fine(self) -> tuple[Spectra, Spectra | None]:
        size = fine_size(self.rate_hz)
        if self.joined.shape[0] == 1 or not (side := self.side).any():
            return self._spectra(size, 2), None
        mid_frames, first = self.frames(self.mono, size, size // 2)
        side_frames, _ = self.frames(side, size, size // 2)
        mid_power, side_power = paired_spectra(mid_frames, side_frames)
        return (
            Spectra(mid_power, size, size // 2, self.rate_hz, first),
            Spectra(side_power, size, size // 2, self.rate_hz, first),
        )

    def _spectra(self, size: int, hops: int) -> Spectra:
        frames, first = self.frames(self.mono, size, size // hops)
        return Spectra(power_spectra(frames), size, size // hops, self.rate_hz, first)

    @cached_property
    def peak(self) -> float:
        """Largest absolute value of the new samples, full scale 1.0."""
        return max(float(self.samples.max(initial=0.0)), -float(self.samples.min(initial=0.0)))

    @cached_property
    def rms(self) -> Floats:
        """Root mean square over all channels in steps of :attr:`rms_hop`.

        Returns
        -------
        ndarray, shape (k,), float32
            One for each step that ends in this block; full scale is 1.0.
        """
        frames, _ = self.frames(self.joined, self.rms_hop, self.rms_hop)
        energy = np.einsum("ckn,ckn->k", frames, frames, optimize=False)
        return np.sqrt(energy / (frames.shape[0] * self.rms_hop)).astype(np.float32)

    @property
    def rms_hop(self) -> int:
        """Samples in one step of :attr:`rms`: 10 ms to the nearest sample, at least one."""
        return max(1, round(self.rate_hz / 100))
