"""Measure the detector of machine-made music on recordings it was not fitted on.

    python -m bench.evaluate_generated MANIFEST --human FOLDER --seed 1 [--card CARD.md]

Prints the tables of ``docs/model-cards/generated.md`` as Markdown, or writes them into it.
Every score is of a fit that had not seen the recording's source; *unseen* is of one that had
not seen its family of generators either. Rates carry Wilson 95 % intervals and count each
recording once, AUC carries the 95 % interval of 200 bootstrap draws of recordings.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from bench.train_generated import Crossed, Table, load_rows, load_scores, options
from phonoscope.detector.calibration import GROUPS, Null
from phonoscope.interval import wilson

ALPHA = 0.001
BEGIN, END = "<!-- figures: written by bench/evaluate_generated.py -->", "<!-- end of figures -->"
Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]


def auc(score: Scores, table: Table, human: Mask, machine: Mask) -> str:
    """Return an AUC with its bootstrap interval; recordings are drawn, not rows."""
    if not human.any() or not machine.any():
        return ""
    truth, some = (machine | human), np.flatnonzero(human | machine)
    truth = machine[some]
    value = roc_auc_score(truth, score[some])
    _, recording = np.unique(table.file[some], return_inverse=True)
    rng, drawn = np.random.default_rng(0), []
    for _ in range(200):
        weight = np.bincount(
            rng.integers(recording.max() + 1, size=recording.max() + 1),
            minlength=recording.max() + 1,
        )[recording]
        if weight[truth].any() and weight[~truth].any():
            drawn.append(roc_auc_score(truth, score[some], sample_weight=weight))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{value:.3f} ({low:.3f}-{high:.3f})"


def share(hit: Mask, some: Mask, table: Table) -> str:
    """Return the share of recordings hit, each counted by the mean of its rows."""
    if not some.any():
        return ""
    files, recording = np.unique(table.file[some], return_inverse=True)
    rate = float(np.mean(np.bincount(recording, hit[some]) / np.bincount(recording)))
    interval = wilson(round(rate * files.size), files.size)
    return f"{100 * rate:.1f} ({100 * interval.low:.1f}-{100 * interval.high:.1f})"


def markdown(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


class Measured:
    """Scores and p-values of every row, and who is who."""

    def __init__(self, table: Table, found: Crossed, machine: str) -> None:
        self.table, self.found = table, found
        scored = ~np.isnan(found.unseen)
        every_human = scored & (table.label == "human")
        every_machine = scored & np.isin(table.label, machine.split(","))
        self.human, self.machine = every_human & table.drawn, every_machine & table.drawn
        self.fixed_human, self.fixed_machine = (
            every_human & ~table.drawn,
            every_machine & ~table.drawn,
        )
        self.unseen_p = found.p_values(table, found.unseen)
        self.seen_p = found.p_values(table, found.seen)

    def at_one_per_cent(self, score: Scores, some: Mask) -> str:
        """Return the share found at the threshold that 1 % of these human rows exceed."""
        threshold = np.quantile(score[self.human & some], 0.99)
        return share(score > threshold, self.machine & some, self.table)

    def mean_over_families(self, score: Scores, some: Mask) -> str:
        """Return the mean AUC over families."""
        aucs = []
        for family in np.unique(self.table.family[self.machine]):
            mine = self.machine & some & (self.table.family == family)
            if mine.any():
                both = mine | (self.human & some)
                aucs.append(roc_auc_score(mine[both], score[both]))
        return f"{np.mean(aucs):.3f}"


def kinds(table: Table, kind: str) -> Callable[[str], Mask]:
    """Return a function from a step's name to the rows that have it."""
    names = [{name for k, name in row.steps if k == kind} for row in table.rows]
    return lambda name: np.array([name in mine for mine in names])


def overall(m: Measured) -> str:
    """Return AUC and shares found by channel, for unseen and for seen families."""
    draw = m.table.draw
    channels = {
        "as it is": draw == 0,
        "a codec": draw == 1,
        "a random channel": (draw > 1) & m.table.drawn,
    }
    rows = []
    for name, score, p in (
        ("unseen", m.found.unseen, m.unseen_p), ("seen", m.found.seen, m.seen_p)
    ):  # fmt: skip
        for channel, some in channels.items():
            rows.append(
                (
                    name, channel,
                    auc(score, m.table, m.human & some, m.machine & some),
                    m.mean_over_families(score, some),
                    m.at_one_per_cent(score, some),
                    share(p <= ALPHA, m.machine & some, m.table),
                )
            )  # fmt: skip
    heads = ("family", "channel", "AUC", "mean AUC over families", "% found at 1 % false alarms",
             "% called generated by default")  # fmt: skip
    return markdown(heads, rows)


def by_part(m: Measured) -> str:
    """Return what each part of the score does alone, unseen families."""
    parts = {
        "linear model of the grid": m.found.parts[:, 0],
        "trees over the shape": m.found.parts[:, 1],
        "both": m.found.unseen,
    }
    every = np.ones(len(m.human), bool)
    return markdown(
        ("score", "AUC", "mean AUC over families", "% found at 1 % false alarms"),
        [
            (name, auc(s, m.table, m.human, m.machine), m.mean_over_families(s, every),
             m.at_one_per_cent(s, every))
            for name, s in parts.items()
        ],
    )  # fmt: skip


def by_family(m: Measured) -> str:
    """Return rates by family of generators."""
    rows = []
    for family in np.unique(m.table.family[m.machine]):
        mine = m.machine & (m.table.family == family)
        rows.append(
            (
                family, np.unique(m.table.file[mine]).size,
                auc(m.found.unseen, m.table, m.human, mine),
                auc(m.found.seen, m.table, m.human, mine),
                share(m.unseen_p <= ALPHA, mine, m.table), share(m.seen_p <= ALPHA, mine, m.table),
            )
        )  # fmt: skip
    heads = ("family", "n", "AUC, left out", "AUC, seen", "% called generated, left out",
             "% called generated, seen")  # fmt: skip
    return markdown(heads, rows)


def by_step(m: Measured, kind: str) -> str:
    """Return rates by what happened on the way."""
    has = kinds(m.table, kind)
    names = sorted({name for row in m.table.rows for k, name in row.steps if k == kind})
    if kind == "codec":
        only = np.array([len(row.steps) == 1 for row in m.table.rows])
    else:
        only, names = np.ones(len(m.human), bool), [""]
    rows = []
    for name in names:
        some = only & (has(name) if name else _of_kind(m.table, kind))
        if (m.machine & some).sum() >= 10 and (m.human & some).sum() >= 10:
            rows.append(
                (
                    name or kind,
                    f"{(m.human & some).sum()} / {(m.machine & some).sum()}",
                    auc(m.found.unseen, m.table, m.human & some, m.machine & some),
                    auc(m.found.seen, m.table, m.human & some, m.machine & some),
                    share(m.unseen_p <= ALPHA, m.human & some, m.table),
                )
            )
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def _of_kind(table: Table, kind: str) -> Mask:
    return np.array([any(k == kind for k, _ in row.steps) for row in table.rows])


def step_heads() -> str:
    return markdown(
        ("channel", "human / machine rows", "AUC, left out", "AUC, seen", "% false alarms"), ()
    )


def by_fixed(m: Measured) -> str:
    """Return AUC after one fixed channel each, excerpts of the manifest only."""
    rows = []
    for draw in np.unique(m.table.draw[m.fixed_machine]):
        some = m.table.draw == draw
        human, machine = m.fixed_human & some, m.fixed_machine & some
        name = m.table.rows[int(np.flatnonzero(machine)[0])].steps[0][1]
        rows.append(
            (
                name, f"{human.sum()} / {machine.sum()}",
                auc(m.found.unseen, m.table, human, machine),
                auc(m.found.seen, m.table, human, machine),
            )
        )  # fmt: skip
    return markdown(("channel", "human / machine", "AUC, left out", "AUC, seen"), rows)


def by_source(m: Measured) -> str:
    """Return false alarms by source of human music."""
    rows = []
    for source in np.unique(m.table.family[m.human]):
        mine = m.human & (m.table.family == source)
        rows.append(
            (
                source, np.unique(m.table.file[mine]).size,
                share(m.unseen_p <= ALPHA, mine, m.table), share(m.unseen_p <= 0.01, mine, m.table),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: -row[1])
    return markdown(("source", "excerpts", "% at 0.1 %", "% at 1 %"), rows)


def realised(m: Measured) -> str:
    """Return false alarms at set targets, the null taken from the other half of the sources."""
    sources, rng = np.unique(m.table.family[m.human]), np.random.default_rng(0)
    targets = (0.001, 0.01, 0.05)
    seen: dict[float, list[float]] = {t: [] for t in targets}
    for _ in range(20):
        half = set(rng.permutation(sources)[: len(sources) // 2])
        inside = np.array([f in half for f in m.table.family])
        p = np.full(len(inside), np.nan)
        for group in range(len(GROUPS)):
            mine = m.human & (m.table.group == group)
            known = mine & inside
            if known.sum() < 50:
                continue
            null = Null.of(m.found.unseen[known], np.unique(m.table.file[known]).size)
            for at in np.flatnonzero(mine & ~inside):
                p[at] = null.p_value(float(m.found.unseen[at]))
        for target in targets:
            seen[target].append(float(np.mean(p[~np.isnan(p)] <= target)))
    rows = [
        (f"{100 * t:g} %", f"{100 * np.mean(v):.2f} %",
         f"{100 * np.quantile(v, 0.05):.2f} to {100 * np.quantile(v, 0.95):.2f} %")
        for t, v in seen.items()
    ]  # fmt: skip
    return markdown(("allowed", "mean observed", "middle 90% of halves"), rows)


def reliability(m: Measured) -> str:
    """Return how often what was called p % likely was machine-made; both classes weigh alike."""
    score = np.concatenate([m.found.unseen, m.found.seen])
    p = 1 / (1 + np.exp(-(m.found.slope * score + m.found.intercept)))
    human, machine = (np.concatenate([mask, mask]) for mask in (m.human, m.machine))
    weight = np.where(human, 1 / human.sum(), np.where(machine, 1 / machine.sum(), 0))
    edges, rows, error = np.linspace(0, 1, 11), [], 0.0
    for low, high in itertools.pairwise(edges):
        some = (p >= low) & ((p < high) | (high == 1)) & (human | machine)
        if not some.any():
            continue
        said = np.average(p[some], weights=weight[some])
        true = np.average(machine[some], weights=weight[some])
        error += weight[some].sum() / 2 * abs(said - true)
        rows.append((f"{low:.1f} to {high:.1f}", int(some.sum()), f"{said:.2f}", f"{true:.2f}"))
    return markdown(("p_generated", "rows", "mean predicted", "observed"), rows) + (
        f"\n\nExpected calibration error: {error:.3f}."
    )


def voices(m: Measured) -> str:
    """Return how well converted and synthetic voices are separated from singing and the rest."""
    singing = m.human & np.isin(
        m.table.family, ["comosvc/comosvc.github.io", "bigvgan-demo/bigvgan-demo.github.io"]
    )
    rows = []
    for name, mine in [
        ("all", m.machine),
        *((f, m.machine & (m.table.family == f)) for f in np.unique(m.table.family[m.machine])),
    ]:
        rows.append(
            (
                name, np.unique(m.table.file[mine]).size,
                auc(m.found.unseen, m.table, singing, mine),
                auc(m.found.unseen, m.table, m.human, mine),
            )
        )  # fmt: skip
    heads = ("system, left out", "n", "AUC against the same sites' human singing",
             "AUC against all human music")  # fmt: skip
    return markdown(heads, rows)


def figures(table: Table, generated: Crossed, voice: Crossed) -> str:
    """Return every table."""
    m, v = Measured(table, generated, "ai"), Measured(table, voice, "svc,vocoder")
    alterations = ("pitch", "tempo", "low-pass", "noise", "resample", "eq", "clip", "mono")
    steps = "\n".join([step_heads(), *(by_step(m, kind) for kind in alterations)])
    codecs = "\n".join([step_heads(), by_step(m, "codec")])
    sections = {
        "Seen and left-out families": overall(m),
        "Parts of the score": by_part(m),
        "By family of generators": by_family(m),
        "Through one fixed alteration": by_fixed(m),
        "By codec and bit rate alone": codecs,
        "By alteration (most with a codec afterwards)": steps,
        "False alarms: allowed and observed": realised(m),
        "False alarms by source of human music": by_source(m),
        "Reliability of p_generated": reliability(m),
        "Voice": voices(v),
    }
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in sections.items())


def main() -> None:
    """Print the tables, or write them into a card."""
    parser = options(__doc__)
    parser.add_argument("--card", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    table = Table.of(load_rows(arguments))
    text = figures(table, *load_scores(arguments, table))
    print(text)
    for card in arguments.card:
        before, rest = card.read_text(encoding="utf-8").split(BEGIN)
        _, after = rest.split(END)
        card.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
