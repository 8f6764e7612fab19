"""Matches that a search found, and what people decided on them, as a catalogue stores them."""

from __future__ import annotations

import dataclasses
import math
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.parts import BatchNames, written_us
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.tables import DecisionRow, MatchRow, plain_rows
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.errors import CatalogueError
from phonoscope.matching.recording.copies import find_pairs, groups
from phonoscope.matching.recording.groups import (
    Comparisons,
    CopyGroup,
    Facts,
    grouped,
    unmatched,
)
from phonoscope.matching.recording.pairwise import Pair, swapped
from phonoscope.matching.recording.stored_fingerprints import (
    StoredFingerprints,
    fingerprints_in_files,
    rows_with_ids,
)
from phonoscope.progress import Progress

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FACTS = (
    "recording_id", "codec", "sample_rate_hz", "channels", "bit_rate_bps", "lossless",
    "duration_s", "tag_title", "tag_artist", "tag_date", "bandwidth_hz", "made_from",
    "loudness_lufs", "tuning_cents",
)  # fmt: skip
_ID = ("recording_id",)

READ_ONLY = frozenset({"read-only", "no-permission"})
"""Codes of errors of a catalogue that can only be read."""


_PAIR = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}")


class Decision(StrEnum):
    """What a person says of a match."""

    SAME = "same"
    DIFFERENT = "different"
    OPEN = "open"


def pair_key(one: str, other: str) -> str:
    """Return by what two recordings are kept together, whichever comes first."""
    return f"{min(one, other)}-{max(one, other)}"


def search(
    catalogue: CatalogueReader, store: Store, progress: Progress | None = None
) -> list[MatchRow]:
    """Search a catalogue for copies and store what is found.

    Returns
    -------
    list of MatchRow
        What couldn't be stored, as the catalogue can only be read; for :func:`copies`.
    """
    rows = [_row(pair) for pair in find_pairs(*fingerprint_tables(catalogue), progress)]
    try:
        _write(store, "matches", rows)
    except CatalogueError as error:
        if error.code not in READ_ONLY:
            raise
        return rows
    return []


def fingerprint_tables(catalogue: CatalogueReader) -> tuple[ir.Table, ir.Table]:
    """Return the tables of fingerprints and of pitch profiles."""
    return catalogue.table("prints"), catalogue.table("pitches")


def decide(store: Store, one: str, other: str, decision: Decision) -> None:
    """Store what a person decides on two recordings."""
    now = utc_now()
    _write(store, "decisions", [DecisionRow(pair_key(one, other), decision.value, now)])


def _row(pair: Pair) -> MatchRow:
    return MatchRow(
        pair_key(pair.one, pair.other), pair.one, pair.other, pair.copy, pair.speed, pair.pitch,
        pair.offset_s, pair.begin_s, pair.end_s, pair.covers, pair.alike, pair.bits, pair.score,
    )  # fmt: skip


def _write(store: Store, table: str, rows: Sequence[Any]) -> None:
    # Also a search that found nothing leaves its part: by it one knows that there was a search.
    batch = BatchNames(f"{table}-{secrets.token_hex(4)}", after=store.newest_batch()).next()
    store.write({table: plain_rows(table, rows, batch)}, batch)


def copies(catalogue: CatalogueReader, unstored: Sequence[MatchRow] = ()) -> list[CopyGroup]:
    """Return the groups of copies that are known, the largest first.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    unstored
        What :func:`search` returned.
    """
    return described(catalogue, linked(catalogue, unstored), unstored)


def linked(catalogue: CatalogueReader, unstored: Sequence[MatchRow] = ()) -> list[set[str]]:
    """Return the recording ids of each group of copies that is known, the largest first.

    Two that a person decided to be different are never in one group, even if both are copies of a
    third, which stays with the more similar one. Two that are decided to be the same always are.
    """
    decided = decisions(catalogue)

    def pairs_with(decision: Decision) -> list[tuple[str, str]]:
        pairs = (pair.partition("-") for pair, given in decided.items() if given is decision)
        return [(one, other) for one, _, other in pairs]

    matches = catalogue.table("matches")
    rows = rows_of(matches.select("pair", "copy", "one", "other", "score"))
    by_pair = {row["pair"]: row for row in [*rows, *map(dataclasses.asdict, unstored)]}
    rows = [row for row in by_pair.values() if row["copy"] and None not in row.values()]
    rows.sort(key=lambda row: (-row["score"], row["one"], row["other"]))
    pairs = [(row["one"], row["other"]) for row in rows]
    return groups([*pairs_with(Decision.SAME), *pairs], pairs_with(Decision.DIFFERENT))


def described(
    catalogue: CatalogueReader, known: Sequence[set[str]], unstored: Sequence[MatchRow] = ()
) -> list[CopyGroup]:
    """Describe groups; a group of which fewer than two recordings are known is left out.

    The last search compared most members with each other, and its matches are read. Members that
    it linked only through others are compared here. Cost grows with the members, whatever the
    number of groups.
    """
    names = {name for group in known for name in group}
    if not names:
        return []
    facts = {row["recording_id"]: row for row in some_rows(catalogue, "recordings", names, _FACTS)}
    uris: dict[str, list[str]] = defaultdict(list)
    for row in some_rows(catalogue, "files", names, ("recording_id", "uri")):
        if row["uri"]:
            uris[row["recording_id"]].append(row["uri"])
    printed = {row["recording_id"] for row in some_rows(catalogue, "prints", names, _ID)}
    groups_of_rows: list[list[Facts]] = [
        [facts[n] for n in sorted(g & printed) if n in facts] for g in known
    ]
    matched = matches_between(catalogue, known, unstored)
    described_here = [rows for rows in groups_of_rows if len(rows) > 1]
    apart = {name for rows in described_here for name in unmatched(rows, matched)}
    with _fingerprints(catalogue, apart) as held:
        return [grouped(rows, uris, Comparisons(matched, held)) for rows in described_here]


def matches_between(
    catalogue: CatalogueReader, known: Sequence[set[str]], unstored: Sequence[MatchRow] = ()
) -> dict[tuple[str, str], Pair]:
    """Return the copies that a search found inside groups, both ways round.

    Returns
    -------
    dict
        By the ids of two recordings, how the second one relates to the first.
    """
    group_of = {name: at for at, group in enumerate(known) for name in group}
    held = catalogue.table("matches")
    columns = [field.name for field in dataclasses.fields(Pair)]
    rows = rows_of(held.filter(held["copy"]).select(columns))
    fresh = [{name: getattr(row, name) for name in columns} for row in unstored if row.copy]
    found: dict[tuple[str, str], Pair] = {}
    for row in [*rows, *fresh]:
        at = group_of.get(row["one"])
        if at is not None and at == group_of.get(row["other"]) and _is_whole(row):
            pair = Pair(**row)
            found[pair.one, pair.other] = pair
            found[pair.other, pair.one] = swapped(pair)
    return found


def _is_whole(row: Mapping[str, Any]) -> bool:
    """Whether a match has every value, as those have that this version stores."""
    numbers = [value for name, value in row.items() if name not in {"one", "other"}]
    finite = all(value is not None and math.isfinite(value) for value in numbers)
    return finite and row["speed"] > 0 and row["pitch"] > 0


@contextmanager
def _fingerprints(
    catalogue: CatalogueReader, names: set[str]
) -> Iterator[Mapping[str, StoredFingerprints]]:
    """Hold the fingerprints of some recordings; nothing is read for none."""
    if not names:
        yield {}
        return
    with fingerprints_in_files(*fingerprint_tables(catalogue), names) as held:
        yield held


def searched_utc(catalogue: CatalogueReader, store: Store) -> datetime | None:
    """Return when copies were last searched for; ``None`` when they never were."""
    parts = store.live_parts("matches")
    if not parts:
        return None
    # A compacted part is named after the compaction; its rows still know their search.
    newest = catalogue.table("matches").batch.max().to_pyarrow().as_py() or parts[-1]
    return datetime.fromtimestamp(written_us(newest) / 1e6, UTC).replace(tzinfo=None)


def decisions(catalogue: CatalogueReader) -> dict[str, Decision]:
    """Return what people said, by pair."""
    rows = rows_of(catalogue.table("decisions"))
    known = set(Decision)
    return {
        row["pair"]: Decision(row["decision"])
        for row in rows
        if _PAIR.fullmatch(row["pair"] or "") and row["decision"] in known
    }


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """Fetch a table."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def some_rows(
    catalogue: CatalogueReader, table: str, names: Iterable[str], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Fetch some columns of the rows of some recordings."""
    return rows_of(rows_with_ids(catalogue.table(table), names).select(list(columns)))
