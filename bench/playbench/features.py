"""Numbers of each account and each track, for supervised learning; none uses the truth."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.playbench import ours
from bench.playbench.log import Log, once
from phonoscope.plays.rhythm import rhythms

PLAYED = """
CREATE TABLE played AS SELECT account, track_id, artist_name AS artist, played_at, ms_played,
    duration_ms, source, ip_prefix, ms_played < 30000 AS skipped,
    ms_played BETWEEN 30000 AND 35000 AS short, ms_played >= 0.99 * duration_ms AS whole,
    source = 'playlist' AS listed
FROM plays JOIN tracks USING (track_id)
"""
ACCOUNTS = """
WITH known AS (SELECT track_id, ln(count(DISTINCT account)) AS fame FROM played GROUP BY ALL),
most AS (SELECT account, max(n) AS top FROM (
    SELECT account, artist, count(*) AS n FROM played GROUP BY ALL) GROUP BY ALL),
again AS (SELECT account, max(n) AS top FROM (
    SELECT account, track_id, count(*) AS n FROM played GROUP BY ALL) GROUP BY ALL)
SELECT account AS id, avg(skipped::INT) AS skipped, avg(whole::INT) AS whole,
    avg(listed::INT) AS listed, count(DISTINCT source) AS sources,
    any_value(most.top) / count(*) AS top_artist, any_value(again.top) / count(*) AS top_track,
    count(DISTINCT track_id) / count(*) AS variety, count(DISTINCT artist) AS artists,
    avg(fame) AS fame, median(fame) AS median_fame, count(DISTINCT ip_prefix) AS networks
FROM played JOIN known USING (track_id) JOIN most USING (account) JOIN again USING (account)
GROUP BY ALL
"""
TRACKS = """
WITH each AS (SELECT track_id, account, count(*) AS n FROM played GROUP BY ALL),
top AS (SELECT track_id, max(n) AS top FROM each GROUP BY ALL)
SELECT h.track_id AS id, count(*) AS plays, count(DISTINCT h.account) AS accounts,
    count(*) / count(DISTINCT h.account) AS by_account, any_value(top.top) / count(*) AS top,
    avg(h.skipped::INT) AS skipped, avg(h.short::INT) AS short, avg(h.whole::INT) AS whole,
    avg(h.listed::INT) AS listed, count(DISTINCT h.ip_prefix) / count(*) AS networks,
    any_value(h.duration_ms) AS duration_ms, {means}
FROM played h JOIN listeners l ON l.id = h.account JOIN top USING (track_id) GROUP BY ALL
"""


@dataclass(frozen=True)
class Features:
    """One row for each account or track."""

    ids: list[str]
    names: list[str]
    values: NDArray[np.float32]
    """NaN where a number is unknown."""


@once
def features(log: Log) -> tuple[Features, Features]:
    """Return the numbers of accounts and of tracks.

    Accounts have their rhythm (:mod:`phonoscope.plays.rhythm`), the columns of :data:`ACCOUNTS`,
    and all numbers that Phonoscope uses. Tracks have the columns of :data:`TRACKS`, which include
    the means of their listeners, and Phonoscope's numbers.
    """
    evidence = ours.evidence(log)
    of_accounts, of_tracks = ([], []) if evidence is None else ([t.to_pyarrow()] for t in evidence)
    rhythm = rhythms(log.catalogue.table("listens"))
    keyed = rhythm.mutate(id=rhythm.user_hash).drop("source", "user_hash")
    with log.asked() as ask:
        ask.execute(PLAYED)
        found = [keyed.to_pyarrow(), ask.sql(ACCOUNTS).to_arrow_table()]
        accounts = _joined(ask, found + of_accounts)
        ask.register("listeners", accounts)
        means = ", ".join(
            f'avg(l."{name}") AS "listeners_{name}"'
            for name in accounts.column_names
            if name != "id"
        )
        found = [ask.sql(TRACKS.format(means=means)).to_arrow_table()]
        tracks = _joined(ask, found + of_tracks)
    return _matrix(accounts), _matrix(tracks)


def _joined(ask: duckdb.DuckDBPyConnection, tables: list[pa.Table]) -> pa.Table:
    """Return the rows of the first table with the columns of all; repeated names once."""
    whole, *rest = tables
    for table in rest:
        new = [name for name in table.column_names if name not in whole.column_names]
        ask.register("one", whole)
        ask.register("other", table.select(["id", *new]))
        whole = ask.sql("SELECT * FROM one LEFT JOIN other USING (id)").to_arrow_table()
    return whole.sort_by("id")


def _matrix(table: pa.Table) -> Features:
    names = [name for name in table.column_names if name != "id"]
    columns = [
        pc.fill_null(table[name].cast(pa.float64()), float("nan")).to_numpy() for name in names
    ]
    values = np.stack(columns, axis=1).astype(np.float32)
    return Features(table["id"].to_pylist(), names, values)
