"""Artists by how well they are known: followers, plays, popularity and chart entries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from phonoscope.catalogue.backend import is_local, stream
from phonoscope.findings.base import QuerySession
from phonoscope.linking.lookalikes import plain_names

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_KNOWN = 20_000
"""Most artists that others are compared with: so many of the best known that sources describe, and
as many that charts name."""
LEAST_FOLLOWERS, LEAST_PLAYS, LEAST_POPULARITY, LEAST_ENTRIES = 10_000, 1_000_000, 40, 10
"""Limits from which an artist counts as known; one of them is enough."""
TIMES_LESS = 10
"""How many times less known the other artist must be, in followers, plays or entries."""
POPULARITY_LESS = 20
"""How much lower the other artist's popularity must be, where followers and plays are unknown."""
_GUESTS = re.compile(r"\s+[(\[]?(?:feat\.?|ft\.?|featuring|with)\s.*$", re.IGNORECASE)
NAMES = pa.schema(
    [
        ("source", pa.string()),
        ("artist_id", pa.string()),
        ("name", pa.string()),
        ("followers", pa.int64()),
        ("popularity", pa.int64()),
        ("entries", pa.int64()),
        ("plays", pa.int64()),
    ]
)
"""Columns of names; ``source`` and ``artist_id`` are empty where only a name is known."""


@dataclass(frozen=True)
class Artist:
    """One artist name, with how well it is known."""

    source: str | None
    artist_id: str | None
    name: str
    followers: int | None
    popularity: int | None
    entries: int
    """Chart entries; 0 when there are none."""
    plays: int | None = None
    """Plays of all tracks, where the source counts plays."""

    def is_known(self) -> bool:
        """Whether the artist is known well enough to be imitated."""
        return (
            (self.followers or 0) >= LEAST_FOLLOWERS
            or (self.plays or 0) >= LEAST_PLAYS
            or (self.popularity or 0) >= LEAST_POPULARITY
            or self.entries >= LEAST_ENTRIES
        )

    def is_better_known(self, other: Artist) -> bool:
        """Whether the other artist is much less known, by a measure that both have."""
        if self.followers and other.followers is not None:
            return other.followers * TIMES_LESS <= self.followers
        if self.plays and other.plays is not None:
            return other.plays * TIMES_LESS <= self.plays
        if self.popularity and other.popularity is not None:
            return other.popularity + POPULARITY_LESS <= self.popularity
        return other.entries * TIMES_LESS <= self.entries or not other.is_known()

    def fame(self) -> tuple[int, int, int, int]:
        """Return the sort key of artists."""
        return self.followers or 0, self.plays or 0, self.popularity or 0, self.entries


def known_artists(catalogue: QuerySession, charted: Counter[str]) -> list[Artist]:
    """Return the best known artists, in order.

    Parameters
    ----------
    catalogue
        The catalogue.
    charted
        Chart entries by name, see :func:`names_of_charts`.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    artists = _described(catalogue)
    followers, popularity = artists.followers.fill_null(0), artists.popularity.fill_null(0)
    plays = artists.plays.fill_null(0)
    known_by = (followers >= LEAST_FOLLOWERS) | (popularity >= LEAST_POPULARITY)
    some = artists.filter(known_by | (plays >= LEAST_PLAYS))
    order = (*map(ibis.desc, (followers, plays, popularity)), "source", "artist_id")
    rows = some.order_by(*order).limit(MOST_KNOWN).to_pyarrow()
    by_plain = _by_plain(charted)
    plain_of = plain_names(rows["name"].to_pylist())
    known = [
        # Charts mean the best known artist of a name.
        Artist(**row, entries=by_plain.pop(plain, (0, ""))[0] if plain else 0)
        for row, plain in zip(rows.to_pylist(), plain_of, strict=True)
    ]
    known += [
        Artist(None, None, name, None, None, entries)
        for entries, name in sorted(by_plain.values(), key=lambda item: (-item[0], item[1]))
        if entries >= LEAST_ENTRIES
    ][:MOST_KNOWN]
    return sorted(
        known,
        key=lambda a: (*(-n for n in a.fame()), a.source or "", a.artist_id or "", a.name),
    )


def _described(catalogue: QuerySession) -> ir.Table:
    """Return the artists that sources describe, with their plays where plays are counted."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    artists = catalogue.table("artists").filter(lambda t: t.name.notnull())
    artists = artists.select("source", "artist_id", "name", "followers", "popularity")
    tracks = catalogue.table("tracks")
    played = tracks.filter(tracks.plays > 0).select("plays")
    if not played.limit(1).to_pyarrow().num_rows:
        return artists.mutate(plays=ibis.null("int64"))
    plays = catalogue.cached(_plays).rename(of="source", who="artist_id")
    same = [artists.source == plays["of"], artists.artist_id == plays.who]
    joined = artists.left_join(plays, same).drop("of", "who")
    return joined.mutate(plays=joined.plays.fill_null(0))


def _plays(catalogue: QuerySession) -> ir.Table:
    """Return the plays of each artist; a track by two artists counts for both."""
    tracks, credits = catalogue.table("tracks"), catalogue.table("track_artists")
    played = tracks.filter(tracks.plays > 0).select("source", "track_id", "plays")
    each = credits.select("source", "track_id", "artist_id")
    joined = each.inner_join(played, ["source", "track_id"])
    return joined.group_by("source", "artist_id").agg(plays=joined.plays.sum().cast("int64"))


def _by_plain(charted: Counter[str]) -> dict[str, tuple[int, str]]:
    """Return entries by plain name, with its most frequent spelling."""
    found: dict[str, tuple[int, str]] = {}
    ranked = sorted(charted.items(), key=lambda item: (-item[1], item[0]))
    for (name, entries), plain in zip(
        ranked, plain_names([name for name, _ in ranked]), strict=True
    ):
        if plain:
            before, first = found.get(plain, (0, name))
            found[plain] = (before + entries, first)
    return found


def names_of_charts(catalogue: QuerySession) -> Counter[str]:
    """Return the number of chart entries of each name; guests are left out."""
    entries = catalogue.table("chart_entries").filter(lambda t: t.performer.notnull())
    counts = entries.group_by("performer").agg(n=entries.count()).to_pyarrow().to_pylist()
    names: Counter[str] = Counter()
    for row in counts:
        if name := _GUESTS.sub("", row["performer"]).strip():
            names[name] += row["n"]
    return names


def all_names(catalogue: QuerySession, charted: Counter[str]) -> Iterator[pa.RecordBatch]:
    """Yield every artist name of a catalogue, once for each id, in batches.

    Names in charts, on lists of machine-made artists, and in sources that don't describe artists
    have no id and come last.
    """
    artists = _described(catalogue)
    described = artists.select("source").distinct().to_pyarrow()["source"].to_pylist()
    yield from _batches(artists)
    tracks = catalogue.table("tracks")
    credits = tracks.filter(tracks.artist_names.notnull(), ~tracks.source.isin(described or [""]))
    yield from _batches(credits.select("source", name="artist_names").distinct())
    listed = catalogue.table("machine_artists")
    names = listed.filter(listed.name.notnull()).select("name").distinct()
    yield from _batches(names)
    yield _batch({"name": list(charted), "entries": list(charted.values())}, len(charted))


def _batches(table: ir.Table) -> Iterator[pa.RecordBatch]:
    for batch in stream(table) if is_local(table) else table.to_pyarrow_batches():
        columns: dict[str, Any] = dict(zip(batch.schema.names, batch.columns, strict=True))
        yield _batch(columns, batch.num_rows)


def _batch(columns: dict[str, Any], rows: int) -> pa.RecordBatch:
    arrays: Sequence[pa.Array] = [
        pa.array(columns[field.name], field.type)
        if isinstance(columns.get(field.name), list)
        else columns[field.name].cast(field.type)
        if field.name in columns
        else pa.nulls(rows, field.type)
        for field in NAMES
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=NAMES)
