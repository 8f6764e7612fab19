import os

import pytest

from phonoscope.web.app import create_app
from tests.helpers.judged import judged_catalogue
from tests.helpers.served import TestClient, catalogue_of, make_files


@pytest.fixture(scope="session")
def paths(tmp_path_factory):
    return make_files(tmp_path_factory.mktemp("music"))


@pytest.fixture(scope="session")
def catalogue(paths):
    made = catalogue_of(paths)
    (gone,) = (path for path in paths if path.endswith("soon gone.wav"))
    os.remove(gone)
    return made


@pytest.fixture(scope="session")
def client(catalogue, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    app = create_app(catalogue, music=[folder])
    with TestClient(app, base_url="http://localhost:8765") as made:
        yield made


@pytest.fixture(scope="session")
def find(client):
    """Return the identifier of the recording that a search finds."""

    def found(search):
        (row,) = client.get("/api/recordings", params={"search": search}).json()["recordings"]
        return row["recording_id"]

    return found


@pytest.fixture(scope="session")
def judged(tmp_path_factory):
    return judged_catalogue(tmp_path_factory.mktemp("judged"))


@pytest.fixture(scope="session")
def judged_client(judged, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    with TestClient(create_app(judged, music=[folder]), base_url="http://localhost") as made:
        yield made


@pytest.fixture(scope="session")
def weighed_id(judged_client):
    """Return the identifier of a recording of ``tests.helpers.judged``."""

    def found(name):
        filters = {"search": f"{name}.wav"}
        (row,) = judged_client.get("/api/recordings", params=filters).json()["recordings"]
        return row["recording_id"]

    return found
