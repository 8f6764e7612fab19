"""Train the detector of machine-made music, and write its weights.

    pip install --group bench .
    python -m bench.train_generated LIST [LIST ...] --rows FOLDER --seed 1

LIST is a CSV with the columns label (human, ai, codec), family, source and file, and, if known,
duration_s and genre; ``docs/model-cards/generated-recordings.csv`` names the recordings that the
shipped weights were trained on. FOLDER keeps what was computed of them. Everything drawn is drawn
from the seed.
"""

from __future__ import annotations

import argparse
import io
import json
import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.fitting import GRID_UNIT, as_arrays, linear, trees
from bench.generated_set import GRID_STEP, WINDOW, Item, build, listed, read_rows
from bench.generated_table import FOLDS, Mask, Scores, Table, folds_of
from bench.oscillators import add_oscillators
from phonoscope.detector.calibration import (
    BANDS,
    GROUPS,
    KINDS_OF_NULL,
    LargestNull,
    Null,
)
from phonoscope.detector.features import COMB_SUMS
from phonoscope.interval import wilson

NAME, VERSION = "phonoscope-generated", "3"
WEIGHTS = Path(__file__).parent.parent / "phonoscope/detector/weights/generated.npz"
DRAWS = (0, 2, WINDOW)
SOME_FIXED = {"human": 1, "ai": 3, "codec": 3}
MACHINE = {"ai": 1.0, "codec": 0.3}
"""What counts as machine in training, and how much; copies through neural codecs carry the
traces of decoders whose generators are not in the set."""
NO_DECODER = ("Riffusion",)
"""Families that turn a picture of a spectrum into sound by Griffin-Lim. There is no neural decoder
whose traces could be learned: they are measured, not trained on."""
SYMBOLIC = "symbolic"
"""Part of the names of families that write notes, which instruments play: no decoder made them."""
EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""p-values between which recordings are counted for the share of a catalogue."""
SMALLEST_FAMILY = 8
"""Recordings a family needs to be named."""
SMALLEST_NULL = 100
"""Human recordings a group needs for a null of its own; a smaller one borrows all bands."""
LEAST_RIGHT = 0.7
"""Lower limit of the share of right names from which a decoder is named at all."""
ALTERED_SHARE, CERTAIN_SHARE = 0.05, 0.01
"""Share of unaltered human recordings that may be compared with altered ones, and that may be
reported as altered."""
SHARED_DECODERS = {
    "MelodyFlow": "MusicGen or another user of its EnCodec",
    "MusicGen": "MusicGen or another user of its EnCodec",
    "MusicGen-Stem": "MusicGen or another user of its EnCodec",
    "AudioLDM2": "AudioLDM 2 or Mustango or Tango",
    "Mustango": "AudioLDM 2 or Mustango or Tango",
    "Tango": "AudioLDM 2 or Mustango or Tango",
    "DiffRhythm": "DiffRhythm or Stable Audio",
    "Stable Audio": "DiffRhythm or Stable Audio",
    "InstructME (edit)": "InstructME or AUDIT",
    "AUDIT (edit)": "InstructME or AUDIT",
}
"""Families whose decoders are the same, or too alike to name one of them."""


@dataclass(frozen=True, eq=False)
class Part:
    """A fitted scorer before it is balanced: three scores of every row."""

    grid: NDArray[np.float32]
    grid_offset: float
    combs: Any
    shape: Any

    def __call__(self, table: Table, some: Mask) -> Scores:
        """Return the scores of the grid, of the combs and of the whole shape, shape (rows, 3)."""
        shapes = table.shape[some]
        return np.stack(
            [
                table.grid[some] @ self.grid + self.grid_offset,
                self.combs.predict(shapes[:, COMB_SUMS], raw_score=True),
                self.shape.predict(shapes, raw_score=True),
            ],
            axis=1,
        )


def weighted(table: Table, some: Mask) -> Scores:
    """Weigh rows: both classes alike, a family by the root of its size; 0 is left out."""
    weights = np.zeros(len(table.label))
    known = some & ~np.isin(table.family, NO_DECODER) & ~table.laundered
    for labels in ({"human": 1.0}, MACHINE):
        mine = known & np.isin(table.label, list(labels))
        for family in np.unique(table.family[mine]):
            these = mine & (table.family == family)
            label = str(table.label[these][0])
            weights[these] = labels[label] / np.sqrt(these.sum())
        weights[mine] /= weights[mine].sum()
    return weights * (weights > 0).sum() / 2


def fitted(table: Table, some: Mask, seed: int) -> Part:
    """Fit all parts on some rows."""
    weights = weighted(table, some)
    grid, offset = linear(table.grid, table.machine, weights)
    combs = trees(table.shape[:, COMB_SUMS], table.machine, weights, seed)
    return Part(grid, offset, combs, trees(table.shape, table.machine, weights, seed))


def crossed(table: Table, fold: NDArray[np.int64], seed: int) -> Scores:
    """Score every row by parts that were fitted without its fold, shape (rows, 3)."""
    scores = np.full((len(fold), 3), np.nan)
    for number in range(FOLDS):
        out = fold == number
        scores[out] = fitted(table, ~out, seed)(table, out)
    return scores


def balanced(scores: Scores, table: Table) -> tuple[list[float], float]:
    """Weigh the scores against each other on rows that no part was fitted on."""
    model = LogisticRegression(C=1.0)
    everything = np.ones(len(table.label), bool)
    weights = weighted(table, everything)
    model.fit(scores, table.machine, sample_weight=weights)
    return [float(c) for c in model.coef_[0]], float(model.intercept_[0])


def calibrated(score: Scores, truth: Mask) -> tuple[float, float]:
    """Fit the probability of a score (Platt 1999), both classes equally likely beforehand."""
    model = LogisticRegression(C=100.0, class_weight="balanced")
    model.fit(score[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def altered_scores(table: Table, fold: NDArray[np.int64], seed: int) -> Scores:
    """Score how altered each row looks, by trees that were grown without its fold."""
    scores = np.full(len(fold), np.nan)
    for number in range(FOLDS):
        out = fold == number
        scores[out] = altered_trees(table, ~out, seed).predict(table.shape[out], raw_score=True)
    return scores


def altered_trees(table: Table, some: Mask, seed: int) -> Any:
    """Grow trees that find altered pitch and tempo, in both classes."""
    some = some & ~table.laundered
    weights = some.astype(np.float64)
    weights[table.altered] *= (some & ~table.altered).sum() / (some & table.altered).sum()
    return trees(table.shape, table.altered, weights, seed, 250)


@dataclass(frozen=True, eq=False)
class Crossed:
    """Scores of rows by parts that had not seen them, and what was fitted on those scores."""

    unseen: Scores
    """Score with the source and the whole family left out, shape (rows,)."""
    seen: Scores
    """Score with only the source left out."""
    parts: Scores
    """The scores that the first is made of, shape (rows, 3)."""
    balance: tuple[list[float], float]
    slope: float
    intercept: float
    looks_altered: Scores
    altered_from: float
    """The score from which a row is compared with altered ones."""
    certain_from: float
    """The score from which a row is reported as altered."""
    nulls: tuple[LargestNull, ...]
    """One for each of ``GROUPS``."""
    window_nulls: tuple[Null, ...]
    """One for each of ``BANDS``: of windows as they are."""

    def groups(self, table: Table) -> NDArray[np.int64]:
        """Return the index of ``GROUPS`` of each row."""
        return groups_of(table, self.looks_altered >= self.altered_from)

    def p_values(self, table: Table, score: Scores) -> Scores:
        """Return the p-value of every row that has a score."""
        groups = self.groups(table)
        return np.array(
            [
                np.nan if np.isnan(s) else self.nulls[g].p_value(float(s))
                for s, g in zip(score, groups, strict=True)
            ]
        )


def groups_of(table: Table, altered: Mask) -> NDArray[np.int64]:
    """Return the index of ``GROUPS`` of each row."""
    return np.asarray(table.band + len(BANDS) * (altered + 2 * table.mono), np.int64)


def null_of(score: Scores, table: Table, some: Mask) -> Null:
    """Return the null of some rows."""
    return Null.of(score[some], np.unique(table.file[some]).size)


def nulls_of(
    table: Table, score: Scores, human: Mask, group: NDArray[np.int64], names: Sequence[str]
) -> tuple[Null | None, ...]:
    """Return a null for each group; one with few recordings borrows the other bands'.

    ``None`` where these are few, too.
    """
    found: list[Null | None] = []
    for index in range(len(names)):
        some = human & (group == index)
        if np.unique(table.file[some]).size < SMALLEST_NULL:
            some = human & (group // len(BANDS) == index // len(BANDS))
        few = np.unique(table.file[some]).size < SMALLEST_NULL / 2
        found.append(None if few else null_of(score, table, some))
    return tuple(found)


def largest_nulls(
    table: Table, score: Scores, human: Mask, group: NDArray[np.int64]
) -> tuple[LargestNull, ...]:
    """Return the null of each of ``GROUPS``: the largest of all recordings' and single kinds'."""
    masks = (human, human & table.altered, human & table.sped & ~table.altered)
    found = []
    for kinds in zip(*(nulls_of(table, score, mask, group, GROUPS) for mask in masks), strict=True):
        first = kinds[0] or null_of(score, table, human)
        named = zip(KINDS_OF_NULL, (first, *kinds[1:]), strict=True)
        found.append(LargestNull({kind: null for kind, null in named if null is not None}))
    return tuple(found)


def cross(table: Table, seed: int) -> Crossed:
    """Score every row out of its fold, and calibrate on those scores."""
    by_source = folds_of(table, table.source, seed)
    # A family stays together with its sources: both are left out.
    by_family = folds_of(table, table.family, seed)
    unseen, seen = crossed(table, by_family, seed), crossed(table, by_source, seed)
    shares, offset = balanced(unseen, table)
    one, other = (s @ np.array(shares) + offset for s in (unseen, seen))
    # Half of the machine class counts as never seen, half as seen: in use, nobody knows which.
    ai = (table.label != "codec") & ~table.laundered & (table.machine | table.human_music)
    slope, intercept = calibrated(
        np.concatenate([one[ai], other[ai]]), np.tile(table.machine[ai], 2)
    )
    looks = altered_scores(table, by_source, seed)
    human = table.human_music
    plain = human & (table.draw == 0)
    altered_from, certain_from = (
        float(np.quantile(looks[plain], 1 - share)) for share in (ALTERED_SHARE, CERTAIN_SHARE)
    )
    whole = human & (table.draw != WINDOW) & ~table.laundered
    group = groups_of(table, looks >= altered_from)
    windows = human & ((table.draw == WINDOW) | (table.draw == 0))
    return Crossed(
        one, other, unseen, (shares, offset), slope, intercept, looks, altered_from,
        certain_from,
        largest_nulls(table, one, whole, group),
        tuple(null for null in nulls_of(table, one, windows, table.band, BANDS) if null),
    )  # fmt: skip


def rates_of(table: Table, found: Crossed) -> dict[str, Any]:
    """Count recordings by p-value, source and family, as :mod:`phonoscope.detector.rates` does.

    Families without a neural decoder aren't counted: like music that was written by a machine and
    played by instruments, they can't be found in the sound, and a share doesn't include them.
    """
    p_values = found.p_values(table, found.unseen)
    bins = np.searchsorted(EDGES, p_values)
    plain = (table.draw == 0) & (table.label != "codec")
    plain &= ~np.isin(table.family, NO_DECODER)
    counted: dict[str, dict[str, list[int]]] = {"human": {}, "machine": {}}
    for side, mine, names in (
        ("human", plain & table.human_music, table.source),
        ("machine", plain & table.machine, table.family),
    ):
        for name in np.unique(names[mine]):
            some = bins[mine & (names == name)]
            counted[side][str(name)] = np.bincount(some, minlength=len(EDGES) + 1).tolist()
    return {"edges": EDGES, **counted}


def decoder_of(family: str) -> str:
    """Return the name under which a family's decoder is known."""
    return SHARED_DECODERS.get(family, family)


@dataclass(frozen=True, eq=False)
class Families:
    """Which decoder a machine-made recording resembles."""

    names: list[str]
    grid: NDArray[np.float32]
    offset: NDArray[np.float32]

    def named(self, grid: NDArray[np.float32]) -> list[tuple[str, float]]:
        """Return the likeliest decoder of each grid, and its probability."""
        along = grid @ self.grid.T + self.offset
        share = np.exp(along - along.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        best = share.argmax(axis=1)
        return [(self.names[b], float(s[b])) for b, s in zip(best, share, strict=True)]

    @classmethod
    def fitted(cls, table: Table, some: Mask, names: Sequence[str]) -> Families:
        """Fit on some rows of families that are named."""
        decoders = np.array([decoder_of(f) for f in table.family])
        mine = some & (table.label == "ai") & np.isin(decoders, names)
        model = LogisticRegression(C=3e-4, max_iter=100, class_weight="balanced")
        model.fit(table.grid[mine], decoders[mine])
        order = [str(name) for name in model.classes_]
        grid, offset = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
        return cls(order, grid, offset)


def named_decoders(table: Table) -> list[str]:
    """Return the decoders with enough recordings to be named."""
    mine = (table.label == "ai") & (table.draw == 0)
    files = Counter(decoder_of(str(f)) for f in table.family[mine])
    return [
        name for name, n in sorted(files.items()) if n >= SMALLEST_FAMILY and name not in NO_DECODER
    ]


def family_precision(
    table: Table, found: Crossed, names: Sequence[str], known: float, seed: int
) -> dict[str, list[int]]:
    """Count how often a decoder was named right, of recordings whose source was left out.

    Recordings of families that aren't among the names count as wrong when one is named.
    """
    fold = folds_of(table, table.source, seed)
    called = found.p_values(table, found.seen) <= 0.01
    tested = (table.label == "ai") & (table.draw == 0) & called
    counts: dict[str, list[int]] = {name: [0, 0] for name in names}
    for number in range(FOLDS):
        families = Families.fitted(table, fold != number, names)
        out = tested & (fold == number)
        if not out.any():
            continue
        for (name, share), family in zip(
            families.named(table.grid[out]), table.family[out], strict=True
        ):
            if share >= known:
                counts[name][1] += 1
                counts[name][0] += name == decoder_of(str(family))
    return counts


def scorer(part: Part, balance: tuple[list[float], float]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a scorer as arrays and facts."""
    (along, combs, grown), offset = balance
    # The grid was fitted in GRID_UNITs of whole steps; in use it is a plain share.
    arrays = {"score_grid": (part.grid / (GRID_STEP * GRID_UNIT)).astype(np.float16)}
    arrays |= as_arrays(part.combs, "score_combs") | as_arrays(part.shape, "score_shape")
    facts = {
        "grid_share": along,
        "combs_share": combs,
        "shape_share": grown,
        "offset": offset + along * part.grid_offset,
    }
    return arrays, facts


def train(table: Table, found: Crossed, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train everything; return the weights' arrays and facts."""
    everything = np.ones(len(table.label), bool)
    arrays, score = scorer(fitted(table, everything, seed), found.balance)
    arrays |= as_arrays(altered_trees(table, everything, seed), "altered")
    known = 0.6
    names = named_decoders(table)
    precision = family_precision(table, found, names, known, seed)
    families = Families.fitted(table, everything, names)
    # The others stay in the comparison, without a name: what resembles them isn't named.
    named = {
        name for name, (right, n) in precision.items() if n and wilson(right, n).low >= LEAST_RIGHT
    }
    arrays |= {
        "family_grid": (families.grid / (GRID_STEP * GRID_UNIT)).astype(np.float16),
        "family_offset": families.offset,
    }
    tails: dict[str, Any] = {}
    window_tails: dict[str, Any] = {}
    for group, largest in zip(GROUPS, found.nulls, strict=True):
        for kind, null in largest.by_kind.items():
            _keep(null, f"{group}{kind}", "null", arrays, tails)
    for band, null in zip(BANDS, found.window_nulls, strict=True):
        _keep(null, band, "window_null", arrays, window_tails)
    plain = table.draw == 0
    return arrays, {
        "name": NAME, "version": VERSION, "seed": seed, "score": score,
        "slope": found.slope, "intercept": found.intercept, "altered_from": found.altered_from,
        "altered_certain_from": found.certain_from,
        "families": [name if name in named else "" for name in families.names],
        "family_known": known,
        "family_precision": {name: precision[name] for name in sorted(named)},
        "rates": rates_of(table, found), "tails": tails, "window_tails": window_tails,
        "recordings": {str(n): int((plain & (table.label == n)).sum())
                       for n in np.unique(table.label)},
        "sources": {str(n): np.unique(table.source[table.label == n]).size
                    for n in np.unique(table.label)},
    }  # fmt: skip


def _keep(
    null: Null, name: str, prefix: str, arrays: dict[str, Any], tails: dict[str, Any]
) -> None:
    arrays[f"{prefix}_{name}"] = null.scores.astype(np.float16)
    tails[name] = [null.tail_start, null.tail_scale, null.recordings]


def items_of(lists: Sequence[Path]) -> list[Item]:
    """Return the recordings of lists, without those that no decoder made."""
    items = [item for recordings in lists for item in listed(recordings)]
    return [item for item in items if SYMBOLIC not in item.family]


def load_table(arguments: argparse.Namespace) -> Table:
    """Build what is missing of the set, and return all of it."""
    items = items_of(arguments.lists)
    for label, some_fixed in SOME_FIXED.items():
        mine = [item for item in items if item.label == label]
        build(
            mine, DRAWS, some_fixed,
            seed=arguments.seed, workers=arguments.workers, folder=arguments.rows,
        )  # fmt: skip
    items += add_oscillators(arguments.seed, arguments.workers, arguments.rows)
    wanted = {(item.file, item.label) for item in items}
    rows = [r for r in read_rows(arguments.rows) if (r.item.file, r.item.label) in wanted]
    return Table.of(rows)


def load_scores(arguments: argparse.Namespace, table: Table) -> Crossed:
    """Score every row out of its fold, or take the scores that are kept."""
    kept: Path = arguments.rows / "crossed.pkl"
    if kept.exists():
        found: Crossed = pickle.loads(kept.read_bytes())
        if len(found.unseen) == len(table.label):
            return found
    found = cross(table, arguments.seed)
    kept.write_bytes(pickle.dumps(found))
    return found


def options(description: str | None) -> argparse.ArgumentParser:
    """Return the options that training and evaluation share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("lists", type=Path, nargs="+", help="CSV: label, family, source, file")
    parser.add_argument("--rows", type=Path, required=True, help="keep what is computed here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    return parser


def main() -> None:
    """Train and write the weights."""
    parser = options(__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    table = load_table(arguments)
    arrays, facts = train(table, load_scores(arguments, table), arguments.seed)
    out = io.BytesIO()
    np.savez_compressed(out, facts=np.array(json.dumps(facts)), **arrays)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_bytes(out.getvalue())
    print(f"{arguments.out}: {len(out.getvalue()):,} bytes")


if __name__ == "__main__":
    main()
