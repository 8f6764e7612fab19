"""How much is released, and who releases more than one track a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.trend import Panel, Point, over_years
from phonoscope.findings.shared.credits import by_artist, names_of
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, tracks_by_year, undated
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import number

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAYS = 365.25
A_DAY = 365
"""Releases of one name in a year above which it releases more than one a day."""
LISTED = 50
LEAST_DRAWN = 0.0001
"""Share of all releases that a year needs to be the last one in the plot."""

_Fast: TypeAlias = tuple[str, str, int, float]
"""Name, years, number in these years, and number per year."""


@dataclass(frozen=True)
class _Words:
    """What is counted, releases or tracks, in words."""

    plural: str
    by_year: str
    a_year: str
    counted: Callable[[int], str]
    fast_labels: Callable[[int], str]
    a_day: Callable[[str, str], str]


_WORDS: Mapping[str, _Words] = {
    "release": _Words(
        gettext("Releases"),
        gettext("Releases by year"),
        gettext("Releases per year"),
        lambda number: ngettext("{n} release", "{n} releases", number),
        lambda number: ngettext(
            "In {n} case, a label put out more than one release a day for a year.",
            "In {n} cases, a label put out more than one release a day for a year.",
            number,
        ),
        lambda rate, year: gettext("{rate} releases a day in {year}", rate=rate, year=year),
    ),
    "track": _Words(
        gettext("Tracks"),
        gettext("Tracks by year"),
        gettext("Tracks per year"),
        lambda number: ngettext("{n} track", "{n} tracks", number),
        lambda number: ngettext(
            "In {n} case, a label put out more than one track a day for a year.",
            "In {n} cases, a label put out more than one track a day for a year.",
            number,
        ),
        lambda rate, year: gettext("{rate} tracks a day in {year}", rate=rate, year=year),
    ),
}
_ONE: Mapping[str, str] = {"label": gettext("Label"), "artist": gettext("Artist")}
_FASTEST: Mapping[tuple[str, str], str] = {
    ("label", "release"): gettext("Labels with more than one release a day"),
    ("label", "track"): gettext("Labels with more than one track a day"),
    ("artist", "track"): gettext("Artists with more than one track a day"),
}


@finding(
    name="supply",
    title="Supply",
    question="How much is released per year, and who releases more than one a day?",
    needs={"albums": ("release_year", "label"), "track_artists": ("release_year",)},
)
def supply(catalogue: QuerySession) -> Answer:
    """Count releases by year, and the fastest names.

    Method
    ------
    Releases (albums, singles and everything else in the source's table of releases) are counted
    by release year; a year has 365.25 days. Labels, as written, are ranked by their releases in
    one year. Artists are ranked by their dated tracks divided by the years from their first to
    their last. Where the source has no table of releases, tracks are counted instead.

    Caveats
    -------
    The current year isn't over, and releases that the service removed are missing from past
    years. A label may be a distributor that releases for thousands of people. 'Various Artists',
    or an orchestra with a century of recordings published at once, is fast without a machine. A
    high rate is a reason to look, not a verdict.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    albums = catalogue.table("albums")
    has_albums = bool(albums.select("source").limit(1).to_pyarrow().num_rows)
    what = "release" if has_albums else "track"
    years = _by_year(albums) if has_albums else tracks_by_year(catalogue)
    if not years:
        return cannot_tell(
            gettext("No release or track in this catalogue has a release year."), "no-values"
        )
    (top, most) = max(years, key=lambda item: item[1])
    # A handful of dates in the future must not squeeze the plot of the others.
    enough = LEAST_DRAWN * sum(n for _, n in years)
    until = max((year for year, n in years if n >= enough), default=top)
    drawn = [(year, n) for year, n in years if year <= until]
    labels, fast = _labels(albums if has_albums else catalogue.table("tracks"))
    artists, fast_artists = _artists(catalogue)
    words = _WORDS[what]
    rate = number(most / DAYS, 0 if most >= 10 * DAYS else 1)
    return Answer(
        headline=gettext(
            "{count} came out in {year}, more than in any other year: {rate} a day.",
            count=words.counted(most),
            year=str(top),
            rate=rate,
        ),
        note=sentences(
            words.fast_labels(fast) if fast else "",
            ngettext(
                "{n} artist put out more than one track a day over their career.",
                "{n} artists put out more than one track a day over their career.",
                fast_artists,
            )
            if fast_artists
            else "",
            undated(catalogue),
        ),
        certainty=gettext("Every row was counted, so the numbers are exact."),
        figures=(
            *(Figure(f"{what}s_{year}", n, f"{what}s", None, None) for year, n in years),
            *(
                Figure(f"{what}s_per_day_{year}", n / DAYS, f"{what}s a day", None, n)
                for year, n in years
            ),
            Figure("label_years_over_one_a_day", fast, "label years", None, None),
            Figure("artists_over_one_a_day", fast_artists, "artists", None, None),
        ),
        chart=_chart(drawn, words) if len(drawn) > 1 else None,
        tables=tuple(
            t
            for t in (
                _year_table(years, what),
                _fastest("label", labels, what),
                _fastest("artist", artists, "track"),
            )
            if t.rows
        ),
        claim=words.a_day(rate, str(top)) if most >= 10 * DAYS else "",
    )


def _by_year(albums: ir.Table) -> list[tuple[int, int]]:
    dated = albums.filter(albums.release_year.notnull())
    found = dated.group_by("release_year").agg(n=dated.count()).order_by("release_year")
    return [(row["release_year"], row["n"]) for row in found.to_pyarrow().to_pylist()]


def _labels(rows: ir.Table) -> tuple[list[_Fast], int]:
    """Return the fastest labels, and the number of years of labels with more than one a day."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # Few labels have enough at all: only their releases are grouped by year.
    labels = rows.filter(rows.label.notnull()).group_by("label").agg(n=lambda t: t.count())
    large = labels.filter(labels.n > A_DAY).select("label")
    known = rows.filter(rows.release_year.notnull()).semi_join(large, "label")
    years = known.group_by("label", "release_year").agg(n=known.count())
    fast = years.filter(years.n > A_DAY)
    fast = fast.mutate(in_all=fast.count().over(ibis.window()))
    order = [ibis.desc("n"), ibis.asc("label"), ibis.asc("release_year")]
    found = fast.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    top = [(row["label"], str(row["release_year"]), row["n"], row["n"]) for row in found]
    return top, found[0]["in_all"] if found else 0


def _artists(catalogue: QuerySession) -> tuple[list[_Fast], int]:
    """Return the artists with the most tracks per year, and how many exceed one a day."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    counts = catalogue.cached(by_artist)
    a_year = counts.dated / (counts["last"] - counts["first"] + 1)
    fast = counts.mutate(a_year=a_year).filter(a_year > A_DAY)
    fast = fast.mutate(in_all=fast.count().over(ibis.window()))
    order = [ibis.desc("a_year"), ibis.asc("artist_id")]
    found = fast.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    names = names_of(catalogue, [row["artist_id"] for row in found])
    top = [
        (
            names.get(row["artist_id"], row["artist_id"]),
            gettext("{first} to {last}", first=str(row["first"]), last=str(row["last"]))
            if row["last"] > row["first"]
            else str(row["first"]),
            row["dated"],
            row["a_year"],
        )
        for row in found
    ]
    return top, found[0]["in_all"] if found else 0


def _chart(years: Sequence[tuple[int, int]], words: _Words) -> Chart:
    points = [
        Point(
            year,
            n,
            n,
            n,
            gettext(
                "{year}: {count}, {rate} a day",
                year=str(year),
                count=words.counted(n),
                rate=number(n / DAYS, 1),
            ),
        )
        for year, n in years
    ]
    first, last = years[0], years[-1]
    alt = gettext(
        "{title}: {first} in {start}, {last} in {end}.",
        title=words.by_year,
        first=first[1],
        start=str(first[0]),
        last=last[1],
        end=str(last[0]),
    )
    return over_years([Panel(words.a_year, points, "~s")], alt=alt)


def _year_table(years: Sequence[tuple[int, int]], what: str) -> ResultTable:
    words = _WORDS[what]
    columns = (
        ResultColumn("year", gettext("Year"), "text"),
        ResultColumn(f"{what}s", words.plural),
        ResultColumn("a_day", gettext("Per day"), "decimal"),
    )
    return ResultTable(
        f"{what}s_by_year",
        words.by_year,
        columns,
        tuple((str(year), n, n / DAYS) for year, n in years),
    )


def _fastest(one: str, rows: Sequence[_Fast], what: str) -> ResultTable:
    columns = (
        ResultColumn(one, _ONE[one], "text"),
        ResultColumn("years", gettext("Years"), "text"),
        ResultColumn(f"{what}s", _WORDS[what].plural),
        ResultColumn("a_day", gettext("Per day"), "decimal"),
    )
    cells = tuple((printable(name), years, n, a_year / DAYS) for name, years, n, a_year in rows)
    return ResultTable(f"fastest_{one}s", _FASTEST[one, what], columns, cells)
