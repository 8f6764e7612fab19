"""Small tables that rows are drawn from, put into a DuckDB connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from bench.synthetic import patterns, planted, published
from bench.synthetic.alias import alias, aliases
from bench.synthetic.plan import Plan, genre_weights, markets
from bench.synthetic.years import FIRST, FUTURE, class_of, explicit_share

WORDS = 4096
GENRE_GROUPS = 3
_COUNTRY_CODES = ("US", "GB", "DE", "FR", "BR", "JP", "QZ", "QM", "SE", "NL", "CA", "AU", "IT",
                  "ES", "MX", "IN", "KR", "TC", "CB", "US")  # fmt: skip
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def put(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Make every lookup table of a plan in a connection."""
    for name, columns in _tables(plan).items():
        # Named apart, so that the table is a copy: joins on it need its statistics.
        connection.register("_given", pa.table(columns))
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM _given")
        connection.unregister("_given")


def _tables(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    return {
        "words": _words(),
        "registrants": _registrants(),
        "album_of": _pattern(plan.album_pattern),
        "album_size": {
            "k": np.arange(100),
            "size": plan.album_pattern.size,
            "big": (plan.album_pattern.size >= patterns.BIG).astype(np.int64),
        },
        "isrc_of": _isrcs(),
        "credit_of": _credits(plan),
        "genre_of": _pattern(patterns.genres()),
        "years": _years(plan),
        "year_drawn": _drawn(plan.years.by_size),
        "duration_drawn": _drawn(plan.durations_by_class),
        "duration_bins": {
            "k": np.arange(len(plan.durations.share)),
            "start_ms": (plan.durations.start_s * 1000).astype(np.int64),
            "width_ms": (plan.durations.width_s * 1000).astype(np.int64),
        },
        "popularity_drawn": _drawn(plan.popularity_by_class),
        "key_drawn": _drawn(np.array([[*published.KEYS_MAJOR, *published.KEYS_MINOR]])),
        "markets": _markets(),
        "market_drawn": _drawn(np.array([[share for share, _, _ in markets()]])),
        **_genres(),
    }


def _drawn(rows: np.ndarray) -> dict[str, Any]:
    keep, other = aliases(rows)
    return {"k": np.arange(len(keep)), "keep": keep, "other": other}


def _pattern(pattern: patterns.Pattern) -> dict[str, Any]:
    return {"k": np.arange(pattern.members), "grp": pattern.group, "member": pattern.member}


def _isrcs() -> dict[str, Any]:
    pattern, state = patterns.isrcs()
    return {
        **_pattern(pattern),
        "state": state[pattern.group],
        "shared": (pattern.size > 1)[pattern.group],
    }


def rank_bounds(plan: Plan, parts: int) -> list[int]:
    """Return the ranks at which artists are cut into parts of equal credits."""
    q, count = plan.long_tail, plan.usual_artists
    return [
        int(count * q * ((1 + 1 / q) ** (part / parts) - 1)) if part < parts else count
        for part in range(parts + 1)
    ]


def _credits(plan: Plan) -> dict[str, Any]:
    """Return the tracks of the pattern's artists, with the ranks that part them.

    Each artist of a track is drawn from another part of the ranks, so that none comes twice.
    """
    pattern = patterns.credits()
    size = pattern.size[pattern.group]
    most = patterns.MOST_CREDITS
    bounds = {n: rank_bounds(plan, n) for n in range(1, most + 1)}
    table = np.array([[*bounds[n], *[plan.artists + 9] * (most - n)] for n in size.tolist()])
    cuts = {f"b{k}": table[:, k] for k in range(most + 1)}
    return {**_pattern(pattern), "size": size, **cuts}


def _years(plan: Plan) -> dict[str, Any]:
    year = np.append(plan.years.year, FUTURE)
    recent, middle = year >= 2010, (year >= 1990) & (year < 2010)
    day = np.where(recent, 0.970, np.where(middle, 0.750, 0.40))
    month = np.where(recent, 0.003, np.where(middle, 0.015, 0.02))
    return {
        "k": np.arange(len(year)),
        "year": year,
        "is_default": np.append(plan.years.default, False),
        "class": class_of(year),
        "day_until": day,
        "month_until": day + month,
        "explicit": explicit_share(year),
        "since_mean": year.clip(FIRST, 2030) - plan.mean_year,
    }


def day_share(plan: Plan) -> float:
    """Return the share of albums whose date names a day, those of inhuman rates and 2040 aside."""
    table = _years(plan)
    day = np.where(table["is_default"], 1.0, table["day_until"])[:-1]
    big = patterns.ALBUM_BIG_SHARE
    return float(np.array([1 - big, big]) @ plan.years.by_size @ day)


def _words() -> dict[str, Any]:
    consonants, vowels = "bdfgklmnprstvzjh", "aeio"
    syllables = [c + v for c in consonants for v in vowels]
    words = [(a + b).capitalize() for a in syllables for b in syllables]
    mixed = np.random.default_rng(7).permutation(WORDS)
    return {"k": np.arange(WORDS), "word": [words[at] for at in mixed]}


def _registrants() -> dict[str, Any]:
    """Return the first five characters of ISRCs, and what they are worth as a number."""
    numbers = np.arange(36**3)
    country = (numbers * 7) % len(_COUNTRY_CODES)
    text = [
        _COUNTRY_CODES[c] + _ALPHABET[r // 1296] + _ALPHABET[r // 36 % 36] + _ALPHABET[r % 36]
        for r, c in zip(numbers.tolist(), country.tolist(), strict=True)
    ]
    values = np.array(
        [_ALPHABET.index(code[0]) * 26 + _ALPHABET.index(code[1]) for code in _COUNTRY_CODES]
    )
    return {"k": numbers, "text": text, "worth": (values[country] * 36**3 + numbers) * 10**7}


def _markets() -> dict[str, Any]:
    known = markets()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    others = (a + b for a in letters[:12] for b in letters if a + b not in planted.COUNTRIES)
    codes = [*planted.COUNTRIES, *others]
    lists = [only or ",".join(codes[:count]) for _, count, only in known]
    return {
        "k": np.arange(len(known)),
        "countries": [count for _, count, _ in known],
        "single": pa.array([only for _, _, only in known], pa.string()),
        "codes": lists,
    }


def _genres() -> dict[str, Mapping[str, Any]]:
    """Return genres in groups of equal weight: the genres of an artist come from different ones."""
    groups: list[list[tuple[str, float]]] = [[] for _ in range(GENRE_GROUPS)]
    for name, weight in sorted(genre_weights().items(), key=lambda item: -item[1]):
        lightest = min(
            (group for group in groups if len(group) < published.GENRES // GENRE_GROUPS),
            key=lambda group: sum(w for _, w in group),
        )
        lightest.append((name, weight))
    made = [alias(np.array([w for _, w in group])) for group in groups]
    names = [name for group in groups for name, _ in group]
    keep, other = (np.concatenate([m[at] for m in made]) for at in (0, 1))
    return {
        "genre_names": {"k": np.arange(len(names)), "genre": names},
        "genre_drawn": {"k": np.arange(len(names)), "keep": keep, "other": other},
    }
