"""What a catalogue keeps of copies: the matches found, and what people say of them."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from phonoscope.catalogue.layout import DecisionRow, MatchRow, plain_rows
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.store import Store
from phonoscope.matching.copies import fingerprints, groups, pairs
from phonoscope.matching.groups import Group, grouped
from phonoscope.matching.pair import Pair

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FACTS = (
    "recording_id", "codec", "sample_rate_hz", "channels", "bit_rate_bps", "lossless",
    "duration_s", "tag_title", "tag_artist", "tag_date", "bandwidth_hz", "made_from",
    "clipped_runs", "loudness_lufs", "tuning_cents",
)  # fmt: skip


class Decision(StrEnum):
    """What a person says of a match."""

    SAME = "same"
    DIFFERENT = "different"
    OPEN = "open"


class Tables(Protocol):
    """Hands out the tables of a catalogue."""

    def table(self, name: str, /) -> ir.Table:
        """Return a table by name."""


def pair_key(one: str, other: str) -> str:
    """Return by what two recordings are kept together, whichever comes first."""
    return f"{min(one, other)}-{max(one, other)}"


def search(catalogue: Tables, store: Store) -> int:
    """Search a catalogue for copies and keep what is found; return how many pairs."""
    rows = [_row(pair) for pair in pairs(catalogue.table("prints"))]
    _keep(store, "matches", rows)
    return len(rows)


def decide(store: Store, one: str, other: str, decision: Decision) -> None:
    """Keep what a person says of two recordings."""
    now = datetime.now(UTC).replace(tzinfo=None)
    _keep(store, "decisions", [DecisionRow(pair_key(one, other), decision.value, now)])


def _row(pair: Pair) -> MatchRow:
    return MatchRow(
        pair_key(pair.one, pair.other), pair.one, pair.other, pair.copy, pair.speed, pair.pitch,
        pair.offset_s, pair.begin_s, pair.end_s, pair.covers, pair.alike, pair.bits, pair.score,
    )  # fmt: skip


def _keep(store: Store, table: str, rows: Sequence[Any]) -> None:
    if rows:
        batch = BatchNames(f"{table}-{secrets.token_hex(4)}", after=store.newest_batch()).next()
        store.write({table: plain_rows(table, rows, batch)}, batch)


def copies(catalogue: Tables) -> list[Group]:
    """Return the groups of copies that are known, the largest first.

    Matches that a person called different join nothing; those called the same do, whatever the
    search says.
    """
    said = decisions(catalogue)
    found = [
        (row["one"], row["other"])
        for row in rows_of(catalogue.table("matches").filter(lambda t: t.copy))
        if said.get(row["pair"]) is not Decision.DIFFERENT
    ]
    agreed = [tuple(pair.split("-", 1)) for pair, word in said.items() if word is Decision.SAME]
    linked = groups([*found, *agreed])  # type: ignore[list-item]
    names = {name for group in linked for name in group}
    if not names:
        return []
    facts = {row["recording_id"]: row for row in some_rows(catalogue, "recordings", names, _FACTS)}
    uris: dict[str, list[str]] = defaultdict(list)
    for row in some_rows(catalogue, "files", names, ("recording_id", "uri")):
        uris[row["recording_id"]].append(row["uri"])
    described = []
    for group in linked:
        held = fingerprints(catalogue.table("prints"), group)
        if one := grouped({n for n in group if n in held}, facts, uris, held):
            described.append(one)
    return described


def decisions(catalogue: Tables) -> dict[str, Decision]:
    """Return what people said, by pair."""
    rows = rows_of(catalogue.table("decisions"))
    return {row["pair"]: Decision(row["decision"]) for row in rows}


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """Fetch a table."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def some_rows(
    catalogue: Tables, table: str, names: Iterable[str], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Fetch some columns of the rows of some recordings."""
    held = catalogue.table(table)
    return rows_of(held.filter(held.recording_id.isin(sorted(names))).select(list(columns)))
