"""Machine-made releases by month, and what others published about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from phonoscope.findings.plots.interval_chart import MADE, Estimated, over_time
from phonoscope.findings.shared.dates import periods
from phonoscope.findings.shared.deliveries import deliveries
from phonoscope.findings.shared.groups import flags, is_weighed
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks
from phonoscope.findings.shared.shares import Shares, rates_for, says, shares_of
from phonoscope.interval import Interval
from phonoscope.linking.links import links
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import between, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

MONTHS_DRAWN = 60
"""Latest months that the plot shows."""
LATEST = 24
"""Latest months that the table lists."""


@dataclass(frozen=True)
class _Count:
    """Tracks of a month, and how many of them are hits."""

    month: str
    hits: int
    tracks: int


@finding(
    name="machine",
    title="Machine-made releases",
    question="How many new releases are known to be machine-made?",
    needs={
        "tracks": ("declared_generated", "release_date", "artist_names"),
        "machine_artists": ("name", "artist_id"),
    },
)
def machine(catalogue: QuerySession) -> Answer:
    """Count declared and listed tracks by month, and estimate from recordings.

    Method
    ------
    Three counts by release month are never added up. The first: tracks that their source declares
    machine-made, among all tracks. The second: tracks with an artist on an imported list of
    machine-made artists, by id or name, among all tracks. The third: scanned recordings linked to
    a track (by file, ISRC or tags), in the earliest month of their tracks; their true share is
    estimated from the detector's flags and error rates, as in 'Machine-made'. Metadata alone,
    such as durations or release rates, never counts as evidence.

    Caveats
    -------
    Declarations and lists give lower bounds that may be far too low: most machine-made music is
    on no list and declares nothing, and a list may be wrong about people. The published figures
    are shares of deliveries to one service, from its own detector with unpublished error rates.
    Delivered tracks are not the same as released or played tracks.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    declared, listed = _declared(catalogue), _listed(catalogue)
    kinds = {"declared": declared, "listed": listed}
    known = {name: counts for name, counts in kinds.items() if counts is not None}
    detected = _detected(catalogue)
    if not known and not detected:
        return cannot_tell(_nothing_known(), "no-values")
    shares = {name: _whole(counts) for name, counts in known.items()}
    figures = [shares[name].figure(f"{name}_share") for name in known]
    figures += [
        Share(c.hits, c.tracks).figure(f"{name}_{c.month}_share")
        for name, counts in known.items()
        for c in counts
        if c.month
    ]
    figures += _figures(detected) if detected else []
    return Answer(
        headline=_headline(shares, detected),
        note=gettext("Declarations and lists give a lower bound: all other tracks are unknown.")
        if known
        else "",
        certainty=sentences(*(share.certainty() for share in shares.values())),
        figures=tuple(figures),
        chart=_chart(known, detected),
        tables=(
            *([_by_month(known)] if known else []),
            *([_by_month_detected(detected)] if detected else []),
            _elsewhere(),
        ),
    )


def _nothing_known() -> Message:
    published, share = next((one, one.share) for one in deliveries() if one.share is not None)
    return gettext(
        "It's unknown how many releases are machine-made: no track is declared so by its source, "
        "no list of machine-made artists is imported, and no scored recording is linked to a "
        "track. Scan recordings to get an estimate. Published shares, such as {service}'s {share} "
        "of deliveries in {month}, describe deliveries to one service.",
        service=published.service,
        share=percent(share),
        month=published.month,
    )


_DRAWN = {
    "declared": gettext("Share declared machine-made"),
    "listed": gettext("Share with an artist on a list"),
}
_HITS = {"declared": gettext("Declared"), "listed": gettext("Listed")}


def _headline(shares: Mapping[str, Share], detected: Shares | None) -> str:
    parts: list[str] = []
    if declared := shares.get("declared"):
        parts.append(
            ngettext(
                "{share} of {n} track (95% interval {low} to {high}) is declared machine-made by "
                "its source.",
                "{share} of {n} tracks (95% interval {low} to {high}) are declared machine-made by "
                "their source.",
                declared.total,
                **declared.words,
            )
        )
    if listed := shares.get("listed"):
        parts.append(
            ngettext(
                "{share} of {n} track (95% interval {low} to {high}) has an artist on a list of "
                "machine-made artists.",
                "{share} of {n} tracks (95% interval {low} to {high}) have an artist on a list of "
                "machine-made artists.",
                listed.total,
                **listed.words,
            )
        )
    if detected and detected.overall:
        estimate = says(detected.overall)
        parts.append(gettext("Recordings linked to these tracks: {estimate}", estimate=estimate))
    return sentences(*parts)


def _whole(counts: Sequence[_Count]) -> Share:
    return Share(sum(c.hits for c in counts), sum(c.tracks for c in counts))


def _month(rows: ir.Table) -> ir.StringColumn:
    """Return the month of a release date; empty where it states none."""
    named = rows.release_date_precision.isin(("month", "day"))
    return named.ifelse(rows.release_date.substr(0, 7), None)


def _counts(rows: ir.Table, hit: ir.BooleanColumn) -> list[_Count]:
    found = rows.mutate(month=_month(rows), hit=hit.cast("int64")).group_by("month")
    months = found.agg(hits=lambda t: t.hit.sum(), tracks=lambda t: t.count())
    return [
        _Count(row["month"] or "", row["hits"] or 0, row["tracks"])
        for row in months.order_by("month").to_pyarrow().to_pylist()
    ]


def _declared(catalogue: QuerySession) -> list[_Count] | None:
    """Count tracks that their source declares; ``None`` when it declares none either way."""
    tracks = catalogue.table("tracks")
    says = tracks.filter(tracks.declared_generated.notnull())
    if not says.limit(1).to_pyarrow().num_rows:
        return None
    return _counts(tracks, tracks.declared_generated.fill_null(False))


def _listed(catalogue: QuerySession) -> list[_Count] | None:
    """Count tracks with an artist on a list, by id or by name; ``None`` without a list."""
    listed = catalogue.table("machine_artists")
    if not listed.limit(1).to_pyarrow().num_rows:
        return None
    tracks, credits = catalogue.table("tracks"), catalogue.table("track_artists")
    artists = catalogue.table("artists")
    names = listed.filter(listed.name.notnull()).select(known=_plain(listed.name)).distinct()
    ids = listed.filter(listed.artist_id.notnull()).select("artist_id")
    by_name = artists.mutate(known=_plain(artists.name)).inner_join(names, "known")
    suspects = ids.union(by_name.select("artist_id")).distinct()
    of_ids = credits.inner_join(suspects, "artist_id").select("source", "track_id").distinct()
    named = tracks.filter(tracks.artist_names.notnull())
    of_names = named.mutate(known=_plain(named.artist_names)).inner_join(names, "known")
    hits = of_ids.union(of_names.select("source", "track_id")).distinct().mutate(hit=True)
    joined = tracks.left_join(hits, ["source", "track_id"])
    return _counts(joined, joined.hit.fill_null(False))


def _detected(catalogue: QuerySession) -> Shares | None:
    """Estimate the share among recordings linked to tracks, by month; ``None`` without any."""
    if not is_weighed(catalogue):
        return None
    rates = rates_for(catalogue).rates
    verdicts, tracks = catalogue.table("verdicts"), catalogue.table("tracks")
    weighed = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    linked = links(catalogue.table("recordings"), catalogue.table("files"), tracks)
    dated = tracks.mutate(month=_month(tracks)).select("source", "track_id", "month")
    pairs = linked.inner_join(dated, ["source", "track_id"])
    months = pairs.group_by("recording_id").agg(month=pairs.month.min())
    joined = weighed.inner_join(months, "recording_id")
    found = joined.group_by(group=joined.month).agg(
        verdicts=joined.count(),
        recordings=joined.count(),
        **flags(joined.p_value, rates.edges),
        first_model=joined.model.min(),
        last_model=joined.model.max(),
    )
    counts = found.to_pyarrow()
    return shares_of(counts, "month", rates, part=True) if counts.num_rows else None


def _figures(detected: Shares) -> list[Figure]:
    whole = detected.overall
    rows = [(f"_{row.group}" if row.group else None, row) for row in detected.rows]
    named = [("", whole), *rows] if whole else rows
    return [
        Figure(f"detected{name}_share", row.share, "share", Interval(row.low, row.high),
               row.recordings)
        for name, row in named
        if name is not None and row and row.share is not None and row.enough
    ]  # fmt: skip


def _chart(known: Mapping[str, Sequence[_Count]], detected: Shares | None) -> Chart | None:
    """Draw the share that was detected, or else declared, or else listed."""
    if detected and detected.overall:
        points = [_point(r.group, r.share or 0.0, r.low, r.high, r.recordings, enough=r.enough)
                  for r in detected.rows if r.group]  # fmt: skip
        whole = detected.overall
        title = MADE
        overall = _point(
            gettext("all"), whole.share or 0.0, whole.low, whole.high, whole.recordings
        )
    else:
        name = "declared" if known.get("declared") else "listed"
        counts, title = known[name], _DRAWN[name]
        points = [_shared(c.month, Share(c.hits, c.tracks)) for c in counts if c.month]
        overall = _shared(gettext("all"), _whole(counts))
    points = points[-MONTHS_DRAWN:]
    if len(points) < 2:
        return None
    course = periods(points[0].label, points[-1].label)[-MONTHS_DRAWN:]
    alt = gettext(
        "{share} by release month, {first} to {last}, with intervals.",
        share=title,
        first=course[0],
        last=course[-1],
    )
    shown = [point for point in points if point.label in set(course)]
    return over_time(shown, course, overall, alt=alt, title=title)


def _shared(label: str, share: Share) -> Estimated:
    return _point(label, share.value, *share.interval, share.total)


def _point(
    label: str, share: float, low: float, high: float, of: int, *, enough: bool = True
) -> Estimated:
    ends = between(low, high)
    text = gettext(
        "{label}: {share} ({low} to {high}), n\u00a0=\u00a0{n}",
        label=label,
        share=percent(share),
        low=ends[0],
        high=ends[1],
        n=of,
    )
    return Estimated(label, share, low, high, enough, text)


def _by_month_detected(detected: Shares) -> ResultTable:
    columns = (
        ResultColumn("month", gettext("Release month"), "text"),
        ResultColumn("recordings", gettext("Scored recordings")),
        ResultColumn("flagged", gettext("Flagged")),
        ResultColumn("share", gettext("Estimated share"), "share"),
        ResultColumn("low", gettext("At least"), "share"),
        ResultColumn("high", gettext("At most"), "share"),
        ResultColumn("remark", gettext("Remark"), "text"),
    )
    rows = tuple(
        (
            r.group or gettext("no month known"),
            r.recordings,
            r.flagged,
            r.share,
            r.low,
            r.high,
            r.remark,
        )
        for r in detected.rows
    )
    return ResultTable(
        "machine_detected", gettext("Detected in recordings, by release month"), columns, rows
    )


def _plain(name: ir.StringColumn) -> ir.StringColumn:
    return name.strip().lower()


def _by_month(known: Mapping[str, Sequence[_Count]]) -> ResultTable:
    months: dict[str, dict[str, _Count]] = {}
    for name, counts in known.items():
        for count in counts:
            if count.month:
                months.setdefault(count.month, {})[name] = count
    columns = [ResultColumn("month", gettext("Release month"), "text")]
    for name in known:
        columns += [
            ResultColumn(f"{name}_tracks", gettext("Tracks")),
            ResultColumn(f"{name}_hits", _HITS[name]),
            ResultColumn(f"{name}_share", gettext("Share"), "share"),
        ]
    rows = []
    for month, found in sorted(months.items())[-LATEST:]:
        cells: list[str | int | float | None] = [month]
        for name in known:
            c = found.get(name)
            cells += [c.tracks, c.hits, c.hits / c.tracks] if c else [None, None, None]
        rows.append(tuple(cells))
    return ResultTable(
        "machine_by_month",
        gettext("Declared and listed, by release month"),
        tuple(columns),
        tuple(rows),
    )


def _elsewhere() -> ResultTable:
    columns = (
        ResultColumn("month", gettext("Month"), "text"),
        ResultColumn("share", gettext("Share"), "share"),
        ResultColumn("amount", gettext("Amount"), "text"),
        ResultColumn("who", gettext("Published by"), "text"),
    )
    rows = tuple(
        (
            one.published,
            one.share,
            one.amount,
            gettext("{service}, about deliveries to it", service=one.service),
        )
        for one in deliveries()
    )
    return ResultTable("machine_elsewhere", gettext("What others published"), columns, rows)
