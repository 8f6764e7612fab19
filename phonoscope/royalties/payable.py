"""Plays with what was decided on them and what they pay, counted by what is asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from phonoscope.catalogue.backend import materialise
from phonoscope.plays.log import COUNTED_MS
from phonoscope.royalties.decisions import PlayDecision
from phonoscope.royalties.rates import DECIMALS, Rates

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.royalties.period import Period

KEYS = ("month", "log", "country", "track", "artist", "label", "account", "group")
"""What plays can be counted by."""
COUNTS = ("plays", "counted", "artificial", "undecided", "withheld", "paid")
UNRATED = "unrated"
AMOUNTS = ("amount", "artificial_amount", "undecided_amount", "withheld_amount", "paid_amount")
_PAID = COUNTS[1:]
"""The counts that amounts are for, in their order."""
_SMALLEST = Decimal(1).scaleb(-DECIMALS)


class Payable:
    """The plays of a period and of the one before, with their verdicts, decisions and rates.

    It reads the plays once, at the start of its context, and adds them up by account, track,
    country and month. Every list is made from these sums, which are dropped at the end.

    Parameters
    ----------
    catalogue
        With analysed plays.
    period
        ``None`` counts all plays; there is nothing before then.
    rates
        ``None`` leaves out all amounts.
    source
        Count only this log.
    """

    def __init__(
        self,
        catalogue: CatalogueReader,
        *,
        period: Period | None,
        rates: Rates | None,
        source: str | None,
    ) -> None:
        self._catalogue, self._rates, self._source = catalogue, rates, source
        self._period = period

    def __enter__(self) -> Self:
        self._sums, self._forget = materialise(self._added_up())
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _added_up(self) -> ir.Table:
        """Return the counts by account, track, country and month; each row has one verdict."""
        plays = self._judged(self._listens(self._period))
        keys = ["source", "user_hash", "track_id", "country", "month", "is_now", "verdict"]
        rows = plays.group_by([*keys, "group_id", "decision"]).aggregate(
            plays=plays.count(), counted=plays.counts.sum()
        )

        def counted_where(condition: ir.BooleanValue) -> ir.Value:
            return condition.fill_null(False).ifelse(rows.counted, 0)

        is_judged = rows.verdict.notnull()
        return rows.mutate(
            artificial=counted_where(rows.verdict == "artificial"),
            undecided=counted_where(rows.verdict == "undecided"),
            withheld=counted_where(is_judged & (rows.decision == PlayDecision.WITHHOLD.value)),
            paid=counted_where(is_judged & (rows.decision == PlayDecision.PAY.value)),
        )

    def _listens(self, period: Period | None) -> ir.Table:
        import ibis  # noqa: PLC0415  (heavy: 0.8 s)

        listens = self._of_log(self._catalogue.table("listens"))
        is_now: ir.Value = ibis.literal(True)
        if period is not None:
            at = listens.listened_utc
            listens = listens.filter(
                at >= ibis.timestamp(period.before.begin.isoformat()),
                at < ibis.timestamp(period.end.isoformat()),
            )
            is_now = listens.listened_utc >= ibis.timestamp(period.begin.isoformat())
        return listens.select(
            "source",
            "track_id",
            "user_hash",
            country=listens.country.strip().upper().fill_null(""),
            month=listens.listened_utc.strftime("%Y-%m"),
            is_now=is_now,
            # A log without lengths says nothing else about what counts.
            counts=(listens.played_ms >= COUNTED_MS).fill_null(True),
        )

    def _of_log(self, table: ir.Table) -> ir.Table:
        return table if self._source is None else table.filter(table.source == self._source)

    def _judged(self, listens: ir.Table) -> ir.Table:
        import ibis  # noqa: PLC0415  (as above)

        judged = self._of_log(self._catalogue.table("judged_plays"))
        judged = judged.select("source", "user_hash", "track_id", "verdict", "group_id")
        rows = listens.left_join(judged, ["source", "user_hash", "track_id"])
        rows = rows.drop(*(name for name in rows.columns if name.endswith("_right")))
        for kind, key in (("account", "user_hash"), ("track", "track_id")):
            decided = self._of_log(self._catalogue.table("play_decisions"))
            decided = decided.filter(decided.kind == kind)
            decided = decided.select(
                "source",
                **{key: decided.id, kind: decided.decision, f"{kind}_utc": decided.decided_utc},
            )
            rows = rows.left_join(decided, ["source", key])
            rows = rows.drop(*(name for name in rows.columns if name.endswith("_right")))
        # The newer of two decisions counts; "open" withdraws one, and the other stays.
        account = rows.account.nullif(PlayDecision.OPEN.value)
        track = rows.track.nullif(PlayDecision.OPEN.value)
        newer = (rows.account_utc >= rows.track_utc).ifelse(account, track)
        decision = ibis.ifelse(
            account.notnull() & track.notnull(), newer, ibis.coalesce(account, track)
        )
        return rows.mutate(decision=decision).drop("account", "account_utc", "track", "track_utc")

    def by(self, key: str) -> ir.Table:
        """Return a table with a row for each value of a key and each currency.

        Its columns: ``key``; for a group or an account ``source`` too; ``currency``; the
        :data:`COUNTS` of the period, with rates also ``unrated`` (counted plays without a rate) and
        the :data:`AMOUNTS`; and those of the period before with the ending ``_before``.

        Parameters
        ----------
        key
            One of :data:`KEYS`.
        """
        return self._summed(self._with_rates(self._with_key(key)), key)

    def units(self) -> ir.Table:
        """Return ``counted``, ``artificial`` and ``undecided`` plays of the period by unit.

        Units are independent of each other: groups, and accounts without one.
        """
        import ibis  # noqa: PLC0415  (as above)

        plays = self._sums.filter(self._sums.is_now)
        listeners = self._of_log(self._catalogue.table("listeners"))
        of_group = listeners.filter(listeners.group_id.notnull())
        of_group = of_group.select("source", "user_hash", unit=of_group.group_id.cast("string"))
        rows = plays.left_join(of_group, ["source", "user_hash"])
        unit = ibis.coalesce(rows.unit, rows.user_hash)
        return rows.group_by("source", is_group=rows.unit.notnull(), unit_key=unit).aggregate(
            **{name: rows[name].sum().cast("int64") for name in COUNTS[1:4]}
        )

    def _with_key(self, key: str) -> ir.Table:
        plays = self._sums
        if key in ("artist", "label"):
            tracks = self._catalogue.table("tracks")
            of_track = tracks.group_by("track_id").aggregate(
                key=(tracks.artist_names if key == "artist" else tracks.label).min()
            )
            joined = plays.left_join(of_track, "track_id")
            return joined.drop("track_id_right")
        column = {"log": "source", "track": "track_id", "account": "user_hash"}.get(key, key)
        if key == "group":
            plays = plays.filter(plays.group_id.notnull())
            return plays.mutate(key=plays.group_id.cast("string"))
        return plays.mutate(key=plays[column])

    def _with_rates(self, counted: ir.Table) -> ir.Table:
        import ibis  # noqa: PLC0415  (as above)

        kind = pa.decimal128(18, DECIMALS)
        where = self._sums.select("source", "country", "month").distinct()
        where = where.to_pyarrow().to_pylist()
        rates = [
            self._rates and self._rates.of(one["source"], one["country"], one["month"])
            for one in where
        ]
        keys = ("source", "country", "month")
        rows = pa.table(
            {
                **{name: pa.array([one[name] for one in where], pa.string()) for name in keys},
                "rate": pa.array([r and r.amount.quantize(_SMALLEST) for r in rates], kind),
                "currency": pa.array([r and r.currency for r in rates], pa.string()),
            }
        )
        rated = counted.left_join(ibis.memtable(rows), ["source", "country", "month"])
        rated = rated.drop(*(name for name in rated.columns if name.endswith("_right")))
        currencies = {r.currency for r in rates if r}
        # Plays without a rate are listed with the others where there is only one currency.
        (usual,) = currencies if len(currencies) == 1 else ("",)
        return rated.mutate(currency=rated.currency.fill_null(usual))

    def _summed(self, rated: ir.Table, key: str) -> ir.Table:
        keys = ["key", *(["source"] if key in ("account", "group") else []), "currency"]
        sums = {}
        for ending, when in (("", rated.is_now), ("_before", ~rated.is_now)):
            for name in COUNTS:
                sums[f"{name}{ending}"] = rated[name].sum(where=when).fill_null(0).cast("int64")
            if self._rates is None:
                continue
            without = rated.counted.sum(where=when & rated.rate.isnull())
            sums[f"{UNRATED}{ending}"] = without.fill_null(0).cast("int64")
            for name, of in zip(AMOUNTS, _PAID, strict=True):
                paid = rated[of].cast("decimal(18, 0)") * rated.rate
                sums[f"{name}{ending}"] = paid.sum(where=when).fill_null(0)
        return rated.group_by(keys).aggregate(**sums)
