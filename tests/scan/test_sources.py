"""Listing: what counts in a folder, what in a manifest, and what no name may do."""

import os
import socket
import uuid

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from phonoscope.errors import ErrorKind, UsageError
from phonoscope.files import uri_of
from phonoscope.scan.manifests import COLUMNS
from phonoscope.scan.sources import list_sources


def touch(path, content=b"sound"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def uris(*sources):
    return [file.uri for file in list_sources(sources)]


def test_a_folder_gives_what_may_be_sound_in_order(tmp_path):
    for name in ("b.MP3", "a.flac", "sub/c.wav", "sub/deep/d.mkv", "cover.jpg", "e.txt", "mp3"):
        touch(tmp_path / name)
    assert uris(tmp_path) == [
        str(tmp_path / name) for name in ("a.flac", "b.MP3", "sub/c.wav", "sub/deep/d.mkv")
    ]
    found = next(list_sources([tmp_path]))
    status = (tmp_path / "a.flac").stat()
    assert (found.size_bytes, found.mtime_ns) == (status.st_size, status.st_mtime_ns)


def test_what_others_keep_beside_music_is_passed_over(tmp_path):
    for name in (
        "._a.mp3", ".AppleDouble/a.mp3", "sub/__MACOSX/sub/._a.mp3", "__MACOSX/b.mp3",
        ".0123456789abcdef.phonoscope.flac", ".0123456789abcdef.phonoscope",
        "a.mp3", "sub/.hidden.mp3", ".phonoscope.mp3",
    ):  # fmt: skip
        touch(tmp_path / name)
    os.mkfifo(tmp_path / "._pipe.mp3")
    expected = [".phonoscope.mp3", "a.mp3", "sub/.hidden.mp3"]
    assert uris(tmp_path) == [str(tmp_path / name) for name in expected]
    remote = f"memory://{uuid.uuid4().hex}"
    fsspec.filesystem("memory").put(f"{tmp_path}/sub", f"{remote}/sub", recursive=True)
    assert [uri.rpartition("/")[2] for uri in uris(remote)] == [".hidden.mp3"]


def test_what_is_named_counts_whatever_it_is_called(tmp_path):
    odd = touch(tmp_path / "song.weird")
    assert uris(odd) == [str(odd)]


def test_links_are_followed_and_no_folder_is_entered_twice(tmp_path):
    touch(tmp_path / "real" / "a.wav")
    (tmp_path / "real" / "loop").symlink_to(tmp_path)
    (tmp_path / "real" / "self").symlink_to("self")
    (tmp_path / "self.wav").symlink_to("self.wav")
    (tmp_path / "z-again").symlink_to("real")
    (tmp_path / "linked.wav").symlink_to(tmp_path / "real" / "a.wav")
    found = {file.uri: file.error_kind for file in list_sources([tmp_path, tmp_path / "real"])}
    assert found.pop(str(tmp_path / "self.wav")) is ErrorKind.IO
    assert found == {
        str(tmp_path / "linked.wav"): None,
        str(tmp_path / "real" / "a.wav"): None,
    }


def test_what_is_no_file_is_a_row(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        (tmp_path / "broken.mp3").symlink_to("nowhere")
        (tmp_path / "broken").symlink_to("nowhere")
        found = {file.uri: file.error_kind for file in list_sources([tmp_path])}
    assert found == {
        str(tmp_path / "pipe.mp3"): ErrorKind.NOT_A_FILE,
        str(tmp_path / "s"): ErrorKind.NOT_A_FILE,
        str(tmp_path / "broken.mp3"): ErrorKind.VANISHED,
    }


def test_a_folder_that_cannot_be_listed_is_a_row(tmp_path, monkeypatch):
    touch(tmp_path / "closed" / "a.wav")
    touch(tmp_path / "open" / "b.wav")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = {file.uri: file.error_kind for file in list_sources([tmp_path])}
    assert found == {
        str(tmp_path / "closed"): ErrorKind.NOT_PERMITTED,
        str(tmp_path / "open" / "b.wav"): None,
    }


NAMES = ["音楽.wav", "Музыка.wav", "🎵.wav", "a\nb.wav", " .wav", "'; drop--.wav", b"\xff\xfe.wav"]


def test_any_name_can_be_listed_and_found_again(tmp_path):
    folder = os.fsencode(tmp_path)
    for name in NAMES:
        raw = name if isinstance(name, bytes) else name.encode()
        with open(os.path.join(folder, raw), "wb") as file:
            file.write(b"sound")
    found = uris(tmp_path)
    assert len(found) == len(NAMES)
    for uri in found:
        uri.encode("utf-8")
        assert next(list_sources([uri])).size_bytes == 5


def test_a_source_that_is_not_there_is_refused_at_once(tmp_path):
    assert refused([]) == "no-source"
    assert refused([tmp_path, tmp_path / "none"]) == "unreachable-source"
    assert refused(["nosuchstore://bucket"]) == "unreachable-source"
    assert refused(["memory://nothing/here"]) == "unreachable-source"


def refused(sources):
    """Return the code of the error that listing them raises at once."""
    with pytest.raises(UsageError) as caught:
        list_sources(sources)
    return caught.value.code


def test_a_store_is_listed():
    root = f"memory://{uuid.uuid4().hex}"
    for name in ("a.wav", "sub/b.mp3", "c.jpg"):
        with fsspec.open(f"{root}/{name}", "wb") as file:
            file.write(b"sound")
    found = list(list_sources([root]))
    assert [(file.uri.rpartition("/")[2], file.size_bytes) for file in found] == [
        ("a.wav", 5),
        ("b.mp3", 5),
    ]
    assert next(list_sources([found[1].uri])) == found[1]


def test_a_text_manifest(tmp_path):
    touch(tmp_path / "music" / "a.wav")
    odd = os.path.join(os.fsencode(tmp_path), b"\xff.wav")
    with open(odd, "wb") as file:
        file.write(b"sound")
    lines = b"\xef\xbb\xbfmusic/a.wav\r\n\n# a comment\n\xff.wav\n/nowhere/b.wav\nmusic\n"
    found = list(list_sources([touch(tmp_path / "list.txt", lines)]))
    assert [(file.uri, file.error_kind) for file in found] == [
        (str(tmp_path / "music" / "a.wav"), None),
        (uri_of(os.fsdecode(odd)), None),
        ("/nowhere/b.wav", ErrorKind.VANISHED),
        (str(tmp_path / "music"), ErrorKind.NOT_A_FILE),
    ]


@pytest.mark.parametrize("column", [*COLUMNS, "Path", "anything"])
def test_a_csv_manifest(tmp_path, column):
    touch(tmp_path / "a, b\n.wav")
    head = column if column == "anything" else f"title,{column}"
    row = '"a, b\n.wav"' if column == "anything" else 'T,"a, b\n.wav"'
    manifest = touch(tmp_path / "list.CSV", f"{head}\n{row}\n\n".encode())
    assert uris(manifest) == [str(tmp_path / "a, b\n.wav")]


def test_a_parquet_manifest(tmp_path):
    touch(tmp_path / "a.wav")
    pq.write_table(pa.table({"n": [1, 2], "uri": ["a.wav", None]}), tmp_path / "list.parquet")
    assert uris(tmp_path / "list.parquet") == [str(tmp_path / "a.wav")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u", b"#EXTM3U\r\n#EXTINF:5,A - B\r\nmusic\\a.wav\r\n\xff.wav\n"),
        ("LIST.M3U8", "\ufeff#EXTM3U\nmusic/a.wav\n".encode()),
        ("list.m3u8", "music/a.wav\n".encode("utf-16")),
        ("disc.cue", b'REM x\r\nFILE "music\\a.wav" WAVE\r\n  TRACK 01 AUDIO\r\n  TRACK 02 AUDIO'),
        ("disc.cue", b'PERFORMER "FILE"\nfile music/a.wav WAVE\n'),
    ],
)
def test_playlists_and_cue_sheets_list_their_files(tmp_path, name, content):
    touch(tmp_path / "music" / "a.wav")
    found = list(list_sources([touch(tmp_path / name, content)]))
    assert (found[0].uri, found[0].error_kind) == (str(tmp_path / "music" / "a.wav"), None)
    assert [file.error_kind for file in found[1:]] == [ErrorKind.VANISHED] * (
        b"\xff.wav" in content
    )


def test_a_playlist_opens_no_address(tmp_path, monkeypatch):
    touch(tmp_path / "a.wav")
    lines = f"http://127.0.0.1:9/a.mp3\nftp://127.0.0.1:9/b.mp3\n{(tmp_path / 'a.wav').as_uri()}\n"
    monkeypatch.setattr(socket.socket, "connect", None)
    found = list(list_sources([touch(tmp_path / "list.m3u", lines.encode())]))
    kinds = [file.error_kind for file in found]
    assert kinds == [ErrorKind.NOT_A_FILE, ErrorKind.NOT_A_FILE, None]


def test_a_playlist_of_a_stream_is_refused(tmp_path):
    lines = b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\npiece0.ts\n"
    with pytest.raises(UsageError) as caught:
        list(list_sources([touch(tmp_path / "live.m3u8", lines)]))
    assert caught.value.code == "unreadable-manifest"


@pytest.mark.parametrize("content", [b"title,artist\na,b\n", b""])
def test_a_manifest_without_a_path_is_refused(tmp_path, content):
    with pytest.raises(UsageError) as caught:
        uris(touch(tmp_path / "list.csv", content))
    assert caught.value.code == "no-path-column"


def test_a_manifest_that_is_none_is_refused(tmp_path):
    with pytest.raises(UsageError) as caught:
        uris(touch(tmp_path / "list.parquet", b"not parquet"))
    assert caught.value.code == "unreadable-manifest"


def test_a_manifest_of_many_thousand_rows(tmp_path):
    touch(tmp_path / "a.wav")
    manifest = touch(tmp_path / "list.txt", b"a.wav\n" * 10_000)
    assert len(uris(manifest)) == 10_000
