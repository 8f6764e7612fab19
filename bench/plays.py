"""How right Phonoscope is about artificial plays, compared with FRAUDAR and a random forest.

    pip install --group bench .
    python -m bench.plays --plays 3000000 --seeds 11,12,13 --json plays.json
    python -m bench.plays --mixes hard,odd --systems phonoscope,fraudar
    python -m bench.plays --curve 1e6,3e6,1e7

Logs are made, judged and deleted one by one. FRAUDAR's choices are made, and forests are grown, on
logs of other seeds. See ``bench/README.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

from bench.playbench.answer import Missing, System
from bench.playbench.costs import curve, curve_table
from bench.playbench.forest import Forest
from bench.playbench.fraudar import Fraudar
from bench.playbench.judge import Judged, Truth
from bench.playbench.log import Log
from bench.playbench.mixes import APART, MIXES, TRAINING, TRAINING_SEED, recipe
from bench.playbench.ours import Ours
from bench.playbench.told import as_json, tables

SYSTEMS = ("phonoscope", "fraudar", "forest", "unseen")
Say = Callable[[str], None]
Known = Sequence[tuple[Log, Truth]]


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--plays", type=_count, default=3_000_000, help="of each log")
    parser.add_argument("--seeds", type=_seeds, default=[11, 12, 13], help=f"under {APART}")
    parser.add_argument("--mixes", type=partial(_some, MIXES), default=list(MIXES))
    parser.add_argument("--systems", type=partial(_some, SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--training", type=_count, help="plays of each log to train with")
    parser.add_argument(
        "--curve", type=_counts, help="measure the cost at these many plays instead"
    )
    parser.add_argument("--json", type=Path, help="write all numbers to this file too")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    return int(float(text))


def _counts(text: str) -> list[int]:
    return [_count(each) for each in text.split(",")]


def _seeds(text: str) -> list[int]:
    seeds = [int(each) for each in text.split(",")]
    if any(seed >= APART for seed in seeds):
        raise argparse.ArgumentTypeError(f"seeds are numbers under {APART}")
    return seeds


def _some(known: Collection[str], text: str) -> list[str]:
    chosen = text.split(",")
    if strange := set(chosen) - set(known):
        raise argparse.ArgumentTypeError(f"no {', '.join(strange)}; there are {', '.join(known)}")
    return chosen


class Compared:
    """The systems, and what they were right about so far.

    Parameters
    ----------
    chosen
        Of :data:`SYSTEMS`.
    training
        Logs to choose and learn on; empty where nothing does.
    say
        Receives the progress.
    """

    def __init__(self, chosen: Sequence[str], training: Known, say: Say) -> None:
        self._say = say
        self.missing: dict[str, str] = {}
        self.results: dict[str, dict[str, Judged]] = {}
        self.unseen: dict[str, Judged] = {}
        self._forests: dict[str, Forest] = {}
        self._systems: list[System] = []
        self.fraudar: Fraudar | None = None
        fit, check = training[:-1], training[-1:]
        if "phonoscope" in chosen:
            self._systems.append(Ours())
        if "fraudar" in chosen:
            say("FRAUDAR: choosing blocks")
            self.fraudar = Fraudar(training)
            self._systems.append(self.fraudar)
        try:
            if "forest" in chosen:
                say("random forest: learning")
                self._systems.append(Forest(fit, check))
            if "unseen" in chosen:
                for kind in sorted({k for _, t in training for k in t.kind[t.attacks].tolist()}):
                    say(f"random forest: learning without {kind}")
                    self._forests[kind] = Forest(fit, check, kind)
        except Missing as missing:
            self.missing["random forest"] = str(missing)

    def ask(self, mix: str, log: Log) -> None:
        """Ask all about one log, and judge them."""
        truth = Truth(log)
        systems = self.results.setdefault(mix, {})
        for system in self._systems:
            if system.name in self.missing:
                continue
            self._say(f"{mix}: {system.name}")
            try:
                judged = truth.judged(system.answer(log))
            except Missing as missing:
                self.missing[system.name] = str(missing)
                continue
            systems[system.name] = _with(systems.get(system.name), judged)
        for kind in sorted(set(truth.kind[truth.attacks].tolist()) & set(self._forests)):
            self._say(f"{mix}: {self._forests[kind].name}")
            judged = truth.judged(self._forests[kind].answer(log))
            self.unseen[kind] = _with(self.unseen.get(kind), judged)


def _with(before: Judged | None, judged: Judged) -> Judged:
    return judged if before is None else before + judged


@contextmanager
def said() -> Iterator[Say]:
    """Say on stderr what is being done."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), "{task.description}", TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def say(what: str) -> None:
            progress.update(task, description=what)
            if not console.is_terminal:
                print(what, file=sys.stderr, flush=True)

        yield say


def compared(chosen: argparse.Namespace, say: Say) -> Compared:
    """Make the logs, ask and judge."""
    with tempfile.TemporaryDirectory(prefix="plays-") as folder:
        training: list[tuple[Log, Truth]] = []
        if set(chosen.systems) - {"phonoscope"}:
            for at, mix in enumerate(TRAINING):
                say(f"log to train with: {mix}")
                made = recipe(mix, chosen.training or chosen.plays, TRAINING_SEED + at)
                log = made.made(Path(folder) / f"training-{at}")
                training.append((log, Truth(log)))
        systems = Compared(chosen.systems, training, say)
        for mix in chosen.mixes:
            for seed in chosen.seeds:
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    say(f"{mix}: log of seed {seed}")
                    systems.ask(mix, recipe(mix, chosen.plays, seed).made(Path(place) / "log"))
    return systems


def main(arguments: list[str] | None = None) -> None:
    chosen = options(arguments)
    whole: dict[str, Any]
    with said() as say:
        if chosen.curve:
            costs = curve(chosen.curve, chosen.seeds[0], say)
            whole = {"curve": costs}
        else:
            systems = compared(chosen, say)
            whole = {
                "plays": chosen.plays,
                "seeds": chosen.seeds,
                "mixes": {name: MIXES[name] for name in chosen.mixes},
                "missing": systems.missing,
                "results": {
                    mix: {name: as_json(judged) for name, judged in asked.items()}
                    for mix, asked in systems.results.items()
                },
                "unseen": {kind: as_json(judged) for kind, judged in systems.unseen.items()},
            }
    if chosen.curve:
        Console(width=150, highlight=False).print(curve_table(costs))
    else:
        tables(systems.results, systems.unseen)
        for name, reason in systems.missing.items():
            print(f"{name}: not measured, {reason}")
        if systems.fraudar:
            print(
                f"FRAUDAR takes {systems.fraudar.accounts_by}, tracks {systems.fraudar.tracks_by}"
            )
    if chosen.json:
        chosen.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
