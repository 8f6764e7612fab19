"""What is lost or about to be: missing identifiers, made-up dates, works that nobody can hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from phonoscope.text import count, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

DEFAULT_DATES = ("1970-01-01", "1900-01-01", "1899-12-30", "2000-01-01", "0000")
"""Dates that software writes when it knows none."""


@dataclass(frozen=True)
class _Dates:
    """What dates look like."""

    default: int
    of_january_1: int
    expected_january_1: float
    days: int
    """Tracks dated to the day."""


@finding(
    name="preservation",
    title="Preservation",
    question="What is missing, misdated, or cannot be heard anywhere?",
    needs={"tracks": ("isrc_code", "release_date", "market_count"), "albums": ("upc",)},
)
def preservation(catalogue: QuerySession) -> Answer:
    """Count what is missing.

    Method
    ------
    Tracks without an ISRC, releases without a UPC or EAN, tracks available in no country and in
    one only are counted exactly. Default dates: days that software writes for 'unknown'; and
    first days of January against the mean of the second to the seventh, which people fill in
    when they know the year only. Round years: each decade's first year against the mean of its
    neighbours.

    Caveats
    -------
    Available nowhere now may be a licence that ended, or a release to come. Missing in the
    metadata is not lost: the carrier may exist. A source lists what it was given; which decades
    are under-represented against what was once published, it cannot say. Many records really
    came out on a first of January by their contracts.
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
    counts = (
        # A source that states none at all does not say that they are missing.
        ("isrc_missing_share", "have no ISRC", "track", no_isrc, total * (no_isrc < total)),
        ("upc_missing_share", "have no UPC or EAN", "release", no_upc,
         releases * (no_upc < releases)),
        ("nowhere_share", "are available nowhere", "track", nowhere, placed),
        ("single_market_share", "are available in one country only", "track", single, placed),
        ("default_date_share", "bear a date that software writes for 'unknown'", "track",
         dates.default, total),
    )  # fmt: skip
    known = {name: (what, one, Share(hits, of)) for name, what, one, hits, of in counts if of}
    unstated = [
        *(["ISRCs"] if no_isrc == total else []),
        *(["UPCs"] if releases and no_upc == releases else []),
        *(["countries"] if not placed else []),
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
    telling = [(what, one, share) for what, one, share in known.values() if share.hits]
    headline = (
        "; ".join(f"{share} of the {one}s {what}" for what, one, share in telling[:3]) + "."
        if telling
        else "Nothing that is stated here is missing or misdated."
    )
    return Answer(
        headline=headline,
        note=f"This metadata states no {joined(unstated)}." if unstated else "",
        certainty=" ".join(
            f"{share.hits:,} of {share.total:,} {one}s {what}."
            for what, one, share in known.values()
        )
        + " Exact for this catalogue.",
        figures=(
            *(share.figure(name) for name, (_, _, share) in known.items()),
            *([january] if january else []),
            *(Figure(f"round_year_{year}", ratio, "ratio", None, n) for year, n, ratio in spikes),
        ),
        chart=_chart(decades) if decades else None,
        tables=tuple(
            t
            for t in (_missing(known.values()), _decade_table(decades), _spike_table(spikes))
            if t.rows
        ),
    )


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
    """Return first years of decades with tracks, and their ratio to the neighbours' mean."""
    years = dict(tracks_by_year(catalogue))
    found = []
    for year in range(1900, 2021, 10):
        around = years.get(year - 1, 0) + years.get(year + 1, 0)
        if around >= 20 and year in years:
            found.append((year, years[year], 2 * years[year] / around))
    return found


def _chart(decades: Sequence[tuple[int, int]]) -> Chart:
    total = sum(n for _, n in decades)
    shown = decades[-13:]
    rows = [(f"{d}s", n, f"{count(n)} ({percent(n / total)})") for d, n in shown]
    alt = f"Tracks by decade of release: {', '.join(f'{a} {c}' for a, _, c in rows)}."
    return horizontal_bars(rows, alt=alt, label_px=70)


def _missing(known: Any) -> ResultTable:
    columns = (
        ResultColumn("what", "What", "text"),
        ResultColumn("rows", "Rows"),
        ResultColumn("of", "Of"),
        ResultColumn("share", "Share", "share"),
    )
    rows = tuple((f"{one}s that {what}", s.hits, s.total, s.value) for what, one, s in known)
    return ResultTable("missing", "What is missing", columns, rows)


def _decade_table(decades: Sequence[tuple[int, int]]) -> ResultTable:
    columns = (
        ResultColumn("decade", "Decade of release", "text"),
        ResultColumn("tracks", "Tracks"),
    )
    return ResultTable(
        "decades", "Tracks by decade", columns, tuple((f"{d}s", n) for d, n in decades)
    )


def _spike_table(spikes: Sequence[tuple[int, int, float]]) -> ResultTable:
    columns = (
        ResultColumn("year", "Year", "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("ratio", "Against its neighbours", "decimal"),
    )
    return ResultTable(
        "round_years", "Round years", columns, tuple((str(y), n, r) for y, n, r in spikes)
    )
