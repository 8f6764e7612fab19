"""Every finding on metadata gives back what was planted in a synthetic catalogue.

The truth is computed from the plan (``bench/synthetic/truth.py``), never from rows: exact counts
must come out exactly, and what was drawn within the chance of one catalogue.
"""

import json
from pathlib import Path

import pytest

from phonoscope.api import open_catalogue
from phonoscope.findings.base import find

TRACKS = 400_000
"""So many that labels of inhuman rates have more than one release a day."""
CHANCE_SD = 4.5
FAST = "fastest_{}s"
"""Table of those who release more than one a day."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).resolve().parents[2])
        from bench.make_catalogue import main

        main(["--tracks", str(TRACKS), "--into", str(folder / "c"), "--seed", "2", "--short-ids"])
    found = find(open_catalogue(folder / "c", create=False))
    return json.loads((folder / "truth.json").read_text()), {
        item.finding.name: item.answer for item in found
    }


@pytest.fixture
def exact(planted):
    return planted[0]["exact"]


@pytest.fixture
def expected(planted):
    return planted[0]["expected"]


@pytest.fixture
def values(planted):
    """Figures of a finding by name."""
    return lambda name: {figure.name: figure.value for figure in planted[1][name].figures}


@pytest.fixture
def table(planted):
    """Rows of a table of a finding, as dictionaries."""

    def rows(finding, name):
        (found,) = (t for t in planted[1][finding].tables if t.name == name)
        return [dict(zip([c.name for c in found.columns], r, strict=True)) for r in found.rows]

    return rows


def near(found, truth, *, sds=CHANCE_SD):
    few = 4 / truth["of"] if "of" in truth else 0.0
    assert abs(found - truth["value"]) <= sds * truth["sd"] + few, (found, truth)


def test_the_long_tail(expected, values):
    found, truth = values("tail"), expected["popularity"]
    near(found["popularity_under_10_share"], truth["under_10_share"])
    near(found["popularity_0_share"], truth["0_share"])
    top = sum(ten["value"] for ten in truth["by_ten"][5:])
    assert found["popularity_50_or_more_share"] == pytest.approx(top, rel=0.35)
    assert "plays_under_1000_share" not in found


def test_popularity_and_age(expected, values):
    found = values("age")
    years = expected["dates"]["tracks_per_year"]
    recent = sum(sorted(years.items())[k][1] for k in (-2, -1)) / TRACKS
    assert found["recent_share"] == pytest.approx(recent, abs=0.01)
    # Popularity was planted to fall with age.
    assert found["recent_of_popular_share"] > found["recent_share"] + 0.05
    assert 0.04 < found["year_popularity_correlation"] < 0.12


def test_whole_minutes_and_lengths(expected, values):
    truth = expected["duration"]
    found = values("minutes")
    for at, peak in truth["peaks"].items():
        ratio = {"value": peak["ratio"], "sd": peak["sd"]}
        near(found[f"excess_{int(at) // 60}_00"], ratio)
    found = values("lengths")
    zeros = truth["zero_share"]["value"]
    mean = truth["mean_s"]
    near(found["duration_mean_s"], {**mean, "value": mean["value"] / (1 - zeros)})
    years = [year for year in truth["mean_s_by_year"] if f"mean_duration_{year}_s" in found]
    assert len(years) >= 24
    for year in years:
        if year != "2025":  # holds the albums of 2040 in the truth
            mean = truth["mean_s_by_year"][year]
            near(found[f"mean_duration_{year}_s"], {**mean, "value": mean["value"] / (1 - zeros)})


def test_keys_and_features(expected, values):
    found, truth = values("keys"), expected["keys"]
    near(found["major_share"], truth["major_share"])
    names = [
        a + b for a in "cdefgab" for b in ("", "_sharp") if a + b not in ("e_sharp", "b_sharp")
    ]
    for mode in ("major", "minor"):
        for name, share in zip(names, truth[mode], strict=True):
            near(found[f"{name}_{mode}_share"], share)
    found, truth = values("features"), expected["features"]
    for name, mean in truth["means"].items():
        near(found[f"{name}_mean"], mean)
    for name, slope in truth["slope_a_year"].items():
        near(found[f"{name}_per_decade"] / 10, slope)


def test_explicit(expected, values):
    found, truth = values("explicit"), expected["explicit"]
    near(found["explicit_share"], truth["share"])
    for year, share in truth["share_by_year"].items():
        near(found[f"explicit_{year}_share"], share)


def test_supply_and_who_releases_at_inhuman_rates(exact, expected, values, table):
    found = values("supply")
    albums = exact["rows"]["albums"]
    for year, share in expected["dates"]["albums_by_year"].items():
        if share["value"] * albums >= 20:
            near(found[f"releases_{year}"] / albums, share)
    assert found["releases_2040"] == exact["albums_dated_2040"]
    labels, artists = exact["inhuman"]["labels"], exact["inhuman"]["artists"]
    assert found["label_years_over_one_a_day"] == len(labels)
    assert found["artists_over_one_a_day"] == len(artists)
    told = {
        row["label"]: (row["years"], row["releases"])
        for row in table("supply", FAST.format("label"))
    }
    assert told == {name: ("2024", label["albums"]) for name, label in labels.items()}
    told = {
        row["artist"]: (row["years"], row["tracks"])
        for row in table("supply", FAST.format("artist"))
    }
    assert told == {name: ("2024", artist["tracks"]) for name, artist in artists.items()}


def test_isrcs(exact, values, planted):
    found, truth = values("isrcs"), exact["isrc"]
    assert found["unique_isrcs"] == truth["unique_well_formed"]
    assert found["tracks_per_isrc"] == pytest.approx(truth["tracks_per_isrc"], abs=1e-12)
    assert found["most_tracks_of_an_isrc"] == truth["most_tracks_of_one"]
    several = truth["on_several_tracks"]
    assert found["isrcs_with_several_tracks_share"] == pytest.approx(
        several / truth["unique_well_formed"], abs=1e-12
    )
    assert found["isrc_missing_share"] == pytest.approx(truth["tracks_without"] / TRACKS, abs=1e-12)
    with_one = TRACKS - truth["tracks_without"]
    malformed = truth["tracks_malformed"] / with_one
    assert found["isrc_malformed_share"] == pytest.approx(malformed, abs=1e-12)
    for figure, planted_in in (
        ("isrcs_differing_in_duration_share", "differing_by_more_than_2_s"),
        ("isrcs_differing_in_title_share", "differing_titles"),
    ):
        # A code cannot differ in duration if its tracks have none.
        (one,) = (f for f in planted[1]["isrcs"].figures if f.name == figure)
        assert several * 0.999 <= one.n <= several
        # Durations from 27 minutes on count as equal, and a few were planted.
        missed = truth[planted_in] - one.value * one.n
        assert -1e-6 < missed <= (0.002 * truth[planted_in] if "duration" in figure else 1e-6)


def test_preservation_and_quality(exact, expected, values):
    found, truth = values("preservation"), expected["availability"]
    near(found["nowhere_share"], truth["nowhere_share"])
    near(found["single_market_share"], truth["one_country_share"])
    # 1970-01-01 was planted on one album in a thousand, and round years have some more.
    assert 0.0008 < found["default_date_share"] < 0.012
    found = values("quality")
    near(found["zero_duration_rows"] / TRACKS, expected["duration"]["zero_share"])
    answered = expected["features"]["answered_share"]
    unanswered = {**answered, "value": 1 - answered["value"]}
    rows = expected["features"]["rows"]["value"] * TRACKS
    near(found["null_response_rows"] / rows, unanswered)
    assert found["future_rows"] >= exact["albums_dated_2040"]


def test_concentration_and_genres(exact, expected, values, table):
    found = values("concentration")
    assert found["labels"] <= expected["concentration"]["labels"]
    assert found["artists"] <= exact["rows"]["artists"]
    # Of a Zipf law, with the lumps that large albums make; see bench/synthetic/truth.py.
    assert 0.02 < found["artists_top_10_share"] < 0.06
    assert values("genres")["artists_with_a_genre_share"] == pytest.approx(0.1025, abs=0.005)


def test_what_metadata_cannot_tell_is_not_told(planted):
    for name in ("machine", "generated_share", "verdicts"):
        assert not planted[1][name].answered
