"""The command ``share``: on a catalogue that a detector weighed, and on one that none did."""

import dataclasses
import json
import re

import pytest

from phonoscope.api import open_catalogue
from phonoscope.cli import share as command
from phonoscope.detector import rates as rates_module
from phonoscope.detector.rates import Rates
from phonoscope.findings.shared import shares
from tests.helpers.batches import analysis, detected, outcome, write_batch
from tests.helpers.program import ROOT, run

RATES = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)
DOCUMENTED = (ROOT / "docs" / "share-json.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    monkeypatch.setattr(rates_module, "detector_rates", lambda: RATES)
    monkeypatch.setattr(shares, "current_model", lambda: "detector 1 (abc)")


@pytest.fixture(scope="module")
def weighed(tmp_path_factory):
    """80 recordings of two labels and one of a third; half of the second is flagged."""
    catalogue = open_catalogue(tmp_path_factory.mktemp("weighed") / "catalogue", create=True)
    tags = analysis("a").tags
    made = []
    for i in range(81):
        p_value = 0.0001 if i % 4 == 3 else 0.5
        label = "\x1b[31mhostile" if i == 80 else "First" if i % 2 == 0 else "Second"
        date = "2024" if i < 10 else f"2024-{1 + i % 3:02}"
        made.append(
            outcome(
                str(i),
                marks=0,
                verdict=detected(p_value),
                tags=dataclasses.replace(tags, label=label, date=date),
            )
        )
    write_batch(catalogue._store, *made)
    return catalogue.path


@pytest.fixture(scope="module")
def unweighed(tmp_path_factory):
    catalogue = open_catalogue(tmp_path_factory.mktemp("unweighed") / "catalogue", create=True)
    write_batch(catalogue._store, outcome("a"))
    return catalogue.path


def documented_fields(heading=""):
    text = DOCUMENTED.split(heading, 1)[1] if heading else DOCUMENTED
    table = re.search(r"\| field \|.*?\n((?:\|.*\n)+)", text)
    return re.findall(r"^\| `(\w+)`", table[1], re.M)


def test_the_whole_is_a_sentence(weighed, capsys):
    assert command.share(weighed) == 0
    said = " ".join(capsys.readouterr().out.split())
    # 20 of 81 flagged, of which 90 % are found: 27 %.
    assert "27%" in said
    assert "81" in said


def test_groups_are_lines_in_a_pipe_and_the_whole_goes_to_stderr(weighed, capsys):
    command.share(weighed, by="label")
    printed = capsys.readouterr()
    heading, *lines = [line.split("\t") for line in printed.out.splitlines()]
    assert len(heading) == 7
    assert [line[:3] for line in lines] == [
        ["First", "40", "0"],
        ["Second", "40", "20"],
        ["\\x1b[31mhostile", "1", "0"],
    ]
    assert lines[0][3:5] == ["0", "0"]
    assert lines[2][6]
    assert "27%" in printed.err
    command.share(weighed, by="label", quiet=True)
    assert capsys.readouterr().err == ""


def test_only_so_many_groups_are_listed_and_it_says_how_many_more(weighed, capsys):
    command.share(weighed, by="month", most=2)
    printed = capsys.readouterr()
    latest, unknown = (line.split("\t")[0] for line in printed.out.splitlines()[1:])
    assert latest == "2024-03"
    assert unknown.startswith("(")
    assert "--most" in printed.err


def test_json_is_what_the_page_documents_and_the_api_returns(weighed, capsys):
    for by in (None, "label"):
        command.share(weighed, by=by, as_json=True)
        found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        assert list(found) == documented_fields()
        assert list(found["overall"]) == documented_fields("A group of `groups`")[1:]
        for group in found["groups"]:
            assert list(group) == documented_fields("A group of `groups`")
        assert all(f"`{name}`" in DOCUMENTED for name in found["rates"])
        assert found == open_catalogue(weighed).share_generated(by).to_json()


def test_a_catalogue_that_no_detector_weighed_cannot_tell(unweighed):
    for arguments in ([], ["--by", "label"]):
        done = run("share", unweighed, *arguments)
        assert done.returncode == 0
        assert "%" not in done.stdout
    found = json.loads(run("share", unweighed, "--json").stdout)
    assert found["overall"] is None
    assert list(found) == documented_fields()


def test_what_cannot_be_grouped_by_is_status_2(unweighed):
    done = run("share", unweighed, "--by", "mood")
    assert done.returncode == 2
    assert "mood" in done.stderr
    assert "month, year, label" in done.stderr
