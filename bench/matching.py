"""How well recordings are recognised: excerpts and whole files, plain or altered.

    python -m bench.matching FOLDER [--system NAME ...] [--tracks N] [--count N] [--absent N]
        [--length S ...] [--conditions PATTERN ...] [--distractors N] [--seed N] [--json FILE]
    python -m bench.matching copies FOLDER [--system NAME ...] [--tracks N] [--seed N]

Indexes part of a folder of real music, cuts excerpts of it and of the rest, alters them and asks
every system the very same; see ``bench/README.md``. ``copies`` does so with whole files.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path

from bench import copies, measures
from bench.conditions import Condition, chosen, conditions
from bench.measures import Outcome, Trial
from bench.progress import Progress
from bench.queries import Excerpt, Plan, Split, excerpts, plans, split
from bench.registry import SYSTEMS
from bench.runner import Runner
from bench.system import MissingError
from bench.voices import USUAL_PLACE, Voices


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def options(arguments: list[str]) -> argparse.Namespace:
    of_copies = arguments[:1] == ["copies"]
    parser = argparse.ArgumentParser(
        prog="python -m bench.matching" + (" copies" if of_copies else ""),
        description=(copies.__doc__ if of_copies else __doc__ or "").split("\n", 1)[0],
    )
    parser.add_argument("music", type=Path, help="folder of real music")
    parser.add_argument("--system", choices=SYSTEMS, nargs="+", default=list(SYSTEMS))
    parser.add_argument("--tracks", type=int, default=20 if of_copies else 0,
                        help="tracks to index at most; 0: all but the absent ones")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write every trial here too")
    parser.add_argument("--audfprint", metavar="PYTHON", help="a Python that has audfprint2")
    if not of_copies:
        parser.add_argument("--count", type=int, default=24,
                            help="excerpts for each condition and length")  # fmt: skip
        parser.add_argument("--absent", type=int, default=300,
                            help="excerpts of tracks that are not indexed, in all")  # fmt: skip
        parser.add_argument("--length", type=float, nargs="+", default=[5.0, 10.0, 20.0],
                            help="seconds of an excerpt")  # fmt: skip
        parser.add_argument("--conditions", nargs="+", default=[], metavar="PATTERN",
                            help="names, or patterns such as 'speed*'")  # fmt: skip
        parser.add_argument("--distractors", type=int, default=0,
                            help="invented tracks to add to the index")  # fmt: skip
        parser.add_argument("--voices", type=Path, default=USUAL_PLACE, help="folder of speech")
    chosen_options = parser.parse_args(arguments[1:] if of_copies else arguments)
    chosen_options.copies = of_copies
    return chosen_options


def drawn_conditions(asked: argparse.Namespace) -> list[Condition]:
    """Return the conditions asked for, and say what is missing for others."""
    voices = Voices(asked.voices) if asked.voices.is_dir() else None
    if not voices:
        say(f"no speech in {asked.voices}: no babble (bench/voices.py says what to install)")
    found = chosen(conditions(voices), asked.conditions)
    if not found:
        raise SystemExit("no condition has such a name: " + " ".join(asked.conditions))
    return found


def runners(asked: argparse.Namespace, stack: ExitStack) -> list[Runner]:
    """Start the systems that can run here, and say what the others want."""
    started = []
    for name in asked.system:
        try:
            started.append(stack.enter_context(Runner(name, asked.audfprint)))
        except MissingError as error:
            say(f"without {name}: {error}")
    if not started:
        raise SystemExit("no system can run here")
    return started


def index(runner: Runner, paths: list[Path], asked: argparse.Namespace) -> Outcome:
    """Have a system index every file and, where it can, distractors."""
    outcome, progress = Outcome(runner.name), Progress(f"{runner.name}: indexing", len(paths))
    for path in paths:
        added = runner.add(path)
        if added:
            outcome.added.append(added)
        else:
            outcome.unreadable += 1
        progress.step()
    if asked.distractors:
        can = runner.distract(asked.distractors, asked.seed)
        outcome.distractors = asked.distractors if can else None
    outcome.ready = runner.ready()
    return outcome


def ask(
    systems: list[Runner], outcomes: list[Outcome], drawn: list[Plan], asked: argparse.Namespace
) -> int:
    """Look every excerpt up in every system; how many could not be cut."""
    progress, unheard = Progress("looking up", len(drawn)), 0
    for excerpt in excerpts(drawn, asked.seed):
        if isinstance(excerpt, Excerpt):
            for runner, outcome in zip(systems, outcomes, strict=True):
                outcome.trials.append(Trial.of(excerpt, runner.find(excerpt.sound)))
        else:
            unheard += 1
        progress.step()
    for runner, outcome in zip(systems, outcomes, strict=True):
        outcome.peak_memory_bytes = runner.memory()[1]
    return unheard


def show(outcomes: list[Outcome], order: list[str]) -> None:
    """Print every table."""
    highest = {outcome.system: measures.strictest(outcome) for outcome in outcomes}
    tables = {
        "Right recording first, accepted by default, % (95 %)": measures.recall(
            outcomes, order, lambda _, trial: trial.accepted
        ),
        "Right recording first, at the score that no absent excerpt reaches, % (95 %)": (
            measures.recall(
                outcomes, order,
                lambda outcome, trial: (trial.score or 0.0) > highest[outcome.system],
            )
        ),
        "False matches, accepted by default, % (95 %)": measures.false_matches(outcomes),
        "Scores of best hits": measures.scores(outcomes),
        "False-match probabilities given to absent excerpts": measures.probabilities(outcomes),
        "How far off the place is": measures.places(outcomes, order),
        "Cost": measures.costs(outcomes),
    }  # fmt: skip
    for title, table in tables.items():
        if table:
            print(f"### {title}\n\n{table}\n")


def divided(asked: argparse.Namespace) -> Split:
    """Divide the music, and say how."""
    paths = sorted(path for path in asked.music.rglob("*") if path.is_file())
    files = split(paths, asked.seed, asked.tracks)
    if not files.indexed:
        raise SystemExit(f"no music long enough in {asked.music}")
    say(
        f"{len(files.indexed)} tracks to index, {len(files.absent)} stay absent, "
        f"{files.passed_over} passed over (no music, short, or the same bytes)"
    )
    return files


def main(arguments: list[str] | None = None) -> None:
    asked = options(sys.argv[1:] if arguments is None else arguments)
    if asked.copies:
        copies.run(asked, divided(asked).indexed, runners)
        return
    wanted, files = drawn_conditions(asked), divided(asked)
    drawn = plans(files, wanted, asked.length, asked.count, asked.absent, asked.seed)
    with ExitStack() as stack:
        systems = runners(asked, stack)
        outcomes = [index(runner, files.indexed, asked) for runner in systems]
        unheard = ask(systems, outcomes, drawn, asked)
    if unheard:
        say(f"{unheard} excerpts left out: nothing long enough sounds in their tracks")
    show(outcomes, [condition.name for condition in wanted])
    if asked.json:
        settings = {name: str(value) for name, value in vars(asked).items()}
        found = {"settings": settings, "systems": [outcome.as_json() for outcome in outcomes]}
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
