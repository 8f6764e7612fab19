"""Chart entries with what is known about them: listed, declared and detected.

One row per entry, computed once for the finding; the database joins and counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from phonoscope.catalogue.backend import memtable
from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.findings.base import QuerySession
from phonoscope.findings.shared.shares import current_rates
from phonoscope.linking.chart_links import SURE, chart_links
from phonoscope.linking.titles import artists_of, title_keys

if TYPE_CHECKING:
    import ibis.expr.types as ir

ENTRY = ("source", "chart", "region", "chart_date", "rank", "tie")
_SONGS = pa.schema(
    [
        ("title", pa.string()),
        ("performer", pa.string()),
        ("song", pa.string()),
        ("artist", pa.string()),
        ("named_on_list", pa.bool_()),
    ]
)


def charted(catalogue: QuerySession) -> ir.Table:
    """Return the chart entries; an entry of two sources appears once.

    Returns
    -------
    ibis.expr.types.Table
        ``chart``, ``region``, ``chart_date``, ``rank``, ``title``, ``performer``; ``song`` and
        ``artist`` (the first one named) as keys; ``listed``; ``linked``, ``declared``, ``weighed``
        (scored) and ``flagged`` from linked tracks and recordings; ``released``, the earliest
        release day of those tracks, empty when none states a day.
    """
    entries = catalogue.table("chart_entries").filter(
        lambda t: t.title.notnull() & t.chart_date.notnull()
    )
    entries = entries.mutate(
        performer=entries.performer.fill_null(""), tie=entries.tie.fill_null(1)
    )
    songs = memtable(entries, _songs(catalogue, entries))
    songs = songs.mutate(artist=songs.artist.nullif(""))
    named = entries.select(*ENTRY, "title", "performer").join(songs, ["title", "performer"])
    joined = named.left_join(catalogue.cached(_linked), list(ENTRY))
    keys = ["chart", "region", "chart_date", "rank", "title", "performer", "song", "artist"]
    return joined.group_by(keys).agg(
        listed=(joined.named_on_list | joined.id_on_list.fill_null(False)).any(),
        linked=joined.links.fill_null(0).sum() > 0,
        declared=joined.declared.fill_null(False).any(),
        weighed=joined.weighed.fill_null(False).any(),
        flagged=joined.flagged.fill_null(False).any(),
        released=joined.released.min(),
    )


def _songs(catalogue: QuerySession, entries: ir.Table) -> pa.Table:
    distinct = entries.select("title", "performer").distinct().to_pyarrow()
    listed = catalogue.table("machine_artists")
    names = listed.filter(listed.name.notnull()).select("name").distinct().to_pyarrow()
    # A listed name may contain a comma: it is split like any other, and all parts must be credited.
    known = [artists_of(name).all for name in names["name"].to_pylist()]
    alone = {next(iter(some)) for some in known if len(some) == 1}
    several = [some for some in known if len(some) > 1]
    rows = []
    keys = title_keys(distinct["title"].combine_chunks()).to_pylist()
    for key, row in zip(keys, distinct.to_pylist(), strict=True):
        artists = artists_of(row["performer"], row["title"])
        on_list = bool(artists.all & alone) or any(some <= artists.all for some in several)
        rows.append(
            {
                **row,
                "song": f"{key or row['title']} / {' '.join(sorted(artists.all))}",
                # Not None: Spark may read that as the text "NaN".
                "artist": artists.first or "",
                "named_on_list": on_list,
            }
        )
    return pa.Table.from_pylist(rows, schema=_SONGS)


def pairs(catalogue: QuerySession) -> ir.Table:
    """Return the links of entries that a source states or that are sure enough."""
    found = chart_links(catalogue.table)
    return found.filter(found.confidence.isnull() | (found.confidence >= SURE))


def scored(catalogue: QuerySession) -> ir.Table:
    """Return the scored recordings that entries are linked to, each once."""
    linked = catalogue.cached(pairs)
    ids = linked.filter(linked.recording_id.notnull()).select("recording_id").distinct()
    verdicts = catalogue.table("verdicts")
    weighed = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    return weighed.semi_join(ids, "recording_id")


def _linked(catalogue: QuerySession) -> ir.Table:
    """Return what is known about the tracks and recordings of each linked entry."""
    linked = catalogue.cached(pairs)
    tracks, verdicts = catalogue.table("tracks"), catalogue.table("verdicts")
    marks = catalogue.table("declared")
    marked = marks.filter(marks.making.isin(sorted(MACHINE_MAKING))).select("recording_id")
    marked = marked.distinct().mutate(marked=True)
    day = tracks.release_date_precision == "day"
    stated = tracks.select(
        track_source=tracks.source,
        track_id=tracks.track_id,
        said=tracks.declared_generated,
        released=day.ifelse(tracks.release_date, None),
    )
    weighed = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    weighed = weighed.select("recording_id", "p_value")
    listed = catalogue.table("machine_artists").filter(lambda t: t.artist_id.notnull())
    credits = catalogue.table("track_artists").semi_join(listed.select("artist_id"), "artist_id")
    credits = credits.select(track_source=credits.source, track_id=credits.track_id).distinct()
    joined = linked.left_join(stated, ["track_source", "track_id"]).drop(
        "track_source_right", "track_id_right"
    )
    joined = joined.left_join(credits.mutate(on_list=True), ["track_source", "track_id"]).drop(
        "track_source_right", "track_id_right"
    )
    joined = joined.left_join(marked, "recording_id").drop("recording_id_right")
    joined = joined.left_join(weighed, "recording_id").drop("recording_id_right")
    threshold = current_rates().threshold
    return joined.group_by(list(ENTRY)).agg(
        links=joined.count(),
        declared=(joined.said.fill_null(False) | joined.marked.fill_null(False)).any(),
        id_on_list=joined.on_list.fill_null(False).any(),
        weighed=joined.p_value.notnull().any(),
        flagged=(joined.p_value <= threshold).fill_null(False).any(),
        released=joined.released.min(),
    )
