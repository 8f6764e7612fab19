"""What other programs read in a file stays: every tag system, every container."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.mp4
import mutagen.oggopus
import mutagen.oggvorbis
import pytest

from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_labels
from phonoscope.disclosure.removal import remove_label
from phonoscope.disclosure.writing import Labelling, write_label
from phonoscope.errors import LabelError
from tests.helpers.certificates import Root
from tests.helpers.sounds import sine, write
from tests.helpers.tag_systems import (
    BEFORE,
    BEHIND,
    BEHIND_RIFF,
    CHUNKS,
    INFO,
    ape,
    chunk,
    decoded,
    lost,
    seen,
    v1,
)

SOUNDS = {
    "mp3": "mp3",
    "flac": "flac-16",
    "ogg": "ogg-vorbis",
    "opus": "opus",
    "m4a": "m4a-aac",
    "wav": "wav-16",
    "aiff": "aiff-16",
    "aac": "aac-adts",
    "wv": "wavpack",
}
FIRST = Declaration("", Part.WHOLE, Making.GENERATED, "Tool 1", "P", "", "")
SECOND = Declaration("", Part.VOCALS, Making.CONVERTED_VOICE, "Tool 2", None, "", "")
STANDARDS = ("ai-tags", "gb45438", "iptc")


@pytest.fixture(scope="session")
def bare(tmp_path_factory) -> dict[str, bytes]:
    """A short sound in each container, without tags."""
    folder = tmp_path_factory.mktemp("bare")
    found = {}
    for kind, name in SOUNDS.items():
        rate_hz = 48_000 if kind == "opus" else 44_100
        path = write(folder / f"a.{kind}", sine(0.2, rate_hz), rate_hz, name)
        if kind != "wv":
            opened = mutagen.File(path)
            if opened is not None and opened.tags:
                opened.delete()
        found[kind] = path.read_bytes()
    # FFmpeg's writer leaves an APEv2 tag.
    found["wv"] = found["wv"].split(b"APETAGEX")[0]
    return found


def in_form(data: bytes, more: bytes, behind: bytes = b"") -> bytes:
    """A wav or aiff file with more chunks, and bytes behind its form."""
    order = ">" if data[:4] == b"FORM" else "<"
    body = data[8:] + more
    return data[:4] + struct.pack(order + "I", len(body)) + body + behind


def check_labels(path: Path) -> None:
    """Label a file twice and take the labels away: other programs notice nothing."""
    before, sound = seen(path), decoded(path)
    for said, standards in ((FIRST, STANDARDS), (SECOND, ("ai-tags", "iptc"))):
        written = write_label(path, Labelling((said,), standards))
        assert written.changed
        assert lost(before, seen(path)) == []
        assert decoded(path) == sound
        found = [d for d in read_labels(path).declared if d.standard == "ai-tags"]
        assert [(d.part, d.making, d.tool) for d in found] == [(said.part, said.making, said.tool)]
        assert not write_label(path, Labelling((said,), standards)).changed
    remove_label(path, STANDARDS)
    assert lost(before, seen(path)) == []
    assert decoded(path) == sound
    assert read_labels(path).declared == ()


@pytest.mark.parametrize(("before", "behind"), list(itertools.product(BEFORE, BEHIND)))
def test_every_tag_system_of_an_mp3_reads_as_before(tmp_path, bare, before, behind):
    path = tmp_path / "song.mp3"
    path.write_bytes(BEFORE[before] + bare["mp3"] + BEHIND[behind])
    tail = path.read_bytes()[-128:]
    check_labels(path)
    if "id3v1" in behind:
        assert path.read_bytes()[-128:] == tail


@pytest.mark.parametrize("name", CHUNKS)
def test_every_tag_system_of_a_wav_reads_as_before(tmp_path, bare, name):
    path = tmp_path / "song.wav"
    path.write_bytes(in_form(bare["wav"], CHUNKS[name]))
    check_labels(path)


@pytest.mark.parametrize("name", BEHIND_RIFF)
def test_bytes_behind_the_riff_chunk_stay(tmp_path, bare, name):
    path = tmp_path / "song.wav"
    path.write_bytes(in_form(bare["wav"], INFO, BEHIND_RIFF[name]))
    check_labels(path)
    data = path.read_bytes()
    end = 8 + struct.unpack("<I", data[4:8])[0]
    assert data[end:] == BEHIND_RIFF[name]


@pytest.mark.parametrize("behind", ["none", "id3v1"])
@pytest.mark.parametrize("comments", [False, True])
@pytest.mark.parametrize("before", ["none", "id3v2.3", "id3v2.4", "picture"])
def test_every_tag_system_of_a_flac_reads_as_before(tmp_path, bare, before, comments, behind):
    path = tmp_path / "song.flac"
    path.write_bytes(bare["flac"])
    if comments:
        flac = mutagen.flac.FLAC(path)
        flac["TITLE"], flac["REPLAYGAIN_TRACK_GAIN"] = "Comment", "-5 dB"
        flac.save()
    path.write_bytes(BEFORE[before] + path.read_bytes() + BEHIND[behind])
    check_labels(path)


@pytest.mark.parametrize("kind", ["ogg", "opus", "m4a", "aiff", "aiff-name", "aac-ape", "wv-ape"])
def test_other_containers_read_as_before(tmp_path, bare, kind):
    suffix = kind.partition("-")[0]
    path = tmp_path / f"song.{suffix}"
    path.write_bytes(bare[suffix])
    gain = {"replaygain_track_gain": "-5 dB"}
    if kind in ("ogg", "opus"):
        types = {"ogg": mutagen.oggvorbis.OggVorbis, "opus": mutagen.oggopus.OggOpus}
        commented = types[kind](path)
        commented.update({"title": "Comment", **gain})
        commented.save()
    elif kind == "m4a":
        boxes = mutagen.mp4.MP4(path)
        boxes["\xa9nam"] = ["Atom"]
        boxes["----:com.apple.iTunes:replaygain_track_gain"] = [b"-5 dB"]
        boxes.save()
    elif suffix == "aiff":
        more = chunk(b"NAME", b"Name", ">") + chunk(b"AUTH", b"Who", ">")
        tagged = chunk(b"ID3 ", BEFORE["id3v2.4"], ">")
        path.write_bytes(in_form(bare["aiff"], more if kind == "aiff-name" else tagged))
    else:
        path.write_bytes(bare[suffix] + BEHIND["ape-id3v1"])
    check_labels(path)


def test_raw_aac_gets_a_sidecar_and_stays_what_it_is(tmp_path, bare):
    path = tmp_path / "song.aac"
    path.write_bytes(bare["aac"])
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling((FIRST,)))
    assert raised.value.code == "no-place"
    assert write_label(path, Labelling((FIRST,), ("ai-tags", "sidecar"))).changed
    assert path.read_bytes() == bare["aac"]
    assert seen(path)["by_mutagen"]["kind"] == "AAC"


def test_a_label_that_comes_and_goes_leaves_the_same_bytes(tmp_path, bare):
    for kind in ("mp3", "wav", "aiff"):
        path = tmp_path / f"song.{kind}"
        path.write_bytes(bare[kind])
        write_label(path, Labelling((FIRST,), STANDARDS))
        remove_label(path, STANDARDS)
        assert path.read_bytes() == bare[kind], kind


def test_marks_in_the_tag_system_that_does_not_get_the_label_go(tmp_path, bare):
    path = tmp_path / "song.mp3"
    marked = ape(("AI_DISCLOSURE", b"none"), ("AI_TOOL", b"Old"), ("Title", b"T"))
    path.write_bytes(BEFORE["id3v2.4"] + bare["mp3"] + marked + v1())
    write_label(path, Labelling((FIRST,)))
    found = [d for d in read_labels(path).declared if d.standard == "ai-tags"]
    assert [(d.making, d.tool) for d in found] == [(Making.GENERATED, "Tool 1")]
    assert "Old" not in str(seen(path)["mutagens_ape"].get("ai_tool"))
    assert seen(path)["mutagens_ape"]["title"] == "T"


@pytest.mark.parametrize("behind", ["id3v1", "latin", "gain-id3v1", "ape"])
def test_a_signature_hides_no_older_tag_either(tmp_path, bare, behind):
    path = tmp_path / "song.mp3"
    path.write_bytes(bare["mp3"] + BEHIND[behind])
    before, sound = seen(path), decoded(path)
    signer = Root.make().signer()
    write_label(path, Labelling((FIRST,), ("c2pa",), signer=signer))
    assert lost(before, seen(path)) == []
    assert decoded(path) == sound
    (found,) = read_labels(path).declared
    assert (found.standard, str(found.signature)) == ("c2pa", "valid")


def test_older_tags_that_differ_are_refused_before_a_signature_hides_one(tmp_path, bare):
    path = tmp_path / "song.mp3"
    path.write_bytes(bare["mp3"] + BEHIND["ape-id3v1"])
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling((FIRST,), ("c2pa",), signer=Root.make().signer()))
    assert raised.value.code == "unsafe-tags"
    assert path.read_bytes() == content
