"""How often human releases are called, with the bounds of ``detector/dependence.py``.

Reads left-out p-values as CSV with the columns ``label`` (``human`` for people's music), ``group``
(the source) and ``p_value``. Half of the sources, drawn again each time, are the trial; from each
source of the other half come groups of 5, 10 and 26 recordings. A bound holds if at most as many
groups as promised have more recordings called than it allows:

    python bench/release_bounds.py left_out.csv

``independent`` is the bound that takes recordings for independent, for comparison. Shares have a
95% interval by sources: Clopper & Pearson for the number of different sources in the test half.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from phonoscope.detector.dependence import beta_binomial, dependence
from phonoscope.detector.rates import Rates

EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SIZES = (5, 10, 26)
PROMISED = (0.01, 0.001)

PValues = Mapping[str, NDArray[np.float64]]


class Row(NamedTuple):
    """How often groups of one size have more called than one bound allows."""

    recordings: int
    promised: float
    threshold: float
    groups: int
    sources: int
    most: float
    """Mean of what the bound allows."""
    over: int
    sources_over: int
    independent_over: int


def read(path: Path, human: str = "human") -> PValues:
    """Return the p-values of human recordings by source."""
    found: dict[str, list[float]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["label"] == human and row["p_value"]:
                found[row["group"]].append(float(row["p_value"]))
    return {name: np.array(values) for name, values in found.items()}


def trial_of(sources: PValues) -> Rates:
    """Return the rates of some sources."""
    empty = Rates(EDGES, (), ())
    return Rates(EDGES, tuple(empty.counted(n, p) for n, p in sources.items()), ())


def groups_of(
    values: NDArray[np.float64], size: int, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Return groups of one source; no recording is in two of them.

    A source with too few recordings for a group is one group, if it has at least half of them.
    """
    shuffled = rng.permutation(values)
    whole = [shuffled[i : i + size] for i in range(0, shuffled.size - size + 1, size)]
    return whole or ([shuffled] if 2 * shuffled.size >= size else [])


def independent(recordings: int, share: float, error: float) -> int:
    """Return how many of independent recordings are called in all but a share of groups."""
    tails = np.cumsum(beta_binomial(recordings, share, 0.0)[::-1])[::-1]
    return int((tails > error).sum()) - 1


def measure(
    sources: PValues, *, threshold: float = 0.001, splits: int = 20, seed: int = 1
) -> list[Row]:
    """Count groups of left-out sources with more recordings called than the bounds allow."""
    rng = np.random.default_rng(seed)
    names = np.array(sorted(sources))
    found: dict[tuple[int, float], list[tuple[str, int, int, int]]] = defaultdict(list)
    for _ in range(splits):
        drawn = rng.permutation(names)
        trial = trial_of({name: sources[name] for name in drawn[: names.size // 2]})
        limits = dependence(trial, threshold)
        for name in drawn[names.size // 2 :]:
            for size in SIZES:
                for group in groups_of(sources[name], size, rng):
                    called = int((group <= threshold).sum())
                    for error in PROMISED:
                        most = int(limits.most(group.size, error))
                        alone = independent(group.size, threshold, error)
                        found[size, error].append((name, called, most, alone))
    return [_row(size, error, threshold, some) for (size, error), some in sorted(found.items())]


def _row(
    size: int, error: float, threshold: float, some: Sequence[tuple[str, int, int, int]]
) -> Row:
    over = [name for name, called, most, _ in some if called > most]
    return Row(
        size,
        error,
        threshold,
        len(some),
        len({name for name, *_ in some}),
        float(np.mean([most for *_, most, _ in some])),
        len(over),
        len(set(over)),
        sum(called > alone for _, called, _, alone in some),
    )


def interval(hits: int, total: int) -> tuple[float, float]:
    """Return the exact 95% interval of a share (Clopper & Pearson 1934)."""
    low = stats.beta(hits, total - hits + 1).ppf(0.025) if hits else 0.0
    high = stats.beta(hits + 1, total - hits).ppf(0.975) if hits < total else 1.0
    return float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per size, bound and threshold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--human", default="human", help="label of human recordings")
    parser.add_argument("--splits", type=int, default=20)
    chosen = parser.parse_args(arguments)
    sources = read(chosen.table, chosen.human)
    whole = dependence(trial_of(sources))
    print(
        f"{whole.recordings} recordings of {whole.sources} sources, {whole.called} called at "
        f"{whole.threshold}; correlation {whole.correlation:.3f}, at most "
        f"{whole.highest_correlation:.3f}; share at most {whole.highest_share:.4f}; "
        f"unlike all sources at most {whole.unseen_share:.3f}"
    )
    print("n\tp <=\tpromised\tgroups\tallowed\tover\tsources over\t95%\tindependent over")
    for threshold in EDGES[:3]:
        for row in measure(sources, threshold=threshold, splits=chosen.splits):
            low, high = interval(row.sources_over, row.sources)
            print(
                f"{row.recordings}\t{threshold}\t{row.promised}\t{row.groups}\t{row.most:.1f}\t"
                f"{row.over / row.groups:.4f}\t{row.sources_over} of {row.sources}\t"
                f"{low:.3f} to {high:.3f}\t{row.independent_over / row.groups:.4f}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
