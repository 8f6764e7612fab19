"""The rows of a set as columns, and the folds that recordings are dealt to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.fitting import GRID_UNIT
from bench.generated_set import LAUNDERED, Row
from bench.oscillators import GENRE as TONES
from phonoscope.detector.calibration import group_of
from phonoscope.detector.features import STRONGEST_SIDE_COMB

FOLDS = 6
NOT_MUSIC = ("speech", TONES)
"""Genres that no null counts: the nulls are of music."""
SPED = "speed"
"""Word in steps after which pitch and tempo are altered together."""
ALTERING = ("pitch", "tempo", "semitone")
"""Words in steps after which pitch or tempo is altered; a change of both together, by at most 3 %,
leaves no trace of its own."""
Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as columns."""

    rows: Sequence[Row]
    grid: NDArray[np.float32]
    shape: NDArray[np.float32]
    machine: Mask
    label: NDArray[np.str_]
    family: NDArray[np.str_]
    source: NDArray[np.str_]
    file: NDArray[np.str_]
    draw: NDArray[np.int64]
    limit_hz: NDArray[np.float64]
    altered: Mask
    """Whether a step altered pitch or tempo."""
    sped: Mask
    """Whether a step altered both together."""

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Table:
        """Put rows into columns."""
        items = [r.item for r in rows]
        steps = [" ".join(f"{kind} {name}" for kind, name in r.steps) for r in rows]
        return cls(
            rows,
            np.stack([r.grid for r in rows]).astype(np.float32) / GRID_UNIT,
            np.stack([r.shape for r in rows]),
            np.array([i.label != "human" for i in items]),
            np.array([i.label for i in items]),
            np.array([i.family for i in items]),
            np.array([i.source for i in items]),
            np.array([i.file for i in items]),
            np.array([r.draw for r in rows]),
            np.array([r.limit_hz for r in rows]),
            np.array([any(word in s for word in ALTERING) for s in steps]),
            np.array([SPED in s for s in steps]),
        )

    @property
    def mono(self) -> Mask:
        """Rows without a difference between the channels."""
        return np.asarray(self.shape[:, STRONGEST_SIDE_COMB] == 0)

    @property
    def laundered(self) -> Mask:
        """Rows of treatments that hide a generator."""
        return self.draw >= LAUNDERED

    @property
    def human_music(self) -> Mask:
        """Rows of human music; speech and plain tones aren't among them."""
        return ~self.machine & np.array([r.item.genre not in NOT_MUSIC for r in self.rows])

    @property
    def band(self) -> NDArray[np.int64]:
        """Index of :data:`BANDS` of each row."""
        return np.array([group_of(limit_hz) for limit_hz in self.limit_hz])


def dealt(names: NDArray[np.str_], seed: int) -> dict[str, int]:
    """Deal names to folds so that these are of like size."""
    rng, sizes, folds = np.random.default_rng(seed), np.zeros(FOLDS), {}
    unique, counts = np.unique(names, return_counts=True)
    for at in sorted(rng.permutation(len(unique)), key=lambda i: -counts[i]):
        folds[str(unique[at])] = int(sizes.argmin())
        sizes[folds[str(unique[at])]] += counts[at]
    return folds


def folds_of(table: Table, machine_by: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    """Return the fold of each row: human music by source, machine-made by the names given."""
    fold = np.full(len(table.label), -1)
    for mine, names in ((~table.machine, table.source), (table.machine, machine_by)):
        of = dealt(names[mine], seed)
        fold[mine] = [of[str(name)] for name in names[mine]]
    return fold
