"""Search for names that resemble those of known artists: one pass over all names.

Memory grows with the known artists, not with the names: it holds an index of the forms of known
names, and for each the few names most worth a look. A name one edit away from a known one shares
its beginning or its end, and everything except one character. Only names that share one of these
are compared (Bocek, Hunt & Hyyrö 2007, *Fast similarity search in large dictionaries*).
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.findings.shared.known_artists import Artist
from phonoscope.linking.lookalikes import (
    LONGEST,
    Forms,
    Likeness,
    all_forms,
    forms_of,
    likeness_of,
    without_one,
    written_of,
)

SHORTEST = {
    Likeness.HIDDEN: 2,
    Likeness.LETTERS: 4,
    Likeness.WORDS: 5,
    Likeness.EDIT: 8,
    Likeness.MARKS: 4,
    Likeness.SAME: 4,
}
"""Fewest letters of a known name that others are compared with; shorter names look alike by
chance."""
OF_A_NAME = frozenset({Likeness.HIDDEN, Likeness.LETTERS, Likeness.EDIT})
"""Similarities that matter for a name without an id; with others it may be the same artist in
another spelling."""
DELIBERATE = frozenset({Likeness.HIDDEN, Likeness.LETTERS})
"""Similarities that rarely arise by chance."""
KEPT = 12
"""Names most worth a look that are kept for each known artist."""
COMMON = 20
"""Similar names from which more make a known name a common one."""
_DIGITS = re.compile(r"\d")
_FORMS = ("plain", "looks", "core")
_ORDER = {likeness: at for at, likeness in enumerate(Likeness)}


@dataclass(frozen=True)
class NamePair:
    """A known artist and a name that resembles theirs."""

    known: Artist
    other: Artist
    likeness: Likeness


class Search:
    """Names compared with known ones, batch by batch.

    Parameters
    ----------
    known
        Known artists, the best known first.
    """

    def __init__(self, known: Sequence[Artist]) -> None:
        self.known = known
        self._numbers = itertools.count()
        self.names = 0
        """Names seen."""
        self.by_likeness: Counter[Likeness] = Counter()
        self._alike: Counter[int] = Counter()
        self._of_artists: set[int] = set()
        self._of_form: dict[str, dict[str, list[int]]] = {
            name: defaultdict(list) for name in _FORMS
        }
        self._without_one: dict[str, list[int]] = defaultdict(list)
        self._begins: dict[int, set[str]] = defaultdict(set)
        self._ends: dict[int, set[str]] = defaultdict(set)
        self._best: dict[int, list[tuple[Any, int, NamePair]]] = defaultdict(list)
        self._forms = all_forms([artist.name for artist in known])
        for at, of in enumerate(self._forms):
            if of:
                self._add(at, of)
        self._sets = {
            name: pa.array(list(some), pa.string()) for name, some in self._of_form.items()
        }
        self._begin_sets, self._end_sets = (
            {n: pa.array(sorted(some), pa.string()) for n, some in ends.items()}
            for ends in (self._begins, self._ends)
        )

    def _add(self, at: int, of: Forms) -> None:
        for name, value in of._asdict().items():
            self._of_form[name][value].append(at)
        size = len(of.plain)
        if size >= SHORTEST[Likeness.EDIT]:
            for text in (of.plain, *dict.fromkeys(without_one(of.plain))):
                self._without_one[text].append(at)
            half = size // 2
            # Swapping two neighbours in the middle changes neither the end nor this beginning.
            self._begins[size].add(of.plain[: half - 1])
            self._ends[size].add(of.plain[half:])

    def look(self, names: pa.RecordBatch) -> None:
        """Compare names, see :data:`phonoscope.findings.shared.known_artists.NAMES`.

        Names without an id come after those with one, so that the same name isn't counted twice.
        """
        self.names += names.num_rows
        of = forms_of(names.column("name"))
        hits = self._edited(of.column("plain"))
        for name, values in self._sets.items():
            hits = pc.or_(hits, pc.is_in(of.column(name), value_set=values))
        hits = pc.and_(hits, pc.is_valid(of.column("plain")))
        rows = names.filter(hits).to_pylist()
        for row, made in zip(rows, of.filter(hits).to_pylist(), strict=True):
            self._compare(Artist(**{**row, "entries": row["entries"] or 0}), Forms(**made))

    def _edited(self, plain: pa.Array) -> pa.Array:
        """Return which names may be one edit away from a known one."""
        near = self._near(plain)
        known = self._without_one
        edited = [
            name in known or not known.keys().isdisjoint(without_one(name))
            for name in plain.filter(near).to_pylist()
        ]
        return pc.replace_with_mask(near, near, pa.array(edited, pa.bool_()))

    def _near(self, plain: pa.Array) -> pa.Array:
        """Return which names share the beginning or the end of a known one about as long."""
        sizes = pc.fill_null(pc.utf8_length(plain), 0)
        near = pa.array([False] * len(plain), pa.bool_())
        for size in range(SHORTEST[Likeness.EDIT] - 1, LONGEST + 1):
            of_size = pc.equal(sizes, size)
            some = plain.filter(of_size)
            if len(some) == 0:
                continue
            found = pa.array([False] * len(some), pa.bool_())
            for known in (size - 1, size, size + 1):
                if known in self._begin_sets:
                    half = known // 2
                    begins = pc.utf8_slice_codeunits(some, 0, half - 1)
                    ends = pc.utf8_slice_codeunits(some, size - known + half, size)
                    found = pc.or_(found, pc.is_in(begins, value_set=self._begin_sets[known]))
                    found = pc.or_(found, pc.is_in(ends, value_set=self._end_sets[known]))
            near = pc.replace_with_mask(near, of_size, found)
        return near

    def _compare(self, other: Artist, made: Forms) -> None:
        for at in self._candidates(made):
            known = self.known[at]
            if known.artist_id is not None and known.artist_id == other.artist_id:
                continue
            likeness = self._likeness(at, other, made)
            if likeness and known.is_better_known(other) and self._is_new(at, other):
                self.by_likeness[likeness] += 1
                self._alike[at] += 1
                self._keep(at, NamePair(known, other, likeness))

    def _is_new(self, at: int, other: Artist) -> bool:
        """Whether a name without an id differs from those of artists seen before."""
        key = hash((at, written_of(other.name)))
        if other.artist_id is None:
            return key not in self._of_artists
        self._of_artists.add(key)
        return True

    def _candidates(self, made: Forms) -> Iterable[int]:
        found = {
            at
            for name, value in made._asdict().items()
            for at in self._of_form[name].get(value, ())
        }
        if len(made.plain) >= SHORTEST[Likeness.EDIT] - 1:
            for text in (made.plain, *without_one(made.plain)):
                found.update(self._without_one.get(text, ()))
        return found

    def _likeness(self, at: int, other: Artist, made: Forms) -> Likeness | None:
        known, of = self.known[at], self._forms[at]
        likeness = likeness_of(known.name, of, other.name, made) if of else None
        if of is None or likeness is None or len(of.plain) < SHORTEST[likeness]:
            return None
        # The same name in two sources is mostly one artist.
        of_one_source = known.source is not None and known.source == other.source
        if likeness not in OF_A_NAME and (other.artist_id is None or not of_one_source):
            return None
        if likeness is Likeness.EDIT and _numbered(of.plain, made.plain):
            return None
        return likeness

    def _keep(self, at: int, pair: NamePair) -> None:
        other = pair.other
        # A heap drops its smallest item, so the least interesting pair must be the smallest.
        worth = (
            -_ORDER[pair.likeness],
            -(other.followers or 0),
            _reversed(f"{other.source or ''}\0{other.artist_id or ''}\0{other.name}"),
        )
        best = self._best[at]
        # Names may occur twice with everything the same, and pairs have no order.
        heapq.heappush(best, (worth, next(self._numbers), pair))
        if len(best) > KEPT:
            heapq.heappop(best)

    def pairs(self) -> Iterator[NamePair]:
        """Yield the kept pairs by known artist, the best known first.

        Of a common name only pairs that look deliberate.
        """
        for at in sorted(self._best):
            for *_, pair in sorted(self._best[at], key=_worth, reverse=True):
                if self._alike[at] <= COMMON or pair.likeness in DELIBERATE:
                    yield pair

    @property
    def with_any(self) -> int:
        """Known artists that any name resembles."""
        return len(self._alike)

    @property
    def common(self) -> int:
        """Known artists with a common name."""
        return sum(count > COMMON for count in self._alike.values())


def _worth(kept: tuple[Any, int, NamePair]) -> Any:
    return kept[0]


def _reversed(text: str) -> tuple[int, ...]:
    """Return a key that sorts texts in reverse."""
    return (*(-ord(c) for c in text), 1)


def _numbered(one: str, other: str) -> bool:
    """Whether two names differ in a digit only: parts of a series, or two years."""
    return _DIGITS.sub("", one) == _DIGITS.sub("", other)
