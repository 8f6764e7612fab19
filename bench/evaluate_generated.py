"""Measure the detector of machine-made music on recordings it was not fitted on.

    python -m bench.evaluate_generated LIST [LIST ...] --rows FOLDER [--card CARD.md]
        [--p-values FILE.csv]

Prints the tables of ``docs/model-cards/generated.md`` as Markdown, or writes them into it.
Every score is of a fit that had not seen the recording's source; *unseen* is of one that had
not seen its family of generators either. Rates carry Wilson 95 % intervals and count each
recording once, AUC carries the 95 % interval of 200 bootstrap draws of sources: recordings of one
source are alike.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from bench.generated_set import FIXED, FIXED_DRAWS, WINDOW
from bench.generated_table import Mask, Scores, Table
from bench.train_generated import (
    NO_DECODER,
    Crossed,
    decoder_of,
    family_precision,
    largest_nulls,
    load_scores,
    load_table,
    named_decoders,
    options,
)
from phonoscope.detector.calibration import BANDS, GROUPS, TAIL_SHARE
from phonoscope.interval import wilson

ALPHA = 0.001
BEGIN, END = "<!-- figures: written by bench/evaluate_generated.py -->", "<!-- end of figures -->"
WHOLE_S = 30.0
"""From this length on a recording counts as long."""
DRAWS = 200


@dataclass(frozen=True, eq=False)
class Measured:
    """All rows with their scores and p-values."""

    table: Table
    found: Crossed
    scores: dict[str, Scores]
    p_values: dict[str, Scores]
    human: Mask
    ai: Mask
    seconds: Scores

    @classmethod
    def of(cls, table: Table, found: Crossed) -> Measured:
        """Score everything."""
        scores = {"left out": found.unseen, "seen": found.seen}
        return cls(
            table, found, scores,
            {name: found.p_values(table, score) for name, score in scores.items()},
            table.human_music, table.label == "ai",
            np.array([row.seconds for row in table.rows]),
        )  # fmt: skip

    @property
    def plain(self) -> Mask:
        """Rows as they are."""
        return self.table.draw == 0

    @property
    def neural(self) -> Mask:
        """Machine-made rows of families with a neural decoder."""
        return self.ai & ~np.isin(self.table.family, NO_DECODER)


def auc(score: Scores, table: Table, human: Mask, machine: Mask) -> str:
    """Return an AUC with its bootstrap interval; sources are drawn, not rows."""
    some = np.flatnonzero(human | machine)
    truth = machine[some]
    if truth.all() or not truth.any():
        return ""
    value = roc_auc_score(truth, score[some])
    _, source = np.unique(table.source[some], return_inverse=True)
    rng, drawn = np.random.default_rng(0), []
    for _ in range(DRAWS):
        n = source.max() + 1
        weight = np.bincount(rng.integers(n, size=n), minlength=n)[source]
        if weight[truth].any() and weight[~truth].any():
            drawn.append(roc_auc_score(truth, score[some], sample_weight=weight))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{value:.3f} ({low:.3f}-{high:.3f})"


def share(hit: Mask, some: Mask) -> str:
    """Return the share of rows hit, with its interval."""
    total = int(some.sum())
    if not total:
        return ""
    interval = wilson(int((hit & some).sum()), total)
    rate = 100 * (hit & some).sum() / total
    return f"{rate:.1f} ({100 * interval.low:.1f}-{100 * interval.high:.1f})"


def markdown(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def mean_of_families(m: Measured, kind: str, machine: Mask) -> str:
    """Return the mean share called generated over families, with the interval of that mean."""
    names = np.unique(m.table.family[machine])
    called = m.p_values[kind] <= ALPHA
    rates = np.array([called[machine & (m.table.family == name)].mean() for name in names])
    mean, half = rates.mean(), 1.96 * rates.std(ddof=1) / np.sqrt(rates.size)
    low, high = max(0.0, mean - half), min(1.0, mean + half)
    return f"{100 * mean:.0f} ({100 * low:.0f}-{100 * high:.0f})"


def overall(m: Measured) -> str:
    """Return the figures over all recordings."""
    rows = []
    kinds = {
        "all, as they are": m.plain,
        f"{WHOLE_S:.0f} s or longer, as they are": m.plain & (m.seconds >= WHOLE_S),
        "through a random channel": (m.table.draw >= 1) & (m.table.draw < WINDOW),
    }
    for kind in ("left out", "seen"):
        for name, some in kinds.items():
            human, machine = some & m.human, some & m.neural
            called = m.p_values[kind] <= ALPHA
            rows.append(
                [
                    kind, name, f"{human.sum()} / {machine.sum()}",
                    auc(m.scores[kind], m.table, human, machine),
                    share(called, machine), mean_of_families(m, kind, machine),
                    share(m.p_values[kind] <= 0.01, machine), share(called, human),
                ]
            )  # fmt: skip
    heads = ["family", "recordings", "human / machine", "AUC", "% called generated by default",
             "mean over families, %", "% at p <= 1 %", "% false alarms by default"]  # fmt: skip
    return markdown(heads, rows)


def by_family(m: Measured) -> str:
    """Return the figures of each family."""
    rows = []
    human = m.plain & m.human
    for name in np.unique(m.table.family[m.ai]):
        machine = m.plain & m.ai & (m.table.family == name)
        sources = np.unique(m.table.source[machine]).size
        rows.append(
            [
                name, int(machine.sum()), sources,
                *(auc(m.scores[k], m.table, human, machine) for k in ("left out", "seen")),
                *(share(m.p_values[k] <= ALPHA, machine) for k in ("left out", "seen")),
            ]
        )  # fmt: skip
    heads = ["family", "n", "sources", "AUC, left out", "AUC, seen",
             "% called generated, left out", "% called generated, seen"]  # fmt: skip
    return markdown(heads, rows)


def by_fixed(m: Measured) -> str:
    """Return the figures after each fixed alteration."""
    rows = []
    for number in FIXED_DRAWS:
        some = m.table.draw == number
        human, machine = some & m.human, some & m.neural
        if not human.any() or not machine.any():
            continue
        name = m.table.rows[int(np.flatnonzero(some)[0])].steps[0][1]
        p = m.p_values["seen"]
        score = m.scores["seen"]
        limit = np.quantile(score[human], 0.99)
        rows.append(
            [
                name, f"{human.sum()} / {machine.sum()}",
                *(auc(m.scores[k], m.table, human, machine) for k in ("left out", "seen")),
                share(score > limit, machine), share(p <= ALPHA, machine),
                share(p <= ALPHA, human), share(p <= 0.05, human),
            ]
        )  # fmt: skip
    heads = ["channel", "human / machine", "AUC, left out", "AUC, seen", "% found at 1 %, seen",
             "% called generated, seen", "% human called generated",
             "% human with p <= 5 %"]  # fmt: skip
    return markdown(heads, rows)


def by_step(m: Measured, kind: str) -> str:
    """Return the figures of random channels with a step of one kind, or of each codec and rate."""
    names: dict[str, list[int]] = {}
    for index, row in enumerate(m.table.rows):
        if row.draw >= FIXED:  # laundering, too
            continue
        for step_kind, step_name in row.steps:
            key = step_name if kind == "codec" and step_kind == "codec" else step_kind
            if (step_kind == "codec") == (kind == "codec"):
                names.setdefault(key, []).append(index)
    rows = []
    for name, indices in sorted(names.items()):
        some = np.zeros(len(m.table.label), bool)
        some[indices] = True
        human, machine = some & m.human, some & m.neural
        if human.sum() < 20 or machine.sum() < 10:
            continue
        rows.append(
            [
                name, f"{human.sum()} / {machine.sum()}",
                *(auc(m.scores[k], m.table, human, machine) for k in ("left out", "seen")),
                share(m.p_values["seen"] <= ALPHA, machine),
                share(m.p_values["seen"] <= 0.01, human),
                share(m.p_values["seen"] <= 0.05, human),
            ]
        )  # fmt: skip
    heads = ["channel", "human / machine rows", "AUC, left out", "AUC, seen",
             "% called generated, seen", "% human with p <= 1 %",
             "% human with p <= 5 %"]  # fmt: skip
    return markdown(heads, rows)


def by_laundering(m: Measured) -> str:
    """Return what became of recordings after treatments that hide a generator."""
    rows = []
    draws = np.unique(m.table.draw[m.table.laundered])
    treated = np.isin(m.table.file, m.table.file[m.table.laundered])
    for number in (-1, *draws):
        some = m.plain & treated if number < 0 else m.table.draw == number
        human, machine = some & m.human, some & m.neural
        step = "none" if number < 0 else m.table.rows[int(np.flatnonzero(some)[0])].steps[0][1]
        p, reported = m.p_values["seen"], m.found.looks_altered >= m.found.certain_from
        called, ordinary = p <= ALPHA, (p >= 0.1) & ~reported
        rows.append(
            [
                step, f"{human.sum()} / {machine.sum()}", share(called, machine),
                share(~called & ~ordinary, machine), share(ordinary, machine),
                share(called, human), share(p <= 0.05, human), share(reported, human),
            ]
        )  # fmt: skip
    heads = ["treatment", "human / machine", "% called generated", "% undecided", "% no sign found",
             "% human called generated", "% human with p <= 5 %",
             "% human reported as altered"]  # fmt: skip
    return markdown(heads, rows)


def by_length(m: Measured) -> str:
    """Return the figures by length of what was scored."""
    rows = []
    for low, high in ((3, 12), (12, 20), (20, 40), (40, 61)):
        some = m.plain & (m.seconds >= low) & (m.seconds < high)
        human, machine = some & m.human, some & m.neural
        rows.append(
            [
                f"{low} to {high} s", f"{human.sum()} / {machine.sum()}",
                auc(m.scores["seen"], m.table, human, machine),
                share(m.p_values["seen"] <= ALPHA, machine),
                share(m.p_values["seen"] <= 0.01, human),
            ]
        )  # fmt: skip
    heads = ["length", "human / machine", "AUC, seen", "% called generated, seen",
             "% human with p <= 1 %"]  # fmt: skip
    return markdown(heads, rows)


def by_genre(m: Measured) -> str:
    """Return false alarms by genre of human music, as far as a genre is known."""
    genres = np.array([row.item.genre or "unknown" for row in m.table.rows])
    rows = []
    for name in np.unique(genres[m.plain & m.human]):
        some = m.plain & m.human & (genres == name)
        if some.sum() >= 8:
            p = m.p_values["seen"]
            sources = np.unique(m.table.source[some]).size
            rows.append(
                [
                    name,
                    int(some.sum()),
                    sources,
                    *(share(p <= x, some) for x in (0.001, 0.01, 0.05)),
                ]
            )
    heads = ["genre", "recordings", "sources", "% at 0.1 %", "% at 1 %", "% at 5 %"]
    return markdown(heads, rows)


def by_source(m: Measured) -> str:
    """Return the sources of human music with the most false alarms at 5 %."""
    p, rows = m.p_values["left out"], []
    mine = m.plain & m.human
    for name in np.unique(m.table.source[mine]):
        some = mine & (m.table.source == name)
        if (p[some] <= 0.05).any():
            rows.append((float((p[some] <= 0.05).mean()), name, some))
    rows.sort(key=lambda row: (-row[0], row[1]))
    none = np.unique(m.table.source[mine]).size - len(rows)
    table = markdown(
        ["source", "recordings", "% at 0.1 %", "% at 1 %", "% at 5 %"],
        [
            [name, int(some.sum()), *(share(p <= x, some) for x in (0.001, 0.01, 0.05))]
            for _, name, some in rows
        ],
    )
    return f"{table}\n\nThe other {none} sources have no recording with p <= 5 %."


def realised(m: Measured) -> str:
    """Return what false alarms come to when the null is of other sources than the test."""
    mine = np.flatnonzero(m.plain & m.human)
    sources = np.unique(m.table.source[mine])
    score, groups = m.scores["left out"], m.found.groups(m.table)
    whole = m.human & (m.table.draw != WINDOW) & ~m.table.laundered
    rng, rates = np.random.default_rng(0), []
    for _ in range(100):
        half = rng.permutation(sources)[: sources.size // 2]
        in_null = np.isin(m.table.source, half)
        nulls = largest_nulls(m.table, score, whole & in_null, groups)
        tested = [i for i in mine if not in_null[i]]
        p = np.array([nulls[groups[i]].p_value(float(score[i])) for i in tested])
        rates.append([(p <= level).mean() for level in (0.001, 0.01, 0.05)])
    found = np.array(rates)
    rows = [
        [f"{100 * level:g} %", f"{100 * found[:, i].mean():.2f} %",
         f"{100 * np.quantile(found[:, i], 0.05):.2f} to "
         f"{100 * np.quantile(found[:, i], 0.95):.2f} %"]
        for i, level in enumerate((0.001, 0.01, 0.05))
    ]  # fmt: skip
    return markdown(["allowed", "mean observed", "middle 90 % of halves"], rows)


def tails(m: Measured) -> str:
    """Return how sure the tail of each null is: the true false alarms at the default setting."""
    rows = []
    named = [
        (f"{group}{kind}", null)
        for group, largest in zip(GROUPS, m.found.nulls, strict=True)
        for kind, null in largest.by_kind.items()
    ]
    windows = [
        (f"windows, {band}", null) for band, null in zip(BANDS, m.found.window_nulls, strict=True)
    ]
    for label, null in (*named, *windows):
        beyond = max(2.0, TAIL_SHARE * null.recordings)
        reach = np.log(TAIL_SHARE / ALPHA)
        # The mean excess of n independent recordings has the standard error 1 / sqrt(n).
        low, high = (
            TAIL_SHARE * np.exp(-reach / (1 + z / np.sqrt(beyond))) for z in (-1.645, 1.645)
        )
        rows.append(
            [label, null.recordings, f"{null.tail_scale:.2f}",
             f"{100 * low:.3f} to {100 * high:.3f} %"]
        )  # fmt: skip
    heads = [
        "null",
        "human recordings",
        "scale of the tail",
        "false alarms at 0.1 %, 90 % interval",
    ]
    return markdown(heads, rows)


def reliability(m: Measured) -> str:
    """Return how well probabilities hold, both classes counted alike."""
    some = (m.plain & m.human) | (m.plain & m.ai)
    truth = np.concatenate([m.ai[some]] * 2)
    score = np.concatenate([m.scores["left out"][some], m.scores["seen"][some]])
    p = 1 / (1 + np.exp(-(m.found.slope * score + m.found.intercept)))
    weight = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())
    rows, error = [], 0.0
    for low in np.arange(0, 1, 0.1):
        here = (p >= low) & (p < low + 0.1 + 1e-9)
        if not here.any():
            continue
        mass = weight[here].sum()
        predicted = (weight * p)[here].sum() / mass
        observed = weight[here & truth].sum() / mass
        error += mass * abs(predicted - observed)
        rows.append(
            [f"{low:.1f} to {low + 0.1:.1f}", int(here.sum()), f"{predicted:.2f}",
             f"{observed:.2f}"]
        )  # fmt: skip
    table = markdown(["p_generated", "rows", "mean predicted", "observed"], rows)
    return f"{table}\n\nExpected calibration error: {error:.3f}."


def names(m: Measured, seed: int) -> str:
    """Return how often a named family is right."""
    counts = family_precision(m.table, m.found, named_decoders(m.table), 0.6, seed)
    families = {
        name: sorted({str(f) for f in m.table.family[m.ai] if decoder_of(str(f)) == name})
        for name in counts
    }
    rows = []
    for name, (right, named) in sorted(counts.items()):
        interval = wilson(right, named) if named else None
        rate = (
            f"{100 * right / named:.0f} ({100 * interval.low:.0f}-{100 * interval.high:.0f})"
            if interval
            else ""
        )
        rows.append([name, ", ".join(families[name]), named, rate])
    return markdown(["name", "families", "named", "% right"], rows)


def figures(m: Measured, seed: int) -> str:
    """Return all tables."""
    parts = {
        "Over all recordings": overall(m),
        "By family of generators": by_family(m),
        "After one fixed alteration": by_fixed(m),
        "By codec and bit rate": by_step(m, "codec"),
        "By alteration (most with a codec afterwards)": by_step(m, "alteration"),
        "Treatments that hide a generator": by_laundering(m),
        "By length": by_length(m),
        "Human music by genre": by_genre(m),
        "Human music by source": by_source(m),
        "False alarms: allowed and observed": realised(m),
        "How sure the tails are": tails(m),
        "Reliability of p_generated": reliability(m),
        "Names of families": names(m, seed),
    }
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in parts.items())


def write_p_values(m: Measured, path: Path) -> None:
    """Write the p-value of each recording as it is, for the benches of shares and releases."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["label", "group", "score", "p_value"])
        for index in np.flatnonzero(m.plain & (m.human | m.neural)):
            label = "human" if m.human[index] else "machine"
            group = m.table.source[index] if m.human[index] else m.table.family[index]
            score, p = m.scores["left out"][index], m.p_values["left out"][index]
            writer.writerow([label, group, f"{score:.5f}", f"{p:.6g}"])


def main() -> None:
    """Print the tables, or write them into a card."""
    parser = options(__doc__)
    parser.add_argument("--card", type=Path, action="append", default=[])
    parser.add_argument("--p-values", type=Path)
    arguments = parser.parse_args()
    table = load_table(arguments)
    measured = Measured.of(table, load_scores(arguments, table))
    if arguments.p_values:
        write_p_values(measured, arguments.p_values)
    text = figures(measured, arguments.seed)
    for card in arguments.card:
        before, rest = card.read_text(encoding="utf-8").split(BEGIN)
        _, after = rest.split(END)
        card.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    if not arguments.card:
        print(text)


if __name__ == "__main__":
    main()
