"""Tags: the same few from every container, and an error if they are damaged."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import mutagen.flac
import mutagen.mp4
import pytest
from mutagen.id3 import APIC, COMM, TALB, TCON, TDRC, TIT2, TPE1, TPUB, TSRC, TXXX, USLT, WOAS

from phonoscope.analysis import analyse
from phonoscope.audio.decode import Decoder
from phonoscope.disclosure.fields import field
from phonoscope.disclosure.id3 import id3_fields
from phonoscope.disclosure.id3_frames import too_large
from phonoscope.disclosure.model import Declaration, Tags
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.tags import TOO_MUCH, file_fields
from tests.helpers.marked import CONTAINERS, add_chunk, blank, custom, id3, raw_id3
from tests.helpers.sounds import sine, write


def marks(path: Path) -> tuple[Tags, tuple[Declaration, ...]]:
    with path.open("rb") as file:
        with Decoder(file) as decoder:
            text_tags = decoder.tags
        return read_marks(file, text_tags)


KNOWN = Tags(
    title="晴天",
    artist="周杰伦; Ночь",
    album="An album",
    label="A label",
    isrc="TWA470300101",
    date="2003-07-31",
    genre="Mandopop",
)


def id3_frames() -> list[object]:
    return [
        TIT2(encoding=3, text=["晴天"]),
        TPE1(encoding=3, text=["周杰伦", "Ночь"]),
        TALB(encoding=0, text=["An album"]),
        TPUB(encoding=1, text=["A label"]),
        TSRC(encoding=0, text=["TWA470300101"]),
        TDRC(encoding=0, text=["2003-07-31"]),
        TCON(encoding=0, text=["Mandopop"]),
    ]


def test_id3_tags(tmp_path: Path) -> None:
    path = id3(blank(tmp_path, "mp3"), *id3_frames())
    assert marks(path) == (KNOWN, ())


def test_id3v23_tags_and_genre_numbers(tmp_path: Path) -> None:
    path = id3(
        blank(tmp_path, "mp3"),
        TIT2(encoding=1, text=["Ночь"]),
        TCON(encoding=0, text=["(17)"]),
        version=3,
    )
    assert marks(path)[0] == Tags(title="Ночь", genre="Rock")


def test_id3v22_tags(tmp_path: Path) -> None:
    def frame(name: bytes, text: bytes) -> bytes:
        return name + (len(text) + 1).to_bytes(3, "big") + b"\0" + text

    tag = raw_id3(2, frame(b"TT2", b"Old") + frame(b"TP1", b"Older") + frame(b"TPB", b"Label"))
    path = blank(tmp_path, "mp3")
    path.write_bytes(tag + path.read_bytes())
    assert marks(path)[0] == Tags(title="Old", artist="Older", label="Label")


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus"])
def test_vorbis_comments(kind: str, tmp_path: Path) -> None:
    path = custom(tmp_path, kind, "TITLE", "晴天")
    tagged = mutagen.File(path)
    tagged.update(
        {
            "artist": ["周杰伦", "Ночь"],
            "ALBUM": "An album",
            "Organization": "A label",
            "ISRC": "TWA470300101",
            "date": "2003-07-31",
            "GENRE": "Mandopop",
        }
    )
    tagged.save()
    assert marks(path) == (KNOWN, ())


def test_mp4_tags(tmp_path: Path) -> None:
    path = custom(tmp_path, "m4a", "LABEL", "A label")
    tagged = mutagen.mp4.MP4(path)
    tagged["\xa9nam"] = "晴天"
    tagged["\xa9ART"] = ["周杰伦", "Ночь"]
    tagged["\xa9alb"] = "An album"
    tagged["\xa9day"] = "2003-07-31"
    tagged["\xa9gen"] = "Mandopop"
    tagged["----:com.apple.iTunes:ISRC"] = b"TWA470300101"
    tagged["covr"] = [mutagen.mp4.MP4Cover(b"\x89PNG" + bytes(50_000))]
    tagged["trkn"] = [(1, 2)]
    tagged.save()
    assert marks(path) == (KNOWN, ())


@pytest.mark.parametrize("kind", ["wav", "aiff", "wma", "ape"])
def test_titles_elsewhere(kind: str, tmp_path: Path) -> None:
    name = {"wma": "Title", "ape": "Title"}.get(kind)
    if name:
        path = custom(tmp_path, kind, name, "晴天")
    else:
        bare = tmp_path / "bare"
        bare.touch()
        path = blank(tmp_path, kind)
        add_chunk(path, b"ID3 ", id3(bare, TIT2(encoding=3, text=["晴天"])).read_bytes())
    assert marks(path)[0] == Tags(title="晴天")


def test_riff_info_comes_from_the_decoder(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", sine(0.3), tags={"title": "Named", "artist": "Someone"})
    tags, _ = marks(path)
    assert (tags.title, tags.artist) == ("Named", "Someone")


def test_matroska_tags_come_from_the_decoder(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mka", sine(0.3, 48_000), 48_000, "mka-opus", tags={"title": "晴天"})
    assert marks(path)[0].title == "晴天"


def test_flac_behind_an_id3_tag_shows_both(tmp_path: Path) -> None:
    path = custom(tmp_path, "flac", "ALBUM", "In comments")
    bare = tmp_path / "bare"
    bare.touch()
    id3(bare, TIT2(encoding=3, text=["In ID3"]))
    path.write_bytes(bare.read_bytes() + path.read_bytes())
    with path.open("rb") as file:
        tags, _ = read_marks(file, {})
    assert tags == Tags(title="In ID3", album="In comments")


@pytest.mark.parametrize("kind", CONTAINERS)
def test_no_tags_is_no_error(kind: str, tmp_path: Path) -> None:
    assert marks(blank(tmp_path, kind)) == (Tags(), ())


def test_control_characters_and_length(tmp_path: Path) -> None:
    path = id3(
        blank(tmp_path, "mp3"),
        TIT2(encoding=3, text=["  two\nlines \x1b[31m\u202e  "]),
        TALB(encoding=3, text=["x" * 10_000]),
        TPE1(encoding=3, text=[" \t "]),
    )
    tags, _ = marks(path)
    assert tags.title == "two\\nlines \\x1b[31m\\u202e"
    assert tags.album == "x" * 500
    assert tags.artist is None
    assert tags.error is None


def test_invalid_encodings_are_replaced(tmp_path: Path) -> None:
    path = blank(tmp_path, "flac")
    comment = b"TITLE=\xff\xfe bad \x80"
    block = struct.pack("<I", 3) + b"any" + struct.pack("<II", 1, len(comment)) + comment
    data = path.read_bytes()
    header = bytes([4]) + len(block).to_bytes(3, "big")
    path.write_bytes(data[:42] + header + block + data[42:])
    tags, _ = marks(path)
    assert tags.title is not None
    assert "bad" in tags.title
    tags.title.encode()


def test_pictures_are_not_read(tmp_path: Path) -> None:
    picture = APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(5_000_000))
    path = id3(blank(tmp_path, "mp3"), picture, TIT2(encoding=3, text=["Behind"]))

    class Counting(io.FileIO):
        read_bytes = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(-1 if size is None else size) or b""
            Counting.read_bytes += len(data)
            return data

    with Counting(path) as file:
        fields, error = file_fields(file)  # type: ignore[arg-type]  # a raw file reads as well
    assert [(f.name, f.value) for f in fields] == [("title", "Behind")]
    assert error is None
    assert Counting.read_bytes < 10_000


def test_itunes_sizes_in_version_4(tmp_path: Path) -> None:
    # iTunes wrote frame sizes in 2.4 as plain numbers, which differ from 128 bytes on.
    def frame(name: bytes, text: bytes) -> bytes:
        return name + struct.pack(">IH", len(text) + 1, 0) + b"\3" + text

    tag = raw_id3(4, frame(b"TALB", b"x" * 300) + frame(b"TIT2", b"Right") + bytes(200))
    fields = id3_fields(io.BytesIO(tag))
    assert {f.name: len(f.value) for f in fields} == {"album": 300, "title": 5}


def test_unsynchronised_tags(tmp_path: Path) -> None:
    text = b"\1" + "\ufeffÿÿ".encode("utf-16-le")
    frame = b"TIT2" + struct.pack(">IH", len(text), 0) + text
    whole = raw_id3(3, frame.replace(b"\xff\x00", b"\xff\x00\x00"), flags=0x80)
    assert [f.value for f in id3_fields(io.BytesIO(whole))] == ["ÿÿ"]


# ---- hostile tags -----------------------------------------------------------------------


def timed_fields(data: bytes, limit_s: float = 3.0) -> tuple[list[object], str | None]:
    started = time.process_time()
    fields, error = file_fields(io.BytesIO(data))
    assert time.process_time() - started < limit_s
    return list(fields), error


def test_a_compressed_frame_does_not_unpack_without_bound() -> None:
    bomb = zlib.compress(b"\3" + b"a" * 400_000_000, 9)
    size = len(bomb) + 4
    frame = b"TXXX" + struct.pack(">I", size) + b"\0\x80" + struct.pack(">I", 400_000_001) + bomb
    assert timed_fields(raw_id3(3, frame) + bytes(100)) == ([], None)


def test_a_small_compressed_frame_is_read() -> None:
    packed = zlib.compress(b"\3" + "晴天".encode())
    frame = b"TIT2" + struct.pack(">I", len(packed) + 4) + b"\0\x80" + bytes(3) + b"\7" + packed
    fields = id3_fields(io.BytesIO(raw_id3(3, frame)))
    assert [f.value for f in fields] == ["晴天"]


def test_a_million_tiny_frames_take_no_quadratic_time() -> None:
    frame = b"TXXX" + struct.pack(">IH", 3, 0) + b"\0a\0"
    timed_fields(raw_id3(3, frame * 1_000_000))


def test_a_million_boxes_or_comments_end(tmp_path: Path) -> None:
    boxes = struct.pack(">I4s", 8, b"free") * 2_000_000
    moov = struct.pack(">I4s", 8 + len(boxes), b"moov") + boxes
    _, error = timed_fields(struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + moov, 20.0)
    assert error == f"MP4: {TOO_MUCH}"

    comments = struct.pack("<I", 3) + b"a=b"
    block = struct.pack("<I", 0) + struct.pack("<I", 10**6) + comments * 10**6
    flac = b"fLaC" + b"\x84" + min(len(block), 2**24 - 1).to_bytes(3, "big") + block
    _, error = timed_fields(flac, 20.0)
    assert error is not None


def test_deeply_nested_boxes_end() -> None:
    data = b""
    for _ in range(5_000):
        data = struct.pack(">I4s", 8 + len(data), b"moov") + data
    fields, error = timed_fields(struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + data)
    assert fields == []
    assert error is None or error.startswith("MP4: ")


def test_an_absurdly_large_tag_is_not_read() -> None:
    tag = b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(1_000)
    assert timed_fields(tag) == ([], f"ID3: {too_large((1 << 28) - 1)}")


def test_thousands_of_fields_are_cut(tmp_path: Path) -> None:
    path = blank(tmp_path, "flac")
    tagged = mutagen.flac.FLAC(path)
    tagged["note"] = [str(number) for number in range(5_000)]
    tagged.save()
    fields, error = timed_fields(path.read_bytes())
    assert len(fields) == 2_000
    assert error == "FLAC: only the first 2000 tags were read"


def test_a_tag_error_is_a_note_not_a_failure(tmp_path: Path) -> None:
    path = custom(tmp_path, "flac", "AIGC", '{"Label": "1"}')
    data = path.read_bytes()
    at = data.index(b"AIGC")
    # The length of the comment now points far beyond the end.
    path.write_bytes(data[: at - 4] + b"\xff\xff\xff\x7f" + data[at:])
    exam = analyse(str(path))
    assert exam.error is None
    assert exam.tags.error is not None
    assert exam.tags.error.startswith("FLAC: damaged")
    assert exam.to_json()["tags"]["tag_error"] == exam.tags.error


def test_fields_go_by_common_names() -> None:
    assert field("Encoded-By", "x", "p").name == "encoder"
    assert field("LYRICS-eng", "x", "p").name == "lyrics"
    assert field("AIGC", "x" * 100_000, "p\n") == field("aigc", "x" * (1 << 16), "p")


def test_places_name_frames(tmp_path: Path) -> None:
    path = id3(
        blank(tmp_path, "mp3"),
        COMM(encoding=3, lang="eng", desc="", text=["one"]),
        TXXX(encoding=3, desc="any", text=["two"]),
        WOAS(url="https://example.org/three"),
        USLT(encoding=3, lang="eng", desc="", text="words"),
    )
    with path.open("rb") as file:
        fields, _ = file_fields(file)
    assert {(f.name, f.value, f.place) for f in fields} == {
        ("comment", "one", "ID3 COMM"),
        ("any", "two", "ID3 TXXX:any"),
        ("url", "https://example.org/three", "ID3 WOAS"),
    }
