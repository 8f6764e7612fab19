"""Several artists in one cell of a flat table: lists as Python writes them, or joined names.

``ast.literal_eval`` isn't used, because a stranger's nesting can make it slow. One expression
recognises a list of texts in linear time; any other text stays unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.cell import MAX_TEXT_BYTES
from phonoscope.ingest.convert.columns import Raw, chunk_of

_TEXT = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_LIST = re.compile(rf"\s*\[\s*(?:{_TEXT}(?:\s*,\s*{_TEXT})*\s*,?)?\s*\]\s*", re.DOTALL)
_ITEM = re.compile(_TEXT, re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00[01][0-9a-fA-F]{5}|.)", re.DOTALL)
_BETWEEN_IDS = re.compile(r"\s*[,;|]\s*")
_MOST_NAMES = 1 << 18
"""Artists whose names are remembered."""
_BETWEEN_NAMES = (", ", ";", ",", "|")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "t": "\t", "r": "\r"}


def listed(cell: str | None) -> list[str] | None:
    """Return the texts of a list as Python or JSON writes it; ``None`` for other text.

    >>> listed("['A', 'B']")
    ['A', 'B']
    """
    if cell is None or len(cell) > MAX_TEXT_BYTES or not _LIST.fullmatch(cell):
        return None
    return [_ESCAPE.sub(_plain, item[1:-1]) for item in _ITEM.findall(cell)]


def _plain(escape: re.Match[str]) -> str:
    said = escape[1]
    if len(said) == 1:
        return _ESCAPED.get(said, said)
    number = int(said[1:], 16)
    # Half a surrogate pair isn't a character.
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


@dataclass(frozen=True)
class ArtistLists:
    """The artists of some tracks, one list a track; ``None`` where a cell isn't a list."""

    names: Sequence[list[str] | None]
    ids: Sequence[list[str] | None]

    def joined(self, written: pa.Array) -> pa.Array:
        """Return names in one text: lists are joined, other cells stay as written."""
        texts = [None if some is None else ", ".join(some) for some in self.names]
        return pc.coalesce(pa.array(texts, pa.string()), written)


@dataclass(frozen=True)
class SplitNames:
    """The artists of some tracks, where names are all that a source has: they are the ids too."""

    lists: pa.ListArray
    """Names of each track; ``None`` where the cell is empty."""

    @classmethod
    def of(cls, names: pa.Array, separator: str) -> Self:
        """Return the names in cells of text that a separator joins."""
        names = pc.if_else(pc.equal(names, ""), pa.scalar(None, pa.string()), names)
        cut = pc.split_pattern(names, separator)
        trimmed = pc.utf8_trim_whitespace(cut.values)
        return cls(pa.ListArray.from_arrays(cut.offsets, trimmed, mask=names.is_null()))

    def joined(self, written: pa.Array) -> pa.Array:
        """See :meth:`ArtistLists.joined`."""
        return pc.coalesce(pc.binary_join(self.lists, ", "), written)

    def rows(self, ids: pa.Array, dates: pa.Array, kept: pa.Array) -> tuple[pa.Array, ...]:
        """Return id of the track, id and name of the artist, and date, of each artist."""
        lists = self.lists.filter(kept)
        of_track, artists = pc.list_parent_indices(lists), lists.flatten()
        named = pc.if_else(pc.equal(artists, ""), pa.scalar(None, pa.string()), artists)
        of_artist = pc.take(ids.filter(kept), of_track), artists, named
        return *of_artist, pc.take(dates.filter(kept), of_track)


def artist_lists(
    names: pa.Array, ids: pa.Array | None, separator: str | None
) -> ArtistLists | SplitNames | None:
    """Return the lists in columns of artists; ``None`` when there is none.

    Parameters
    ----------
    names
        Text: a list, names that ``separator`` joins, or one name.
    ids
        Text: lists of their ids, or ids between commas or semicolons.
    separator
        What separates names, in formats that join them.
    """
    if separator is not None and ids is None:
        return SplitNames.of(names, separator)
    if separator is not None:
        found = [_split(cell, separator) for cell in names.to_pylist()]
    elif pc.any(pc.starts_with(names, "[")).as_py():
        found = [listed(cell) for cell in names.to_pylist()]
    elif ids is not None:
        return _by_ids(names.to_pylist(), ids.to_pylist())
    else:
        return None
    of_ids = [None] * len(found) if ids is None else [listed(cell) for cell in ids.to_pylist()]
    return ArtistLists(found, of_ids)


def _split(cell: str | None, separator: str) -> list[str] | None:
    return [name.strip() for name in cell.split(separator)] if cell else None


def _by_ids(names: Sequence[str | None], ids: Sequence[str | None]) -> ArtistLists:
    """Return names cut into as many as there are ids; "Tyler, The Creator" with one id is one."""
    of_ids = [_joined_ids(cell) for cell in ids]
    cut = [_cut(cell, len(some or ())) for cell, some in zip(names, of_ids, strict=True)]
    return ArtistLists(cut, of_ids)


def _joined_ids(cell: str | None) -> list[str] | None:
    if cell is None or len(cell) > MAX_TEXT_BYTES:
        return None
    return listed(cell) or [one for one in _BETWEEN_IDS.split(cell.strip()) if one] or None


def _cut(cell: str | None, count: int) -> list[str] | None:
    if not cell or not cell.strip() or not count:
        return None
    if count == 1:
        return [cell.strip()]
    parts = (_split(cell, between) or [] for between in _BETWEEN_NAMES)
    return next((some for some in parts if len(some) == count), None)


class ArtistRows:
    """Makes rows of artists from lists, and numbers them over all chunks of a file."""

    def __init__(self) -> None:
        self._read = 0
        self._names: dict[str | None, str] = {}

    def chunk(
        self,
        lists: ArtistLists | SplitNames,
        columns: Mapping[str, pa.Array],
        tracks: Chunk,
        first: int,
    ) -> Chunk:
        """Return the artists of the tracks that were kept.

        Where a source has no ids, a name is the id: two artists of one name are then one.
        """
        gone = {reject.row - first for reject in tracks.rejects}
        ids = columns["track_id"]
        dates = columns.get("release_date", pa.nulls(len(ids), pa.string()))
        if isinstance(lists, SplitNames):
            kept = np.ones(len(ids), bool)
            kept[[*gone]] = False
            track, artist, name, date = lists.rows(ids, dates, pa.array(kept))
        else:
            track_ids, released = ids.to_pylist(), dates.to_pylist()
            rows = [
                (track_ids[at], *artist, released[at])
                for at, (names, of) in enumerate(zip(lists.names, lists.ids, strict=True))
                if at not in gone
                for artist in self._named(_pairs(names, of))
            ]
            track, artist, name, date = (
                pa.array([row[part] for row in rows], pa.string()) for part in range(4)
            )
        first_row = self._read + 1
        self._read += len(track)
        tables = {
            "artists": {"artist_id": artist, "name": name},
            "track_artists": {"track_id": track, "artist_id": artist, "release_date": date},
        }

        def row_text(at: int) -> list[str | None]:
            return [column[at].as_py() for column in (track, artist, name, date)]

        return chunk_of(Raw("artists", first_row, len(track), tables, row_text))

    def _named(
        self, pairs: Iterable[tuple[str | None, str | None]]
    ) -> Iterator[tuple[str | None, str | None]]:
        """Yield pairs with names that earlier rows have, so that no later row forgets them."""
        for ident, name in pairs:
            if name and len(self._names) < _MOST_NAMES:
                self._names[ident] = name
            yield ident, name or self._names.get(ident)


def _pairs(
    names: list[str] | None, ids: list[str] | None
) -> Iterator[tuple[str | None, str | None]]:
    """Yield id and name of each artist; without names where the two lists differ in length."""
    if ids is None:
        yield from ((name, name) for name in names or ())
    elif names is None or len(names) != len(ids):
        yield from ((each, None) for each in ids)
    else:
        yield from zip(ids, names, strict=True)
