"""The long tail: how unevenly plays are spread over tracks."""

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
from phonoscope.text import count, counted, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEW = 1_000
"""Plays under which the published claim counts a track."""
STAND_IN = (
    "There are no play counts here. Popularity stands in: a service's own place from 0 to 100, "
    "which weighs recent plays most and is coarse near 0, where most tracks are. It ranks tracks; "
    "how many plays any of them has, or that a share has under 1,000, it cannot tell."
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
    """How many of the least played tracks have, together, no more plays than those three."""


@finding(
    name="tail",
    title="Long tail",
    question="How many tracks does hardly anybody hear?",
    needs={"tracks": ("plays", "popularity"), "listens": ("track_id", "user_hash")},
)
def tail(catalogue: QuerySession) -> Answer:
    """Count tracks by plays, or by popularity where no plays are known.

    Method
    ------
    With play counts: tracks are counted by their plays, exactly; the Lorenz curve adds up plays
    from the least played track on, and the Gini coefficient is twice the area between it and
    the diagonal (Gini 1914; computed from ranks, ties sharing theirs). Without play counts but
    with listens: the same, of the listens of each track, in figures of their own names. Without
    both: tracks are counted by popularity.

    Caveats
    -------
    Plays are of one service, one time span and whoever counted them; a new track had less time.
    Bots play too. One recording on several releases shares its plays among several tracks.
    Popularity is no count: its Gini coefficient would mean nothing, so none is given.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    tracks = catalogue.table("tracks")
    if tracks.filter(tracks.plays >= 0).limit(1).to_pyarrow().num_rows:
        return _by_plays(catalogue.cached(_plays), all_tracks(catalogue))
    if heard := _listens(catalogue):
        return _by_listens(catalogue, heard)
    return _by_popularity(catalogue)


def _plays(catalogue: QuerySession) -> ir.Table:
    """Return the tracks by the plays that their source states."""
    tracks = catalogue.table("tracks")
    return _ranked(tracks.filter(tracks.plays >= 0))


def _listened(catalogue: QuerySession) -> ir.Table:
    """Return the tracks by their listens; a track of a source with listens may have none."""
    listens, tracks = catalogue.table("listens"), catalogue.table("tracks")
    each = listens.group_by("source", "track_id").agg(heard=listens.count())
    each = each.rename(heard_source="source", heard_id="track_id")
    known = tracks.filter(tracks.source.isin(listens.source)).select("source", "track_id")
    same = (known.source == each.heard_source) & (known.track_id == each.heard_id)
    both = known.left_join(each, same)
    return _ranked(both.select(plays=both.heard.fill_null(0).cast("int64")))


def _listens(catalogue: QuerySession) -> dict[str, int] | None:
    """Return how many listens are here, and of how many people; ``None`` without tracks of them."""
    listens, tracks = catalogue.table("listens"), catalogue.table("tracks")
    # A log of plays names no tracks without a play; only a source that lists them tells of those.
    if not tracks.filter(tracks.source.isin(listens.source)).limit(1).to_pyarrow().num_rows:
        return None
    found = listens.agg(listens=listens.count(), people=listens.user_hash.nunique())
    (row,) = found.to_pyarrow().to_pylist()
    return row if row["listens"] else None


def _ranked(played: ir.Table) -> ir.Table:
    """Return how many tracks have as many plays, fewer or equal, and the plays of those."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    counts = played.group_by("plays").agg(n=played.count())
    held = counts.mutate(total=counts.plays * counts.n)
    upto = ibis.cumulative_window(order_by=held.plays)
    return held.mutate(tracks=held.n.sum().over(upto), sums=held.total.sum().over(upto))


def _by_plays(by_plays: ir.Table, tracks: int) -> Answer:
    few = by_plays.filter(by_plays.plays < FEW).n.sum().to_pyarrow().as_py() or 0
    lorenz = _lorenz(by_plays)
    if not lorenz.plays:
        return cannot_tell("Every play count of this catalogue is 0, so nothing is unequal.")
    share = Share(few, lorenz.tracks)
    missing = tracks - lorenz.tracks
    held = f"half of the plays belong to {percent(_half(lorenz.points))} of the tracks"
    as_much = (
        f" The three most played have as many plays as the {counted(lorenz.as_much, 'track')} "
        "least played."
        if lorenz.tracks > 3
        else ""
    )
    columns = (
        ResultColumn("tracks", "Least played tracks", "share"),
        ResultColumn("plays", "hold of all plays", "share"),
    )
    return Answer(
        headline=f"{share} of the tracks have under {count(FEW)} plays; {held}.{as_much}",
        note=f"{counted(missing, 'track')} have no play count." if missing else "",
        certainty=f"{share.certainty()} The Gini coefficient, {lorenz.gini:.3f}, is exact for "
        "these plays; it is not an estimate of other plays.",
        figures=(
            share.figure("plays_under_1000_share"),
            Figure("gini", lorenz.gini, "", None, lorenz.tracks),
            Figure("plays", lorenz.plays, "plays", None, lorenz.tracks),
            Figure("top_three_plays", lorenz.top_three, "plays", None, 3),
            Figure("bottom_as_top_three_tracks", lorenz.as_much, "tracks", None, lorenz.tracks),
        ),
        chart=curve(
            lorenz.points,
            x_title="tracks, least played first",
            y_title="share of plays",
            alt=f"Lorenz curve of plays over {counted(lorenz.tracks, 'track')}; Gini coefficient "
            f"{lorenz.gini:.2f}.",
        ),
        tables=(ResultTable("lorenz", "Lorenz curve", columns, tuple(lorenz.points)),),
        claim=f"{share} under {count(FEW)} plays",
    )


def _by_listens(catalogue: QuerySession, heard: dict[str, int]) -> Answer:
    """Answer from listens, under names of their own: they are no plays of a whole service."""
    ranked = catalogue.cached(_listened)
    counted_ = int(ranked.n.sum().to_pyarrow().as_py() or 0)
    answer = _by_plays(ranked, counted_)
    if not answer.figures:
        return answer
    note = (
        f"Plays are the {counted(heard['listens'], 'listen')} that "
        f"{counted(heard['people'], 'person', 'people')} sent in, in the time that was read: a "
        "sample of listeners who chose to, not the plays of a service."
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

    # Tied tracks share the ranks between them: their sum is n (2 r - n + 1) / 2, r the last rank.
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
    """Return the curve at every hundredth of the tracks at most; never between two tracks."""
    part = (ranked.tracks * 100 // tracks).cast("int64")
    ends = ranked.mutate(part=part).group_by("part").agg(x=ranked.tracks.max(), y=ranked.sums.max())
    rows = ends.order_by("part").to_pyarrow().to_pylist()
    return [(0.0, 0.0), *((r["x"] / tracks, r["y"] / plays if plays else 0.0) for r in rows)]


def _as_much(ranked: ir.Table, plays: int) -> int:
    """Return how many of the least played tracks have at most some plays together."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    whole = ranked.filter(ranked.sums <= plays)
    (below,) = whole.agg(n=whole.tracks.max(), sums=whole.sums.max()).to_pyarrow().to_pylist()
    n, sums = below["n"] or 0, below["sums"] or 0
    after = ranked.filter(ranked.sums > plays).order_by(ibis.asc("plays")).limit(1)
    rest = after.plays.to_pyarrow().to_pylist()
    return int(n + ((plays - sums) // rest[0] if rest and rest[0] else 0))


def _half(points: list[tuple[float, float]]) -> float:
    """Return the least share of the tracks that hold half of the plays, from the curve."""
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
        return cannot_tell("No track of this catalogue has play counts, or a popularity.")
    under_10 = Share(sum(n for p, n in counts.items() if p < 10), total)
    from_50 = Share(sum(n for p, n in counts.items() if p >= 50), total)
    zero = Share(counts.get(0, 0), total)
    from_70 = sum(n for p, n in counts.items() if p >= 70)
    tens = [
        (low, sum(n for p, n in counts.items() if p // 10 * 10 == low)) for low in range(0, 101, 10)
    ]
    named = [(f"{low} to {low + 9}" if low < 100 else "100", n) for low, n in tens]
    alt = (
        f"Tracks by popularity, {counted(total, 'track')}: {under_10} under 10, {from_50} from 50 "
        "on."
    )
    columns = (
        ResultColumn("popularity", "Popularity", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("share", "Share", "share"),
    )
    missing = all_tracks(catalogue) - total
    without = f" {counted(missing, 'track')} have no popularity from 0 to 100." if missing else ""
    return Answer(
        headline=f"{under_10} of the tracks have a popularity under 10 of 100; {zero} have 0, and "
        f"{from_50} 50 or more.",
        note=f"{STAND_IN}{without}",
        certainty=under_10.certainty(),
        figures=(
            under_10.figure("popularity_under_10_share"),
            zero.figure("popularity_0_share"),
            from_50.figure("popularity_50_or_more_share"),
            Figure("popularity_50_or_more_tracks", from_50.hits, "tracks", None, total),
            Figure("popularity_70_or_more_tracks", from_70, "tracks", None, total),
        ),
        chart=horizontal_bars(
            [(name, n, f"{count(n)} ({percent(n / total)})") for name, n in named],
            alt=alt,
            label_px=80,
        ),
        tables=(
            ResultTable(
                "popularity", "Popularity", columns, tuple((p, n, n / total) for p, n in named)
            ),
        ),
        claim=f"{under_10} with a popularity under 10 of 100",
    )
