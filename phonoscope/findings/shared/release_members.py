"""Which scored recordings belong to one release or to one artist, and what that rests on.

A name alone proves nothing: artists share names, and many albums are called 'Greatest Hits'. So a
group needs the id of a source, or a name together with something else that its tracks share:

- a release: the source's album id; or the same album tag, label, year and folder;
- an artist: the source's artist id; or the same name and label, or name and ISRC registrant.

Groups of different sources stay apart, whatever their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from phonoscope.findings.base import QuerySession
from phonoscope.findings.shared.dates import year_of
from phonoscope.linking.isrc import number_of
from phonoscope.linking.links import links
from phonoscope.linking.titles import bare
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEY = ("source", "group", "basis")
"""Columns that identify a group; ``source`` is empty text for groups by tags."""
BASES: Mapping[str, str] = {
    "album-id": gettext("the source's album id"),
    "folder-and-tags": gettext("same folder, album, label and year"),
    "artist-id": gettext("the source's artist id"),
    "name-and-label": gettext("same name and label"),
    "name-and-isrc": gettext("same name and ISRC registrant"),
}
"""What a group rests on, by its code."""
NOBODY = (
    "variousartists", "various", "va", "unknownartist", "unknown", "artist", "noartist",
    "verschiedene", "diversartistes", "variosartistas", "artistivari",
)  # fmt: skip
"""Names of artists, without marks, that name nobody."""
_TRACK = ["source", "track_id"]
_PREFIXES = 10**7
"""Codes of one ISRC registrant: five years' digits and number follow it."""
_COLUMNS = ("recording_id", *KEY, "track", "name", "credit", "p_value")


def scored(catalogue: QuerySession) -> ir.Table:
    """Return ``recording_id`` and ``p_value`` of the recordings that the detector scored."""
    verdicts = catalogue.table("verdicts")
    known = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    # A killed batch may have left verdicts without a recording.
    known = known.semi_join(catalogue.table("recordings"), "recording_id")
    return known.select("recording_id", "p_value")


def in_releases(catalogue: QuerySession) -> ir.Table:
    """Return the scored recordings of releases.

    Returns
    -------
    ibis.expr.types.Table
        ``recording_id``; the :data:`KEY` of the release; ``track``, equal for two recordings of one
        track; ``name`` of the release and ``credit`` of its artist, which may be empty; and
        ``p_value``. A recording may be on several releases.
    """
    linked, tagged = catalogue.cached(_linked), catalogue.cached(_tagged)
    known = linked.filter(linked.album_id.notnull())
    by_id = known.mutate(
        group=known.album_id, basis=_text("album-id"), track=known.track_id, name=known.album_name
    )
    rest = tagged.filter(tagged.release.notnull()).anti_join(known, "recording_id")
    by_tags = rest.mutate(
        source=_text(""), group=rest.release, basis=_text("folder-and-tags"), name=rest.tag_album
    )
    return by_id.select(*_COLUMNS).union(by_tags.select(*_COLUMNS))


def of_artists(catalogue: QuerySession) -> ir.Table:
    """Return the scored recordings of artists.

    Returns
    -------
    ibis.expr.types.Table
        As :func:`in_releases`, and ``release``: which release of the artist it is on, empty where
        unknown. A recording by several artists counts for each.
    """
    linked, tagged = catalogue.cached(_linked), catalogue.cached(_tagged)
    credits = catalogue.table("track_artists").select(*_TRACK, "artist_id")
    credited = linked.inner_join(credits, _TRACK)
    artists = catalogue.table("artists").select("source", "artist_id", artist_name="name")
    named = credited.left_join(artists, ["source", "artist_id"])
    by_id = named.mutate(
        group=named.artist_id,
        basis=_text("artist-id"),
        track=named.track_id,
        release=named.album_id,
        name=named.artist_name,
    )
    rest = linked.anti_join(credits, _TRACK)
    by_name = _by_name(
        rest.mutate(
            track=rest.track_id, release=rest.album_id, name=rest.credit, written=rest.label
        )
    )
    loose = tagged.anti_join(linked, "recording_id")
    by_tags = _by_name(
        loose.mutate(
            source=_text(""),
            name=loose.credit,
            written=loose.label,
            code=loose.tag_code,
            # Titles such as 'Intro' are on many albums.
            track=loose.release.fill_null("") + "\n" + loose.track,
        )
    )
    columns = (*_COLUMNS, "release")
    parts = [part.select(*columns) for part in (by_id, by_name, by_tags)]
    found = parts[0].union(parts[1], parts[2])
    return found.filter(~bare(found.name.fill_null("")).isin(NOBODY))


def _by_name(rows: ir.Table) -> ir.Table:
    """Return the rows whose artist's name comes with a label or an ISRC, grouped by both."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rows = rows.mutate(
        plain_name=bare(rows.name.fill_null("")),
        plain_label=rows.written.strip().lower().nullif(""),
        registrant=(rows.code >= 0).ifelse(rows.code // _PREFIXES, None).cast("string"),
    )
    rows = rows.filter(
        rows.plain_name != "", rows.plain_label.notnull() | rows.registrant.notnull()
    )
    return rows.mutate(
        group=rows.plain_name + "\n" + ibis.coalesce(rows.plain_label, rows.registrant),
        basis=rows.plain_label.notnull().ifelse("name-and-label", "name-and-isrc"),
    )


def _linked(catalogue: QuerySession) -> ir.Table:
    """Return scored recordings with the tracks that they are, one row per track."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks = catalogue.table("tracks")
    known = links(catalogue.table("recordings"), catalogue.table("files"), tracks)
    known = known.drop("by").inner_join(catalogue.cached(scored), "recording_id")
    stated = tracks.select(
        *_TRACK, "album_id", "label", titled="album_name", credit="artist_names", code="isrc_code"
    )
    rows = known.inner_join(stated, _TRACK)
    albums = catalogue.table("albums").select("source", "album_id", listed="name")
    rows = rows.left_join(albums, ["source", "album_id"])
    return rows.mutate(album_name=ibis.coalesce(rows.listed, rows.titled)).select(
        "recording_id", *_TRACK, "album_id", "album_name", "label", "credit", "code", "p_value"
    )


def _tagged(catalogue: QuerySession) -> ir.Table:
    """Return scored recordings with what their tags and folder say."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    recordings, files = catalogue.table("recordings"), catalogue.table("files")
    held = files.filter(files.recording_id.notnull())
    placed = held.group_by("recording_id").agg(uri=held.uri.min())
    folder = placed.uri.re_replace(r"[^/]*$", "")
    rows = recordings.select(
        "recording_id", "tag_title", "tag_album", "tag_artist", "tag_label", "tag_date", "tag_isrc"
    )
    rows = rows.inner_join(placed.select("recording_id", folder=folder), "recording_id")
    rows = rows.inner_join(catalogue.cached(scored), "recording_id")
    album = bare(rows.tag_album.fill_null(""))
    label = rows.tag_label.strip().lower().nullif("")
    said = album + "\n" + label.fill_null("") + "\n" + year_of(rows.tag_date).fill_null("")
    title = bare(rows.tag_title.fill_null("")).nullif("")
    rows = rows.mutate(
        release=(album.length() > 0).ifelse(rows.folder + said, None),
        track=ibis.coalesce(title, rows.recording_id),
        label=label,
        credit=rows.tag_artist.strip().nullif(""),
        tag_code=number_of(rows.tag_isrc),
    )
    return rows.select(
        "recording_id", "release", "track", "tag_album", "label", "credit", "tag_code", "p_value"
    )


def _text(value: str) -> ir.StringScalar:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    return ibis.literal(value)
