"""The report in a real browser."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from phonoscope.detector import rates
from phonoscope.detector.rates import Rates
from phonoscope.findings.report import write_report
from tests.helpers.catalogues import MemoryCatalogue, plausible, weighed
from tests.helpers.chromium import FAINT_TEXT, chromium, faults, opened, sideways_at, unnamed

pytestmark = pytest.mark.browser
NARROW = (320, 360, 640, 768, 1024)


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    return write_report(plausible(200), path).as_uri()


@pytest.fixture(scope="module")
def weighed_url(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "weighed.html"
    with pytest.MonkeyPatch.context() as patch:
        trial = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)
        patch.setattr(rates, "detector_rates", lambda: trial)
        return write_report(weighed(), path).as_uri()


@pytest.fixture(scope="module")
def empty_url(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "empty.html"
    return write_report(MemoryCatalogue(), path).as_uri()


def test_it_asks_for_nothing_but_itself(browser, url):
    with opened(browser, url) as watched:
        watched.page.wait_for_timeout(300)
        assert watched.requests == [url]
        assert watched.complaints == []


def test_all_text_is_legible(browser, url, empty_url):
    for address in (url, empty_url):
        with opened(browser, address, width=360) as watched:
            watched.page.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
            assert faults(watched.page) == []


def test_the_estimated_share_is_legible_fits_and_reads_by_keyboard(browser, weighed_url):
    with opened(browser, weighed_url, width=320) as watched:
        page = watched.page
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert faults(page, (1280, 320)) == []
        page.locator("#generated_share .chart").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".tip")).to_have_text(re.compile(r"^2023-12: "))
        page.keyboard.press("ArrowRight")
        expect(page.locator(".tip")).to_have_text(re.compile(r"^2024-01: "))
        assert watched.complaints == []


def test_the_two_schemes_differ_in_charts_too(browser, url):
    fills = []
    for scheme in ("light", "dark"):
        with opened(browser, url, scheme=scheme) as watched:
            bar = watched.page.locator("#duration .wide path[fill^='var(--accent']").first
            fills.append(bar.evaluate("(bar) => getComputedStyle(bar).fill"))
    assert fills[0] != fills[1]


def test_no_page_scrolls_sideways(browser, url, empty_url):
    for address in (url, empty_url):
        with opened(browser, address, width=320) as watched:
            assert [n for n in NARROW if sideways_at(watched.page, n)] == []
            watched.page.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
            assert [n for n in NARROW if sideways_at(watched.page, n)] == []


def test_the_keyboard_reaches_everything(browser, url):
    with opened(browser, url) as watched:
        page = watched.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        assert unnamed(page) == []
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        wanted = page.evaluate("document.querySelectorAll('.scroll, .chart, summary').length")
        seen = 0
        for _ in range(400):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName") == "BODY":
                break
            seen += page.evaluate("document.activeElement.matches('.scroll, .chart, summary')")
        assert seen == wanted


def test_arrow_keys_and_pointer_read_a_chart(browser, url):
    with opened(browser, url) as watched:
        page = watched.page
        chart = page.locator("#duration .chart")
        chart.focus()
        page.keyboard.press("ArrowRight")
        first = page.locator(".tip").inner_text()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".tip")).not_to_have_text(first)
        assert first.endswith("recordings")
        page.keyboard.press("Escape")
        expect(page.locator(".tip")).to_be_hidden()
        page.locator("#tonality .wide path[aria-label]").first.hover()
        expect(page.locator(".tip")).to_have_text(re.compile(r"^C major: "))


def test_without_scripts_everything_is_there(browser, url):
    with opened(browser, url, java_script_enabled=False) as watched:
        page = watched.page
        expect(page.locator("#duration .wide svg")).to_be_visible()
        page.locator("#duration summary").first.click()
        expect(page.locator("#duration table")).to_be_visible()


def test_headings_and_landmarks(browser, url):
    with opened(browser, url) as watched:
        count = watched.page.evaluate(
            """() => Object.fromEntries(["h1", "main", "header.masthead", "footer", "nav"].map(
                 (s) => [s, document.querySelectorAll(s).length]))"""
        )
        assert count == {"h1": 1, "main": 1, "header.masthead": 1, "footer": 1, "nav": 1}
        levels = watched.page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
        )
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_it_prints_dark_on_light(browser, url):
    with opened(browser, url, scheme="dark") as watched:
        page = watched.page
        page.emulate_media(media="print")
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        expect(page.locator(".contents")).to_be_hidden()
        assert page.evaluate(FAINT_TEXT) == []
        assert len(page.pdf()) > 10_000
