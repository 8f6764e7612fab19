"""Phonoscope's own answer: what its tables ``listeners`` and ``played_tracks`` say.

The only file here that knows their names.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np

import phonoscope as ps
from bench.playbench.answer import Answer, Missing
from bench.playbench.log import Log
from phonoscope.errors import UsageError

WEIGH = "weigh_plays"
"""Method of the catalogue that fills both tables."""
LISTENERS, PLAYED_TRACKS = "listeners", "played_tracks"
ACCOUNT, TRACK, SIGN, PLAYS, ARTIFICIAL_PLAYS = (
    "user_hash", "track_id", "sign", "plays", "artificial_plays",
)  # fmt: skip
ARTIFICIAL = "artificial"
"""What ``sign`` says of who is flagged; ``undecided`` is not."""
NO_EVIDENCE = ("score", "group_id", "artificial_plays", "artificial_share", "rank")
"""Numeric columns that say what was concluded, and not from what."""


def weigh(catalogue: ps.Catalogue) -> None:
    """Fill both tables.

    Raises
    ------
    Missing
        This version of Phonoscope does not weigh plays.
    """
    method = getattr(catalogue, WEIGH, None)
    if method is None:
        raise Missing(f"this version has no Catalogue.{WEIGH}")
    method()


def evidence(catalogue: ps.Catalogue, name: str, key: str) -> ir.Table | None:
    """Return the numeric columns of one of the tables beside its key; none where it is not."""
    try:
        table = catalogue.table(name)
    except UsageError:
        return None
    told = [
        column
        for column, kind in table.schema().items()
        if kind.is_numeric() and column not in NO_EVIDENCE
    ]
    return table.select(table[key].name("id"), *(table[c].cast("float64") for c in told))


class Ours:
    """Phonoscope as it is shipped: nothing is trained or chosen on logs made here."""

    name = "phonoscope"

    def answer(self, log: Log) -> Answer:
        """Return what the tables say."""
        weigh(log.catalogue)
        listeners = log.catalogue.table(LISTENERS)
        accounts = listeners.filter(listeners[SIGN] == ARTIFICIAL)[ACCOUNT].to_pyarrow()
        played = log.catalogue.table(PLAYED_TRACKS)
        flagged = played.filter(played[SIGN] == ARTIFICIAL)[TRACK].to_pyarrow()
        shares = played.select(TRACK, PLAYS, ibis.coalesce(played[ARTIFICIAL_PLAYS], 0).name("n"))
        told = shares.to_pyarrow()
        count = told["n"].to_numpy().astype(float)
        some = count > 0
        return Answer(
            frozenset(accounts.to_pylist()),
            frozenset(flagged.to_pylist()),
            float(count.sum() / max(1, np.sum(told[PLAYS].to_numpy()))),
            dict(zip(told[TRACK].filter(some).to_pylist(), count[some].tolist(), strict=True)),
        )


def main() -> None:
    """Weigh a catalogue in a process of its own, so that what it takes can be told."""
    try:
        weigh(ps.open_catalogue(Path(sys.argv[1]), create=False))
    except Missing as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
