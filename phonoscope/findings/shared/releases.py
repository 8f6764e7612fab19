"""Releases of artists, and how each differs from all others by the same artist.

A release is everything with one album id, or otherwise with one label and month, so that the tracks
of an album count once. The database computes everything; only counts and a short list leave it.

Joining the credits with their tracks is most of the work, so it happens once, and what is joined is
small: a label or a month is a number, found once for each label and date and not for each track.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.findings.base import QuerySession
from phonoscope.findings.shared.credits import by_artist_and_source, by_label
from phonoscope.findings.shared.days import days
from phonoscope.findings.shared.groups import is_weighed
from phonoscope.findings.shared.shares import current_rates
from phonoscope.findings.shared.sources import sources_of, track_key
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
_REGISTRANTS = 10**7
_OF_A_PREFIX = 36**3
_AGAIN = r"remaster|re-?issue|re-?release|anniversary|deluxe|expanded|re-?record|bonus"
_GATHERED = r"various|best of|greatest hits|collection|anthology|tribute|soundtrack|essential"
_NAMED_APART = r"\s*[(\[].*$|\s+-\s.*$"
"""The part of a title that names a version: in brackets, or after a dash."""
RELEASE = ("who", "release")
"""Key of a release of an artist; a release by two artists counts for both."""
_KEY = ("source", "track_id")
_MONTH = "^[0-9]{4}-[0-9]{2}$"
assert COUNT // _REGISTRANTS // _OF_A_PREFIX == 26**2

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


def analysed(catalogue: QuerySession) -> ir.Table:
    """Return the artists with enough releases for any comparison.

    Returns
    -------
    ibis.expr.types.Table
        ``who``; ``releases``; ``of_label`` and so on, how many of them have a value, also
        ``of_silence``, how many have a month.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    found = catalogue.cached(grouped)
    named = {name: found[name] for name in (*STATED, *HEARD)}
    counts = found.group_by("who").agg(
        releases=found.count(),
        of_silence=found.number.count(),
        **{f"of_{name}": column.count() for name, column in named.items()},
    )
    enough = [counts[f"of_{name}"] >= _least(name) for name in ("silence", *named)]
    return counts.filter(ibis.or_(*enough))


def differing(catalogue: QuerySession) -> ir.Table:
    """Return the releases that differ from the others of their artist, each with its pattern.

    Returns
    -------
    ibis.expr.types.Table
        The columns of :func:`grouped`; ``gap`` (months since the release before), ``together``
        (releases of that month), ``newest``; ``of_...`` of the label and so on: how many releases
        of the artist have a value, and ``most_...``, how many of those have the most frequent one,
        both empty where the release doesn't differ, and absent for results that nothing has;
        ``pattern``.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    found, months = catalogue.cached(grouped), catalogue.cached(_months)
    measured = (*STATED, *_measured(catalogue))
    silent = months.filter(months.differs_silence).select("who", "number")
    silent = silent.mutate(most=ibis.null("int64"), of=ibis.null("int64"))
    parts = [_matching(found, silent, "number", DIFFERENCES["silence"])]
    parts += [
        _matching(found, _alone(catalogue, name), name, DIFFERENCES[name]) for name in measured
    ]
    each = ibis.union(*parts)
    counts = {
        f"{what}_{name}": each[what].max(where=each.bit == DIFFERENCES[name])
        for name in measured
        for what in ("of", "most")
    }
    patterns = each.group_by(*RELEASE).agg(pattern=each.bit.sum().cast("int64"), **counts)
    rows = found.inner_join(patterns, list(RELEASE))
    told = months.select("who", "number", "gap", "together", "newest")
    joined = rows.left_join(told, ["who", "number"]).drop("who_right", "number_right")
    return joined.mutate(newest=joined.newest.fill_null(False))


def grouped(catalogue: QuerySession) -> ir.Table:
    """Return the releases of artists.

    Returns
    -------
    ibis.expr.types.Table
        :data:`RELEASE`; ``tracks``; ``label`` (its number in :func:`labels`), ``registrant``,
        ``prefix``, ``markets`` (0 one country, 1 few, 2 the world), ``number`` (of the month),
        ``declared``, ``detected`` and ``voice``.
    """
    return _grouped(_tracks(catalogue, catalogue.cached(chosen)))


def _measured(catalogue: QuerySession) -> list[str]:
    """Return which of :data:`HEARD` any track or recording has."""
    tracks = catalogue.table("tracks")
    marked, weighed = _is_marked(catalogue), is_weighed(catalogue)
    declared = marked or _any(tracks.filter(tracks.declared_generated.notnull()))
    return [name for name, known in zip(HEARD, (declared, weighed, marked), strict=True) if known]


def _is_marked(catalogue: QuerySession) -> bool:
    return _any(catalogue.table("declared"))


def _any(table: ir.Table) -> bool:
    # One column, or all of them are read to find the row.
    return bool(table.select(table.columns[0]).limit(1).to_pyarrow().num_rows)


def _alone(catalogue: QuerySession, name: str) -> ir.Table:
    """Return the values that one release of an artist has, and no other.

    The others must agree: :data:`STEADY` of them have the same value.
    """
    found, artists = catalogue.cached(grouped), catalogue.cached(analysed)
    of = artists.select("who", of=artists[f"of_{name}"])
    of = of.filter(of["of"] >= _least(name))
    some = found.filter(found[name].notnull()).select("who", name).semi_join(of, "who")
    counts = some.group_by("who", name).agg(k=some.count())
    most = counts.group_by("who").agg(most=counts.k.max())
    alone = counts.filter(counts.k == 1)
    if name in ("declared", "detected"):
        # That one release is not flagged among flagged ones is nobody's hijack.
        alone = alone.filter(alone[name])
    alone = alone.inner_join(most, "who").inner_join(of, "who")
    alone = alone.filter(alone.most >= STEADY * (alone["of"] - 1))
    return alone.select("who", name, "most", "of")


def _matching(found: ir.Table, some: ir.Table, name: str, bit: int) -> ir.Table:
    """Return the keys of releases that have some values, with the bit of their difference."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    joined = found.select(*RELEASE, name).inner_join(some, ["who", name])
    return joined.select(*RELEASE, "of", "most", bit=ibis.literal(bit, "int64"))


def _least(name: str) -> int:
    return LEAST_HEARD if name in HEARD else LEAST_RELEASES


def _artist_key(catalogue: QuerySession) -> list[str]:
    return [*track_key(catalogue)[:-1], "artist_id"]


def _uncredited(catalogue: QuerySession) -> ir.Table | None:
    """Return the tracks of sources without credits; ``None`` when there are none."""
    credited = sources_of(catalogue, "track_artists")
    if sources_of(catalogue, "tracks") <= credited:
        return None
    tracks = catalogue.table("tracks")
    told = sorted(filter(None, credited))
    named = tracks.filter(tracks.artist_names.notnull(), ~tracks.source.isin(told or [""]))
    return named.select("source", "track_id", artist_id=named.artist_names.strip().lower())


def _credits(catalogue: QuerySession) -> ir.Table:
    """Return the artists of tracks; where a source has no credits, by the names as written."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    credits = catalogue.table("track_artists").select("source", "track_id", "artist_id")
    by_name = _uncredited(catalogue)
    return credits if by_name is None else ibis.union(credits, by_name)


def _counts(catalogue: QuerySession) -> ir.Table:
    """Return the number of tracks of each artist of each source."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    keys = ("source", "artist_id")
    counts = catalogue.cached(by_artist_and_source).select(*keys, "tracks")
    by_name = _uncredited(catalogue)
    if by_name is None:
        return counts
    return ibis.union(counts, by_name.group_by(*keys).agg(tracks=by_name.count()))


def chosen(catalogue: QuerySession) -> ir.Table:
    """Return the artists to analyse: ``who`` is a number, ``name`` may be empty."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    counts = _counts(catalogue)
    counts = counts.filter(counts.tracks >= LEAST_HEARD)
    artists = catalogue.table("artists").select("source", "artist_id", "name", "followers")
    joined = counts.left_join(artists, ["source", "artist_id"])
    joined = joined.drop("source_right", "artist_id_right")
    order = (ibis.desc(joined.followers.fill_null(0)), ibis.desc("tracks"), "source", "artist_id")
    some = joined.order_by(*order).limit(MOST_ARTISTS)
    number = ibis.row_number().over(ibis.window(order_by=list(order)))
    return some.mutate(who=number.cast("int32"))


def labels(catalogue: QuerySession) -> ir.Table:
    """Return the number ``label`` of each label ``written``, the same for one ``plain`` spelling.

    They are numbered in the order of their plain spellings.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    known = catalogue.cached(by_label)
    rows = known.select(written=known.label, plain=known.label.strip().lower())
    rows = rows.filter(rows.plain != "")
    number = ibis.dense_rank().over(ibis.window(order_by=rows.plain))
    return rows.mutate(label=number.cast("int32"))


def _dated(catalogue: QuerySession) -> ir.Table:
    """Return the number of the month of each date as written; dates without one are left out."""
    dates = catalogue.cached(days)
    numbered = dates.select(
        "release_date", "release_date_precision", number=_month(dates).cast("int32")
    )
    return numbered.filter(numbered.number.notnull())


def _stated(catalogue: QuerySession, tracks: ir.Table, **more: ir.Column) -> ir.Table:
    """Return what tracks state, in numbers, and more of their columns."""
    code = (tracks.isrc_code >= 0).ifelse(tracks.isrc_code, None)
    told = tracks.select(
        *_KEY,
        "album_id",
        "release_date",
        "release_date_precision",
        written=tracks.label,
        declared=tracks.declared_generated,
        registrant=(code // _REGISTRANTS).cast("int32"),
        markets=_territories(tracks.market_count),
        **more,
    )
    label = catalogue.cached(labels).select("written", "label")
    told = told.left_join(label, "written").drop("written_right")
    dates = ("release_date", "release_date_precision")
    told = told.left_join(catalogue.cached(_dated), list(dates))
    return told.drop("written", *dates, *(f"{name}_right" for name in dates))


def _of_artists(catalogue: QuerySession, artists: ir.Table) -> ir.Table:
    """Return the credits of chosen artists: the key of a track, and ``who``."""
    key = _artist_key(catalogue)
    mine = _credits(catalogue).inner_join(artists.select(*key, "who"), key)
    return mine.select(*_KEY, "who")


def _tracks(catalogue: QuerySession, artists: ir.Table) -> ir.Table:
    """Return the tracks of chosen artists, one row per credit."""
    key = track_key(catalogue)
    mine = _of_artists(catalogue, artists).select(*key, "who")
    rows = mine.inner_join(_stated(catalogue, catalogue.table("tracks")), key)
    return _with_detected(catalogue, rows)


def _with_detected(catalogue: QuerySession, rows: ir.Table) -> ir.Table:
    """Add what was detected in recordings of tracks, and the voice that their files declare."""
    if not is_weighed(catalogue) and not _is_marked(catalogue):
        import ibis  # noqa: PLC0415  (heavy: 0.8 s)

        return rows.mutate(detected=ibis.null("boolean"), voice=ibis.null("string"))
    joined = rows.left_join(catalogue.cached(_heard), list(_KEY))
    joined = joined.drop("source_right", "track_id_right")
    # A file without a mark declares nothing, which isn't the same as declaring a person.
    either = joined.by_machine.fill_null(False) | joined.declared.fill_null(False)
    known = joined.declared.notnull() | joined.by_machine.notnull()
    return joined.mutate(declared=known.ifelse(either, None)).drop("by_machine")


def _territories(markets: ir.IntegerColumn) -> ir.IntegerColumn:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    kinds = ((markets == 1, 0), (markets.between(2, FEW_MARKETS - 1), 1), (markets > 1, 2))
    return ibis.cases(*kinds).cast("int32")


def _month(rows: ir.Table) -> ir.IntegerColumn:
    """Return the number of the month of release, counted from the year 0; empty without one."""
    month = rows.release_date.substr(0, 7)
    named = rows.release_date_precision.isin(("month", "day")) & month.re_search(_MONTH)
    month = named.ifelse(month, None)
    return month.substr(0, 4).cast("int64") * 12 + month.substr(5, 2).cast("int64") - 1


def _heard(catalogue: QuerySession) -> ir.Table:
    """Return what was detected in recordings of tracks, and the voice that their files declare."""
    mine = _of_artists(catalogue, catalogue.cached(chosen))
    tracks = catalogue.table("tracks").semi_join(mine, list(_KEY))
    linked = links(catalogue.table("recordings"), catalogue.table("files"), tracks)
    verdicts = catalogue.table("verdicts")
    weighed = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    weighed = weighed.select(
        "recording_id",
        flag=weighed.p_value <= current_rates().threshold,
    )
    marks = catalogue.table("declared")
    said = marks.group_by("recording_id").agg(
        voice=marks.voice.min(), by_machine=marks.making.isin(sorted(MACHINE_MAKING)).any()
    )
    found = linked.left_join(weighed, "recording_id").drop("recording_id_right")
    found = found.left_join(said, "recording_id").drop("recording_id_right")
    return found.group_by(*_KEY).agg(
        detected=found.flag.any(),
        voice=found.voice.min(),
        by_machine=found.by_machine.any(),
    )


def _release(tracks: ir.Table) -> ir.StringColumn:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # As many digits in every number, so that texts sort as the labels do.
    label = (tracks.label.cast("int64") + 10**9).cast("string")
    month = tracks.number.cast("string").fill_null("")
    return ibis.coalesce(tracks.album_id, "\n" + month + "\n" + label.fill_null(""))


def _grouped(tracks: ir.Table) -> ir.Table:
    """Return one row per release."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rows = tracks.mutate(release=_release(tracks))
    single = ("label", "registrant", "markets")
    lows = {f"min_{name}": rows[name].min() for name in single}
    highs = {f"max_{name}": rows[name].max() for name in single}
    found = rows.group_by(*RELEASE).agg(
        **lows,
        **highs,
        tracks=rows.count(),
        number=rows.number.min(),
        declared=rows.declared.any(),
        detected=rows.detected.any(),
        voice=rows.voice.min(),
    )
    low, high = (found[f"{end}_registrant"] // _OF_A_PREFIX for end in ("min", "max"))
    # What a release says in two ways, it does not say.
    one = {
        name: ibis.cases((found[f"min_{name}"] == found[f"max_{name}"], found[f"min_{name}"]))
        for name in single
    }
    prefix = ibis.cases((low == high, low)).cast("int32")
    return found.mutate(**one, prefix=prefix).drop(*lows, *highs)


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

    found = catalogue.cached(grouped).semi_join(some, "who")
    counts = found.filter(found[name].notnull()).group_by("who", name).agg(k=lambda t: t.count())
    counts = counts.mutate(most=counts.k.max().over(ibis.window(group_by="who")))
    most = counts.filter(counts.k == counts.most).drop("most")
    if name != "label":
        return most
    plain = catalogue.cached(labels).select("label", "plain").distinct()
    named = most.inner_join(plain, "label")
    return named.select("who", "k", label=named.plain)


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
    key = track_key(catalogue)
    artists = catalogue.cached(chosen).semi_join(some, "who")
    credits = _of_artists(catalogue, artists).select(*key, "who")
    # Few of all tracks: selected before anything else is joined with them.
    tracks = catalogue.table("tracks").semi_join(credits, key)
    told = _stated(
        catalogue, tracks, title=tracks.name, spelling=tracks.label, isrc_code=tracks.isrc_code
    )
    mine = credits.inner_join(told, key)
    mine = mine.mutate(release=_release)
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
        written=rows.spelling.min(),
        shared=rows.people.min() > 1,
        gathered=rows.is_gathered.any(),
        again=rows.before.cast("float64").mean() > 0.5,
    )


def _months(catalogue: QuerySession) -> ir.Table:
    """Return the months in which each artist released, and how long before nothing came out.

    ``who``, ``number``, ``gap``, ``of_silence`` (releases with a month), ``together``, ``newest``
    and ``differs_silence``.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    found = catalogue.cached(grouped).semi_join(catalogue.cached(analysed), "who")
    months = (
        found.filter(found.number.notnull()).group_by("who", "number").agg(k=lambda t: t.count())
    )
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
    return ends.select(
        "who",
        "number",
        "gap",
        "of_silence",
        together=ends.k,
        newest=ends.number == ends["last"],
        differs_silence=alone & (ends.of_silence >= LEAST_RELEASES),
    )
