"""Tables are downloaded from the page itself, opened as a file and without a network."""

import csv
import io
from urllib.parse import unquote

import pytest

from phonoscope.findings.report import as_csv, report_of
from tests.helpers.catalogues import MemoryCatalogue, file_row, plausible
from tests.helpers.chromium import chromium, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def held(link):
    kind, _, text = link.get_attribute("href").partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    return unquote(text, errors="strict")


def saved(page, link):
    with page.expect_download() as waiting:
        link.click()
    with open(waiting.value.path(), "rb") as file:
        return waiting.value.suggested_filename, file.read().decode("utf-8")


def test_every_table_of_the_page_is_the_table_of_csv(browser, tmp_path):
    made = report_of(plausible(80))
    url = made.write(tmp_path / "report.html").as_uri()
    sheets = as_csv(made.found)
    with opened(browser, url) as watched:
        page = watched.page
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        links = page.locator("a[download]").all()
        told = {link.get_attribute("download"): held(link) for link in links}
        # A browser asks a person who downloads many files in a second, so one is clicked.
        name, text = saved(page, page.locator("a[download='key_by_mode.csv']"))
        assert watched.complaints == []
    assert told == sheets
    assert len(told) > 10
    assert text == sheets[name]


def test_a_spreadsheet_runs_no_cell_of_a_download(browser, tmp_path):
    files = [file_row('=cmd|"calc"!A1,\n\u4e2d\u6587 #%&', None, "empty", "+1")]
    url = report_of(MemoryCatalogue(files=files)).write(tmp_path / "r.html").as_uri()
    with opened(browser, url) as watched:
        page = watched.page
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        _, text = saved(page, page.locator("a[download='unreadable_files.csv']"))
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["file"].startswith("'=cmd|")
    assert "\u4e2d\u6587 #%&" in row["file"]
    assert row["error"] == "'+1"
