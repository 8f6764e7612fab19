"""A recording that the shipped detector weighed, from its file to its page; nothing put on."""

import re

import pytest

from phonoscope.detector.detector import detector, least_counted
from phonoscope.detector.generated import Band
from phonoscope.view.verdict import likelihood
from phonoscope.web.app import create_app
from tests.helpers.chromium import chromium, faults, opened
from tests.helpers.served import TestClient, catalogue_of, serving
from tests.helpers.sounds import noise, strided, write
from tests.web.test_web_verdict import section

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
    assert "resting on what was detected in the sound Generated" in verdict
    assert known["says"] in verdict
    assert 'href="/model-card#dispute"' in markup
    detected, markup = section(page, "detected")
    assert f"Probability of a generator {likelihood(known['p_generated'])}" in detected
    assert "Synthetic or converted voice" in detected
    assert f"Model {detector().name}" in detected
    assert 'href="/model-card"' in markup
    assert 'class="scale"' in markup


def test_the_panel_knows_how_far_the_shipped_model_counted(page, known):
    limit_hz = known["descriptors"]["trace_limit_hz"]
    assert known["p_value"] < least_counted(known["model"], limit_hz)
    assert least_counted("another model 1 (abcd)", limit_hz) is None
    counted = re.search(r"fewer than 1 in ([\d,]+) human", known["says"])[1]
    said = section(page, "detected")[0]
    # One model, one number: the sentence and the panel say it alike.
    assert f"Rarer than could be counted (1 of {counted}), so it is extrapolated" in said


def test_every_stretch_is_a_column_of_the_timeline(page, known):
    course, markup = section(page, "course")
    assert len(known["segments"]) > 3
    assert markup.count("<rect x=") == len(known["segments"])
    assert f"{len(known['segments'])} stretches of about 5" in course


def test_the_evidence_says_what_else_could_cause_it(page):
    evidence, _ = section(page, "evidence")
    assert "look like what the decoders of music generators leave" in evidence
    assert "What else could cause it: music copied through a neural codec" in evidence


def test_the_card_that_ships_is_the_card_of_the_model_that_ships(client):
    answer = client.get("/model-card")
    assert answer.status_code == 200
    name, version, _ = detector().name.split(" ")
    assert f"{name} {version}" in answer.text
    assert 'id="dispute"' in answer.text


@pytest.mark.browser
def test_it_is_legible_and_fits_with_the_card_that_ships(catalogue, known):
    with serving(catalogue) as address, chromium() as browser:
        for path in (f"/recordings/{known['recording_id']}", "/model-card"):
            with opened(browser, address + path, width=360) as watched:
                watched.page.wait_for_load_state("networkidle")
                assert faults(watched.page) == [], path
                assert watched.complaints == [], path
