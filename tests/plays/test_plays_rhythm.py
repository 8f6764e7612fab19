"""What plays show of an account's rhythm, against the same counted play by play in Python."""

import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phonoscope as ps
from bench.simulate_plays import main
from phonoscope.columns import columns_in
from phonoscope.plays.rhythm import PlayTimes, rhythms, table_of

START = datetime(2026, 1, 5)


def by_hand(plays):
    """One account's plays, counted one by one."""
    times = sorted(play["listened_utc"] for play in plays)
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    runs = [0.0]
    for gap in gaps:
        runs.append(0.0) if gap > 4 * 3600 else runs.append(runs.pop() + gap)
    counts = Counter(math.floor(gap) for gap in gaps if gap <= 4 * 3600)
    n = sum(counts.values())
    known = [play["played_ms"] for play in plays if play["played_ms"] is not None]
    daily = defaultdict(lambda: (set(), set()))
    for play in plays:
        countries, networks = daily[play["listened_utc"].date()]
        countries.add(play["country"])
        networks.add(play["ip_hash"])
    return {
        "plays": len(plays),
        "days": len(daily),
        "plays_a_day": len(plays) / len(daily),
        "tracks": len({play["track_id"] for play in plays}),
        "hours": len({time.hour for time in times}),
        "longest_run_s": max(runs),
        "short_share": sum(30_000 <= ms <= 35_000 for ms in known) / len(known) if known else None,
        "gap_bits": -sum(c / n * math.log2(c / n) for c in counts.values()) if n else None,
        "most_countries_a_day": max(len(c - {None}) for c, _ in daily.values()),
        "most_networks_a_day": max(len(a - {None}) for _, a in daily.values()),
    }


def check(found, plays):
    accounts = defaultdict(list)
    for play in plays:
        accounts[play["source"], play["user_hash"]].append(play)
    assert [(row["source"], row["user_hash"]) for row in found] == sorted(accounts)
    for row in found:
        expected = by_hand(accounts[row["source"], row["user_hash"]])
        for name, value in expected.items():
            if value is None:
                assert row[name] is None, name
            else:
                assert row[name] == pytest.approx(value, abs=1e-5), name


SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("user_hash", pa.string()),
        ("track_id", pa.string()),
        ("listened_utc", pa.timestamp("us")),
        ("played_ms", pa.int64()),
        ("country", pa.string()),
        ("ip_hash", pa.string()),
    ]
)
PLAY = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["a", "b"]),
        "user_hash": st.sampled_from(["u", "v", "w"]),
        "track_id": st.sampled_from(["s", "t"]),
        "listened_utc": st.integers(0, 3 * 86_400 * 1_000_000).map(
            lambda us: START + timedelta(microseconds=us)
        )
        | st.sampled_from([START, START + timedelta(hours=4), START + timedelta(seconds=30)]),
        "played_ms": st.sampled_from([None, 29_999, 30_000, 35_000, 35_001]),
        "country": st.sampled_from([None, "SE", "DE"]),
        "ip_hash": st.sampled_from([None, "1", "2"]),
    }
)


@settings(max_examples=30, deadline=None)
@given(st.lists(PLAY, max_size=25))
def test_rhythms_are_those_that_are_counted_play_by_play(plays):
    backend = ibis.duckdb.connect()
    backend.con.register("listens", pa.Table.from_pylist(plays, schema=SCHEMA))
    found = table_of(rhythms(backend.table("listens")))
    assert tuple(found.column_names) == tuple(each.name for each in columns_in(PlayTimes))
    check(found.to_pylist(), plays)


def test_a_log_in_a_catalogue_from_end_to_end(tmp_path, capsys):
    main(["--plays", "20000", "--into", str(tmp_path / "log"), "--mix", "farm=0.05"])
    capsys.readouterr()
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    catalogue.plays.ingest(tmp_path / "log" / "plays.parquet", pseudonymise=False)
    found = table_of(rhythms(catalogue.table("listens"))).to_pylist()
    check(found, catalogue.table("listens").to_pyarrow().to_pylist())
    kinds = ibis.duckdb.connect().read_parquet(str(tmp_path / "log" / "truth" / "accounts.parquet"))
    kind_of = {row["account"]: row["kind"] for row in kinds.to_pyarrow().to_pylist()}
    short = defaultdict(list)
    for row in found:
        short[kind_of[row["user_hash"]]].append(row["short_share"])
    # A farm ends its plays as soon as they count; nobody else does.
    assert min(short["farm"]) > 0.9
    assert max(max(some) for kind, some in short.items() if kind not in ("farm", "hijack")) < 0.6
