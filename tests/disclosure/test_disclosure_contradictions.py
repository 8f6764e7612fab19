"""Marks that contradict a new label, and taking labels away."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import mutagen.id3
import pytest
from mutagen.id3 import COMM, PRIV, TXXX

from phonoscope.disclosure.contradiction import contradicting
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_labels
from phonoscope.disclosure.removal import remove_label
from phonoscope.disclosure.sidecar import OTHER_BYTES
from phonoscope.disclosure.writing import Contradicting, Labelling, write_label
from phonoscope.errors import LabelError, UsageError
from tests.helpers.certificates import Root
from tests.helpers.marked import blank, custom, id3
from tests.helpers.tag_systems import decoded

GENERATED, HUMAN, ASSISTED = Making.GENERATED, Making.HUMAN, Making.ASSISTED
CONVERTED = Making.CONVERTED_VOICE


def say(part: Part, making: Making, tool: str | None = None) -> Declaration:
    return Declaration("", part, making, tool, "P", "", "")


BY_PEOPLE = (say(Part.WHOLE, HUMAN),)
BY_A_MACHINE = (say(Part.WHOLE, GENERATED, "T"),)


def standards(path: Path) -> set[str]:
    return {d.standard for d in read_labels(path).declared}


@pytest.fixture(scope="module")
def signer():
    return Root.make().signer()


@pytest.mark.parametrize(
    ("new", "old", "differ"),
    [
        ((Part.WHOLE, HUMAN), (Part.UNSPECIFIED, GENERATED), True),
        ((Part.WHOLE, HUMAN), (Part.SOME, GENERATED), True),
        ((Part.WHOLE, HUMAN), (Part.VOCALS, ASSISTED), True),
        ((Part.WHOLE, GENERATED), (Part.LYRICS, HUMAN), True),
        ((Part.WHOLE, GENERATED), (Part.UNSPECIFIED, HUMAN), True),
        ((Part.WHOLE, ASSISTED), (Part.UNSPECIFIED, GENERATED), True),
        ((Part.VOCALS, GENERATED), (Part.VOCALS, CONVERTED), True),
        ((Part.VOCALS, GENERATED), (Part.VOCALS, HUMAN), True),
        ((Part.VOCALS, GENERATED), (Part.WHOLE, HUMAN), True),
        ((Part.LYRICS, HUMAN), (Part.WHOLE, GENERATED), True),
        # The same with less detail, or about something else.
        ((Part.LYRICS, HUMAN), (Part.UNSPECIFIED, GENERATED), False),
        ((Part.LYRICS, HUMAN), (Part.SOME, GENERATED), False),
        ((Part.LYRICS, HUMAN), (Part.VOCALS, GENERATED), False),
        ((Part.VOCALS, CONVERTED), (Part.SOME, GENERATED), False),
        ((Part.WHOLE, GENERATED), (Part.SOME, GENERATED), False),
        ((Part.WHOLE, HUMAN), (Part.UNSPECIFIED, Making.UNSPECIFIED), False),
        ((Part.SOME, ASSISTED), (Part.SOME, GENERATED), False),
    ],
)
def test_what_contradicts_what(new, old, differ):
    assert bool(contradicting([say(*new)], [say(*old)])) is differ
    assert bool(contradicting([say(*old)], [say(*new)])) is differ


@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "m4a", "wav", "aiff"])
@pytest.mark.parametrize("mark", ["gb45438", "iptc", "sidecar"])
def test_a_contradicting_mark_is_refused_removed_or_named(tmp_path, kind, mark):
    path = blank(tmp_path, kind)
    write_label(path, Labelling(BY_A_MACHINE, (mark,)))
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling(BY_PEOPLE))
    assert raised.value.code == "contradicted"
    assert mark in raised.value.message
    assert path.read_bytes() == content
    kept = write_label(path, Labelling(BY_PEOPLE, contradicting=Contradicting.KEEP), dry_run=True)
    assert [d.standard for d in kept.contradicting] == [mark]
    sound = decoded(path)
    written = write_label(path, Labelling(BY_PEOPLE, contradicting=Contradicting.REMOVE))
    assert (written.removed, written.contradicting) == ((mark,), ())
    assert standards(path) == {"ai-tags"}
    assert decoded(path) == sound


def test_naming_the_standard_replaces_its_mark(tmp_path):
    path = blank(tmp_path, "mp3")
    write_label(path, Labelling(BY_A_MACHINE, ("iptc", "ai-tags")))
    write_label(path, Labelling(BY_PEOPLE, ("iptc", "ai-tags")))
    assert {d.making for d in read_labels(path).declared} == {HUMAN}


def test_a_contradicting_signature_is_refused_or_removed(tmp_path, signer):
    for kind in ("mp3", "wav", "m4a", "flac"):
        path = blank(tmp_path, kind)
        sound = decoded(path)
        write_label(path, Labelling(BY_A_MACHINE, ("c2pa",), signer=signer))
        for standards_wanted in (("ai-tags",), ("ai-tags", "c2pa")):
            with pytest.raises(LabelError) as raised:
                write_label(path, Labelling(BY_PEOPLE, standards_wanted, signer=signer))
            assert raised.value.code == "contradicted"
        wanted = Labelling(BY_PEOPLE, ("c2pa",), signer=signer, contradicting=Contradicting.REMOVE)
        assert write_label(path, wanted).removed == ("c2pa",)
        # No history either: the new manifest isn't the old one's successor.
        assert [(d.part, d.making, str(d.signature)) for d in read_labels(path).declared] == [
            (Part.WHOLE, HUMAN, "valid")
        ]
        assert decoded(path) == sound


@pytest.mark.parametrize(
    ("frames", "places"),
    [
        ([COMM(encoding=3, lang="eng", desc="", text=["made with suno"])], "COMM"),
        (
            [
                PRIV(
                    owner="XMP",
                    data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3."
                    b"org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:Iptc4xmpExt='http://"
                    b"iptc.org/std/Iptc4xmpExt/2008-02-29/' Iptc4xmpExt:DigitalSourceType='http://"
                    b"cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'/></rdf:RDF>"
                    b"</x:xmpmeta>",
                )
            ],
            "PRIV",
        ),
    ],
)
def test_marks_that_cannot_be_removed_are_named(tmp_path, frames, places):
    path = id3(blank(tmp_path, "mp3"), *frames)
    content = path.read_bytes()
    for way, code in ((Contradicting.REFUSE, "contradicted"), (Contradicting.REMOVE, "not-remov")):
        with pytest.raises(LabelError) as raised:
            write_label(path, Labelling(BY_PEOPLE, contradicting=way))
        assert raised.value.code.startswith(code)
        assert places in raised.value.message
        assert path.read_bytes() == content
    kept = write_label(path, Labelling(BY_PEOPLE, contradicting=Contradicting.KEEP))
    assert [d.making for d in kept.contradicting] == [GENERATED]


def test_flags_and_spellings_of_other_programs_say_the_same_afterwards(tmp_path):
    path = id3(
        blank(tmp_path, "mp3"),
        TXXX(encoding=3, desc="AI_GENERATED", text=["true"]),
        TXXX(encoding=3, desc="Iptc4xmpExt:DigitalSourceType", text=["trainedAlgorithmicMedia"]),
    )
    write_label(path, Labelling(BY_PEOPLE, ("ai-tags", "iptc")))
    tag = mutagen.id3.ID3(path)
    assert tag["TXXX:AI_GENERATED"].text == ["false"]
    assert tag["TXXX:Iptc4xmpExt:DigitalSourceType"].text[0].endswith("digitalCreation")
    write_label(path, Labelling(BY_A_MACHINE, ("ai-tags", "iptc")))
    assert mutagen.id3.ID3(path)["TXXX:AI_GENERATED"].text == ["true"]


def test_the_numbers_of_an_aigc_field_stay_with_their_producer(tmp_path):
    def numbers(path: Path) -> str:
        return json.loads(next(d.value for d in read_labels(path).declared))["ProduceID"]

    field = json.dumps({"Label": "1", "ContentProducer": "P", "ProduceID": "p-7"})
    path = custom(tmp_path, "flac", "AIGC", field)
    write_label(path, Labelling(BY_A_MACHINE, ("gb45438",)))
    assert numbers(path) == "p-7"
    other = Declaration("", Part.WHOLE, GENERATED, None, "Q", "", "")
    write_label(path, Labelling((other,), ("gb45438",)))
    assert numbers(path) == ""


# ---- taking labels away ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff"])
def test_each_standard_can_be_taken_away_alone(tmp_path, kind):
    path = blank(tmp_path, kind)
    wanted = ("ai-tags", "gb45438", "iptc", "sidecar")
    sound = decoded(path)
    write_label(path, Labelling(BY_A_MACHINE, wanted))
    left = set(wanted)
    for standard in wanted:
        content = path.read_bytes()
        assert {d.standard for d in remove_label(path, (standard,), dry_run=True).removed} == {
            standard
        }
        assert (path.read_bytes(), standards(path)) == (content, left)
        removed = remove_label(path, (standard,))
        left.discard(standard)
        assert {d.standard for d in removed.left} == standards(path) == left
    assert os.listdir(tmp_path) == [path.name]
    assert decoded(path) == sound
    assert remove_label(path, wanted).removed == ()


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "wav"])
def test_a_signature_can_be_taken_away(tmp_path, kind, signer):
    path = blank(tmp_path, kind)
    sound = decoded(path)
    write_label(path, Labelling(BY_A_MACHINE, ("ai-tags", "c2pa"), signer=signer))
    with pytest.raises(LabelError) as raised:
        remove_label(path, ("ai-tags",))
    assert raised.value.code == "signed"
    remove_label(path, ("c2pa",))
    assert standards(path) == {"ai-tags"}
    assert decoded(path) == sound
    remove_label(path, ("ai-tags",))
    assert standards(path) == set()
    if kind == "wav":
        (tmp_path / "again").mkdir()
        assert path.read_bytes() == blank(tmp_path / "again", kind).read_bytes()


def test_what_cannot_be_taken_away_is_an_error_of_the_file(tmp_path):
    path = custom(tmp_path, "wma", "AI_DISCLOSURE", "generated")
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        remove_label(path, ("ai-tags",))
    assert raised.value.code == "not-removable"
    assert path.read_bytes() == content
    with pytest.raises(UsageError):
        remove_label(path, ("generator-comment",))


def test_a_sidecar_stays_bound_to_the_file_that_is_labelled(tmp_path):
    path = blank(tmp_path, "flac")
    write_label(path, Labelling(BY_A_MACHINE, ("sidecar",)))
    write_label(path, Labelling(BY_A_MACHINE, ("ai-tags",)))
    places = [d.place for d in read_labels(path).declared if d.standard == "sidecar"]
    assert places
    assert not any(OTHER_BYTES in place for place in places)
    # One that was written for other bytes isn't made to fit.
    sidecar = path.with_name(path.name + ".declared.json")
    sidecar.write_text(sidecar.read_text().replace('"recording_id": "', '"recording_id": "0'))
    write_label(path, Labelling(BY_A_MACHINE, ("iptc",)))
    assert any(
        OTHER_BYTES in d.place for d in read_labels(path).declared if d.standard == "sidecar"
    )


def test_an_mp4_without_its_signature_keeps_its_chunk_offsets(tmp_path, signer):
    path = blank(tmp_path, "m4a")
    write_label(path, Labelling(BY_A_MACHINE, ("c2pa",), signer=signer))
    signed = path.read_bytes()
    remove_label(path, ("c2pa",))
    data = path.read_bytes()
    assert len(data) == len(signed)
    at = signed.index(b"uuid") - 4
    (size,) = struct.unpack(">I", signed[at : at + 4])
    assert data[at + 4 : at + 8] == b"free"
    assert data[at + size :] == signed[at + size :]
    assert b"jumb" not in data
