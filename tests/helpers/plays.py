"""Small logs of plays, made play by play, and catalogues of them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

import phonoscope as ps

START = datetime(2026, 1, 5)
DAYS = 10


def play(account, track, at_s, played_ms=180_000, ip="192.0.2.0/24"):
    return {
        "account": account,
        "track_id": track,
        "played_at": START + timedelta(seconds=at_s),
        "ms_played": played_ms,
        "ip_prefix": ip,
    }


def people(count=60, seed=1, *, known=True):
    """Accounts with tastes of their own: hits, a few loved tracks, a third of plays skipped."""
    chance = random.Random(seed)
    plays = []
    for n in range(count):
        loved = [f"niche-{chance.randrange(600)}" for _ in range(15)]
        ip = f"10.{n // 250}.{n % 250}.0/24"
        for day in range(DAYS):
            at_s = day * 86_400 + 3600 * chance.uniform(8, 20)
            for _ in range(chance.randrange(4, 12)):
                hit = chance.random() < 0.6
                track = f"hit-{int(40 * chance.random() ** 2)}" if hit else chance.choice(loved)
                skipped = chance.random() < 0.35
                heard_ms = chance.randrange(2_000, 29_000) if skipped else 200_000
                plays.append(play(f"person-{n}", track, at_s, heard_ms if known else None, ip))
                at_s += heard_ms / 1000 + 3
    return plays


def farm(accounts=6, tracks=12, *, name="bot", played_ms=(31_000, 32_000), daily=30, seed=2):
    """Accounts that play the same tracks at their own times, each as often as the others."""
    chance = random.Random(seed)
    plays = []
    for n in range(accounts):
        for day in range(DAYS):
            at_s = day * 86_400 + chance.uniform(0, 80_000)
            for turn in range(daily):
                track = f"{name}-song-{(turn + n) % tracks}"
                heard_ms = chance.randint(*played_ms) if played_ms else None
                plays.append(play(f"{name}-{n}", track, at_s, heard_ms, f"172.16.{n // 4}.0/24"))
                at_s += (heard_ms or 60_000) / 1000 + chance.uniform(0.5, 2)
    return plays


def fans(accounts=8, tracks=10, seed=3):
    """Fans of one little-known artist: favourites among the songs, skips as people skip."""
    chance = random.Random(seed)
    plays = []
    for n in range(accounts):
        for day in range(DAYS):
            at_s = day * 86_400 + 3600 * chance.uniform(9, 20)
            for _ in range(12):
                track = f"band-song-{int(tracks * chance.random() ** 3)}"
                heard_ms = chance.randrange(2_000, 29_000) if chance.random() < 0.25 else 190_000
                plays.append(play(f"fan-{n}", track, at_s, heard_ms, f"10.9.{n}.0/24"))
                at_s += heard_ms / 1000 + 3
    return plays


def shops(accounts=6, tracks=40, seed=4):
    """Shops of one chain: one playlist all day, every track to its end, closed at night."""
    chance = random.Random(seed)
    plays = []
    for n in range(accounts):
        for day in range(DAYS):
            at_s = day * 86_400 + 3600 * 8 + chance.uniform(0, 600)
            for _ in range(120):
                track = f"shop-song-{chance.randrange(tracks)}"
                plays.append(play(f"shop-{n}", track, at_s, 200_000, f"10.8.{n}.0/24"))
                at_s += 201
    return plays


def log_of(plays, path):
    columns = {name: [row[name] for row in plays] for name in plays[0]}
    pq.write_table(
        pa.table({**columns, "ms_played": pa.array(columns["ms_played"], pa.int64())}), path
    )
    return path


def analysed(plays, folder, *, source="log"):
    """A catalogue in which these plays are analysed, their accounts called by name."""
    catalogue = ps.open_catalogue(folder / "catalogue", create=True)
    log = log_of(plays, folder / f"{source}.parquet")
    catalogue.plays.ingest(log, pseudonymise=False, name=source)
    catalogue.plays.analyse(source)
    return catalogue


def rows(catalogue, table, key):
    """The rows of a table by one of its columns."""
    return {row[key]: row for row in catalogue.table(table).to_pyarrow().to_pylist()}
