"""Named kinds of logs, most of them far from the default."""

from __future__ import annotations

from bench.playbench.log import Recipe

NO_ATTACKERS = "farm=0,thin=0,camouflage=0,hijack=0,ramp=0"
HARD = "chain=0.02,fanclub=0.02,study=0.04,skipper=0.008,drip=0.008,boost=0.008,lone=0.006"

PLAIN: dict[str, object] = {"simulator": "plain_plays", "days": 28}

MIXES: dict[str, dict[str, object]] = {
    "default": {},
    "few": {"mix": "farm=0.003,thin=0.003,camouflage=0.002,hijack=0.0015,ramp=0.002"},
    "many": {"mix": "farm=0.04,thin=0.03,camouflage=0.03,hijack=0.02,ramp=0.03"},
    "camouflage": {"mix": f"{NO_ATTACKERS},camouflage=0.03"},
    "thin": {"mix": f"{NO_ATTACKERS},thin=0.04"},
    "odd": {
        "mix": "family=0.1,superfan=0.1,sleeper=0.1,shop=0.06,campaign=0.04,viral=0.04",
        "networks": "shared",
    },
    "hard": {"mix": HARD, "networks": "shared"},
    "honest": {
        "mix": f"{NO_ATTACKERS},superfan=0.06,sleeper=0.06,chain=0.03,fanclub=0.03,study=0.05",
        "networks": "shared",
    },
    "short": {"mix": HARD, "days": 4},
    "long": {"mix": HARD, "days": 30},
    "plain": PLAIN,
    "plain-unknown": {**PLAIN, "mix": "unknown=1,tracks=60000"},
    "plain-deaf": {**PLAIN, "mix": "skips=0.02"},
    "plain-restless": {**PLAIN, "mix": "skips=0.5"},
}
"""Differences from the simulator's defaults: ``honest`` has no attackers. The mixes with ``plain``
are from another simulator, ``bench/plain_plays.py``: people who skip as usual, attacked tracks that
nobody knows, people who rarely skip, people who skip half of their plays."""

TRAINING = ("default", "hard", "hard")
"""Logs to learn from; the last one sets thresholds. Their seeds differ from those of the tests."""
TRAINING_SEED = 900_001


APART = 1000
"""Distance between the seeds of mixes; one seed would make the same farm in each mix."""


def recipe(name: str, plays: int, seed: int) -> Recipe:
    """Return the recipe of a mix; two mixes differ even with the same seed."""
    seed += APART * list(MIXES).index(name)
    # Fields of a recipe by name, of several types.
    return Recipe(plays, seed, **MIXES[name])  # type: ignore[arg-type]
