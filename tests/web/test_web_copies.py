"""Copies on the page: shown side by side, compared, decided on; and what a decision changes."""

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

import phonoscope as ps
from phonoscope.escape import printable
from phonoscope.matching.recording.pairwise import Pair
from phonoscope.settings import Settings
from phonoscope.view.alignment import align
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.chromium import chromium, faults, opened, settled
from tests.helpers.copied import OFFSET_S, RATE_HZ, SPEED, copied_catalogue
from tests.helpers.served import TestClient, serving
from tests.helpers.sounds import noise, write

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "api-json.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    return copied_catalogue(tmp_path_factory.mktemp("copied"))


@pytest.fixture(scope="module")
def reader(copied):
    with served(copied) as client:
        yield client


@pytest.fixture
def own(copied, tmp_path):
    """A copy of the catalogue, to write to."""
    shutil.copytree(copied.path, tmp_path / "own")
    return ps.open_catalogue(tmp_path / "own", create=True)


@pytest.fixture
def writer(own):
    with served(own) as client:
        yield client


def served(catalogue):
    app = create_app(catalogue, music=[tempfile.gettempdir()])
    return TestClient(app, base_url="http://localhost:8765")


def ids_of(client):
    """Ids by a word of a file's name, and the groups as sets of such words."""
    names = ("same bytes", "soft", "cut", "fast", "onerror", "other")
    ids = {}
    for group in client.get("/api/copies").json()["groups"]:
        for member in group["members"]:
            (name,) = (n for n in names if any(n in uri for uri in member["uris"]))
            ids[name] = member["recording_id"]
    return ids


def groups(client):
    shape = client.get("/api/copies").json()
    return [{m["recording_id"] for m in group["members"]} for group in shape["groups"]]


def say(client, one, other, decision, **more):
    form = {"one": one, "other": other, "decision": decision, "back": "list", **more}
    return client.post("/copies/decisions", data=form, follow_redirects=False)


def test_groups_are_those_of_the_catalogue(reader, copied):
    shape = reader.get("/api/copies").json()
    known = copied.copies(search=False)
    assert [len(group["members"]) for group in shape["groups"]] == [4, 2]
    for ours, theirs in zip(shape["groups"], known, strict=True):
        assert ours["reasons"] == list(theirs.reasons)
        for mine, member in zip(ours["members"], theirs.members, strict=True):
            assert mine["recording_id"] == member.recording_id
            assert len(mine["uris"]) == len(member.uris)
            for name, uri in zip(mine["uris"], member.uris, strict=True):
                assert printable(uri).endswith(f"/music/{name}")
            assert mine["differs"] == list(member.differs)
            assert mine["decision"] is None
    assert (shape["count"], shape["scanned_since"]) == (2, 0)
    assert shape["searched_utc"].endswith("+00:00")


def test_the_documented_fields_are_those_answered(writer):
    documented = {*re.findall(r"^\| `(\w+)` \|", DOCUMENTED, re.M)}
    ids = ids_of(writer)
    say(writer, ids["same bytes"], ids["soft"], "same")
    shape = writer.get("/api/copies").json()
    (said,) = writer.get("/api/decisions").json()["decisions"]
    assert {*shape, *said} == documented
    members = [member for group in shape["groups"] for member in group["members"]]
    assert said in [member["decision"] for member in members]


def test_a_group_says_which_is_the_original_and_how_others_differ(reader):
    ids, page = ids_of(reader), reader.get("/copies").text
    assert 'data-state="groups" data-groups="2" data-recordings="6"' in page
    first = page.split('id="group-1"')[1].split("</section>")[0]
    assert first.index(ids["same bytes"]) < first.index(ids["soft"])
    assert "10.0%" in first
    assert re.search(r"\+1\.[67]\ssemitones", first)
    assert "8.0\u00a0s" in first
    assert "same bytes.flac" in first
    assert "song.flac" in first
    for name in ("soft", "cut", "fast"):
        assert f'href="/recordings/{ids[name]}"' in first
        assert f'href="/copies/{ids["same bytes"]}/{ids[name]}"' in first


def test_names_from_outside_are_shown_and_not_run(reader):
    ids = ids_of(reader)
    for path in ("/copies", f"/copies/{ids['onerror']}/{ids['other']}"):
        text = reader.get(path).text
        assert "<img src=x" not in text
        assert "<b>" not in text
        assert "<i>" not in text
        assert "\u202e" not in text
        assert "&lt;b&gt;Bold&lt;/b&gt;" in text


def test_pages_of_groups(reader):
    first, second, third = (
        reader.get("/api/copies", params={"page": p, "size": 1}).json() for p in (1, 2, 3)
    )
    assert [len(s["groups"]) for s in (first, second, third)] == [1, 1, 0]
    assert first["groups"] != second["groups"]
    assert 'rel="next" href="/copies?page=2&amp;size=1"' in reader.get("/copies?size=1").text
    assert 'data-state="past-the-end"' in reader.get("/copies?page=9").text


def test_the_group_of_one_recording(reader):
    ids = ids_of(reader)
    shape = reader.get("/api/copies", params={"recording": ids["fast"]}).json()
    assert [len(group["members"]) for group in shape["groups"]] == [4]
    assert 'data-copies="3"' in reader.get(f"/recordings/{ids['cut']}").text
    (alone,) = reader.get("/api/recordings?search=alone").json()["recordings"]
    assert "data-copies" not in reader.get(f"/recordings/{alone['recording_id']}").text
    page = reader.get("/copies", params={"recording": alone["recording_id"]}).text
    assert 'data-state="no-copies-of-it"' in page


@pytest.mark.parametrize(
    "filters",
    [{"page": 0}, {"size": 51}, {"size": "x"}, {"recording": "x"}, {"recording": "A" * 32}],
)
def test_parameters_out_of_bounds_are_refused(reader, filters):
    for path in ("/copies", "/api/copies"):
        assert reader.get(path, params=filters).status_code == 422


def test_dismissed_is_out_of_the_group_and_can_be_taken_back(own, writer):
    ids = ids_of(writer)
    pair = (ids["onerror"], ids["other"])
    answer = say(writer, *pair, "different", group="2")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/copies?decided=")
    assert answer.headers["location"].endswith("#group-2")
    page = writer.get(answer.headers["location"]).text
    assert 'data-groups="1" data-recordings="4"' in page
    assert 'role="status" tabindex="-1" data-decision="different"' in page
    assert 'id="dismissed"' in page

    # Another server on the same catalogue, and another search, know it too.
    with served(ps.open_catalogue(own.path)) as again:
        own.copies()
        assert len(groups(again)) == 1
        (kept,) = again.get("/api/decisions").json()["decisions"]
        assert (kept["decision"], {kept["one"], kept["other"]}) == ("different", set(pair))

    page = writer.get(say(writer, *pair, "open").headers["location"]).text
    assert 'role="status" tabindex="-1" data-decision="open"' in page
    assert len(groups(writer)) == 2
    assert writer.get("/api/decisions").json()["decisions"] == []


def test_two_called_different_are_not_together_by_way_of_a_third(writer):
    ids = ids_of(writer)
    say(writer, ids["same bytes"], ids["fast"], "different")
    for group in groups(writer):
        assert not {ids["same bytes"], ids["fast"]} <= group


def test_confirmed_is_shown_with_its_date_and_can_be_taken_back(writer):
    ids = ids_of(writer)
    pair = (ids["same bytes"], ids["soft"])
    path = f"/copies/{pair[0]}/{pair[1]}"
    answer = say(writer, *pair, "same", back="pair")
    assert answer.headers["location"].startswith(f"{path}?decided=")
    page = writer.get(path).text
    assert 'id="decide-h" data-decision="same"' in page
    (kept,) = writer.get("/api/decisions").json()["decisions"]
    year, _, day = kept["decided_utc"][:10].split("-")
    assert re.search(rf"\b{int(day)} \w+ {year}\b", page)
    (group, _) = writer.get("/api/copies").json()["groups"]
    assert [m["decision"] and m["decision"]["decision"] for m in group["members"]].count(
        "same"
    ) == 1
    say(writer, *pair, "open", back="pair")
    assert 'id="decide-h" data-decision="open"' in writer.get(path).text


def test_a_person_can_join_what_no_search_found(writer):
    ids = ids_of(writer)
    (alone,) = writer.get("/api/recordings?search=alone").json()["recordings"]
    word = {"one": alone["recording_id"], "other": ids["other"], "decision": "same"}
    assert writer.post("/api/decisions", json=word).json() == {
        "format": "phonoscope-decision/1",
        **word,
    }
    assert {ids["onerror"], ids["other"], alone["recording_id"]} in groups(writer)
    assert writer.get(f"/copies/{ids['other']}/{alone['recording_id']}").status_code == 200
    assert 'data-copies="1"' in writer.get(f"/recordings/{alone['recording_id']}").text


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:1"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://localhost:8765"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_what_a_page_from_elsewhere_sends_changes_nothing(reader, headers):
    ids = ids_of(reader)
    word = {"one": ids["onerror"], "other": ids["other"], "decision": "different"}
    for answer in (
        reader.post("/copies/decisions", data=word, headers=headers),
        reader.post("/api/decisions", json=word, headers=headers),
    ):
        assert answer.status_code == 403
    assert reader.get("/api/decisions").json()["decisions"] == []
    assert reader.get("/copies", headers=headers).status_code == 200


def test_a_page_from_here_may(writer):
    ids = ids_of(writer)
    word = {"one": ids["onerror"], "other": ids["other"], "decision": "same"}
    for headers in (
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "http://localhost:8765"},
    ):
        assert writer.post("/api/decisions", json=word, headers=headers).status_code == 200


def test_what_makes_no_sense_is_refused_in_words(reader):
    ids = ids_of(reader)
    good = {"one": ids["onerror"], "other": ids["other"], "decision": "different"}
    wrong = [
        {**good, "decision": "perhaps"},
        {**good, "other": good["one"]},
        {**good, "other": "0" * 32},
        {**good, "one": "<script>alert(1)</script>"},
        {"decision": "same"},
    ]
    for word in wrong:
        form = reader.post("/copies/decisions", data=word)
        assert form.status_code == 422
        assert "data-code=" in form.text
        assert "<script>" not in form.text.replace("<script defer", "")
        assert reader.post("/api/decisions", json=word).status_code == 422
    assert reader.post("/api/decisions", content=b'{"one": 1').status_code == 422
    plain = {"content-type": "text/plain"}
    assert reader.post("/api/decisions", content=str(good), headers=plain).status_code == 422
    long = b"one=" + b"0" * 20_000
    assert reader.post("/copies/decisions", content=long).status_code == 413
    endless = (b"x" for _ in range(3))
    assert reader.post("/copies/decisions", content=endless).status_code == 413
    assert reader.get("/copies/decisions").status_code in (404, 405)
    assert reader.get("/api/decisions").json()["decisions"] == []


def test_a_catalogue_that_cannot_be_written_says_so(writer, monkeypatch):
    ids = ids_of(writer)
    word = {"one": ids["onerror"], "other": ids["other"], "decision": "different"}

    def refuse(_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", refuse)
    form, data = (
        writer.post("/copies/decisions", data=word),
        writer.post("/api/decisions", json=word),
    )
    monkeypatch.undo()
    assert (form.status_code, data.status_code) == (503, 503)
    code = data.json()["code"]
    assert f'data-code="{code}"' in form.text
    assert code != "no-decisions"
    assert writer.get("/api/decisions").json()["decisions"] == []
    assert len(groups(writer)) == 2


def test_no_search_yet_says_the_command(copied, tmp_path):
    shutil.copytree(copied.path, tmp_path / "it's new")
    shutil.rmtree(tmp_path / "it's new" / "matches")
    shutil.rmtree(tmp_path / "it's new" / "_versions")
    with served(ps.open_catalogue(tmp_path / "it's new", create=True)) as client:
        page = client.get("/copies").text
        assert 'data-state="never-searched"' in page
        assert "phonoscope copies &#39;it&#39;&#34;&#39;&#34;&#39;s new&#39;" in page
        assert client.get("/api/copies").json()["searched_utc"] is None


def test_none_found_and_scanned_since(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    write(music / "one.wav", noise(3.0, RATE_HZ), RATE_HZ)
    catalogue = ps.open_catalogue(tmp_path / "small", create=True)
    catalogue.scan(music, settings=Settings(workers=1))
    with served(catalogue) as client:
        assert 'data-state="never-searched"' in client.get("/copies").text
        assert catalogue.copies() == []
        page = client.get("/copies").text
        assert 'data-state="none-found"' in page
        assert 'data-scanned-since="0"' in page
        write(music / "two.wav", noise(3.0, RATE_HZ, seed=2), RATE_HZ)
        catalogue.scan(music, settings=Settings(workers=1))
        assert 'data-scanned-since="1"' in client.get("/copies").text


def test_a_catalogue_without_anything():
    with served(MemoryCatalogue()) as client:
        assert 'data-state="no-recordings"' in client.get("/copies").text
        answer = say(client, "0" * 32, "1" * 32, "same")
        assert answer.status_code == 503
        assert 'data-code="no-decisions"' in answer.text


def test_matching_moments_lie_under_each_other():
    speed, offset_s = 1.25, 6.0
    pair = Pair("a", "b", speed, speed, offset_s, 10.0, 90.0, 1.0, 1.0, 0.0, 20.0)
    laid = align(pair, 100.0, 80.0)
    assert laid.start_s == pytest.approx(-offset_s * speed)

    def place(lane, seconds):
        return lane.left + lane.width * seconds / lane.duration_s

    for seconds in (0.0, 33.0, 90.0):
        theirs = place(laid.other, seconds / speed + offset_s)
        assert theirs == pytest.approx(place(laid.one, seconds), abs=0.01)
    assert laid.band_left == pytest.approx(place(laid.one, 10.0), abs=0.01)
    assert (laid.other.begin_s, laid.other.end_s) == (14.0, 78.0)
    for lane in (laid.one, laid.other):
        for tick in lane.ticks:
            minutes, seconds = tick.label.split(":")
            own_s = 60 * int(minutes) + int(seconds)
            assert tick.percent == pytest.approx(place(lane, own_s), abs=0.01)


def test_a_pair_that_cannot_be_compared(reader):
    ids = ids_of(reader)
    known = ids["other"]
    for one, other in ((known, "0" * 32), (known, known), ("x", known)):
        assert reader.get(f"/copies/{one}/{other}").status_code == 404
    unlike = reader.get(f"/copies/{known}/{ids['cut']}").text
    # Two unlike recordings may share a short passage by chance.
    assert 'data-matched="no"' in unlike or 'id="measured-h"' in unlike


def test_what_cannot_be_played_is_said(reader):
    ids = ids_of(reader)
    page = reader.get(f"/copies/{ids['same bytes']}/{ids['cut']}").text
    assert 'class="plain" data-side="b"' in page
    assert 'id="play-a"' in page
    assert 'id="play-b"' not in page
    assert 'id="switch"' not in page


# From here on in a browser.


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(copied):
    with serving(copied) as at:
        yield at


@pytest.fixture
def fast(reader, address):
    ids = ids_of(reader)
    return f"{address}/copies/{ids['same bytes']}/{ids['fast']}"


@pytest.mark.browser
def test_dismissing_removes_a_group_and_outlives_a_restart(browser, own):
    with serving(own) as at, opened(browser, f"{at}/") as watched:
        page = watched.page
        page.get_by_role("link", name="Copies", exact=True).click()
        expect(page.locator(".group")).to_have_count(2)
        page.locator("#group-2").get_by_role("button", name="Different").click()
        expect(page.locator(".group")).to_have_count(1)
        expect(page.locator("#dismissed li")).to_have_count(1)
        expect(page.get_by_role("status")).to_have_attribute("data-decision", "different")
        assert watched.complaints == []
    again = ps.open_catalogue(own.path)
    with (
        serving(again) as at,
        opened(browser, f"{at}/copies", java_script_enabled=False) as watched,
    ):
        page = watched.page
        expect(page.locator(".group")).to_have_count(1)
        page.locator("#dismissed").get_by_role("button", name="Withdraw").click()
        expect(page.locator(".group")).to_have_count(2)
        expect(page.locator("#dismissed")).to_have_count(0)


STATE = """() => ["a", "b"].map((x) => {
  const audio = document.getElementById(`audio-${x}`);
  return [audio.currentTime, audio.paused, audio.volume];
})"""


PLAYS = """(letter) => ["a", "b"].every(
  (x) => document.getElementById(`audio-${x}`).paused === (x !== letter)
)"""
"""Whether only this one plays."""


def own_time(seconds):
    return seconds / SPEED + OFFSET_S


@pytest.mark.browser
def test_both_play_from_the_same_moment_and_switch_there(browser, fast):
    with opened(browser, fast) as watched:
        page = watched.page
        settled(page)
        page.evaluate("document.querySelectorAll('audio').forEach((a) => { a.muted = true })")
        plot = page.locator("#plot").bounding_box()
        page.locator("#plot").click(position={"x": plot["width"] / 2, "y": 60})
        page.get_by_role("button", name="Play A from").click()
        page.wait_for_function("!document.getElementById('audio-a').paused")
        ((first, _, _), (_, silent, _)) = page.evaluate(STATE)
        assert 10 < first < 25
        assert silent
        page.wait_for_function(
            "(from) => document.getElementById('audio-a').currentTime > from + 0.5", arg=first
        )
        # The song as a whole is played 10 % faster after four seconds of something else.
        page.get_by_role("button", name="Switch to B").click()
        page.wait_for_function(PLAYS, arg="b")
        ((a_s, _, _), (b_s, _, _)) = page.evaluate(STATE)
        assert a_s > first + 0.5
        assert b_s == pytest.approx(own_time(a_s), abs=0.25)
        page.wait_for_timeout(500)
        page.get_by_role("button", name="Switch to A").click()
        page.wait_for_function(PLAYS, arg="a")
        ((a_s, _, _), (b_s, _, _)) = page.evaluate(STATE)
        assert b_s == pytest.approx(own_time(a_s), abs=0.25)
        page.get_by_role("button", name="Pause A").click()
        page.get_by_role("button", name="Play B from").click()
        page.wait_for_function("!document.getElementById('audio-b').paused")
        assert watched.complaints == []


@pytest.mark.browser
def test_the_louder_one_is_turned_down_unless_told_not_to(browser, reader, address):
    ids = ids_of(reader)
    with opened(browser, f"{address}/copies/{ids['same bytes']}/{ids['soft']}") as watched:
        page = watched.page
        settled(page)
        # The copy was made at a quarter of the level: 12 dB.
        assert [v for _, _, v in page.evaluate(STATE)] == [pytest.approx(0.25, rel=0.15), 1]
        page.get_by_label("Equal loudness").uncheck()
        assert [v for _, _, v in page.evaluate(STATE)] == [1, 1]


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_waveforms_lie_where_their_axes_say(browser, fast, width):
    with opened(browser, fast, width=width) as watched:
        page = watched.page
        page.wait_for_selector(".wave:not([hidden]) >> nth=1")
        waves = [page.locator(".wave").nth(i).bounding_box() for i in (0, 1)]
        extents = [page.locator(".extent").nth(i).bounding_box() for i in (0, 1)]
        for wave, extent in zip(waves, extents, strict=True):
            assert wave["x"] == pytest.approx(extent["x"], abs=1)
            assert wave["width"] == pytest.approx(extent["width"], abs=1)
        # B begins four seconds of its own before A does.
        total = waves[1]["width"] / (OFFSET_S + 36.0 / SPEED)
        assert waves[0]["x"] - waves[1]["x"] == pytest.approx(OFFSET_S * total, abs=3)


@pytest.mark.browser
def test_the_keyboard_moves_the_moment(browser, fast):
    with opened(browser, fast) as watched:
        page = watched.page
        settled(page)
        slider = page.get_by_role("slider", name="Moment")
        slider.focus()
        page.keyboard.press("Home")
        begin = float(slider.get_attribute("aria-valuenow"))
        for key, by in (("ArrowRight", 1), ("PageUp", 11), ("ArrowLeft", 10)):
            page.keyboard.press(key)
            now = float(slider.get_attribute("aria-valuenow"))
            assert now == pytest.approx(begin + by, abs=0.11), key
        assert " of A, " in slider.get_attribute("aria-valuetext")


@pytest.mark.browser
def test_pages_of_copies_are_legible_and_fit(browser, reader, address):
    ids = ids_of(reader)
    hostile = f"{ids['onerror']}-{ids['other']}"
    urls = (
        f"{address}/copies?decided={hostile}",
        f"{address}/copies/{ids['same bytes']}/{ids['fast']}",
        f"{address}/copies/{ids['same bytes']}/{ids['cut']}",
        f"{address}/copies/{ids['onerror']}/{ids['other']}?decided={hostile}",
    )
    fired = []
    with opened(browser) as watched:
        watched.page.on("dialog", lambda dialog: (fired.append(1), dialog.dismiss()))
        for url in urls:
            watched.turn_to(url, 360)
            settled(watched.page)
            assert faults(watched.page) == [], url
            assert watched.complaints == [], url
            assert fired == []
            assert [u for u in watched.requests if not u.startswith(address)] == []


@pytest.mark.browser
def test_without_scripts_there_are_two_players_and_the_picture(browser, fast):
    with opened(browser, fast, java_script_enabled=False) as watched:
        page = watched.page
        expect(page.locator("audio")).to_have_count(2)
        link = page.get_by_role("link", name="Play B from")
        at_s = float(link.get_attribute("href").rsplit("=", 1)[1])
        assert at_s > OFFSET_S
        expect(page.locator("#switch")).to_be_hidden()
        expect(page.get_by_role("button", name="Different recordings")).to_be_visible()
