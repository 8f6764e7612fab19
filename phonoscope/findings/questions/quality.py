"""What the data itself has wrong, before anyone concludes from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

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
from phonoscope.text import counted, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LISTED = 50


class Check(NamedTuple):
    """One check: how many rows it concerns."""

    name: str
    says: str
    rows: int
    of: int
    table: str


@finding(
    name="quality",
    title="Quality of the data",
    question="What is wrong with the data itself?",
    needs={
        "tracks": ("name", "album_id", "duration_ms", "popularity", "release_date"),
        "features": ("null_response",),
    },
)
def quality(catalogue: QuerySession) -> Answer:
    """Run every check.

    Method
    ------
    Each check counts the rows it concerns, exactly. Values are kept as the source has them;
    nothing here was repaired or left out, and other findings say what they leave out. A date is
    in the future when its year is after the year in which the source was fetched, or where that
    is unknown after the current one.

    Caveats
    -------
    A check finds what it looks for: a table without a finding here may still be wrong. A zero
    can be a real value. Rows that could not be kept are in the table rejects.
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
    # What no row states is not stated by the source, which is no fault of its rows.
    hit = [check for check in checks if 0 < check.rows < check.of]
    every = [check for check in checks if check.rows == check.of]
    notes = [
        f"Stated nowhere, as it seems: {joined([f'{c.table} {c.says}' for c in every])}."
        if every
        else "",
        f"{counted(rejected, 'row')} of sources could not be kept." if rejected else "",
    ]
    worst = sorted(hit, key=lambda check: -check.rows / check.of)[:3]
    told = "; ".join(f"{percent(c.rows / c.of)} of {c.table} {c.says}" for c in worst)
    return Answer(
        headline=f"{len(hit)} of {len(checks)} checks find something: {told}."
        if hit
        else f"None of {len(checks)} checks finds anything in some rows only.",
        note=" ".join(filter(None, notes)),
        certainty="Every row was checked; the numbers are exact for this catalogue.",
        figures=(
            *(Figure(f"{c.name}_rows", c.rows, "rows", None, c.of) for c in checks),
            Figure("rejected_rows", rejected, "rows", None, None),
        ),
        tables=tuple(t for t in (_table(checks), _rejects(catalogue)) if t.rows),
    )


def _of_tracks(catalogue: QuerySession, total: int) -> list[Check]:
    tracks = catalogue.table("tracks")
    untitled, alone = (catalogue.empty("tracks", name) for name in ("name", "album_id"))
    plays = int(tracks.filter(tracks.plays < 0).count().to_pyarrow().as_py())
    return [
        Check("untitled", "have no title", untitled, total, "tracks"),
        Check("no_album", "name no release by its id", alone, total, "tracks"),
        Check("negative_plays", "have fewer than 0 plays", plays, total, "tracks"),
    ]


def _of_seconds(catalogue: QuerySession, total: int) -> list[Check]:
    table = catalogue.cached(seconds)
    says = {
        "zero_duration": ("have a duration of 0", table.zero),
        "no_duration": ("have no duration", table.second.isnull()),
        "too_long": ("last ten hours or more", table.second >= LONGEST_S),
        "negative_duration": ("have a duration below 0", table.second < 0),
    }
    counts = {n: w.fill_null(False).ifelse(table.tracks, 0).sum() for n, (_, w) in says.items()}
    (row,) = table.agg(**counts).to_pyarrow().to_pylist()
    return [Check(n, what, int(row[n] or 0), total, "tracks") for n, (what, _) in says.items()]


def _of_marks(catalogue: QuerySession, total: int) -> list[Check]:
    table = catalogue.cached(marks)
    odd = table.filter(~table.popularity.between(0, 100)).tracks.sum().to_pyarrow().as_py()
    says = "have a popularity outside 0 to 100"
    return [Check("odd_popularity", says, int(odd or 0), total, "tracks")]


def _of_days(catalogue: QuerySession, total: int) -> list[Check]:
    table = catalogue.cached(days)
    year, now = year_of(table.release_date), str(_year_now(catalogue))
    day = table.release_date

    def of(which: ir.BooleanColumn) -> ir.IntegerScalar:
        return which.fill_null(False).ifelse(table.tracks, 0).sum()

    says = {
        "undated": ("have no date of release", of(day.isnull())),
        "future": (f"are dated after {now}", of(year > now)),
        "odd_date": (
            "have a date of no known form",
            of(day.notnull() & table.release_date_precision.isnull()),
        ),
        "vague_date": (
            "are dated to the year or month only",
            of(table.release_date_precision.isin(("year", "month"))),
        ),
    }
    (row,) = (
        table.agg(**{name: value for name, (_, value) in says.items()}).to_pyarrow().to_pylist()
    )
    return [
        Check(name, what, int(row[name] or 0), total, "tracks") for name, (what, _) in says.items()
    ]


def _year_now(catalogue: QuerySession) -> int:
    """Return the year in which the newest row was fetched, or the current one."""
    # Albums are fewer than tracks, and are fetched with them.
    fetched = catalogue.table("albums").fetched_utc.max().to_pyarrow().as_py()
    return int((fetched or utc_now()).year)


def _of_features(catalogue: QuerySession) -> list[Check]:
    features = catalogue.table("features")
    nothing = features.null_response.fill_null(False).cast("int64").sum()
    (row,) = features.agg(total=features.count(), nothing=nothing).to_pyarrow().to_pylist()
    if not row["total"]:
        return []
    says = "were not measured by the service"
    return [Check("null_response", says, row["nothing"] or 0, row["total"], "audio features")]


def _table(checks: Sequence[Check]) -> ResultTable:
    columns = (
        ResultColumn("check", "Check", "text", on_page=False),
        ResultColumn("says", "Rows that", "text"),
        ResultColumn("table", "Table", "text"),
        ResultColumn("rows", "Rows"),
        ResultColumn("share", "Share", "share"),
    )
    rows = tuple((c.name, c.says, c.table, c.rows, c.rows / c.of if c.of else None) for c in checks)
    return ResultTable("checks", "Checks", columns, rows)


def _rejects(catalogue: QuerySession) -> ResultTable:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rejects = catalogue.table("rejects")
    found = rejects.group_by("source_table", "reason").agg(n=rejects.count())
    order = [ibis.desc("n"), ibis.asc("source_table"), ibis.asc("reason")]
    rows = found.order_by(order).limit(LISTED).to_pyarrow().to_pylist()
    columns = (
        ResultColumn("source_table", "Table of the source", "text"),
        ResultColumn("reason", "Reason", "text"),
        ResultColumn("rows", "Rows"),
    )
    cells = tuple((printable(r["source_table"]), printable(r["reason"]), r["n"]) for r in rows)
    return ResultTable("rejected", "Rows that could not be kept", columns, cells)
