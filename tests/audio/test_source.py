"""Names that survive storage, and files that may not be opened."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.escape import printable
from phonoscope.files import local_path, open_source, shown, stat_source, uri_of

NAMES = [
    b"plain.wav",
    "晴天 - 周杰伦.flac".encode(),
    "Подмосковные вечера.mp3".encode(),
    "🎹👩‍🎤.ogg".encode(),
    b"two\nlines.wav",
    b"-rf.wav",
    b" leading and trailing ",
    b"per%20cent%2F.wav",
    b"http:evil",
    b"concat:a|b",
    b"\xff\xfe broken \x80.wav",
    b"\x1b[31mred.wav",
    b"a" * 255,
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_survives_as_utf8_and_opens_again(name: bytes, tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as out:
        out.write(b"sound")
    uri = uri_of(os.fsdecode(path))
    assert uri.encode().decode() == uri
    assert os.fsencode(str(local_path(uri))) == path
    assert stat_source(uri).size_bytes == 5
    with open_source(uri) as file:
        assert file.read() == b"sound"
    assert "\n" not in shown(uri)
    assert "\x1b" not in shown(uri)
    shown(uri).encode()


def test_relative_names_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert uri_of("http:x") == str(tmp_path / "http:x")
    assert uri_of("s3://bucket/key") == "s3://bucket/key"


@given(st.text(st.characters(), max_size=50))
def test_printable_text_is_one_harmless_line(text: str) -> None:
    line = printable(text)
    assert len(line.splitlines()) <= 1
    assert printable(line) == line
    line.encode()
    assert not set(line) & set("\x00\x07\x1b\u202e\u2066\u200f\ufeff\u2028")


def test_printable_keeps_what_people_write() -> None:
    kept = "Motörhead 周杰伦 👩‍🎤 🏳️‍🌈 نیم‌فاصله"
    assert printable(kept) == kept
    assert printable("a\tb\u202ec\udc80") == "a\\tb\\u202ec\\udc80"


def kind_of(uri: str) -> tuple[ErrorKind, str]:
    with pytest.raises(UnreadableError) as caught:
        stat_source(uri)
    with pytest.raises(UnreadableError) as caught_again, open_source(uri):
        pass
    assert caught.value.kind is caught_again.value.kind
    return caught.value.kind, str(caught.value)


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        # Short names only fit a socket's address when it is relative.
        descriptor = os.open(tmp_path, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{descriptor}/socket")
        os.close(descriptor)
        paths = (tmp_path, tmp_path / "fifo", tmp_path / "socket", Path("/dev/zero"))
        found = [kind_of(str(path)) for path in paths]
    assert {kind for kind, _ in found} == {ErrorKind.NOT_A_FILE}
    assert len({message for _, message in found}) == 4, "each says what it is instead"


def test_what_is_not_there_has_vanished(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    for path in ("gone", "gone/further", "file/below", "dangling"):
        assert kind_of(str(tmp_path / path))[0] is ErrorKind.VANISHED


def test_links_that_never_end_and_names_that_cannot_be(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, number in ((loop, errno.ELOOP), (tmp_path / ("n" * 300), errno.ENAMETOOLONG)):
        kind, message = kind_of(str(path))
        assert kind is ErrorKind.IO
        assert os.strerror(number) in message
    assert kind_of(str(tmp_path) + "/nul\0byte")[0] is ErrorKind.IO


def test_a_refused_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As root no file refuses itself, so the system's answer is put in its place.
    path = tmp_path / "secret.wav"
    path.write_bytes(b"x")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UnreadableError) as caught:
        open_source(str(path))
    assert caught.value.kind is ErrorKind.NOT_PERMITTED


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"sound")
    (tmp_path / "link").symlink_to("file")
    uri = uri_of(tmp_path / "link")
    assert uri.endswith("/link")
    assert stat_source(uri).size_bytes == 5


def test_stores_of_fsspec(tmp_path: Path) -> None:
    with fsspec.open("memory://bucket/song.wav", "wb") as out:
        out.write(b"sound")
    assert stat_source("memory://bucket/song.wav").size_bytes == 5
    assert stat_source("memory://bucket/song.wav").mtime_ns > 0
    with open_source("memory://bucket/song.wav") as file:
        assert file.read() == b"sound"
    assert kind_of("memory://bucket/gone.wav")[0] is ErrorKind.VANISHED
    assert kind_of("memory://bucket")[0] is ErrorKind.NOT_A_FILE
    assert kind_of("nosuchstore://bucket/song.wav")[0] is ErrorKind.IO
