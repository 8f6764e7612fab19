import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.web.app import create_app
from phonoscope.web.sound import UnsatisfiableError, media_type, wanted
from tests.helpers.served import TestClient, catalogue_of
from tests.helpers.sounds import noise, write


@pytest.fixture(scope="module")
def audio(client, find):
    return f"/recordings/{find('a song')}/audio"


@pytest.fixture(scope="module")
def content(paths):
    return Path(paths[0]).read_bytes()


def test_the_whole(client, audio, content):
    answer = client.get(audio)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=0-", slice(0, None)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=70000-200000", slice(70_000, 200_001)),
        ("bytes=-1", slice(-1, None)),
        ("bytes=-99999999999", slice(0, None)),
        ("bytes=5-99999999999", slice(5, None)),
    ],
)
def test_a_part(client, audio, content, asked, part):
    answer = client.get(audio, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, content[part])
    first, last = range(len(content))[part][0], range(len(content))[part][-1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"
    assert answer.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_part_that_does_not_exist(client, audio, content, asked):
    answer = client.get(audio, headers={"range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-2",
        "bytes=0-1,3-4",
        "bytes=-",
        "items=0-1",
        "bytes=a-b",
        "",
        "bytes=" + "9" * 99 + "-",
    ],
)
def test_what_is_malformed_is_ignored(client, audio, content, asked):
    answer = client.get(audio, headers={"range": asked})
    assert (answer.status_code, len(answer.content)) == (200, len(content))


def test_head_sends_no_body(client, audio, content):
    answer = client.head(audio)
    assert answer.headers["content-length"] == str(len(content))
    assert answer.content == b""


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,5}-\d{0,5}"), st.integers(0, 2_000))
def test_any_header_gives_bytes_that_exist(header, size):
    try:
        span = wanted(header, size)
    except UnsatisfiableError:
        return
    if span is not None:
        assert 0 <= span.first <= span.last < size


def test_formats_that_browsers_do_not_play_are_said(client, find):
    known = find("apple")
    assert client.get(f"/recordings/{known}/audio").status_code == 415
    page = client.get(f"/recordings/{known}").text
    assert 'id="course-h"' in page
    assert "<audio" not in page
    assert client.get(f"/recordings/{known}/spectrogram.png").status_code == 200


def test_media_types():
    assert media_type("mp3", "mp3") == "audio/mpeg"
    assert media_type("mov,mp4,m4a,3gp,3g2,mj2", "alac") is None
    assert media_type("asf", "wmav2") is None


def test_a_lost_file_is_said_and_the_evidence_stays(client, find):
    known = find("soon gone")
    for part in ("audio", "spectrogram.png", "spectrum", "outline.json"):
        assert client.get(f"/recordings/{known}/{part}").status_code == 404
    page = client.get(f"/recordings/{known}").text
    assert 'class="plain"' in page
    assert 'id="fields-h"' in page
    assert "<audio" not in page


def test_a_changed_or_swapped_file_is_not_served(tmp_path):
    path = write(tmp_path / "x.wav", noise(1.0))
    catalogue = catalogue_of([str(path)])
    with TestClient(create_app(catalogue, music=[tmp_path]), base_url="http://localhost") as client:
        (row,) = client.get("/api/recordings").json()["recordings"]
        audio = f"/recordings/{row['recording_id']}/audio"
        assert client.get(audio).status_code == 200
        before = path.stat()
        path.write_bytes(b"secret" * 1_000)
        assert "changed since the scan" in client.get(audio).text
        path.unlink()
        os.mkfifo(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert client.get(audio).status_code == 404
        path.unlink()
        path.mkdir()
        assert client.get(audio).status_code == 404


def test_another_file_with_the_same_bytes_takes_over(tmp_path):
    first = write(tmp_path / "a.wav", noise(1.0))
    second = tmp_path / "b.wav"
    second.write_bytes(first.read_bytes())
    catalogue = catalogue_of([str(first), str(second)])
    first.unlink()
    with TestClient(create_app(catalogue, music=[tmp_path]), base_url="http://localhost") as client:
        row = client.get("/api/recordings").json()["recordings"][0]
        answer = client.get(f"/recordings/{row['recording_id']}/audio")
        assert answer.content == second.read_bytes()
