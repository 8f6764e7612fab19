"""Several tags in one file: which counts, what is read once, and what a damaged one takes in."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import mutagen.apev2
import mutagen.flac
import mutagen.mp4
import pytest
from mutagen.id3 import TALB, TDRC, TIT2, TPE1, TXXX

from phonoscope.disclosure.id3 import id3_fields
from phonoscope.disclosure.model import Making, Part
from phonoscope.disclosure.read import Labels, read_labels
from tests.helpers.marked import add_chunk, blank, custom, id3, raw_id3
from tests.helpers.sounds import sine, write


def ape(path: Path, **values: str) -> None:
    tags = mutagen.apev2.APEv2()
    tags.update(values)
    tags.save(path)


def made(labels: Labels) -> list[tuple[Part, Making]]:
    return [(mark.part, mark.making) for mark in labels.declared]


# ---- one tag counts, field by field -----------------------------------------------------


def test_mp3_takes_id3v2_then_apev2_then_id3v1(tmp_path: Path) -> None:
    path = id3(blank(tmp_path, "mp3"), TIT2(encoding=3, text=["ID3 title"]))
    ape(path, Title="APE title", Artist="APE artist")
    v1 = b"TAG" + b"V1 title".ljust(30) + b"V1 artist".ljust(30) + b"V1 album".ljust(30)
    path.write_bytes(path.read_bytes() + v1.ljust(127, b"\0") + b"\xff")
    tags = read_labels(path).tags
    assert (tags.title, tags.artist, tags.album) == ("ID3 title", "APE artist", "V1 album")


def test_several_values_of_one_tag_stay_together(tmp_path: Path) -> None:
    path = blank(tmp_path, "mp3")
    ape(path, Artist="Old")
    id3(path, TPE1(encoding=3, text=["One", "Two"]))
    assert read_labels(path).tags.artist == "One; Two"


def test_flac_takes_its_comments_before_an_id3_tag(tmp_path: Path) -> None:
    path = custom(tmp_path, "flac", "TITLE", "Comment")
    frames = b"TIT2" + struct.pack(">IH", 4, 0) + b"\0ID3" + b"TALB" + struct.pack(">IH", 4, 0)
    path.write_bytes(raw_id3(3, frames + b"\0ID3") + path.read_bytes())
    tags = read_labels(path).tags
    assert (tags.title, tags.album) == ("Comment", "ID3")


def test_wavpack_takes_its_own_apev2_before_an_id3_tag(tmp_path: Path) -> None:
    path = custom(tmp_path, "ape", "Title", "APE")
    frame = b"TIT2" + struct.pack(">IH", 4, 0) + b"\0ID3"
    path.write_bytes(raw_id3(3, frame) + path.read_bytes())
    assert read_labels(path).tags.title == "APE"


def test_wav_takes_its_id3_chunk_before_list_info(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", sine(0.3), tags={"title": "Info", "artist": "Info"})
    bare = tmp_path / "bare"
    bare.touch()
    add_chunk(path, b"id3 ", id3(bare, TIT2(encoding=3, text=["ID3"])).read_bytes())
    tags = read_labels(path).tags
    assert (tags.title, tags.artist) == ("ID3", "Info")


def test_a_tag_behind_a_large_picture_in_a_chunk_is_read(tmp_path: Path) -> None:
    path = blank(tmp_path, "wav")
    picture = b"APIC" + struct.pack(">IH", 2_000_000, 0) + bytes(2_000_000)
    frames = picture + b"TIT2" + struct.pack(">IH", 7, 0) + b"\0Behind"
    add_chunk(path, b"id3 ", raw_id3(3, frames))
    assert read_labels(path).tags.title == "Behind"


# ---- one mark is declared once ----------------------------------------------------------

TWO = [(Part.VOCALS, Making.GENERATED), (Part.LYRICS, Making.ASSISTED)]
VALUES = ["vocals=generated", "lyrics=assisted"]


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus"])
def test_a_comment_that_occurs_twice_declares_two_things(kind: str, tmp_path: Path) -> None:
    tagged = mutagen.File(custom(tmp_path, kind, "AI_CONTRIBUTION", "nothing"))
    tagged["AI_CONTRIBUTION"] = VALUES
    tagged.save()
    assert made(read_labels(tagged.filename)) == TWO


def test_two_values_in_other_tags(tmp_path: Path) -> None:
    mp3 = id3(blank(tmp_path, "mp3"), TXXX(encoding=3, desc="AI_CONTRIBUTION", text=VALUES))
    boxes = mutagen.mp4.MP4(blank(tmp_path, "m4a"))
    boxes["----:com.apple.iTunes:AI_CONTRIBUTION"] = [value.encode() for value in VALUES]
    boxes.save()
    wavpack = blank(tmp_path, "ape")
    tags = mutagen.apev2.APEv2()
    tags["AI_CONTRIBUTION"] = VALUES
    tags.save(wavpack)
    for path in (mp3, boxes.filename, wavpack):
        assert made(read_labels(path)) == TWO


def test_the_same_mark_in_two_tags_is_one_mark(tmp_path: Path) -> None:
    path = blank(tmp_path, "mp3")
    ape(path, AI_CONTRIBUTION="lyrics=assisted,vocals=generated")
    id3(path, TXXX(encoding=3, desc="AI_CONTRIBUTION", text=[", ".join(VALUES)]))
    assert made(read_labels(path)) == TWO


def test_tags_that_contradict_each_other_both_declare(tmp_path: Path) -> None:
    path = blank(tmp_path, "mp3")
    ape(path, AI_DISCLOSURE="generated")
    id3(path, TXXX(encoding=3, desc="AI_DISCLOSURE", text=["none"]))
    assert set(made(read_labels(path))) == {
        (Part.WHOLE, Making.HUMAN),
        (Part.UNSPECIFIED, Making.GENERATED),
    }


def test_a_disclosure_belongs_to_the_parts_in_its_own_tag(tmp_path: Path) -> None:
    path = blank(tmp_path, "mp3")
    ape(path, AI_DISCLOSURE="assisted", AI_CONTRIBUTION="lyrics")
    id3(
        path,
        TXXX(encoding=3, desc="AI_DISCLOSURE", text=["generated"]),
        TXXX(encoding=3, desc="AI_CONTRIBUTION", text=["vocals"]),
    )
    assert made(read_labels(path)) == TWO


# ---- dates and frames that are not as they should be ------------------------------------


@pytest.mark.parametrize("date", ["Oct 3, 1995", "1995/10/03", "circa 1995", "1995-10-03", "95"])
@pytest.mark.parametrize("version", [3, 4])
def test_a_date_is_kept_as_it_is_written(version: int, date: str) -> None:
    name = b"TDRC" if version == 4 else b"TYER"
    content = b"\0" + date.encode()
    frame = name + struct.pack(">IH", len(content), 0) + content
    assert [(f.name, f.value) for f in id3_fields(io.BytesIO(raw_id3(version, frame)))] == [
        ("date", date)
    ]


def test_day_and_time_of_id3v23_complete_the_year() -> None:
    def frame(name: bytes, text: bytes) -> bytes:
        return name + struct.pack(">IH", 1 + len(text), 0) + b"\0" + text

    frames = frame(b"TYER", b"1995") + frame(b"TDAT", b"0310") + frame(b"TIME", b"2130")
    (date,) = id3_fields(io.BytesIO(raw_id3(3, frames)))
    assert (date.name, date.value) == ("date", "1995-10-03T21:30:00")


def test_the_year_of_id3v22() -> None:
    (date,) = id3_fields(io.BytesIO(raw_id3(2, b"TY" + b"E\0\0\x05\0" + b"1995")))
    assert (date.name, date.value) == ("date", "1995")


@pytest.mark.parametrize("kind", ["flac", "ape", "wma", "m4a"])
def test_dates_elsewhere_are_kept_too(kind: str, tmp_path: Path) -> None:
    name = {"flac": "DATE", "ape": "Year", "wma": "WM/Year"}.get(kind, "date")
    path = custom(tmp_path, kind, name, "Oct 3, 1995")
    assert read_labels(path).tags.date == "Oct 3, 1995"


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("overrun", [1, 4, 60])
@pytest.mark.parametrize("name", ["title", "mark"])
def test_a_frame_that_overruns_its_tag_takes_nothing_in(
    name: str, overrun: int, version: int, tmp_path: Path
) -> None:
    content = b"\0title" if name == "title" else b"\0AI_DISCLOSURE\0generated"
    kind = {"title": b"TIT2", "mark": b"TXXX"}[name]
    size = len(content) + overrun
    if version == 2:
        header = {b"TIT2": b"TT2", b"TXXX": b"TXX"}[kind] + size.to_bytes(3, "big")
    else:
        header = kind + struct.pack(">IH", size, 0)
    path = blank(tmp_path, "mp3")
    data = path.read_bytes()
    path.write_bytes(raw_id3(version, header + content) + data[data.index(b"\xff\xfb") :])
    labels = read_labels(path)
    if name == "title":
        assert labels.tags.title == "title"
    else:
        assert [mark.value for mark in labels.declared] == ["generated"]


@pytest.mark.parametrize("name", ["Title", "AI_DISCLOSURE"])
@pytest.mark.parametrize("kind", ["ape", "mp3"])
def test_an_ape_item_that_overruns_its_tag_takes_nothing_in(
    kind: str, name: str, tmp_path: Path
) -> None:
    path = blank(tmp_path, kind)
    ape(path, **{name: "generated"})
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode() + b"\0") - 8
    struct.pack_into("<I", data, at, len("generated") + 40)
    path.write_bytes(data)
    labels = read_labels(path)
    assert (labels.tags.error or "").startswith("APE: damaged")
    if name == "Title":
        assert labels.tags.title == "generated"
    else:
        assert made(labels) == [(Part.UNSPECIFIED, Making.GENERATED)]


def test_a_long_text_is_cut_and_not_left_out(tmp_path: Path) -> None:
    long = "AIGC" + "x" * 200_000
    path = id3(
        blank(tmp_path, "mp3"),
        TXXX(encoding=3, desc="AI_TOOL", text=[long]),
        TALB(encoding=3, text=["After"]),
        TDRC(encoding=3, text=["2001"]),
    )
    labels = read_labels(path)
    assert (labels.tags.album, labels.tags.date) == ("After", "2001")
    assert (labels.declared[0].tool or "").startswith("AIGCxxx")


# ---- keys of QuickTime ------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["m4a", "mp4", "mov"])
def test_keys_that_ffmpeg_writes(suffix: str, tmp_path: Path) -> None:
    source, path = write(tmp_path / "a.wav", sine(0.5)), tmp_path / f"a.{suffix}"
    pairs = {
        "AI_DISCLOSURE": "generated",
        "AI_CONTRIBUTION": "vocals",
        "AI_TOOL": "Tool 晴天",
        "title": "A title",
    }
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-movflags", "use_metadata_tags"]
    for name, value in pairs.items():
        command += ["-metadata", f"{name}={value}"]
    subprocess.run([*command, str(path)], check=True)
    labels = read_labels(path)
    (mark,) = labels.declared
    assert (mark.part, mark.making, mark.tool) == (Part.VOCALS, Making.GENERATED, "Tool 晴天")
    assert mark.place == "MP4 mdta AI_CONTRIBUTION"
    assert labels.tags.title == "A title"


def box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def keyed(full: bool, pairs: dict[str, tuple[int, bytes]]) -> bytes:
    """A ``meta`` box with keys: as in ISO files, or without version and flags, as Apple's."""
    keys = b"".join(struct.pack(">I", 8 + len(n)) + b"mdta" + n.encode() for n in pairs)
    items = [
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", kind, 0), value))
        for number, (kind, value) in enumerate(pairs.values(), 1)
    ]
    return box(
        b"meta",
        bytes(4) if full else b"",
        box(b"hdlr", bytes(8), b"mdta", bytes(13)),
        box(b"keys", bytes(4), struct.pack(">I", len(pairs)), keys),
        box(b"ilst", *items),
    )


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("inside", ["movie", "user data", "track"])
def test_keys_wherever_quicktime_puts_them(inside: str, full: bool, tmp_path: Path) -> None:
    meta = keyed(
        full,
        {
            "com.apple.quicktime.title": (1, b"A title"),
            "com.apple.quicktime.creationdate": (2, "2026-01-02".encode("utf-16-be")),
            "com.apple.quicktime.location": (21, b"\0\0\0\1"),
            "AI_DISCLOSURE": (1, b"generated"),
        },
    )
    path = blank(tmp_path, "m4a")
    added = box(b"udta", meta) if inside == "user data" else meta
    path.write_bytes(inserted(path.read_bytes(), added, in_track=inside == "track"))
    labels = read_labels(path)
    assert (labels.tags.title, labels.tags.date) == ("A title", "2026-01-02")
    assert made(labels) == [(Part.UNSPECIFIED, Making.GENERATED)]


def inserted(data: bytes, added: bytes, *, in_track: bool = False) -> bytes:
    """Add a box to the end of the movie, or of its track; the movie has to be last."""
    movie = data.index(b"moov") - 4
    size = struct.unpack_from(">I", data, movie)[0]
    assert movie + size == len(data)
    end = len(data)
    grown = bytearray(data)
    struct.pack_into(">I", grown, movie, size + len(added))
    if in_track:
        track = data.index(b"trak", movie) - 4
        track_size = struct.unpack_from(">I", data, track)[0]
        struct.pack_into(">I", grown, track, track_size + len(added))
        end = track + track_size
    return bytes(grown[:end]) + added + bytes(grown[end:])


def test_damaged_keys_end() -> None:
    from phonoscope.disclosure.tags import file_fields

    meta = keyed(True, {"AI_DISCLOSURE": (1, b"generated")})
    start = box(b"ftyp", b"M4A ", bytes(4))
    for at in range(len(meta)):
        broken = meta[:at] + b"\xff" + meta[at + 1 :]
        for data in (broken, meta[:at]):
            fields, _ = file_fields(io.BytesIO(start + box(b"moov", data)))
            assert len(fields) <= 1
