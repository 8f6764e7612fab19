"""The segments of a recording over time: where they are drawn, how they are read and played."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from phonoscope.detector.generated import Segment
from phonoscope.view.timeline import MOST_COLUMNS, timeline_of
from tests.helpers.chromium import chromium, faults, opened, settled, sideways
from tests.helpers.judged import HOURS_S, MIXED, long_course, stretches
from tests.helpers.served import serving


def test_a_column_stands_where_its_stretch_lies():
    timeline = timeline_of(MIXED, 40.0)
    assert [c.left for c in timeline.columns] == [12.5 * i for i in range(8)]
    assert {c.width for c in timeline.columns} == {12.5}
    assert [c.is_high for c in timeline.columns] == [s.p_generated >= 0.5 for s in MIXED]
    assert timeline.columns[4].says == "0:20 to 0:25: 98.0%"
    assert not timeline.is_thinned
    numbers = re.findall(r"[\d:.]+\d%?|\d", timeline.says)
    assert numbers == ["8", "5", "3", "98.0%", "0:20", "0:25"]


def test_ten_hours_keep_every_maximum():
    segments = long_course()
    timeline = timeline_of(segments, HOURS_S)
    assert len(timeline.columns) == MOST_COLUMNS
    assert timeline.is_thinned
    assert sum(c.count for c in timeline.columns) == len(segments) == 7_200
    for column in timeline.columns:
        inside = [s for s in segments if column.start_s <= s.start_s < column.end_s]
        assert column.highest.p_generated == max(s.p_generated for s in inside)
    (peak,) = (c for c in timeline.columns if c.is_high)
    assert peak.highest.start_s == 25_000.0
    assert "97.0%" in peak.says
    assert peak.says.endswith("6:56:40")


def test_gaps_stay_open_and_overlaps_do_not_hide():
    gap = [Segment(0.0, 5.0, 0.2), Segment(20.0, 25.0, 0.3)]
    first, second = timeline_of(gap, 40.0).columns
    assert (first.left, first.width, second.left, second.width) == (0.0, 12.5, 50.0, 12.5)
    overlapping = [Segment(2.5 * i, 2.5 * i + 5.0, 0.5) for i in range(4)]
    columns = timeline_of(overlapping, 12.5).columns
    for one, next_one in pairwise(columns):
        assert one.left + one.width == pytest.approx(next_one.left, abs=0.01)


@pytest.mark.parametrize("duration_s", [None, 0.0, 9.0])
def test_odd_durations_stay_inside_the_picture(duration_s):
    timeline = timeline_of(stretches(0.1, 0.9), duration_s)
    for column in timeline.columns:
        assert 0 <= column.left <= 100
        assert column.left + column.width <= 100.1


def test_nothing_weighed_is_no_timeline():
    assert timeline_of([], 40.0) is None
    assert "0:00 to 0:05: 30%" in timeline_of(stretches(0.3), 5.0).says


def test_the_table_says_what_the_picture_shows(judged_client, weighed_id):
    page = judged_client.get(f"/recordings/{weighed_id('partly')}").text
    rows = re.findall(r"<tr><td><a [^>]*#t=([\d.]+)\"[^>]*>([^<]+)</a></td>.*?>([\d.]+%)<", page)
    assert [float(row[0]) for row in rows] == [s.start_s for s in MIXED]
    assert rows[4] == ("20.00", "0:20 to 0:25", "98.0%")
    long = judged_client.get(f"/recordings/{weighed_id('ten hours')}").text
    assert long.count("<title>") == 1 + MOST_COLUMNS
    assert len(long) < 300_000
    assert 'data-segments="7200"' in long
    known = f"/api/recordings/{weighed_id('ten hours')}"
    assert len(judged_client.get(known).json()["segments"]) == 7_200


def test_weighed_as_a_whole_is_said(judged_client, weighed_id):
    page = judged_client.get(f"/recordings/{weighed_id('whole only')}").text
    assert 'data-segments="0"' in page
    assert 'data-field="probability"' in page


# From here on in a browser.


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(judged):
    with serving(judged) as served:
        yield served


@pytest.fixture
def url_of(address, weighed_id):
    return lambda name: f"{address}/recordings/{weighed_id(name)}"


def box(page, selector):
    return page.locator(selector).first.bounding_box()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["partly", "two stretches", "ten hours"])
def test_timeline_waveform_and_spectrogram_share_one_axis(browser, url_of, name, width):
    with opened(browser, url_of(name), width=width) as watched:
        page = watched.page
        page.wait_for_selector("#wave:not([hidden]) > div")
        page.wait_for_selector(".picture.drawn")
        picture, line, wave = (box(page, s) for s in (".picture", "#timeline", "#wave"))
        for other in (line, wave):
            assert other["x"] == pytest.approx(picture["x"], abs=0.5)
            assert other["width"] == pytest.approx(picture["width"], abs=0.5)
        bars = page.locator("#timeline rect[data-at]")
        expected = {"partly": 4, "two stretches": 1, "ten hours": 250}[name]
        share = {"partly": 20 / 40, "two stretches": 20 / 40, "ten hours": 25_000 / HOURS_S}[name]
        left = bars.nth(expected).bounding_box()["x"]
        assert left == pytest.approx(picture["x"] + share * picture["width"], abs=1.0)
        assert sideways(page) == 0


PAUSED_AT = """() => {
  const audio = document.getElementById("audio");
  if (audio.paused) return null;
  audio.pause();
  return [audio.currentTime];
}"""
"""Stops in the page itself: between two questions a busy machine would play on."""


def played_from(page):
    (at_s,) = page.wait_for_function(PAUSED_AT).json_value()
    return at_s


@pytest.mark.browser
def test_the_keyboard_reads_and_plays_a_stretch(browser, url_of):
    with opened(browser, url_of("partly")) as watched:
        page = watched.page
        settled(page)
        page.evaluate("document.getElementById('audio').muted = true")
        slider = page.get_by_role("slider", name="Segments")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "timeline":
                break
        assert page.evaluate("document.activeElement.id") == "timeline"
        assert slider.get_attribute("aria-valuetext") == "0:00 to 0:05: 6.0%"
        for key, expected in (
            ("ArrowRight", "0:00"),
            ("ArrowRight", "0:05"),
            ("End", "0:35"),
            ("ArrowRight", "0:35"),
            ("Home", "0:00"),
            ("ArrowUp", "0:05"),
            ("ArrowLeft", "0:00"),
            ("PageUp", "0:05"),
        ):
            page.keyboard.press(key)
            there = re.compile(rf"^{expected}")
            expect(slider).to_have_attribute("aria-valuetext", there)
            expect(page.locator(".tip:visible")).to_have_text(there)
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        assert played_from(page) == pytest.approx(35.0, abs=1.0)
        page.keyboard.press("Escape")
        expect(page.locator(".tip:visible")).to_have_count(0)
        assert watched.complaints == []


@pytest.mark.browser
def test_a_click_plays_from_there_and_a_line_follows(browser, url_of):
    with opened(browser, url_of("partly")) as watched:
        page = watched.page
        settled(page)
        page.evaluate("document.getElementById('audio').muted = true")
        line = box(page, "#timeline")
        page.locator("#timeline").click(position={"x": 0.55 * line["width"], "y": 20})
        assert played_from(page) == pytest.approx(20.0, abs=1.0)
        page.wait_for_selector("#timeline .cursor[visibility=visible]")
        cursor = box(page, "#timeline .cursor")["x"]
        assert cursor == pytest.approx(line["x"] + line["width"] / 2, abs=0.03 * line["width"])
        page.locator(".course summary").click()
        page.get_by_role("link", name="0:05 to 0:10").click()
        assert played_from(page) == pytest.approx(5.0, abs=1.0)
        assert page.url == url_of("partly")


@pytest.mark.browser
def test_weighed_recordings_are_legible_and_fit(browser, address, url_of):
    names = ("generated", "partly", "undecided", "no sign", "ten hours", "hostile", "comb")
    fired = []
    with opened(browser) as watched:
        watched.page.on("dialog", lambda dialog: (fired.append(1), dialog.dismiss()))
        for url in (*map(url_of, names), f"{address}/recordings?sort=p_generated&order=down"):
            watched.turn_to(url, 360)
            settled(watched.page)
            watched.page.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
            assert faults(watched.page) == [], url
            assert watched.complaints == [], url
            assert fired == []


@pytest.mark.browser
def test_without_scripts_it_is_a_picture_with_a_table(browser, url_of):
    with opened(browser, url_of("partly"), java_script_enabled=False) as watched:
        page = watched.page
        picture = page.locator("#timeline[role=img]")
        expect(picture).to_be_visible()
        expect(page.locator(".course .scripted")).to_be_hidden()
        page.locator(".course summary").click()
        link = page.get_by_role("link", name="0:20 to 0:25")
        assert link.get_attribute("href").endswith("/audio#t=20.00")
