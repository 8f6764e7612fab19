"""How loud is it? Integrated loudness, loudness range and true peak according to EBU R128.

Sources: ITU-R BS.1770-5, EBU R 128, EBU Tech 3341 and 3342. Departures: gating steps are
a tenth of a second to the nearest sample; a recording shorter than one gating block
(400 ms) is measured as one block of its own length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.loudness import (
    channel_weights,
    integrated_lufs,
    k_weighting,
    oversampling,
    range_lu,
    true_peak,
)
from phonoscope.audio.step_power import StepPower
from phonoscope.audio.stream import Stream
from phonoscope.columns import column
from phonoscope.features.base import Feature

STEPS_MOMENTARY = 4
STEPS_SHORT_TERM = 30
_LEAD = 12
"""Samples of the block before that affect a true peak."""


@dataclass(frozen=True)
class Loudness:
    """Result: loudness and peaks."""

    loudness_lufs: float | None = column(
        "Integrated loudness, LUFS (EBU R128); empty when all of it is below -70 LUFS."
    )
    loudness_range_lu: float | None = column(
        "Loudness range, LU (EBU Tech 3342); empty under 3 s or when silent."
    )
    true_peak_dbtp: float | None = column(
        "True peak, dB re full scale (BS.1770); empty for digital silence."
    )
    sample_peak_dbfs: float | None = column(
        "Largest sample, dB re full scale; empty for digital silence."
    )


class LoudnessMeter:
    """Accumulates the power of K-weighted tenths of a second, and the largest peak."""

    def __init__(self, stream: Stream) -> None:
        step = max(1, round(stream.sample_rate_hz / 10))
        self._step_power = StepPower(k_weighting(stream.sample_rate_hz), stream.channels, step)
        self._weights = channel_weights(stream.channel_layout, stream.channels)
        self._oversampling = oversampling(stream.sample_rate_hz)
        self._powers: list[NDArray[np.float64]] = []
        self._sample_peak = 0.0
        self._true_peak = 0.0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        self._powers.append(self._weights @ self._step_power(block.samples))
        self._sample_peak = max(self._sample_peak, block.peak)
        reaching = block.joined[:, max(0, block.lead.shape[1] - _LEAD) :]
        self._true_peak = true_peak(reaching, self._oversampling, self._true_peak)

    def result(self) -> Loudness:
        """Apply the gates and return the result."""
        power = np.concatenate(self._powers)
        rest_power, rest_share = self._step_power.rest
        if power.size < STEPS_MOMENTARY and rest_share:
            whole = power.sum() + float(self._weights @ rest_power) * rest_share
            momentary = np.array([whole / (power.size + rest_share)])
        else:
            momentary = _running_mean(power, min(power.size, STEPS_MOMENTARY))
        short_term = _running_mean(power, STEPS_SHORT_TERM)
        return Loudness(
            loudness_lufs=integrated_lufs(momentary),
            loudness_range_lu=range_lu(short_term),
            true_peak_dbtp=_decibels(self._true_peak),
            sample_peak_dbfs=_decibels(self._sample_peak),
        )


def _running_mean(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    if values.size < length or length == 0:
        return np.empty(0)
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return (total[length:] - total[:-length]) / length


def _decibels(peak: float) -> float | None:
    return 20 * math.log10(peak) if peak > 0 else None


FEATURE = Feature(name="loudness", result=Loudness, start=LoudnessMeter)
