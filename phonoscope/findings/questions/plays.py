"""Artificial plays: which accounts made them, and which tracks got them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
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
from phonoscope.findings.plots.interval_chart import Estimated, below_each_other
from phonoscope.findings.shared.groups import is_weighed
from phonoscope.interval import Interval, unit_intervals
from phonoscope.linking.links import links
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import between, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.groupby import GroupedTable

FEWEST_TRACKS = 5
"""Effective tracks of a label from which its share is drawn."""
DRAWN = 12
SHOWN = 2
"""Reasons per group on a page; CSV and JSON have all of them."""
AXIS = gettext("Artificial share of plays")
NOT_ANALYSED = gettext(
    "This catalogue has no play log. Import one with 'phonoscope plays LOG --into CATALOGUE'."
)
_MAKING: Mapping[tuple[str, bool], str] = {
    ("declared", True): gettext("declared machine-made"),
    ("declared", False): gettext("not declared machine-made"),
    ("detected", True): gettext("detected as machine-made"),
    ("detected", False): gettext("no sign found"),
}


_SUMMED = (
    "plays", "accounts", "tracks", "artificial_plays", "artificial_accounts",
    "artificial_tracks", "undecided_plays",
)  # fmt: skip


@finding(
    name="plays",
    title="Artificial plays",
    question="How many plays are artificial?",
    needs={
        "plays_summary": ("artificial_plays",),
        "played_tracks": ("artificial_plays",),
        "listeners": ("reasons",),
        "play_groups": ("reasons",),
        "tracks": ("label", "declared_generated"),
        "listens": ("track_id",),
    },
)
def plays(catalogue: QuerySession) -> Answer:
    """Sum up the analysis of every play log.

    Method
    ------
    Accounts form a group when they share several tracks that almost nobody else plays. Groups and
    single accounts get points for signals: plays that stop as soon as they count or are never
    skipped, equal play counts across tracks, tracks started in the same minute, accounts that
    differ only at random, days without a pause, and shared networks. Plays with 4.5 points or more
    look artificial; those with 2.5 or more are in doubt (docs/plays.md; based on CopyCatch, WWW
    2013, and FRAUDAR, KDD 2016). Intervals are Wilson's for the effective number of units (Kish
    1965): tracks for a label, accounts and groups for all plays.

    Caveats
    -------
    An artificial play doesn't show who paid for it. Rivals, playlists and distributors buy plays,
    and the artist may not know. An account may belong to a person whose password was sold. Shops
    and people who sleep with music on look like programs, and are in doubt at most. Programs that
    imitate people's listening aren't found. Error rates were measured on simulated logs only.
    """
    stored = catalogue.table("plays_summary").order_by("source").to_pyarrow().to_pylist()
    # One that was written in part says nothing.
    logs = [log for log in stored if all(log[name] is not None for name in _SUMMED)]
    if not logs:
        return cannot_tell(NOT_ANALYSED)
    plays = sum(row["plays"] for row in logs)
    artificial = sum(row["artificial_plays"] for row in logs)
    accounts = Share(sum(r["artificial_accounts"] for r in logs), sum(r["accounts"] for r in logs))
    tracks = Share(sum(r["artificial_tracks"] for r in logs), sum(r["tracks"] for r in logs))
    doubt = sum(row["undecided_plays"] for row in logs)
    made, labels = _by_making(catalogue), _by_label(catalogue)
    claim = ngettext(
        "{share} of {n} play looks artificial",
        "{share} of {n} plays look artificial",
        plays,
        share=percent(artificial / plays),
    )
    return Answer(
        headline=_headline(plays, artificial / plays, accounts.hits, tracks.hits, _interval(logs)),
        note=_notes(doubt, plays, logs, _stale(catalogue, logs)),
        certainty=_certainty(logs),
        figures=(
            Figure("artificial_plays_share", artificial / plays, "share", _interval(logs), plays),
            Figure("artificial_plays", artificial, "plays", None, plays),
            Figure("undecided_plays", doubt, "plays", None, plays),
            Figure(
                "artificial_or_undecided_share",
                (artificial + doubt) / plays,
                "share",
                _doubt(logs),
                plays,
            ),
            accounts.figure("artificial_accounts_share"),
            tracks.figure("artificial_tracks_share"),
        ),
        chart=_chart([*made, *labels], artificial / plays),
        tables=(
            _logs(logs),
            _groups(catalogue),
            *_shares("made", gettext("Machine-made and other tracks"), made),
            *_shares("labels", gettext("Labels"), labels),
            _tracks(catalogue, "artificial"),
            _tracks(catalogue, "undecided"),
            _accounts(catalogue),
        ),
        claim=claim if artificial else "",
    )


def _headline(
    plays: int, share: float, accounts: int, tracks: int, interval: Interval | None
) -> str:
    if not share:
        return ngettext("0 of {n} play looks artificial.", "0 of {n} plays look artificial.", plays)
    source = gettext(
        "{accounts} on {tracks}",
        accounts=ngettext("{n} account", "{n} accounts", accounts),
        tracks=ngettext("{n} track", "{n} tracks", tracks),
    )
    if interval is None:
        return ngettext(
            "{share} of {n} play looks artificial, from {source}.",
            "{share} of {n} plays look artificial, from {source}.",
            plays,
            share=percent(share),
            source=source,
        )
    low, high = between(*interval)
    return ngettext(
        "{share} of {n} play (95% interval {low} to {high}) looks artificial, from {source}.",
        "{share} of {n} plays (95% interval {low} to {high}) look artificial, from {source}.",
        plays,
        share=percent(share),
        low=low,
        high=high,
        source=source,
    )


def _notes(doubt: int, plays: int, logs: list[dict[str, Any]], stale: list[str]) -> str:
    """Return what qualifies the headline."""
    return sentences(
        gettext("{share} of plays are in doubt.", share=percent(doubt / plays)) if doubt else "",
        _with_doubt(logs) if doubt else "",
        gettext("\u201cNo sign found\u201d doesn't mean that people listened."),
        gettext(
            "The plays of {logs} have changed since the analysis. Run 'phonoscope plays --into "
            "CATALOGUE' again.",
            logs=", ".join(printable(one) for one in stale),
        )
        if stale
        else "",
    )


def _with_doubt(logs: list[dict[str, Any]]) -> str:
    """Return the share with plays in doubt; several logs, and older analyses, have none."""
    row = logs[0]
    if len(logs) > 1 or any(
        row[name] is None for name in ("doubt_share", "doubt_low", "doubt_high")
    ):
        return ""
    low, high = between(row["doubt_low"], row["doubt_high"])
    return gettext(
        "If all of them are artificial, it is {share} of plays (95% interval {low} to {high}).",
        share=percent(row["doubt_share"]),
        low=low,
        high=high,
    )


def _stale(catalogue: QuerySession, logs: list[dict[str, Any]]) -> list[str]:
    """Return the logs whose plays have changed since the analysis."""
    listens = catalogue.table("listens")
    now = listens.group_by("source").agg(plays=listens.count()).to_pyarrow().to_pylist()
    plays = {row["source"]: row["plays"] for row in now}
    return [row["source"] for row in logs if plays.get(row["source"]) != row["plays"]]


def _interval(logs: list[dict[str, Any]]) -> Interval | None:
    """Return the interval of all plays; several logs have only their own intervals."""
    return Interval(logs[0]["share_low"], logs[0]["share_high"]) if len(logs) == 1 else None


def _doubt(logs: list[dict[str, Any]]) -> Interval | None:
    """Return the interval of the share with plays in doubt, like :func:`_interval`."""
    low, high = logs[0]["doubt_low"], logs[0]["doubt_high"]
    return Interval(low, high) if len(logs) == 1 and None not in (low, high) else None


def _certainty(logs: list[dict[str, Any]]) -> str:
    ends = []
    for row in logs[:3]:
        low, high = between(row["share_low"], row["share_high"])
        share = percent(row["artificial_share"])
        ends.append(
            gettext(
                "{share} in {log} (95% interval {low} to {high})",
                share=share,
                log=printable(row["source"]),
                low=low,
                high=high,
            )
            if len(logs) > 1
            else gettext("{share} (95% interval {low} to {high})", share=share, low=low, high=high)
        )
    more = ngettext(
        "The table below has {n} more log.", "The table below has {n} more logs.", len(logs) - 3
    )
    return sentences(
        gettext("{shares}.", shares=joined(ends)),
        more if len(logs) > 3 else "",
        gettext(
            "The intervals treat groups and single accounts as a random sample. Their upper ends "
            "count plays in doubt as artificial. They don't include attacks without any sign; "
            "docs/plays.md says how many are found."
        ),
    )


def _logs(logs: list[dict[str, Any]]) -> ResultTable:
    columns = (
        ResultColumn("source", gettext("Log"), "text"),
        ResultColumn("plays", gettext("Plays")),
        ResultColumn("artificial_share", gettext("Artificial"), "share"),
        ResultColumn("share_low", gettext("At least"), "share"),
        ResultColumn("share_high", gettext("At most"), "share"),
        ResultColumn("artificial_accounts", gettext("Artificial accounts")),
        ResultColumn("accounts", gettext("All accounts")),
        ResultColumn("undecided_plays", gettext("Plays in doubt")),
        ResultColumn("undecided_accounts", gettext("Accounts in doubt"), on_page=False),
        ResultColumn("artificial_tracks", gettext("Tracks with artificial plays"), on_page=False),
    )
    rows = tuple(tuple(_cell(row[c.name]) for c in columns) for row in logs[:LISTED_AT_MOST])
    return ResultTable("logs", gettext("Logs"), columns, rows, len(logs))


def _cell(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _groups(catalogue: QuerySession) -> ResultTable:
    groups = catalogue.table("play_groups")
    total = groups.count().to_pyarrow().as_py()
    most = groups.order_by([groups.plays.desc(), "source", "group_id"]).limit(LISTED_AT_MOST)
    columns = (
        ResultColumn("group_id", gettext("Group")),
        ResultColumn("verdict", gettext("Verdict"), "text"),
        ResultColumn("accounts", gettext("Accounts")),
        ResultColumn("why", gettext("Strongest signals"), "text"),
        ResultColumn("score", gettext("Score"), "decimal", on_page=False),
        ResultColumn("tracks", gettext("Tracks"), on_page=False),
        ResultColumn("plays", gettext("Plays"), on_page=False),
        ResultColumn("reasons", gettext("All signals"), "text", on_page=False),
        ResultColumn("source", gettext("Log"), "text", on_page=False),
    )
    rows = []
    for row in most.to_pyarrow().to_pylist():
        says = row["reasons"]
        cells = {**row, "why": "; ".join(says[:SHOWN]), "reasons": "; ".join(says)}
        rows.append(tuple(_cell(cells[column.name]) for column in columns))
    return ResultTable(
        "groups", gettext("Groups"), columns, tuple(rows), total, _rest(catalogue, "play_groups")
    )


def _rest(catalogue: QuerySession, table: str) -> str:
    """Return the command that lists a whole table."""
    where = shlex.quote(printable(str(catalogue.path)))
    return f"phonoscope sql {where} 'from {table}' --format csv"


def _described(catalogue: QuerySession) -> ir.Table:
    """Return played tracks with their plays and metadata."""
    played, tracks = catalogue.table("played_tracks"), catalogue.table("tracks")
    known = tracks.semi_join(played, "track_id")
    known = known.group_by("track_id").agg(
        name=known.name.min(),
        artist=known.artist_names.min(),
        label=known.label.min(),
        declared=known.declared_generated.any(),
    )
    return played.left_join(known, "track_id").drop("track_id_right")


def _by_label(catalogue: QuerySession) -> list[dict[str, Any]]:
    played = catalogue.cached(_described)
    known = played.filter(played.label.notnull())
    each = _summed(known.group_by("label"), known)
    rows = each.order_by([each.artificial.desc(), "label"]).limit(LISTED_AT_MOST)
    return [{**row, "what": printable(row["label"])} for row in _with_intervals(rows)]


def _by_making(catalogue: QuerySession) -> list[dict[str, Any]]:
    """Return plays of tracks that are declared or detected as machine-made, and of the others."""
    played = catalogue.cached(_described)
    found = []
    stated = played.filter(played.declared.notnull())
    each = _summed(stated.group_by("declared"), stated).order_by("declared")
    for row in _with_intervals(each):
        found.append({**row, "what": _MAKING["declared", bool(row["declared"])]})
    if is_weighed(catalogue):
        scored = played.inner_join(catalogue.cached(_scored), "track_id")
        each = _summed(scored.group_by("detected"), scored).order_by("detected")
        for row in _with_intervals(each):
            found.append({**row, "what": _MAKING["detected", bool(row["detected"])]})
    return found


def _scored(catalogue: QuerySession) -> ir.Table:
    """Return tracks with scored recordings, and whether one was detected as generated."""
    linked = links(
        catalogue.table("recordings"), catalogue.table("files"), catalogue.table("tracks")
    )
    verdicts = catalogue.table("verdicts")
    clear = verdicts.filter(
        verdicts.verdict.isin(["generated", "partly-generated", "no-sign-found"])
    )
    pairs = linked.inner_join(clear.select("recording_id", "verdict"), "recording_id")
    return pairs.group_by("track_id").agg(detected=(pairs.verdict != "no-sign-found").any())


def _summed(grouped: GroupedTable, rows: ir.Table) -> ir.Table:
    return grouped.agg(
        tracks=rows.count(),
        plays=rows.plays.sum(),
        artificial=rows.artificial_plays.sum(),
        squares=(rows.plays.cast("float64") * rows.plays).sum(),
    )


def _with_intervals(rows: ir.Table) -> list[dict[str, Any]]:
    found = []
    for row in rows.to_pyarrow().to_pylist():
        plays, artificial = int(row["plays"]), int(row["artificial"])
        units = plays**2 / row["squares"]
        low, high = unit_intervals(artificial / plays, units)
        shares = {"share": artificial / plays, "low": float(low), "high": float(high)}
        found.append({**row, "plays": plays, "artificial": artificial, "units": units, **shares})
    return found


def _shares(name: str, title: str, rows: list[dict[str, Any]]) -> tuple[ResultTable, ...]:
    """Return shares as a table; none without rows."""
    if not rows:
        return ()
    columns = (
        ResultColumn("what", gettext("Label") if name == "labels" else gettext("Tracks"), "text"),
        ResultColumn("tracks", gettext("Tracks played")),
        ResultColumn("plays", gettext("Plays")),
        ResultColumn("share", gettext("Artificial"), "share"),
        ResultColumn("low", gettext("At least"), "share"),
        ResultColumn("high", gettext("At most"), "share"),
        ResultColumn("artificial", gettext("Artificial plays"), on_page=False),
    )
    cells = tuple(tuple(row[column.name] for column in columns) for row in rows)
    return (ResultTable(name, title, columns, cells),)


def _chart(rows: list[dict[str, Any]], overall: float) -> Chart | None:
    """Draw the shares above 0, and those of declared or detected tracks."""
    drawn = [r for r in rows if r["artificial"] or "label" not in r][:DRAWN]
    if not any(row["artificial"] for row in drawn):
        return None
    groups = [
        Estimated(
            row["what"],
            row["share"],
            row["low"],
            row["high"],
            row["units"] >= FEWEST_TRACKS,
            ngettext(
                "{label}: {share} of {n} play",
                "{label}: {share} of {n} plays",
                row["plays"],
                label=row["what"],
                share=percent(row["share"]),
            ),
        )
        for row in drawn
    ]
    alt = gettext(
        "Share of plays that look artificial, with 95% intervals. {first}; all plays: {share}.",
        first=groups[0].text,
        share=percent(overall),
    )
    return below_each_other(groups, alt=alt, label_px=190, title=AXIS)


_OF_TRACKS = {
    "artificial": ("tracks", gettext("Tracks with artificial plays")),
    "undecided": ("undecided_tracks", gettext("Tracks in doubt")),
}


def _tracks(catalogue: QuerySession, verdict: str) -> ResultTable:
    played = catalogue.cached(_described)
    some = played.filter(played.verdict == verdict)
    total = some.count().to_pyarrow().as_py()
    plays = some.artificial_plays if verdict == "artificial" else some.undecided_plays
    most = some.order_by([plays.desc(), "track_id"]).limit(LISTED_AT_MOST)
    shown = verdict == "artificial"
    columns = (
        ResultColumn("name", gettext("Track"), "text"),
        ResultColumn("artist", gettext("Artist"), "text"),
        ResultColumn("plays", gettext("Plays")),
        ResultColumn("undecided_plays", gettext("Plays in doubt"), on_page=not shown),
        ResultColumn("artificial_share", gettext("Artificial"), "share", on_page=shown),
        ResultColumn("share_low", gettext("At least"), "share", on_page=shown),
        ResultColumn("share_high", gettext("At most"), "share", on_page=shown),
        ResultColumn("accounts", gettext("Accounts")),
        ResultColumn("group_id", gettext("Group")),
        ResultColumn("track_id", gettext("Id"), "text", on_page=False),
        ResultColumn("source", gettext("Log"), "text", on_page=False),
    )
    rows = []
    for row in most.to_pyarrow().to_pylist():
        named = {**row, "name": row["name"] or row["track_id"], "artist": row["artist"] or ""}
        rows.append(tuple(_cell(named[column.name]) for column in columns))
    name, title = _OF_TRACKS[verdict]
    return ResultTable(name, title, columns, tuple(rows), total, _rest(catalogue, "played_tracks"))


def _accounts(catalogue: QuerySession) -> ResultTable:
    """Return the accounts in doubt with their reasons; those of groups share the group's."""
    listeners = catalogue.table("listeners")
    some = listeners.filter(listeners.verdict == "undecided")
    total = some.count().to_pyarrow().as_py()
    most = some.order_by([some.undecided_plays.desc(), "user_hash"]).limit(LISTED_AT_MOST)
    columns = (
        ResultColumn("user_hash", gettext("Account"), "text"),
        ResultColumn("plays", gettext("Plays")),
        ResultColumn("undecided_plays", gettext("Plays in doubt")),
        ResultColumn("group_id", gettext("Group")),
        ResultColumn("why", gettext("Strongest signals"), "text"),
        ResultColumn("score", gettext("Score"), "decimal", on_page=False),
        ResultColumn("reasons", gettext("All signals"), "text", on_page=False),
        ResultColumn("source", gettext("Log"), "text", on_page=False),
    )
    rows = []
    for row in most.to_pyarrow().to_pylist():
        says = row["reasons"] or []
        cells = {**row, "why": " ".join(says[:SHOWN]), "reasons": " ".join(says)}
        rows.append(tuple(_cell(cells[column.name]) for column in columns))
    return ResultTable(
        "undecided_accounts", gettext("Accounts in doubt"), columns, tuple(rows), total,
        _rest(catalogue, "listeners"),
    )  # fmt: skip
