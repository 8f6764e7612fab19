"""Charts: which entries are known to be machine-made, and who comes into them from nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
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
from phonoscope.findings.plots.time_series import Course, Day, over_days
from phonoscope.findings.shared.chart_provenance import charted, heard
from phonoscope.findings.shared.shares import Shares, current_rates, says, shares_of
from phonoscope.interval import Interval, median_ranks
from phonoscope.text import counted, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

NEW_DAYS = 28
HISTORY_DAYS = 364
"""Days of a chart that go before the first on which an artist can be said to be new."""
DRAWN = 104
"""Days or weeks that are drawn, the latest of the chart with the most entries."""
LATEST = 52
"""Days or weeks that the table lists, the latest of each chart."""
_NO_CHARTS = (
    "This catalogue has no charts: 'phonoscope charts FILE --into CATALOGUE' brings them in."
)


@finding(
    name="charts",
    title="Charts",
    question="How much of the charts is known to be machine-made, and who is new in them?",
    needs={
        "chart_entries": ("chart", "region", "chart_date", "rank", "title", "performer"),
        "machine_artists": ("name", "artist_id"),
    },
    values={"NEW_DAYS": NEW_DAYS, "HISTORY_DAYS": HISTORY_DAYS},
)
def charts(catalogue: QuerySession) -> Answer:
    """Count entries of charts by what is known of them.

    Method
    ------
    An entry is a place of a chart on a day; what two sources list alike counts once. Entries
    are linked to tracks and recordings by id, ISRC, or the same title and all artists
    (Catalogue.chart_links; links of lower confidence are left out). Three counts are never
    added up: entries with an artist on an imported list, by name or id, among all entries;
    entries that their track's source or their recording's file declares machine-made, among
    linked entries; and recordings linked to entries that a detector weighed, whose true share
    is estimated as in 'Machine-made'. An artist is new when the name that stands first in the
    credit came into the same chart at most {NEW_DAYS} days ago; the first {HISTORY_DAYS} days
    of a chart tell nobody new and are left out. Times on the chart and peak are counted in the
    entries that are here, and not as the chart states them. Time to the chart is from the
    earliest day of release of the linked tracks; what was in a chart before it is left out.

    Caveats
    -------
    What declares nothing, is on no list and was not scanned is unknown, not human-made: lists
    and declarations are lower bounds, and a list may be wrong about people. A name may belong
    to two artists. An artist who is new to a chart may be famous elsewhere, or have been in it
    before the first day that is here. Songs that are in a chart for many weeks count in each.
    Flagged entries are not the machine-made ones: some are false alarms.
    """
    titled = catalogue.table("chart_entries").filter(lambda t: t.title.notnull())
    if not titled.limit(1).to_pyarrow().num_rows:
        return cannot_tell(_NO_CHARTS)
    entries = catalogue.cached(charted)
    charts = _charts(entries)
    whole = _counts(entries)
    shares = _shares(catalogue, whole)
    new = _new(entries)
    songs = catalogue.cached(_songs)
    told = f"{counted(whole['entries'], 'entry', 'entries')} of {counted(len(charts), 'chart')}"
    machine = [_SAYS[name].format(share, share.hits) for name, share in shares.items()]
    detected = _detected(catalogue)
    if detected and detected.overall:
        machine.append(f"Of recordings linked to entries: {says(detected.overall)}")
    if not machine:
        machine = [
            "which of them are machine-made cannot be told: none is linked to a track that "
            "declares anything or to a recording that was weighed, and no list of known artists "
            "was ingested."
        ]
    named = [*shares.items(), *([("new_artist", new)] if new else [])]
    figures = [
        Figure("entries", whole["entries"], "entries"),
        Figure("songs", whole["songs"], "songs"),
        Figure("linked_entries", whole["linked"], "entries"),
        *(share.figure(f"{name}_share") for name, share in named),
        *_medians(songs),
    ]
    if detected and detected.overall and detected.overall.share is not None:
        row = detected.overall
        interval = Interval(row.low, row.high)
        figures.append(Figure("detected_share", row.share, "share", interval, row.recordings))
    course, where = _course(entries, charts, shares)
    note = (
        f"{new} of the entries after the first year are by artists who came into their chart at "
        f"most {NEW_DAYS} days before."
        if new
        else f"No chart is here for longer than {HISTORY_DAYS} days, so nobody can be called new."
    )
    return Answer(
        headline=f"{told}: {' '.join(machine)}",
        note=f"{note} Drawn is the largest chart: {where}." if where and len(charts) > 1 else note,
        certainty="Exact: every entry was counted. "
        + " ".join(share.certainty() for _, share in named),
        figures=tuple(figures),
        chart=course,
        tables=(_chart_table(charts), *_machine_table(songs), _by_day(entries)),
    )


_SAYS = {
    "listed": "{0} ({1:,}) have an artist on a list of machine-made artists.",
    "declared": "{0} of those linked to a track or recording ({1:,}) are declared machine-made.",
}


def _rows(table: ir.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def _charts(entries: ir.Table) -> list[dict[str, Any]]:
    found = entries.group_by("chart", "region").agg(
        first=entries.chart_date.min(),
        last=entries.chart_date.max(),
        days=entries.chart_date.nunique(),
        entries=entries.count(),
        songs=entries.song.nunique(),
        artists=entries.artist.nunique(),
    )
    return _rows(found.order_by("chart", "region"))


_KINDS = ("listed", "linked", "declared", "weighed", "flagged")


def _sums(entries: ir.Table) -> dict[str, Any]:
    return {name: entries[name].cast("int64").sum() for name in _KINDS}


def _counts(entries: ir.Table) -> dict[str, int]:
    found = entries.agg(entries=entries.count(), songs=entries.song.nunique(), **_sums(entries))
    return {name: int(value or 0) for name, value in _rows(found)[0].items()}


def _shares(catalogue: QuerySession, whole: Mapping[str, int]) -> dict[str, Share]:
    """Return the shares that can be told: of a list when there is one, of links when some are."""
    shares = {}
    if catalogue.table("machine_artists").limit(1).to_pyarrow().num_rows:
        shares["listed"] = Share(whole["listed"], whole["entries"])
    if whole["declared"] or (whole["linked"] and _says_anything(catalogue)):
        shares["declared"] = Share(whole["declared"], whole["linked"])
    return shares


def _says_anything(catalogue: QuerySession) -> bool:
    tracks = catalogue.table("tracks")
    said = tracks.filter(tracks.declared_generated.notnull()).limit(1)
    return bool(said.to_pyarrow().num_rows)


def _detected(catalogue: QuerySession) -> Shares | None:
    weighed = heard(catalogue)
    rates = current_rates()
    counts = weighed.agg(
        verdicts=weighed.count(),
        recordings=weighed.count(),
        flagged=(weighed.p_value <= rates.threshold).cast("int64").sum(),
        first_model=weighed.model.min(),
        last_model=weighed.model.max(),
    ).to_pyarrow()
    return shares_of(counts, None, rates) if counts["recordings"][0].as_py() else None


def _new(entries: ir.Table) -> Share | None:
    """Return the share of entries by artists who are new; ``None`` when no chart is long enough."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    day = entries.chart_date.cast("date")
    dated = entries.mutate(day=day).filter(entries.artist.notnull())
    of_chart = ibis.window(group_by=["chart", "region"])
    of_artist = ibis.window(group_by=["chart", "region", "artist"])
    dated = dated.mutate(begin=dated.day.min().over(of_chart), came=dated.day.min().over(of_artist))
    told = dated.filter(dated.day.delta(dated.begin, unit="day") >= HISTORY_DAYS)
    is_new = told.day.delta(told.came, unit="day") <= NEW_DAYS
    found = _rows(told.agg(hits=is_new.cast("int64").sum(), total=told.count()))[0]
    return Share(found["hits"] or 0, found["total"]) if found["total"] else None


def _songs(catalogue: QuerySession) -> ir.Table:
    """Return one row a song of a chart."""
    entries = catalogue.cached(charted)
    return entries.group_by("chart", "region", "song").agg(
        title=entries.title.min(),
        performer=entries.performer.min(),
        first=entries.chart_date.min(),
        peak=entries["rank"].min(),
        times=entries.chart_date.nunique(),
        listed=entries.listed.any(),
        declared=entries.declared.any(),
        flagged=entries.flagged.any(),
        released=entries.released.min(),
    )


def _medians(songs: ir.Table) -> list[Figure]:
    """Return medians of peak, times on the chart and days to it, of all songs and machine-made."""
    days = songs.first.cast("date").delta(songs.released.try_cast("date"), unit="day")
    values = songs.mutate(days=days, machine=songs.listed | songs.declared)
    figures = []
    for prefix, rows in (("", values), ("machine_", values.filter(values.machine))):
        for name, unit in (("peak", "rank"), ("times", "times on the chart"), ("days", "days")):
            # What came into the chart before its release was released before, elsewhere.
            known = rows.filter(rows[name].notnull() & (rows[name] >= 0)).select(name)
            found = sorted(known.to_pyarrow()[name].to_pylist())
            if found:
                figures.append(_median(f"{prefix}{_NAMES[name]}_median", found, unit))
    return figures


_NAMES = {"peak": "peak", "times": "times_on_chart", "days": "release_to_chart"}


def _median(name: str, found: Sequence[int], unit: str) -> Figure:
    half = len(found) // 2
    middle = found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2
    ranks = median_ranks(len(found))
    interval = ranks and Interval(found[ranks[0] - 1], found[ranks[1] - 1])
    return Figure(name, middle, unit, interval, len(found))


def _chart_table(charts: Sequence[Mapping[str, Any]]) -> ResultTable:
    columns = (
        ResultColumn("chart", "Chart", "text"),
        ResultColumn("region", "Region", "text"),
        ResultColumn("first", "From", "text"),
        ResultColumn("last", "To", "text"),
        ResultColumn("days", "Days or weeks"),
        ResultColumn("entries", "Entries"),
        ResultColumn("songs", "Songs"),
        ResultColumn("artists", "First artists"),
    )
    rows = tuple(
        (printable(c["chart"]), printable(c["region"]), *(c[k.name] for k in columns[2:]))
        for c in charts[:LISTED_AT_MOST]
    )
    return ResultTable("charts", "Charts", columns, rows)


def _machine_table(songs: ir.Table) -> tuple[ResultTable, ...]:
    """Return the songs that something is known of, each with what it is."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    known = songs.filter(songs.listed | songs.declared | songs.flagged)
    found = _rows(known.order_by(ibis.desc("times"), "peak", "song").limit(LISTED_AT_MOST))
    if not found:
        return ()
    columns = (
        ResultColumn("title", "Title", "text"),
        ResultColumn("performer", "Performers", "text"),
        ResultColumn("chart", "Chart", "text"),
        ResultColumn("known", "Known by", "text"),
        ResultColumn("first", "First in the chart", "text"),
        ResultColumn("peak", "Peak"),
        ResultColumn("times", "Times on the chart"),
    )
    rows = []
    for song in found:
        by = joined([kind for kind in ("listed", "declared", "flagged") if song[kind]])
        names = (printable(song[name]) for name in ("title", "performer", "chart"))
        rows.append((*names, by, song["first"], song["peak"], song["times"]))
    return (
        ResultTable("chart_machine_songs", "Songs something is known of", columns, tuple(rows)),
    )


_COURSES = {
    "listed": ("entries", "entries with an artist on a list"),
    "declared": ("linked", "linked entries that are declared"),
}


def _course(
    entries: ir.Table, charts: Sequence[Mapping[str, Any]], shares: Mapping[str, Share]
) -> tuple[Chart | None, str]:
    """Draw the shares that can be told of the largest chart, and say which one that is.

    A share that is always 0 is not drawn.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    largest = max(charts, key=lambda c: c["entries"])
    mine = entries.filter(entries.chart == largest["chart"], entries.region == largest["region"])
    found = mine.group_by("chart_date").agg(entries=mine.count(), **_sums(mine))
    rows = _rows(found.order_by(ibis.desc("chart_date")).limit(DRAWN))[::-1]
    courses = []
    for name, (of, title) in _COURSES.items():
        days = [_day(row["chart_date"], Share(row[name], row[of])) for row in rows if row[of]]
        if name in shares and len(days) > 1 and any(day.share for day in days):
            courses.append(Course(title, days))
    if not courses:
        return None, ""
    where = f"{printable(largest['chart'])}, {printable(largest['region'])}"
    told = " and ".join(
        f"{course.title}, from {percent(course.days[0].share)} to {percent(course.days[-1].share)}"
        for course in courses
    )
    span = f"{rows[0]['chart_date']} to {rows[-1]['chart_date']}"
    return over_days(courses, alt=f"{where}, {span}: {told}."), where


def _day(day: str, share: Share) -> Day:
    return Day(
        date.fromisoformat(day), share.value, f"{day}: {share}, {share.hits} of {share.total}"
    )


def _by_day(entries: ir.Table) -> ResultTable:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    found = entries.group_by("chart", "region", "chart_date").agg(
        entries=entries.count(), **_sums(entries)
    )
    latest = ibis.row_number().over(
        ibis.window(group_by=["chart", "region"], order_by=ibis.desc("chart_date"))
    )
    found = found.mutate(place=latest)
    found = found.filter(found.place < LATEST).order_by(ibis.desc("chart_date"), "chart", "region")
    titles = {
        "entries": "Entries",
        "listed": "Listed",
        "linked": "Linked",
        "declared": "Declared",
        "weighed": "Weighed",
        "flagged": "Flagged",
    }
    columns = (
        ResultColumn("chart_date", "Day or week", "text"),
        ResultColumn("chart", "Chart", "text"),
        ResultColumn("region", "Region", "text"),
        *(ResultColumn(name, title) for name, title in titles.items()),
        ResultColumn("listed_share", "Listed, share", "share"),
        ResultColumn("declared_share", "Declared, share of linked", "share"),
    )
    rows = tuple(
        (
            row["chart_date"],
            printable(row["chart"]),
            printable(row["region"]),
            *(row[name] for name in titles),
            row["listed"] / row["entries"],
            row["declared"] / row["linked"] if row["linked"] else None,
        )
        for row in _rows(found.limit(LISTED_AT_MOST))
    )
    return ResultTable("chart_days", "By day or week, the latest", columns, rows)
