"""Decoders of no known generator: human music with the traces that strides leave.

A strided decoder is a linear periodically time-varying system: what stage ``i`` does to a
sample depends on its index modulo the product of the strides from ``i`` on, in its filter (a
periodic gain, which leaves images) and in its bias (a periodic offset, which leaves tones);
Pons et al. 2021, *Upsampling artifacts in neural audio synthesis*. Here both are drawn at
random, for published and for made-up strides and rates, and put on human music, so that a
model cannot learn particular decoders by heart, nor that human tunes are always human.
"""

from __future__ import annotations

import numpy as np
import scipy.signal

from bench.channels import Sound, low_passed, resampled

PUBLISHED = (
    (24_000, (8, 5, 4, 2)),
    (48_000, (8, 5, 4, 2)),
    (32_000, (8, 5, 4, 4)),
    (44_100, (8, 8, 4, 2)),
    (44_100, (8, 8, 4, 4, 2)),
    (48_000, (10, 6, 4, 4, 2)),
    (22_050, (8, 8, 2, 2)),
    (44_100, (8, 4, 2, 2, 2, 2)),
    (16_000, (5, 4, 4, 2)),
)
"""Rate and strides of published decoders, decoder order (field notes, detection)."""


def draw_strides(rng: np.random.Generator) -> tuple[int, tuple[int, ...]]:
    """Draw a rate and strides: a third published, the rest made up."""
    if rng.random() < 0.33:
        return PUBLISHED[rng.integers(len(PUBLISHED))]
    rate_hz = int(rng.choice([16_000, 22_050, 24_000, 32_000, 44_100, 48_000]))
    while True:
        strides = tuple(int(s) for s in rng.choice([2, 3, 4, 5, 6, 8, 10], rng.integers(3, 6)))
        if 64 <= np.prod(strides) <= 2048:
            return rate_hz, strides


def decoded_at_random(sound: Sound, rng: np.random.Generator) -> tuple[Sound, str]:
    """Put the traces of a drawn decoder on a sound; also say which."""
    original_hz = sound[1]
    rate_hz, strides = draw_strides(rng)
    samples, _ = low_passed(resampled(sound, rate_hz), 0.47 * rate_hz)
    trace = np.zeros_like(samples)
    level = float(np.sqrt(np.mean(samples**2))) + 1e-6
    mono = samples.mean(axis=0)
    smooth = scipy.signal.lfilter([0.002], [1, -0.998], np.abs(mono)).astype(np.float32)
    tones_db, images_db = rng.uniform(-66, -38), rng.uniform(-45, -22)
    for stage in range(len(strides)):
        period = int(np.prod(strides[stage:]))
        # Later stages weigh more, as they do in the published measurements.
        weight = 10 ** (rng.normal(-6 * (len(strides) - 1 - stage), 4) / 20)
        phase = np.arange(samples.shape[1]) % period
        offset, gain = rng.standard_normal((2, period)).astype(np.float32)
        offset, gain = offset - offset.mean(), gain - gain.mean()
        steady = rng.random()
        envelope = steady * level + (1 - steady) * smooth
        trace += weight * 10 ** (tones_db / 20) * offset[phase] * envelope
        trace += weight * 10 ** (images_db / 20) * gain[phase] * samples
    if rng.random() < 0.5:
        trace = scipy.signal.lfilter([1], [1, -rng.uniform(-0.6, 0.6)], trace, axis=-1)
    done = (samples + trace).astype(np.float32), rate_hz
    name = f"{rate_hz} Hz, strides {'x'.join(map(str, strides))}"
    return (resampled(done, original_hz) if rng.random() < 0.6 else done), name
