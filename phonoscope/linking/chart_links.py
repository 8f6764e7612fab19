"""Which entry of a chart is which track or recording, by which rule, and how sure.

For each source of tracks, and for the recordings, an entry uses the first rule that finds a link:

1. ``id``: the chart states the id of the track, and the id is one of a service (22 characters of
   base62) or of the same source;
2. ``isrc``: both state the same well-formed ISRC;
3. ``title-artist``: the title and all artists are the same, see :mod:`.titles`;
4. ``title-first-artist``: the title and the first artist are the same, and one of them names guests
   that the other leaves out.

The first two rules use statements, the last two guess by names. Two recordings of one artist can
have the same title, so each link has the confidence of its rule, see :data:`CONFIDENCE`. A live
recording, remix, edit or other version is linked only to entries that name themselves so too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.catalogue.backend import is_local, memtable, stream
from phonoscope.linking.isrc import number_of
from phonoscope.linking.links import links
from phonoscope.linking.titles import Artists, artists_of, title_keys

if TYPE_CHECKING:
    import ibis.expr.types as ir

CONFIDENCE: Mapping[str, float] = {"title-artist": 0.999, "title-first-artist": 0.17}
"""Share of correct links by rule in bench/chart_links.py: 5,412 of 5,416 (95% interval 0.998 to
0.9997) and 206 of 1,200 (0.15 to 0.19). The bench mixes each song of a real chart with a dozen
recordings of almost the same name. A real catalogue has fewer such traps per song. But it also has
live recordings without a hint in their name, which are linked as the studio recording."""
SURE = 0.9
"""Least confidence of a link by names that findings count."""
ENTRY = ("source", "chart", "region", "chart_date", "rank", "tie")
"""Key of an entry; ``tie`` filled with 1, because empty cells aren't equal."""
RULES = ("id", "isrc", *CONFIDENCE)
_SERVICE_ID = "^[0-9A-Za-z]{22}$"
_URI = "^(spotify:track:|https?://open[.]spotify[.]com/track/)"
_TARGET = {"track_source": pa.string(), "track_id": pa.string(), "recording_id": pa.string()}
_PAIRS = pa.schema(
    [("title", pa.string()), ("performer", pa.string()), *_TARGET.items(), ("by", pa.string())]
)


def chart_links(table: Callable[[str], ir.Table]) -> ir.Table:
    """Return which entry of a chart is which track or recording.

    Tracks are read once, in batches; the memory grows with the charts only.

    Parameters
    ----------
    table
        Returns a table of a catalogue by name.

    Returns
    -------
    ibis.expr.types.Table
        ``source``, ``chart``, ``region``, ``chart_date``, ``rank`` and ``tie`` of the entry;
        ``track_source`` and ``track_id`` (empty when the entry is linked only to a recording);
        ``recording_id`` (empty when no recording is known); ``by`` and ``confidence``.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    entries = table("chart_entries")
    entries = entries.mutate(tie=entries.tie.fill_null(1))
    entries = entries.filter(entries.entry_kind.fill_null("track") == "track")
    tracks, recordings = table("tracks"), table("recordings")
    found = _by_id(entries, tracks).union(
        _by_isrc(entries, tracks, recordings), _by_names(entries, tracks, recordings)
    )
    order = ibis.cases(*((found.by == rule, at) for at, rule in enumerate(RULES)))
    surest = found.mutate(order=order)
    # Once a rule finds the entry in a source, later rules skip that source.
    alike = ibis.window(group_by=[*ENTRY, "track_source"])
    surest = surest.mutate(first=surest.order.min().over(alike))
    surest = surest.filter(surest.order == surest.first).drop("order", "first")
    return _with_recordings(surest, links(recordings, table("files"), tracks)).distinct()


def _with_recordings(found: ir.Table, linked: ir.Table) -> ir.Table:
    """Return links with the recordings of their tracks."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    heard = linked.select(
        of_source=linked.source, of_track=linked.track_id, heard_id=linked.recording_id
    )
    same = [found.track_source == heard.of_source, found.track_id == heard.of_track]
    joined = found.left_join(heard, same)
    confidence = ibis.cases(
        *((joined.by == rule, share) for rule, share in CONFIDENCE.items()),
        else_=ibis.null("float64"),
    )
    return joined.select(
        *ENTRY,
        "track_source",
        "track_id",
        recording_id=ibis.coalesce(joined.recording_id, joined.heard_id),
        by=joined.by,
        confidence=confidence,
    )


def _none() -> ir.StringScalar:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    return ibis.null("string")


def _by_id(entries: ir.Table, tracks: ir.Table) -> ir.Table:
    stated = entries.filter(entries.track_id.notnull())
    stated = stated.select(*ENTRY, stated_id=stated.track_id)
    known = tracks.select(
        track_source=tracks.source,
        track_id=tracks.track_id,
        plain_id=tracks.track_id.re_replace(_URI, ""),
    )
    joined = stated.join(known, stated.stated_id == known.plain_id)
    of_a_service = joined.stated_id.re_search(_SERVICE_ID)
    joined = joined.filter(of_a_service | (joined.source == joined.track_source))
    return joined.select(*ENTRY, "track_source", "track_id", recording_id=_none(), by=_text("id"))


def _by_isrc(entries: ir.Table, tracks: ir.Table, recordings: ir.Table) -> ir.Table:
    coded = entries.filter(entries.isrc_code >= 0).select(*ENTRY, code=entries.isrc_code)
    known = tracks.filter(tracks.isrc_code >= 0)
    known = known.select("isrc_code", track_source=known.source, track_id=known.track_id)
    of_tracks = coded.join(known, coded.code == known.isrc_code)
    tagged = recordings.filter(recordings.tag_isrc.notnull())
    tagged = tagged.select("recording_id", tag_code=number_of(tagged.tag_isrc))
    heard = coded.join(tagged, coded.code == tagged.tag_code)
    listed = of_tracks.select(
        *ENTRY, "track_source", "track_id", recording_id=_none(), by=_text("isrc")
    )
    none = {"track_source": _none(), "track_id": _none()}
    found = heard.select(*ENTRY, **none, recording_id=heard.recording_id, by=_text("isrc"))
    return listed.union(found)


def _text(value: str) -> ir.StringScalar:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    return ibis.literal(value)


_Candidate: TypeAlias = tuple[str, dict[str, str | None]]
"""Key of a title, and the row of the track or recording that has it."""


@dataclass(frozen=True)
class _Song:
    """A title and a credit as a chart writes them."""

    title: str
    performer: str
    artists: Artists


def _by_names(entries: ir.Table, tracks: ir.Table, recordings: ir.Table) -> ir.Table:

    songs = _songs(entries)
    listed = tracks.select(source="source", id="track_id", title="name", artists="artist_names")
    tagged = recordings.select(
        source=_none(), id="recording_id", title="tag_title", artists="tag_artist"
    )
    rows = [
        *_pairs(songs, _candidates(listed, songs), "track_id"),
        *_pairs(songs, _candidates(tagged, songs), "recording_id"),
    ]
    table = pa.Table.from_pylist(rows, schema=_PAIRS)
    # Spark can read an empty cell of such a table as the text "NaN".
    filled = {name: pc.fill_null(table[name], "") for name in table.column_names}
    pairs = memtable(entries, pa.table(filled, schema=_PAIRS))
    pairs = pairs.mutate(**{name: pairs[name].nullif("") for name in _TARGET})
    joined = entries.select(*ENTRY, "title", "performer").join(pairs, ["title", "performer"])
    return joined.select(*ENTRY, *_TARGET, "by")


def _songs(entries: ir.Table) -> dict[str, list[_Song]]:
    """Return the songs of the charts, by the key of the title."""
    named = entries.filter(entries.title.notnull() & entries.performer.notnull())
    distinct = named.select("title", "performer").distinct().to_pyarrow()
    songs: dict[str, list[_Song]] = defaultdict(list)
    keys = title_keys(distinct["title"].combine_chunks()).to_pylist()
    for key, row in zip(keys, distinct.to_pylist(), strict=True):
        if key is not None:
            artists = artists_of(row["performer"], row["title"])
            songs[key].append(_Song(row["title"], row["performer"], artists))
    return songs


def _candidates(rows: ir.Table, titles: Collection[str]) -> Iterator[_Candidate]:
    """Yield the rows with one of the given keys of titles."""
    if not titles:
        return
    known = pa.array(list(titles), pa.string())
    rows = rows.filter(rows.title.notnull() & rows.artists.notnull())
    batches: Iterable[pa.RecordBatch] = (
        stream(rows) if is_local(rows) else rows.to_pyarrow_batches()
    )
    for batch in batches:
        keys = title_keys(batch.column("title"))
        wanted = pc.is_in(keys, value_set=known)
        yield from zip(
            keys.filter(wanted).to_pylist(), batch.filter(wanted).to_pylist(), strict=True
        )


def _pairs(
    songs: Mapping[str, list[_Song]],
    candidates: Iterable[_Candidate],
    target: str,
) -> Iterator[dict[str, str | None]]:
    for key, row in candidates:
        artists = artists_of(row["artists"], row["title"])
        for song in songs[key]:
            if by := same_by_names(song.artists, artists):
                names = {"title": song.title, "performer": song.performer}
                yield {**names, "track_source": row["source"], target: row["id"], "by": by}


def same_by_names(one: Artists, other: Artists) -> str | None:
    """Return the rule by which two credits of one title are the same, or ``None``."""
    if not one.all or not other.all:
        return None
    if one.all == other.all:
        return "title-artist"
    within = one.all < other.all or other.all < one.all
    alike = one.first is not None and one.first == other.first
    return "title-first-artist" if within and alike else None
