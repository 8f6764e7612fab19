"""The served pages in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.helpers.chromium import chromium, faults, opened, settled
from tests.helpers.served import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(catalogue):
    with serving(catalogue) as served:
        yield served


@pytest.fixture(scope="module")
def pages(address, find):
    names = ("a song", "onerror", "apple", "soon gone", "Nobody", "中文")
    return [
        f"{address}/",
        f"{address}/recordings",
        f"{address}/recordings?error=any",
        f"{address}/recordings?search=nothing-has-this-name",
        f"{address}/recordings/{'0' * 32}",
        *(f"{address}/recordings/{find(name)}" for name in names),
    ]


FOCUSED = """() => {
  const at = document.activeElement;
  return [at.tagName, at.getAttribute("aria-label") || ""];
}"""


def test_every_page_is_legible_and_fits(browser, address, pages):
    with opened(browser) as watched:
        for url in pages:
            watched.turn_to(url, 360)
            settled(watched.page)
            watched.page.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
            assert faults(watched.page) == [], url
            foreign = [u for u in watched.requests if not u.startswith(address)]
            assert foreign == [], url
            if not url.endswith("0" * 32):
                assert watched.complaints == [], url


def test_the_page_of_a_recording_plays_and_draws(browser, address, find):
    with opened(browser, f"{address}/recordings/{find('a song')}") as watched:
        page = watched.page
        answers = []
        page.on("response", lambda answer: answers.append((answer.url, answer.status)))
        page.reload()
        settled(page)
        page.wait_for_selector(".picture.drawn:not(.failed)")
        page.wait_for_selector("#wave:not([hidden]) > div")
        page.wait_for_selector(".spectrum svg")
        assert any(url.endswith("/audio") and status == 206 for url, status in answers)
        page.wait_for_function("document.getElementById('audio').readyState > 0")
        assert page.evaluate("document.getElementById('audio').duration") == pytest.approx(
            6.0, abs=0.05
        )
        page.evaluate("document.getElementById('audio').muted = true")
        page.evaluate("document.getElementById('audio').play()")
        while page.evaluate("document.getElementById('audio').currentTime") < 0.2:
            page.wait_for_timeout(50)
        assert page.evaluate("document.querySelector('.picture img').naturalWidth") == 1200
        page.locator(".spectrum .chart").first.focus()
        assert watched.complaints == []


WAVE_AND_TEXT = """() => {
  const [drawn] = document.querySelector("#wave > div").shadowRoot.querySelectorAll("canvas");
  const { data } = drawn.getContext("2d").getImageData(0, 0, drawn.width, drawn.height);
  const opaque = data.findIndex((value, at) => at % 4 === 3 && value === 255);
  const text = document.body.appendChild(document.createElement("p"));
  text.className = "muted";
  const colour = getComputedStyle(text).color.match(/\\d+/g).map(Number);
  text.remove();
  return [[...data.slice(opaque - 3, opaque)], colour];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_waveform_has_the_colour_of_quiet_text(browser, address, find, scheme):
    with opened(browser, f"{address}/recordings/{find('a song')}", scheme=scheme) as watched:
        settled(watched.page)
        watched.page.wait_for_selector("#wave:not([hidden]) > div")
        wave, text = watched.page.evaluate(WAVE_AND_TEXT)
        assert len(text) == 3
        assert max(abs(a - b) for a, b in zip(wave, text, strict=True)) <= 2


def test_the_keyboard_reaches_the_player_and_the_facts(browser, address, find):
    with opened(browser, f"{address}/recordings/{find('a song')}") as watched:
        page = watched.page
        settled(page)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        seen = set()
        for _ in range(80):
            page.keyboard.press("Tab")
            seen |= set(page.evaluate(FOCUSED))
        assert {"AUDIO", "DIV", "A", "BUTTON"} <= seen


def test_typing_searches_and_the_address_follows(browser, address):
    with opened(browser, f"{address}/recordings") as watched:
        page = watched.page
        settled(page)
        page.locator("#q").press_sequentially("a song")
        expect(page.locator(".rows tbody tr")).to_have_count(1)
        expect(page).to_have_url(re.compile(r"q=a(\+|%20)song"))
        expect(page.locator("#rows .count")).to_have_attribute("data-count", "1")
        page.go_back()
        settled(page)
        assert watched.complaints == []


def test_without_scripts_everything_works(browser, address, find):
    with opened(browser, f"{address}/recordings", java_script_enabled=False) as watched:
        page = watched.page
        page.locator("#q").fill("a song")
        page.keyboard.press("Enter")
        expect(page.locator(".rows tbody tr")).to_have_count(1)
        page.locator(".rows tbody a").first.click()
        expect(page.locator("audio")).to_be_visible()
        page.locator(".picture img").wait_for()
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.picture img')).opacity") == "1"
        )
        page.get_by_role("link", name="Show the mean spectrum").click()
        expect(page.locator(".spectrum svg").first).to_be_visible()


def test_hostile_names_run_nothing(browser, address, find):
    for url in (f"{address}/recordings", f"{address}/recordings/{find('onerror')}"):
        with opened(browser, url) as watched:
            fired = []
            watched.page.on(
                "dialog", lambda dialog, fired=fired: (fired.append(1), dialog.dismiss())
            )
            settled(watched.page)
            assert fired == []
            expect(watched.page.locator("img[src=x]")).to_have_count(0)
