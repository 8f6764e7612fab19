"""Figures of a run of ``bench/matching.py``, as rows of tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bench.queries import Excerpt
from bench.runner import Added, Answer, Ready
from phonoscope.interval import wilson

PROBABILITIES = (0.1, 0.01, 0.001)
TRACK_S = 240.0
"""The track that bytes are also given for."""


@dataclass(frozen=True)
class Trial:
    """One excerpt and what a system made of it."""

    condition: str
    length_s: float
    recording: str
    indexed: bool
    start_s: float
    tempo: float
    found: str | None
    """Best hit, accepted or not."""
    found_at_s: float | None
    score: float | None
    accepted: bool
    false_match_probability: float | None
    found_speed: float | None
    prepare_cpu_s: float
    lookup_cpu_s: float
    decode_cpu_s: float

    @classmethod
    def of(cls, excerpt: Excerpt, answer: Answer) -> Trial:
        """Put a query and its answer side by side."""
        plan, best = excerpt.plan, answer.hits[0] if answer.hits else None
        return cls(
            plan.condition.name, plan.length_s, str(plan.path), plan.indexed,
            excerpt.start_s, excerpt.tempo,
            best.recording_id if best else None, best.at_s if best else None,
            best.score if best else None, bool(best and best.accepted),
            best.false_match_probability if best else None, best.speed if best else None,
            answer.prepare_cpu_s, answer.lookup_cpu_s, excerpt.decode_cpu_s,
        )  # fmt: skip

    @property
    def right(self) -> bool:
        """Whether the best hit is the recording the excerpt is of."""
        return self.indexed and self.found == self.recording

    @property
    def error_s(self) -> float:
        """How far off the place found is, seconds; only where the recording is right."""
        assert self.found_at_s is not None
        return abs(self.found_at_s - self.start_s)


@dataclass
class Outcome:
    """All that was measured of one system."""

    system: str
    added: list[Added] = field(default_factory=list)
    unreadable: int = 0
    distractors: int | None = 0
    """``None``: it cannot make any."""
    ready: Ready | None = None
    peak_memory_bytes: int = 0
    trials: list[Trial] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return everything, trials included."""
        return {**asdict(self), "summary": dict(summary(self))}


def percent(hits: int, total: int) -> str:
    """Return a share in per cent with its Wilson 95 % interval."""
    if not total:
        return "-"
    low, high = wilson(hits, total)
    return f"{100 * hits / total:.1f} ({100 * low:.0f}-{100 * high:.0f})"


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def cells(outcomes: Sequence[Outcome]) -> list[tuple[str, float]]:
    """Return conditions and lengths in the order in which they are listed."""
    seen = dict.fromkeys((t.condition, t.length_s) for o in outcomes for t in o.trials)
    return list(seen)


def strictest(outcome: Outcome) -> float:
    """Return the highest score of any absent excerpt; -inf without one."""
    scores = [t.score for t in outcome.trials if not t.indexed and t.score is not None]
    return max(scores, default=-np.inf)


def recall(
    outcomes: Sequence[Outcome], order: Sequence[str], counts: Callable[[Outcome, Trial], bool]
) -> str:
    """Return a table: per cent of excerpts of indexed tracks that count, with intervals."""
    rows = []
    rank = {name: at for at, name in enumerate(order)}
    for condition, length_s in sorted(cells(outcomes), key=lambda c: (rank[c[0]], c[1])):
        row, total = [condition, f"{length_s:g}"], 0
        for outcome in outcomes:
            mine = [
                t for t in outcome.trials
                if t.indexed and (t.condition, t.length_s) == (condition, length_s)
            ]  # fmt: skip
            total = len(mine)
            row.append(percent(sum(t.right and counts(outcome, t) for t in mine), total))
        rows.append([*row[:2], str(total), *row[2:]])
    return markdown(["condition", "s", "n", *(o.system for o in outcomes)], rows)


def false_matches(outcomes: Sequence[Outcome]) -> str:
    """Return a table: per cent of absent excerpts matched by default, and wrong ones of indexed."""
    rows = []
    lengths = sorted({t.length_s for o in outcomes for t in o.trials})
    for name, some in [("all", lengths), *((f"{s:g} s", [s]) for s in lengths)]:
        for outcome in outcomes:
            mine = [t for t in outcome.trials if t.length_s in some]
            absent = [t for t in mine if not t.indexed]
            indexed = [t for t in mine if t.indexed]
            wrong = sum(t.accepted and not t.right for t in indexed)
            rows.append(
                [
                    name, outcome.system, str(len(absent)),
                    percent(sum(t.accepted for t in absent), len(absent)),
                    str(len(indexed)), percent(wrong, len(indexed)),
                ]
            )  # fmt: skip
    heads = ["length", "system", "absent", "% matched", "indexed", "% given another recording"]
    return markdown(heads, rows)


def spread(values: Sequence[float]) -> list[str]:
    if not values:
        return ["0", "-", "-", "-", "-", "-"]
    marks = np.quantile(values, [0.01, 0.05, 0.5, 0.99, 1.0])
    return [str(len(values)), *(f"{mark:.4g}" for mark in marks)]


def scores(outcomes: Sequence[Outcome]) -> str:
    """Return a table of how scores of best hits lie, accepted or not."""
    kinds: dict[str, Callable[[Trial], bool]] = {
        "right": lambda t: t.right,
        "indexed, wrong": lambda t: t.indexed and not t.right,
        "absent": lambda t: not t.indexed,
    }
    rows = [
        [o.system, kind, *spread([t.score for t in o.trials if is_one(t) and t.score is not None])]
        for o in outcomes
        for kind, is_one in kinds.items()
    ]
    return markdown(["system", "best hit", "n", "1 %", "5 %", "median", "99 %", "largest"], rows)


def probabilities(outcomes: Sequence[Outcome]) -> str:
    """Return a table: how often absent excerpts were given a false-match probability this low.

    Calibrated ones are given no more often than they say. Empty where no system gives any.
    """
    rows = []
    for outcome in outcomes:
        absent = [t for t in outcome.trials if not t.indexed]
        given = [p for t in absent if (p := t.false_match_probability) is not None]
        for level in PROBABILITIES if given else ():
            # No hit is the best a system can say of an absent excerpt: all of them count.
            often = percent(sum(p <= level for p in given), len(absent))
            rows.append([outcome.system, f"{100 * level:g}", str(len(absent)), often])
    return markdown(["system", "% or less", "absent", "% given it"], rows) if rows else ""


def places(outcomes: Sequence[Outcome], order: Sequence[str]) -> str:
    """Return a table of how far off the found places are."""
    rows = []
    names = [name for name in order if name in {c for c, _ in cells(outcomes)}]
    for name in names:
        for outcome in outcomes:
            mine = [t for t in outcome.trials if t.condition == name and t.right and t.accepted]
            off = [t.error_s for t in mine]
            rows.append(
                [
                    name, outcome.system, str(len(off)),
                    f"{statistics.median(off):.3f}" if off else "-",
                    percent(sum(s <= 0.1 for s in off), len(off)),
                    percent(sum(s <= 0.5 for s in off), len(off)),
                ]
            )  # fmt: skip
    heads = ["condition", "system", "found", "median s off", "% within 0.1 s", "% within 0.5 s"]
    return markdown(heads, rows)


def summary(outcome: Outcome) -> list[tuple[str, float | None]]:
    """Return what a system costs, by name of figure."""
    sound_s = sum(a.duration_s for a in outcome.added) or float("nan")
    decode = sum(a.decode_cpu_s for a in outcome.added) or float("nan")
    index = sum(a.index_cpu_s for a in outcome.added)
    rows: list[tuple[str, float | None]] = [
        ("tracks indexed", len(outcome.added)),
        ("hours indexed", sound_s / 3600),
        ("distractors", outcome.distractors),
        ("decoding, CPU-s an hour", decode / sound_s * 3600),
        ("indexing, CPU-s an hour", index / sound_s * 3600),
        ("indexing / decoding", index / decode),
    ]
    if outcome.ready:
        # Distractors are 4-minute tracks as well.
        held_s = sound_s + TRACK_S * (outcome.distractors or 0)
        per_s = outcome.ready.index_bytes / held_s
        rows += [
            ("finishing the index, CPU-s", outcome.ready.finish_cpu_s),
            ("index, kB an hour", per_s * 3600 / 1e3),
            ("index, kB a 4-minute track", per_s * TRACK_S / 1e3),
            ("memory before, MB", outcome.ready.memory_before_bytes / 1e6),
            ("memory with the index, MB", outcome.ready.memory_bytes / 1e6),
            ("largest memory, MB", outcome.peak_memory_bytes / 1e6),
        ]
    for length_s in sorted({t.length_s for t in outcome.trials}):
        mine = [t for t in outcome.trials if t.length_s == length_s]
        decoding = statistics.mean(t.decode_cpu_s for t in mine)
        for what, spent in (
            ("analysis", [t.prepare_cpu_s for t in mine]),
            ("lookup", [t.lookup_cpu_s for t in mine]),
        ):
            name = f"query of {length_s:g} s, {what}"
            rows += [
                (f"{name}, CPU-ms", 1e3 * statistics.mean(spent)),
                (f"{name}, CPU-ms, median", 1e3 * statistics.median(spent)),
                (f"{name} / decoding as much", statistics.mean(spent) / decoding),
            ]
    return rows


def costs(outcomes: Sequence[Outcome]) -> str:
    """Return a table of what systems cost."""
    sides = [dict(summary(outcome)) for outcome in outcomes]
    rows = [
        [name, *("cannot" if side[name] is None else f"{side[name]:.4g}" for side in sides)]
        for name in sides[0]
    ]
    return markdown(["", *(o.system for o in outcomes)], rows)
