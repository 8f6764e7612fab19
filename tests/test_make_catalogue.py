"""The synthetic catalogue of the benchmarks has what was published and what was planted."""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from phonoscope.api import open_catalogue
from phonoscope.linking.isrc import numbers_of

ROOT = Path(__file__).resolve().parents[1]
TRACKS = 120_000
CHANCE_SD = 4.5
"""Of some 300 figures none should be farther off by chance once in 500 runs of other seeds."""


def arguments(folder, *options, tracks, into):
    where = ["--tracks", str(tracks), "--into", str(folder / into)]
    return [*where, "--threads", "1", "--truth", str(folder / "truth.json"), *options]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    program = str(ROOT / "bench" / "make_catalogue.py")
    command = [sys.executable, program, *arguments(folder, tracks=TRACKS, into="made")]
    subprocess.run(command, check=True, capture_output=True)
    truth = json.loads((folder / "truth.json").read_text())
    ask = duckdb.connect()
    for table in ("tracks", "albums", "artists", "track_artists", "artist_genres", "features"):
        parts = folder / "made" / table / "*.parquet"
        ask.execute(f"CREATE TABLE {table} AS SELECT * FROM '{parts}'")
    return folder / "made", truth, lambda query: ask.execute(query).fetchall()


@pytest.fixture
def make(tmp_path, monkeypatch, capsys):
    """Make another one, in this process: it starts sooner."""
    monkeypatch.syspath_prepend(ROOT)
    from bench.make_catalogue import main

    return lambda *options, **size: main(arguments(tmp_path, *options, **size))


def near(found, expected, sds=CHANCE_SD):
    # Where less than one row is expected, chance isn't normal: four more are no surprise.
    few = 4 / expected["of"] if "of" in expected else 0.0
    assert abs(found - expected["value"]) <= sds * expected["sd"] + few, (found, expected)


def test_it_opens_as_a_catalogue_and_has_the_rows_that_are_told(made):
    path, truth, _ = made
    catalogue = open_catalogue(path, create=False)
    for table, rows in truth["exact"]["rows"].items():
        assert catalogue.table(table).count().to_pyarrow().as_py() == rows
    (ingest,) = catalogue.table("ingests").to_pyarrow().to_pylist()
    assert (ingest["state"], ingest["deduplicated"], ingest["rejected"]) == ("done", True, 0)
    published = {"albums": 58_590_982, "track_artists": 348_055_756, "artists": 15_430_442}
    for table, rows in published.items():
        expected = rows / 256_039_007 * TRACKS
        assert truth["exact"]["rows"][table] == pytest.approx(expected, rel=0.002)


def test_no_key_occurs_twice_and_none_points_nowhere(made):
    _, _, ask = made
    for table, key in {
        "tracks": "track_id",
        "albums": "album_id",
        "artists": "artist_id",
        "track_artists": "track_id, artist_id",
        "artist_genres": "artist_id, genre",
        "features": "track_id",
    }.items():
        assert ask(f"select count(*) = count(distinct ({key})) from {table}") == [(True,)]
    assert ask("select count(*) from track_artists anti join artists using (artist_id)") == [(0,)]
    assert ask("select count(*) from track_artists anti join tracks using (track_id)") == [(0,)]
    joined = "tracks t join albums a using (album_id)"
    alike = "t.release_date = a.release_date and t.label is not distinct from a.label"
    assert ask(f"select count(*) from {joined} where {alike}") == [(TRACKS,)]
    assert ask("select min(length(track_id)), max(length(track_id)) from tracks") == [(22, 22)]


def test_popularity_is_as_published_and_falls_with_age(made):
    _, truth, ask = made
    expected = truth["expected"]["popularity"]
    tens = dict(ask("select least(popularity // 10, 10), count(*) from tracks group by 1"))
    for ten, share in enumerate(expected["by_ten"]):
        near(tens.get(ten, 0) / TRACKS, share)
    assert expected["under_10_share"]["value"] == pytest.approx(0.9514, abs=0.0005)
    means = ask("select left(release_date, 4), avg(popularity) from tracks group by 1")
    for year, mean in means:
        if year in expected["mean_by_year"]:
            near(mean, expected["mean_by_year"][year])


def test_durations_are_as_published_with_peaks_at_whole_minutes(made):
    _, truth, ask = made
    expected = truth["expected"]["duration"]
    minutes = dict(ask("select least(duration_ms // 60000, 10), count(*) from tracks group by 1"))
    published = [2.04, 11.42, 27.30, 31.67, 13.65, 5.99, 3.44, 1.89, 0.91, 0.48, 1.21]
    for minute, share in enumerate(expected["by_minute"]):
        near(minutes[minute] / TRACKS, share)
        assert share["value"] * 100 == pytest.approx(published[minute], abs=0.1)
    near(ask("select avg(duration_ms) / 1000 from tracks")[0][0], expected["mean_s"])
    means = ask("select left(release_date, 4), avg(duration_ms) / 1000 from tracks group by 1")
    for year, mean in means:
        if year in expected["mean_s_by_year"] and year != "2025":
            near(mean, expected["mean_s_by_year"][year])
    for year, mean in {"2010": 252.0, "2020": 212.7, "2024": 193.8}.items():
        assert expected["mean_s_by_year"][year]["value"] == pytest.approx(mean, abs=0.3)
    for at, peak in expected["peaks"].items():
        seconds = dict(
            ask(
                "select duration_ms // 1000, count(*) from tracks where "
                f"abs(duration_ms // 1000 - {at}) <= 5 group by 1"
            )
        )
        here = seconds.pop(int(at))
        near(here / np.mean(list(seconds.values())), {"value": peak["ratio"], "sd": peak["sd"]})


def test_keys_and_features_are_as_published_and_drift_as_planted(made):
    _, truth, ask = made
    expected = truth["expected"]
    keys = {
        (mode, key): n
        for key, mode, n in ask(
            "select key, mode, count(*) from features where key is not null group by all"
        )
    }
    total = sum(keys.values())
    for mode, name in enumerate(("minor", "major")):
        for key, share in enumerate(expected["keys"][name]):
            near(keys[mode, key] / total, share)
    near(ask("select count(*) from features")[0][0] / TRACKS, expected["features"]["rows"])
    for name, mean in expected["features"]["means"].items():
        near(ask(f"select avg({name}) from features")[0][0], mean)
    for name, slope in expected["features"]["slope_a_year"].items():
        rows = np.array(
            ask(
                f"select left(release_date, 4)::int, {name} from features join tracks "
                f"using (track_id) where {name} is not null and release_date < '2030'"
            )
        )
        near(np.polyfit(rows[:, 0], rows[:, 1], 1)[0], slope)


def test_explicit_tracks_by_year_are_as_published(made):
    _, truth, ask = made
    expected = truth["expected"]["explicit"]
    near(ask("select avg(explicit::int) from tracks")[0][0], expected["share"])
    assert expected["share"]["value"] == pytest.approx(0.1351, abs=1e-4)
    for year, share in ask(
        "select left(release_date, 4), avg(explicit::int) from tracks "
        "where release_date not like '2000-01-01' group by 1"
    ):
        if year in expected["share_by_year"]:
            near(share, expected["share_by_year"][year])


def test_albums_are_dated_as_published_with_dates_that_stand_for_unknown(made):
    _, truth, ask = made
    expected, albums = truth["expected"]["dates"], truth["exact"]["rows"]["albums"]
    years = dict(ask("select left(release_date, 4), count(*) from albums group by 1"))
    for year, share in expected["albums_by_year"].items():
        near(years.get(year, 0) / albums, share)
    assert years["2040"] == truth["exact"]["albums_dated_2040"] == 3
    published = {"2010": 426_598, "2020": 4_323_336, "2024": 11_066_418}
    for year, count in published.items():
        value = expected["albums_by_year"][year]["value"]
        assert value * 58_590_982 == pytest.approx(count, rel=0.003)
    # One in 365 dates of that year is the day by chance, too few to matter here.
    near(
        ask("select count(*) from albums where release_date = '1970-01-01'")[0][0] / albums,
        expected["default_first_of_january"]["1970"],
    )
    forms = {"year": r"\d{4}", "month": r"\d{4}-\d\d", "day": r"\d{4}-\d\d-\d\d"}
    found = ask("select distinct release_date_precision, release_date from albums")
    assert {precision for precision, _ in found} == set(forms)
    assert all(re.fullmatch(forms[precision], date) for precision, date in found)


def test_isrcs_repeat_and_err_as_planted(made):
    _, truth, ask = made
    expected = truth["exact"]["isrc"]
    rows = ask("select isrc, isrc_code, duration_ms, name from tracks")
    well = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
    groups = {}
    for isrc, code, duration_ms, name in rows:
        assert (code is None) == (isrc is None)
        assert (code is not None and code >= 0) == bool(isrc and well.fullmatch(isrc))
        if isrc is not None and code >= 0:
            groups.setdefault(isrc, []).append((duration_ms, name))
    assert sum(isrc is None for isrc, *_ in rows) == expected["tracks_without"]
    bad = sum(code == -1 for _, code, *_ in rows)
    assert bad == expected["tracks_malformed"]
    assert len(groups) == expected["unique_well_formed"]
    assert max(map(len, groups.values())) == expected["most_tracks_of_one"] == 20
    assert sum(len(g) > 1 for g in groups.values()) == expected["on_several_tracks"]
    spans = [max(d for d, _ in g) - min(d for d, _ in g) for g in groups.values()]
    assert sum(span > 2000 for span in spans) == expected["differing_by_more_than_2_s"]
    titles = sum(len({name for _, name in g}) > 1 for g in groups.values())
    assert titles == expected["differing_titles"]
    assert expected["tracks_per_isrc"] == pytest.approx(1.377, abs=0.002)
    some = rows[:5000]
    numbers = numbers_of(pa.array([isrc for isrc, *_ in some]))
    assert numbers.to_pylist() == [code for _, code, *_ in some]


def test_some_release_at_inhuman_rates(made):
    _, truth, ask = made
    expected = truth["exact"]["inhuman"]
    for name, planted in expected["artists"].items():
        query = (
            "select count(distinct album_id), count(*) from tracks join track_artists "
            f"using (track_id) join artists a using (artist_id) where a.name = '{name}' "
            f"and release_date like '{expected['month']}-__'"
        )
        assert ask(query) == [(planted["albums"], planted["tracks"])]
    for name, planted in expected["labels"].items():
        query = f"select count(distinct album_id), count(*) from tracks where label = '{name}'"
        assert ask(query) == [(planted["albums"], planted["tracks"])]


def test_availability_and_the_long_tail_are_as_planted(made):
    _, truth, ask = made
    expected = truth["expected"]["availability"]
    near(ask("select avg((market_count = 0)::int) from tracks")[0][0], expected["nowhere_share"])
    near(
        ask("select avg((only_market is not null)::int) from tracks")[0][0],
        expected["one_country_share"],
    )
    near(
        ask("select avg((label is null)::int) from albums")[0][0],
        expected["no_label_share_of_albums"],
    )
    credits = ask("select count(*) from track_artists group by artist_id order by 1 desc")
    counts = np.array([n for (n,) in credits])
    top = counts[: truth["exact"]["rows"]["artists"] // 100].sum() / counts.sum()
    # Albums of a few artists come in lumps, and chance lifts the largest.
    assert top == pytest.approx(truth["expected"]["concentration"]["top_1_percent_share"], abs=0.05)


def test_what_is_drawn_is_independent(made):
    """Hashes of neighbouring draws once had correlations of 0.9; see the field notes."""
    _, _, ask = made
    rows = np.array(
        ask(
            "select danceability, energy, valence, tempo_bpm, speechiness, acousticness, "
            "instrumentalness, liveness, key, mode, popularity, market_count, track_number, "
            "isrc_code // 10000000 % 46656, isrc_code % 10000000 from features join tracks "
            "using (track_id) where key is not null and isrc_code is not null "
            "and left(release_date, 4) = '2024'"
        ),
        float,
    )
    correlations = np.abs(np.corrcoef(rows.T) - np.eye(rows.shape[1]))
    # Key and mode are drawn together, as published.
    correlations[8, 9] = correlations[9, 8] = 0
    assert len(rows) > 10_000
    assert correlations.max() < 5 / np.sqrt(len(rows))


def test_a_seed_makes_the_same_rows_and_another_seed_others(tmp_path, make):
    rows = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        make("--seed", str(seed), "--short-ids", tracks=3000, into=name)
        tracks = f"'{tmp_path}/{name}/tracks/*.parquet'"
        query = f"select track_id, name, isrc, duration_ms from {tracks} order by track_id::int"
        rows.append(duckdb.sql(query).fetchall())
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]
    assert [track for track, *_ in rows[0]] == [str(n) for n in range(3000)]


def test_as_sqlite_and_as_parquet_it_holds_the_same(tmp_path, make):
    make(tracks=5000, into="direct")
    make("--as", "sqlite", tracks=5000, into="dump.sqlite3")
    make("--as", "parquet", tracks=5000, into="twins")
    ingested = open_catalogue(tmp_path / "ingested", create=True)
    summary = ingested.ingest(tmp_path / "dump.sqlite3")
    assert summary.rejected == 0
    columns = {
        "tracks": "track_id, name, album_id, duration_ms, explicit, popularity, isrc, isrc_code, "
        "release_date, release_date_precision, label, market_count, only_market, fetched_utc",
        "albums": "album_id, name, album_type, release_date, label, upc, total_tracks",
        "artists": "artist_id, name, followers, popularity",
        "track_artists": "track_id, artist_id",
        "artist_genres": "artist_id, genre",
        "features": "track_id, danceability, key, mode, tempo_bpm, loudness_db, null_response",
    }
    direct = open_catalogue(tmp_path / "direct", create=False)
    for table, names in columns.items():
        query = f"select {names} from {table} order by all"
        pairs = zip(*(c.sql(query).read_all().to_pylist() for c in (ingested, direct)), strict=True)
        assert [pair for pair in pairs if pair[0] != pair[1]] == [], table
    tracks = duckdb.sql(f"from '{tmp_path}/twins/tracks.parquet'")
    assert tracks.count("*").fetchall() == [(5000,)]
    assert {"rowid", "id", "external_id_isrc", "available_markets_rowid"} <= set(tracks.columns)
