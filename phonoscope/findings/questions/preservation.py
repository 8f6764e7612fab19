"""Missing identifiers, placeholder dates, and tracks that are available nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonoscope.findings.base import (
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.shared.days import days
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, marks, tracks_by_year
from phonoscope.messages import gettext
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

DEFAULT_DATES = ("1970-01-01", "1900-01-01", "1899-12-30", "2000-01-01", "0000")
"""Placeholder dates that software writes when the date is unknown."""


@dataclass(frozen=True)
class _Dates:
    """Counts of tracks by suspicious dates."""

    default: int
    of_january_1: int
    expected_january_1: float
    days: int
    """Tracks with a full date."""


@finding(
    name="preservation",
    title="Preservation",
    question="Which tracks lack identifiers, have wrong dates or are available nowhere?",
    needs={"tracks": ("isrc_code", "release_date", "market_count"), "albums": ("upc",)},
)
def preservation(catalogue: QuerySession) -> Answer:
    """Count missing identifiers, suspicious dates and unavailable tracks.

    Method
    ------
    Four things are counted: tracks without an ISRC, releases without a UPC or EAN, tracks that are
    available in no country or in only one, and placeholder dates, which software writes when the
    date is unknown. Two ratios show guessed dates: the 1st of January against the mean of the 2nd
    to the 7th, and the first year of each decade against the mean of its neighbours.

    Caveats
    -------
    A track that is available nowhere may have an expired licence or a future release date. A
    missing identifier doesn't mean that the music is lost. The metadata doesn't show which
    decades are under-represented relative to what was once published. Many contracts really do
    set the 1st of January as release date.
    """
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    albums = catalogue.table("albums")
    no_isrc = catalogue.empty("tracks", "isrc_code")
    releases = int(albums.count().to_pyarrow().as_py())
    placed, nowhere, single = _places(catalogue)
    dates = _dates(catalogue)
    no_upc = catalogue.empty("albums", "upc")
    hits = {
        # A source that has none at all doesn't say that they are missing.
        "isrc_missing_share": (no_isrc, total * (no_isrc < total)),
        "upc_missing_share": (no_upc, releases * (no_upc < releases)),
        "nowhere_share": (nowhere, placed),
        "single_market_share": (single, placed),
        "default_date_share": (dates.default, total),
    }
    known = {name: Share(*pair) for name, pair in hits.items() if pair[1]}
    unstated = [
        *([gettext("ISRCs")] if no_isrc == total else []),
        *([gettext("UPCs")] if releases and no_upc == releases else []),
        *([gettext("countries")] if not placed else []),
    ]
    decades = _decades(catalogue)
    spikes = _round_years(catalogue)
    january = (
        Figure(
            "january_1_excess",
            dates.of_january_1 / dates.expected_january_1,
            "ratio",
            None,
            dates.days,
        )
        if dates.expected_january_1
        else None
    )
    return Answer(
        headline=_headline(known),
        note=gettext("This metadata has no {fields}.", fields=joined(unstated)) if unstated else "",
        certainty=gettext("Every row was counted, so the numbers are exact for this catalogue."),
        figures=(
            *(share.figure(name) for name, share in known.items()),
            *([january] if january else []),
            *(Figure(f"round_year_{year}", ratio, "ratio", None, n) for year, n, ratio in spikes),
        ),
        chart=_chart(decades) if decades else None,
        tables=tuple(
            t for t in (_missing(known), _decade_table(decades), _spike_table(spikes)) if t.rows
        ),
    )


_SENTENCES: Mapping[str, Callable[[str], str]] = {
    "isrc_missing_share": lambda share: gettext("{share} of tracks have no ISRC", share=share),
    "upc_missing_share": lambda share: gettext(
        "{share} of releases have no UPC or EAN", share=share
    ),
    "nowhere_share": lambda share: gettext(
        "{share} of tracks are available in no country", share=share
    ),
    "single_market_share": lambda share: gettext(
        "{share} of tracks are available in only one country", share=share
    ),
    "default_date_share": lambda share: gettext(
        "{share} of tracks have a placeholder date", share=share
    ),
}
_MISSING: Mapping[str, str] = {
    "isrc_missing_share": gettext("Tracks without an ISRC"),
    "upc_missing_share": gettext("Releases without a UPC or EAN"),
    "nowhere_share": gettext("Tracks available in no country"),
    "single_market_share": gettext("Tracks available in only one country"),
    "default_date_share": gettext("Tracks with a placeholder date"),
}


def _headline(known: Mapping[str, Share]) -> str:
    found = [_SENTENCES[name](share.text) for name, share in known.items() if share.hits]
    if not found:
        return gettext("No identifier or country is missing, and no date is a placeholder.")
    return gettext("{findings}.", findings=joined(found[:3]))


def _places(catalogue: QuerySession) -> tuple[int, int, int]:
    table = catalogue.cached(marks)
    known = table.filter(table.market_count.notnull())
    found = known.group_by("market_count").agg(n=known.tracks.sum()).to_pyarrow().to_pylist()
    counts = {row["market_count"]: row["n"] for row in found}
    return sum(counts.values()), counts.get(0, 0), counts.get(1, 0)


def _dates(catalogue: QuerySession) -> _Dates:
    table = catalogue.cached(days)
    text = table.release_date
    day = text.re_search(r"^\d{4}-\d\d-\d\d$")

    def of(which: ir.BooleanColumn) -> ir.IntegerScalar:
        return which.fill_null(False).ifelse(table.tracks, 0).sum()

    (row,) = (
        table.agg(
            default=of(text.isin(DEFAULT_DATES)),
            first=of(day & text.endswith("-01-01")),
            others=of(day & text.re_search(r"-01-0[2-7]$")),
            days=of(day),
        )
        .to_pyarrow()
        .to_pylist()
    )
    return _Dates(row["default"], row["first"], row["others"] / 6, row["days"])


def _decades(catalogue: QuerySession) -> list[tuple[int, int]]:
    decades: dict[int, int] = {}
    for year, tracks in tracks_by_year(catalogue):
        decades[year // 10 * 10] = decades.get(year // 10 * 10, 0) + tracks
    return sorted(decades.items())


def _round_years(catalogue: QuerySession) -> list[tuple[int, int, float]]:
    """Return the first years of decades with tracks, and their ratio to the neighbours' mean."""
    years = dict(tracks_by_year(catalogue))
    found = []
    for year in range(1900, 2021, 10):
        around = years.get(year - 1, 0) + years.get(year + 1, 0)
        if around >= 20 and year in years:
            found.append((year, years[year], 2 * years[year] / around))
    return found


def _decade(first_year: int) -> str:
    return gettext("{year}s", year=str(first_year))


def _chart(decades: Sequence[tuple[int, int]]) -> Chart:
    total = sum(n for _, n in decades)
    rows = [
        (_decade(decade), n, gettext("{n} ({share})", n=n, share=percent(n / total)))
        for decade, n in decades[-13:]
    ]
    alt = gettext(
        "Tracks by decade of release: {decades}.",
        decades=joined([gettext("{label}: {value}", label=a, value=c) for a, _, c in rows]),
    )
    return horizontal_bars(rows, alt=alt, label_px=70)


def _missing(known: Mapping[str, Share]) -> ResultTable:
    columns = (
        ResultColumn("what", gettext("What"), "text"),
        ResultColumn("rows", gettext("Rows")),
        ResultColumn("of", gettext("Of")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    rows = tuple((_MISSING[name], s.hits, s.total, s.value) for name, s in known.items())
    return ResultTable("missing", gettext("Missing data"), columns, rows)


def _decade_table(decades: Sequence[tuple[int, int]]) -> ResultTable:
    columns = (
        ResultColumn("decade", gettext("Decade of release"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
    )
    rows = tuple((_decade(decade), n) for decade, n in decades)
    return ResultTable("decades", gettext("Tracks by decade"), columns, rows)


def _spike_table(spikes: Sequence[tuple[int, int, float]]) -> ResultTable:
    columns = (
        ResultColumn("year", gettext("Year"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("ratio", gettext("Ratio to neighbouring years"), "decimal"),
    )
    rows = tuple((str(year), n, ratio) for year, n, ratio in spikes)
    return ResultTable("round_years", gettext("First years of decades"), columns, rows)
