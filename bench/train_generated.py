"""Train the detector of machine-made music, and write its weights.

    pip install --group bench .
    python -m bench.train_generated MANIFEST --human FOLDER [--human FOLDER ...] --seed 1

MANIFEST is a CSV with the columns file, label (human, ai, svc, vocoder, codec), generator and
source; FOLDER holds one folder of human music for each source (``bench/human_music.sh`` fetches
what the shipped weights were trained on). Everything drawn is drawn from the seed.
"""

from __future__ import annotations

import argparse
import io
import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.fitting import GRID_UNIT, as_arrays, linear, trees
from bench.generated_set import (
    FIXED,
    FIXED_DRAWS,
    GRID_STEP,
    Item,
    Row,
    build,
    folder_items,
    manifest_items,
)
from phonoscope.detector.calibration import GROUPS, Null, group_of

NAME, VERSION = "phonoscope-generated", "1"
WEIGHTS = Path(__file__).parent.parent / "phonoscope/detector/weights/generated.npz"
FOLDS = 6
MACHINE = {"ai": 1.0, "codec": 0.3}
"""What counts as machine in training, and how much; copies through neural codecs carry the
traces of decoders whose generators are not in the set."""
VOICE = {"svc": 1.0, "vocoder": 1.0}
SHARE_P_VALUE = 0.05
"""At which p-value the share of a catalogue is counted: many are found there, so that few
recordings carry a narrow interval."""
SMALLEST_FAMILY = 8
"""Recordings a family needs to be named."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as columns."""

    rows: Sequence[Row]
    grid: NDArray[np.float32]
    shape: NDArray[np.float32]
    label: NDArray[np.str_]
    family: NDArray[np.str_]
    file: NDArray[np.str_]
    draw: NDArray[np.int64]
    group: NDArray[np.int64]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Which rows are trained and calibrated on: all but those of fixed channels."""
        return self.draw < FIXED

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Table:
        """Put rows into columns."""
        return cls(
            rows,
            np.stack([r.grid for r in rows]).astype(np.float32) / GRID_UNIT,
            np.stack([r.shape for r in rows]),
            np.array([r.item.label for r in rows]),
            np.array([r.item.family for r in rows]),
            np.array([f"{r.item.file}@{r.item.start_s:.0f}" for r in rows]),
            np.array([r.draw for r in rows]),
            np.array([group_of(r.limit_hz) for r in rows]),
        )


@dataclass(frozen=True, eq=False)
class Part:
    """A fitted scorer before it is balanced: two scores of every row."""

    grid: NDArray[np.float32]
    grid_offset: float
    booster: Any

    def __call__(self, table: Table, some: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return both scores, shape (rows, 2)."""
        along = table.grid[some] @ self.grid + self.grid_offset
        return np.stack([along, self.booster.predict(table.shape[some], raw_score=True)], axis=1)


def weighted(
    table: Table, some: NDArray[np.bool_], machine: Mapping[str, float]
) -> NDArray[np.float64]:
    """Weigh rows: both classes alike, a family by the root of its size; 0 is left out."""
    weights = np.zeros(len(table.label))
    for labels in ({"human": 1.0}, machine):
        mine = some & table.drawn & np.isin(table.label, list(labels))
        for family in np.unique(table.family[mine]):
            these = mine & (table.family == family)
            label = str(table.label[these][0])
            weights[these] = labels[label] / np.sqrt(these.sum())
        weights[mine] /= weights[mine].sum()
    return weights * (weights > 0).sum() / 2


def fitted(table: Table, some: NDArray[np.bool_], machine: Mapping[str, float], seed: int) -> Part:
    """Fit both parts on some rows."""
    weights, truth = weighted(table, some, machine), table.label != "human"
    grid, offset = linear(table.grid, truth, weights)
    return Part(grid, offset, trees(table.shape, truth, weights, seed))


def human_folds(table: Table, seed: int) -> dict[str, int]:
    """Deal human sources to folds so that these are of like size."""
    rng, sizes = np.random.default_rng(seed), np.zeros(FOLDS)
    names, counts = np.unique(table.family[table.label == "human"], return_counts=True)
    folds = {}
    for at in sorted(rng.permutation(len(names)), key=lambda i: -counts[i]):
        folds[str(names[at])] = int(sizes.argmin())
        sizes[folds[str(names[at])]] += counts[at]
    return folds


def crossed(
    table: Table, machine: Mapping[str, float], tested: str, seed: int, *, by_family: bool
) -> NDArray[np.float64]:
    """Score every row by parts that were fitted without its source.

    Parameters
    ----------
    machine
        Labels that count as machine in training.
    tested
        Machine rows that are scored have a label of these.
    by_family
        Whether a machine recording's whole family is left out, or only the recording.

    Returns
    -------
    ndarray
        Shape (rows, 2); NaN where a row is only trained on.
    """
    folds, rng = human_folds(table, seed), np.random.default_rng(seed)
    key = table.family if by_family else table.file
    tested_labels = tested.split(",")
    names = np.unique(key[np.isin(table.label, tested_labels)])
    dealt = {str(name): i % FOLDS for i, name in enumerate(rng.permutation(names))}
    fold = np.full(len(key), -1)
    for at, (label, family, name) in enumerate(zip(table.label, table.family, key, strict=True)):
        if label == "human":
            fold[at] = folds[family]
        elif label in tested_labels:
            fold[at] = dealt[name]
    scores = np.full((len(fold), 2), np.nan)
    for number in range(FOLDS):
        out = fold == number
        scores[out] = fitted(table, ~out, machine, seed)(table, out)
    return scores


def balanced(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Weigh the two scores against each other on rows neither was fitted on."""
    known = ~np.isnan(scores[:, 0])
    model = LogisticRegression(C=1.0, class_weight="balanced")
    model.fit(scores[known], truth[known])
    return float(model.coef_[0, 0]), float(model.coef_[0, 1]), float(model.intercept_[0])


def calibrated(score: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit the probability of a score (Platt 1999), both classes equally likely beforehand."""
    model = LogisticRegression(C=100.0, class_weight="balanced")
    model.fit(score[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def families_of(table: Table) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    """Fit which family a machine-made recording resembles."""
    mine = table.drawn & (table.label == "ai")
    names, first = np.unique(table.family[mine], return_counts=True)
    draws = len(np.unique(table.draw[mine]))
    named = [str(n) for n, c in zip(names, first, strict=True) if c >= SMALLEST_FAMILY * draws]
    some = mine & np.isin(table.family, named)
    model = LogisticRegression(C=3e-4, max_iter=100, class_weight="balanced")
    model.fit(table.grid[some], table.family[some])
    order = [str(name) for name in model.classes_]
    return order, model.coef_.astype(np.float32), model.intercept_.astype(np.float32)


def scorer(
    part: Part, balance: tuple[float, float, float], prefix: str
) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
    """Return a scorer as arrays and facts."""
    along, grown, offset = balance
    # The grid was fitted in GRID_UNITs of whole steps; in use it is a plain share.
    grid = part.grid / (GRID_STEP * GRID_UNIT)
    arrays = {f"{prefix}_grid": grid.astype(np.float16)}
    arrays |= as_arrays(part.booster, f"{prefix}_trees")
    facts = {
        "grid_share": along,
        "trees_share": grown,
        "offset": offset + along * part.grid_offset,
    }
    return arrays, facts


@dataclass(frozen=True, eq=False)
class Crossed:
    """Scores of rows by parts that had not seen them, and what was fitted on those scores."""

    unseen: NDArray[np.float64]
    """Score with the whole family left out, shape (rows,)."""
    seen: NDArray[np.float64]
    """Score with only the recording left out."""
    parts: NDArray[np.float64]
    """The two scores that the first is made of, shape (rows, 2)."""
    balance: tuple[float, float, float]
    slope: float
    intercept: float
    nulls: tuple[Null, ...]

    def p_values(self, table: Table, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the p-value of every row that has a score."""
        return np.array(
            [
                np.nan if np.isnan(s) else self.nulls[g].p_value(float(s))
                for s, g in zip(score, table.group, strict=True)
            ]
        )


def cross(table: Table, machine: Mapping[str, float], tested: str, seed: int) -> Crossed:
    """Score every row out of its fold, and calibrate on those scores."""
    truth = table.label != "human"
    unseen = crossed(table, machine, tested, seed, by_family=True)
    seen = crossed(table, machine, tested, seed, by_family=False)
    drawn = np.flatnonzero(table.drawn)
    balance = balanced(np.concatenate([unseen[drawn], seen[drawn]]), np.tile(truth[drawn], 2))
    one, other = (s @ np.array(balance[:2]) + balance[2] for s in (unseen, seen))
    # Half of the machine class counts as never seen, half as seen: which it is, is not known.
    known = table.drawn & ~np.isnan(one)
    slope, intercept = calibrated(
        np.concatenate([one[known], other[known]]), np.tile(truth[known], 2)
    )
    human = known & ~truth
    nulls = tuple(
        Null.of(one[human & (table.group == g)], _recordings(table, human & (table.group == g)))
        for g in range(len(GROUPS))
    )
    return Crossed(one, other, unseen, balance, slope, intercept, nulls)


def _recordings(table: Table, some: NDArray[np.bool_]) -> int:
    return np.unique(table.file[some]).size


def rates_of(table: Table, found: Crossed) -> dict[str, float | int]:
    """Count the error rates by which the share of a catalogue is corrected."""
    flagged = found.p_values(table, found.unseen) <= SHARE_P_VALUE
    once = (table.draw == 1) & ~np.isnan(found.unseen)
    human, machine = once & (table.label == "human"), once & (table.label == "ai")
    return {
        "threshold": SHARE_P_VALUE,
        "human": int(human.sum()), "human_flagged": int((human & flagged).sum()),
        "machine": int(machine.sum()), "machine_found": int((machine & flagged).sum()),
    }  # fmt: skip


def train(
    table: Table, generated: Crossed, voice: Crossed, seed: int
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Train everything; return the weights' arrays and facts."""
    everything = np.ones(len(table.label), bool)
    arrays, facts = scorer(fitted(table, everything, MACHINE, seed), generated.balance, "score")
    more, voice_facts = scorer(fitted(table, everything, VOICE, seed), voice.balance, "voice")
    names, family_grid, family_offset = families_of(table)
    arrays |= more | {
        "family_grid": (family_grid / (GRID_STEP * GRID_UNIT)).astype(np.float16),
        "family_offset": family_offset,
    }
    for group, null in zip(GROUPS, generated.nulls, strict=True):
        arrays[f"null_{group}"] = null.scores
    return arrays, {
        "name": NAME, "version": VERSION, "seed": seed, "score": facts, "voice": voice_facts,
        "slope": generated.slope, "intercept": generated.intercept,
        "voice_slope": voice.slope, "voice_intercept": voice.intercept,
        "families": names, "rates": rates_of(table, generated),
        "tails": {
            group: [null.tail_start, null.tail_scale, null.recordings]
            for group, null in zip(GROUPS, generated.nulls, strict=True)
        },
        "rows": {str(name): int((table.label == name).sum()) for name in np.unique(table.label)},
    }  # fmt: skip


def load_rows(arguments: argparse.Namespace) -> list[Row]:
    """Build the set, or take it from the cache."""
    if arguments.cache and arguments.cache.exists():
        rows: list[Row] = pickle.loads(arguments.cache.read_bytes())
        return rows
    # Both lists first: what is wrong with a folder shows before an hour of work, not after.
    items: list[Item] = list(manifest_items(arguments.manifest))
    more = [item for folder in arguments.human for item in folder_items(folder)]
    few, most = range(max(2, arguments.draws - 2)), range(arguments.draws)
    rows = build(items, most, arguments.seed, arguments.workers)
    rows += build(more, few, arguments.seed, arguments.workers)
    two = [item for item in items if item.label in ("human", "ai")]
    rows += build(two, FIXED_DRAWS, arguments.seed, arguments.workers)
    if arguments.cache:
        arguments.cache.write_bytes(pickle.dumps(rows, protocol=4))
    return rows


def load_scores(arguments: argparse.Namespace, table: Table) -> tuple[Crossed, Crossed]:
    """Score every row out of its fold, for machine-made and for voice, or take the cache's."""
    cache: Path | None = arguments.cache and arguments.cache.with_suffix(".scores")
    if cache and cache.exists():
        found: tuple[Crossed, Crossed] = pickle.loads(cache.read_bytes())
        return found
    found = (
        cross(table, MACHINE, "ai", arguments.seed),
        cross(table, VOICE, "svc,vocoder", arguments.seed),
    )
    if cache:
        cache.write_bytes(pickle.dumps(found))
    return found


def options(description: str | None) -> argparse.ArgumentParser:
    """Return the options that training and evaluation share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("manifest", type=Path, help="CSV: file, label, generator, source")
    parser.add_argument("--human", type=Path, action="append", default=[], help="more human music")
    parser.add_argument("--draws", type=int, default=6, help="channels for each recording")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="keep intermediate results here (pickles)")
    return parser


def main() -> None:
    """Train and write the weights."""
    parser = options(__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    table = Table.of(load_rows(arguments))
    arrays, facts = train(table, *load_scores(arguments, table), arguments.seed)
    out = io.BytesIO()
    np.savez_compressed(out, facts=np.array(json.dumps(facts)), **arrays)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_bytes(out.getvalue())
    print(f"{arguments.out}: {len(out.getvalue()):,} bytes")


if __name__ == "__main__":
    main()
