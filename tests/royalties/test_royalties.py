"""Royalties: counted plays and money, compared with a count of our own, and decisions."""

import csv
import json
import random
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from phonoscope.dossier.play_group_page import html
from phonoscope.royalties.payable import KEYS
from phonoscope.royalties.period import period_of
from phonoscope.royalties.rates import rates_of
from tests.findings.test_findings_hostile import drawn
from tests.helpers.json_page import fields
from tests.helpers.plays import analysed, farm, people, play, rows
from tests.helpers.program import ROOT, run, strict_json

COUNTRIES = ("SE", "de ", "BR", None)
RATES = """service;country;month;rate;currency
;;;0,0030;EUR
;SE;;0,0061;EUR
first;SE;2026-02;0,0058;EUR
first;;;0,004;EUR
"""


def rate(log, country, month):
    """The table above, in code."""
    if (log, country, month) == ("first", "SE", "2026-02"):
        return Decimal("0.0058")
    if log == "first":
        return Decimal("0.004")
    return Decimal("0.0061") if country == "SE" else Decimal("0.003")


@pytest.fixture(scope="module")
def logs():
    """Two logs over two months, with countries, each with people and a farm of its own."""
    chance, made = random.Random(5), {}
    for seed, name in enumerate(("first", "second")):
        plays = people(40, seed=seed) + farm(name=f"bot{seed}", seed=seed)
        made[name] = [
            {
                **one,
                "account": f"{name}-{one['account']}",
                "country": chance.choice(COUNTRIES),
                "played_at": one["played_at"] + timedelta(days=chance.choice((0, 31))),
            }
            for one in plays
        ]
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory, logs):
    made = tmp_path_factory.mktemp("royalties")
    catalogue = ps.open_catalogue(made / "c", create=True)
    tracks = sorted({one["track_id"] for plays in logs.values() for one in plays})
    with (made / "tracks.csv").open("w", newline="") as file:
        to = csv.writer(file)
        to.writerow(["track_id", "name", "artist_names", "label"])
        for track in tracks:
            kind = track.partition("-")[0]
            label = None if kind == "hit" else f"=label {kind}"
            to.writerow([track, f"Title {track}", f"Artist {kind}", label])
    catalogue.ingest(made / "tracks.csv")
    for name, plays in logs.items():
        columns = {key: [one[key] for one in plays] for key in plays[0]}
        pq.write_table(pa.table(columns), made / f"{name}.parquet")
        catalogue.plays.ingest(made / f"{name}.parquet", pseudonymise=False, name=name)
    catalogue.plays.analyse()
    (made / "rates.csv").write_text(RATES)
    return made


@pytest.fixture
def catalogue(folder):
    return ps.open_catalogue(folder / "c")


def expected(logs, key, months):
    """Counts and amounts by a key, play by play. The farms are what is artificial."""
    found = defaultdict(lambda: [0, 0, 0, Decimal(0), Decimal(0)])
    for log, plays in logs.items():
        for one in plays:
            month = f"{one['played_at']:%Y-%m}"
            if month not in months:
                continue
            country = (one["country"] or "").strip().upper()
            kind = one["track_id"].partition("-")[0]
            values = {
                "track": one["track_id"],
                "account": (one["account"], log),
                "country": country or None,
                "month": month,
                "log": log,
                "artist": f"Artist {kind}",
                "label": None if kind == "hit" else f"=label {kind}",
            }
            counts = one["ms_played"] >= 30_000
            artificial = counts and "-bot" in one["account"]
            pays = rate(log, country, month)
            line = found[values[key]]
            for at, more in enumerate((1, counts, artificial, counts * pays, artificial * pays)):
                line[at] += more
    return {value: tuple(line) for value, line in found.items()}


def lines(statement, by, ending=""):
    names = ("plays", "counted", "artificial", "amount", "artificial_amount")
    return {
        (row[by], row["source"]) if by == "account" else row[by]: tuple(
            row[f"{name}{ending}"] for name in names
        )
        for row in statement.lines.to_pylist()
        if row[f"plays{ending}"]
    }


@pytest.mark.parametrize("by", ["track", "account", "country", "month", "log", "artist", "label"])
def test_every_list_counts_what_the_log_has(catalogue, folder, logs, by):
    found = catalogue.plays.royalties(by, rates=folder / "rates.csv", everything=True)
    assert lines(found, by) == expected(logs, by, {"2026-01", "2026-02"})
    (total,) = found.totals
    each = found.lines.to_pydict()
    assert total.counts["counted"] == sum(each["counted"])
    assert total.amounts["artificial_amount"] == sum(each["artificial_amount"])
    assert (found.artificial.share, found.artificial.low <= found.artificial.share) == (
        pytest.approx(total.counts["artificial"] / total.counts["counted"]),
        True,
    )


def test_a_period_is_compared_with_the_one_before(catalogue, folder, logs):
    found = catalogue.plays.royalties(
        "track", period="2026-02", rates=folder / "rates.csv", everything=True
    )
    assert (found.period, found.period_before) == ("2026-02", "2026-01")
    assert lines(found, "track") == expected(logs, "track", {"2026-02"})
    assert lines(found, "track", "_before") == expected(logs, "track", {"2026-01"})
    one = catalogue.plays.royalties("log", period="2026-Q1", source="first")
    assert one.logs == ("first",)
    assert one.totals[0].counts["plays"] == len(logs["first"])
    assert one.totals[0].before["plays"] == 0


def test_only_what_has_to_be_decided_is_listed_most_money_first(catalogue, folder):
    found = catalogue.plays.royalties("track", rates=folder / "rates.csv").lines.to_pylist()
    assert {row["track"].partition("-")[0] for row in found} == {"bot0", "bot1"}
    amounts = [row["artificial_amount"] for row in found]
    assert amounts == sorted(amounts, reverse=True)
    assert {row["verdict"] for row in found} == {"artificial"}
    assert all("30 s" in row["reasons"] for row in found)
    groups = catalogue.plays.royalties("group").lines.to_pylist()
    stored = rows(catalogue, "play_groups", "source")
    assert {row["source"]: row["artificial"] for row in groups} == {
        source: row["plays"] for source, row in stored.items()
    }


def test_decisions_change_the_money_and_no_verdict(catalogue, folder):
    def totals():
        (total,) = catalogue.plays.royalties(rates=folder / "rates.csv").totals
        return total

    before = totals()
    assert before.counts["withheld"] == before.counts["paid"] == 0
    group = rows(catalogue, "play_groups", "source")["first"]
    number = group["group_id"]
    stored = catalogue.plays.decide(
        "withhold", [f"group:{number}"], source="first", note="case 117"
    )
    assert len(stored) == group["accounts"] == 6
    withheld = totals()
    assert withheld.counts["withheld"] == group["plays"]
    assert withheld.counts["artificial"] == before.counts["artificial"]
    # A newer decision on a track applies to the plays that it shares with the accounts.
    track = "bot0-song-3"
    catalogue.plays.decide("pay", [f"track:{track}"])
    paid = totals()
    of_track = rows(catalogue, "played_tracks", "track_id")[track]["plays"]
    assert (paid.counts["paid"], paid.counts["withheld"]) == (of_track, group["plays"] - of_track)
    status = {row["track"]: row["status"] for row in catalogue.plays.royalties().lines.to_pylist()}
    assert (status[track], status["bot0-song-4"], status["bot1-song-4"]) == (
        "pay", "withhold", "open"
    )  # fmt: skip
    # They outlive another analysis, and can be withdrawn.
    catalogue.plays.analyse("first")
    assert totals() == paid
    catalogue.plays.decide("open", [f"group:{number}", f"track:{track}"], source="first")
    assert totals() == before


@pytest.mark.parametrize(
    ("subject", "given", "code"),
    [
        ("set:1", {}, "unknown-subject"),
        ("group:one", {}, "unknown-subject"),
        ("group:" + "9" * 30, {}, "unknown-subject"),
        ("account:", {}, "unknown-subject"),
        ("account:' OR 1=1 --", {}, "no-such-subject"),
        ("group:1", {}, "several-logs"),
        ("group:77", {}, "no-such-subject"),
        ("track:hit-1", {"source": "third"}, "no-such-subject"),
        ("track:hit-1", {"note": "x" * 1001}, "long-note"),
    ],
)
def test_a_decision_about_nothing_is_refused_and_none_is_stored(catalogue, subject, given, code):
    before = catalogue.table("play_decisions").count().to_pyarrow().as_py()
    with pytest.raises(ps.UsageError) as refused:
        catalogue.plays.decide("withhold", ["track:hit-2", subject], **given)
    assert refused.value.code == code
    assert catalogue.table("play_decisions").count().to_pyarrow().as_py() == before


def test_several_currencies_are_never_added_up(catalogue, tmp_path):
    (tmp_path / "rates.csv").write_text("country,rate,currency\nSE,0.01,SEK\nBR,0.02,BRL\n")
    found = catalogue.plays.royalties("log", rates=tmp_path / "rates.csv")
    by_currency = {total.currency: total for total in found.totals}
    assert set(by_currency) == {"SEK", "BRL", ""}
    countries = catalogue.plays.royalties("country", everything=True).lines.to_pylist()
    counted = {row["country"]: row["counted"] for row in countries}
    assert by_currency["SEK"].amounts["amount"] == counted["SE"] * Decimal("0.01")
    assert by_currency["BRL"].amounts["amount"] == counted["BR"] * Decimal("0.02")
    rest = by_currency[""].counts
    assert rest["unrated"] == rest["counted"] == counted["DE"] + counted[None]
    lines_ = {(row["log"], row["currency"]) for row in found.lines.to_pylist()}
    assert lines_ == {(log, c) for log in ("first", "second") for c in ("SEK", "BRL", None)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        ("country,price\nSE,1\n", None),
        ("rate\n", None),
        ("rate\n0.003\nabc\n", 3),
        ("rate\n-1\n", 2),
        ("rate\nnan\n", 2),
        ("rate\n1e999999999\n", 2),
        ("rate\n0,003\n", 2),
        ("rate\n0.0000000001\n", 2),
        ("rate,month\n1,October\n", 2),
        ("rate,currency\n1,euros\n", 2),
        ("rate,country\n1,SE\n2,se\n", 3),
        ("rate\n\x00\n", 2),
        (b"rate\n\xff\xfe\xfd\n", 2),
    ],
)
def test_a_wrong_rate_is_refused_with_its_line(tmp_path, text, line):
    path = tmp_path / "rates.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ps.UsageError) as refused:
        rates_of(path)
    assert refused.value.code == "not-rates"
    if line:
        assert f" {line}" in refused.value.message


def test_rates_are_read_as_spreadsheets_write_them(tmp_path):
    path = tmp_path / "rates.csv"
    for text in ("sep=;\nRate;Territory\n0,004;se\n", "rate\tcountry\n,004\tSE\n"):
        path.write_text(text, encoding="utf-16")
        assert rates_of(path).of("any", " se", "2026-01").amount == Decimal("0.004")
    with pytest.raises(ps.UsageError) as refused:
        rates_of(tmp_path / "none.csv")
    assert refused.value.code == "unreadable-rates"


@pytest.mark.parametrize(
    ("name", "begin", "end", "before"),
    [
        ("2026-01", "2026-01-01", "2026-02-01", "2025-12"),
        ("2026-12", "2026-12-01", "2027-01-01", "2026-11"),
        ("2026-q1", "2026-01-01", "2026-04-01", "2025-Q4"),
        ("2024", "2024-01-01", "2025-01-01", "2023"),
    ],
)
def test_periods(name, begin, end, before):
    period = period_of(name)
    assert (str(period.begin), str(period.end), period.before.name) == (begin, end, before)
    assert period.before.end == period.begin


@pytest.mark.parametrize("name", ["", "2026-13", "26-01", "2026-Q5", "0001", "9999", "٢٠٢٦"])
def test_other_periods_are_refused(name):
    with pytest.raises(ps.UsageError) as refused:
        period_of(name)
    assert refused.value.code == "unknown-period"


def test_the_command_writes_json_as_documented_and_a_harmless_sheet(folder, tmp_path):
    done = run("royalties", folder / "c", "--by", "label", "--rates", folder / "rates.csv",
               "--period", "2026-02", "--to", tmp_path / "l.csv", "--json")  # fmt: skip
    assert done.returncode == 0
    (found,) = strict_json(done.stdout)
    assert set(found) == fields("phonoscope-royalties/1")
    page = (ROOT / "docs" / "royalties-json.md").read_text()
    for one in (found["totals"][0], found["lines"][0]):
        for name in one:
            assert f"`{name.removesuffix('_before')}`" in page
    assert found["lines"][0]["label"].startswith("=label")
    sheet = list(csv.DictReader((tmp_path / "l.csv").read_text().splitlines()))
    assert [row["label"] for row in sheet] == [f"'{row['label']}" for row in found["lines"]]
    assert [row["artificial_amount"].rstrip("0") for row in sheet] == [
        row["artificial_amount"] for row in found["lines"]
    ]


def test_the_command_lists_decides_and_refuses(folder, tmp_path):
    listed = run("royalties", folder / "c", "--by", "account", "--most", "3")
    assert listed.returncode == 0
    heading, *accounts = listed.stdout.splitlines()
    assert len(accounts) == 3
    assert all("-bot" in line for line in accounts)
    assert len(heading.split("\t")) == len(accounts[0].split("\t"))
    none = tmp_path / "none"
    for wrong in (
        ["--by", "mood"],
        ["--period", "soon"],
        ["--note", "x"],
        ["--log", "third"],
        ["--to", none / "l.csv"],
        ["--rates", none],
    ):
        assert run("royalties", folder / "c", *wrong).returncode == 2, wrong
    (tmp_path / "empty").mkdir()
    ps.open_catalogue(tmp_path / "empty", create=True)
    assert run("royalties", tmp_path / "empty").returncode == 2


def test_the_dossier_of_a_group_has_its_plays_and_stays_harmless(folder, logs, tmp_path):
    page = tmp_path / "group.html"
    catalogue = ps.open_catalogue(folder / "c")
    number = rows(catalogue, "play_groups", "source")["first"]["group_id"]
    asked = ("dossier", "--group", str(number), "--log", "first", "--in", folder / "c")
    done = run(*asked, "--to", page)
    assert done.returncode == 0
    (found,) = strict_json(run(*asked, "--json").stdout)
    assert set(found) == fields("phonoscope-play-group/1")
    bots = [one for one in logs["first"] if "-bot" in one["account"]]
    assert {one["user_hash"] for one in found["accounts"]} == {one["account"] for one in bots}
    assert sum(one["plays"] for one in found["days"]) == len(bots) == found["counted"]
    assert sum(one["group"] for one in found["hours"]) == len(bots)
    assert sum(one["everyone"] for one in found["hours"]) == len(logs["first"])
    barely = next(one for one in found["lengths"] if one["name"].startswith("30"))
    assert barely["group"] == len(bots)
    text = page.read_text()
    assert text.count("data-account=") == 6
    assert text.count("data-track=") == 12
    assert "<script" not in text
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert run("dossier", "--group", str(number), "--in", folder / "c").returncode == 2
    assert run("dossier", "--in", folder / "c").returncode == 2
    assert json.dumps(found)


@pytest.mark.parametrize("seed", range(6))
def test_a_catalogue_from_anyone_gets_an_answer(tmp_path, seed):
    """Tables in which any cell is empty or nonsense give numbers or a refusal, never a fault."""
    catalogue = drawn(tmp_path / "c", seed)
    for by in KEYS:
        with suppress(ps.UsageError):
            json.dumps(catalogue.plays.royalties(by, period="2024").to_json(), default=str)
    groups = catalogue.table("play_groups").group_id.to_pyarrow().to_pylist()
    for group in {one for one in groups if one is not None}:
        for source in ("a.csv", "b.csv"):
            with suppress(ps.UsageError):
                assert "<script>" not in html(catalogue.plays.dossier(group, source=source))


def test_groups_are_listed_where_only_single_accounts_are_in_doubt(tmp_path):
    loop = [play("loop", "one-song", n * 185) for n in range(1_000)]
    catalogue = analysed(people(40) + loop, tmp_path)
    assert rows(catalogue, "listeners", "user_hash")["loop"]["verdict"] == "undecided"
    assert catalogue.table("play_groups").count().to_pyarrow().as_py() == 0
    done = run("royalties", tmp_path / "catalogue", "--by", "group")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert "--by account" in done.stderr
