"""Releases of artists, and how each differs from all others by the same artist.

A release is everything with one album id, or otherwise with one label and month, so that the tracks
of an album count once. The database computes everything; only counts and a short list leave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.findings.base import QuerySession
from phonoscope.findings.shared.groups import is_weighed
from phonoscope.findings.shared.shares import current_rates
from phonoscope.linking.isrc import COUNT
from phonoscope.linking.links import links

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEAST_RELEASES = 10
"""Fewest releases of an artist with a value, for one of them to differ."""
STEADY = 0.8
"""Share of an artist's other releases that must agree."""
LEAST_HEARD = 5
"""The same for results of analysed recordings."""
SILENCE_MONTHS = 36
"""Months without a release that make the next one differ, when no other gap was as long."""
MOST_ARTISTS = 100_000
"""Most artists to analyse: those with the most followers, or without followers, most tracks."""
FEW_MARKETS = 50
"""Countries from which a release counts as available worldwide."""
_PREFIXES = 36**3 * 10**7
_REGISTRANTS = 10**7
_AGAIN = r"remaster|re-?issue|re-?release|anniversary|deluxe|expanded|re-?record|bonus"
_GATHERED = r"various|best of|greatest hits|collection|anthology|tribute|soundtrack|essential"
_NAMED_APART = r"\s*[(\[].*$|\s+-\s.*$"
"""The part of a title that names a version: in brackets, or after a dash."""
RELEASE = ("who", "release")
"""Key of a release of an artist; a release by two artists counts for both."""
_KEY = ("source", "track_id")
_MONTH = "^[0-9]{4}-[0-9]{2}$"
assert COUNT // _PREFIXES == 26**2

DIFFERENCES: Mapping[str, int] = {
    "label": 1,
    "registrant": 2,
    "prefix": 4,
    "markets": 8,
    "silence": 16,
    "declared": 32,
    "detected": 64,
    "voice": 128,
}
"""What a release can differ in, each with its bit in the pattern of a release."""
STATED = ("label", "registrant", "prefix", "markets")
HEARD = ("declared", "detected", "voice")
"""Results that no new label, guest or re-issue explains."""


def releases(catalogue: QuerySession) -> ir.Table:
    """Return the releases of artists, each with the pattern of its differences.

    Returns
    -------
    ibis.expr.types.Table
        :data:`RELEASE`; ``tracks``; ``label``, ``registrant``, ``prefix``, ``markets`` (0 one
        country, 1 few, 2 the world), ``number`` (of the month), ``gap`` (months since the release
        before), ``together`` (releases of that month), ``newest``, ``declared``, ``detected`` and
        ``voice``; ``of_...`` of the label and so on: how many releases of the artist have a value,
        and ``most_...``, how many of those have the most frequent one, both empty where the release
        doesn't differ; ``pattern``. Artists with too few releases for any
        comparison are left out.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    found = catalogue.cached(_placed_releases)
    enough = found.filter(found.of_silence >= LEAST_RELEASES).select("who")
    pattern = found.differs_silence.cast("int64") * DIFFERENCES["silence"]
    rows = found.mutate(pattern=pattern).drop("differs_silence")
    for name in (*STATED, *HEARD):
        counts = (
            found.filter(found[name].notnull()).group_by("who", name).agg(k=lambda t: t.count())
        )
        each = counts.group_by("who").agg(of=counts.k.sum(), most=counts.k.max())
        each = each.filter(each["of"] >= _least(name))
        enough = ibis.union(enough, each.select("who"))
        rows = _compared(rows, name, counts, each)
    return rows.semi_join(enough.distinct(), "who")


def _grouped_releases(catalogue: QuerySession) -> ir.Table:
    return _grouped(catalogue.cached(_tracks))


def _placed_releases(catalogue: QuerySession) -> ir.Table:
    return _placed(catalogue.cached(_grouped_releases))


def _compared(rows: ir.Table, name: str, counts: ir.Table, each: ir.Table) -> ir.Table:
    """Add whether a release has a value that no other release by the artist has.

    The others must agree: :data:`STEADY` of them have the same value.
    """
    alone = counts.filter(counts.k == 1)
    if name in ("declared", "detected"):
        # That one release is not flagged among flagged ones is nobody's hijack.
        alone = alone.filter(alone[name])
    alone = alone.inner_join(each, "who")
    alone = alone.filter(alone.most >= STEADY * (alone["of"] - 1))
    alone = alone.select("who", name, **{f"of_{name}": alone["of"], f"most_{name}": alone.most})
    joined = rows.left_join(alone, ["who", name]).drop("who_right", f"{name}_right")
    differs = joined[f"of_{name}"].notnull().cast("int64")
    return joined.mutate(pattern=joined.pattern + differs * DIFFERENCES[name])


def _least(name: str) -> int:
    return LEAST_HEARD if name in HEARD else LEAST_RELEASES


def _credits(catalogue: QuerySession) -> ir.Table:
    """Return the artists of tracks; where a source has no credits, by the names as written."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    credits, tracks = catalogue.table("track_artists"), catalogue.table("tracks")
    credits = credits.select("source", "track_id", "artist_id")
    told = credits.select("source").distinct().to_pyarrow()["source"].to_pylist()
    named = tracks.filter(tracks.artist_names.notnull(), ~tracks.source.isin(told or [""]))
    by_name = named.select("source", "track_id", artist_id=named.artist_names.strip().lower())
    return ibis.union(credits, by_name)


def chosen(catalogue: QuerySession) -> ir.Table:
    """Return the artists to analyse: ``who`` is a number, ``name`` may be empty."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    credits = _credits(catalogue)
    counts = credits.group_by("source", "artist_id").agg(tracks=credits.count())
    counts = counts.filter(counts.tracks >= LEAST_HEARD)
    artists = catalogue.table("artists").select("source", "artist_id", "name", "followers")
    joined = counts.left_join(artists, ["source", "artist_id"])
    joined = joined.drop("source_right", "artist_id_right")
    order = (ibis.desc(joined.followers.fill_null(0)), ibis.desc("tracks"), "source", "artist_id")
    some = joined.order_by(*order).limit(MOST_ARTISTS)
    return some.mutate(who=ibis.row_number().over(ibis.window(order_by=list(order))))


def _tracks(catalogue: QuerySession) -> ir.Table:
    """Return the tracks of the chosen artists, one row per credit."""
    who = catalogue.cached(chosen).select("source", "artist_id", "who")
    mine = _credits(catalogue).inner_join(who, ["source", "artist_id"])
    tracks = catalogue.table("tracks")
    told = tracks.select(
        *_KEY,
        "album_id",
        "isrc_code",
        "market_count",
        "release_date",
        "release_date_precision",
        written=tracks.label,
        declared=tracks.declared_generated,
    )
    # Joined after the credits are filtered, so that fewer rows are read.
    joined = mine.select(*_KEY, "who").inner_join(told, list(_KEY))
    code = (joined.isrc_code >= 0).ifelse(joined.isrc_code, None)
    rows = joined.select(
        *_KEY,
        "who",
        "album_id",
        "isrc_code",
        "declared",
        label=joined.written.strip().lower().nullif(""),
        registrant=code // _REGISTRANTS,
        prefix=code // _PREFIXES,
        markets=_territories(joined.market_count),
        number=_month(joined),
    )
    return _heard(catalogue, rows, list(_KEY))


def _territories(markets: ir.IntegerColumn) -> ir.IntegerColumn:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    kinds = ((markets == 1, 0), (markets.between(2, FEW_MARKETS - 1), 1), (markets > 1, 2))
    return ibis.cases(*kinds).cast("int64")


def _month(rows: ir.Table) -> ir.IntegerColumn:
    """Return the number of the month of release, counted from the year 0; empty without one."""
    month = rows.release_date.substr(0, 7)
    named = rows.release_date_precision.isin(("month", "day")) & month.re_search(_MONTH)
    month = named.ifelse(month, None)
    return month.substr(0, 4).cast("int64") * 12 + month.substr(5, 2).cast("int64") - 1


def _heard(catalogue: QuerySession, tracks: ir.Table, key: list[str]) -> ir.Table:
    """Add what was detected in recordings of the tracks, and the voice that their files declare."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    marks = catalogue.table("declared")
    marked = bool(marks.limit(1).to_pyarrow().num_rows)
    if not is_weighed(catalogue) and not marked:
        none = ibis.null("boolean")
        return tracks.mutate(detected=none, voice=ibis.null("string"))
    mine = catalogue.table("tracks").semi_join(tracks, key)
    linked = links(catalogue.table("recordings"), catalogue.table("files"), mine)
    verdicts = catalogue.table("verdicts")
    weighed = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    weighed = weighed.select(
        "recording_id",
        flag=weighed.p_value <= current_rates().threshold,
    )
    said = marks.group_by("recording_id").agg(
        voice=marks.voice.min(), by_machine=marks.making.isin(sorted(MACHINE_MAKING)).any()
    )
    found = linked.left_join(weighed, "recording_id").drop("recording_id_right")
    found = found.left_join(said, "recording_id").drop("recording_id_right")
    of_track = found.group_by(*key).agg(
        detected=found.flag.any(),
        voice=found.voice.min(),
        by_machine=found.by_machine.any(),
    )
    joined = tracks.left_join(of_track, key).drop("source_right", "track_id_right")
    # A file without a mark declares nothing, which isn't the same as declaring a person.
    either = joined.by_machine.fill_null(False) | joined.declared.fill_null(False)
    known = joined.declared.notnull() | joined.by_machine.notnull()
    return joined.mutate(declared=known.ifelse(either, None)).drop("by_machine")


def _release(tracks: ir.Table) -> ir.StringColumn:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    loose = "\n" + tracks.number.cast("string").fill_null("") + "\n" + tracks.label.fill_null("")
    return ibis.coalesce(tracks.album_id, loose)


def _grouped(tracks: ir.Table) -> ir.Table:
    """Return one row per release."""
    rows = tracks.mutate(release=_release(tracks))
    # What a release says in two ways, it does not say.
    one = {
        name: (rows[name].min() == rows[name].max()).ifelse(rows[name].min(), None)
        for name in STATED
    }
    return rows.group_by(*RELEASE).agg(
        **one,
        tracks=rows.count(),
        number=rows.number.min(),
        declared=rows.declared.any(),
        detected=rows.detected.any(),
        voice=rows.voice.min(),
    )


def usual(catalogue: QuerySession, some: ir.Table, name: str) -> ir.Table:
    """Return the most frequent value of a field by artist: ``who``, the value, its count ``k``.

    Parameters
    ----------
    catalogue
        The catalogue.
    some
        Table with ``who``.
    name
        One of :data:`STATED`.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    found = catalogue.cached(releases).semi_join(some, "who")
    counts = found.filter(found[name].notnull()).group_by("who", name).agg(k=lambda t: t.count())
    counts = counts.mutate(most=counts.k.max().over(ibis.window(group_by="who")))
    return counts.filter(counts.k == counts.most).drop("most")


def described(catalogue: QuerySession, some: ir.Table) -> ir.Table:
    """Return possible reasons why releases differ, and the names in them.

    Parameters
    ----------
    catalogue
        The catalogue.
    some
        Table with :data:`RELEASE`; not many rows.

    Returns
    -------
    ibis.expr.types.Table
        :data:`RELEASE`; ``source``, ``track_id`` and ``title`` of a track, ``album``, ``written``
        (the label as it is); ``shared``, whether every track credits other artists too;
        ``gathered``, whether it is a compilation; ``again``, whether most of it was released
        before, or says so.
    """
    known, tracks = catalogue.cached(_tracks), catalogue.table("tracks")
    mine = known.semi_join(some, "who").mutate(release=_release)
    told = tracks.select(*_KEY, title=tracks.name, written=tracks.label)
    mine = mine.inner_join(told, list(_KEY))
    plain = mine.title.lower().re_replace(_NAMED_APART, "").strip()
    mine = mine.mutate(
        plain=plain.nullif(""), code=(mine.isrc_code >= 0).ifelse(mine.isrc_code, None)
    )
    found = mine.semi_join(some, list(RELEASE))
    for name in ("plain", "code"):
        first = mine.filter(mine[name].notnull()).group_by("who", name)
        firsts = first.agg(**{f"first_{name}": lambda t: t.number.min()})
        found = found.left_join(firsts, ["who", name]).drop("who_right", f"{name}_right")
    credits = _credits(catalogue).semi_join(found, list(_KEY))
    people = credits.group_by(*_KEY).agg(people=credits.count())
    found = found.left_join(people, list(_KEY)).drop("source_right", "track_id_right")
    albums = catalogue.table("albums")
    kinds = albums.select("source", "album_id", album=albums.name, kind=albums.album_type)
    found = found.left_join(kinds, ["source", "album_id"]).drop("source_right", "album_id_right")
    before = (found.first_plain < found.number) | (found.first_code < found.number)
    again = before.fill_null(False) | found.title.fill_null("").lower().re_search(_AGAIN)
    again = again | found.album.fill_null("").lower().re_search(_AGAIN)
    gathered = (found.kind.lower() == "compilation").fill_null(False)
    gathered = gathered | found.album.fill_null("").lower().re_search(_GATHERED)
    rows = found.mutate(before=again, is_gathered=gathered)
    return rows.group_by(*RELEASE).agg(
        source=rows.source.min(),
        track_id=rows.track_id.min(),
        title=rows.title.min(),
        album=rows.album.min(),
        written=rows.written.min(),
        shared=rows.people.min() > 1,
        gathered=rows.is_gathered.any(),
        again=rows.before.cast("float64").mean() > 0.5,
    )


def _placed(rows: ir.Table) -> ir.Table:
    """Add the distance of a release from the one before, and whether it is the newest."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    months = rows.filter(rows.number.notnull()).group_by("who", "number").agg(k=lambda t: t.count())
    gap = months.number - months.number.lag().over(ibis.window(group_by="who", order_by="number"))
    gaps = months.mutate(gap=gap)
    last = gaps.group_by("who").agg(
        of_silence=gaps.k.sum(), longest=gaps.gap.max(), last=gaps.number.max()
    )
    ends = gaps.inner_join(last, "who")
    longest = ends.filter(ends.gap == ends.longest)
    times = longest.group_by("who").agg(times=longest.count())
    ends = ends.left_join(times, "who").drop("who_right")
    alone = (ends.gap == ends.longest) & (ends.times == 1) & (ends.gap >= SILENCE_MONTHS)
    told = ends.select(
        "who",
        "number",
        "gap",
        "of_silence",
        together=ends.k,
        newest=ends.number == ends["last"],
        differs_silence=alone & (ends.of_silence >= LEAST_RELEASES),
    )
    joined = rows.left_join(told, ["who", "number"]).drop("who_right", "number_right")
    return joined.mutate(
        differs_silence=joined.differs_silence.fill_null(False),
        newest=joined.newest.fill_null(False),
    )
