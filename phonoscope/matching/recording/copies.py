"""Groups of copies: the same recording, plain or altered, wherever it lies in a catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phonoscope.matching.recording.candidate_pairs import candidate_pairs, key_bits
from phonoscope.matching.recording.pairwise import Pair, best_of, refined, related
from phonoscope.matching.recording.stored_fingerprints import (
    StoredFingerprints,
    fingerprints_in_files,
)
from phonoscope.progress import NoProgress, Progress

if TYPE_CHECKING:
    import ibis.expr.types as ir


def find_pairs(
    prints: ir.Table, pitches: ir.Table, progress: Progress | None = None
) -> Iterator[Pair]:
    """Find pairs of recordings that share sound.

    Parameters
    ----------
    prints, pitches
        Tables of a catalogue, one row per recording.
    progress
        Takes in how many pairs that may share sound are compared.

    Yields
    ------
    Pair
        One for two recordings, with the alteration that fits best.
    """
    many = int(prints.print_bits.length().sum().fill_null(0).to_pyarrow().as_py())
    if not many:
        return
    found = candidate_pairs(prints, key_bits(many)).to_pyarrow().to_pylist()
    by_two: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        by_two[min(row["one"], row["other"]), max(row["one"], row["other"])].append(row)
    progress = progress or NoProgress()
    progress.start("copies", unit="pairs", total=len(by_two))
    with fingerprints_in_files(prints, pitches, {n for two in by_two for n in two}) as held:
        for two in sorted(by_two):
            yield from _best(held, by_two[two])
            progress.advance()


def _best(
    fingerprints: Mapping[str, StoredFingerprints], rows: Sequence[dict[str, Any]]
) -> Iterator[Pair]:
    ranked = sorted(rows, key=lambda row: (-row["anchors"], row["alteration"], row["one"]))
    held = {name: fingerprints.get(name) for name in (rows[0]["one"], rows[0]["other"])}
    compared = (
        related(one, other, row["alteration"])
        for row in ranked
        if (one := held[row["one"]]) and (other := held[row["other"]])
    )
    best = best_of(pair for pair in compared if pair)
    if best is not None:
        yield refined(best, fingerprints[best.one], fingerprints[best.other])


def groups(
    linked: Iterable[tuple[str, str]], apart: Iterable[tuple[str, str]] = ()
) -> list[set[str]]:
    """Join pairs that share a member, the largest group first.

    Parameters
    ----------
    linked
        Pairs, the surest first.
    apart
        Pairs that are never in one group: a link that would bring them together, also by way
        of others, joins nothing.

    Returns
    -------
    list of set of str
        Names of each group.

    Examples
    --------
    >>> [sorted(group) for group in groups([("a", "b"), ("b", "c"), ("d", "e")])]
    [['a', 'b', 'c'], ['d', 'e']]
    >>> [sorted(group) for group in groups([("a", "b"), ("b", "c")], apart=[("a", "c")])]
    [['a', 'b']]
    """
    leader: dict[str, str] = {}
    members: dict[str, set[str]] = {}
    barred: dict[str, set[str]] = defaultdict(set)
    for one, other in apart:
        barred[one].add(other)
        barred[other].add(one)

    def find(name: str) -> str:
        if name not in leader:
            leader[name], members[name] = name, {name}
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for two in linked:
        small, large = sorted((find(name) for name in two), key=lambda name: len(members[name]))
        if small != large and not barred[large] & members[small]:
            leader[small] = large
            members[large] |= members.pop(small)
            barred[large] |= barred[small]
    joined = (group for group in members.values() if len(group) > 1)
    return sorted(joined, key=lambda group: (-len(group), min(group)))
