"""Groups of any size, drips, loops in long logs, and honest habits that look like neither."""

import random

from tests.helpers.plays import DAYS, analysed, people, play, rows

HOUR_S, DAY_S = 3600, 86_400


def drip(accounts, daily=3, tracks=15, seed=5):
    """Accounts that play three of the same songs a day, each for a minute or more."""
    chance = random.Random(seed)
    return [
        play(
            f"drip-{n}",
            f"drip-song-{chance.randrange(tracks)}",
            day * DAY_S + chance.uniform(7, 24) * HOUR_S,
            chance.randint(31_000, 200_000),
            f"10.77.{n % 250}.0/24",
        )
        for n in range(accounts)
        for day in range(DAYS)
        for _ in range(daily)
    ]


def verdicts(catalogue):
    found = {}
    for account, row in rows(catalogue, "listeners", "user_hash").items():
        found.setdefault(account.partition("-")[0], []).append(row["verdict"])
    return found


def test_a_drip_of_half_of_all_accounts_is_found(tmp_path):
    found = verdicts(analysed(people() + drip(60), tmp_path))
    assert found["drip"].count("artificial") >= 57
    assert set(found["person"]) == {"no-sign-found"}


def test_a_group_that_boosts_hits_is_found_with_half_of_all_accounts(tmp_path):
    """The hits have listeners of their own, who aren't of the group."""
    chance = random.Random(8)
    boost = [
        play(
            f"boost-{n}",
            f"hit-{chance.randrange(8)}",
            day * DAY_S + chance.uniform(7, 24) * HOUR_S,
            chance.randint(31_000, 120_000),
            f"10.78.{n}.0/24",
        )
        for n in range(60)
        for day in range(DAYS)
        for _ in range(25)
    ]
    found = verdicts(analysed(people() + boost, tmp_path))
    assert found["boost"].count("artificial") >= 57
    assert set(found["person"]) == {"no-sign-found"}


def test_only_a_loop_of_days_is_in_doubt_among_people_who_rarely_skip(tmp_path):
    """An album listener, a sleeper, a child with ten songs, one shop; and a loop in a long log."""
    own = [{**one, "account": "looper"} for one in people(1, seed=11)]
    loop = [play("looper", "loop", 5 * DAY_S + turn * 190, 180_000) for turn in range(1_200)]
    habits = {
        "albums": (40, 18, 400),
        "sleeper": (150, 22, 1),
        "child": (30, 15, 10),
        "shop": (200, 8, 90),
    }
    honest = [
        play(name, f"{name}-{(day * daily + turn) % tracks}",
             day * DAY_S + hour * HOUR_S + turn * 200, 198_000)
        for name, (daily, hour, tracks) in habits.items()
        for day in range(DAYS)
        for turn in range(daily)
    ]  # fmt: skip
    catalogue = analysed(people() + own + loop + honest, tmp_path)
    listeners = rows(catalogue, "listeners", "user_hash")
    assert listeners["looper"]["verdict"] == "undecided"
    assert listeners["looper"]["undecided_plays"] == len(loop)
    assert "1,200 times" in listeners["looper"]["reasons"][0]
    tracks = rows(catalogue, "played_tracks", "track_id")
    assert {track for track, row in tracks.items() if row["verdict"] != "no-sign-found"} == {"loop"}
    assert {row["verdict"] for name, row in listeners.items() if name != "looper"} == {
        "no-sign-found"
    }


def with_a_long_tail(everyone, name, accounts, seed):
    """Accounts that listen as people do; some play hundreds of rare tracks, and some only a few."""
    chance = random.Random(seed)
    tail = [
        play(
            f"{name}-{n}",
            f"rare-{chance.randrange(2_500)}",
            chance.uniform(0, DAYS * DAY_S),
            chance.choice((9_000, 200_000, 210_000)),
        )
        for n in range(accounts)
        for _ in range(int(min(1_000, 40 * chance.lognormvariate(0, 2))))
    ]
    return [{**one, "account": one["account"].replace("person", name)} for one in everyone] + tail


def test_accounts_that_swap_plays_are_found_with_half_of_all_accounts(tmp_path):
    """They listen as people do too, so half of the rare tracks of the log seem to be theirs."""
    chance = random.Random(12)
    swaps = [
        play(
            f"swap-{n}",
            f"swapped-{chance.randrange(40)}",
            day * DAY_S + chance.uniform(7, 24) * HOUR_S,
            chance.randint(31_000, 200_000),
            f"10.79.{n}.0/24",
        )
        for n in range(60)
        for day in range(DAYS)
        for _ in range(4)
    ]
    others = with_a_long_tail(people(), "person", 60, seed=13)
    own = with_a_long_tail(people(seed=11), "swap", 60, seed=14)
    unskipped = {f"swap-{n}" for n in range(8)}
    own = [{**one, "ms_played": 200_000} if one["account"] in unskipped else one for one in own]
    catalogue = analysed(others + own + swaps, tmp_path)
    found = verdicts(catalogue)
    # A few play so much else that what they swap is a sliver of it.
    assert found["swap"].count("artificial") >= 54
    assert set(found["person"]) == {"no-sign-found"}
    # Those who rarely skip keep their own plays, because the other members skip as people do.
    tracks = rows(catalogue, "played_tracks", "track_id").values()
    artificial = {row["track_id"]: row["artificial_plays"] for row in tracks}
    assert {name.partition("-")[0] for name, plays in artificial.items() if plays} == {"swapped"}


def test_accounts_of_a_group_that_play_little_are_found_and_fans_of_one_artist_are_not(tmp_path):
    """A quiet account plays a few of the group's tracks; a fan those that are by one artist."""
    chance = random.Random(14)
    tracks = [f"target-{n}" for n in range(24)]
    bots = [
        play(
            f"{'quiet' if n >= 16 else 'bot'}-{n}",
            chance.choice(tracks),
            chance.uniform(0, DAYS * DAY_S),
            chance.randint(31_000, 200_000),
            f"10.80.{n}.0/24",
        )
        for n in range(22)
        for _ in range(8 if n >= 16 else 60)
    ]
    fans = [
        play(f"fan-{n}", f"target-{4 + turn % 5}", (1 + turn) * DAY_S + n * 999, 180_000)
        for n in range(6)
        for turn in range(8)
    ]
    everyone = people() + bots + fans
    number = {track: str(at // 5) for at, track in enumerate(["", *tracks])}
    named = [
        {**one, "track": one["track_id"], "artist": f"A{number.get(one['track_id'], '')}"}
        for one in everyone
    ]
    found = verdicts(analysed(named, tmp_path))
    assert set(found["bot"]) == {"artificial"}
    assert found["quiet"].count("artificial") >= 5
    assert set(found["fan"]) | set(found["person"]) == {"no-sign-found"}
