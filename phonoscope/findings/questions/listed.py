"""How many tracks, releases and artists the metadata has."""

from __future__ import annotations

from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks
from phonoscope.messages import gettext, ngettext
from phonoscope.text import joined

MOST_SOURCES = 200


@finding(
    name="listed",
    title="Metadata",
    question="What is in the metadata?",
    needs={"tracks": ("source",)},
)
def listed(catalogue: QuerySession) -> Answer:
    """Count tracks, releases and artists, and the sources they come from.

    Method
    ------
    Rows of the tables tracks, albums and artists are counted, for all sources or for the one
    chosen with --source.

    Caveats
    -------
    A track is an entry of a source, not a recording: one recording can be several tracks, and a
    track in two sources counts twice. Releases and artists count only where a source has separate
    tables for them; a flat list of tracks has none.
    """
    tracks = all_tracks(catalogue)
    if not tracks:
        return cannot_tell(NO_TRACKS)
    albums, artists = (
        int(catalogue.table(name).count().to_pyarrow().as_py()) for name in ("albums", "artists")
    )
    parts = [ngettext("{n} track", "{n} tracks", tracks)]
    parts += [ngettext("{n} release", "{n} releases", albums)] if albums else []
    parts += [ngettext("{n} artist", "{n} artists", artists)] if artists else []
    table = catalogue.table("tracks")
    found = table.group_by("source").agg(tracks=table.count()).order_by("source")
    sources = found.limit(MOST_SOURCES).to_pyarrow().to_pylist()
    several = len(sources) > 1
    return Answer(
        headline=ngettext(
            "{counts} from {n} source.",
            "{counts} from {n} sources.",
            len(sources),
            counts=joined(parts),
        ),
        note=gettext(
            "A recording in several sources counts once for each. For a single source, use "
            "'phonoscope report CATALOGUE --source NAME'."
        )
        if several
        else "",
        certainty=gettext("Every row was counted, so the numbers are exact."),
        claim=gettext("{tracks} on {releases}", tracks=parts[0], releases=parts[1])
        if albums
        else parts[0],
        figures=(
            Figure("tracks", tracks, "tracks"),
            Figure("releases", albums, "releases"),
            Figure("artists", artists, "artists"),
        ),
        tables=(
            ResultTable(
                "sources",
                gettext("Sources"),
                (
                    ResultColumn("source", gettext("Source"), "text"),
                    ResultColumn("tracks", gettext("Tracks")),
                ),
                tuple((printable(row["source"]), row["tracks"]) for row in sources),
            ),
        ),
    )
