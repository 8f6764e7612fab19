"""A statement: what is paid for plays in a period, and how much of it for artificial ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from phonoscope.catalogue.schema.play_results import PLAY_VERDICTS
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.plays.share import Share, Shares, shares
from phonoscope.royalties.payable import AMOUNTS, COUNTS, KEYS, UNRATED, Payable
from phonoscope.text import joined

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.royalties.period import Period
    from phonoscope.royalties.rates import Rates

_JUDGED = {"track": "played_tracks", "account": "listeners", "group": "play_groups"}
_IDS = {"track": "track_id", "account": "user_hash", "group": "group_id"}
_BEFORE = "_before"


@dataclass(frozen=True)
class Total:
    """All plays that are paid in one currency."""

    currency: str
    """Empty without rates, or for plays without one."""
    counts: Mapping[str, int]
    """By name of :data:`.payable.COUNTS`; with rates also ``unrated``."""
    amounts: Mapping[str, Decimal]
    """By name of :data:`.payable.AMOUNTS`; empty without rates."""
    before: Mapping[str, int]
    """The counts of the period before."""
    amounts_before: Mapping[str, Decimal]


@dataclass(frozen=True)
class Statement:
    """What plays are paid for, and how much of it is for artificial and undecided plays.

    Made by :meth:`phonoscope.api.Plays.royalties`.
    """

    by: str
    """What a line is: one of :data:`.payable.KEYS`."""
    logs: tuple[str, ...]
    period: str | None
    """``None``: all plays."""
    period_before: str | None
    rated: bool
    """Whether rates were given."""
    totals: tuple[Total, ...]
    """One for each currency, the largest first; at least one."""
    artificial: Share | None
    """Share of counted plays that are artificial; ``None`` without counted plays."""
    doubt: Share | None
    """The same with undecided plays."""
    lines: pa.Table
    """A row for each value of ``by`` and currency."""

    def to_json(self, most: int | None = None) -> dict[str, Any]:
        """Return what ``phonoscope royalties --json`` prints; amounts are decimal texts."""
        return {
            "format": "phonoscope-royalties/1",
            "by": self.by,
            "logs": list(self.logs),
            "period": self.period,
            "period_before": self.period_before,
            "rated": self.rated,
            "artificial": self.artificial and self.artificial._asdict(),
            "artificial_or_undecided": self.doubt and self.doubt._asdict(),
            "totals": [
                {
                    "currency": total.currency or None,
                    **total.counts,
                    **_texts(total.amounts),
                    "before": {**total.before, **_texts(total.amounts_before)},
                }
                for total in self.totals
            ],
            "lines": [
                {name: _plain(value) for name, value in row.items()}
                for row in self.lines.slice(0, most).to_pylist()
            ],
        }


def statement_of(
    catalogue: CatalogueReader,
    *,
    by: str,
    period: Period | None,
    rates: Rates | None,
    source: str | None,
    everything: bool,
) -> Statement:
    """Return the statement of a catalogue; see :meth:`phonoscope.api.Plays.royalties`.

    Parameters
    ----------
    catalogue
        With analysed plays.
    by, period, rates, source
        As for :class:`.payable.Payable`.
    everything
        List lines without artificial or undecided plays too.

    Raises
    ------
    UsageError
        When plays can't be counted by that (``unknown-key``), or no log has been analysed, or not
        this one (``no-plays``).
    """
    if by not in KEYS:
        raise UsageError(
            gettext(
                "Plays are counted by {keys}, not '{given}'.",
                keys=", ".join(KEYS),
                given=printable(by),
            ),
            code="unknown-key",
        )
    logs = _logs(catalogue, source)
    with Payable(catalogue, period=period, rates=rates, source=source) as payable:
        totals = _totals(payable.by("log").to_pyarrow().to_pylist(), rated=rates is not None)
        found = _shares(payable)
        counted = payable.by(by)
        lines = _lines(catalogue, counted, by, everything=everything, compared=period is not None)
    return Statement(
        by,
        logs,
        None if period is None else period.name,
        None if period is None else period.before.name,
        rates is not None,
        totals,
        found and found.artificial,
        found and found.with_undecided,
        lines,
    )


def _logs(catalogue: CatalogueReader, source: str | None) -> tuple[str, ...]:
    summary = catalogue.table("plays_summary")
    logs = sorted(summary.select("source").to_pyarrow()["source"].to_pylist())
    if not logs or (source is not None and source not in logs):
        raise UsageError(
            gettext(
                "The catalogue has no analysed plays of '{source}'. It has those of {logs}.",
                source=printable(source),
                logs=joined([printable(log) for log in logs]),
            )
            if logs and source is not None
            else gettext(
                "The catalogue has no analysed plays. Read a log with phonoscope plays LOG."
            ),
            code="no-plays",
        )
    return (source,) if source is not None else tuple(logs)


def _totals(rows: Sequence[Mapping[str, Any]], *, rated: bool) -> tuple[Total, ...]:
    """Add up the rows of logs by currency."""
    found = []
    for currency in sorted({row["currency"] for row in rows}) or [""]:
        own = [row for row in rows if row["currency"] == currency]

        def added(names: Sequence[str], ending: str, start: Any, own: Any = own) -> dict[str, Any]:
            return {n: sum((row[n + ending] or start for row in own), start) for n in names}

        counts = (*COUNTS, UNRATED) if rated else COUNTS
        amounts = AMOUNTS if rated else ()
        found.append(
            Total(
                currency,
                added(counts, "", 0),
                added(amounts, "", Decimal(0)),
                added(counts, _BEFORE, 0),
                added(amounts, _BEFORE, Decimal(0)),
            )
        )
    return tuple(sorted(found, key=lambda total: (-total.counts["counted"], total.currency)))


def _shares(payable: Payable) -> Shares | None:
    """Return the artificial share of counted plays, and that with undecided ones."""
    units = payable.units().to_pyarrow()
    return shares(*(units[name].to_numpy() for name in ("counted", "artificial", "undecided")))


def _lines(
    catalogue: CatalogueReader, counted: ir.Table, by: str, *, everything: bool, compared: bool
) -> pa.Table:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rows = counted.filter(counted.plays + counted.plays_before > 0)
    judged = rows.artificial + rows.undecided
    if not everything and by not in ("month", "log"):
        rows = rows.filter(judged > 0)
        judged = rows.artificial + rows.undecided
    decided = rows.withheld + rows.paid
    status = ibis.cases(
        (judged == 0, ibis.null("string")),
        (decided == 0, "open"),
        (rows.withheld == judged, "withhold"),
        (rows.paid == judged, "pay"),
        else_="partly",
    )
    rows = rows.mutate(
        key=rows.key.nullif(""),
        currency=rows.currency.nullif(""),
        status=status,
        artificial_share=rows.artificial / rows.counted.nullif(0),
    )
    rows = _described(catalogue, rows, by)
    rated = "amount" in rows.columns
    most = (*(["artificial_amount"] if rated else []), "artificial", "undecided", "counted")
    rows = rows.order_by(["key"] if by == "month" else [*map(ibis.desc, most), "key"])
    measures = (*COUNTS, UNRATED, *AMOUNTS) if rated else COUNTS
    before = [f"{name}{_BEFORE}" for name in measures] if compared else []
    described = [n for n in ("name", "artist", "label", "source", "verdict") if n in rows.columns]
    reasons = ["reasons"] if "reasons" in rows.columns else []
    shown = rows.select(
        "key", *described, "status", *(["currency"] if rated else []), *measures[: len(COUNTS)],
        "artificial_share", *measures[len(COUNTS) :], *before, *reasons,
    )  # fmt: skip
    return shown.to_pyarrow().rename_columns({"key": by})


def _described(catalogue: CatalogueReader, rows: ir.Table, by: str) -> ir.Table:
    """Add names to tracks, and verdicts with reasons to tracks, accounts and groups."""
    if by == "track":
        tracks = catalogue.table("tracks")
        named = tracks.group_by("track_id").aggregate(
            name=tracks.name.min(), artist=tracks.artist_names.min(), label=tracks.label.min()
        )
        rows = rows.left_join(named, rows.key == named.track_id).drop("track_id")
    if by in _JUDGED:
        keys = ["key"] if by == "track" else ["key", "source"]
        rows = _without_twins(rows.left_join(_verdicts(catalogue, by), keys))
    if by in ("track", "account", "group"):
        rows = _without_twins(rows.left_join(_reasons(catalogue, by), keys))
    return rows


def _verdicts(catalogue: CatalogueReader, by: str) -> ir.Table:
    """Return the strongest verdict on each track, or the verdict on each account or group."""
    import ibis  # noqa: PLC0415  (as above)

    table = catalogue.table(_JUDGED[by])
    ranks = {verdict: rank for rank, verdict in enumerate(PLAY_VERDICTS)}
    rank = ibis.cases(*((table.verdict == v, r) for v, r in ranks.items()), else_=len(ranks) - 1)
    table = table.mutate(key=table[_IDS[by]].cast("string"), rank=rank)
    each = table.group_by(["key"] if by == "track" else ["key", "source"])
    best = each.aggregate(rank=table["rank"].min())
    verdict = ibis.cases(*((best["rank"] == r, v) for v, r in ranks.items()), else_=None)
    return best.mutate(verdict=verdict).drop("rank")


def _reasons(catalogue: CatalogueReader, by: str) -> ir.Table:
    """Return reasons; for a track those of the account that plays it most, of the judged ones."""
    if by != "track":
        table = catalogue.table(_JUDGED[by])
        return table.select(
            "source", key=table[_IDS[by]].cast("string"), reasons=table.reasons.join(" ")
        )
    judged, listeners = catalogue.table("judged_plays"), catalogue.table("listeners")
    why = listeners.select("source", "user_hash", reasons=listeners.reasons.join(" "))
    rows = _without_twins(judged.left_join(why, ["source", "user_hash"]))
    return rows.group_by(key=rows.track_id).aggregate(reasons=rows.reasons.argmax(rows.plays))


def _without_twins(rows: ir.Table) -> ir.Table:
    return rows.drop(*(name for name in rows.columns if name.endswith("_right")))


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: str(_plain(amount)) for name, amount in amounts.items()}


def _plain(value: Any) -> Any:
    """Return a decimal as text without an exponent and without zeros at its end."""
    if not isinstance(value, Decimal):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
