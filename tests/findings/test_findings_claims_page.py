"""Pages of claims and of comparisons in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from phonoscope.findings.claims import claims_of
from phonoscope.findings.report import report_of
from tests.helpers.catalogues import plausible
from tests.helpers.chromium import chromium, faults, opened

pytestmark = pytest.mark.browser
CLAIMS = b"""format: phonoscope-claims/1
claims:
  - {id: a, says: Most are major., source: A, date: "2025",
     figure: tonality.major_share, at_least: 0.1}
  - {id: b, says: None is major., source: A very long name of a source that nobody knows,
     date: "2025",
     figure: tonality.major_share, at_most: 0, url: "https://example.org/", note: A note.}
  - {id: c, says: Unknown., source: A, date: "2025", figure: no.such, value: 1}
"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    one, other = plausible(200, 7), plausible(120, 8)
    one.path, other.path = "/a/this-year", "/b/a_rather_long_name_of_a_catalogue_of_last_year"
    made = {
        "claims": report_of(one, claims=claims_of(CLAIMS, "claims")),
        "compared": report_of(one, other=other),
    }
    return {name: m.write(folder / f"{name}.html").as_uri() for name, m in made.items()}


@pytest.mark.parametrize("name", ["claims", "compared"])
def test_they_are_legible_fit_and_load_nothing(browser, pages, name):
    with opened(browser, pages[name], width=320) as watched:
        page = watched.page
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert faults(page, (320, 1280)) == []
        assert watched.requests == [pages[name]]
        assert watched.complaints == []


def test_what_does_not_hold_comes_first_and_leads_to_how_it_was_counted(browser, pages):
    with opened(browser, pages["claims"]) as watched:
        page = watched.page
        listed = page.locator("#published [data-standing]")
        standings = listed.evaluate_all("found => found.map(one => one.dataset.standing)")
        assert standings == ["does_not", "holds", "untold"]
        page.locator("#published .origin a[href^='#']").first.click()
        expect(page).to_have_url(re.compile("#tonality$"))
        expect(page.locator("#tonality")).to_be_visible()


def test_both_charts_are_read_by_keyboard(browser, pages):
    with opened(browser, pages["compared"]) as watched:
        page = watched.page
        charts = page.locator("#tonality .chart")
        expect(charts).to_have_count(2)
        for at in range(2):
            charts.nth(at).focus()
            page.keyboard.press("ArrowRight")
            expect(page.locator(".tip")).to_contain_text("recording")
