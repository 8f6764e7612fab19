import csv
import io
import json
import re
import zipfile

import pytest

from phonoscope.errors import UsageError
from phonoscope.findings.report import JSON_FORMAT, as_html, check_destination, write_report
from tests.helpers.catalogues import (
    MemoryCatalogue,
    file_row,
    mark_row,
    plausible,
    recording_rows,
    verdict_row,
)

HOSTILE = "<script>alert('x')</script>\"&\n\u202egnp.exe"


@pytest.fixture(scope="module")
def catalogue():
    return plausible(60)


def hostile():
    recordings = recording_rows(2)
    recordings[0].update(codec=HOSTILE, tag_title=HOSTILE)
    known = recordings[0]["recording_id"]
    return MemoryCatalogue(
        path=f"/tmp/{HOSTILE}",
        recordings=recordings,
        files=[
            file_row("/m/a.mp3", known),
            file_row(f"/m/{HOSTILE}", None, "not-audio", HOSTILE),
            file_row("file:///m/%FF%FE%0A%3Cscript%3E.mp3", None, "not-audio", "x"),
            file_row("/m/z", None, f"new-{HOSTILE}", "x"),
        ],
        declared=[mark_row(known, HOSTILE)],
        verdicts=[verdict_row(known, "generated", "declared")],
    )


def test_html_is_one_page_with_every_number(catalogue, tmp_path):
    path = write_report(catalogue, tmp_path / "report.html")
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert re.search(r'id="scanned-headline">60 ', page)
    assert re.search(r'id="unreadable-headline">[^<]*\b11\b', page)
    assert page.count("<svg") >= 16
    for mark in ("http://", "https://", "@import", "url(", "<link", "src="):
        assert mark not in page.replace("http://www.w3.org/", ""), mark
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_ids_are_unique(catalogue):
    ids = re.findall(r'\bid="([^"]+)"', as_html(catalogue))
    assert len(ids) == len(set(ids))


def test_hostile_names_are_shown_not_run():
    page = as_html(hostile())
    assert page.count("<script") == 1
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(" in page
    assert r"\u202egnp.exe" in page


def test_json_is_strict_and_documented(catalogue, tmp_path):
    path = write_report(catalogue, tmp_path / "r.json", "json")
    shape = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert shape["format"] == JSON_FORMAT
    assert set(shape) == {
        "format",
        "catalogue",
        "written_utc",
        "phonoscope_version",
        "findings",
    }
    for finding in shape["findings"]:
        assert {"name", "question", "headline", "figures", "tables", "method"} <= set(finding)
        for figure in finding["figures"]:
            assert set(figure) == {"name", "value", "unit", "low", "high", "n"}
        for table in finding["tables"]:
            assert all(len(row) == len(table["columns"]) for row in table["rows"])


def test_csv_as_folder_zip_and_one_file(catalogue, tmp_path):
    folder = write_report(catalogue, tmp_path / "csv", "csv")
    packed = write_report(catalogue, tmp_path / "r.zip", "csv")
    long = write_report(catalogue, tmp_path / "r.csv", "csv")
    with zipfile.ZipFile(packed) as archive:
        assert sorted(archive.namelist()) == sorted(p.name for p in folder.iterdir())
        for name in archive.namelist():
            assert archive.read(name) == (folder / name).read_bytes()
    rows = list(csv.DictReader(io.StringIO((folder / "key_by_mode.csv").read_text())))
    assert len(rows) == 24
    cells = list(csv.DictReader(io.StringIO(long.read_text())))
    mine = [c["value"] for c in cells if c["table"] == "key_by_mode" and c["column"] == "count"]
    assert mine == [row["count"] for row in rows]


def test_a_spreadsheet_runs_no_cell(tmp_path):
    files = [file_row("=cmd|'calc'!A1", None, "empty", "+1")]
    folder = write_report(MemoryCatalogue(files=files), tmp_path / "csv", "csv")
    (row,) = csv.DictReader(io.StringIO((folder / "unreadable_files.csv").read_text()))
    assert row["file"].startswith("'=")
    assert row["error"] == "'+1"


@pytest.mark.parametrize("format", ["html", "json", "csv"])
def test_an_empty_catalogue_reads_well(tmp_path, format):
    path = write_report(MemoryCatalogue(), tmp_path / "empty.zip", format)
    assert path.stat().st_size > 100


class Untouched(MemoryCatalogue):
    """A catalogue that must not be queried."""

    def table(self, name):
        raise AssertionError(name)


@pytest.mark.parametrize(
    ("name", "format", "code"),
    [
        ("r", "pdf", "unknown-format"),
        ("no/folder/r.html", "html", "unwritable"),
        ("folder.html", "html", "unwritable"),
        ("file.html/r.json", "json", "unwritable"),
        ("file.html", "csv", "unwritable"),
        ("file.html/csv", "csv", "unwritable"),
        ("no/folder/r.zip", "csv", "unwritable"),
    ],
)
def test_the_destination_is_checked_before_anything_is_computed(tmp_path, name, format, code):
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file.html").touch()
    with pytest.raises(UsageError) as raised:
        write_report(Untouched(), tmp_path / name, format)
    assert raised.value.code == code
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file.html", "folder.html"]


@pytest.mark.parametrize(
    ("name", "format"), [("r", None), ("a/b/csv", "csv"), ("old.html", None), ("r.zip", None)]
)
def test_the_check_of_a_destination_leaves_no_trace(tmp_path, name, format):
    (tmp_path / "old.html").write_text("old")
    check_destination(tmp_path / name, format)
    assert [p.name for p in tmp_path.iterdir()] == ["old.html"]
    assert (tmp_path / "old.html").read_text() == "old"


def test_a_failed_write_leaves_the_old_report(catalogue, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError) as raised:
        write_report(catalogue, path)
    assert raised.value.code == "unwritable"
    assert "No space left" in raised.value.message
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
