"""How many chart entries are known to be machine-made, and how many artists are new."""

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
from phonoscope.findings.shared.chart_provenance import charted, scored
from phonoscope.findings.shared.groups import flags
from phonoscope.findings.shared.shares import Shares, rates_for, says, shares_of
from phonoscope.interval import Interval, median_ranks
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import day, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

NEW_DAYS = 28
HISTORY_DAYS = 364
"""First days of a chart, on which no artist counts as new."""
DRAWN = 104
"""Latest days or weeks that are drawn, of the chart with the most entries."""
LATEST = 52
"""Latest days or weeks of each chart that the table lists."""
_NO_CHARTS = gettext(
    "This catalogue has no charts. Import them with 'phonoscope charts FILE --into CATALOGUE'."
)


@finding(
    name="charts",
    title="Charts",
    question="How much of the charts is known to be machine-made, and how many artists are new?",
    needs={
        "chart_entries": ("chart", "region", "chart_date", "rank", "title", "performer"),
        "machine_artists": ("name", "artist_id"),
    },
    values={"NEW_DAYS": NEW_DAYS, "HISTORY_DAYS": HISTORY_DAYS},
)
def charts(catalogue: QuerySession) -> Answer:
    """Count chart entries by what is known about them.

    Method
    ------
    An entry is one rank of a chart on one day; an entry in two sources counts once. Entries are
    linked to tracks and recordings by id, by ISRC, or by the same title and all artists
    (Catalogue.chart_links; links of low confidence are left out). Three counts are never added
    up. The first: entries with an artist on an imported list, by name or id, among all entries.
    The second: entries that their track's source or their recording's file declares
    machine-made, among linked entries. The third: scored recordings linked to entries; their true
    share is estimated as in 'Machine-made'. An artist is new when the first name in the credit
    entered the same chart at most {NEW_DAYS} days earlier; the first {HISTORY_DAYS} days of a
    chart are left out. Times on the chart and peak come from the entries in this catalogue, not
    from what the chart states. Time to the chart is measured from the earliest release day of the
    linked tracks; entries before that day are left out.

    Caveats
    -------
    An entry that declares nothing, is on no list and was not scanned is unknown, not human-made.
    Lists and declarations give lower bounds, and a list may be wrong about people. Two artists
    may share a name. An artist who is new to a chart may be famous elsewhere, or may have been in
    it before its first day in this catalogue. A song that stays in a chart for many weeks counts
    in each. Some flagged entries are false alarms.
    """
    titled = catalogue.table("chart_entries").filter(
        lambda t: t.title.notnull() & t.chart_date.notnull()
    )
    if not titled.limit(1).to_pyarrow().num_rows:
        return cannot_tell(_NO_CHARTS)
    entries = catalogue.cached(charted)
    charts = _charts(entries)
    whole = _counts(entries)
    shares = _shares(catalogue, whole)
    new = _new(entries)
    songs = catalogue.cached(_songs)
    detected = _detected(catalogue)
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
    drawn = gettext("The plot shows the largest chart, {chart}.", chart=where)
    return Answer(
        headline=_headline(whole["entries"], shares, detected),
        note=sentences(
            _size(whole["entries"], len(charts)),
            _newcomers(new),
            drawn if where and len(charts) > 1 else "",
        ),
        certainty=sentences(
            gettext("Every entry is counted."), *(share.certainty() for _, share in named)
        ),
        figures=tuple(figures),
        chart=course,
        tables=(_chart_table(charts), *_machine_table(songs), _by_day(entries)),
    )


def _headline(entries: int, shares: Mapping[str, Share], detected: Shares | None) -> str:
    parts: list[str] = []
    if listed := shares.get("listed"):
        parts.append(
            ngettext(
                "{share} of {n} chart entry (95% interval {low} to {high}) has an artist on a list "
                "of machine-made artists.",
                "{share} of {n} chart entries (95% interval {low} to {high}) have an artist on a "
                "list of machine-made artists.",
                listed.total,
                **listed.words,
            )
        )
    if declared := shares.get("declared"):
        parts.append(
            ngettext(
                "{share} of {n} entry linked to a track or recording (95% interval {low} to "
                "{high}) is declared machine-made.",
                "{share} of {n} entries linked to a track or recording (95% interval {low} to "
                "{high}) are declared machine-made.",
                declared.total,
                **declared.words,
            )
        )
    if detected and detected.overall:
        estimate = says(detected.overall)
        parts.append(gettext("Recordings linked to entries: {estimate}", estimate=estimate))
    unknown = ngettext(
        "It's unknown whether {n} chart entry is machine-made: it isn't linked to a declared track "
        "or a scored recording, and no list of machine-made artists is imported.",
        "It's unknown how many of {n} chart entries are machine-made: none is linked to a declared "
        "track or a scored recording, and no list of machine-made artists is imported.",
        entries,
    )
    return sentences(*parts) if parts else unknown


def _size(entries: int, charts: int) -> Message:
    return ngettext(
        "There is {n} entry in {charts}.",
        "There are {n} entries in {charts}.",
        entries,
        charts=ngettext("{n} chart", "{n} charts", charts),
    )


def _newcomers(new: Share | None) -> Message:
    if new is None:
        return gettext(
            "No chart covers more than {days} days, so no artist counts as new.", days=HISTORY_DAYS
        )
    return ngettext(
        "{share} of {n} entry after the first year (95% interval {low} to {high}) is by an artist "
        "who entered the chart at most {days} days earlier.",
        "{share} of {n} entries after the first year (95% interval {low} to {high}) are by artists "
        "who entered the chart at most {days} days earlier.",
        new.total,
        days=NEW_DAYS,
        **new.words,
    )


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
    """Return the shares that are known: of a list if there is one, of links if there are some."""
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
    weighed = scored(catalogue)
    rates = rates_for(catalogue).rates
    counts = weighed.agg(
        verdicts=weighed.count(),
        recordings=weighed.count(),
        **flags(weighed.p_value, rates.edges),
        first_model=weighed.model.min(),
        last_model=weighed.model.max(),
    ).to_pyarrow()
    return shares_of(counts, None, rates, part=True) if counts["recordings"][0].as_py() else None


def _new(entries: ir.Table) -> Share | None:
    """Return the share of entries by artists who are new; ``None`` when no chart is long enough."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    day = entries.chart_date.try_cast("date")
    dated = entries.mutate(day=day).filter(entries.artist.notnull())
    of_chart = ibis.window(group_by=["chart", "region"])
    of_artist = ibis.window(group_by=["chart", "region", "artist"])
    dated = dated.mutate(begin=dated.day.min().over(of_chart), came=dated.day.min().over(of_artist))
    later = dated.filter(dated.day.delta(dated.begin, unit="day") >= HISTORY_DAYS)
    is_new = later.day.delta(later.came, unit="day") <= NEW_DAYS
    found = _rows(later.agg(hits=is_new.cast("int64").sum(), total=later.count()))[0]
    return Share(found["hits"] or 0, found["total"]) if found["total"] else None


def _songs(catalogue: QuerySession) -> ir.Table:
    """Return one row per song of a chart."""
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
    days = songs.first.try_cast("date").delta(songs.released.try_cast("date"), unit="day")
    values = songs.mutate(days=days, machine=songs.listed | songs.declared)
    figures = []
    for prefix, rows in (("", values), ("machine_", values.filter(values.machine))):
        for name, unit in (("peak", "rank"), ("times", "times on the chart"), ("days", "days")):
            # A song in the chart before its release date was released earlier elsewhere.
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
        ResultColumn("chart", gettext("Chart"), "text"),
        ResultColumn("region", gettext("Region"), "text"),
        ResultColumn("first", gettext("From"), "text"),
        ResultColumn("last", gettext("To"), "text"),
        ResultColumn("days", gettext("Days or weeks")),
        ResultColumn("entries", gettext("Entries")),
        ResultColumn("songs", gettext("Songs")),
        ResultColumn("artists", gettext("Lead artists")),
    )
    rows = tuple(
        (printable(c["chart"]), printable(c["region"]), *(c[k.name] for k in columns[2:]))
        for c in charts[:LISTED_AT_MOST]
    )
    return ResultTable("charts", gettext("Charts"), columns, rows)


def _machine_table(songs: ir.Table) -> tuple[ResultTable, ...]:
    """Return the songs that are listed, declared or flagged."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    known = songs.filter(songs.listed | songs.declared | songs.flagged)
    found = _rows(
        known.order_by(ibis.desc("times"), "peak", "song", "chart", "region").limit(LISTED_AT_MOST)
    )
    if not found:
        return ()
    columns = (
        ResultColumn("title", gettext("Title"), "text"),
        ResultColumn("performer", gettext("Performers"), "text"),
        ResultColumn("chart", gettext("Chart"), "text"),
        ResultColumn("known", gettext("Known from"), "text"),
        ResultColumn("first", gettext("First in the chart"), "text"),
        ResultColumn("peak", gettext("Peak")),
        ResultColumn("times", gettext("Times on the chart")),
    )
    rows = []
    for song in found:
        by = joined([words for kind, words in _EVIDENCE.items() if song[kind]])
        names = (printable(song[name]) for name in ("title", "performer", "chart"))
        rows.append((*names, by, song["first"], song["peak"], song["times"]))
    return (
        ResultTable(
            "chart_machine_songs",
            gettext("Songs that are listed, declared or flagged"),
            columns,
            tuple(rows),
        ),
    )


_EVIDENCE = {
    "listed": gettext("listed"),
    "declared": gettext("declared"),
    "flagged": gettext("flagged"),
}


_COURSES = {
    "listed": ("entries", gettext("Entries with an artist on a list")),
    "declared": ("linked", gettext("Linked entries declared machine-made")),
}


def _course(
    entries: ir.Table, charts: Sequence[Mapping[str, Any]], shares: Mapping[str, Share]
) -> tuple[Chart | None, str]:
    """Draw the known shares of the largest chart, and return its name too.

    A share that is always 0 isn't drawn.
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
    where = gettext(
        "{chart}, {region}",
        chart=printable(largest["chart"]),
        region=printable(largest["region"]),
    )
    each = [
        gettext(
            "{title}: {from} to {to}.",
            title=course.title,
            **{
                "from": percent(course.days[0].share),
                "to": percent(course.days[-1].share),
            },
        )
        for course in courses
    ]
    first, last = (day(courses[0].days[at].day) for at in (0, -1))
    drawn = gettext("{chart}, {first} to {last}.", chart=where, first=first, last=last)
    return over_days(courses, alt=sentences(drawn, *each)), where


def _day(iso: str, share: Share) -> Day:
    when = date.fromisoformat(iso)
    text = gettext(
        "{day}: {share}, {hits} of {total}",
        day=day(when),
        share=share.text,
        hits=share.hits,
        total=share.total,
    )
    return Day(when, share.value, text)


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
        "entries": gettext("Entries"),
        "listed": gettext("Listed"),
        "linked": gettext("Linked"),
        "declared": gettext("Declared"),
        "weighed": gettext("Scored"),
        "flagged": gettext("Flagged"),
    }
    columns = (
        ResultColumn("chart_date", gettext("Day or week"), "text"),
        ResultColumn("chart", gettext("Chart"), "text"),
        ResultColumn("region", gettext("Region"), "text"),
        *(ResultColumn(name, title) for name, title in titles.items()),
        ResultColumn("listed_share", gettext("Listed, share"), "share"),
        ResultColumn("declared_share", gettext("Declared, share of linked"), "share"),
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
    return ResultTable("chart_days", gettext("By day or week, the latest"), columns, rows)
