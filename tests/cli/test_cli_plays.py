"""``phonoscope plays``: what it writes, prints and exits with."""

import json
import re

import pytest

from tests.helpers.plays import farm, log_of, people
from tests.helpers.program import ROOT, run

DOCUMENTED = (ROOT / "docs" / "plays-json.md").read_text(encoding="utf-8")


def documented(heading):
    """The fields in the table of docs/plays-json.md that follows a sentence."""
    table = DOCUMENTED.split(heading, 1)[1].split("|---|---|---|\n", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    honest = log_of(people(), folder / "honest.parquet")
    return honest, log_of(people() + farm(), folder / "farmed.parquet")


def test_a_log_is_analysed_and_the_reasons_shown(logs, tmp_path):
    done = run("plays", logs[1], "--into", tmp_path / "catalogue", "-q")
    assert done.returncode == 0, done.stderr
    for figure in ("6 accounts", "12 tracks", "1,800 plays"):
        assert figure in done.stdout
    reasons = [line for line in done.stdout.splitlines() if line.strip().startswith("- ")]
    assert any(" 0% " in line for line in reasons)


def test_fail_on_names_what_was_found(logs, tmp_path):
    for log, status in zip(logs, (0, 1), strict=True):
        into = tmp_path / log.stem
        assert run("plays", log, "--into", into, "--fail-on", "artificial").returncode == status


def test_a_log_is_analysed_later(logs, tmp_path):
    into = tmp_path / "catalogue"
    read = run("plays", logs[1], "--into", into, "--no-weigh", "--json")
    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout)["weighed"] == []
    (log,) = json.loads(run("plays", "--into", into, "--json").stdout)["weighed"]
    assert (log["artificial_accounts"], log["undecided_accounts"]) == (6, 0)
    (group,) = log["groups"]
    assert (group["verdict"], group["accounts"], group["tracks"]) == ("artificial", 6, 12)
    assert log["share_low"] < log["artificial_share"] < log["share_high"]
    assert set(log) == documented("A log of `weighed`")
    assert set(group) == documented("A group has the columns")


def test_nothing_to_do_and_no_catalogue_are_status_2(logs, tmp_path):
    wrong = run("plays", "--into", tmp_path / "catalogue", "--no-weigh")
    assert (wrong.returncode, "--no-weigh" in wrong.stderr) == (2, True)
    missing = run("plays", "--into", tmp_path / "catalogue")
    assert missing.returncode == 2
    assert not (tmp_path / "catalogue").exists()


def test_a_log_without_a_row_to_keep_has_nothing_to_analyse(tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"account,track_id,played_at\na,b\n\x00\xff\n")
    done = run("plays", tmp_path / "bad.csv", "--into", tmp_path / "catalogue", "-q")
    assert done.returncode == 3, done.stderr
    found = run("plays", tmp_path / "bad.csv", "--into", tmp_path / "catalogue", "--json")
    assert (found.returncode, json.loads(found.stdout)["weighed"]) == (3, [])


def test_a_folder_of_logs_is_read_format_by_format(logs, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.parquet").write_bytes(logs[0].read_bytes())
    (folder / "b.csv").write_text("account,track_id,played_at\nu,t,1751000000\n")
    (folder / "c.csv").write_text("id,name,duration_ms\na,A,1\n")
    done = run("plays", folder, "--into", tmp_path / "c", "--no-weigh", "--json")
    assert done.returncode == 3
    assert "c.csv" in done.stderr
    read = json.loads(done.stdout)["read_by_format"]
    assert [each["layout"] for each in read] == ["plays-parquet", "plays-csv"]
    assert sum(each["kept"] for each in read) == read[0]["kept"] + 1
