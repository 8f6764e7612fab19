"""Phonoscope's own answer, from its tables of play results.

This is the only file here that knows the names of the tables.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np

import phonoscope as ps
from bench.playbench.answer import Answer, Missing
from bench.playbench.log import Log, once

PLAY_LOGS = "plays"
"""Attribute of the catalogue whose ``analyse()`` fills the tables."""
LISTENERS, PLAYED_TRACKS, GROUPS = "listeners", "played_tracks", "play_groups"
ACCOUNT, TRACK, VERDICT, PLAYS, ARTIFICIAL_PLAYS = (
    "user_hash", "track_id", "verdict", "plays", "artificial_plays",
)  # fmt: skip
ARTIFICIAL = "artificial"
"""The ``verdict`` of flagged accounts and tracks; ``undecided`` doesn't count as flagged."""
UNDECIDED = "undecided"
GROUP = "group_id"
NO_EVIDENCE = (
    "score", GROUP, "artificial_plays", "undecided_plays", "artificial_share", "share_low",
    "share_high",
)  # fmt: skip
"""Numeric columns with conclusions, not with evidence."""


def weigh(catalogue: ps.Catalogue) -> None:
    """Fill the tables.

    Raises
    ------
    Missing
        When this version of Phonoscope doesn't analyse plays.
    """
    plays = getattr(catalogue, PLAY_LOGS, None)
    if plays is None:
        raise Missing(f"this version has no Catalogue.{PLAY_LOGS}")
    plays.analyse()


@once
def weighed(log: Log) -> ps.Catalogue:
    """Return the catalogue of a log, analysed once; raises as :func:`weigh`."""
    weigh(log.catalogue)
    return log.catalogue


def evidence(log: Log) -> tuple[ir.Table, ir.Table] | None:
    """Return its numeric evidence about accounts and about tracks, each with its ``id``.

    It includes the evidence of an account's group, and of the group that played a track most.
    ``None`` when this version of Phonoscope doesn't analyse plays.
    """
    try:
        catalogue = weighed(log)
    except Missing:
        return None
    groups = _numbers(catalogue.table(GROUPS), GROUP)
    groups = groups.rename({f"group_{name}": name for name in groups.columns if name != "id"})
    found = []
    for name, key in ((LISTENERS, ACCOUNT), (PLAYED_TRACKS, TRACK)):
        table = catalogue.table(name)
        of_group = table.select(id=table[key], group_number=table[GROUP])
        theirs = of_group.join(groups, of_group.group_number == groups.id, rname="{name}_")
        theirs = theirs.drop("group_number", "id_")
        found.append(_numbers(table, key).left_join(theirs, "id", rname="{name}_").drop("id_"))
    return found[0], found[1]


def _numbers(table: ir.Table, key: str) -> ir.Table:
    told = [
        column
        for column, kind in table.schema().items()
        if kind.is_numeric() and column not in (*NO_EVIDENCE, key)
    ]
    return table.select(table[key].name("id"), *(table[c].cast("float64") for c in told))


class Ours:
    """Phonoscope as shipped: nothing is trained or chosen on the logs of this bench."""

    name = "phonoscope"

    def answer(self, log: Log) -> Answer:
        """Return the answer of the tables."""
        catalogue = weighed(log)
        listeners = catalogue.table(LISTENERS)
        accounts = {
            verdict: listeners.filter(listeners[VERDICT] == verdict)[ACCOUNT]
            .to_pyarrow()
            .to_pylist()
            for verdict in (ARTIFICIAL, UNDECIDED)
        }
        played = catalogue.table(PLAYED_TRACKS)
        flagged = played.filter(played[VERDICT] == ARTIFICIAL)[TRACK].to_pyarrow()
        shares = played.select(TRACK, PLAYS, ibis.coalesce(played[ARTIFICIAL_PLAYS], 0).name("n"))
        told = shares.to_pyarrow()
        count = told["n"].to_numpy().astype(float)
        some = count > 0
        return Answer(
            frozenset(accounts[ARTIFICIAL]),
            frozenset(flagged.to_pylist()),
            frozenset(accounts[UNDECIDED]),
            float(count.sum() / max(1, np.sum(told[PLAYS].to_numpy()))),
            dict(zip(told[TRACK].filter(some).to_pylist(), count[some].tolist(), strict=True)),
        )
