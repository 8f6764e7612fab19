"""The long tail: how unevenly plays are distributed over tracks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.plots.trend import curve
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, marks
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import number, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEW = 1_000
"""Limit of plays in the published claim."""
STAND_IN = gettext(
    "This metadata has no play counts, so popularity is used: a service's score from 0 to 100. It "
    "gives recent plays more weight and is coarse near 0, where most tracks are. It ranks tracks "
    "but doesn't say how often they were played."
)


@dataclass(frozen=True)
class _Lorenz:
    tracks: int
    plays: int
    gini: float
    points: list[tuple[float, float]]
    top_three: int
    """Plays of the three most played tracks."""
    as_much: int
    """Number of the least played tracks that together have no more plays than those three."""


@finding(
    name="tail",
    title="Long tail",
    question="How many tracks does almost nobody play?",
    needs={"tracks": ("plays", "popularity"), "listens": ("track_id", "user_hash")},
)
def tail(catalogue: QuerySession) -> Answer:
    """Count tracks by plays, or by popularity where no plays are known.

    Method
    ------
    With play counts, tracks are counted by plays. The Lorenz curve adds up plays from the least
    played track to the most played one. The Gini coefficient is twice the area between the curve
    and the diagonal (Gini 1914; computed from ranks, and ties share theirs). Without play counts,
    the listens of each track take their place, and the figures have other names. Without either,
    tracks are counted by popularity.

    Caveats
    -------
    Plays are those of one service in one period, and new tracks had less time. Bots play too. The
    plays of a recording on several releases are split among several tracks. Popularity isn't a
    count, so it has no Gini coefficient.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    tracks = catalogue.table("tracks")
    if tracks.filter(tracks.plays >= 0).select("plays").limit(1).to_pyarrow().num_rows:
        return _by_plays(catalogue.cached(_plays), all_tracks(catalogue))
    if played := _listens(catalogue):
        return _by_listens(catalogue, played)
    return _by_popularity(catalogue)


def _plays(catalogue: QuerySession) -> ir.Table:
    """Return the tracks by the plays that their source states."""
    tracks = catalogue.table("tracks")
    return _ranked(tracks.filter(tracks.plays >= 0))


def _listened(catalogue: QuerySession) -> ir.Table:
    """Return tracks by their listens; a track in a source with listens may have none."""
    listens, tracks = catalogue.table("listens"), catalogue.table("tracks")
    each = listens.group_by("source", "track_id").agg(heard=listens.count())
    each = each.rename(heard_source="source", heard_id="track_id")
    known = tracks.filter(tracks.source.isin(listens.source)).select("source", "track_id")
    same = (known.source == each.heard_source) & (known.track_id == each.heard_id)
    both = known.left_join(each, same)
    return _ranked(both.select(plays=both.heard.fill_null(0).cast("int64")))


def _listens(catalogue: QuerySession) -> dict[str, int] | None:
    """Return the number of listens and of people; ``None`` without tracks of their source."""
    listens, tracks = catalogue.table("listens"), catalogue.table("tracks")
    # A play log has no tracks without plays; only a source that lists tracks has those.
    listed = tracks.filter(tracks.source.isin(listens.source)).select("source")
    if not listed.limit(1).to_pyarrow().num_rows:
        return None
    found = listens.agg(listens=listens.count(), people=listens.user_hash.nunique())
    (row,) = found.to_pyarrow().to_pylist()
    return row if row["listens"] else None


def _ranked(played: ir.Table) -> ir.Table:
    """Return the tracks by plays, with cumulative counts of tracks and plays."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    counts = played.group_by("plays").agg(n=played.count())
    held = counts.mutate(total=counts.plays * counts.n)
    upto = ibis.cumulative_window(order_by=held.plays)
    return held.mutate(tracks=held.n.sum().over(upto), sums=held.total.sum().over(upto))


def _by_plays(by_plays: ir.Table, tracks: int) -> Answer:
    few = by_plays.filter(by_plays.plays < FEW).n.sum().to_pyarrow().as_py() or 0
    lorenz = _lorenz(by_plays)
    if not lorenz.plays:
        return cannot_tell(gettext("Every play count in this catalogue is 0."), "no-values")
    share = Share(few, lorenz.tracks)
    missing = tracks - lorenz.tracks
    as_much = ngettext(
        "The three most played tracks have as many plays as the {n} least played track.",
        "The three most played tracks have as many plays as the {n} least played tracks together.",
        lorenz.as_much,
    )
    uncounted = ngettext("{n} track has no play count.", "{n} tracks have no play count.", missing)
    columns = (
        ResultColumn("tracks", gettext("Least played tracks"), "share"),
        ResultColumn("plays", gettext("Share of all plays"), "share"),
    )
    return Answer(
        headline=ngettext(
            "{share} of {n} track (95% interval {low} to {high}) has under {few} plays; half of "
            "all plays go to {half} of the tracks.",
            "{share} of {n} tracks (95% interval {low} to {high}) have under {few} plays; half of "
            "all plays go to {half} of the tracks.",
            lorenz.tracks,
            few=FEW,
            half=percent(_half(lorenz.points)),
            **share.words,
        ),
        note=sentences(as_much if lorenz.tracks > 3 else "", uncounted if missing else ""),
        certainty=sentences(
            share.certainty(),
            gettext(
                "The Gini coefficient, {gini}, is exact for these plays and says nothing about "
                "other plays.",
                gini=number(lorenz.gini, 3),
            ),
        ),
        figures=(
            share.figure("plays_under_1000_share"),
            Figure("gini", lorenz.gini, "", None, lorenz.tracks),
            Figure("plays", lorenz.plays, "plays", None, lorenz.tracks),
            Figure("top_three_plays", lorenz.top_three, "plays", None, 3),
            Figure("bottom_as_top_three_tracks", lorenz.as_much, "tracks", None, lorenz.tracks),
        ),
        chart=curve(
            lorenz.points,
            x_title=gettext("Tracks, least played first"),
            y_title=gettext("Share of plays"),
            alt=ngettext(
                "Lorenz curve of the plays of {n} track; Gini coefficient {gini}.",
                "Lorenz curve of the plays of {n} tracks; Gini coefficient {gini}.",
                lorenz.tracks,
                gini=number(lorenz.gini, 2),
            ),
        ),
        tables=(ResultTable("lorenz", gettext("Lorenz curve"), columns, tuple(lorenz.points)),),
        claim=gettext("{share} of tracks under {few} plays", share=share.text, few=FEW),
    )


def _by_listens(catalogue: QuerySession, played: dict[str, int]) -> Answer:
    """Answer from listens, in figures with their own names: they aren't a service's plays."""
    ranked = catalogue.cached(_listened)
    answer = _by_plays(ranked, int(ranked.n.sum().to_pyarrow().as_py() or 0))
    if not answer.figures:
        return answer
    note = sentences(
        answer.note,
        gettext(
            "These plays are the {listens} listens submitted by {people} people in the imported "
            "period. They are a sample of volunteers, not the plays of a service.",
            listens=played["listens"],
            people=played["people"],
        ),
    )
    return dataclasses.replace(
        answer,
        note=note,
        figures=tuple(
            dataclasses.replace(figure, name=f"listens_{figure.name}") for figure in answer.figures
        ),
    )


def _lorenz(ranked: ir.Table) -> _Lorenz:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # Tied tracks share their ranks. The sum of these is n (2 r - n + 1) / 2, with r the last rank.
    n, last = ranked.n.cast("float64"), ranked.tracks.cast("float64")
    whole = ranked.agg(
        tracks=ranked.n.sum(),
        plays=ranked.total.sum(),
        weighed=(ranked.plays.cast("float64") * n * (2.0 * last - n + 1.0)).sum(),
    )
    (found,) = whole.to_pyarrow().to_pylist()
    tracks, plays = found["tracks"], found["plays"]
    gini = found["weighed"] / (tracks * plays) - (tracks + 1) / tracks if plays else 0.0
    top = ranked.order_by(ibis.desc("plays")).limit(3).to_pyarrow().to_pylist()
    top_three = sum(sorted(r["plays"] for r in top for _ in range(min(3, r["n"])))[-3:])
    return _Lorenz(
        tracks,
        plays,
        gini,
        _points(ranked, tracks, plays),
        top_three,
        _as_much(ranked, top_three),
    )


def _points(ranked: ir.Table, tracks: int, plays: int) -> list[tuple[float, float]]:
    """Return the curve at every hundredth of the tracks at most, never between two tracks."""
    part = (ranked.tracks * 100 // tracks).cast("int64")
    ends = ranked.mutate(part=part).group_by("part").agg(x=ranked.tracks.max(), y=ranked.sums.max())
    rows = ends.order_by("part").to_pyarrow().to_pylist()
    return [(0.0, 0.0), *((r["x"] / tracks, r["y"] / plays if plays else 0.0) for r in rows)]


def _as_much(ranked: ir.Table, plays: int) -> int:
    """Return how many of the least played tracks together have at most some plays."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    whole = ranked.filter(ranked.sums <= plays)
    (below,) = whole.agg(n=whole.tracks.max(), sums=whole.sums.max()).to_pyarrow().to_pylist()
    n, sums = below["n"] or 0, below["sums"] or 0
    after = ranked.filter(ranked.sums > plays).order_by(ibis.asc("plays")).limit(1)
    rest = after.plays.to_pyarrow().to_pylist()
    return int(n + ((plays - sums) // rest[0] if rest and rest[0] else 0))


def _half(points: list[tuple[float, float]]) -> float:
    """Return the smallest share of the tracks with half of the plays, from the curve."""
    at = next(i for i, (_, y) in enumerate(points) if y >= 0.5)
    (x0, y0), (x1, y1) = points[at - 1], points[at]
    return 1.0 - (x0 + (x1 - x0) * (0.5 - y0) / (y1 - y0))


def _by_popularity(catalogue: QuerySession) -> Answer:
    table = catalogue.cached(marks)
    known = table.filter(table.popularity.between(0, 100))
    found = known.group_by("popularity").agg(n=known.tracks.sum()).to_pyarrow().to_pylist()
    counts = {row["popularity"]: row["n"] for row in found}
    total = sum(counts.values())
    if not total:
        return cannot_tell(
            gettext("No track in this catalogue has a play count or a popularity."), "no-values"
        )
    under_10 = Share(sum(n for p, n in counts.items() if p < 10), total)
    from_50 = Share(sum(n for p, n in counts.items() if p >= 50), total)
    zero = Share(counts.get(0, 0), total)
    from_70 = sum(n for p, n in counts.items() if p >= 70)
    tens = [
        (low, sum(n for p, n in counts.items() if p // 10 * 10 == low)) for low in range(0, 101, 10)
    ]
    named = [
        (gettext("{low} to {high}", low=low, high=low + 9) if low < 100 else number(100), n)
        for low, n in tens
    ]
    alt = ngettext(
        "{n} track by popularity: {low} under 10 and {high} at 50 or more.",
        "{n} tracks by popularity: {low} under 10 and {high} at 50 or more.",
        total,
        low=under_10.text,
        high=from_50.text,
    )
    columns = (
        ResultColumn("popularity", gettext("Popularity"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    missing = all_tracks(catalogue) - total
    without = ngettext(
        "{n} track has no popularity from 0 to 100.",
        "{n} tracks have no popularity from 0 to 100.",
        missing,
    )
    return Answer(
        headline=ngettext(
            "{share} of {n} track (95% interval {low} to {high}) has a popularity under 10 of 100; "
            "{zero} have 0, and {top} have 50 or more.",
            "{share} of {n} tracks (95% interval {low} to {high}) have a popularity under 10 of "
            "100; {zero} have 0, and {top} have 50 or more.",
            total,
            zero=zero.text,
            top=from_50.text,
            **under_10.words,
        ),
        note=sentences(STAND_IN, without if missing else ""),
        certainty=under_10.certainty(),
        figures=(
            under_10.figure("popularity_under_10_share"),
            zero.figure("popularity_0_share"),
            from_50.figure("popularity_50_or_more_share"),
            Figure("popularity_50_or_more_tracks", from_50.hits, "tracks", None, total),
            Figure("popularity_70_or_more_tracks", from_70, "tracks", None, total),
        ),
        chart=horizontal_bars(
            [
                (name, n, gettext("{n} ({share})", n=n, share=percent(n / total)))
                for name, n in named
            ],
            alt=alt,
            label_px=80,
        ),
        tables=(
            ResultTable(
                "popularity",
                gettext("Popularity"),
                columns,
                tuple((p, n, n / total) for p, n in named),
            ),
        ),
        claim=gettext("{share} of tracks with a popularity under 10 of 100", share=under_10.text),
    )
