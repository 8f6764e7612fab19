"""False alarms in an unfamiliar catalogue, with the shipped null and with 200 of its recordings.

    python bench/calibrate.py scores.csv --json calibrate.json
    python bench/calibrate.py --synthetic

The table has one row a recording: ``label`` (human or machine), ``group`` (its source, codec chain
or both), ``score`` (log odds) and ``p_value`` (of the shipped null). Of each group with enough
human recordings, 200 are drawn as known human, and the rest says how many false alarms a
threshold gives that promises 1% or 5%. That is repeated with other draws.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phonoscope.detector.empirical_null import EmpiricalNull
from phonoscope.interval import wilson

LEVELS = (0.01, 0.05)
"""Promised shares of false alarms."""
WITHIN = 0.4
"""How far the share may be from what was promised, as a part of it."""
FEWEST_LEFT = 50
"""Human recordings that must be left to count on."""
COLUMNS = ("label", "group", "score", "p_value")

Array = NDArray[np.float64]
Rows = Iterable[Mapping[str, str]]
Scale = Callable[["Group"], Array]


@dataclass(frozen=True)
class Group:
    """Recordings of one source."""

    name: str
    score: Array
    p_value: Array

    @property
    def rarity(self) -> Array:
        """The shipped p-values as a score: how rare the recordings are by the shipped null."""
        return -np.log(np.maximum(self.p_value, 1e-300))


@dataclass(frozen=True)
class Result:
    """What a null gives in one group, at one level."""

    group: str
    recordings: int
    """Human recordings in the group."""
    null: str
    """shipped, by score or by p-value."""
    promised: float
    false_alarms: float
    """Share of the human recordings that aren't in the null, mean of all draws."""
    low: float
    high: float
    """Where 90% of the draws lie; for the shipped null, which has no draws, a 95% interval."""
    within: float
    """Share of draws within 40% of what was promised."""
    found: float | None
    """Share of all machine recordings found at this threshold; none by p-value scale."""


def read(rows: Rows) -> tuple[list[Group], Group]:
    """Return the human groups and all machine recordings of a table."""
    held: dict[str, list[tuple[float, float]]] = defaultdict(list)
    machine: list[tuple[float, float]] = []
    for row in rows:
        values = float(row["score"]), float(row["p_value"])
        if row["label"] == "human":
            held[row["group"]].append(values)
        elif row["label"] == "machine":
            machine.append(values)
    return [_group(name, values) for name, values in sorted(held.items())], _group("", machine)


def _group(name: str, values: Sequence[tuple[float, float]]) -> Group:
    score, p_value = np.array(values, np.float64).reshape(-1, 2).T
    return Group(name, score, p_value)


def shipped(group: Group, machine: Group) -> list[Result]:
    """Return what the shipped null gives."""
    made = []
    for level in LEVELS:
        hits, total = int((group.p_value <= level).sum()), group.p_value.size
        found = float((machine.p_value <= level).mean()) if machine.p_value.size else None
        within = float(abs(hits / total / level - 1) <= WITHIN)
        made.append(
            Result(
                group.name, total, "shipped", level, hits / total, *wilson(hits, total), within,
                found,
            )
        )  # fmt: skip
    return made


def local(
    group: Group, machine: Group, null: str, scale: Scale, known: int, draws: int
) -> list[Result]:
    """Return what nulls of ``known`` recordings of the group give, drawn this many times."""
    scores, theirs = scale(group), scale(machine)
    rng = np.random.default_rng(1)
    alarms: dict[float, list[float]] = defaultdict(list)
    found: dict[float, list[float]] = defaultdict(list)
    for _ in range(draws):
        order = rng.permutation(scores.size)
        fitted = EmpiricalNull.of(scores[order[:known]])
        rest, machines = fitted.p_values(scores[order[known:]]), fitted.p_values(theirs)
        for level in LEVELS:
            alarms[level].append(float((rest <= level).mean()))
            found[level].append(float((machines <= level).mean()) if machines.size else np.nan)
    made = []
    for level in LEVELS:
        each = np.array(alarms[level])
        low, high = np.quantile(each, [0.05, 0.95])
        within = float((abs(each / level - 1) <= WITHIN).mean())
        hit = float(np.mean(found[level])) if theirs.size else None
        made.append(
            Result(
                group.name, scores.size, null, level, float(each.mean()), float(low), float(high),
                within, hit,
            )
        )  # fmt: skip
    return made


def measured(rows: Rows, known: int, draws: int) -> list[Result]:
    """Return all results of a table."""
    groups, machine = read(rows)
    made: list[Result] = []
    for group in groups:
        if group.score.size < known + FEWEST_LEFT:
            continue
        made += shipped(group, machine)
        made += local(group, machine, "by score", lambda g: g.score, known, draws)
        made += local(group, machine, "by p-value", lambda g: g.rarity, known, draws)
    return made


def synthetic(seed: int = 1) -> list[dict[str, str]]:
    """Return a table in which the shipped null is right for one group and wrong for the others."""
    rng = np.random.default_rng(seed)
    reference = np.sort(rng.normal(-3.0, 1.0, 20_000))
    shapes = {
        "as trained": rng.normal(-3.0, 1.0, 2_000),
        "shifted": rng.normal(-2.0, 1.0, 2_000),
        "wider": rng.normal(-3.0, 1.6, 2_000),
        "skewed": rng.gumbel(-3.0, 0.9, 2_000),
        "two genres": np.where(
            rng.random(2_000) < 0.8, rng.normal(-3, 1, 2_000), rng.normal(-1, 1, 2_000)
        ),
    }
    machine = rng.normal(2.5, 2.0, 1_000)

    def rows(label: str, group: str, scores: Array) -> list[dict[str, str]]:
        above = reference.size - np.searchsorted(reference, scores)
        p_values = (1 + above) / (1 + reference.size)
        return [
            {"label": label, "group": group, "score": repr(float(s)), "p_value": repr(float(p))}
            for s, p in zip(scores, p_values, strict=True)
        ]

    human = [row for name, scores in shapes.items() for row in rows("human", name, scores)]
    return [*human, *rows("machine", "generators", machine)]


def markdown(results: Sequence[Result]) -> str:
    """Return the results as a table."""
    lines = [
        "| group | human | null | promised | false alarms | 90% of draws | within ±40% | found |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in results:
        found = "" if one.found is None else f"{100 * one.found:.1f} %"
        lines.append(
            f"| {one.group} | {one.recordings} | {one.null} | {100 * one.promised:g} % "
            f"| {100 * one.false_alarms:.2f} % | {100 * one.low:.2f} to {100 * one.high:.2f} % "
            f"| {100 * one.within:.0f} % | {found} |"
        )
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("table", nargs="?", type=Path, help=f"CSV file: {', '.join(COLUMNS)}")
    parser.add_argument("--synthetic", action="store_true", help="use a table made here")
    parser.add_argument("--known", type=int, default=200, help="known-human recordings")
    parser.add_argument("--draws", type=int, default=200, help="times that they are drawn")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    asked = parser.parse_args(given)
    if (asked.table is None) != asked.synthetic:
        parser.error("give a table or --synthetic")
    if asked.synthetic:
        results = measured(synthetic(), asked.known, asked.draws)
    else:
        with asked.table.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if missing := set(COLUMNS) - set(rows.fieldnames or ()):
                parser.error(f"the table lacks {', '.join(sorted(missing))}")
            results = measured(rows, asked.known, asked.draws)
    if not results:
        parser.error(f"no group has {asked.known + FEWEST_LEFT} human recordings")
    print(markdown(results))
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in results], indent=1) + "\n")


if __name__ == "__main__":
    main()
