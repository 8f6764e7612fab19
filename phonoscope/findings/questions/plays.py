"""Who listens: plays that people did not make, by whom, of which tracks, for whom."""

from __future__ import annotations

import shlex
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
from phonoscope.text import between, counted, joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.expr.types.groupby import GroupedTable

FEWEST_TRACKS = 5
"""Effective tracks of a label from which on its share is drawn."""
DRAWN = 12
SHOWN = 2
"""Reasons of a group that a page shows; its table and JSON have all."""
AXIS = "artificial share of plays"
NOT_WEIGHED = (
    "No plays were weighed here: phonoscope plays LOG --into this catalogue reads a log of who "
    "played what, and weighs it."
)


@finding(
    name="plays",
    title="Artificial plays",
    question="Who is really listening?",
    needs={
        "plays_summary": ("artificial_plays",),
        "played_tracks": ("artificial_plays",),
        "play_groups": ("reasons",),
        "tracks": ("label", "declared_generated"),
        "listens": ("track_id",),
    },
)
def plays(catalogue: QuerySession) -> Answer:
    """Tell what plays came to, for every log that was weighed.

    Method
    ------
    Accounts that meet at several tracks which hardly anybody else plays are joined to groups;
    of groups, and of accounts by themselves, reasons are added up in points: plays that end as
    soon as they count or are never skipped, tracks played all alike, the same track begun in
    the same minute, accounts that differ as dice do, no pause for days, networks of their own.
    From 4.5 points on plays are taken for artificial, from 2.5 on they are in doubt
    (docs/plays.md; after CopyCatch, WWW 2013, and FRAUDAR, KDD 2016). Intervals are Wilson's
    for the effective number of units (Kish 1965): tracks for a label, accounts and groups for
    all plays.

    Caveats
    -------
    An artificial play does not say who bought it: rivals, playlists and distributors do, and
    the artist may not know. An account may be a person's whose password was sold. Shops and
    sleepers look like programs and are in doubt at most; whoever copies people's listening is
    not found. Error rates were measured on simulated logs only; intervals do not hold them.
    """
    logs = catalogue.table("plays_summary").order_by("source").to_pyarrow().to_pylist()
    if not logs:
        return cannot_tell(NOT_WEIGHED)
    plays = sum(row["plays"] for row in logs)
    artificial = sum(row["artificial_plays"] for row in logs)
    accounts = Share(sum(r["artificial_accounts"] for r in logs), sum(r["accounts"] for r in logs))
    tracks = Share(sum(r["artificial_tracks"] for r in logs), sum(r["tracks"] for r in logs))
    doubt = sum(row["undecided_plays"] for row in logs)
    made, labels = _by_making(catalogue), _by_label(catalogue)
    found = f"{percent(artificial / plays)} of {counted(plays, 'play')} are taken for artificial"
    by = f"by {counted(accounts.hits, 'account')}, of {counted(tracks.hits, 'track')}"
    return Answer(
        headline=f"{found}: {by}." if artificial else _nothing(plays, doubt),
        note=_notes(doubt, plays, _stale(catalogue, logs)),
        certainty=_certainty(logs),
        figures=(
            Figure("artificial_plays_share", artificial / plays, "share", _interval(logs), plays),
            Figure("artificial_plays", artificial, "plays", None, plays),
            Figure("undecided_plays", doubt, "plays", None, plays),
            accounts.figure("artificial_accounts_share"),
            tracks.figure("artificial_tracks_share"),
        ),
        chart=_chart([*made, *labels], artificial / plays),
        tables=(
            _logs(logs),
            _groups(catalogue),
            *_shares("made", "Machine-made and other tracks", made),
            *_shares("labels", "Labels", labels),
            _tracks(catalogue),
        ),
        claim=f"{found}" if artificial else "",
    )


def _nothing(plays: int, doubt: int) -> str:
    rest = f"; {percent(doubt / plays)} are in doubt" if doubt else ""
    return f"Of {counted(plays, 'play')} none is taken for artificial{rest}."


def _notes(doubt: int, plays: int, stale: list[str]) -> str:
    """Return what belongs to the headline but is not in it."""
    notes = ["No sign found does not mean that people listen."]
    if doubt:
        notes.insert(0, f"{percent(doubt / plays)} of the plays are in doubt.")
    if stale:
        named = joined([printable(one) for one in stale])
        notes.append(f"More was read of {named} since: phonoscope plays --into weighs it again.")
    return " ".join(notes)


def _stale(catalogue: QuerySession, logs: list[dict[str, Any]]) -> list[str]:
    """Return the logs of which there are other plays now than were weighed."""
    listens = catalogue.table("listens")
    now = listens.group_by("source").agg(plays=listens.count()).to_pyarrow().to_pylist()
    plays = {row["source"]: row["plays"] for row in now}
    return [row["source"] for row in logs if plays.get(row["source"]) != row["plays"]]


def _interval(logs: list[dict[str, Any]]) -> Interval | None:
    """Return the interval of all plays; of several logs there is none but their own."""
    return Interval(logs[0]["share_low"], logs[0]["share_high"]) if len(logs) == 1 else None


def _certainty(logs: list[dict[str, Any]]) -> str:
    says = []
    for row in logs[:3]:
        low, high = between(row["share_low"], row["share_high"])
        of = f" of {printable(row['source'])}" if len(logs) > 1 else ""
        says.append(f"{percent(row['artificial_share'])}{of} ({low} to {high})")
    more = f" and {counted(len(logs) - 3, 'more log')} below" if len(logs) > 3 else ""
    return (
        f"{'; '.join(says)}{more}: 95% intervals that take groups and other accounts for drawn "
        "from many. Whether they were rightly judged is not in them; docs/plays.md has error rates."
    )


def _logs(logs: list[dict[str, Any]]) -> ResultTable:
    columns = (
        ResultColumn("source", "Log", "text"),
        ResultColumn("plays", "Plays"),
        ResultColumn("artificial_share", "Artificial", "share"),
        ResultColumn("share_low", "from", "share"),
        ResultColumn("share_high", "to", "share"),
        ResultColumn("artificial_accounts", "Artificial accounts"),
        ResultColumn("accounts", "of accounts"),
        ResultColumn("undecided_plays", "Plays in doubt"),
        ResultColumn("undecided_accounts", "Accounts in doubt", on_page=False),
        ResultColumn("artificial_tracks", "Tracks concerned", on_page=False),
    )
    rows = tuple(tuple(_cell(row[c.name]) for c in columns) for row in logs[:LISTED_AT_MOST])
    return ResultTable("logs", "Logs", columns, rows, len(logs))


def _cell(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _groups(catalogue: QuerySession) -> ResultTable:
    groups = catalogue.table("play_groups")
    total = groups.count().to_pyarrow().as_py()
    most = groups.order_by([groups.plays.desc(), "source", "group_id"]).limit(LISTED_AT_MOST)
    columns = (
        ResultColumn("group_id", "Group"),
        ResultColumn("verdict", "Verdict", "text"),
        ResultColumn("accounts", "Accounts"),
        ResultColumn("why", "Strongest reasons", "text"),
        ResultColumn("score", "Score", "decimal", on_page=False),
        ResultColumn("tracks", "Tracks", on_page=False),
        ResultColumn("plays", "Plays", on_page=False),
        ResultColumn("reasons", "All reasons", "text", on_page=False),
        ResultColumn("source", "Log", "text", on_page=False),
    )
    rows = []
    for row in most.to_pyarrow().to_pylist():
        says = row["reasons"]
        cells = {**row, "why": "; ".join(says[:SHOWN]), "reasons": "; ".join(says)}
        rows.append(tuple(_cell(cells[column.name]) for column in columns))
    return ResultTable(
        "groups", "Groups", columns, tuple(rows), total, _rest(catalogue, "play_groups")
    )


def _rest(catalogue: QuerySession, table: str) -> str:
    """Return the command that lists a table whole."""
    where = shlex.quote(printable(str(catalogue.path)))
    return f"phonoscope sql {where} 'from {table}' --format csv"


def _described(catalogue: QuerySession) -> ir.Table:
    """Return tracks that were played, with plays and what a catalogue says of them."""
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
    """Return what is declared machine-made, what is detected as such, and the rest of each."""
    played = catalogue.cached(_described)
    found = []
    stated = played.filter(played.declared.notnull())
    each = _summed(stated.group_by("declared"), stated).order_by("declared")
    for row in _with_intervals(each):
        says = "declared machine-made" if row["declared"] else "not declared machine-made"
        found.append({**row, "what": says})
    if is_weighed(catalogue):
        heard = played.inner_join(catalogue.cached(_heard), "track_id")
        each = _summed(heard.group_by("detected"), heard).order_by("detected")
        for row in _with_intervals(each):
            says = "detected as machine-made" if row["detected"] else "no sign found of a machine"
            found.append({**row, "what": says})
    return found


def _heard(catalogue: QuerySession) -> ir.Table:
    """Return tracks whose recordings were weighed, and whether one was detected as generated."""
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
    """Return shares as a table; none when there is nothing to tell them apart by."""
    if not rows:
        return ()
    columns = (
        ResultColumn("what", "Label" if name == "labels" else "Tracks", "text"),
        ResultColumn("tracks", "Tracks played"),
        ResultColumn("plays", "Plays"),
        ResultColumn("share", "Artificial", "share"),
        ResultColumn("low", "from", "share"),
        ResultColumn("high", "to", "share"),
        ResultColumn("artificial", "Artificial plays", on_page=False),
    )
    cells = tuple(tuple(row[column.name] for column in columns) for row in rows)
    return (ResultTable(name, title, columns, cells),)


def _chart(rows: list[dict[str, Any]], overall: float) -> Chart | None:
    """Draw the shares that have any, or that are to be compared."""
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
            f"{row['what']}: {percent(row['share'])} of {counted(row['plays'], 'play')}",
        )
        for row in drawn
    ]
    alt = (
        f"Share of plays taken for artificial, with 95% intervals: {groups[0].text}; "
        f"{percent(overall)} of all plays."
    )
    return below_each_other(groups, alt=alt, label_px=190, title=AXIS)


def _tracks(catalogue: QuerySession) -> ResultTable:
    played = catalogue.cached(_described)
    some = played.filter(played.verdict == "artificial")
    total = some.count().to_pyarrow().as_py()
    most = some.order_by([some.artificial_plays.desc(), "track_id"]).limit(LISTED_AT_MOST)
    columns = (
        ResultColumn("name", "Track", "text"),
        ResultColumn("artist", "Artist", "text"),
        ResultColumn("plays", "Plays"),
        ResultColumn("artificial_share", "Artificial", "share"),
        ResultColumn("share_low", "from", "share"),
        ResultColumn("share_high", "to", "share"),
        ResultColumn("accounts", "Accounts"),
        ResultColumn("group_id", "Group"),
        ResultColumn("track_id", "Id", "text", on_page=False),
        ResultColumn("source", "Log", "text", on_page=False),
    )
    rows = []
    for row in most.to_pyarrow().to_pylist():
        named = {**row, "name": row["name"] or row["track_id"], "artist": row["artist"] or ""}
        rows.append(tuple(_cell(named[column.name]) for column in columns))
    return ResultTable(
        "tracks",
        "Tracks with artificial plays",
        columns,
        tuple(rows),
        total,
        _rest(catalogue, "played_tracks"),
    )
