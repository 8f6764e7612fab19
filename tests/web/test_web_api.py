import json
from html.parser import HTMLParser

import pytest

from phonoscope.analysis import analyse
from phonoscope.errors import MissingExtraError
from phonoscope.findings.report import as_json
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue, file_row, plausible, recording_rows
from tests.helpers.served import TestClient, catalogue_of


def test_findings_are_the_reports(client, catalogue):
    served, written = client.get("/api/findings").json(), as_json(catalogue)
    for shape in (served, written):
        shape.pop("written_utc")
    assert served == json.loads(json.dumps(written))


def test_a_recording_has_the_shape_of_check(client, find, paths):
    served = client.get(f"/api/recordings/{find('a song')}").json()
    (file,) = served.pop("files")
    assert served.pop("local") is None, "there is no calibration"
    checked = analyse(paths[0]).to_json()
    assert checked["uri"] == paths[0]
    # No scan names a folder here, and a page shows no other.
    names = {"file": "a song.wav", "uri": "a song.wav"}
    assert {name: file[name] for name in names} == names
    checked.update(names)
    # Profiles are stored in single precision.
    for column in ("peaks_hz", "peaks_db"):
        ours, theirs = served["descriptors"].pop(column), checked["descriptors"].pop(column)
        assert ours == pytest.approx(theirs, rel=1e-6)
    assert served == json.loads(json.dumps(checked))


def test_marks_are_declared_never_detected(client, find):
    served = client.get(f"/api/recordings/{find('Nobody')}").json()
    assert served["verdict"] == "generated"
    assert served["basis"] == "declared"
    assert served["declared"]
    page = client.get(f"/recordings/{served['recording_id']}").text
    declared, detected = page.split('id="declared-h"')[1].split('id="detected-h"')
    detected = detected.split("</section>")[0]
    assert "Suno" in declared
    assert "Suno" not in detected
    assert "Generated</h2>" not in detected


def test_search_finds_names_titles_and_artists_in_any_case(client):
    def files(**filters):
        rows = client.get("/api/recordings", params=filters).json()["recordings"]
        return [row["file"].rsplit("/", 1)[-1] for row in rows]

    assert files(search="A SONG") == ["a song.wav"]
    assert files(search="bold") == ["machine.mp3"]
    assert files(search="NOBODY") == ["machine.mp3"]
    assert files(search="中文") == ["Ünïcode 中文 🎵.flac"]
    assert files(search="%") == []
    assert files(search="' OR 1=1 --") == []
    assert files(verdict="generated") == ["machine.mp3"]
    assert files(declared="1") == ["machine.mp3"]
    assert len(files()) == 6


def test_sorting_and_paging_lose_and_repeat_nothing():
    catalogue = plausible(230)
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:
        for sort in ("file", "title", "artist", "p_generated", "duration_s", "tempo_bpm"):
            for order in ("up", "down"):
                seen, values = [], []
                for page in (1, 2, 3):
                    filters = {"sort": sort, "order": order, "page": page, "size": 100}
                    shape = client.get("/api/recordings", params=filters).json()
                    assert shape["count"] == 230
                    seen += [row["recording_id"] for row in shape["recordings"]]
                    values += [row[sort] for row in shape["recordings"]]
                assert len(set(seen)) == len(seen) == 230
                if sort.endswith(("_s", "_bpm")):
                    known = [v for v in values if v is not None]
                    assert known == sorted(known, reverse=order == "down")
                    assert values == known + [None] * (len(values) - len(known))


def test_unreadable_files_are_listed_with_reasons(client):
    shape = client.get("/api/recordings", params={"error": "any"}).json()
    assert {row["error_kind"] for row in shape["recordings"]} == {"not-audio", "empty"}
    assert shape["count"] == 2
    shape = client.get("/api/recordings", params={"error": "empty"}).json()
    assert [row["reason"] for row in shape["recordings"]] == ["Empty file"]
    assert "invalid" in shape["recordings"][0]["file"]


@pytest.mark.parametrize(
    "filters",
    [
        {"page": 0},
        {"page": 10**12},
        {"page": "x"},
        {"size": 201},
        {"size": 0},
        {"search": "x" * 201},
        {"sort": "recording_id; drop table files"},
        {"order": "sideways"},
        {"verdict": "guilty"},
        {"error": "x"},
        {"declared": "yes"},
    ],
)
def test_parameters_out_of_bounds_are_refused_in_words(client, filters):
    answer = client.get("/api/recordings", params=filters)
    assert answer.status_code == 422
    assert "invalid-parameter" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "0" * 32,
        "x",
        "A" * 32,
        "0" * 33,
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "'--",
        "<script>",
        "0" * 9999,
    ],
)
def test_hostile_identifiers_are_not_found(client, name):
    for path in ("", "/audio", "/spectrogram.png", "/outline.json", "/spectrum", "/groups"):
        answer = client.get(f"/recordings/{name}{path}")
        assert answer.status_code == 404
        assert "<script>" not in answer.text.replace("<script defer", "")
    assert client.get(f"/api/recordings/{name}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/vendor/", "/static/x"]
)
def test_only_listed_static_files_are_served(client, path):
    assert client.get(path).status_code == 404


def test_only_reading_is_possible(client, find):
    for path in ("/", "/recordings", "/api/findings", f"/recordings/{find('a song')}/audio"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, path).status_code == 405


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8765", "[::1]:80", "LOCALHOST:1"])
def test_this_machine_is_answered(client, host):
    assert client.get("/api/version", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "",
        "[::1",
        "a b",
        "user@localhost",
    ],
)
def test_other_host_names_are_not_answered(client, host):
    answer = client.get("/api/findings", headers={"host": host})
    assert answer.status_code == 400
    assert "recordings" not in answer.text


def test_a_named_host_is_answered():
    app = create_app(MemoryCatalogue(), hosts=["music.example"])
    with TestClient(app, base_url="http://music.example:8765") as client:
        assert client.get("/").status_code == 200


def test_every_answer_is_protected(client, find):
    for path in (
        "/",
        "/nowhere",
        "/api/findings",
        "/static/page.js",
        f"/recordings/{find('a song')}/audio",
    ):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


class Inline(HTMLParser):
    """Collects what a policy without unsafe-inline would block."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


def test_pages_have_no_inline_script_or_style(client, find):
    for path in ("/", "/recordings", f"/recordings/{find('a song')}"):
        parser = Inline()
        parser.feed(client.get(path).text)
        assert parser.found == []


def test_new_rows_show_on_reload(paths):
    class Growing:
        path = "growing"
        now = MemoryCatalogue()

        def table(self, name):
            return self.now.table(name)

    growing = Growing()
    with TestClient(create_app(growing), base_url="http://localhost") as client:
        assert "phonoscope scan" in client.get("/").text
        assert 'data-count="0"' in client.get("/recordings").text
        growing.now = catalogue_of(paths[:1])
        assert "phonoscope scan" not in client.get("/").text
        assert "a song.wav" in client.get("/recordings").text


def test_a_script_gets_only_the_rows(client):
    part = client.get("/recordings", headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert "a song.wav" in part.text
    assert part.headers["vary"] == "HX-Request"


def test_names_from_outside_are_escaped(client, find):
    ids = [find(name) for name in ("onerror", "Nobody")]
    for path in ("/", "/recordings", "/recordings?error=any", *(f"/recordings/{i}" for i in ids)):
        text = client.get(path).text
        assert "<img src=x" not in text
        assert "<b>" not in text
        assert "\u202e" not in text
    assert "&lt;b&gt;Bold&lt;/b&gt; song" in client.get(f"/recordings/{ids[1]}").text


def test_a_fault_of_the_catalogue_is_said():
    from phonoscope.errors import CatalogueError

    class Broken:
        path = "broken"

        def table(self, name):
            raise CatalogueError("a part is torn")

    with TestClient(create_app(Broken()), base_url="http://localhost") as client:
        answer = client.get("/api/recordings")
        assert answer.status_code == 503
        shape = answer.json()
        assert (shape["format"], shape["code"]) == ("phonoscope-error/1", "catalogue")
        assert shape["error"].startswith("a part is torn")
        assert "a part is torn" in client.get("/").text


def test_rows_of_an_older_version_are_shown():
    rows = recording_rows(1)
    rows[0].update(container=None, codec=None, sample_rate_hz=None, channel_layout=None)
    known = rows[0]["recording_id"]
    catalogue = MemoryCatalogue(recordings=rows, files=[file_row("/gone.mp3", known)])
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:
        assert client.get("/recordings").status_code == 200
        assert client.get(f"/recordings/{known}").status_code == 200


def test_without_fastapi_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(MissingExtraError) as error:
        create_app(MemoryCatalogue())
    assert error.value.extra == "web"


def test_vendored_scripts_are_what_is_written():
    import hashlib
    import re
    from pathlib import Path

    import phonoscope.web

    folder = Path(phonoscope.web.__file__).parent / "static" / "vendor"
    listed = dict(
        re.findall(r"^\| (\S+\.js) .* (\w{64}) \|$", (folder / "VENDORED.md").read_text(), re.M)
    )
    assert set(listed) == {path.name for path in folder.glob("*.js")}
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert (folder / f"{name.split('.')[0]}.LICENSE.txt").read_text()
