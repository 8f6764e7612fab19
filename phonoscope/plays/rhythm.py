"""When an account plays: how much, at which hours, how long without a pause, how evenly.

None of this is evidence of a program on its own. A shop plays twelve hours a day, a person who is
asleep plays the same sound at even intervals all night, and a family plays at all hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from phonoscope.catalogue.backend import microseconds
from phonoscope.columns import column, columns_in

PAUSE_S = 4 * 3600.0
"""A pause in which someone can sleep."""
SHORT_MS = (30_000, 35_000)
"""Length of plays that end as soon as they count, which is from 30 s on."""


@dataclass(frozen=True)
class PlayTimes:
    """When and how one account plays."""

    source: str = column("As in the table listens.")
    user_hash: str = column("The account, as in the table listens.")
    plays: int = column("Plays.")
    days: int = column("Days (UTC) with a play.")
    plays_a_day: float = column("Plays on each of these days, on average.")
    tracks: int = column("Distinct tracks.")
    hours: int = column("Hours of the day (UTC) with a play, 1 to 24.")
    longest_run_s: float = column(
        "Longest stretch from first to last start of a play without a pause of 4 hours, s."
    )
    short_share: float | None = column(
        "Share of plays of known length that end at 30 to 35 s; empty without any."
    )
    gap_bits: float | None = column(
        "Entropy of the whole seconds between the starts of successive plays without a pause, "
        "bits: 0 when all are equal; empty without any."
    )
    most_countries_a_day: int = column("Most countries on one day.")
    most_networks_a_day: int = column("Most networks on one day.")


def rhythms(listens: ir.Table) -> ir.Table:
    """Return the rhythm of every account.

    Parameters
    ----------
    listens
        Table ``listens`` of a catalogue, on any backend.

    Returns
    -------
    ibis.expr.types.Table
        One row for each account of a source, with the columns of :class:`PlayTimes`. A track, an
        account and a time are one play; plays at the same time are 0 s apart.
    """
    key = ["source", "user_hash"]
    times = listens.select(*key, at_us=microseconds(listens, "listened_utc"))
    found = amounts(listens).join(pauses(times, key), key)
    return found.select(*(each.name for each in columns_in(PlayTimes)))


def amounts(listens: ir.Table) -> ir.Table:
    """Return what is computed for each account without the order of its plays."""
    key = ["source", "user_hash"]
    days = _days(listens, key)
    whole = listens.group_by(key).aggregate(
        plays=listens.count(),
        tracks=listens.track_id.nunique(),
        hours=listens.listened_utc.hour().nunique(),
        short_share=listens.played_ms.between(*SHORT_MS).cast("float64").mean(),
    )
    found = whole.join(days, key)
    return found.mutate(plays_a_day=found.plays / found.days)


def pauses(times: ir.Table, key: list[str]) -> ir.Table:
    """Return what is computed for each account from the order of its plays.

    Parameters
    ----------
    times
        ``at_us``, when a play began, whole microseconds since 1970; and the key.
    key
        Columns that name an account.

    Returns
    -------
    ibis.expr.types.Table
        The key, ``longest_run_s`` and ``gap_bits`` of :class:`PlayTimes`.
    """
    gaps = _gaps(times, key)
    found = _runs(gaps, key).left_join(_entropy(gaps, key), key, rname="_{name}")
    return found.select(*key, "longest_run_s", "gap_bits")


def _days(listens: ir.Table, key: list[str]) -> ir.Table:
    daily = listens.group_by([*key, listens.listened_utc.date().name("day")]).aggregate(
        countries=listens.country.nunique(), networks=listens.ip_hash.nunique()
    )
    return daily.group_by(key).aggregate(
        days=daily.count(),
        most_countries_a_day=daily.countries.max(),
        most_networks_a_day=daily.networks.max(),
    )


def _gaps(times: ir.Table, key: list[str]) -> ir.Table:
    """Return plays with the time since the account's last play, s; empty for the first."""
    before = times.at_us.lag().over(ibis.window(group_by=key, order_by=times.at_us))
    return times.mutate(gap_s=(times.at_us - before) / 1e6)


def _runs(gaps: ir.Table, key: list[str]) -> ir.Table:
    starts = (gaps.gap_s > PAUSE_S).fill_null(False).cast("int64")
    order = ibis.window(group_by=key, order_by=gaps.at_us, preceding=None, following=0)
    runs = gaps.mutate(run=starts.sum().over(order))
    each = runs.group_by([*key, "run"]).aggregate(
        length_s=(runs.at_us.max() - runs.at_us.min()) / 1e6
    )
    return each.group_by(key).aggregate(longest_run_s=each.length_s.max())


def _entropy(gaps: ir.Table, key: list[str]) -> ir.Table:
    near = gaps.filter(gaps.gap_s <= PAUSE_S)
    counts = near.group_by([*key, near.gap_s.floor().cast("int64").name("whole_s")]).aggregate(
        n=near.count()
    )
    total = counts.n.sum()
    inner = (counts.n * counts.n.log2()).sum() / total
    return counts.group_by(key).aggregate(gap_bits=total.log2() - inner)


def table_of(rhythm: ir.Table) -> pa.Table:
    """Return rhythms as an Arrow table, in order of source and account."""
    return rhythm.order_by(["source", "user_hash"]).to_pyarrow()
