"""Where declared and detected disagree: a sentence on the page, a word and a filter in the list."""

import re

import pytest
from markupsafe import escape

from phonoscope.detector.disagreement import Disagreement, in_words
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue, file_row, mark_row, recording_rows
from tests.helpers.served import TestClient

HUMAN, MACHINE = Disagreement


@pytest.fixture(scope="module")
def client():
    recordings = recording_rows(4)
    names = [row["recording_id"] for row in recordings]
    judged = [
        ("generated", "detected", 0.0001), ("generated", "declared", 0.6),
        ("generated", "detected", 0.0001), ("no-sign-found", "detected", 0.6),
    ]  # fmt: skip
    marks = [mark_row(names[0], making="human"), mark_row(names[1]), mark_row(names[2])]
    catalogue = MemoryCatalogue(
        recordings=recordings,
        declared=marks,
        verdicts=[
            {"recording_id": n, "verdict": v, "basis": b, "p_value": p, "says": "So."}
            for n, (v, b, p) in zip(names, judged, strict=True)
        ],
        files=[file_row(f"/music/{name}.mp3", name) for name in names],
    )
    with TestClient(create_app(catalogue), base_url="http://localhost") as made:
        yield made


def listed(client, **filters):
    found = client.get("/api/recordings", params=filters).json()
    assert found["count"] == len(found["recordings"])
    return {int(row["recording_id"], 16): row["disagreement"] for row in found["recordings"]}


def test_the_list_says_it_and_filters_by_it(client):
    assert listed(client) == {0: HUMAN, 1: MACHINE, 2: None, 3: None}
    assert listed(client, disagreement=HUMAN.value) == {0: HUMAN}
    assert listed(client, disagreement=MACHINE.value) == {1: MACHINE}
    assert client.get("/api/recordings", params={"disagreement": "x"}).status_code == 422
    page = client.get("/recordings", params={"disagreement": MACHINE.value}).text
    assert page.count('class="band band-disagrees disagrees"') == 1
    assert re.search(f'name="disagreement" value="{MACHINE.value}" checked', page)


@pytest.mark.parametrize(("number", "found"), [(0, HUMAN), (1, MACHINE), (2, None), (3, None)])
def test_the_page_and_its_json_say_it_once(client, number, found):
    address = f"/recordings/{number:032x}"
    told = re.findall(r'<p class="disagreement">(.*?)</p>', client.get(address).text)
    assert client.get(f"/api{address}").json()["disagreement"] == found
    assert len(told) == (1 if found else 0)
    if found:
        assert told[0] == escape(in_words(found))
