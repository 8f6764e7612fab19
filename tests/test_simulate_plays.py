"""The play logs of the benchmarks are what they say, and their truth fits them."""

import hashlib
import io
import json
from contextlib import redirect_stdout

import duckdb
import numpy as np
import pytest

from bench.playlogs.log import as_people_do
from bench.playlogs.simulated import HARDER, MIX, mix_of
from bench.playlogs.world import World
from bench.simulate_plays import main

PLAYS = 300_000


def made_in(folder, *more, plays=PLAYS, seed=1):
    where = ["--plays", str(plays), "--into", str(folder), "--seed", str(seed)]
    said = io.StringIO()
    with redirect_stdout(said):
        main([*where, *more])
    return json.loads(said.getvalue())


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log") / "made"
    facts = made_in(folder)
    ask = duckdb.connect()
    for name in ("plays", "truth/accounts", "truth/tracks"):
        view = name.replace("truth/", "true_")
        ask.execute(f"CREATE TABLE {view} AS SELECT * FROM '{folder}/{name}.parquet'")
    ask.execute(
        f"CREATE TABLE log AS SELECT p.*, t.artificial FROM plays p POSITIONAL JOIN "
        f"'{folder}/truth/plays.parquet' t"
    )
    return folder, facts, lambda query: ask.execute(query).fetchall()


def test_the_truth_adds_up(log):
    folder, facts, ask = log
    about = json.loads((folder / "truth/about.json").read_text())
    (rows,) = ask("select count(*) from plays")[0]
    assert rows == facts["rows"]["plays.parquet"] == about["rows"]["plays.parquet"]
    assert rows == sum(kind["plays"] for kind in about["kinds"].values())
    assert abs(rows / PLAYS - 1) < 0.1
    for id_, table in (("account", "true_accounts"), ("track_id", "true_tracks")):
        wrong = ask(
            f"select count(*) from {table} t left join (select {id_}, count(*) n, "
            f"count(*) filter (artificial) made from log group by 1) l using ({id_}) "
            "where t.plays <> coalesce(n, 0) or t.artificial_plays <> coalesce(made, 0)"
        )
        assert wrong == [(0,)]
    kinds = dict(ask("select kind, count(*) from true_accounts group by 1"))
    assert kinds == {name: kind["accounts"] for name, kind in about["kinds"].items()}
    assert set(kinds) == {"ordinary", *MIX}
    attackers = "'farm', 'thin', 'camouflage', 'hijack', 'ramp'"
    assert ask(
        "select count(*) from true_accounts "
        f"where (kind in ({attackers})) <> (artificial_plays > 0)"
    ) == [(0,)]
    # Only a camouflaged play is artificial on a track that nobody attacks.
    on_others = ask(
        "select distinct kind from log join true_tracks using (track_id) join true_accounts "
        "using (account) where artificial and attacked_by is null order by 1"
    )
    assert on_others == [("camouflage",), ("ramp",)]
    assert ask("select count(*) from true_tracks where attacked_by is not null")[0][0] > 100


def test_shares_of_kinds_are_those_of_the_mix(log):
    _, facts, _ = log
    total = facts["rows"]["plays.parquet"]
    for kind, share in MIX.items():
        # People are whole: of the rarest kinds there are three.
        assert 0.35 < facts["kinds"][kind]["plays"] / total / share < 2.2, kind


def test_people_skip_as_published():
    rng = np.random.default_rng(3)
    n = 200_000
    seconds = as_people_do(np.full(n, 200_000), np.ones(n), rng) / 1000
    for limit_s, share in ((5, 0.2414), (10, 0.2897), (30, 0.3505), (199.9, 0.486)):
        assert (seconds < limit_s).mean() == pytest.approx(share, abs=0.005)


def test_the_tail_of_popularity_is_as_stated():
    world = World(200_000, np.random.default_rng(5))
    weight = np.sort(world.weight)[::-1]
    # A finite catalogue lacks the law's utmost tail, some 1 % of plays at this size.
    assert weight[:400].sum() == pytest.approx(0.494, abs=0.015)
    assert weight[24_000:].sum() == pytest.approx(0.046, abs=0.005)


def test_people_sleep_and_each_kind_is_what_it_says(log):
    _, _, ask = log
    hours = dict(
        ask(
            "select hour(played_at - interval 6 hour), count(*) from log join true_accounts "
            "using (account) where kind = 'ordinary' and country = 'US' group by 1"
        )
    )
    assert hours[4] < 0.35 * hours[18]
    each = {
        kind: facts
        for kind, *facts in ask(
            "select kind, avg(n), avg(tracks / n), avg(short), avg(hours_a_day) from (select "
            "kind, account, count(*) n, count(distinct track_id) tracks, "
            "avg((ms_played between 30000 and 35000)::int) short, "
            "count(distinct date_trunc('hour', played_at)) / 14 hours_a_day "
            "from log join true_accounts using (account) "
            "group by all) group by 1"
        )
    }
    assert each["farm"][2] > 0.9 > 0.2 > each["ordinary"][2]
    assert each["superfan"][1] < 0.75 * each["ordinary"][1]
    assert each["sleeper"][1] < 0.3
    assert each["shop"][3] < 16
    assert each["family"][0] > 2 * each["ordinary"][0]
    # One account plays one thing at a time, unless a family or someone else has it too.
    over = ask(
        "select distinct kind from (select kind, played_at + to_milliseconds(ms_played) - "
        "lead(played_at) over (partition by account order by played_at) as over from log join "
        "true_accounts using (account)) where over > to_milliseconds(10) order by 1"
    )
    assert over == [("family",), ("hijack",)]


def test_a_farm_is_in_step_and_thin_plays_are_thin(log):
    _, _, ask = log
    plays = dict(
        ask(
            "select attacked_by, avg(artificial_plays) from true_tracks where attacked_by is not "
            "null and artificial_plays > 0 group by 1"
        )
    )
    assert plays["farm"] > 100
    assert plays["thin"] < 20


HARD = ",".join(f"{kind}=0.03" for kind in HARDER)


def test_harder_kinds_are_what_they_say(tmp_path):
    facts = made_in(tmp_path / "log", "--mix", HARD, "--networks", "shared")
    ask = duckdb.connect()
    for name in ("plays", "truth/accounts", "truth/tracks"):
        view = name.replace("truth/", "true_")
        ask.execute(f"CREATE TABLE {view} AS SELECT * FROM '{tmp_path}/log/{name}.parquet'")
    kinds = facts["kinds"]
    for kind in ("skipper", "drip", "boost", "lone"):
        assert kinds[kind]["artificial"] == kinds[kind]["plays"] > 0, kind
    for kind in ("chain", "fanclub", "study"):
        assert kinds[kind]["artificial"] == 0 < kinds[kind]["plays"], kind
    each = {
        kind: told
        for kind, *told in ask.execute(
            "select kind, avg((ms_played < 30000)::int), count(*) / count(distinct account) / 14, "
            "avg((attacked_by is not null)::int), count(distinct ip_prefix) / count(distinct "
            "account) from plays join true_accounts using (account) join true_tracks "
            "using (track_id) group by 1"
        ).fetchall()
    }
    assert 0.2 < each["skipper"][0] < 0.4
    assert each["chain"][0] == 0
    assert each["study"][0] < 0.25
    assert each["drip"][1] < 30 < each["skipper"][1]
    assert each["lone"][1] > 150
    for kind in ("skipper", "drip", "boost"):
        assert 0.15 < each[kind][2] < 0.7, kind
    for kind in ("chain", "fanclub", "study", "ordinary"):
        assert each[kind][2] < 0.02, kind
    assert each["chain"][3] <= 1
    # People play what is boosted, and rarely what others attack.
    honest = dict(
        ask.execute(
            "select attacked_by, avg(plays - artificial_plays) from true_tracks "
            "where attacked_by is not null group by 1"
        ).fetchall()
    )
    assert honest["boost"] > 10 * honest["skipper"]
    shared = "select ip_prefix, count(distinct account) n from plays group by 1"
    assert ask.execute(f"select median(n) from ({shared})").fetchone()[0] > 10


def test_a_seed_makes_the_same_bytes_and_another_seed_others(tmp_path):
    sums = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        made_in(tmp_path / name, plays=20_000, seed=seed)
        files = sorted((tmp_path / name).rglob("*.parquet"))
        sums.append([hashlib.sha256(f.read_bytes()).hexdigest() for f in files])
        assert len(files) == 5
    assert sums[0] == sums[1]
    assert not set(sums[0]) & set(sums[2])


def test_text_files_hold_the_same_as_parquet(tmp_path):
    for form in ("parquet", "csv", "jsonl"):
        made_in(tmp_path / form, "--as", form, "--mix", "farm=0.1,viral=0", plays=20_000)
    rows = {
        form: duckdb.sql(
            "select account, track_id, epoch(played_at::timestamp)::bigint, ms_played, country, "
            f"device, source, ip_prefix from '{tmp_path}/{form}/plays.{form}' order by all"
        ).fetchall()
        for form in ("parquet", "csv", "jsonl")
    }
    assert rows["csv"] == rows["parquet"] == rows["jsonl"]
    assert duckdb.sql(
        f"select count(*) from '{tmp_path}/csv/truth/accounts.parquet' where kind = 'viral'"
    ).fetchall() == [(0,)]


@pytest.mark.parametrize("text", ["robots=0.1", "farm=2", "lone=0.8", "farm=x", "farm=-1"])
def test_an_impossible_mix_is_refused(text, tmp_path):
    with pytest.raises(ValueError, match=r"."):
        mix_of(text)
    with pytest.raises(SystemExit, match=r"^--mix: "):
        made_in(tmp_path / "x", "--mix", text, plays=20_000)
    assert not (tmp_path / "x").exists()
