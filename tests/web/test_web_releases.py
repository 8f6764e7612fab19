"""What the releases and artists of a recording show, on its page and on the findings page."""

import dataclasses
import re

import pytest

import phonoscope as ps
from phonoscope.detector import rates as rates_module
from phonoscope.detector.rates import Counted, Rates
from phonoscope.web.app import create_app
from tests.helpers.batches import analysis, detected, outcome, recording_id_of, write_batch
from tests.helpers.served import TestClient

RATES = Rates(
    (0.001, 0.1), tuple(Counted(str(i), (0, int(i % 4 == 0), 20)) for i in range(160)), ()
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    made = ps.open_catalogue(tmp_path_factory.mktemp("releases") / "c", create=True)
    outcomes = []
    for album, tracks, p_value in (("<i>Robot", 8, 1e-6), ("Human", 9, 0.5)):
        for i in range(tracks):
            name = f"{album} {i}".replace("<i>", "")
            tags = dataclasses.replace(
                analysis("a").tags, title=name, album=album, artist="Anna", label="Big"
            )
            outcomes.append(outcome(name, marks=0, verdict=detected(p_value), tags=tags))
    outcomes.append(outcome("alone", marks=0, verdict=detected(0.5)))
    write_batch(made._store, *outcomes)
    return made


@pytest.fixture(scope="module")
def client(catalogue):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates_module, "detector_rates", lambda: RATES)
        with TestClient(create_app(catalogue), base_url="http://localhost") as made:
            yield made


def groups(client, name):
    """The groups of a recording: what each is, and its verdict."""
    address = f"/recordings/{recording_id_of(name)}/groups"
    part = client.get(address, headers={"hx-request": "true"}).text
    assert "<html" not in part
    return re.findall(r'data-group="(\w+)" data-verdict="([\w-]+)"', part), part


def test_a_recording_shows_the_verdicts_on_its_release_and_artist(client):
    found, part = groups(client, "Robot 3")
    assert found == [("release", "generated"), ("artist", "mixed")]
    assert "8 of 8" in part
    assert "&lt;i&gt;Robot" in part
    assert "<i>Robot" not in part
    assert groups(client, "Human 0")[0] == [("release", "no-sign-found"), ("artist", "mixed")]


def test_a_recording_without_a_group_says_so(client):
    found, part = groups(client, "alone")
    assert found == []
    assert 'class="plain"' in part


def test_without_a_script_it_is_a_page_of_its_own(client):
    address = f"/recordings/{recording_id_of('Robot 0')}"
    assert f'href="{address}/groups"' in client.get(address).text
    page = client.get(f"{address}/groups").text
    assert "<html" in page
    assert f'href="{address}"' in page


def test_the_list_of_findings_leads_to_a_recording(client):
    page = client.get("/").text
    linked = re.findall(r'<td translate="no"><a href="/recordings/([0-9a-f]{32})">', page)
    assert recording_id_of("Robot 0") in linked or len(linked) >= 1
    assert client.get(f"/recordings/{linked[0]}").status_code == 200


def test_new_recordings_count_on_the_next_page(catalogue, client):
    tags = dataclasses.replace(
        analysis("a").tags, title="More", album="Human", artist="Anna", label="Big"
    )
    assert "0 of 9" in groups(client, "Human 1")[1]
    write_batch(
        catalogue._store, outcome("more", marks=0, verdict=detected(0.5), tags=tags),
        scan_id="bbbbbbbbbbbb",
    )  # fmt: skip
    assert "0 of 10" in groups(client, "Human 1")[1]
