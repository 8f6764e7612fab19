"""Published claims held against catalogues, and lists of claims that nobody should trust."""

import csv
import io
import json
import math
import random
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from phonoscope.api import open_catalogue
from phonoscope.errors import UsageError
from phonoscope.findings.base import Answer, Figure, Finding, Found
from phonoscope.findings.claim import Claim, Standing, check_claims
from phonoscope.findings.claims import MOST_BYTES, claims_of, read_claims
from phonoscope.findings.report import report_of
from phonoscope.interval import Interval, wilson
from tests.helpers.catalogues import MemoryCatalogue, plausible, weighed

HEAD = "format: phonoscope-claims/1\nclaims:\n"
ONE = "- {id: a, says: b, source: c, date: d, figure: e.f, value: 1}\n"
HOLDS, DOES_NOT, UNTOLD = Standing


def claim(**changed):
    known = {
        "id": "it",
        "says": "Half of them.",
        "source": "A newspaper",
        "date": "2025",
        "finding": "topic",
        "figure": "half_share",
    }
    return Claim(**{**known, **changed})


def found(*figures, answered=True):
    finding = Finding("topic", "Topic", "How many?", {}, None, "method", "caveats")
    return [Found(finding, Answer("In words.", figures=figures, answered=answered))]


def standing(asked, figure, *, whole):
    (checked,) = check_claims([asked], found(figure), whole=whole)
    return checked.standing


@pytest.mark.parametrize(
    ("bounds", "sample", "whole"),
    [
        ({"value": 0.5, "rounding": 0.05}, HOLDS, HOLDS),
        ({"value": 0.5, "rounding": 0.005}, UNTOLD, HOLDS),
        ({"value": 0.52, "rounding": 0.005}, UNTOLD, DOES_NOT),
        ({"value": 0.6, "rounding": 0.05}, DOES_NOT, DOES_NOT),
        ({"at_least": 0.45}, HOLDS, HOLDS),
        ({"at_least": 0.5}, UNTOLD, HOLDS),
        ({"at_least": 0.51}, UNTOLD, DOES_NOT),
        ({"at_least": 0.6}, DOES_NOT, DOES_NOT),
        ({"at_least": 0.6, "rounding": 0.1}, UNTOLD, HOLDS),
        ({"at_most": 0.55}, HOLDS, HOLDS),
        ({"at_most": 0.49}, UNTOLD, DOES_NOT),
        ({"at_most": 0.4}, DOES_NOT, DOES_NOT),
    ],
)
def test_the_interval_of_a_sample_decides_and_the_number_of_a_whole(bounds, sample, whole):
    """500 of 1,000: 0.469 to 0.531 after Wilson."""
    figure = Figure("half_share", 0.5, "share", wilson(500, 1000), 1000)
    assert standing(claim(**bounds), figure, whole=False) is sample
    assert standing(claim(**bounds), figure, whole=True) is whole


def test_a_number_as_it_was_published_holds_whatever_its_digits_in_binary():
    for figure, value, rounding in ((0.135149999999, 0.1351, 0.00005), (0.13505, 0.1351, 0.00005)):
        asked = claim(value=value, rounding=rounding)
        assert standing(asked, Figure("half_share", figure, "share"), whole=True) is HOLDS
    asked = claim(value=186_000_000, rounding=500_000)
    assert standing(asked, Figure("half_share", 186_500_001, "codes"), whole=True) is DOES_NOT


def test_what_is_not_there_cannot_be_told_and_the_reason_is_said():
    asked = claim(value=0.5)
    for answer, reason in (
        (found(), "no-figure"),
        (found(Figure("half_share", None, "share")), "no-figure"),
        (found(Figure("half_share", math.nan, "share")), "no-figure"),
        (found(answered=False), "no-answer"),
        ([], "no-finding"),
    ):
        for whole in (False, True):
            (checked,) = check_claims([asked], answer, whole=whole)
            assert checked.standing is UNTOLD
            assert checked.reason == reason
            assert checked.found is None
    (checked,) = check_claims([asked], found(Figure("half_share", 0.5, "share")), whole=False)
    assert checked.standing is UNTOLD
    assert checked.reason == "no-interval"


def test_shares_of_samples_are_seldom_refused_wrongly():
    """Of samples of a catalogue where the claim is true, at most one in 20 may refuse it."""
    import numpy as np

    drawn = np.random.default_rng(5).binomial(2_000, 0.34, 2_000)
    asked = claim(value=0.34)
    refused = sum(
        standing(
            asked,
            Figure("half_share", n / 2_000, "share", wilson(int(n), 2_000), 2_000),
            whole=False,
        )
        is DOES_NOT
        for n in drawn
    )
    assert refused / len(drawn) <= 0.06


def test_the_shipped_list_says_what_it_checks():
    """Read by another reader, and each percentage in words held against its number."""
    text = files("phonoscope.findings").joinpath("claims.yaml").read_text("utf-8")
    rows = yaml.safe_load(text)["claims"]
    claims = read_claims("shipped")
    assert [row["id"] for row in rows] == [c.id for c in claims]
    assert len({c.id for c in claims}) == len(claims) >= 30
    for row, c in zip(rows, claims, strict=True):
        assert f"{c.finding}.{c.figure}" == row["figure"]
        bounds = [c.value, c.at_least, c.at_most]
        (given,) = (bound for bound in bounds if bound is not None)
        assert given == next(row[name] for name in ("value", "at_least", "at_most") if name in row)
        assert c.source
        assert re.fullmatch(r"20\d\d(-\d\d)?", c.date)
        percentages = re.findall(r"([\d.]+)%", c.says)
        if percentages:
            assert float(percentages[0]) / 100 == pytest.approx(given)
            digits = len(percentages[0].partition(".")[2])
            assert c.rounding >= 0.5 * 10 ** -(digits + 2) * 0.999


def test_a_list_is_read_with_bom_comments_and_folded_text(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(
        "\ufeff# mine\nformat: phonoscope-claims/1\nclaims:\n  - id: yes\n    says: >\n"
        "      a long\n      sentence: 70%\n    source: 1:30\n    date: 2025-12-20\n"
        "    figure: tail.gini\n    at_least: 8_7.5e-2\n",
        "utf-8",
    )
    (read,) = read_claims(path)
    # YAML 1.1 would make a truth, a number and a date of these.
    assert (read.id, read.source, read.date) == ("yes", "1:30", "2025-12-20")
    assert read.says == "a long sentence: 70%"
    assert read.at_least == 0.875


def nested(depth):
    return "claims: " + "[" * depth


LAUGHS = "a: &a [x,x]\n" + "".join(
    f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *{'a' if n == 0 else f'b{n - 1}'}]\n"
    for n in range(40)
)


@pytest.mark.parametrize(
    "refused",
    [
        ("", "not-claims"),
        ("[]", "not-claims"),
        ("claims: []", "not-claims"),
        ("format: phonoscope-claims/2\nclaims: []", "not-claims"),
        (HEAD, "not-a-list"),
        (HEAD + ONE + "more: 1", "not-a-list"),
        (HEAD + ONE + ONE, "duplicate-id", " a."),
        (HEAD + "- text", "not-a-claim", "claim 1"),
        (HEAD + "- {id: a, says: [b]}", "not-a-claim"),
        (HEAD + ONE.replace("value", "valeu"), "unknown-field", "valeu"),
        (HEAD + ONE.replace("says: b, ", ""), "missing-field", "says"),
        (HEAD + ONE.replace("says: b", "says: ' '"), "missing-field", "says"),
        (HEAD + ONE.replace("says: b", f"says: {'b' * 601}"), "too-long", "600"),
        (HEAD + ONE.replace("e.f", "e/f"), "bad-name"),
        (HEAD + ONE.replace("id: a", "id: '<b>'"), "bad-name"),
        (HEAD + ONE.replace("value: 1", "note: x"), "bounds", "0"),
        (HEAD + ONE.replace("value: 1", "value: 1, at_most: 2"), "bounds", "2"),
        *(
            (HEAD + ONE.replace("value: 1", f"value: {bad}"), "not-a-number", "value")
            for bad in (".nan", "inf", "1e999", "0x10", "'1,5'", "''", "1__", "~", "-", "½")
        ),
        (HEAD + ONE.replace("value: 1", "value: 1, rounding: -1"), "rounding"),
        (HEAD + ONE.replace("value: 1", "value: 1, url: 'javascript:alert(1)'"), "bad-url"),
        (HEAD + ONE.replace("value: 1", "value: 1, url: 'https://a b\"'"), "bad-url"),
        (HEAD + ONE.replace("value: 1", "value: 1, value: 2"), "bad-key", "line 3"),
        (HEAD + "- {[a]: b}", "bad-key", "line 3"),
        (HEAD + "- &x a\n- *x", "alias", "line 3"),
        (LAUGHS, "alias", "line 1"),
        ("!!python/object/apply:os.system [ls]", "tag", "line 1"),
        (HEAD + "- !!int 1", "tag", "line 3"),
        (nested(100_000), "too-deep"),
        ("{" * 100_000, "too-deep"),
        ("a: b: c", "not-yaml", "line 1"),
        ("a: 'b", "not-yaml"),
        ("a\x00b", "not-yaml"),
        ("%YAML 9.9\n---\na", "not-yaml"),
        (HEAD + ONE + "---\nmore: 1\n", "not-yaml"),
        (
            HEAD + "".join(ONE.replace("id: a", f"id: a{n}") for n in range(1001)),
            "too-many",
            "1,000",
        ),
        ("#" * (MOST_BYTES + 1), "too-large", "262,144"),
        (b"\xff\xfe\x00", "not-text"),
    ],
)
def test_what_is_not_a_list_of_claims_is_refused_in_a_sentence(refused):
    content, code, *named = refused
    raw = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(UsageError) as raised:
        claims_of(raw, "claims.yaml")
    assert "claims.yaml" in str(raised.value)
    assert raised.value.code == code
    assert all(name in raised.value.message for name in named)
    assert "\n" not in str(raised.value)


def test_a_damaged_list_is_read_or_refused_in_a_sentence():
    whole = files("phonoscope.findings").joinpath("claims.yaml").read_bytes()[:1500]
    bits = [
        b"[",
        b"{",
        b"&a ",
        b"*a ",
        b"!!x ",
        b"? ",
        b"- ",
        b": ",
        b"|\n",
        b"'",
        b"<<: ",
        b"\xf0",
    ]
    rng = random.Random(1)
    refused = []
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randrange(3)] = rng.choice(bits)
        try:
            claims_of(bytes(damaged), "x")
        except UsageError as error:
            refused.append(str(error))
    assert len(refused) > 200
    assert not [words for words in refused if "\n" in words]


def test_places_that_hold_no_list_end_in_a_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml", "/dev/zero", "a\0b"):
        with pytest.raises(UsageError):
            read_claims(path)


@pytest.fixture(scope="module")
def catalogue():
    return plausible(100)


def test_a_report_begins_with_the_claims(catalogue, tmp_path):
    hostile = "<script>alert(1)</script> =cmd|x"
    major = report_of(catalogue).found
    share = next(f.value for item in major for f in item.answer.figures if f.name == "major_share")
    asked = [
        claim(id="a", says=hostile, finding="tonality", figure="major_share", at_least=share),
        claim(id="b", says="=1+1", finding="tonality", figure="major_share", at_least=0.999),
        claim(id="c", finding="nothing", url="https://example.org/?a=1&b=2", value=1),
    ]
    made = report_of(catalogue, claims=asked, whole=True)
    assert made.standings == {HOLDS: 1, DOES_NOT: 1, UNTOLD: 1}
    page = made.html()
    assert page.count("<script") == 1
    assert re.findall(r'data-standing="(\w+)"', page) == ["does_not", "holds", "untold"]
    assert page.index("published-headline") < page.index('id="scanned"')
    assert 'href="https://example.org/?a=1&amp;b=2" rel="noreferrer"' in page
    shape = json.loads(json.dumps(made.json()), parse_constant=pytest.fail)
    assert [c["standing"] for c in shape["claims"]] == ["holds", "does not hold", "cannot be told"]
    assert set(shape["claims"][0]) == documented()
    rows = list(csv.DictReader(io.StringIO(made.csv()["claims.csv"])))
    assert [row["standing"] for row in rows] == [c["standing"] for c in shape["claims"]]
    assert rows[1]["says"] == "'=1+1"
    assert float(rows[0]["found_value"]) == share
    assert made.write(tmp_path / "r.json", "json").stat().st_size > 0


def documented():
    """Names of the JSON of a claim in docs/claims.md."""
    from tests.test_project import ROOT

    tables = (ROOT / "docs" / "claims.md").read_text("utf-8")
    cells = re.findall(r"^\| (`.+?) \|", tables, re.M)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_shipped_claims_of_an_empty_catalogue_cannot_be_told():
    made = report_of(MemoryCatalogue(), claims=read_claims("shipped"), whole=True)
    assert set(made.standings) == {UNTOLD}
    assert set(re.findall(r'data-standing="(\w+)"', made.html())) == {"untold"}


UNASKED = {"tail.plays_under_1000_share", "tail.gini", "generated_share.generated_share"}
"""Figures that copies of metadata can't have: they have neither plays nor sound."""


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory):
    """Drawn from the published numbers, so that they must hold there."""
    into = tmp_path_factory.mktemp("synthetic") / "catalogue"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).resolve().parents[2])
        from bench.make_catalogue import main

        main(["--tracks", "60000", "--into", str(into), "--threads", "1"])
    return open_catalogue(into, create=False)


def test_shipped_claims_name_figures_that_there_are(synthetic):
    made = report_of(synthetic, claims=read_claims("shipped"))
    asked = {f"{c.claim.finding}.{c.claim.figure}" for c in made.checks if c.found is None}
    # Too few albums of these years are in so small a catalogue, but not in a real one.
    assert asked == UNASKED
    plays = [{"source": "s", "track_id": str(n), "plays": n * n} for n in range(200)]
    told = report_of(MemoryCatalogue(tracks=plays)).found + report_of(weighed(200)).found
    names = {f"{i.finding.name}.{f.name}" for i in told for f in i.answer.figures}
    assert names >= UNASKED


def test_the_head_of_a_page_on_metadata_says_what_it_is_of(synthetic):
    (albums,) = synthetic.sql("select count(*) from albums").read_all().column(0).to_pylist()
    page = report_of(synthetic).html()
    assert re.search(rf"<h1>60,000 [^<]* {albums:,} [^<]*</h1>", page)
    assert re.search(rf"<title>60,000 [^<]* {albums:,} [^<]*: catalogue</title>", page)
    one = MemoryCatalogue(tracks=[{"source": "s", "track_id": "1", "duration_ms": 1}])
    assert "<h1>1 track</h1>" in report_of(one).html()


def test_published_numbers_hold_in_a_catalogue_drawn_from_them(synthetic):
    """Except counts of a larger one, and what a miscount says.

    Tracks of an album share a year and so much else; intervals that take them for independent
    refuse a true number now and then.
    """
    made = report_of(synthetic, claims=read_claims("shipped"))
    standings = {check.claim.id: check.standing for check in made.checks}
    assert standings["genres-100000"] is UNTOLD
    assert standings["minutes-peak-2-00"] is HOLDS
    refused = [name for name, standing in standings.items() if standing is DOES_NOT]
    assert len(refused) <= 3, refused
    whole = report_of(synthetic, claims=read_claims("shipped"), whole=True)
    standings = {check.claim.id: check.standing for check in whole.checks}
    assert standings["genres-100000"] is standings["isrcs-unique"] is DOES_NOT
    for held in ("isrcs-tracks-each", "features-danceability", "features-tempo"):
        assert standings[held] is HOLDS


def test_one_claim_reads_well():
    checked = check_claims(
        [claim(at_least=0.4)],
        found(Figure("half_share", 0.5, "share", Interval(0.45, 0.55), 100)),
        whole=False,
    )
    (shape,) = [c.to_json() for c in checked]
    assert shape["found"] == {"value": 0.5, "unit": "share", "low": 0.45, "high": 0.55, "n": 100}
    assert shape["reason"] == "interval"
    assert "45.00% to 55.00%" in shape["why"]
