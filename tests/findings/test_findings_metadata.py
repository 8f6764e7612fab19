"""Every finding on metadata, against a second computation of the same rows in pandas."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import phonoscope as ps
from phonoscope.findings.base import find, findings
from phonoscope.findings.order import FIRST_ON_METADATA, ORDER
from phonoscope.findings.questions import minutes
from phonoscope.findings.questions.long_tail import STAND_IN
from tests.helpers.metadata import frame, ingested, rows
from tests.helpers.sources import write_csv

COUNT = 6000


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metadata")
    made = rows(COUNT, seed=3)
    catalogue = ingested(ps.open_catalogue(folder / "c", create=True), folder / "tracks.csv", made)
    return frame(made), {item.finding.name: item.answer for item in find(catalogue)}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played")
    made = rows(COUNT, seed=4, plays=True)
    catalogue = ingested(ps.open_catalogue(folder / "c", create=True), folder / "tracks.csv", made)
    (tail,) = (finding for finding in findings() if finding.name == "tail")
    return frame(made), {"tail": tail.answer(catalogue)}


def figures(answers, name):
    return {figure.name: figure for figure in answers[name].figures}


def values(answers, name):
    return {key: figure.value for key, figure in figures(answers, name).items()}


def in_range(data):
    return data[data.popularity.between(0, 100)]


def test_popularity_stands_in_where_no_plays_are(asked):
    data, answers = asked
    known = in_range(data).popularity
    found = values(answers, "tail")
    assert found["popularity_under_10_share"] == pytest.approx((known < 10).mean(), abs=1e-12)
    assert found["popularity_0_share"] == pytest.approx((known == 0).mean(), abs=1e-12)
    assert found["popularity_50_or_more_tracks"] == (known >= 50).sum()
    assert found["popularity_70_or_more_tracks"] == (known >= 70).sum()
    assert answers["tail"].note.startswith(STAND_IN)


def test_the_long_tail_of_plays(played):
    data, answers = played
    plays = np.sort(data.plays.dropna().to_numpy())
    found = values(answers, "tail")
    assert found["plays_under_1000_share"] == pytest.approx((plays < 1000).mean(), abs=1e-12)
    # Gini by its definition: half the mean difference of all pairs, over the mean.
    pairs = np.abs(plays[:, None] - plays[None, :]).mean()
    assert found["gini"] == pytest.approx(pairs / 2 / plays.mean(), abs=1e-9)
    assert found["top_three_plays"] == plays[-3:].sum()
    least = np.cumsum(plays) <= plays[-3:].sum()
    assert found["bottom_as_top_three_tracks"] == least.sum()
    (curve,) = (t for t in answers["tail"].tables if t.name == "lorenz")
    held = np.cumsum(plays) / plays.sum()
    for x, y in curve.rows[1:]:
        assert y == pytest.approx(held[round(x * len(plays)) - 1], abs=1e-9)


def test_listens_are_counted_where_no_plays_are_stated_under_their_own_names(tmp_path):
    rng = np.random.default_rng(5)
    listened = [f"r{int(n)}" for n in rng.zipf(1.4, 3_000).clip(max=400)]
    lines_ = [
        {
            "user_name": f"u{at % 17}",
            "listened_at": 1_700_000_000 + at,
            "recording_msid": track,
            "track_metadata": {"track_name": track, "artist_name": "a"},
        }
        for at, track in enumerate(listened)
    ]
    path = tmp_path / "listens.jsonl"
    path.write_text("\n".join(map(json.dumps, lines_)))
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    catalogue.ingest(path, name="listens")
    # A track of the same source that nobody played counts with 0 plays.
    csv = write_csv(tmp_path / "more.csv", [["track_id", "name", "duration_ms"], ["r0", "x", 1000]])
    catalogue.ingest(csv, name="listens")
    # What another source has was never listened to here, and does not count.
    other = write_csv(tmp_path / "o.csv", [["track_id", "name", "duration_ms"], ["q", "x", 1000]])
    catalogue.ingest(other, name="other")
    (tail,) = (finding for finding in findings() if finding.name == "tail")
    answer = tail.answer(catalogue)
    plays = np.sort([*pd.Series(listened).value_counts(), 0])
    found = {figure.name: figure.value for figure in answer.figures}
    assert found["listens_plays"] == len(listened)
    pairs = np.abs(plays[:, None] - plays[None, :]).mean()
    assert found["listens_gini"] == pytest.approx(pairs / 2 / plays.mean(), abs=1e-9)
    assert found["listens_plays_under_1000_share"] == pytest.approx((plays < 1000).mean())
    assert not any(name.startswith("plays") for name in found)
    assert " 17 " in answer.note


@pytest.mark.parametrize(
    ("plays", "reason", "as_top_three"),
    [
        (["0", "0"], "no-values", None),
        (["7"], "", 1),
        (["0", "5"], "", 2),
        (["1", "1", "1", "1"], "", 3),
    ],
)
def test_the_long_tail_of_a_few_tracks(tmp_path, plays, reason, as_top_three):
    made = [[f"t{i}", "x", 1000, n] for i, n in enumerate(plays)]
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    head = ["track_id", "name", "duration_ms", "plays"]
    catalogue.ingest(write_csv(tmp_path / "a.csv", [head, *made]))
    (tail,) = (finding for finding in findings() if finding.name == "tail")
    answer = tail.answer(catalogue)
    assert answer.reason == reason
    figures = {figure.name: figure.value for figure in answer.figures}
    assert figures.get("bottom_as_top_three_tracks") == as_top_three
    assert figures.get("plays_under_1000_share") == (1.0 if as_top_three else None)
    for finding in findings():
        assert finding.answer(catalogue).headline


def test_popularity_by_age(asked):
    data, answers = asked
    known = in_range(data).dropna(subset="year")
    found = values(answers, "age")
    assert found["year_popularity_correlation"] == pytest.approx(
        stats.pearsonr(known.year, known.popularity)[0], abs=1e-9
    )
    sizes = known.groupby("year").size()
    latest = sizes[sizes >= len(known) / 10_000].index.max()
    recent = known.year.between(latest - 1, latest)
    assert found["recent_share"] == pytest.approx(recent.mean(), abs=1e-12)
    popular = known[known.popularity >= 50]
    assert found["recent_of_popular_share"] == pytest.approx(
        popular.year.between(latest - 1, latest).mean(), abs=1e-12
    )


@pytest.mark.parametrize("mean", [20, 300])
def test_seconds_that_vary_by_chance_or_more_seldom_stand_out(mean):
    rng = np.random.default_rng(mean)
    for uneven in (0.0, 0.2):
        said = planted = 0
        for _ in range(200):
            seconds = np.arange(55, 430)
            course = mean * rng.gamma(1 / uneven**2, uneven**2, 375) if uneven else mean
            tracks = dict(zip(seconds.tolist(), rng.poisson(course, 375).tolist(), strict=True))
            others = [e for s in range(60, 421) if s % 30 and (e := minutes.excess_at(s, tracks))]
            said += minutes.stands_out(minutes.excess_at(180, tracks), others)
            tracks[180] *= 3
            planted += minutes.stands_out(minutes.excess_at(180, tracks), others)
        # One test at 0.05 of the other seconds, and one at 0.05 for three looks: under 10%.
        assert said <= 20
        assert planted >= 180


def timed(data):
    return data[(data.duration_ms > 0) & (data.duration_ms < 36_000_000)]


def test_whole_minutes(asked):
    data, answers = asked
    second = timed(data).duration_ms // 1000
    for figure in answers["minutes"].figures:
        at = 60 * int(figure.name.split("_")[1])
        k = int((second == at).sum())
        m = int(second.between(at - 5, at + 5).sum()) - k
        assert figure.value == pytest.approx(k / (m / 10), abs=1e-12)
        # Exact limits of the share k / (k + m) by SciPy, as odds.
        low, high = stats.binomtest(k, k + m).proportion_ci(0.95, "exact")
        assert figure.interval == pytest.approx([10 * p / (1 - p) for p in (low, high)], rel=1e-9)
    assert len(answers["minutes"].figures) == 3


def test_lengths(asked):
    data, answers = asked
    known = timed(data)
    found = figures(answers, "lengths")
    seconds = known.duration_ms / 1000
    assert found["duration_mean_s"].value == pytest.approx(seconds.mean(), abs=1e-9)
    assert found["duration_median_s"].value == pytest.approx(seconds.median(), abs=1.0)
    for year, mean in seconds.groupby(known.year).mean().items():
        assert found[f"mean_duration_{int(year)}_s"].value == pytest.approx(mean, abs=1e-9)
    error = stats.sem(seconds // 1)
    half = stats.norm.ppf(0.975) * error
    low, high = found["duration_mean_s"].interval
    assert (high - low) / 2 == pytest.approx(half, rel=1e-9)


def test_keys(asked):
    data, answers = asked
    known = data[data.key.between(0, 11) & data["mode"].isin([0, 1])]
    found = values(answers, "keys")
    assert found["major_share"] == pytest.approx((known["mode"] == 1).mean(), abs=1e-12)
    of_c = ((known.key == 0) & (known["mode"] == 1)).mean()
    assert found["c_major_share"] == pytest.approx(of_c, abs=1e-12)
    of_b = ((known.key == 11) & (known["mode"] == 0)).mean()
    assert found["b_minor_share"] == pytest.approx(of_b, abs=1e-12)


def test_features(asked):
    data, answers = asked
    found = figures(answers, "features")
    tempo = data.tempo[data.tempo > 0]
    assert found["tempo_bpm_mean"].value == pytest.approx(tempo.mean(), abs=1e-9)
    assert found["energy_mean"].value == pytest.approx(data.energy.mean(), abs=1e-9)
    assert found["energy_sd"].value == pytest.approx(data.energy.std(ddof=0), abs=1e-9)
    dated = data.dropna(subset="year")
    years = dated.groupby("year").energy.agg(["mean", "size"])
    years = years[years["size"] >= 100]
    fit = np.polyfit(years.index, years["mean"], 1, w=np.sqrt(years["size"]))
    assert found["energy_per_decade"].value == pytest.approx(10 * fit[0], abs=1e-9)
    four = dated[dated.year.isin(years.index)]
    names = ["danceability", "energy", "valence", "tempo"]
    four = four.assign(tempo=four.tempo.where(four.tempo > 0))
    of_all = data.assign(tempo=data.tempo.where(data.tempo > 0))[names].var(ddof=0)
    spread = np.sqrt((four.groupby("year")[names].var(ddof=0) / of_all).mean(axis=1))
    assert found["spread_first_year"].value == pytest.approx(spread.iloc[0], abs=1e-9)
    assert found["spread_last_year"].value == pytest.approx(spread.iloc[-1], abs=1e-9)


def test_explicit(asked):
    data, answers = asked
    known = data[data.explicit.notna()]
    marked = known.explicit == "true"
    found = values(answers, "explicit")
    assert found["explicit_share"] == pytest.approx(marked.mean(), abs=1e-12)
    for year, share in marked.groupby(known.year).mean().items():
        assert found[f"explicit_{int(year)}_share"] == pytest.approx(share, abs=1e-12)


def test_supply(asked):
    data, answers = asked
    found = values(answers, "supply")
    for year, n in data.groupby("year").size().items():
        assert found[f"tracks_{int(year)}"] == n
    sizes = data.groupby(["label", "year"]).size()
    assert found["label_years_over_one_a_day"] == (sizes > 365).sum()


def codes(data):
    plain = data.isrc.str.upper().str.replace("[- ]", "", regex=True)
    return plain.where(plain.str.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}"))


def test_isrcs(asked):
    data, answers = asked
    code = codes(data)
    found = values(answers, "isrcs")
    assert found["unique_isrcs"] == code.nunique()
    assert found["tracks_per_isrc"] == pytest.approx(code.count() / code.nunique(), abs=1e-12)
    assert found["most_tracks_of_an_isrc"] == code.value_counts().max()
    sizes = code.value_counts()
    assert found["isrcs_with_several_tracks_share"] == pytest.approx((sizes > 1).mean(), abs=1e-12)
    assert found["isrc_missing_share"] == pytest.approx(data.isrc.isna().mean(), abs=1e-12)
    malformed = (data.isrc.notna() & code.isna()).sum() / data.isrc.notna().sum()
    assert found["isrc_malformed_share"] == pytest.approx(malformed, abs=1e-12)
    tenths = (data.duration_ms.where(data.duration_ms > 0) // 100).clip(1, 16383)
    spread = tenths.groupby(code).max() - tenths.groupby(code).min()
    several = sizes.index[sizes > 1]
    differ = (spread.reindex(several).fillna(0) > 20).sum()
    assert found["isrcs_differing_in_duration_share"] == pytest.approx(
        differ / len(several), abs=1e-12
    )
    titles = data.name.str.strip().str.lower().groupby(code).nunique()
    assert found["isrcs_differing_in_title_share"] == pytest.approx(
        (titles.reindex(several) > 1).mean(), abs=1e-12
    )


def test_preservation(asked):
    data, answers = asked
    found = values(answers, "preservation")
    default = ["1970-01-01", "1900-01-01", "1899-12-30", "2000-01-01", "0000"]
    assert found["default_date_share"] == pytest.approx(
        data.release_date.isin(default).mean(), abs=1e-12
    )
    day = data.release_date[data.release_date.str.fullmatch(r"\d{4}-\d\d-\d\d").fillna(False)]
    others = day.str.contains(r"-01-0[2-7]$").sum() / 6
    assert found["january_1_excess"] == pytest.approx(
        day.str.endswith("-01-01").sum() / others, abs=1e-12
    )
    sizes = data.groupby("year").size()
    ratio = 2 * sizes[2000] / (sizes[1999] + sizes[2001])
    assert found["round_year_2000"] == pytest.approx(ratio, abs=1e-12)


def test_concentration(asked):
    data, answers = asked
    sizes = data.label.value_counts()
    found = values(answers, "concentration")
    assert found["labels"] == len(sizes)
    assert found["labels_top_10_share"] == pytest.approx(sizes[:10].sum() / sizes.sum(), abs=1e-12)
    hhi = ((sizes / sizes.sum()) ** 2).sum()
    assert found["labels_hhi"] == pytest.approx(hhi, abs=1e-12)


def test_genres(asked):
    data, answers = asked
    (table,) = answers["genres"].tables
    assert {row[0]: row[1] for row in table.rows} == data.genre.value_counts().to_dict()


def test_quality(asked):
    data, answers = asked
    found = values(answers, "quality")
    assert found["zero_duration_rows"] == (data.duration_ms == 0).sum()
    assert found["no_duration_rows"] == data.duration_ms.isna().sum()
    assert found["too_long_rows"] == (data.duration_ms >= 36_000_000).sum()
    assert found["odd_popularity_rows"] == (data.popularity > 100).sum()
    assert found["undated_rows"] == data.release_date.isna().sum()
    assert found["future_rows"] == (data.year == 2040).sum()
    assert found["odd_date_rows"] == (data.release_date == "soon").sum()
    vague = data.release_date.str.fullmatch(r"\d{4}(-\d\d)?").fillna(False).sum()
    assert found["vague_date_rows"] == vague
    assert found["no_album_rows"] == 0


def test_nothing_is_concluded_of_machines_from_metadata(asked):
    _, answers = asked
    assert not answers["machine"].answered
    assert answers["machine"].reason == "no-values"


def test_every_number_that_is_shown_is_a_number(asked):
    for answer in asked[1].values():
        for figure in answer.figures:
            assert figure.value is None or math.isfinite(figure.value)
            if figure.interval:
                assert figure.interval.low <= figure.value <= figure.interval.high


def test_hostile_values_overflow_nothing_and_leak_nowhere(tmp_path):
    far = ["9007199254740992", "-9007199254740992", "36000000", "0", "1", "", "999"]
    evil = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "\u202egnp",
        "'; drop table tracks; --",
    ]
    made = [
        [f"{evil[i % 4]}{i}", evil[i % 4], evil[(i + 1) % 4], evil[i % 4], far[i % 7], "true",
         far[(i + 1) % 7], far[(i + 2) % 7].lstrip("-"), evil[i % 4], evil[i % 4],
         ["9999-99-99", "0000", "2024", evil[0], "20240230"][i % 5], evil[i % 4],
         *["1e99", "-1e99", "0.5", "nan"][i % 4 : i % 4 + 1] * 2, i % 14 - 1, i % 3,
         "1e99", "1e18", "-1e18"]
        for i in range(300)
    ]  # fmt: skip
    catalogue = ingested(
        ps.open_catalogue(tmp_path / "c", create=True), tmp_path / "evil.csv", made
    )
    answers = {item.finding.name: item.answer for item in find(catalogue)}
    assert answers["listed"].answered
    page = catalogue.report().write(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "\u202e" not in page
    sheets = catalogue.report().write(tmp_path / "sheets", "csv")
    for sheet in sheets.glob("*.csv"):
        assert not any(cell.startswith("=") for cell in sheet.read_text().split(","))


def test_a_catalogue_without_metadata_says_so_in_each(tmp_path):
    catalogue = ps.open_catalogue(tmp_path / "empty", create=True)
    on_metadata = ORDER[ORDER.index(FIRST_ON_METADATA) :]
    for finding in findings():
        if finding.name in on_metadata:
            answer = finding.answer(catalogue)
            assert not answer.answered
            assert answer.headline


@pytest.mark.parametrize(("tracks", "neighbours"), [(0, 40), (1, 20), (12, 100), (90, 300)])
def test_the_excess_of_a_minute_has_the_p_value_of_a_binomial_test(tracks, neighbours):
    from scipy.stats import binomtest

    from phonoscope.findings.questions.minutes import REACH_S, MinuteExcess

    share = 1 / (2 * REACH_S + 1)
    theirs = binomtest(tracks, tracks + neighbours, share, "greater").pvalue
    assert MinuteExcess(60, tracks, neighbours).p_value == pytest.approx(theirs, rel=1e-9)
