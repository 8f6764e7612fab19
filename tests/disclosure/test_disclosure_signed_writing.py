"""Tags and a signature written together: tags first, signature last, nothing else changed."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.id3 import APIC, TIT2

from phonoscope.disclosure.model import Declaration, Making, Part, Signature
from phonoscope.disclosure.read import read_labels
from phonoscope.disclosure.writing import Labelling, write_label
from phonoscope.errors import LabelError, UsageError
from tests.helpers.certificates import Root
from tests.helpers.marked import blank, id3

KINDS = ("mp3", "flac", "m4a", "wav")
SAID = (
    Declaration("", Part.VOCALS, Making.CONVERTED_VOICE, "Tool", "Ä", "", "", voice="v-1"),
    Declaration("", Part.LYRICS, Making.HUMAN, "Tool", "Ä", "", ""),
)


@pytest.fixture(scope="module")
def root() -> Root:
    return Root.make()


def samples(path: Path) -> str:
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            digest.update(np.ascontiguousarray(frame.to_ndarray()).tobytes())
    return digest.hexdigest()


def by_the_standards_own_reader(path: Path) -> dict:
    """The manifest store as the C2PA library itself reads it."""
    import json

    import c2pa

    types = {".mp3": "audio/mpeg", ".flac": "audio/flac", ".m4a": "audio/mp4", ".wav": "audio/wav"}
    with c2pa.Reader(types[path.suffix], io.BytesIO(path.read_bytes())) as reader:
        return json.loads(reader.json())


@pytest.mark.parametrize("kind", KINDS)
def test_tags_and_signature_in_one_go_are_both_valid(tmp_path, kind, root):
    path = blank(tmp_path, kind)
    before = samples(path)
    standards = ("ai-tags", "gb45438", "iptc", "c2pa")
    written = write_label(path, Labelling(SAID, standards, signer=root.signer()))
    assert written.places[-1] == "C2PA manifest"
    assert samples(path) == before
    found = read_labels(path).declared
    assert {d.standard for d in found} == set(standards)
    signed = [d for d in found if d.standard == "c2pa"]
    assert [(d.part, d.making, d.tool, d.voice) for d in signed] == [
        # What people made wasn't made with the tool.
        (d.part, d.making, None if d.making is Making.HUMAN else d.tool, d.voice)
        for d in SAID
    ]
    assert {d.signature for d in signed} == {Signature.VALID}
    assert by_the_standards_own_reader(path)["validation_state"] == "Valid"


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_file_is_not_retagged_unless_it_is_signed_again(tmp_path, kind, root):
    path = blank(tmp_path, kind)
    write_label(path, Labelling(SAID, ("c2pa",), signer=root.signer()))
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling(SAID))
    assert raised.value.code == "signed"
    assert path.read_bytes() == content
    write_label(path, Labelling(SAID, ("ai-tags", "c2pa"), signer=root.signer()))
    newest = next(d for d in read_labels(path).declared if d.standard == "c2pa")
    assert newest.signature is Signature.VALID
    assert by_the_standards_own_reader(path)["validation_state"] == "Valid"


@pytest.mark.parametrize("kind", KINDS)
def test_breaking_a_signature_has_to_be_said_and_is_seen(tmp_path, kind, root):
    path = blank(tmp_path, kind)
    write_label(path, Labelling(SAID, ("c2pa",), signer=root.signer()))
    write_label(path, Labelling(SAID, break_signature=True))
    found = read_labels(path).declared
    assert {d.signature for d in found if d.standard == "c2pa"} == {Signature.INVALID}
    assert len([d for d in found if d.standard == "ai-tags"]) == 2


def test_pictures_stay_when_an_mp3_is_tagged_and_signed(tmp_path, root):
    path = id3(
        blank(tmp_path, "mp3"),
        TIT2(encoding=1, text=["晴天"]),
        APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(range(256)) * 9),
        version=3,
    )
    write_label(path, Labelling(SAID, ("ai-tags", "c2pa"), signer=root.signer()))
    import mutagen.id3

    tag = mutagen.id3.ID3(path)
    assert tag.version == (2, 3, 0)
    assert str(tag["TIT2"]) == "晴天"
    assert tag["APIC:"].data == bytes(range(256)) * 9


def test_without_a_signer_or_a_place_nothing_is_signed(tmp_path, root):
    path = blank(tmp_path, "mp3")
    with pytest.raises(UsageError) as raised:
        write_label(path, Labelling(SAID, ("c2pa",)))
    assert raised.value.code == "no-signer"
    ogg = blank(tmp_path, "ogg")
    content = ogg.read_bytes()
    labelling = Labelling(SAID, ("c2pa", "sidecar"), signer=root.signer())
    with pytest.raises(LabelError) as refused:
        write_label(ogg, Labelling(SAID, ("c2pa",), signer=root.signer()))
    assert refused.value.code == "no-place"
    assert write_label(ogg, labelling).places == ("blank.ogg.declared.json",)
    assert ogg.read_bytes() == content
