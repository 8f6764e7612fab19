"""Manifests that say how a recording was made: signed, read, and identified when they fail."""

import dataclasses
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import av
import c2pa
import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import ValidationError

import phonoscope
from phonoscope.disclosure import c2pa as standard
from phonoscope.disclosure import iptc
from phonoscope.disclosure.c2pa_library import context
from phonoscope.disclosure.embedding import SUPPORTED
from phonoscope.disclosure.manifest import find_manifest
from phonoscope.disclosure.model import Declaration, Making, Part, Signature
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.signer import Signer
from phonoscope.disclosure.signing import sign
from phonoscope.errors import LabelError, PhonoscopeError, UsageError
from phonoscope.settings import Settings
from tests.helpers.certificates import KEYS, Root, pem_of
from tests.helpers.marked import add_chunk, blank
from tests.helpers.sounds import sine, write

CONTAINERS = tuple(SUPPORTED)
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.fixture(scope="module")
def root() -> Root:
    return Root.make()


@pytest.fixture(scope="module")
def signer(root: Root) -> Signer:
    return root.signer()


def declared(part: Part, making: Making, **more: object) -> Declaration:
    said = {"tool": None, "producer": None, "place": "", "value": "", **more}
    return Declaration(standard="c2pa", part=part, making=making, **said)


WHOLE = declared(Part.WHOLE, Making.GENERATED, tool="Suno 5", producer="A producer")
VOICE = declared(
    Part.VOCALS,
    Making.CONVERTED_VOICE,
    tool="RVC",
    voice="Näme \u202e",
    declared_utc=datetime(2026, 3, 4, 5, 6, 7),
)


def marks(path: Path, trust: Path | None = None) -> list[Declaration]:
    with path.open("rb") as file:
        return [m for m in read_marks(file, {}, trust=trust)[1] if m.standard == "c2pa"]


def samples(path: Path) -> str:
    """Hash of all decoded samples, by FFmpeg."""
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            digest.update(np.ascontiguousarray(frame.to_ndarray()).tobytes())
    return digest.hexdigest()


def standard_state(path: Path, media_type: str) -> str:
    """The reference library's result for a file, with its own search and none of our code."""
    with path.open("rb") as file, c2pa.Reader(media_type, file) as reader:
        return str(reader.get_validation_state())


def signed(folder: Path, kind: str, signer: Signer, *said: Declaration) -> Path:
    target = folder / f"signed.{kind}"
    sign(blank(folder, kind), target, said or (WHOLE,), signer)
    return target


# ---- round trip -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_is_signed_is_read_back_whole(
    tmp_path: Path, kind: str, root: Root, signer: Signer
) -> None:
    path = signed(tmp_path, kind, signer, WHOLE, VOICE)
    found = marks(path)
    for said, read in zip((WHOLE, VOICE), found, strict=True):
        assert (read.part, read.making, read.tool, read.producer, read.declared_utc) == (
            said.part,
            said.making,
            said.tool,
            said.producer,
            said.declared_utc,
        )
        assert read.signature is Signature.VALID
        assert read.signer == "Test Signer (Signer House)"
        assert read.place.startswith("C2PA manifest in ")
    assert found[1].voice == "Näme \\u202e"
    assert found[0].value == "c2pa.created trainedAlgorithmicMedia"
    assert {m.signature for m in marks(path, root.file(tmp_path))} == {Signature.TRUSTED}
    assert {m.signature for m in marks(path, Root.make().file(tmp_path, "other.pem"))} == {
        Signature.VALID
    }
    assert standard_state(path, SUPPORTED[kind]) == "Valid"


@pytest.mark.parametrize("kind", CONTAINERS)
def test_signing_leaves_the_sound_as_it_is(tmp_path: Path, kind: str, signer: Signer) -> None:
    path = signed(tmp_path, kind, signer)
    assert samples(path) == samples(tmp_path / f"blank.{kind}")
    exam = phonoscope.analyse(path)
    assert exam.error is None
    assert [m.standard for m in exam.declared] == ["c2pa"]


@pytest.mark.parametrize("algorithm", [*KEYS])
def test_the_algorithm_follows_the_key(tmp_path: Path, algorithm: str, root: Root) -> None:
    signer = root.signer(algorithm)
    assert signer.checked()[0] == algorithm
    assert marks(signed(tmp_path, "wav", signer))[0].signature is Signature.VALID


def test_declarations_also_have_iptc_terms() -> None:
    """A reader that doesn't know our assertion learns no more than was declared."""
    for making in iptc.TERMS:
        for part in Part:
            term = iptc.term_for(part, making)
            assert term is not None
            read_part, read_making = iptc.MEANING[term]
            assert read_making is (Making.GENERATED if making is Making.CONVERTED_VOICE else making)
            if read_part is Part.WHOLE:
                assert part is Part.WHOLE
            elif making is Making.GENERATED:
                assert read_part is Part.SOME
    assert iptc.term_for(Part.WHOLE, Making.GENERATED) == "trainedAlgorithmicMedia"
    assert iptc.term_for(Part.WHOLE, Making.UNSPECIFIED) is None


# ---- everything else in the file --------------------------------------------------------


def rich_frames() -> list[mutagen.id3.Frame]:
    """Frames of many kinds. The library's own writer loses some of them."""
    i = mutagen.id3
    return [
        i.TIT2(encoding=3, text=["Täitel"]),
        i.TPE1(encoding=1, text=["A", "B"]),
        i.TXXX(encoding=3, desc="AIGC", text=['{"Label":"1"}']),
        i.TXXX(encoding=0, desc="two", text=["one", "two"]),
        i.APIC(encoding=0, mime="image/png", type=3, desc="c", data=b"\x89PNG" + bytes(999)),
        i.PRIV(owner="x", data=b"\xff\x00\xff\xe0"),
        i.COMM(encoding=3, lang="eng", desc="", text=["hello"]),
        i.USLT(encoding=3, lang="eng", desc="", text="la\nla"),
        i.POPM(email="a@b", rating=200, count=7),
        i.UFID(owner="http://musicbrainz.org", data=b"abc"),
        i.GEOB(encoding=3, mime="text/plain", filename="f", desc="g", data=b"hi"),
        i.RVA2(desc="album", channel=1, gain=-3.5, peak=0.9),
        i.MCDI(data=b"cd"),
        i.WXXX(encoding=3, desc="w", url="http://x"),
        i.TDRC(encoding=3, text=["2020-01-02"]),
        i.TCON(encoding=3, text=["Rock"]),
        i.TSRC(encoding=0, text=["USABC2000001"]),
        i.CHAP(element_id="c", start_time=0, end_time=9, start_offset=0, end_offset=0),
        i.PCNT(count=5),
    ]


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_every_frame_of_an_id3_tag_survives(
    tmp_path: Path, kind: str, version: int, signer: Signer
) -> None:
    path = blank(tmp_path, kind)
    tags = mutagen.id3.ID3()
    for frame in rich_frames():
        tags.add(frame)
    if version == 3:
        tags.update_to_v23()
    tags.save(path, v2_version=version, v1=2 if kind == "mp3" else 0)
    target = tmp_path / f"target.{kind}"
    sign(path, target, [WHOLE], signer)
    sign(target, path.with_name(f"again.{kind}"), [VOICE], signer)
    before = mutagen.id3.ID3(path, translate=False)
    for written in (target, path.with_name(f"again.{kind}")):
        after = mutagen.id3.ID3(written, translate=False)
        assert after.version == before.version
        added = set(after) - set(before)
        assert added == {"GEOB:c2pa manifest store"}
        assert {name: repr(f) for name, f in before.items()} == {
            name: repr(f) for name, f in after.items() if name not in added
        }
        assert samples(written) == samples(path)
        assert standard_state(written, SUPPORTED[kind]) == "Valid"
    if kind == "mp3":
        assert target.read_bytes()[-128:] == path.read_bytes()[-128:]


def test_vorbis_comments_and_blocks_of_a_flac_survive(tmp_path: Path, signer: Signer) -> None:
    path = blank(tmp_path, "flac")
    tags = mutagen.flac.FLAC(path)
    tags["title"] = ["one", "two"]
    tags["AIGC"] = '{"Label":"1"}'
    picture = mutagen.flac.Picture()
    picture.data = b"\x89PNG" + bytes(500)
    tags.add_picture(picture)
    tags.save()
    sign(path, tmp_path / "target.flac", [WHOLE], signer)
    content, before = (tmp_path / "target.flac").read_bytes(), path.read_bytes()
    assert content.startswith(b"ID3")
    assert content.endswith(before)
    after = mutagen.flac.FLAC(tmp_path / "target.flac")
    assert after.tags == tags.tags
    assert after.pictures[0].data == picture.data


def test_boxes_of_an_m4a_survive(tmp_path: Path, signer: Signer) -> None:
    path = blank(tmp_path, "m4a")
    tags = mutagen.mp4.MP4(path)
    tags["\xa9nam"] = ["Täitel"]
    tags["----:com.apple.iTunes:AIGC"] = [b'{"Label":"1"}']
    tags["covr"] = [mutagen.mp4.MP4Cover(b"\x89PNG" + bytes(500), 14)]
    tags["trkn"] = [(3, 7)]
    tags.save()
    sign(path, tmp_path / "target.m4a", [WHOLE], signer)
    after = mutagen.mp4.MP4(tmp_path / "target.m4a")
    assert dict(after.tags) == dict(tags.tags)
    assert samples(tmp_path / "target.m4a") == samples(path)


def test_chunks_of_a_wav_keep_their_order_and_bytes(tmp_path: Path, signer: Signer) -> None:
    path = blank(tmp_path, "wav")
    add_chunk(path, b"bext", b"x" * 603, first=True)
    add_chunk(path, b"AIGC", b'{"Label":"1"}')
    add_chunk(path, b"LIST", b"INFOISFT\x04\0\0\0abcd")
    path.write_bytes(path.read_bytes() + b"behind")
    target, again = tmp_path / "target.wav", tmp_path / "again.wav"
    sign(path, target, [WHOLE], signer)
    sign(target, again, [VOICE], signer)
    for written in (target, again):
        after, before = written.read_bytes(), path.read_bytes()
        end = len(before) - len(b"behind")
        assert after[8:end] == before[8:end]
        assert after[end : end + 4] == b"C2PA"
        (size,) = struct.unpack("<I", after[end + 4 : end + 8])
        assert after[end + 8 + size + size % 2 :] == b"behind"
        assert struct.unpack("<I", after[4:8])[0] == end + size + size % 2
        assert standard_state(written, "audio/wav") == "Valid"
    assert again.read_bytes().count(b"C2PA") == 1


def test_a_frame_that_hides_a_manifest_from_other_readers_is_refused(
    tmp_path: Path, signer: Signer
) -> None:
    path = blank(tmp_path, "mp3")
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.SYLT(encoding=3, lang="eng", format=2, type=1, text=[("la", 10)]))
    tags.save(path)
    with pytest.raises(LabelError) as raised:
        sign(path, tmp_path / "target.mp3", [WHOLE], signer)
    assert raised.value.code == "hidden-manifest"
    assert not (tmp_path / "target.mp3").exists()


def rare_tag(version: int, flags: int) -> bytes:
    """A tag of a rare kind around one private frame, written by hand."""
    content = b"x\0\xff\0\xe0\xff"
    frame = b"PRIV" + struct.pack(">I", len(content)) + b"\0\0" + content
    if version == 2:
        frame = b"TT2" + struct.pack(">I", 6)[1:] + b"\0title"
    if version == 3 and flags & 0x80:
        frame = frame.replace(b"\xff\0", b"\xff\0\0")
    extended = struct.pack(">IHI", 6, 0, 0) if flags & 0x40 else b""
    body = extended + frame
    sizes = bytes([version, 0, flags, 0, 0, 0, len(body)])
    return b"ID3" + sizes + body + (b"3DI" + sizes if flags & 0x10 else b"")


@pytest.mark.parametrize(("version", "flags"), [(3, 0x80), (3, 0x40), (4, 0x10)])
def test_frames_of_rare_tags_survive(
    tmp_path: Path, version: int, flags: int, signer: Signer
) -> None:
    path, target = blank(tmp_path, "mp3"), tmp_path / "target.mp3"
    mutagen.id3.ID3(path).delete()
    path.write_bytes(rare_tag(version, flags) + path.read_bytes())
    sign(path, target, [WHOLE], signer)
    assert mutagen.id3.ID3(target).getall("PRIV")[0].data == b"\xff\0\xe0\xff"
    assert marks(target)[0].signature is Signature.VALID
    assert samples(target) == samples(path)


@pytest.mark.parametrize(("version", "flags"), [(2, 0), (4, 0x80)])
def test_tags_that_cannot_hold_a_manifest_are_refused(
    tmp_path: Path, version: int, flags: int, signer: Signer
) -> None:
    path = blank(tmp_path, "mp3")
    mutagen.id3.ID3(path).delete()
    path.write_bytes(rare_tag(version, flags) + path.read_bytes())
    with pytest.raises(LabelError) as raised:
        sign(path, tmp_path / "target.mp3", [WHOLE], signer)
    assert raised.value.code == "rare-tag"
    assert not (tmp_path / "target.mp3").exists()


# ---- what breaks a signature ------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTAINERS)
def test_retagging_makes_it_invalid_and_says_so(tmp_path: Path, kind: str, signer: Signer) -> None:
    path = signed(tmp_path, kind, signer)
    if kind == "wav":
        add_chunk(path, b"LIST", b"INFOISFT\x04\0\0\0abcd")
    elif kind == "m4a":
        tags = mutagen.mp4.MP4(path)
        tags["\xa9nam"] = "new"
        tags.save()
    elif kind == "mp3":
        tags = mutagen.id3.ID3(path)
        tags.add(mutagen.id3.TIT2(encoding=3, text=["new"]))
        tags.save(path)
    else:
        tags = mutagen.flac.FLAC(path)
        tags["title"] = "new"
        tags.save()
    (found,) = marks(path)
    assert found.signature is Signature.INVALID
    assert "Hash.mismatch" in found.value
    assert (found.part, found.making, found.tool) == (Part.WHOLE, Making.GENERATED, "Suno 5")


@pytest.mark.parametrize("kind", CONTAINERS)
def test_one_other_bit_of_sound_makes_it_invalid(
    tmp_path: Path, kind: str, root: Root, signer: Signer
) -> None:
    path = signed(tmp_path, kind, signer)
    content = bytearray(path.read_bytes())
    at = content.find(b"mdat") + 100 if kind == "m4a" else len(content) // 2
    if kind == "wav":
        at = 200
    elif kind in ("mp3", "flac"):
        at = len(content) - 300
    content[at] ^= 1
    path.write_bytes(content)
    assert {m.signature for m in marks(path, root.file(tmp_path))} == {Signature.INVALID}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_copying_the_stream_drops_it(tmp_path: Path, kind: str, signer: Signer) -> None:
    path = signed(tmp_path, kind, signer)
    copy = tmp_path / f"copy.{kind}"
    form = "ipod" if kind == "m4a" else kind
    with av.open(str(path)) as source, av.open(str(copy), "w", format=form) as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert marks(copy) == []


def test_an_expired_certificate_makes_it_invalid(tmp_path: Path, root: Root) -> None:
    path = signed(tmp_path, "mp3", root.signer(ends_s=2))
    until = time.monotonic() + 20
    (found,) = marks(path, root.file(tmp_path))
    while found.signature is Signature.TRUSTED and time.monotonic() < until:
        time.sleep(0.25)
        (found,) = marks(path, root.file(tmp_path))
    assert found.signature is Signature.INVALID
    assert "signingCredential.expired" in found.value


def test_a_forged_assertion_of_ours_says_no_more_than_its_action(
    tmp_path: Path, signer: Signer
) -> None:
    path = other_tool(
        tmp_path,
        "wav",
        signer,
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": IPTC + "trainedAlgorithmicMedia",
                        "parameters": {standard.OWN_ASSERTION: 0},
                    }
                ]
            },
        },
        {
            "label": standard.OWN_ASSERTION,
            "data": {"declarations": [{"part": "whole", "making": "human"}]},
        },
    )
    assert [m.making for m in marks(path)] == [Making.GENERATED]


# ---- other tools' manifests -------------------------------------------------------------


def other_tool(folder: Path, kind: str, signer: Signer, *assertions: dict) -> Path:
    """Sign with the reference library alone, as any other program would."""
    definition = {
        "claim_generator_info": [{"name": "Other Tool", "version": "7"}],
        "assertions": list(assertions),
    }
    algorithm, key = signer.checked()
    info = c2pa.C2paSignerInfo(algorithm, signer.certificates_pem, key, None)
    target = folder / f"other.{kind}"
    with (
        blank(folder, kind).open("rb") as source,
        target.open("w+b") as written,
        c2pa.Signer.from_info(info) as native,
        c2pa.Builder(json.dumps(definition), context(c2pa, signing=True)) as builder,
    ):
        builder.sign(native, SUPPORTED[kind], source, written)
    return target


def actions(*said: dict, label: str = "c2pa.actions.v2", **more: object) -> dict:
    return {"label": label, "data": {"actions": list(said), **more}}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_another_tools_manifest_is_read(tmp_path: Path, kind: str, signer: Signer) -> None:
    path = other_tool(
        tmp_path,
        kind,
        signer,
        actions(
            {
                "action": "c2pa.created",
                "when": "2026-05-06T07:08:09+02:00",
                "softwareAgent": {"name": "Maker", "version": "2"},
                "digitalSourceType": IPTC + "trainedAlgorithmicMedia",
            },
            {"action": "c2pa.edited", "digitalSourceType": IPTC + "humanEdits"},
            {"action": "c2pa.transcoded"},
        ),
        {"label": "cawg.training-mining", "data": {"entries": {"x": {"use": "notAllowed"}}}},
    )
    made, edited = marks(path)
    assert (made.part, made.making, made.tool) == (Part.WHOLE, Making.GENERATED, "Maker 2")
    assert made.declared_utc == datetime(2026, 5, 6, 5, 8, 9)
    assert (edited.making, edited.tool) == (Making.HUMAN, "Other Tool 7")
    assert edited.value == "c2pa.edited humanEdits"


def test_a_manifest_without_a_making_is_still_a_mark(tmp_path: Path, signer: Signer) -> None:
    training = {"label": "c2pa.training-mining", "data": {"digitalSourceType": IPTC + "humanEdits"}}
    unsaid = {
        "action": "c2pa.created",
        "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty",
    }
    path = other_tool(tmp_path, "mp3", signer, actions(unsaid), training)
    (found,) = marks(path)
    assert (found.part, found.making) == (Part.UNSPECIFIED, Making.UNSPECIFIED)
    assert found.value.endswith("http://c2pa.org/digitalsourcetype/empty")


def test_ingredients_have_declarations_of_their_own(tmp_path: Path, signer: Signer) -> None:
    first = signed(tmp_path, "mp3", signer, WHOLE)
    second = tmp_path / "second.mp3"
    sign(first, second, [declared(Part.VOCALS, Making.HUMAN)], signer)
    now, before = marks(second)
    assert (now.making, now.signature) == (Making.HUMAN, Signature.VALID)
    assert now.value.startswith("c2pa.edited")
    assert (before.making, before.signature) == (Making.GENERATED, Signature.UNCHECKED)
    assert before.place.startswith("C2PA ingredient ")


def reading(assertions: list[dict], **manifest: object) -> list[Declaration]:
    """Declarations of a store as the library gives it, made by hand."""
    store = {
        "active_manifest": "m",
        "manifests": {"m": {"assertions": assertions, **manifest}},
        "validation_state": "Valid",
    }
    return list(standard._of_store(store, "C2PA manifest in a test"))


def test_older_and_unusual_forms_are_read() -> None:
    creator = {"label": "stds.schema-org.CreativeWork", "data": {"author": [{"name": "A"}, "B"]}}
    old = actions(
        {"action": "c2pa.created", "softwareAgent": "Old 1", "digitalSourceType": "humanEdits"},
        label="c2pa.actions",
    )
    (found,) = reading([creator, old], claim_generator="gen/1")
    assert (found.tool, found.producer, found.making) == ("Old 1", "A; B", Making.HUMAN)
    indexed = actions(
        {"softwareAgentIndex": 1, "action": "c2pa.edited", "digitalSourceType": IPTC + "COMPOSITE"},
        softwareAgents=[{"name": "X"}, {"name": "Y", "version": "3"}],
    )
    (found,) = reading([indexed])
    assert (found.tool, found.making) == ("Y 3", Making.UNSPECIFIED)
    xmp = {
        "label": "c2pa.metadata",
        "data": {"Iptc4xmpExt:DigitalSourceType": {"@id": IPTC + "algorithmicMedia"}},
    }
    (found,) = reading([xmp])
    assert (found.part, found.making) == (Part.WHOLE, Making.GENERATED)


@pytest.mark.parametrize(
    "store",
    [
        {},
        {"manifests": []},
        {"manifests": {"m": 1}, "active_manifest": "m"},
        {"manifests": {"m": {"assertions": [1, None, {"label": 3, "data": [[[]]]}]}}},
        {"active_manifest": ["x"], "manifests": {"m": {"signature_info": "x"}}},
    ],
)
def test_stores_of_any_shape_are_taken(store: dict) -> None:
    if not isinstance(store.get("active_manifest"), list):
        for found in standard._of_store(store, "C2PA manifest in a test"):
            assert found.standard == "c2pa"


# ---- what cannot be signed --------------------------------------------------------------


def test_other_containers_are_refused(tmp_path: Path, signer: Signer) -> None:
    for kind in ("ogg", "opus", "aiff"):
        with pytest.raises(LabelError) as raised:
            sign(blank(tmp_path, kind), tmp_path / "target", [WHOLE], signer)
        assert raised.value.code == "no-place"
        assert not (tmp_path / "target").exists()


def test_a_declaration_without_a_making_is_not_signed(tmp_path: Path, signer: Signer) -> None:
    for said in ([], [declared(Part.WHOLE, Making.UNSPECIFIED)]):
        with pytest.raises(UsageError):
            sign(blank(tmp_path, "wav"), tmp_path / "target.wav", said, signer)
        assert not (tmp_path / "target.wav").exists()


def test_certificates_and_keys_that_do_not_fit_are_named(tmp_path: Path, root: Root) -> None:
    key = KEYS["es256"]()
    good = root.signer(key=key)
    other = pem_of(KEYS["es256"]())
    secrets = [pem_of(key).splitlines()[1].decode(), other.splitlines()[1].decode()]
    cases = [
        (root.signer(begins_s=-7200, ends_s=-3600), {"certificate-not-valid-today"}),
        (root.signer(begins_s=3600), {"certificate-not-valid-today"}),
        (dataclasses.replace(good, private_key_pem=other), {"wrong-key"}),
        (dataclasses.replace(good, private_key_pem=b"x"), {"invalid-key"}),
        (dataclasses.replace(good, private_key_pem=pem_of(key, b"pw")), {"encrypted-key"}),
        (dataclasses.replace(good, certificates_pem=b"x"), {"invalid-certificate"}),
        (dataclasses.replace(good, algorithm="ps256"), {"wrong-algorithm"}),
        (root.signer(usage=ExtendedKeyUsageOID.SERVER_AUTH), {"not-valid", "not-signed"}),
    ]
    for signer, codes in cases:
        with pytest.raises(PhonoscopeError) as caught:
            sign(blank(tmp_path, "wav"), tmp_path / "target.wav", [WHOLE], signer)
        assert caught.value.code in codes
        assert not (tmp_path / "target.wav").exists()
        error: BaseException | None = caught.value
        while error is not None:
            assert not any(secret in f"{error!r}" for secret in secrets)
            error = error.__cause__
        assert not any(secret in repr(signer) for secret in secrets)


def test_a_file_is_not_signed_onto_itself(tmp_path: Path, signer: Signer) -> None:
    path = blank(tmp_path, "wav")
    before = path.read_bytes()
    with pytest.raises(UsageError) as raised:
        sign(path, path, [WHOLE], signer)
    assert raised.value.code == "same-file"
    assert path.read_bytes() == before


def test_signer_files_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        Signer.of_files(tmp_path / "nothing.pem", tmp_path / "nothing.key")
    assert raised.value.code == "unreadable-file"
    assert "nothing.pem" in raised.value.message


# ---- trust ------------------------------------------------------------------------------


def test_trusted_roots_are_a_setting(
    tmp_path: Path, root: Root, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = signed(tmp_path, "wav", signer)
    program = (
        "import sys, phonoscope; print(phonoscope.analyse(sys.argv[1]).declared[0].signature.value)"
    )
    monkeypatch.setenv("PHONOSCOPE_TRUST", str(root.file(tmp_path)))
    assert Settings().trust == tmp_path / "root.pem"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "trusted\n"
    for content, kind in ((None, "unreadable"), ("nothing", "no-certificate")):
        bad = tmp_path / "bad.pem"
        if content:
            bad.write_text(content)
        monkeypatch.setenv("PHONOSCOPE_TRUST", str(bad))
        with pytest.raises(ValidationError) as refused:
            Settings()
        assert refused.value.errors()[0]["type"] == kind
        assert "certificate" in marks(path, bad)[0].value
        assert marks(path, bad)[0].signature is Signature.UNCHECKED


def test_a_scan_keeps_who_signed_what(
    tmp_path: Path, root: Root, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for kind in CONTAINERS:
        signed(music, kind, signer)
        (music / f"blank.{kind}").unlink()
    monkeypatch.setenv("PHONOSCOPE_TRUST", str(root.file(tmp_path)))
    catalogue = phonoscope.open_catalogue(tmp_path / "catalogue", create=True)
    catalogue.scan(music)
    rows = catalogue.sql(
        "select standard, part, making, tool, signer, signature, count(*) n "
        "from declared group by all"
    ).read_all()
    assert rows.to_pylist() == [
        {
            "standard": "c2pa",
            "part": "whole",
            "making": "generated",
            "tool": "Suno 5",
            "signer": "Test Signer (Signer House)",
            "signature": "trusted",
            "n": 4,
        }
    ]


# ---- files without ----------------------------------------------------------------------


def test_only_headers_are_read_of_a_file_without_a_manifest(tmp_path: Path) -> None:
    for kind in (*CONTAINERS, "ogg", "aiff", "wma"):
        path = write(tmp_path / f"long.{kind}", sine(5.0), 44_100, blank_format(kind))
        with path.open("rb", buffering=0) as raw:
            counted = Counted(raw)
            assert find_manifest(counted) is None
            assert counted.taken <= 1024


def blank_format(kind: str) -> str:
    from tests.helpers.marked import CONTAINERS as FORMS

    return FORMS[kind]


class Counted:
    """A file that counts the bytes that are read."""

    def __init__(self, file: object) -> None:
        self._file, self.taken = file, 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.taken += len(data)
        return data

    def seek(self, *where: int) -> int:
        return self._file.seek(*where)


def test_the_library_is_not_loaded_for_a_file_without(tmp_path: Path) -> None:
    program = (
        "import sys, phonoscope; phonoscope.analyse(sys.argv[1]);"
        "assert 'c2pa' not in sys.modules, 'loaded'"
    )
    path = blank(tmp_path, "mp3")
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


def test_without_the_extra_a_manifest_is_a_mark_that_names_it(
    tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = signed(tmp_path, "mp3", signer)
    real = __import__("importlib.util").util.find_spec
    monkeypatch.delitem(sys.modules, "c2pa")
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *a: None if name == "c2pa" else real(name, *a)
    )
    (found,) = marks(path)
    assert found.signature is Signature.UNCHECKED
    assert "pip install 'phonoscope[provenance]'" in found.value
    with path.open("rb") as file:
        manifest = find_manifest(file)
    assert manifest is not None
    assert f"{manifest.size:,} bytes" in found.value


@pytest.mark.parametrize("mime", [b"application/x-c2pa-manifest-store", b"x-c2pa-manifest-store"])
def test_the_older_name_of_the_frame_is_known(tmp_path: Path, mime: bytes, signer: Signer) -> None:
    path = signed(tmp_path, "mp3", signer)
    renamed = shutil.copy(path, tmp_path / "renamed.mp3")
    content = path.read_bytes()
    with path.open("rb") as file:
        found = find_manifest(file)
    assert found is not None
    store = content[found.start : found.start + found.size]
    tags = mutagen.id3.ID3(path)
    tags.delall("GEOB")
    tags.add(mutagen.id3.GEOB(encoding=1, mime=mime.decode(), filename="ä", desc="b", data=store))
    tags.save(renamed)
    # The frame moved, so its hash doesn't match any more, but it is found.
    assert marks(Path(renamed))[0].signature is Signature.INVALID
