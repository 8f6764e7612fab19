"""Which recording is which track: links between scanned files and ingested metadata.

There are three rules, in this order. What one rule links (a recording within a source, or a track)
the next ones skip:

1. ``file``: the source names the audio file, and that file was scanned;
2. ``isrc``: both state the same well-formed ISRC, however it is written;
3. ``tags``: the same title and artists, apart from case, marks and words such as "feat.", and
   durations that differ by at most 2 s; only if the recording has one such track in the source, and
   the track one such recording.

The first two rules use statements. They can link one recording with many tracks (it is on several
albums) and one track with many recordings (the archive has copies). The third rule guesses, so
ambiguous pairs are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.linking.isrc import number_of
from phonoscope.linking.titles import bare, bare_artists

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_APART_MS = 2000
"""Most difference between durations of one recording; services cut silence, and round."""
_COLUMNS = ("recording_id", "source", "track_id")


def links(recordings: ir.Table, files: ir.Table, tracks: ir.Table) -> ir.Table:
    """Return which recording is which track.

    There can be many tracks. So each rule first selects those whose key a recording has, and all
    further work grows with the recordings.

    Parameters
    ----------
    recordings, files, tracks
        The tables of a catalogue, or some of their rows.

    Returns
    -------
    ibis.expr.types.Table
        ``recording_id``, ``source`` and ``track_id``, and ``by``: ``file``, ``isrc`` or ``tags``.
    """
    by_file = _by_file(files, tracks)
    by_isrc = _unlinked(_by_isrc(recordings, tracks), by_file)
    by_tags = _unlinked(_unlinked(_by_tags(recordings, tracks), by_file), by_isrc)
    parts = {"file": by_file, "isrc": by_isrc, "tags": by_tags}
    named = [found.mutate(by=_text(name)) for name, found in parts.items()]
    return named[0].union(named[1], named[2])


def _text(value: str) -> ir.StringScalar:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    return ibis.literal(value)


def _by_file(files: ir.Table, tracks: ir.Table) -> ir.Table:
    scanned = files.filter(files["recording_id"].notnull()).select("uri", "recording_id")
    named = tracks.filter(tracks["file"].notnull()).select("source", "track_id", "file")
    joined = named.join(scanned, named["file"] == scanned["uri"])
    return joined.select(*_COLUMNS)


def _by_isrc(recordings: ir.Table, tracks: ir.Table) -> ir.Table:
    tagged = recordings.filter(recordings["tag_isrc"].notnull())
    tagged = tagged.select("recording_id", code=number_of(tagged["tag_isrc"]))
    tagged = tagged.filter(tagged["code"].notnull())
    coded = tracks.filter(tracks["isrc_code"] >= 0).select("source", "track_id", "isrc_code")
    joined = coded.join(tagged, coded["isrc_code"] == tagged["code"])
    return joined.select(*_COLUMNS)


def _by_tags(recordings: ir.Table, tracks: ir.Table) -> ir.Table:
    tagged = recordings.select(
        "recording_id",
        title=bare(recordings["tag_title"]),
        artists=bare_artists(recordings["tag_artist"]),
        recorded_ms=(recordings["duration_s"] * 1000).round().cast("int64"),
    )
    tagged = tagged.filter((tagged["title"] != "") & (tagged["artists"] != ""))
    stated = tracks.filter(tracks["duration_ms"].notnull()).select(
        "source", "track_id", "duration_ms", "artist_names", stated=bare(tracks["name"])
    )
    pairs = stated.join(tagged, stated["stated"] == tagged["title"])
    apart_ms = (pairs["duration_ms"] - pairs["recorded_ms"]).abs()
    # Written like this it isn't a condition of the join, so artists are normalised only for tracks
    # whose title a recording has.
    same = (bare_artists(pairs["artist_names"]) == pairs["artists"]).fill_null(False)
    pairs = pairs.filter((apart_ms <= MOST_APART_MS) & same)
    return _only(pairs.select(*_COLUMNS))


def _only(pairs: ir.Table) -> ir.Table:
    """Return the pairs whose recording and track are in no other pair of the source."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # Windows, because naming the pairs twice would compute them twice.
    of_recording = ibis.window(group_by=["source", "recording_id"])
    of_track = ibis.window(group_by=["source", "track_id"])
    counted = pairs.mutate(
        track_count=pairs.count().over(of_recording), recording_count=pairs.count().over(of_track)
    )
    only = counted.filter((counted["track_count"] == 1) & (counted["recording_count"] == 1))
    return only.select(*_COLUMNS)


def _unlinked(pairs: ir.Table, linked: ir.Table) -> ir.Table:
    pairs = pairs.anti_join(linked, ["source", "recording_id"])
    return pairs.anti_join(linked, ["source", "track_id"])
