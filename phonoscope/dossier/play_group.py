"""The content of the dossier of a group of accounts: what it plays, and why it was noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.locations import Locations
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.findings.report import name_of
from phonoscope.messages import gettext
from phonoscope.plays.log import BARELY_MS, COUNTED_MS
from phonoscope.text import joined

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.catalogue.reader import CatalogueReader

FORMAT = "phonoscope-play-group/1"
"""Name and version of the JSON shape."""
MOST_DAYS = 20_000
"""Days with plays that are counted; the first ones."""
LENGTHS_MS = (0, COUNTED_MS, BARELY_MS, 60_000, 120_000, 180_000, 240_000)
"""Where the bins of lengths begin, ms; the last one has no end."""


@dataclass(frozen=True)
class Bin:
    """Plays of the group and of all accounts in one bin."""

    name: str
    group: int
    everyone: int


@dataclass(frozen=True)
class GroupDossier:
    """Everything known about one group of accounts."""

    catalogue: str
    """Its name: the last part of its path."""
    source: str
    """The log; of a path only the last part, unless full paths are asked for."""
    is_whole: bool
    """Whether ``source`` is the whole name."""
    group: dict[str, Any]
    """The row of table ``play_groups``."""
    log: dict[str, Any]
    """The row of table ``plays_summary``."""
    first_utc: datetime | None
    """The group's first play, and its last."""
    last_utc: datetime | None
    counted: int
    """Judged plays that count."""
    days: tuple[tuple[date, int], ...]
    """Judged plays of each day (UTC) with any."""
    hours: tuple[Bin, ...]
    """Plays by hour of the day (UTC)."""
    lengths: tuple[Bin, ...]
    """Plays of known length, by length."""
    accounts: tuple[dict[str, Any], ...]
    """Rows of table ``listeners``, most plays first, with the decision on each."""
    tracks: tuple[dict[str, Any], ...]
    """The tracks of the judged plays, most plays first: ``track_id``, ``name``, ``artist``,
    ``label``, ``plays`` by anyone, ``group_plays``, ``artificial_share``."""

    def to_json(self) -> dict[str, Any]:
        """Return what ``phonoscope dossier --group --json`` prints."""
        return {
            "format": FORMAT,
            "phonoscope_version": phonoscope_version(),
            "catalogue": self.catalogue,
            "source": self.source,
            "group": self.group,
            "log": self.log,
            "first_utc": self.first_utc,
            "last_utc": self.last_utc,
            "counted": self.counted,
            "days": [{"day": day, "plays": plays} for day, plays in self.days],
            "hours": [vars(one) for one in self.hours],
            "lengths": [vars(one) for one in self.lengths],
            "accounts": list(self.accounts),
            "tracks": list(self.tracks),
        }


def group_dossier_of(
    catalogue: CatalogueReader,
    number: int,
    *,
    source: str | None = None,
    full_paths: bool = False,
) -> GroupDossier:
    """Return the dossier of a group.

    Parameters
    ----------
    catalogue
        With analysed plays.
    number
        As in the column ``group_id`` of ``play_groups``.
    source
        The log; needed when several have a group of this number.
    full_paths
        Whether to name the log by its full path.

    Raises
    ------
    UsageError
        When no log has it (``no-such-group``), or several have it (``several-logs``).
    """
    groups = catalogue.table("play_groups")
    rows = groups.filter(groups.group_id == number)
    if source is not None:
        rows = rows.filter(rows.source == source)
    found = rows.order_by("source").drop("scan_id", "batch").to_pyarrow().to_pylist()
    if not found:
        raise UsageError(
            gettext(
                "No analysed log has a group {n}. phonoscope royalties --by group lists them.",
                n=number,
            ),
            code="no-such-group",
        )
    if len(found) > 1:
        raise UsageError(
            gettext(
                "Several logs have a group {n}: {logs}. Choose one with --log.",
                n=number,
                logs=joined([printable(row["source"]) for row in found]),
            ),
            code="several-logs",
        )
    return _made(catalogue, found[0], Locations(full=full_paths))


def _made(catalogue: CatalogueReader, group: dict[str, Any], locations: Locations) -> GroupDossier:
    source = group["source"]
    shown = locations.source(source)
    summary = catalogue.table("plays_summary")
    (log, *_) = _dicts(summary.filter(summary.source == source)) or [{}]
    listens = catalogue.table("listens")
    listens = listens.filter(listens.source == source)
    judged = catalogue.table("judged_plays")
    judged = judged.filter((judged.source == source) & (judged.group_id == group["group_id"]))
    plays = listens.semi_join(judged, ["user_hash", "track_id"])
    whole = plays.aggregate(
        first=plays.listened_utc.min(),
        last=plays.listened_utc.max(),
        counted=(plays.played_ms >= COUNTED_MS).fill_null(True).sum(),
    )
    ((ends),) = whole.to_pyarrow().to_pylist()
    accounts = _accounts(catalogue, source, group["group_id"])
    return GroupDossier(
        name_of(catalogue),
        shown,
        shown == source,
        {**group, "source": shown},
        {**log, "source": shown},
        ends["first"],
        ends["last"],
        ends["counted"] or 0,
        _days(plays),
        _hours(plays, listens),
        _lengths(plays, listens),
        tuple({**account, "source": shown} for account in accounts),
        _tracks(catalogue, source, judged),
    )


def _days(plays: ir.Table) -> tuple[tuple[date, int], ...]:
    each = plays.group_by(day=plays.listened_utc.date()).aggregate(plays=plays.count())
    rows = each.filter(each.day.notnull()).order_by("day").limit(MOST_DAYS)
    return tuple((row["day"], row["plays"]) for row in rows.to_pyarrow().to_pylist())


def _hours(plays: ir.Table, listens: ir.Table) -> tuple[Bin, ...]:
    counts = [_counted(table, table.listened_utc.hour()) for table in (plays, listens)]
    return tuple(Bin(f"{n:02}", *(one.get(n, 0) for one in counts)) for n in range(24))


def _lengths(plays: ir.Table, listens: ir.Table) -> tuple[Bin, ...]:
    """Count plays by length; none when no length is known."""
    counts = []
    for table in (plays, listens):
        known = table.filter(table.played_ms.notnull())
        beyond = sum(
            ((known.played_ms >= begin).cast("int64") for begin in LENGTHS_MS[1:]), start=0
        )
        counts.append(_counted(known, beyond))
    if not counts[1]:
        return ()
    ends = [f"{end // 1000}" for end in LENGTHS_MS[1:]]
    names = [f"{begin // 1000}\u2013{end}" for begin, end in zip(LENGTHS_MS, ends, strict=False)]
    names.append(f"{LENGTHS_MS[-1] // 1000}+")
    return tuple(Bin(name, *(one.get(n, 0) for one in counts)) for n, name in enumerate(names))


def _counted(table: ir.Table, key: Any) -> dict[int, int]:
    rows = table.group_by(key=key).aggregate(n=table.count()).to_pyarrow().to_pylist()
    return {int(row["key"]): row["n"] for row in rows if row["key"] is not None}


def _accounts(catalogue: CatalogueReader, source: str, number: int) -> tuple[dict[str, Any], ...]:
    listeners = catalogue.table("listeners")
    members = listeners.filter((listeners.source == source) & (listeners.group_id == number))
    decided = catalogue.table("play_decisions")
    decided = decided.filter((decided.source == source) & (decided.kind == "account"))
    decided = decided.select("decision", "note", "decided_utc", account=decided.id)
    rows = members.left_join(decided, members.user_hash == decided.account).drop("account")
    return tuple(_dicts(rows.order_by([rows.artificial_plays.desc(), "user_hash"])))


def _tracks(
    catalogue: CatalogueReader, source: str, judged: ir.Table
) -> tuple[dict[str, Any], ...]:
    named = catalogue.table("tracks")
    named = named.group_by("track_id").aggregate(
        name=named.name.min(), artist=named.artist_names.min(), label=named.label.min()
    )
    played = catalogue.table("played_tracks")
    played = played.filter(played.source == source)
    played = played.select("track_id", "plays", "artificial_share", "verdict")
    own = judged.group_by("track_id").aggregate(
        group_plays=judged.plays.sum().fill_null(0), group_accounts=judged.count()
    )
    rows = own.left_join(played, "track_id").drop("track_id_right")
    rows = rows.left_join(named, "track_id").drop("track_id_right")
    return tuple(_dicts(rows.order_by([rows.group_plays.desc(), "track_id"])))


def _dicts(table: ir.Table) -> list[dict[str, Any]]:
    kept = [name for name in table.columns if name not in ("scan_id", "batch")]
    found: list[dict[str, Any]] = table.select(*kept).to_pyarrow().to_pylist()
    return found
