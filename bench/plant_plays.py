"""How right Phonoscope is about attacks that are planted into real listening histories.

    python -m bench.plant_plays HISTORIES.parquet none loop:10 drip:300 exchange:100:n

An attack is KIND:ACCOUNTS, with ``:n`` for a log without lengths of plays; ``none`` plants nothing.
``bench/planted/attacks.py`` describes the kinds. Histories are personal data, so they aren't in the
repository: HISTORIES.parquet has the columns account, track_id, artist, played_at (UTC) and
ms_played. Windows of ``--days`` are put side by side as ``--accounts`` accounts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.planted.attacks import ATTACKS, planted
from bench.planted.histories import Histories, Plays, read
from bench.planted.trial import Trial, tried

LARGE = 0.005
"""Truth from which on the interval should contain it."""
Attack = tuple[str, int, bool]


def attack(text: str) -> Attack:
    """Return kind, accounts and whether plays have lengths."""
    kind, *rest = text.split(":")
    lengths = "n" not in rest
    sizes = [part for part in rest if part != "n"]
    if kind == "none" and not sizes:
        return kind, 0, lengths
    if kind not in ATTACKS or len(sizes) != 1 or not sizes[0].isdigit() or int(sizes[0]) < 1:
        known = ", ".join(ATTACKS)
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND:ACCOUNTS; kinds: none, {known}")
    return kind, int(sizes[0]), lengths


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("histories", type=Path)
    parser.add_argument("attacks", type=attack, nargs="+")
    parser.add_argument("--days", type=int, default=7, help="length of the log; 0: as it is")
    parser.add_argument("--accounts", type=int, default=600, help="real people; 0 for all windows")
    parser.add_argument("--seeds", type=int, default=1, help="logs of each attack")
    parser.add_argument("--json", type=Path, help="write all numbers to this file too")
    return parser.parse_args(arguments)


def trials(
    histories: Histories, log: Plays, attacks: Sequence[Attack], seeds: int
) -> Iterator[Trial]:
    """Plant each attack ``seeds`` times, and analyse the log."""
    for kind, size, lengths in attacks:
        for seed in range(1, 1 + (seeds if size else 1)):
            made = planted(histories, log, kind, size, seed) if size else log
            yield tried(made, histories.artist, log.accounts, kind, lengths)


COLUMNS = (
    "attack", "accounts", "lengths", "found", "or in doubt", "people called", "in doubt",
    "truth, %", "share, % (interval)", "CPU-s",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def row(trial: Trial) -> str:
    """Return a row of a table in Markdown."""
    found, either = (
        "-" if value is None else f"{value:.2f}" for value in (trial.found, trial.found_or_doubted)
    )
    truth, share, low, high = (
        f"{100 * value:.1f}" for value in (trial.truth, trial.share, trial.low, trial.high)
    )
    cells = (
        trial.attack, trial.size, "yes" if trial.lengths else "no", found, either, trial.called,
        trial.doubted, truth, f"{share} ({low} to {high})", f"{trial.cpu_s:.1f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def coverage(made: Iterable[Trial]) -> str:
    """Return how often the interval contains a truth of more than :data:`LARGE`."""
    large = [trial for trial in made if trial.truth > LARGE]
    covered = sum(trial.is_covered for trial in large)
    return f"{covered} of {len(large)} intervals contain a truth of more than {LARGE:.1%}"


def main(arguments: list[str] | None = None) -> int:
    chosen = options(arguments)
    histories = read(chosen.histories)
    log = histories.windows(chosen.days, chosen.accounts) if chosen.days else histories.plays
    print(f"{log.accounts:,} accounts of real people, {len(log.account):,} plays\n\n{HEAD}")
    made = []
    for trial in trials(histories, log, chosen.attacks, chosen.seeds):
        made.append(trial)
        print(row(trial), flush=True)
    print(f"\n{coverage(made)}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in made], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
