"""Fingerprints: 64 bits for each of the clearest onsets, by which a recording is found again.

The family of Haitsma & Kalker ("A highly robust audio fingerprinting system", ISMIR 2002): the
signs of differences in a spectrogram of few bands. Two things are other here. A print lies at
an onset (:mod:`phonoscope.features.patches`), not on a grid, so two copies have theirs at the
same places and a catalogue can be joined with itself. And the differences are not drawn up by
hand: they are the directions in which recordings differ most and alterations least, by linear
discriminant analysis (R. A. Fisher, 1936), fitted in ``bench/train_fingerprints.py`` over codecs,
noise, voices over the music, telephones and rooms.

*Anchors* are prints of the clearest onsets as they would be if the recording ran faster, higher
or longer, so that sped-up and shifted copies are found in the same way, without its sound. They
go one way only: of two copies one is the faster.
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
    band_matrix,
    bins_needed,
    patches_at,
)

BITS = 64
SEMITONE = 2.0 ** (1 / 12)
STEP_SEMITONES = 0.6
"""Between alterations of pitch: a print still matches half a step off."""
STRETCH_STEP = 1.05


@dataclass(frozen=True)
class Alteration:
    """How an altered copy relates to a recording."""

    speed: float
    """How much faster it runs; 1 is as it is."""
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
"""Alterations of which anchors are kept: as it is, speed to +36 %, pitch to +3 semitones at its
tempo, tempo to +28 % at its pitch. Those the other way are found from the other copy."""
FEWEST_ANCHORS, MOST_ANCHORS = 8, 16
S_PER_ANCHOR = 4.0
_WINDOW_S = 1.15


@dataclass(frozen=True)
class Fingerprints:
    """Result: how many prints, and themselves."""

    prints: int | None = column(
        "Fingerprints: onsets clear enough to recognise the recording by; see table prints."
    )
    print_at: NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int32), repr=False, compare=False
    )
    """Place of each, in cells of 1/64 s, ascending; shape (n,)."""
    print_bits: NDArray[np.int64] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int64), repr=False, compare=False
    )
    """The prints, 64 bits each, shape (n,)."""
    anchor_at: NDArray[np.int32] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int32), repr=False, compare=False
    )
    """Places of the anchors, ascending; shape (k,)."""
    anchor_bits: NDArray[np.int64] = dataclasses.field(
        default_factory=lambda: np.empty(0, np.int64), repr=False, compare=False
    )
    """Prints of the anchors, altered: shape (len(ALTERATIONS) * k,), one alteration's after
    another's."""


@dataclass(frozen=True, eq=False)
class FingerprintRow:
    """Row of the table ``prints``: the fingerprints of one recording."""

    print_at: NDArray[np.int32] = column("Where the recording is printed, 1/64 s from its start.")
    print_bits: NDArray[np.int64] = column("64 bits for each of these places.")
    anchor_at: NDArray[np.int32] = column("The clearest of these places, 1/64 s.")
    anchor_bits: NDArray[np.int64] = column(
        "64 bits for each of them as the recording would be if it were altered: all anchors "
        "unaltered, then all of the next alteration, in the order of "
        "features.fingerprints.ALTERATIONS."
    )
    print_model: str = column("Name, version and hash of what made the bits.")


@dataclass(frozen=True, eq=False)
class Weights:
    """What turns patches into bits."""

    name: str
    matrix: Floats
    """Shape (MOMENTS * BANDS, BITS)."""
    offset: Floats
    """Shape (BITS,)."""

    def measure(self, patches: Floats) -> Floats:
        """Return the measurements whose signs are the bits, shape (n, BITS).

        Each has a spread of about 1 over music, so near 0 a bit is uncertain.
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
    """Where in the spectra the onset lies, s."""


class FingerprintMeter:
    """Takes prints block by block."""

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
        """Return the prints."""
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
        timing = (self._hop_s, self._half_s)
        values = [
            # Sped up, what sounded at one frequency sounds higher: the band looks further down.
            patches_at(
                power, places, timing, band_matrix(self._bins, self._bin_hz, 1 / change.pitch),
                change.speed,
            )
            for change in ALTERATIONS
        ]  # fmt: skip
        return packed(weights().measure(np.concatenate(values)))


def rows(found: Fingerprints) -> Iterator[FingerprintRow]:
    """Yield the row of a recording's fingerprints; none for a recording without."""
    if found.prints:
        yield FingerprintRow(
            found.print_at, found.print_bits, found.anchor_at, found.anchor_bits, weights().name
        )


TABLE = FeatureTable(
    name="prints",
    doc="Fingerprints, one row a recording: by them the same recording is found again.",
    row=FingerprintRow,
    rows=rows,
)
"""Table and feature keep the name ``prints``, under which catalogues hold them."""
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
