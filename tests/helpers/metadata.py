"""A flat file of tracks with every trap, and the same rows for a second computation in pandas."""

import random

import pandas as pd

from tests.helpers.sources import write_csv

HEAD = [
    "track_id", "name", "artists", "album_id", "duration_ms", "explicit", "popularity", "plays",
    "isrc", "label", "release_date", "genre", "danceability", "energy", "key", "mode", "valence",
    "tempo", "loudness",
]  # fmt: skip


def rows(count, seed=1, plays=False):
    rng = random.Random(seed)
    return [_row(rng, i, plays) for i in range(count)]


def _row(rng, i, plays):
    year = min(2025, int(1960 + 66 * rng.random() ** 0.4))
    day = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    date = rng.choices(
        [day, str(year), f"{year}-01-01", "2040-06-01", "", "1970-01-01", "soon", day[:7]],
        [60, 8, 6, 1, 3, 2, 1, 4],
    )[0]
    seconds = rng.choice([120, 180, 240]) if rng.random() < 0.06 else rng.gauss(200 - year / 50, 45)
    duration = rng.choices([int(1000 * max(3, seconds)), 0, "", 40_000_000], [95, 2, 2, 1])[0]
    code = f"US{rng.choice('ABC')}Z{rng.randint(1, 9)}{rng.randrange(i // 2 + 3):07}"
    apart = f"US-{code[2:5]}-{code[5:7]}-{code[7:]}"
    isrc = rng.choices([code, code.lower(), "not one", "", apart], [80, 5, 3, 7, 5])[0]
    popularity = rng.choice([0, 0, 0, 5, 9, 10, 49, 50, 71, 100, 101, ""])
    return [
        f"id{i:06}", rng.choice(["Song", "Other", " song "]) + (" 2" if rng.random() < 0.3 else ""),
        rng.choice(["Anna", "Bert"]), f"al{i // 7}", duration,
        rng.choice(["true", "false", ""]), popularity,
        int(rng.paretovariate(0.4)) if plays and rng.random() < 0.97 else "", isrc,
        rng.choice(["Big", "Big", "Mid", f"Own {i % 50}", ""]), date,
        rng.choice(["opera", "rock", ""]),
        round(rng.random(), 3), round(rng.random(), 3), rng.choice([-1, *range(12)]),
        rng.choice([0, 1]), round(rng.random(), 3), rng.choice([0, round(rng.gauss(120, 20), 2)]),
        round(rng.gauss(-9, 3), 2),
    ]  # fmt: skip


def frame(made):
    """The rows as pandas sees them: empty is missing, text otherwise untouched."""
    data = pd.DataFrame(made, columns=HEAD).replace("", None)
    for name in ("duration_ms", "popularity", "plays", "danceability", "energy", "key", "mode",
                 "valence", "tempo", "loudness"):  # fmt: skip
        data[name] = pd.to_numeric(data[name])
    data["year"] = pd.to_numeric(data.release_date.str.extract(r"^(\d{4})(?!\d)")[0])
    return data


def ingested(catalogue, path, made):
    catalogue.ingest(write_csv(path, [HEAD, *made]))
    return catalogue
