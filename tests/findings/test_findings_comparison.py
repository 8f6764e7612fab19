"""Two catalogues side by side."""

import csv
import io
import json
import re

import numpy as np
import pytest

from phonoscope.errors import UsageError
from phonoscope.findings.base import Answer, Figure, Finding, Found
from phonoscope.findings.comparison import compare, difference_interval, pair_cells
from phonoscope.findings.report import report_of
from phonoscope.interval import wilson
from tests.helpers.catalogues import MemoryCatalogue, plausible

NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]
"""Table II of Newcombe (1998), method 10."""


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), NEWCOMBE)
def test_differences_of_shares_have_the_published_intervals(a, m, b, n, low, high):
    found = difference_interval((a / m, wilson(a, m)), (b / n, wilson(b, n)))
    assert found == pytest.approx((low, high), abs=0.00006)


def test_the_interval_holds_the_true_difference_in_19_of_20_pairs():
    rng = np.random.default_rng(11)
    held = 0
    for a, b in zip(rng.binomial(80, 0.3, 3000), rng.binomial(300, 0.2, 3000), strict=True):
        one, other = (a / 80, wilson(int(a), 80)), (b / 300, wilson(int(b), 300))
        low, high = difference_interval(one, other)
        held += low <= 0.1 <= high
    assert 0.935 <= held / 3000 <= 0.965


def found(*figures, answered=True):
    finding = Finding("topic", "Topic", "How many?", {}, None, "method", "caveats")
    return [Found(finding, Answer("In words.", figures=figures, answered=answered))]


def share(hits, total, name="share"):
    return Figure(name, hits / total, "share", wilson(hits, total), total)


def compared(one, other):
    return compare(("A", "B"), {}, found(*one), found(*other))


def test_what_differs_by_more_than_chance_is_told_from_what_may_not():
    made = compared(
        [share(500, 1000, "far"), share(500, 1000, "near"), Figure("rows", 7, "rows")],
        [share(100, 1000, "far"), share(490, 1000, "near"), Figure("rows", 9, "rows")],
    )
    assert [(p.name, p.differs) for p in made.pairs] == [
        ("far", True),
        ("near", False),
        ("rows", None),
    ]
    assert (made.different, made.told) == (1, 2)
    assert made.headline.startswith("1 of 2 ")
    assert [p.name for p in made.largest] == ["far"]
    assert [round(p.difference, 9) for p in made.pairs] == [0.4, 0.01, -2]
    far, _, rows = map(pair_cells, made.pairs)
    assert far[:3] == ("50.00%", "10.00%", "+40.00 points")
    assert re.fullmatch(r"\+36\.\d\d to \+43\.\d\d points", far[3])
    assert rows == ("7 rows", "9 rows", "\u22122 rows", "")


def test_the_first_figures_shown_are_those_that_differ():
    one = [share(500, 1000, f"f{n}") for n in range(20)]
    other = [share(100 if n in (9, 17) else 500, 1000, f"f{n}") for n in range(20)]
    (item,) = compared(one, other).findings
    assert [p.name for p in item.telling] == ["f9", "f17", "f0", "f1", "f2", "f3"]


def test_names_of_figures_read_as_words():
    names = {
        ("excess_2_00", "ratio"): "excess 2:00",
        ("duration_median_s", "s"): "duration median",
        ("loudness_median_lufs", "LUFS"): "loudness median",
        ("explicit_2020_share", "share"): "explicit 2020 share",
        ("genres", "genres"): "genres",
    }
    figures = [Figure(name, 1.0, unit) for name, unit in names]
    assert [p.words for p in compared(figures, figures).pairs] == list(names.values())


def test_only_what_both_have_in_one_unit_is_compared():
    made = compared(
        [Figure("length", 3.0, "min"), Figure("only_here", 1, "x"), Figure("empty", None, "s")],
        [Figure("length", 180.0, "s"), Figure("only_there", 1, "x"), Figure("empty", 2.0, "s")],
    )
    (pair,) = made.pairs
    assert (pair.name, pair.difference, pair.interval, pair.differs) == ("empty", None, None, None)
    assert (len(made.pairs), made.told) == (1, 0)
    assert compared([], []).pairs == ()


def test_unlike_denominators_are_said_in_words():
    (pair,) = compared([share(5000, 256_000)], [share(30, 1000)]).pairs
    assert re.findall(r"[\d,]*\d", pair.remark) == ["256,000", "1,000"]
    (item,) = compared(
        [share(5000, 256_000, f"f{n}") for n in range(9)],
        [share(30, 1000 if n else 200_000, f"f{n}") for n in range(9)],
    ).findings
    assert re.findall(r"[\d,]*\d", item.remark) == ["8", "9", "1", "256,000", "1,000"]
    assert compared([share(1, 100)], [share(1, 999)]).pairs[0].remark == ""
    assert compared([Figure("n", 1, "s")], [Figure("n", 1, "s", n=5)]).pairs[0].remark == ""


@pytest.fixture(scope="module")
def made():
    one, other = plausible(300, 7), plausible(120, 8)
    one.path, other.path = "/one/<b>this", "/two/that"
    return report_of(one, other=other)


def test_page_json_and_csv_agree(made):
    page = made.html()
    shape = json.loads(json.dumps(made.json()), parse_constant=pytest.fail)["comparison"]
    rows = list(csv.DictReader(io.StringIO(made.csv()["compared.csv"])))
    assert [f["figure"] for f in shape["figures"]] == [row["figure"] for row in rows]
    assert shape["rows"] == {"recordings": [300, 120]}
    for figure, row in zip(shape["figures"], rows, strict=True):
        assert row["difference"] == str(figure["difference"])
        if figure["difference"] is not None:
            expected = figure["one"]["value"] - figure["other"]["value"]
            assert figure["difference"] == pytest.approx(expected)
        assert (figure["differs"] is None) == (figure["low"] is None)
    assert "&lt;b&gt;this" in page
    assert "<b>this" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    # Two charts of the same finding, each in one width.
    assert (
        page.count('id="duration-one-narrow-alt"')
        == page.count('id="duration-other-narrow-alt"')
        == 1
    )
    for mark in ("http://", "https://", "@import", "url(", "<link", "src="):
        assert mark not in page.replace("http://www.w3.org/", ""), mark


def test_documented_names_are_those_of_the_json(made):
    from tests.test_project import ROOT

    text = (ROOT / "docs" / "comparison.md").read_text("utf-8")
    told = set(re.findall(r"`(\w+)`", text.partition("| name | |")[2]))
    shape = made.json()["comparison"]
    names = {*shape, *shape["figures"][0], *shape["figures"][0]["one"]}
    assert names <= told


def test_catalogues_of_one_name_are_told_apart_and_empty_ones_read_well():
    one, other = MemoryCatalogue("/a/catalogue"), MemoryCatalogue("/b/catalogue")
    full = report_of(one, other=other, full_paths=True)
    assert full.comparison.names == ("/a/catalogue", "/b/catalogue")
    assert report_of(one, other=one).comparison.names == ("catalogue (first)", "catalogue (second)")
    page = report_of(one, other=other).html()
    assert 'id="untold"' in page
    assert "<svg" not in page


def test_claims_and_another_catalogue_are_two_reports():
    with pytest.raises(UsageError) as raised:
        report_of(MemoryCatalogue(), claims=[], other=MemoryCatalogue())
    assert raised.value.code == "claims-and-comparison"
