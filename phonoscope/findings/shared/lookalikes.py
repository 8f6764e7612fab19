"""Search for names that resemble those of known artists: one pass over all names.

Memory grows with the known artists, not with the names: it holds an index of the forms of known
names, and for each the few names most worth a look. A name one edit away from a known one shares
its beginning or its end, and everything except one character. Only names that share one of these
are compared (Bocek, Hunt & Hyyrö 2007, *Fast similarity search in large dictionaries*).
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from phonoscope.findings.shared.known_artists import Artist
from phonoscope.linking.lookalikes import (
    LONGEST,
    Forms,
    Likeness,
    forms_of,
    likeness_of,
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
Rows = NDArray[np.int64]
_PIECE = 1 << 14
"""Names of which texts without one character are made at a time: at most 100 of each."""
_DIGITS = re.compile(r"\d")
_FORMS = ("plain", "looks", "core")
_ORDER = {likeness: at for at, likeness in enumerate(Likeness)}


@dataclass(frozen=True)
class NamePair:
    """A known artist and a name that resembles theirs."""

    known: Artist
    other: Artist
    likeness: Likeness


class TextIndex:
    """Which owners have a text, for many texts at once.

    Parameters
    ----------
    texts
        Texts, none empty; the same one may occur several times.
    owners
        The number of the owner of each, shape (len(texts),).
    """

    def __init__(self, texts: pa.Array, owners: Rows) -> None:
        coded = texts.dictionary_encode()
        codes = coded.indices.to_numpy()
        self._texts = coded.dictionary
        self._owners = owners[np.argsort(codes, kind="stable")]
        self._ends = np.cumsum(np.bincount(codes, minlength=len(self._texts)))

    def find(self, texts: pa.Array) -> tuple[Rows, Rows]:
        """Return the positions of known texts among some texts, once for each owner, and these."""
        found = pc.index_in(texts, value_set=self._texts)
        at = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
        code = found.drop_null().to_numpy()
        starts = np.append(0, self._ends)[code]
        counts = self._ends[code] - starts
        # 0, 1, 2 ... for the owners of each text.
        step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(at, counts), self._owners[np.repeat(starts, counts) + step]


def and_shortened(texts: pa.Array, owners: Rows) -> tuple[pa.Array, Rows]:
    """Return texts, and those with one character left out, with the owner of each.

    Two texts one edit apart have one of these in common.
    """
    sizes = pc.utf8_length(texts).to_numpy()
    every, of = [texts], [owners]
    for at in range(int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes > at)
        some = texts.take(pa.array(longer))
        begins = pc.utf8_slice_codeunits(some, 0, at)
        every.append(pc.binary_join_element_wise(begins, pc.utf8_slice_codeunits(some, at + 1), ""))
        of.append(owners[longer])
    return pa.concat_arrays(every), np.concatenate(of)


def _halves(plain: pa.Array) -> tuple[dict[int, pa.Array], dict[int, pa.Array]]:
    """Return the beginnings and the ends of names, by the size of the name."""
    begins: dict[int, set[str]] = defaultdict(set)
    ends: dict[int, set[str]] = defaultdict(set)
    for name in plain.to_pylist():
        half = len(name) // 2
        # Swapping two neighbours in the middle changes neither the end nor this beginning.
        begins[len(name)].add(name[: half - 1])
        ends[len(name)].add(name[half:])
    first, last = (
        {size: pa.array(sorted(some), pa.string()) for size, some in of.items()}
        for of in (begins, ends)
    )
    return first, last


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
        self._best: dict[int, list[tuple[tuple[int, int, str, int], NamePair]]] = defaultdict(list)
        self._ids = pa.array([artist.artist_id for artist in known], pa.string())
        self._forms = forms_of(pa.array([artist.name for artist in known], pa.string()))
        # A name without one of the forms is compared with none.
        whole = np.logical_and.reduce(
            [column.is_valid().to_numpy(zero_copy_only=False) for column in self._forms.columns]
        )
        at = np.flatnonzero(whole)
        self._of_form = {
            name: TextIndex(self._forms.column(name).take(pa.array(at)), at) for name in _FORMS
        }
        plain = self._forms.column("plain")
        sizes = pc.fill_null(pc.utf8_length(plain), 0).to_numpy()
        at = np.flatnonzero(whole & (sizes >= SHORTEST[Likeness.EDIT]))
        self._edits = TextIndex(*and_shortened(plain.take(pa.array(at)), at))
        self._begin_sets, self._end_sets = _halves(plain.take(pa.array(at)))

    def look(self, names: pa.RecordBatch) -> None:
        """Compare names, see :data:`phonoscope.findings.shared.known_artists.NAMES`.

        Names without an id come after those with one, so that the same name isn't counted twice.
        """
        self.names += names.num_rows
        of = forms_of(names.column("name"))
        rows, known = self._candidates(of)
        other = pc.equal(names.column("artist_id").take(rows), self._ids.take(known))
        kept = pc.invert(pc.fill_null(other, False))
        rows, known = rows.filter(kept), known.filter(kept)
        looked = names.take(rows).to_pylist()
        forms = of.take(rows).to_pylist()
        known_forms = self._forms.take(known).to_pylist()
        for at, row, made, known_made in zip(
            known.to_pylist(), looked, forms, known_forms, strict=True
        ):
            name = Artist(**{**row, "entries": row["entries"] or 0})
            self._compare(at, Forms(**known_made), name, Forms(**made))

    def _candidates(self, of: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
        """Return the rows of names, and the known artists that each may resemble, in order."""
        found = [index.find(of.column(name)) for name, index in self._of_form.items()]
        plain = of.column("plain")
        near = np.flatnonzero(self._near(plain).to_numpy(zero_copy_only=False))
        for start in range(0, len(near), _PIECE):
            some = near[start : start + _PIECE]
            texts, rows = and_shortened(plain.take(pa.array(some)), some)
            edited, known = self._edits.find(texts)
            found.append((rows[edited], known))
        count = max(1, len(self.known))
        pairs = np.unique(np.concatenate([rows * count + known for rows, known in found]))
        pairs = pairs[plain.is_valid().to_numpy(zero_copy_only=False)[pairs // count]]
        return pa.array(pairs // count), pa.array(pairs % count)

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

    def _compare(self, at: int, of: Forms, other: Artist, made: Forms) -> None:
        known = self.known[at]
        likeness = self._likeness(known, of, other, made)
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

    def _likeness(self, known: Artist, of: Forms, other: Artist, made: Forms) -> Likeness | None:
        likeness = likeness_of(known.name, of, other.name, made)
        if likeness is None or len(of.plain) < SHORTEST[likeness]:
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
        best = self._best[at]
        # The least of these is the most worth a look. Names may occur twice with everything the
        # same, and pairs have no order, so a number decides.
        order = (
            _ORDER[pair.likeness],
            other.followers or 0,
            f"{other.source or ''}\0{other.artist_id or ''}\0{other.name}",
            next(self._numbers),
        )
        bisect.insort(best, (order, pair))
        del best[KEPT:]

    def pairs(self) -> Iterator[NamePair]:
        """Yield the kept pairs by known artist, the best known first.

        Of a common name only pairs that look deliberate.
        """
        for at in sorted(self._best):
            for _, pair in self._best[at]:
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


def _numbered(one: str, other: str) -> bool:
    """Whether two names differ in a digit only: parts of a series, or two years."""
    return _DIGITS.sub("", one) == _DIGITS.sub("", other)
