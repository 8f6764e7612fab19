"""The judge of artificial plays counts as one would by hand; FRAUDAR finds what is planted."""

import json
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.playbench.answer import Answer
from bench.playbench.fraudar import blocks, densest
from bench.playbench.judge import Truth
from bench.playbench.log import Log
from bench.playbench.mixes import recipe
from bench.playbench.ours import Ours
from bench.playbench.parts import made_in_parts
from bench.plays import main

ACCOUNTS = {
    # kind, group, the tracks played: x is bought by these accounts, p is popular
    "bot-a": ("farm", 0, ["x"] * 30),
    "bot-b": ("farm", 0, ["x"] * 10 + ["p"] * 2),
    "bot-c": ("thin", 1, ["y"] * 3),
    "fan": ("superfan", None, ["x"] * 5),
    "anna": ("ordinary", None, ["p", "q"]),
    "ben": ("ordinary", None, ["p"]),
    "cleo": ("ordinary", None, ["q"]),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "truth").mkdir()
    rows = [(who, track, who.startswith("bot")) for who, (*_, o) in ACCOUNTS.items() for track in o]
    start = datetime(2026, 1, 5)
    plays = {
        "account": [who for who, *_ in rows],
        "track_id": [track for _, track, _ in rows],
        "played_at": [start + timedelta(minutes=n) for n in range(len(rows))],
    }
    bought = [artificial for *_, artificial in rows]
    true = {"account": [*ACCOUNTS, "silent"], "kind": [k for k, *_ in ACCOUNTS.values()] + ["thin"]}
    true["group"] = pa.array([g for _, g, _ in ACCOUNTS.values()] + [1], pa.int32())
    true["plays"] = [len(o) for *_, o in ACCOUNTS.values()] + [0]
    true["artificial_plays"] = [
        len(o) * who.startswith("bot") for who, (*_, o) in ACCOUNTS.items()
    ] + [0]
    tracks = {"track_id": ["x", "y", "p", "q", "z"], "attacked_by": ["farm", "thin", None, None]}
    tracks["attacked_by"].append("thin")
    tracks["plays"] = [sum(row[1] == t for row in rows) for t in tracks["track_id"]]
    tracks["artificial_plays"] = [
        sum(row[1] == t and row[2] for row in rows) for t in tracks["track_id"]
    ]
    for name, table in {
        "plays": plays,
        "tracks": {"track_id": tracks["track_id"]},
        "truth/plays": {"artificial": bought},
        "truth/accounts": true,
        "truth/tracks": tracks,
    }.items():
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
    return Log(folder)


def test_the_judge_counts_as_by_hand(log):
    judged = Truth(log).judged(
        Answer(
            accounts=frozenset({"bot-a", "fan"}),
            tracks=frozenset({"x", "p"}),
            doubted=frozenset({"ben"}),
            artificial_share=0.5,
            track_artificial={"x": 36.0, "p": 4.0},
        )
    )
    # Attackers are bot-a, bot-b, bot-c: one found, two missed, the fan is false.
    assert judged.accounts.counts == (1, 2, 1)
    assert judged.accounts.precision.value == 0.5
    assert judged.accounts.recall.value == pytest.approx(1 / 3)
    assert judged.accounts.f1 == pytest.approx(2 / 5)
    # Attacked and played are x and y: z was never played.
    assert judged.tracks.counts == (1, 1, 1)
    assert (judged.honest.hits, judged.honest.total) == (1, 4)
    found = {kind: (share.hits, share.total) for kind, share in judged.found.items()}
    assert found == {"farm": (1, 2), "thin": (0, 1)}
    flagged = {kind: (share.hits, share.total) for kind, share in judged.flagged.items()}
    assert flagged == {"ordinary": (0, 3), "superfan": (1, 1)}
    doubted = {kind: (share.hits, share.total) for kind, share in judged.doubted.items()}
    assert doubted == {"farm": (0, 2), "thin": (0, 1), "ordinary": (1, 3), "superfan": (0, 1)}
    # 54 plays, 45 of bots; of the 45 plays of x 40 are bought and 36 are said to be.
    assert judged.shares.log_error == pytest.approx(45 / 54 - 0.5)
    assert judged.shares.track_error == pytest.approx(4 / 45)
    low, high = judged.honest.interval
    assert low < 0.25 < high


def test_answers_of_several_logs_add_up(log):
    truth = Truth(log)
    one = truth.judged(Answer(frozenset({"bot-a"}), frozenset()))
    other = truth.judged(Answer(frozenset({"bot-a", "bot-b", "bot-c"}), frozenset({"x", "y"})))
    both = one + other
    assert both.accounts.counts == (4, 2, 0)
    assert both.tracks.counts == (2, 2, 0)
    assert both.accounts.f1 == pytest.approx(8 / 10)
    assert both.found["farm"].hits == 3
    assert both.honest.total == 8
    low, high = both.accounts.f1_interval()
    assert low < 0.8 < high
    assert other.accounts.f1_interval() == (1, 1)


def test_a_group_is_one_unit_and_nothing_has_no_share(log):
    truth = Truth(log)
    nothing = truth.judged(Answer(frozenset(), frozenset()))
    assert sorted(nothing.accounts.units.tolist()) == [[0, 1, 0], [0, 2, 0]]
    assert nothing.accounts.f1 == 0
    assert nothing.accounts.precision.value is None
    assert nothing.accounts.precision.interval is None
    assert nothing.shares.log_error is None


def test_names_that_the_log_does_not_have_are_no_answer(log):
    with pytest.raises(ValueError, match="no account 'stranger'"):
        Truth(log).judged(Answer(frozenset({"bot-a", "stranger"}), frozenset()))


def slow_densest(pairs, weights):
    """Peel as the paper says, computing every weight again at each step."""
    weight = dict(zip(pairs, weights, strict=True))
    nodes = {("a", a) for a, _ in pairs} | {("t", t) for _, t in pairs}
    best, found = -1.0, set()
    while nodes:
        inside = {p: w for p, w in weight.items() if {("a", p[0]), ("t", p[1])} <= nodes}
        density = sum(inside.values()) / len(nodes)
        if density > best + 1e-12:
            best, found = density, set(nodes)
        carried = dict.fromkeys(nodes, 0.0)
        for (a, t), w in inside.items():
            carried["a", a] += w
            carried["t", t] += w
        nodes.remove(min(nodes, key=carried.__getitem__))
    return found


@settings(max_examples=100, deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 9)), min_size=1, max_size=50),
    st.integers(0, 2**32),
)
def test_the_densest_block_is_that_of_peeling_one_by_one(pairs, seed):
    pairs = sorted(pairs)
    # Weights drawn: where two carried the same, the order would be arbitrary.
    weights = np.random.default_rng(seed).uniform(0.2, 1, len(pairs))
    account, track = np.array(pairs).T
    accounts, tracks = densest(account, track, weights)
    found = {("a", n) for n in np.flatnonzero(accounts)} | {
        ("t", n) for n in np.flatnonzero(tracks)
    }
    assert found == slow_densest(pairs, weights)


def test_fraudar_finds_planted_blocks_despite_popular_tracks():
    rng = np.random.default_rng(4)
    others = {
        (int(a), int(t))
        for a, t in zip(
            rng.integers(0, 400, 4000), (1000 * rng.random(4000) ** 2).astype(int), strict=True
        )
    }
    dense = {(400 + a, 1000 + t) for a in range(25) for t in range(25)}
    second = {(425 + a, 1025 + t) for a in range(20) for t in range(12)}
    # Camouflage: the planted accounts play what all accounts play.
    camouflage = {(400 + a, t) for a in range(45) for t in range(5)}
    account, track = np.array(sorted(others | dense | second | camouflage)).T
    found = blocks(account, track, 2)
    assert set(found[0][0].tolist()) == set(range(400, 425))
    assert set(range(1000, 1025)) <= set(found[0][1].tolist()) <= {*range(1000, 1025), *range(5)}
    assert set(found[1][0].tolist()) >= set(range(425, 445))


@pytest.mark.slow
def test_all_systems_are_asked_and_judged(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bench.playbench.forest.TREES", 20)
    asked_of(tmp_path, monkeypatch, "fraudar,forest,unseen", training=2)
    printed = json.loads((tmp_path / "results.json").read_text())
    forest = printed["results"]["many"]["random forest"]
    assert forest["accounts"]["found"] > 0
    assert set(printed["unseen"]) == {"farm", "thin", "camouflage", "hijack", "ramp"}


@pytest.mark.slow
def test_what_is_missing_is_named_and_the_rest_is_judged(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bench.playbench.ours.PLAY_LOGS", "not_there")
    asked_of(tmp_path, monkeypatch, "phonoscope,fraudar")
    printed = json.loads((tmp_path / "results.json").read_text())
    assert set(printed["missing"]) == {"phonoscope"}
    assert set(printed["results"]["many"]) == {"FRAUDAR"}
    fraudar = printed["results"]["many"]["FRAUDAR"]
    attackers = sum(share["total"] for share in fraudar["found"].values())
    accounts = fraudar["accounts"]
    assert accounts["found"] + accounts["missed"] == attackers > 0
    low, high = fraudar["honest_flagged"]["interval"]
    assert low <= fraudar["honest_flagged"]["share"] <= high
    said = capsys.readouterr().out
    assert "phonoscope: not measured" in said
    assert "camouflage (a)" in said


def asked_of(folder, monkeypatch, systems, training=1):
    monkeypatch.setattr("bench.plays.TRAINING", ("many",) * training)
    small = ["--plays", "20000", "--seeds", "1", "--mixes", "many", "--systems", systems]
    main([*small, "--json", str(folder / "results.json")])


@pytest.mark.slow
def test_a_log_in_parts_shares_no_account_and_no_track(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.playbench.parts.PART", 20_000)
    rows = made_in_parts(40_000, 2, tmp_path)
    ask = duckdb.connect()
    for name in ("plays", "tracks"):
        ask.execute(f"CREATE VIEW {name} AS FROM '{tmp_path}/{name}/*.parquet'")
    assert ask.execute("SELECT count(*) FROM plays").fetchone() == (rows,)
    for column in ("account", "track_id"):
        starts = f"SELECT DISTINCT left({column}, 4) FROM plays ORDER BY 1"
        assert ask.execute(starts).fetchall() == [("000-",), ("001-",)]
    lost = "SELECT count(*) FROM plays ANTI JOIN tracks USING (track_id)"
    assert ask.execute(lost).fetchone() == (0,)


@pytest.mark.parametrize("mix", ["plain", "plain-deaf"])
def test_another_simulators_attackers_are_found_and_no_honest_account(tmp_path, mix):
    log = recipe(mix, 400_000, 5).made(tmp_path / "log")
    truth = Truth(log)
    with log.asked() as ask:
        (sums,) = ask.sql("select count(*), count(distinct account) from plays").fetchall()
    assert sums == (truth.plays.sum(), len(truth.account)) == (log.rows, len(truth.account))
    judged = truth.judged(Ours().answer(log))
    assert judged.honest.hits == 0
    assert judged.accounts.f1 > 0.8
    assert judged.tracks.f1 > 0.8
