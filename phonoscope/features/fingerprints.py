"""Fingerprints: 64 bits for each of the clearest onsets, which identify a recording.

They belong to the family of Haitsma & Kalker ("A highly robust audio fingerprinting system", ISMIR
2002): signs of differences in a spectrogram of few bands. Two things are different. A fingerprint
is at an onset (:mod:`phonoscope.features.patches`) and not on a grid, so two copies have theirs at
the same places, and a catalogue can be joined with itself. And the differences aren't designed by
hand: they are the directions in which recordings differ most and alterations least, found with
linear discriminant analysis (R. A. Fisher, 1936) in ``bench/train_fingerprints.py`` over codecs,
noise, voices over the music, telephones and rooms.

*Anchors* are fingerprints of the clearest onsets as if the recording were faster, higher or longer.
They find altered copies in the same way, without the sound. Alterations in one direction are
enough, because one of two copies is the faster one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Stream
from phonoscope.columns import Floats, column
from phonoscope.features.base import Feature, FeatureTable
from phonoscope.features.patches import (
    CELLS_PER_S,
    REACH,
    Cutter,
    Patches,
    Surroundings,
    band_matrix,
    bins_needed,
)

BITS = 64
SEMITONE = 2.0 ** (1 / 12)
STEP_SEMITONES = 0.6
"""Step between alterations of pitch: a fingerprint still matches half a step away."""
STRETCH_STEP = 1.05


@dataclass(frozen=True)
class Alteration:
    """How an altered copy relates to a recording."""

    speed: float
    """How much faster it runs; 1 is unaltered."""
    pitch: float
    """How much higher it sounds, a ratio of frequencies."""


def _altered() -> tuple[Alteration, ...]:
    faster = [SEMITONE ** (STEP_SEMITONES * i) for i in range(1, 10)]
    higher = [SEMITONE ** (STEP_SEMITONES * i) for i in range(1, 6)]
    quicker = [STRETCH_STEP**i for i in range(1, 6)]
    return (
        Alteration(1.0, 1.0),
        *(Alteration(ratio, ratio) for ratio in faster),
        *(Alteration(1.0, ratio) for ratio in higher),
        *(Alteration(ratio, 1.0) for ratio in quicker),
    )


ALTERATIONS = _altered()
"""Alterations with anchors: none, speed to +36%, pitch to +3 semitones at the same tempo, tempo to
+28% at the same pitch. The opposite ones are found from the other copy."""
FEWEST_ANCHORS, MOST_ANCHORS = 8, 16
S_PER_ANCHOR = 4.0
_WINDOW_S = 1.15


@dataclass(frozen=True)
class Fingerprints:
    """Result: the number of fingerprints, and the fingerprints."""

    prints: int | None = column(
        "Number of fingerprints: onsets that are clear enough to recognise; see table prints."
    )
    print_at: NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int32), repr=False, compare=False
    )
    """Time of each, in cells of 1/64 s, ascending; shape (n,)."""
    print_bits: NDArray[np.int64] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int64), repr=False, compare=False
    )
    """The fingerprints, 64 bits each, shape (n,)."""
    anchor_at: NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int32), repr=False, compare=False
    )
    """Times of the anchors, ascending; shape (k,)."""
    anchor_bits: NDArray[np.int64] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int64), repr=False, compare=False
    )
    """Fingerprints of the anchors, altered: shape (len(ALTERATIONS) * k,), by alteration."""


@dataclass(frozen=True, eq=False)
class FingerprintRow:
    """Row of the table ``prints``: the fingerprints of one recording."""

    print_at: NDArray[np.int32] = column("Time of each fingerprint, 1/64 s from the start.")
    print_bits: NDArray[np.int64] = column("The fingerprints, 64 bits each.")
    anchor_at: NDArray[np.int32] = column("Times of the clearest ones, 1/64 s.")
    anchor_bits: NDArray[np.int64] = column(
        "64 bits for each of them, as if the recording were altered: all unaltered ones, then all "
        "of the next alteration, in the order of features.fingerprints.ALTERATIONS."
    )
    print_model: str = column("Name, version and hash of the model that made the bits.")


@dataclass(frozen=True, eq=False)
class Weights:
    """The model that turns patches into bits."""

    name: str
    matrix: Floats
    """Shape (MOMENTS * BANDS, BITS)."""
    offset: Floats
    """Shape (BITS,)."""

    def measure(self, patches: Floats) -> Floats:
        """Return the measurements whose signs are the bits, shape (n, BITS).

        Each has a standard deviation of about 1 over music, so a bit is uncertain near 0.
        """
        return patches @ self.matrix - self.offset


@cache
def weights() -> Weights:
    """Return the shipped weights."""
    data = (files("phonoscope.features") / "weights/fingerprints.npz").read_bytes()
    with np.load(BytesIO(data), allow_pickle=False) as held:
        return Weights(
            str(held["name"]), held["matrix"].astype(np.float32), held["offset"].astype(np.float32)
        )


def packed(measured: Floats) -> NDArray[np.int64]:
    """Return the signs of measurements as 64-bit integers.

    Parameters
    ----------
    measured : ndarray, shape (n, 64), float32
        From :meth:`Weights.measure`.

    Returns
    -------
    ndarray, shape (n,), int64
        A bit is 1 where the measurement is above 0; the first measurement is the lowest bit.

    Examples
    --------
    >>> measured = np.full((2, BITS), -1.0, np.float32)
    >>> measured[1, [0, 3]] = 1.0
    >>> packed(measured).tolist()
    [0, 9]
    """
    if not len(measured):
        return np.empty(0, np.int64)
    return np.packbits(measured > 0, axis=1, bitorder="little").view("<i8")[:, 0].astype(np.int64)


@dataclass(frozen=True, order=True)
class _Anchor:
    """An onset and the sound around it, until it is known whether it is one of the clearest."""

    rise: float
    at: int
    power: Floats = dataclasses.field(compare=False)
    place_s: float = dataclasses.field(compare=False)
    """Time of the onset in the spectra, s."""


class FingerprintMeter:
    """Makes fingerprints block by block."""

    def __init__(self, stream: Stream) -> None:
        size = fine_size(stream.sample_rate_hz) // 8
        rate_hz = stream.sample_rate_hz
        self._hop_s, self._half_s = size / 4 / rate_hz, size / 2 / rate_hz
        self._bin_hz = rate_hz / size
        self._bins = min(size // 2 + 1, bins_needed(self._bin_hz))
        self._matrix = band_matrix(self._bins, self._bin_hz)
        self._cutter = Cutter(self._hop_s, self._half_s)
        self._at: list[NDArray[np.int64]] = []
        self._bits: list[NDArray[np.int64]] = []
        self._power = np.empty((0, self._bins), np.float32)
        self._first = 0
        self._anchors: dict[int, _Anchor] = {}
        self._stop_s = 0.0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        power = block.coarse.power[:, : self._bins]
        self._stop_s = block.stop / block.rate_hz
        found = self._cutter.push(power @ self._matrix, last=block.last)
        self._power = np.concatenate([self._power, power])
        if len(found.at):
            self._at.append(found.at)
            self._bits.append(packed(weights().measure(found.values)))
            self._keep_anchors(found)
        keep = round(4.0 / self._hop_s)
        if len(self._power) > keep:
            self._first += len(self._power) - keep
            self._power = self._power[-keep:].copy()

    def _keep_anchors(self, found: Patches) -> None:
        """Keep the spectra around the clearest onsets so far, one of each second at most."""
        for index in np.argsort(-found.rise, kind="stable"):
            rise, at = float(found.rise[index]), int(found.at[index])
            if len(self._anchors) == MOST_ANCHORS and rise <= min(self._anchors.values()).rise:
                return
            second = at // CELLS_PER_S
            if second in self._anchors and rise <= self._anchors[second].rise:
                continue
            self._anchors[second] = self._anchor(rise, at)
            if len(self._anchors) > MOST_ANCHORS:
                del self._anchors[min(self._anchors, key=self._anchors.__getitem__)]

    def _anchor(self, rise: float, at: int) -> _Anchor:
        seconds = at / CELLS_PER_S
        first = max(0, int((seconds - _WINDOW_S - self._half_s) / self._hop_s) - self._first)
        stop = int((seconds + _WINDOW_S) / self._hop_s) + 1 - self._first
        start_s = (self._first + first) * self._hop_s
        return _Anchor(rise, at, self._power[first:stop].copy(), seconds - start_s)

    def result(self) -> Fingerprints:
        """Return the fingerprints."""
        if not self._at:
            return Fingerprints(0)
        at = np.concatenate(self._at).astype(np.int32)
        most = max(FEWEST_ANCHORS, int(self._stop_s / S_PER_ANCHOR))
        clearest = sorted(self._anchors.values(), reverse=True)[:most]
        anchors = sorted(clearest, key=lambda anchor: anchor.at)
        return Fingerprints(
            prints=len(at),
            print_at=at,
            print_bits=np.concatenate(self._bits),
            anchor_at=np.array([anchor.at for anchor in anchors], np.int32),
            anchor_bits=self._altered(anchors),
        )

    def _altered(self, anchors: list[_Anchor]) -> NDArray[np.int64]:
        frames = max(len(anchor.power) for anchor in anchors)
        power = np.zeros((len(anchors), frames, self._bins), np.float32)
        for into, anchor in zip(power, anchors, strict=True):
            into[: len(anchor.power)] = anchor.power
        places = np.array([anchor.place_s for anchor in anchors])
        around = Surroundings(power, places, (self._hop_s, self._half_s))
        values = [
            # Speeding up moves sound to higher frequencies, so a band gets it from further down.
            around.patches(band_matrix(self._bins, self._bin_hz, 1 / change.pitch), change.speed)
            for change in ALTERATIONS
        ]
        return packed(weights().measure(np.concatenate(values)))


def rows(found: Fingerprints) -> Iterator[FingerprintRow]:
    """Yield the row of a recording's fingerprints, if it has any."""
    if found.prints:
        yield FingerprintRow(
            found.print_at, found.print_bits, found.anchor_at, found.anchor_bits, weights().name
        )


TABLE = FeatureTable(
    name="prints",
    doc="Fingerprints, which identify copies of a recording. One row per recording.",
    row=FingerprintRow,
    rows=rows,
)
"""Table and feature are called ``prints``, as in existing catalogues."""
FEATURE = Feature(name="prints", result=Fingerprints, start=FingerprintMeter, table=TABLE)

__all__ = [
    "ALTERATIONS",
    "BITS",
    "FEATURE",
    "REACH",
    "TABLE",
    "Alteration",
    "FingerprintRow",
    "Fingerprints",
    "packed",
    "weights",
]
