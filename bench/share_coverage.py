"""How often the interval of a share contains the true share, where the families are unknown.

    python bench/share_coverage.py TABLE.csv [--families 1-3] [--sources 5-20] [--fewest 20]
        [--mixes 300] [--seed 1] [--json FILE]
    python bench/share_coverage.py --made-up [--spread 0.7] [--save TABLE.csv]

TABLE.csv has the columns ``label`` (``human`` or ``machine``), ``group`` (source or family) and
``p_value``, from a model that wasn't trained on this group. For each mix it draws some families and
some sources at random, counts the rates on all others, draws catalogues of several sizes and shares
from those left out, with replacement, and estimates their shares. ``--made-up`` draws such a
table: 12 families, of which 5 % to 99.99 % are found at p <= .001, and 60 sources whose false
alarms differ.

Only groups with ``--fewest`` recordings or more are drawn into mixes. A small group that is drawn
repeatedly looks stranger than it is: 20 recordings have no p-value below .05 as often as not.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from phonoscope.detector.rates import Counted, Rates
from phonoscope.findings.shared.prevalence import estimate

EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.95)
SIZES = (100, 300, 3_000)
FOUND = (0.05, 0.15, 0.3, 0.5, 0.6, 0.75, 0.85, 0.9, 0.95, 0.98, 0.995, 0.9999)
"""Sensitivity at p <= .001 of the made-up families."""
SOURCES = 60

Table = Mapping[str, NDArray[np.float64]]
Range = tuple[int, int]


class Known(NamedTuple):
    """p-values by group."""

    human: Table
    machine: Table


class Trial(NamedTuple):
    """One estimated catalogue."""

    size: int
    truth: float
    share: float
    low: float
    high: float
    reason: str


class Cell(NamedTuple):
    """What came out at one size and one true share."""

    size: int
    truth: float
    covered: float
    too_high: float
    """Share of intervals that lie above the truth: false accusations."""
    too_low: float
    bias: float
    deviation: float
    """Root of the mean squared error."""
    width: float
    wide: dict[str, float]
    """Share of estimates that say why they are unreliable, by reason."""


def read(path: Path) -> Known:
    """Read a table; raises ``ValueError`` at a label that is neither."""
    found: dict[str, dict[str, list[float]]] = {"human": {}, "machine": {}}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["label"] not in found:
                raise ValueError(f"label {row['label']!r} is neither human nor machine")
            found[row["label"]].setdefault(row["group"], []).append(float(row["p_value"]))
    human, machine = (
        {name: np.array(values) for name, values in side.items()} for side in found.values()
    )
    return Known(human, machine)


def made_up(rng: np.random.Generator, spread: float) -> Known:
    """Return a table in which scores are normal: of all human music around 0 with deviation 1."""
    human = {
        f"source {i}": ndtr(-rng.normal(rng.normal(0, 0.25), rng.lognormal(0, 0.08), size))
        for i, size in enumerate(rng.integers(100, 200, SOURCES))
    }
    far = -ndtri(EDGES[0])
    machine = {
        f"family {i}": ndtr(-rng.normal(far + spread * ndtri(found), spread, size))
        for i, (found, size) in enumerate(
            zip(FOUND, rng.integers(30, 200, len(FOUND)), strict=True)
        )
    }
    return Known(human, machine)


def save(known: Known, path: Path) -> None:
    """Write a table as :func:`read` reads it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["label", "group", "p_value"])
        for label, table in known._asdict().items():
            rows.writerows((label, name, p) for name, values in table.items() for p in values)


def counted(table: Table) -> dict[str, Counted]:
    """Return counts between the edges."""
    nothing = Rates(EDGES, (), ())
    return {name: nothing.counted(name, values) for name, values in table.items()}


def some(
    rng: np.random.Generator, table: Mapping[str, Counted], fewest: int, how_many: Range
) -> tuple[list[str], NDArray[np.float64]]:
    """Draw groups, and return their names and the probabilities between the edges of their mix.

    At least two groups are never drawn, so that rates remain.
    """
    names = [name for name, one in table.items() if sum(one.counts) >= fewest]
    count = min(int(rng.integers(how_many[0], how_many[1] + 1)), len(names), len(table) - 2)
    drawn = [names[i] for i in rng.choice(len(names), count, replace=False)]
    parts = np.array([table[name].counts for name in drawn], np.float64)
    weights = rng.dirichlet(np.ones(count))
    return drawn, weights @ (parts / parts.sum(axis=1, keepdims=True))


def too_few(known: Known, fewest: int) -> str:
    """Return why no mix can be drawn; empty if one can."""
    for side, table in known._asdict().items():
        large = sum(values.size >= fewest for values in table.values())
        if not large or len(table) < 3:
            return (
                f"{large} of {len(table)} {side} groups have --fewest {fewest} recordings or more; "
                "a mix takes at least 1 of 3 groups"
            )
    return ""


def trials(
    known: Known, rng: np.random.Generator, mixes: int, families: Range, sources: Range, fewest: int
) -> Iterator[Trial]:
    """Estimate catalogues of every size and share, for as many mixes."""
    human, machine = counted(known.human), counted(known.machine)
    cells = [(size, share) for size in SIZES for share in SHARES]
    for _ in range(mixes):
        out, of_machine = some(rng, machine, fewest, families)
        left, of_human = some(rng, human, fewest, sources)
        rates = Rates(
            EDGES,
            tuple(one for one in human.values() if one.name not in left),
            tuple(one for one in machine.values() if one.name not in out),
        )
        made = np.array([round(size * share) for size, share in cells])
        sizes = np.array([size for size, _ in cells])
        counts = rng.multinomial(made, of_machine) + rng.multinomial(sizes - made, of_human)
        found = estimate(counts.cumsum(axis=1)[:, :-1], sizes, rates)
        rows = zip(cells, found.share, found.low, found.high, found.reason, strict=True)
        for (size, truth), share, low, high, reason in rows:
            yield Trial(size, truth, float(share), float(low), float(high), str(reason))


def summed(some_trials: list[Trial]) -> Cell:
    """Return what came out of the trials of one size and share."""
    size, truth = some_trials[0][:2]
    share, low, high = (np.array([t[i] for t in some_trials]) for i in (2, 3, 4))
    # 1e-9: a limit that is the truth contains it.
    above, below = low > truth + 1e-9, high < truth - 1e-9
    reasons = {t.reason for t in some_trials} - {""}
    return Cell(
        size,
        truth,
        float(np.mean(~above & ~below)),
        float(above.mean()),
        float(below.mean()),
        float((share - truth).mean()),
        float(np.sqrt(((share - truth) ** 2).mean())),
        float((high - low).mean()),
        {why: sum(t.reason == why for t in some_trials) / len(share) for why in sorted(reasons)},
    )


def told(cells: list[Cell]) -> None:
    """Print a table in Markdown."""
    print("| n | true share | covered | above / below | bias | rmse | width | unreliable because |")
    print("|---|---|---|---|---|---|---|---|")
    for cell in cells:
        why = ", ".join(f"{name} {share:.2f}" for name, share in cell.wide.items())
        print(
            f"| {cell.size} | {cell.truth:.2f} | {cell.covered:.3f} | {cell.too_high:.3f} / "
            f"{cell.too_low:.3f} | {cell.bias:+.3f} | {cell.deviation:.3f} | {cell.width:.2f} | "
            f"{why} |"
        )


def _range(text: str) -> Range:
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def main() -> int:
    """Run the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("table", type=Path, nargs="?")
    options.add_argument("--made-up", action="store_true")
    options.add_argument("--spread", type=float, default=0.7, help="deviation within a family")
    options.add_argument("--families", type=_range, default=(1, 3))
    options.add_argument("--sources", type=_range, default=(5, 20))
    options.add_argument("--fewest", type=int, default=20)
    options.add_argument("--mixes", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--save", type=Path)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    if chosen.made_up == (chosen.table is not None):
        options.error("give a table or --made-up")
    rng = np.random.default_rng(chosen.seed)
    known = made_up(rng, chosen.spread) if chosen.made_up else read(chosen.table)
    if problem := too_few(known, chosen.fewest):
        options.error(problem)
    if chosen.save:
        save(known, chosen.save)
    begin = time.process_time()
    by_cell: dict[tuple[int, float], list[Trial]] = defaultdict(list)
    for trial in trials(known, rng, chosen.mixes, chosen.families, chosen.sources, chosen.fewest):
        by_cell[trial[:2]].append(trial)
    cells = [summed(some_trials) for some_trials in by_cell.values()]
    told(cells)
    print(f"\n{chosen.mixes} mixes, {time.process_time() - begin:.1f} CPU-seconds", file=sys.stderr)
    if chosen.json:
        chosen.json.write_text(json.dumps([cell._asdict() for cell in cells], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
