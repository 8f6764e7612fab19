"""The command ``releases``: verdicts on releases and artists of a catalogue."""

import dataclasses
import json
import re

import pytest

from phonoscope.api import open_catalogue
from phonoscope.cli import releases as command
from phonoscope.detector import rates as rates_module
from phonoscope.detector.rates import Counted, Rates
from phonoscope.findings.shared import shares
from tests.helpers.batches import analysis, detected, outcome, write_batch
from tests.helpers.program import ROOT, run

HUMAN = tuple(Counted(str(i), (0, 0, 20)) for i in range(120))
RATES = Rates((0.001, 0.1), (*HUMAN, *[Counted("x", (0, 4, 16))] * 40), ())
DOCUMENTED = (ROOT / "docs" / "releases-json.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    monkeypatch.setattr(rates_module, "detector_rates", lambda: RATES)
    monkeypatch.setattr(shares, "current_model", lambda: "detector 1 (abc)")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Two albums of one label, one of which is called generated, and one with two tracks."""
    made = open_catalogue(tmp_path_factory.mktemp("releases") / "catalogue", create=True)
    outcomes = []
    for album, tracks, p_value in (("\x1b[31mRobot", 8, 1e-6), ("Human", 9, 0.5), ("EP", 2, 0.5)):
        for i in range(tracks):
            name = f"{album} {i}"
            tags = dataclasses.replace(
                analysis("a").tags, title=name, album=album, artist="Anna", label="Big"
            )
            outcomes.append(outcome(name, marks=0, verdict=detected(p_value), tags=tags))
    write_batch(made._store, *outcomes)
    return made.path


def documented_fields(heading):
    text = DOCUMENTED.split(heading, 1)[1]
    table = re.search(r"\| field \|.*?\n((?:\|.*\n)+)", text)
    return re.findall(r"^\| `(\w+)`", table[1], re.M)


@pytest.mark.parametrize("by", ["release", "artist"])
def test_without_a_large_group_it_says_so_and_counts_none(tmp_path, capsys, by):
    made = open_catalogue(tmp_path / "catalogue", create=True)
    write_batch(made._store, outcome("alone", marks=0, verdict=detected(0.5)))
    assert command.releases(made.path, by=by) == 0
    printed = capsys.readouterr()
    assert re.findall(r"\d+", printed.out)[0] == "3"
    assert "0 of 0" not in printed.out
    assert printed.err == ""


def test_releases_are_lines_in_a_pipe_and_the_summary_goes_to_stderr(catalogue, capsys):
    assert command.releases(catalogue) == 0
    printed = capsys.readouterr()
    heading, *lines = [line.split("\t") for line in printed.out.splitlines()]
    assert len(heading) == 8
    assert [line[:4] for line in lines] == [
        ["generated", "\\x1b[31mRobot", "8", "8"],
        ["no-sign-found", "Human", "9", "0"],
    ]
    assert len(lines[0][7]) == 32
    assert "1 of 2" in printed.err
    assert "3,200" in printed.err
    command.releases(catalogue, most=1, quiet=True)
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 2
    assert printed.err == ""


def test_an_artist_is_called_in_part(catalogue, capsys):
    command.releases(catalogue, by="artist")
    (_, line) = capsys.readouterr().out.splitlines()
    assert line.split("\t")[:4] == ["mixed", "Anna", "19", "8"]


def test_json_is_what_the_page_documents_and_the_api_returns(catalogue, capsys):
    for by in ("release", "artist"):
        command.releases(catalogue, by=by, as_json=True)
        found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        assert list(found) == documented_fields("# The JSON")
        assert list(found["trial"]) == documented_fields("`trial`:")
        for group in found["groups"]:
            assert list(group) == documented_fields("A group of `groups`")
        assert found == open_catalogue(catalogue).releases_generated(by).to_json()
    assert found["smaller"] == 0


def test_what_cannot_be_answered_is_said(tmp_path):
    empty = open_catalogue(tmp_path / "empty", create=True).path
    done = run("releases", empty)
    assert done.returncode == 0
    assert "%" not in done.stdout
    found = json.loads(run("releases", empty, "--json").stdout)
    assert list(found) == documented_fields("# The JSON")
    assert (found["trial"], found["groups"]) == (None, [])
    done = run("releases", empty, "--by", "mood")
    assert done.returncode == 2
    assert "mood" in done.stderr
