"""What a finding must find in a synthetic catalogue: computed from the plan, never from the rows.

``exact`` holds whole numbers. ``expected`` holds what was drawn for: a value, the number of rows
``of`` it, and the standard deviation ``sd`` that the figure of one catalogue has around it by
chance.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.synthetic import patterns, planted, published
from bench.synthetic.lookups import day_share
from bench.synthetic.plan import Plan, genre_weights
from bench.synthetic.years import explicit_share

FORMAT = "phonoscope-synthetic-truth/1"


def truth(plan: Plan) -> dict[str, Any]:
    """Return everything that is known of a plan's rows."""
    return {
        "format": FORMAT,
        "tracks": plan.tracks,
        "seed": plan.seed,
        "exact": {
            "rows": _rows(plan),
            "isrc": _isrc(plan),
            "inhuman": _inhuman(plan),
            "albums_dated_2040": sum(j < plan.albums for j in planted.FUTURE_ALBUMS),
        },
        "expected": {
            "popularity": _popularity(plan),
            "duration": _duration(plan),
            "keys": _keys(plan),
            "features": _features(plan),
            "explicit": _explicit(plan),
            "dates": _dates(plan),
            "availability": _availability(plan),
            "concentration": _concentration(plan),
            "genres": {name: round(w) for name, w in list(genre_weights().items())[:6]},
        },
    }


def share(value: float, of: float) -> dict[str, float]:
    """Return a share that was drawn for ``of`` independent rows."""
    return {"value": value, "of": of, "sd": math.sqrt(max(value * (1 - value), 0.0) / max(of, 1))}


def _mean(value: float, variance: float, of: float) -> dict[str, float]:
    return {"value": value, "of": of, "sd": math.sqrt(variance / max(of, 1))}


def _rows(plan: Plan) -> dict[str, int]:
    """Return rows by table; those of features are drawn, and so not here."""
    return {
        "tracks": plan.tracks,
        "albums": plan.albums,
        "artists": plan.artists,
        "track_artists": patterns.credits().members_in(plan.tracks),
        "artist_genres": patterns.genres().members_in(plan.artists),
    }


def _isrc(plan: Plan) -> dict[str, float]:
    pattern, state = patterns.isrcs()
    whole = plan.tracks // pattern.members
    there = whole * pattern.size + pattern.size_in(plan.tracks)
    # Of whole repetitions a group has all its members; the last one may be cut.
    groups = np.where(pattern.size_in(plan.tracks) > 0, whole + 1, whole)
    several = np.where(pattern.size_in(plan.tracks) > 1, whole + 1, whole) * (pattern.size > 1)
    well = ~np.isin(state, (patterns.MISSING, patterns.MALFORMED))
    return {
        "tracks_without": int(there[state == patterns.MISSING].sum()),
        "tracks_malformed": int(there[state == patterns.MALFORMED].sum()),
        "tracks_well_formed": int(there[well].sum()),
        "unique_well_formed": int(groups[well].sum()),
        "tracks_per_isrc": float(there[well].sum() / groups[well].sum()),
        "on_several_tracks": int(several[well].sum()),
        "most_tracks_of_one": int(pattern.size[well].max()),
        "differing_by_more_than_2_s": int(several[state == patterns.OTHER_DURATION].sum()),
        "differing_titles": int(several[state == patterns.OTHER_TITLE].sum()),
    }


def _inhuman(plan: Plan) -> dict[str, Any]:
    names = [*planted.MILL_ARTISTS, *planted.MILL_LABELS]
    found: dict[str, Any] = {"month": planted.MILL_MONTH, "artists": {}, "labels": {}}
    pattern = plan.album_pattern
    for k, name in enumerate(names):
        albums = np.arange(17 + 14 * k, plan.albums, plan.mill_period)
        albums = albums[~np.isin(albums, planted.FUTURE_ALBUMS)]
        first = (
            albums // 100 * pattern.members + (np.cumsum(pattern.size) - pattern.size)[albums % 100]
        )
        last = np.minimum(first + pattern.size[albums % 100], plan.tracks)
        kind = "artists" if name in planted.MILL_ARTISTS else "labels"
        found[kind][name] = {"albums": len(albums), "tracks": int((last - first).sum())}
    return found


def _popularity(plan: Plan) -> dict[str, Any]:
    table, weights = plan.popularity_by_class, plan.tracks_by_class
    points = np.arange(101)
    over_all = weights @ table
    tens = [over_all[10 * k : 10 * k + 10].sum() for k in range(10)] + [over_all[100]]
    mean = over_all @ points
    return {
        "by_ten": [share(float(value), plan.tracks) for value in tens],
        "under_10_share": share(float(tens[0]), plan.tracks),
        "0_share": share(float(over_all[0]), plan.tracks),
        "mean": _mean(float(mean), float(over_all @ points**2 - mean**2), plan.tracks),
        "mean_by_year": {
            str(2000 + k): _mean(
                float(table[k] @ points),
                float(table[k] @ points**2 - (table[k] @ points) ** 2),
                plan.tracks * weights[k],
            )
            for k in range(1, len(weights))
        },
    }


def _duration(plan: Plan) -> dict[str, Any]:
    bins, every = plan.durations, plan.durations_by_class
    weights, shared = plan.tracks_by_class, plan.shared_isrc_share
    middle = bins.middle_s
    by_class = (1 - shared) * every[:-1] + shared * every[-1]
    means = by_class @ middle
    variances = by_class @ middle**2 - means**2
    over_all = weights @ by_class
    below = [float(over_all[(middle >= 60 * m) & (middle < 60 * m + 60)].sum()) for m in range(10)]
    # Tracks that share an ISRC vary together: as if there were fewer of them.
    sd_of = plan.tracks / _clustering()
    return {
        "by_minute": [share(value, sd_of) for value in [*below, 1 - sum(below)]],
        "mean_s": _mean(float(over_all @ middle), float(variances @ weights), sd_of),
        "mean_s_by_year": {
            str(2000 + k): _mean(
                float(means[k]), float(variances[k]), plan.tracks * weights[k] / 1.5
            )
            for k in range(1, len(weights))
        },
        "zero_share": share(_exact(plan, 0), sd_of),
        "peaks": {str(at): _peak(plan, over_all, at, sd_of) for at in planted.PEAKS},
    }


def _clustering() -> float:
    pattern, _ = patterns.isrcs()
    return float((pattern.size**2).sum() / pattern.members)


def _exact(plan: Plan, at_s: int) -> float:
    """Return the share of tracks of exactly so many seconds; those moved apart have none."""
    bins = plan.durations
    found = float(bins.share[(bins.start_s == at_s) & (bins.width_s == 0)].sum())
    pattern, state = patterns.isrcs()
    moved = pattern.size[state == patterns.OTHER_DURATION].sum() / pattern.members
    return found * float(1 - moved)


def _peak(plan: Plan, over_all: NDArray[np.float64], at_s: int, sd_of: float) -> dict[str, float]:
    """Return how many times its five neighbours on either side a whole minute is likely."""
    bins = plan.durations
    wide = bins.width_s > 0

    def second(k: int) -> float:
        return float(over_all[wide & (bins.start_s == k)].sum())

    near = float(np.mean([second(at_s + k) for k in range(-5, 6) if k]))
    here = second(at_s) + _exact(plan, at_s)
    return {
        "exactly_share": _exact(plan, at_s),
        "second_share": here,
        "ratio": here / near,
        "sd": here / near * math.sqrt((1 / here + 1 / (10 * near)) / sd_of),
    }


def _keys(plan: Plan) -> dict[str, Any]:
    table = np.array([published.KEYS_MAJOR, published.KEYS_MINOR])
    table = table / table.sum()
    answered = plan.tracks * published.FEATURES_ANSWERED / published.TRACKS
    return {
        "major": [share(float(value), answered) for value in table[0]],
        "minor": [share(float(value), answered) for value in table[1]],
        "major_share": share(float(table[0].sum()), answered),
    }


def _features(plan: Plan) -> dict[str, Any]:
    answered = plan.tracks * published.FEATURES_ANSWERED / published.TRACKS
    year, weights = plan.years.year, plan.tracks_by_category
    spread = float(weights @ (year - plan.mean_year) ** 2)
    # Tracks of an album share its year: as if there were fewer of them.
    albums = answered / float((plan.album_pattern.size**2).sum() / plan.album_pattern.members)
    made: dict[str, Any] = {
        "rows": share(published.FEATURE_ROWS / published.TRACKS, plan.tracks),
        "answered_share": share(published.FEATURES_ANSWERED / published.FEATURE_ROWS, plan.tracks),
        "mean_year": plan.mean_year,
        "means": {},
        "slope_a_year": {},
    }
    for name, mean in published.FEATURE_MEANS.items():
        slope, half = planted.DRIFT.get(name, 0.0), planted.HALF_WIDTH.get(name)
        power = 1 / mean - 1
        around = half**2 / 6 if half else 1 / (2 * power + 1) - mean**2
        by_year = slope**2 * spread
        made["means"][name] = {
            "value": mean,
            "of": answered,
            "sd": math.sqrt(around / answered + by_year / albums),
        }
        if slope:
            made["slope_a_year"][name] = {
                "value": slope,
                "of": answered,
                "sd": math.sqrt(around / (answered * spread)),
            }
    return made


def _explicit(plan: Plan) -> dict[str, Any]:
    year, weights = plan.years.year, plan.tracks_by_category
    by_year = explicit_share(year)
    own = ~plan.years.default
    return {
        "share": {
            "value": float(weights @ by_year),
            "of": plan.tracks,
            "sd": math.sqrt(0.13 * 0.87 / plan.tracks) + 0.08 / math.sqrt(plan.albums / 4),
        },
        "share_by_year": {
            str(y): share(float(p), plan.tracks * w)
            for y, p, w, mine in zip(year.tolist(), by_year, weights, own, strict=True)
            if mine and y >= 2000
        },
    }


def _dates(plan: Plan) -> dict[str, Any]:
    years = plan.years
    of_year: dict[int, float] = {}
    for year, albums in zip(years.year.tolist(), years.albums.tolist(), strict=True):
        of_year[year] = of_year.get(year, 0.0) + albums
    by_year = {str(y): share(value, plan.albums) for y, value in of_year.items() if y >= 1950}
    defaults = dict(
        zip(years.year[years.default].tolist(), years.albums[years.default], strict=True)
    )
    return {
        "albums_by_year": by_year,
        "default_first_of_january": {
            str(y): share(float(s), plan.albums) for y, s in sorted(defaults.items())
        },
        "albums_with_a_day": share(day_share(plan), plan.albums),
        "albums_dated_2020_or_later": share(
            float(years.albums[years.year >= 2020].sum()), plan.albums
        ),
        "tracks_per_year": {
            str(y): float(plan.tracks * plan.tracks_by_category[years.year == y].sum())
            for y in range(2015, 2026)
        },
    }


def _availability(plan: Plan) -> dict[str, Any]:
    return {
        "nowhere_share": share(planted.MARKETS_NONE, plan.tracks),
        "one_country_share": share(planted.MARKETS_ONE, plan.tracks),
        "no_label_share_of_albums": share(planted.NO_LABEL, plan.albums),
    }


def _concentration(plan: Plan) -> dict[str, Any]:
    """Return what a Zipf law cut at both ends comes to; chance adds a little to it."""
    q = plan.long_tail
    whole = math.log(1 + 1 / q)
    return {
        "top_1_percent_share": math.log(1 + 0.01 / q) / whole,
        "top_10_percent_share": math.log(1 + 0.1 / q) / whole,
        "gini": 2 * ((1 + q) - 1 / whole) - 1,
        "labels": plan.labels + len(planted.MILL_LABELS),
    }
