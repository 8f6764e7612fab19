"""A recording that the shipped detector weighed, from its file to its page; nothing put on."""

import re
from html import unescape

import pytest

from phonoscope.detector.detector import detector, least_counted
from phonoscope.detector.generated import Band
from phonoscope.view.verdict import likelihood
from phonoscope.web.app import create_app
from tests.helpers.chromium import chromium, faults, opened, settled
from tests.helpers.served import TestClient, catalogue_of, serving
from tests.helpers.sounds import noise, strided, write
from tests.web.test_web_verdict import fields, section

RATE = 44_100


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    sound = strided(noise(40.0), RATE / 512, 0.5)
    return catalogue_of([str(write(tmp_path_factory.mktemp("made") / "made.wav", sound))])


@pytest.fixture(scope="module")
def client(catalogue):
    with TestClient(create_app(catalogue), base_url="http://localhost") as made:
        yield made


@pytest.fixture(scope="module")
def known(client):
    (row,) = client.get("/api/recordings").json()["recordings"]
    return client.get(f"/api/recordings/{row['recording_id']}").json()


@pytest.fixture(scope="module")
def page(client, known):
    return client.get(f"/recordings/{known['recording_id']}").text


def test_the_panel_says_what_was_weighed_by_what(page, known):
    assert known["verdict"] == Band.GENERATED
    verdict, markup = section(page, "verdict")
    assert 'data-basis="detected"' in markup
    assert known["says"] in verdict
    assert 'href="/model-card#dispute"' in markup
    _, markup = section(page, "detected")
    found = fields(page)
    assert found["probability"] == likelihood(known["p_generated"])
    assert "voice" in found
    assert found["model"].startswith(detector().name)
    assert 'href="/model-card"' in markup
    assert 'class="scale"' in markup


def test_the_panel_knows_how_far_the_shipped_model_counted(page, known):
    limit_hz = known["descriptors"]["trace_limit_hz"]
    assert known["p_value"] < least_counted(known["model"], limit_hz)
    assert least_counted("another model 1 (abcd)", limit_hz) is None
    (counted,) = re.findall(r"[\d,]*\d{3}", known["says"])
    # One model, one number: the sentence and the panel have the same.
    assert counted in fields(page)["look-alikes"]


def test_every_stretch_is_a_column_of_the_timeline(page, known):
    _, markup = section(page, "course")
    assert len(known["segments"]) > 3
    assert markup.count("<rect x=") == len(known["segments"])
    assert f'data-segments="{len(known["segments"])}"' in markup


def test_the_evidence_says_what_else_could_cause_it(page, known):
    _, markup = section(page, "evidence")
    first = known["evidence"][0]
    assert first["kind"] in markup
    assert first["also"]
    assert first["also"] in unescape(markup).replace("\u00a0", " ")


def test_the_card_that_ships_is_the_card_of_the_model_that_ships(client):
    answer = client.get("/model-card")
    assert answer.status_code == 200
    name, version, _ = detector().name.split(" ")
    assert f"{name} {version}" in answer.text
    assert 'id="dispute"' in answer.text


@pytest.mark.browser
def test_it_is_legible_and_fits_with_the_card_that_ships(catalogue, known):
    with serving(catalogue) as address, chromium() as browser, opened(browser) as watched:
        for path in (f"/recordings/{known['recording_id']}", "/model-card"):
            watched.turn_to(address + path, 360)
            settled(watched.page)
            assert faults(watched.page) == [], path
            assert watched.complaints == [], path
