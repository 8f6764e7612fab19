"""What the metadata lists."""

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
from phonoscope.text import counted, joined

MOST_SOURCES = 200


@finding(
    name="listed",
    title="Listed",
    question="What does the metadata list?",
    needs={"tracks": ("source",)},
)
def listed(catalogue: QuerySession) -> Answer:
    """Count tracks, releases and artists, and the sources they come from.

    Method
    ------
    Rows of the tables tracks, albums and artists are counted, of every source or of the one
    that was asked for.

    Caveats
    -------
    A track is an entry of a source, not a recording: one recording may be several tracks, and
    what two sources list is here twice. Releases and artists are those that the source
    describes in tables of their own; a flat list of tracks has none.
    """
    tracks = all_tracks(catalogue)
    if not tracks:
        return cannot_tell(NO_TRACKS)
    albums, artists = (
        int(catalogue.table(name).count().to_pyarrow().as_py()) for name in ("albums", "artists")
    )
    parts = [counted(tracks, "track")]
    parts += [counted(albums, "release")] if albums else []
    parts += [counted(artists, "artist")] if artists else []
    told = joined(parts)
    table = catalogue.table("tracks")
    found = table.group_by("source").agg(tracks=table.count()).order_by("source")
    sources = found.limit(MOST_SOURCES).to_pyarrow().to_pylist()
    several = len(sources) > 1
    return Answer(
        headline=f"{counted(len(sources), 'source')} {'list' if several else 'lists'} {told}.",
        note="They are counted together, so a recording that several list is counted for each: "
        "'phonoscope report CATALOGUE --source NAME' looks at one."
        if several
        else "",
        certainty="Exact: every row was counted.",
        claim=counted(tracks, "track") + (f" of {counted(albums, 'release')}" if albums else ""),
        figures=(
            Figure("tracks", tracks, "tracks"),
            Figure("releases", albums, "releases"),
            Figure("artists", artists, "artists"),
        ),
        tables=(
            ResultTable(
                "sources",
                "Sources",
                (ResultColumn("source", "Source", "text"), ResultColumn("tracks", "Tracks")),
                tuple((printable(row["source"]), row["tracks"]) for row in sources),
            ),
        ),
    )
