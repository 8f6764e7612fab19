"""Written labels: other programs read them, and the sound and everything else stay the same."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.id3 import APIC, COMM, GEOB, TIT2, TXXX

from phonoscope.analysis import analyse
from phonoscope.audio.decode import Decoder
from phonoscope.disclosure.gb45438 import Numbers
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.sidecar import OTHER_BYTES
from phonoscope.disclosure.writing import Labelling, Written, write_label
from phonoscope.errors import LabelError, UnreadableError, UsageError
from tests.helpers.marked import CONTAINERS, add_chunk, blank, id3, raw_id3
from tests.helpers.sounds import FORMATS, sine, write

TAKEN = ("mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff")
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


def declared(path: Path) -> list[tuple[object, ...]]:
    """The declarations that Phonoscope reads, without place, value and signature."""
    with path.open("rb") as file:
        with Decoder(file) as decoder:
            text_tags = decoder.tags
        found = read_marks(file, text_tags)[1]
    return [
        (d.standard, d.part, d.making, d.tool, d.producer, d.voice, d.declared_utc) for d in found
    ]


def say(
    part: Part = Part.VOCALS,
    making: Making = Making.GENERATED,
    tool: str | None = "Tool 1",
    producer: str | None = "晴天 GmbH",
    voice: str | None = None,
    when: datetime | None = None,
) -> Declaration:
    return Declaration("", part, making, tool, producer, "", "", voice, when)


def samples(path: Path) -> str:
    """A hash of the samples, decoded by ffmpeg's library without Phonoscope."""
    import av

    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            digest.update(np.ascontiguousarray(frame.to_ndarray()).tobytes())
    return digest.hexdigest()


def texts_by_mutagen(path: Path, name: str) -> list[str]:
    """A text with a free name, as mutagen alone reads it."""
    if path.suffix in (".wav", ".aiff"):
        return [str(t) for f in mutagen.File(path).tags.getall(f"TXXX:{name}") for t in f.text]
    tags = mutagen.File(path).tags
    if isinstance(tags, mutagen.id3.ID3):
        return [str(t) for f in tags.getall(f"TXXX:{name}") for t in f.text]
    if path.suffix == ".m4a":
        return [bytes(v).decode() for v in tags.get(f"----:com.apple.iTunes:{name}", [])]
    return list(tags.get(name, []))


ALL = Labelling(
    (
        say(Part.VOCALS, Making.CONVERTED_VOICE, voice="voice-7", when=datetime(2026, 11, 21, 9)),
        say(Part.LYRICS, Making.HUMAN, when=datetime(2026, 11, 21, 9)),
    ),
    ("ai-tags", "gb45438", "iptc"),
    Numbers("p-1", "Passer", "q-2"),
)


@pytest.mark.parametrize("kind", TAKEN)
def test_every_standard_in_every_container_reads_back_and_the_sound_stays(tmp_path, kind):
    path = blank(tmp_path, kind)
    before = samples(path)
    written = write_label(path, ALL)
    assert written.changed
    assert samples(path) == before
    when = datetime(2026, 11, 21, 9)
    assert sorted(declared(path), key=str) == sorted(
        [
            ("gb45438", Part.UNSPECIFIED, Making.GENERATED, None, "晴天 GmbH", None, None),
            ("iptc", Part.SOME, Making.GENERATED, None, None, None, None),
            (
                "ai-tags",
                Part.VOCALS,
                Making.CONVERTED_VOICE,
                "Tool 1",
                "晴天 GmbH",
                "voice-7",
                when,
            ),
            ("ai-tags", Part.LYRICS, Making.HUMAN, None, "晴天 GmbH", None, when),
        ],
        key=str,
    )
    # As another program reads it.
    assert texts_by_mutagen(path, "AI_TOOL") == ["Tool 1"]
    assert texts_by_mutagen(path, "AI_CONTRIBUTION") == ["vocals=converted-voice, lyrics=human"]
    if kind == "wav":
        data = path.read_bytes()
        at = data.index(b"AIGC")
        (size,) = struct.unpack("<I", data[at + 4 : at + 8])
        value = data[at + 8 : at + 8 + size].decode()
        assert soundfile.info(path).frames == soundfile.info(blank(tmp_path, kind)).frames
    else:
        (value,) = texts_by_mutagen(path, "AIGC")
    assert json.loads(value) == {
        "Label": "1",
        "ContentProducer": "晴天 GmbH",
        "ProduceID": "p-1",
        "ReservedCode1": "",
        "ContentPropagator": "Passer",
        "PropagateID": "q-2",
        "ReservedCode2": "",
    }


@pytest.mark.parametrize("kind", TAKEN)
def test_a_second_label_replaces_the_first_and_the_same_again_changes_nothing(tmp_path, kind):
    path = blank(tmp_path, kind)
    write_label(path, ALL)
    other = Labelling((say(Part.WHOLE, Making.GENERATED, "Tool 2", None),))
    assert write_label(path, other).changed
    assert [d for d in declared(path) if d[0] == "ai-tags"] == [
        ("ai-tags", Part.WHOLE, Making.GENERATED, "Tool 2", None, None, None)
    ]
    assert texts_by_mutagen(path, "AI_VOICE") == []
    content, times = path.read_bytes(), path.stat().st_mtime_ns
    assert not write_label(path, other).changed
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (content, times)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_dry_run_leaves_every_byte(tmp_path, kind):
    path = blank(tmp_path, kind)
    content = path.read_bytes()
    labelling = Labelling((say(),), ("sidecar",) if kind not in TAKEN else ("ai-tags", "sidecar"))
    written = write_label(path, labelling, dry_run=True)
    assert written.changed
    assert f"{path.name}.declared.json" in written.places
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == [path.name]


def test_permissions_times_and_links_stay(tmp_path):
    path = blank(tmp_path, "flac")
    path.chmod(0o640)
    os.utime(path, ns=(1_000_000_000_123_456_789, 1_100_000_000_987_654_321))
    link = tmp_path / "link.flac"
    link.symlink_to(path)
    write_label(link, Labelling((say(),)))
    status = path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert abs(status.st_mtime_ns - 1_100_000_000_987_654_321) <= 1
    assert link.is_symlink()
    assert declared(path)
    assert sorted(os.listdir(tmp_path)) == [path.name, "link.flac"]


def test_a_changed_file_never_looks_unchanged(tmp_path):
    path = blank(tmp_path, "wav")
    write_label(path, Labelling((say(tool="Tool A"),)))
    before = path.stat()
    write_label(path, Labelling((say(tool="Tool B"),)))
    after = path.stat()
    assert after.st_size == before.st_size
    assert after.st_mtime_ns == before.st_mtime_ns + 1


def test_a_sidecar_holds_what_the_container_cannot(tmp_path):
    path = blank(tmp_path, "wma")
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling((say(),)))
    assert raised.value.code == "no-place"
    written = write_label(path, Labelling(ALL.declared, ("ai-tags", "sidecar")))
    assert written.places == ("blank.wma.declared.json",)
    assert path.read_bytes() == content
    found = analyse(path).declared
    assert [(d.standard, d.part, d.making, d.tool, d.voice, d.place) for d in found] == [
        (
            "sidecar",
            Part.VOCALS,
            Making.CONVERTED_VOICE,
            "Tool 1",
            "voice-7",
            "sidecar blank.wma.declared.json",
        ),
        ("sidecar", Part.LYRICS, Making.HUMAN, "Tool 1", None, "sidecar blank.wma.declared.json"),
    ]
    other = write(tmp_path / "other.wma", sine(0.4, 44_100), 44_100, "wma")
    (tmp_path / "other.wma.declared.json").write_bytes(
        (tmp_path / "blank.wma.declared.json").read_bytes()
    )
    assert all(d.place.endswith(OTHER_BYTES) for d in analyse(other).declared)


@pytest.mark.parametrize(
    "content",
    [b"", b"[" * 200_000, b"\xff\xfe", b'{"format": "phonoscope-declarations/1"}', b"x" * 300_000],
)
def test_a_sidecar_that_cannot_be_read_says_so(tmp_path, content):
    path = blank(tmp_path, "ape")
    (tmp_path / "blank.ape.declared.json").write_bytes(content)
    (found,) = analyse(path).declared
    assert (found.making, found.part) == (Making.UNSPECIFIED, Part.UNSPECIFIED)
    assert found.value.startswith("not read:")


# ---- everything else stays ------------------------------------------------------------------


@pytest.mark.parametrize("version", [3, 4])
def test_pictures_unknown_frames_and_id3v1_of_an_mp3_stay(tmp_path, version):
    path = id3(
        blank(tmp_path, "mp3"),
        TIT2(encoding=1, text=["晴天"]),
        COMM(encoding=0, lang="eng", desc="", text=["kept"]),
        APIC(encoding=0, mime="image/jpeg", type=3, desc="front", data=PICTURE),
        GEOB(encoding=0, mime="x/y", filename="f", desc="d", data=b"\0\1\2"),
        TXXX(encoding=1, desc="ai_tool", text=["old"]),
        TXXX(encoding=3, desc="MOOD", text=["calm"]),
        version=version,
        v1=2,
    )
    before = path.read_bytes()
    old = mutagen.id3.ID3(path)
    write_label(path, Labelling((say(),)))
    new = mutagen.id3.ID3(path)
    assert new.version == (2, version, 0)
    assert path.read_bytes()[-128:] == before[-128:]
    kept = [key for key in old if key != "TXXX:ai_tool"]
    assert {key: new[key] for key in kept} == {key: old[key] for key in kept}
    assert new["APIC:front"].data == PICTURE
    assert texts_by_mutagen(path, "AI_TOOL") == ["Tool 1"]
    assert "TXXX:ai_tool" not in new


def test_an_old_tag_and_an_unsynchronised_one_are_kept_as_they_are(tmp_path):
    def frame(name: bytes, text: bytes) -> bytes:
        return name + (len(text) + 1).to_bytes(3, "big") + b"\0" + text

    path = blank(tmp_path, "mp3")
    path.write_bytes(raw_id3(2, frame(b"TT2", b"Old") + frame(b"XYZ", b"?")) + path.read_bytes())
    write_label(path, Labelling((say(tool="Ütool"),)))
    assert b"XYZ\0\0\2\0?" in path.read_bytes()
    assert str(mutagen.id3.ID3(path)["TIT2"]) == "Old"
    assert texts_by_mutagen(path, "AI_TOOL") == ["Ütool"]

    other = write(tmp_path / "other.mp3", sine(0.3, 44_100), 44_100, "mp3")
    body = b"TIT2\0\0\0\5\0\0\1\xff\xfeA\0".replace(b"\xff\xfe", b"\xff\x00\xfe")
    other.write_bytes(raw_id3(3, body, flags=0x80) + other.read_bytes())
    write_label(other, Labelling((say(),)))
    assert str(mutagen.id3.ID3(other)["TIT2"]) == "A"


def test_comments_pictures_and_blocks_of_a_flac_stay(tmp_path):
    path = blank(tmp_path, "flac")
    flac = mutagen.flac.FLAC(path)
    picture = mutagen.flac.Picture()
    picture.data, picture.type, picture.mime = PICTURE, 3, "image/jpeg"
    flac.add_picture(picture)
    flac["TITLE"] = ["one", "two"]
    flac["ai_tool"] = "old"
    flac.save()
    write_label(path, Labelling((say(),)))
    new = mutagen.flac.FLAC(path)
    assert new.pictures[0].data == PICTURE
    assert new["title"] == ["one", "two"]
    assert new["AI_TOOL"] == ["Tool 1"]


def test_cover_and_atoms_of_an_m4a_stay(tmp_path):
    path = blank(tmp_path, "m4a")
    mp4 = mutagen.mp4.MP4(path)
    mp4["covr"] = [mutagen.mp4.MP4Cover(PICTURE, mutagen.mp4.MP4Cover.FORMAT_JPEG)]
    mp4["\xa9nam"] = ["晴天"]
    mp4["trkn"] = [(3, 9)]
    mp4["----:com.other:ai_tool"] = [b"older"]
    mp4["----:com.other:MOOD"] = [b"calm"]
    mp4.save()
    write_label(path, Labelling((say(),)))
    new = mutagen.mp4.MP4(path)
    assert bytes(new["covr"][0]) == PICTURE
    assert (new["\xa9nam"], new["trkn"]) == (["晴天"], [(3, 9)])
    assert [bytes(v) for v in new["----:com.other:MOOD"]] == [b"calm"]
    assert "----:com.other:ai_tool" not in new


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Chunks read without Phonoscope; fails if they don't fill the form exactly."""
    (size,) = struct.unpack("<I", data[4:8])
    assert size + 8 == len(data)
    at, found = 12, []
    while at < len(data):
        (length,) = struct.unpack("<I", data[at + 4 : at + 8])
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    assert at == len(data)
    return found


def test_order_and_content_of_wav_chunks_stay(tmp_path):
    path = blank(tmp_path, "wav")
    add_chunk(path, b"bext", bytes(602), first=True)
    add_chunk(path, b"odd ", b"123")
    add_chunk(path, b"id3 ", raw_id3(4, b""))
    add_chunk(path, b"last", b"!")
    before = riff_chunks(path.read_bytes())
    write_label(path, ALL)
    after = riff_chunks(path.read_bytes())
    names = [name for name, _ in before]
    assert [name for name, _ in after] == [*names, b"AIGC"]
    assert [c for c in after if c[0] not in (b"id3 ", b"AIGC")] == [
        c for c in before if c[0] != b"id3 "
    ]


def test_a_last_chunk_without_its_pad_byte_and_bytes_behind_the_form(tmp_path):
    path = blank(tmp_path, "wav")
    add_chunk(path, b"odd ", b"123")
    data = path.read_bytes()[:-1]
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    write_label(path, Labelling((say(),)))
    assert dict(riff_chunks(path.read_bytes()))[b"odd "] == b"123"
    behind = write(tmp_path / "behind.wav", sine(0.3, 44_100), 44_100, "wav-16")
    behind.write_bytes(behind.read_bytes() + b"TAIL")
    before = samples(behind)
    write_label(behind, Labelling((say(),)))
    data = behind.read_bytes()
    assert data.endswith(b"TAIL")
    riff_chunks(data[:-4])
    assert samples(behind) == before


def test_rf64_takes_a_label_and_a_streamed_wav_does_not(tmp_path):
    path = write(tmp_path / "long.wav", sine(0.3, 44_100), 44_100, "rf64")
    before = samples(path)
    write_label(path, ALL)
    assert samples(path) == before
    assert len(declared(path)) == 4
    data = path.read_bytes()
    assert struct.unpack("<Q", data[20:28])[0] + 8 == len(data)
    streamed = blank(tmp_path, "wav")
    data = bytearray(streamed.read_bytes())
    data[4:8] = b"\xff" * 4
    at = data.index(b"data")
    data[at + 4 : at + 8] = b"\xff" * 4
    streamed.write_bytes(data)
    with pytest.raises(LabelError) as raised:
        write_label(streamed, Labelling((say(),)))
    assert raised.value.code == "unsafe-tags"
    assert streamed.read_bytes() == bytes(data)


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if f.suffix in TAKEN])
def test_every_codec_of_these_containers_keeps_its_samples(tmp_path, name):
    rate_hz = 48_000 if "opus" in name else 44_100
    path = write(tmp_path / f"a.{FORMATS[name].suffix}", sine(0.3, rate_hz), rate_hz, name)
    before = samples(path)
    write_label(path, ALL)
    assert samples(path) == before
    assert len(declared(path)) == 4


# ---- refusals --------------------------------------------------------------------------------


def test_what_a_standard_cannot_say_is_refused(tmp_path):
    path = blank(tmp_path, "mp3")
    content = path.read_bytes()
    for labelling, code in (
        (Labelling((say(making=Making.ASSISTED),), ("gb45438",)), "nothing-generated"),
        (Labelling((say(producer=None),), ("gb45438",)), "no-producer"),
        (Labelling((say(tool="A"), say(tool="B"))), "several-values"),
        (Labelling((say(making=Making.UNSPECIFIED),), ("iptc",)), "making-not-given"),
    ):
        with pytest.raises(UsageError) as raised:
            write_label(path, labelling)
        assert raised.value.code == code
    assert path.read_bytes() == content


def test_a_damaged_tag_is_left_alone(tmp_path):
    path = blank(tmp_path, "mp3")
    path.write_bytes(raw_id3(4, b"TIT2\0\0\x7f\x7f\0\0cut") + path.read_bytes())
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling((say(),)))
    assert raised.value.code == "unsafe-tags"
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == [path.name]


def test_a_killed_writing_leaves_the_old_file_or_the_new_one(tmp_path):
    code = (
        "import sys, os, signal, threading, time\n"
        "from phonoscope.disclosure.writing import Labelling, write_label\n"
        "from phonoscope.disclosure.model import Declaration, Making, Part\n"
        "d = Declaration('', Part.WHOLE, Making.GENERATED, 'T', None, '', '')\n"
        "after = float(sys.argv[2])\n"
        "threading.Thread(target=lambda: (time.sleep(after), os.kill(os.getpid(), 9)),"
        " daemon=True).start()\n"
        "write_label(sys.argv[1], Labelling((d,)))\n"
    )
    whole: set[str] = set()
    for number, after_s in enumerate((0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = blank(folder, "flac")
        before, content = samples(path), path.read_bytes()
        subprocess.run([sys.executable, "-c", code, str(path), str(after_s)], check=False)
        assert samples(path) == before
        whole.add("old" if path.read_bytes() == content else "new")
    assert whole <= {"old", "new"}
    assert "old" in whole


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).map(
    str.strip
)


@settings(max_examples=25, deadline=None)
@given(
    tool=TEXTS,
    producer=TEXTS,
    part=st.sampled_from([p for p in Part if p is not Part.UNSPECIFIED]),
    making=st.sampled_from([Making.GENERATED, Making.CONVERTED_VOICE, Making.ASSISTED]),
    kind=st.sampled_from(TAKEN),
)
def test_any_text_comes_back_as_it_was(tmp_path_factory, tool, producer, part, making, kind):
    path = blank(tmp_path_factory.mktemp("any"), kind)
    written = write_label(path, Labelling((say(part, making, tool, producer),)))
    assert isinstance(written, Written)
    assert texts_by_mutagen(path, "AI_TOOL") == [tool]
    assert texts_by_mutagen(path, "AI_PRODUCER") == [producer]
    ((_, found_part, found_making, *_),) = declared(path)
    assert (found_part, found_making) == (part, making)


def test_a_tag_that_claims_256_mib_is_refused_and_the_file_stays(tmp_path):
    path = id3(blank(tmp_path, "mp3"), TIT2(encoding=3, text=["Song"]))
    data = path.read_bytes()
    path.write_bytes(data[:6] + b"\x7f\x7f\x7f\x7f" + data[10:])
    claimed = path.read_bytes()
    with pytest.raises((LabelError, UnreadableError)):
        write_label(path, Labelling((say(),)))
    assert path.read_bytes() == claimed
    assert os.listdir(tmp_path) == [path.name]
