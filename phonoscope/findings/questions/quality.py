"""Errors in the data itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from phonoscope.catalogue.schema.metadata import SHARES
from phonoscope.clock import utc_now
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
from phonoscope.findings.shared.dates import year_of
from phonoscope.findings.shared.days import days
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks, marks
from phonoscope.findings.shared.seconds import LONGEST_S, seconds
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LISTED = 50


class Check(NamedTuple):
    """One check, with the number of rows that fail it."""

    name: str
    rows: int
    of: int
    table: str = "tracks"

    @property
    def title(self) -> str:
        """The rows that fail it, in words."""
        return _TITLES[self.name]


_TITLES: Mapping[str, str] = {
    "untitled": gettext("Tracks without a title"),
    "no_album": gettext("Tracks without a release id"),
    "negative_plays": gettext("Tracks with a negative play count"),
    "zero_duration": gettext("Tracks with a duration of 0"),
    "no_duration": gettext("Tracks without a duration"),
    "too_long": gettext("Tracks of ten hours or more"),
    "negative_duration": gettext("Tracks with a negative duration"),
    "odd_popularity": gettext("Tracks with a popularity outside 0 to 100"),
    "undated": gettext("Tracks without a release date"),
    "future": gettext("Tracks with a release date in the future"),
    "odd_date": gettext("Tracks with a release date in an unknown format"),
    "vague_date": gettext("Tracks with only a release year or month"),
    "null_response": gettext("Audio features that the service could not measure"),
    "odd_feature": gettext("Tracks with an audio feature outside 0 to 1"),
}
_WRONG = {"negative_plays", "too_long", "negative_duration", "odd_popularity", "odd_feature"}
"""Checks of values that are there; when all rows fail one, the field isn't missing."""
_SHARES: Mapping[str, Callable[[str], str]] = {
    "untitled": lambda share: gettext("{share} of tracks have no title", share=share),
    "no_album": lambda share: gettext("{share} of tracks have no release id", share=share),
    "negative_plays": lambda share: gettext(
        "{share} of tracks have a negative play count", share=share
    ),
    "zero_duration": lambda share: gettext("{share} of tracks have a duration of 0", share=share),
    "no_duration": lambda share: gettext("{share} of tracks have no duration", share=share),
    "too_long": lambda share: gettext("{share} of tracks last ten hours or more", share=share),
    "negative_duration": lambda share: gettext(
        "{share} of tracks have a negative duration", share=share
    ),
    "odd_popularity": lambda share: gettext(
        "{share} of tracks have a popularity outside 0 to 100", share=share
    ),
    "undated": lambda share: gettext("{share} of tracks have no release date", share=share),
    "future": lambda share: gettext(
        "{share} of tracks have a release date in the future", share=share
    ),
    "odd_date": lambda share: gettext(
        "{share} of tracks have a release date in an unknown format", share=share
    ),
    "vague_date": lambda share: gettext(
        "{share} of tracks have only a release year or month", share=share
    ),
    "odd_feature": lambda share: gettext(
        "{share} of tracks have an audio feature outside 0 to 1", share=share
    ),
    "null_response": lambda share: gettext(
        "{share} of audio features could not be measured by the service", share=share
    ),
}


@finding(
    name="quality",
    title="Data quality",
    question="Which errors does the data have?",
    needs={
        "tracks": ("name", "album_id", "duration_ms", "popularity", "release_date"),
        "features": ("null_response",),
    },
)
def quality(catalogue: QuerySession) -> Answer:
    """Run every check.

    Method
    ------
    Each check counts the rows that fail it. Values are as in the source; nothing was repaired or
    left out. A date is in the future when its year is after the year in which the source was
    fetched, or after the current year where that is unknown.

    Caveats
    -------
    A check finds only what it looks for: data that passes every check may still be wrong. A zero
    can be a real value. Rows that could not be imported are in the table rejects.
    """
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    checks = [
        *_of_tracks(catalogue, total),
        *_of_seconds(catalogue, total),
        *_of_marks(catalogue, total),
        *_of_days(catalogue, total),
        *_of_features(catalogue),
    ]
    rejected = int(catalogue.table("rejects").count().to_pyarrow().as_py())
    # A check that every row fails is about a field that the source doesn't have.
    hit = [c for c in checks if c.rows > 0 and (c.rows < c.of or c.name in _WRONG)]
    every = [check for check in checks if check.rows == check.of and check.name not in _WRONG]
    return Answer(
        headline=_headline(hit, len(checks)),
        note=sentences(
            gettext(
                "All rows fail these checks, so the source lacks the data: {checks}.",
                checks=joined([check.title for check in every]),
            )
            if every
            else "",
            ngettext("{n} row could not be imported.", "{n} rows could not be imported.", rejected)
            if rejected
            else "",
        ),
        certainty=gettext("Every row was checked, so the numbers are exact for this catalogue."),
        figures=(
            *(Figure(f"{c.name}_rows", c.rows, "rows", None, c.of) for c in checks),
            Figure("rejected_rows", rejected, "rows", None, None),
        ),
        tables=tuple(t for t in (_table(checks), _rejects(catalogue)) if t.rows),
    )


def _headline(hit: Sequence[Check], checks: int) -> str:
    if not hit:
        return gettext("0 of {checks} checks found errors in some of the rows.", checks=checks)
    worst = sorted(hit, key=lambda check: -check.rows / check.of)[:3]
    return ngettext(
        "{n} of {checks} checks found errors: {worst}.",
        "{n} of {checks} checks found errors: {worst}.",
        len(hit),
        checks=checks,
        worst=joined([_SHARES[check.name](percent(check.rows / check.of)) for check in worst]),
    )


def _of_tracks(catalogue: QuerySession, total: int) -> list[Check]:
    tracks = catalogue.table("tracks")
    untitled, alone = (catalogue.empty("tracks", name) for name in ("name", "album_id"))
    plays = int(tracks.filter(tracks.plays < 0).count().to_pyarrow().as_py())
    return [
        Check("untitled", untitled, total),
        Check("no_album", alone, total),
        Check("negative_plays", plays, total),
    ]


def _of_seconds(catalogue: QuerySession, total: int) -> list[Check]:
    table = catalogue.cached(seconds)
    failed = {
        "zero_duration": table.zero,
        "no_duration": table.second.isnull(),
        "too_long": table.second >= LONGEST_S,
        "negative_duration": table.second < 0,
    }
    counts = {n: rows.fill_null(False).ifelse(table.tracks, 0).sum() for n, rows in failed.items()}
    (row,) = table.agg(**counts).to_pyarrow().to_pylist()
    return [Check(name, int(row[name] or 0), total) for name in failed]


def _of_marks(catalogue: QuerySession, total: int) -> list[Check]:
    table = catalogue.cached(marks)
    odd = table.filter(~table.popularity.between(0, 100)).tracks.sum().to_pyarrow().as_py()
    return [Check("odd_popularity", int(odd or 0), total)]


def _of_days(catalogue: QuerySession, total: int) -> list[Check]:
    table = catalogue.cached(days)
    year, now = year_of(table.release_date), str(_year_now(catalogue))
    day = table.release_date

    def of(which: ir.BooleanColumn) -> ir.IntegerScalar:
        return which.fill_null(False).ifelse(table.tracks, 0).sum()

    counts = {
        "undated": of(day.isnull()),
        "future": of(year > now),
        "odd_date": of(day.notnull() & table.release_date_precision.isnull()),
        "vague_date": of(table.release_date_precision.isin(("year", "month"))),
    }
    (row,) = table.agg(**counts).to_pyarrow().to_pylist()
    return [Check(name, int(row[name] or 0), total) for name in counts]


def _year_now(catalogue: QuerySession) -> int:
    """Return the year in which the newest row was fetched, or the current year."""
    # Albums are fewer than tracks, and are fetched with them.
    fetched = catalogue.table("albums").fetched_utc.max().to_pyarrow().as_py()
    return int((fetched or utc_now()).year)


def _of_features(catalogue: QuerySession) -> list[Check]:
    features = catalogue.table("features")
    nothing = features.null_response.fill_null(False).cast("int64").sum()
    outside = [~features[name].between(0, 1).fill_null(True) for name in SHARES]
    odd = reduce(or_, outside).cast("int64").sum()
    counted = features.agg(total=features.count(), nothing=nothing, odd=odd)
    (row,) = counted.to_pyarrow().to_pylist()
    if not row["total"]:
        return []
    return [
        Check("odd_feature", row["odd"] or 0, row["total"], "audio features"),
        Check("null_response", row["nothing"] or 0, row["total"], "audio features"),
    ]


def _table(checks: Sequence[Check]) -> ResultTable:
    columns = (
        ResultColumn("check", gettext("Name"), "text", on_page=False),
        ResultColumn("says", gettext("Check"), "text"),
        ResultColumn("table", gettext("Table"), "text", on_page=False),
        ResultColumn("rows", gettext("Rows")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    rows = tuple(
        (c.name, c.title, c.table, c.rows, c.rows / c.of if c.of else None) for c in checks
    )
    return ResultTable("checks", gettext("Checks"), columns, rows)


def _rejects(catalogue: QuerySession) -> ResultTable:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rejects = catalogue.table("rejects")
    found = rejects.group_by("source_table", "reason").agg(n=rejects.count())
    order = [ibis.desc("n"), ibis.asc("source_table"), ibis.asc("reason")]
    rows = found.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    columns = (
        ResultColumn("source_table", gettext("Table of the source"), "text"),
        ResultColumn("reason", gettext("Reason"), "text"),
        ResultColumn("rows", gettext("Rows")),
    )
    cells = tuple((printable(r["source_table"]), printable(r["reason"]), r["n"]) for r in rows)
    return ResultTable("rejected", gettext("Rows that could not be imported"), columns, cells)
