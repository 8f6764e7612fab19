"""Marks: what each standard finds in which place, and what does not count as a mark."""

from __future__ import annotations

import base64
import json
import struct
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import COMM, PRIV, TIT2, TPE1, TSSE, TXXX, USLT, WOAS, WXXX

from phonoscope.analysis import analyse
from phonoscope.detector.generated import Band
from phonoscope.disclosure import aitags, gb45438, generators, iptc
from phonoscope.disclosure.declared_status import DeclaredStatus, declared_status_of
from phonoscope.disclosure.fields import Field, field
from phonoscope.disclosure.model import Declaration, Making, Part, Signature, sentence
from phonoscope.disclosure.read import MOST_DECLARATIONS, read_marks
from phonoscope.disclosure.standard import standards
from phonoscope.language import PSEUDO, language
from phonoscope.messages import localised
from tests.helpers.marked import CONTAINERS, add_chunk, blank, custom, id3
from tests.helpers.pseudo import untranslated
from tests.helpers.sounds import sine, write

SONG = "5cb1b5fe-e47f-42a4-83f6-7625fa7ffa54"
LABEL = {
    "Label": "1",
    "ContentProducer": "Kunlun 晴天",
    "ProduceID": "06b9a7b2f7dd073dfb7bc23f6be48d94",
    "ReservedCode1": "",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}


def declared(path: Path) -> tuple[Declaration, ...]:
    exam = analyse(str(path))
    assert exam.error is None
    json.dumps(exam.to_json(), allow_nan=False)
    return exam.declared


# ---- GB 45438-2025 ----------------------------------------------------------------------

PLACES = {
    "mp3": "ID3 TXXX:AIGC",
    "flac": "Vorbis comment AIGC",
    "ogg": "Vorbis comment AIGC",
    "opus": "Vorbis comment AIGC",
    "m4a": "MP4 ----:com.apple.iTunes:AIGC",
    "wav": "ID3 TXXX:AIGC",
    "aiff": "ID3 TXXX:AIGC",
    "wma": "ASF AIGC",
    "ape": "APEv2 AIGC",
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_gb45438_in_every_container(kind: str, tmp_path: Path) -> None:
    value = json.dumps({"AIGC": LABEL}, ensure_ascii=False)
    (mark,) = declared(custom(tmp_path, kind, "AIGC", value))
    assert mark == Declaration(
        standard="gb45438",
        part=Part.UNSPECIFIED,
        making=Making.GENERATED,
        tool=None,
        producer="Kunlun 晴天",
        place=PLACES[kind],
        value=value,
    )


@pytest.mark.parametrize("first", [True, False])
def test_gb45438_in_a_riff_chunk(first: bool, tmp_path: Path) -> None:
    path = blank(tmp_path, "wav")
    add_chunk(path, b"junk", b"odd")
    add_chunk(path, b"AIGC", json.dumps(LABEL).encode() + b"\0", first=first)
    (mark,) = declared(path)
    assert (mark.place, mark.making) == ("RIFF chunk AIGC", Making.GENERATED)


def test_gb45438_in_rf64_behind_the_data(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", sine(0.3), 44_100, "rf64")
    data = path.read_bytes()
    at = data.index(b"data")
    assert data[:4] == b"RF64"
    assert data[at + 4 : at + 8] == b"\xff\xff\xff\xff"
    content = json.dumps(LABEL).encode()
    content += b" " * (len(content) % 2)
    path.write_bytes(data + b"AIGC" + struct.pack("<I", len(content)) + content)
    (mark,) = declared(path)
    assert mark.place == "RIFF chunk AIGC"


def gb(value: str) -> Declaration:
    (mark,) = gb45438.declarations([field("AIGC", value, "here")])
    return mark


@pytest.mark.parametrize(
    "value",
    [
        json.dumps(LABEL),
        json.dumps({"AIGC": LABEL}),
        json.dumps({"aigc": LABEL}),
        json.dumps({"AIGC": json.dumps(LABEL)}),
        json.dumps(json.dumps({"AIGC": LABEL})),
        json.dumps([{"AIGC": LABEL}]),
        json.dumps(LABEL).upper().replace("KUNLUN", "Kunlun"),
        json.dumps({**LABEL, "Label": 1}),
        json.dumps({**LABEL, "Label": "AIGC"}),
        json.dumps(LABEL) + "\0",
        str(LABEL),
        json.dumps(LABEL)[:-20],
        base64.b64encode(json.dumps({"AIGC": LABEL}).encode()).decode(),
    ],
)
def test_gb45438_is_read_generously(value: str) -> None:
    mark = gb(value)
    assert mark.making is Making.GENERATED
    assert (mark.producer or "").startswith("Kunlun")


@pytest.mark.parametrize("value", ["1", "AIGC", "true", '"1"', '{"Label":"1"}', "{Label:1}"])
def test_gb45438_label_alone(value: str) -> None:
    mark = gb(value)
    assert (mark.making, mark.producer) == (Making.GENERATED, None)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "not json at all, but someone wrote it",
        '{"Label": "0"}',
        '{"Label": "4"}',
        '{"Label": "23"}',
        '{"Label": null}',
        '{"Label": ["1"]}',
        "false",
        "null",
        "[[[[[[1]]]]]]",
        "[" * 50_000,
        '{"a":' * 50_000,
        "9" * 10_000,
        '{"ContentProducer": "label=1 said a producer"}',
    ],
    ids=lambda value: value[:20],
)
def test_gb45438_that_does_not_say_generated_is_kept_as_unspecified(value: str) -> None:
    mark = gb(value)
    assert mark.making is Making.UNSPECIFIED
    assert mark.value == value.strip()[:500]


@pytest.mark.parametrize(
    ("label", "making", "words"),
    [
        ("1", Making.GENERATED, "generated"),
        ("2", Making.MAY_BE_GENERATED, "may be generated"),
        ("3", Making.SUSPECTED_GENERATED, "suspected to be generated"),
    ],
)
@pytest.mark.parametrize(
    "form", ['{"Label": "%s"}', '{"AIGC": {"label": %s}}', "{'Label':'%s'", "%s"]
)
def test_gb45438_knows_three_degrees(label: str, making: Making, words: str, form: str) -> None:
    mark = gb(form % label)
    assert mark.making is making
    assert words in sentence(mark)


def test_gb45438_degrees_decide_nothing(tmp_path: Path) -> None:
    exam = analyse(str(custom(tmp_path, "mp3", "AIGC", '{"Label": "3"}')))
    assert exam.verdict.verdict is Band.UNDECIDED
    assert declared_status_of(exam.declared) is DeclaredStatus.UNCLEAR


def test_gb45438_with_the_same_elements_in_two_places_is_one_mark() -> None:
    bare, wrapped = json.dumps(LABEL), json.dumps({"AIGC": LABEL})
    fields = [field("AIGC", bare, "one"), field("AIGC", wrapped, "two")]
    assert [mark.place for mark in gb45438.declarations(fields)] == ["one"]
    other = json.dumps({**LABEL, "ProduceID": "2"})
    assert len(list(gb45438.declarations([*fields, field("AIGC", other, "three")]))) == 2


def test_gb45438_in_base64_of_another_name() -> None:
    packed = base64.b64encode(json.dumps({"AIGC": LABEL}).encode()).decode()
    (mark,) = gb45438.declarations([field("XmpKvBase64", packed, "ID3 TXXX:XmpKvBase64")])
    assert mark.making is Making.GENERATED
    other = base64.b64encode(b'{"something": "else entirely"}').decode()
    assert not list(gb45438.declarations([field("XmpKvBase64", other, "here")]))


@pytest.mark.parametrize(
    "xmp",
    [
        '<rdf:Description TC260:AIGC="{&quot;Label&quot;:&quot;1&quot;}"/>',
        "<TC260:AIGC>{&quot;Label&quot;:&quot;1&quot;}</TC260:AIGC>",
        '<rdf:Description TC260:AIGC=\'{"Label":"1"}\'/>',
    ],
)
def test_gb45438_in_xmp(xmp: str, tmp_path: Path) -> None:
    path = id3(blank(tmp_path, "mp3"), PRIV(owner="XMP", data=f"<x>{xmp}</x>".encode()))
    (mark,) = declared(path)
    assert (mark.standard, mark.making, mark.place) == (
        "gb45438",
        Making.GENERATED,
        "ID3 PRIV:XMP AIGC",
    )


# ---- IPTC -------------------------------------------------------------------------------

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def xmp_of(term: str) -> bytes:
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description "
        f"Iptc4xmpExt:DigitalSourceType='{IPTC}{term}'/></rdf:RDF></x:xmpmeta>"
    ).encode()


def put_xmp(folder: Path, kind: str, xmp: bytes) -> Path:
    path = blank(folder, kind)
    if kind == "mp3":
        return id3(path, PRIV(owner="XMP", data=xmp))
    if kind == "wav":
        add_chunk(path, b"_PMX", xmp)
        return path
    content = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp
    path.write_bytes(path.read_bytes() + struct.pack(">I", 8 + len(content)) + b"uuid" + content)
    return path


@pytest.mark.parametrize("kind", ["mp3", "wav", "m4a"])
def test_iptc_in_xmp(kind: str, tmp_path: Path) -> None:
    (mark,) = declared(put_xmp(tmp_path, kind, xmp_of("trainedAlgorithmicMedia")))
    assert (mark.standard, mark.part, mark.making, mark.value) == (
        "iptc",
        Part.WHOLE,
        Making.GENERATED,
        "trainedAlgorithmicMedia",
    )


@pytest.mark.parametrize(
    ("term", "part", "making"),
    [
        ("compositeWithTrainedAlgorithmicMedia", Part.SOME, Making.GENERATED),
        ("algorithmicallyEnhanced", Part.UNSPECIFIED, Making.ASSISTED),
        ("digitalCapture", Part.WHOLE, Making.HUMAN),
        ("TRAINEDALGORITHMICMEDIA", Part.WHOLE, Making.GENERATED),
        ("negativeFilm", Part.UNSPECIFIED, Making.UNSPECIFIED),
        ("somethingNew", Part.UNSPECIFIED, Making.UNSPECIFIED),
    ],
)
def test_iptc_terms(term: str, part: Part, making: Making) -> None:
    (mark,) = iptc.declarations([field("digitalSourceType", IPTC + term, "here")])
    assert (mark.part, mark.making) == (part, making)
    (bare,) = iptc.declarations([field("digitalSourceType", term, "here")])
    assert (bare.part, bare.making) == (part, making)


def test_iptc_some_parts_is_partly_generated(tmp_path: Path) -> None:
    path = custom(tmp_path, "flac", "DIGITALSOURCETYPE", IPTC + "compositeSynthetic")
    assert analyse(str(path)).verdict.verdict is Band.PARTLY_GENERATED


def test_iptc_in_a_lyric_or_title_is_no_mark() -> None:
    text = f"a song about {IPTC}trainedAlgorithmicMedia"
    for name in ("lyrics", "title", "artist", "album"):
        assert not list(iptc.declarations([field(name, text, "here")]))


# ---- AI_* -------------------------------------------------------------------------------


def ai(**pairs: str) -> list[tuple[Part, Making, str | None]]:
    fields = [field(name, value, "here") for name, value in pairs.items()]
    return [(d.part, d.making, d.tool) for d in aitags.declarations(fields)]


def test_ai_tags() -> None:
    assert ai(AI_DISCLOSURE="generated", AI_TOOL="Suno v5") == [
        (Part.UNSPECIFIED, Making.GENERATED, "Suno v5")
    ]
    assert ai(AI_DISCLOSURE="assisted", AI_CONTRIBUTION="lyrics, Post Production") == [
        (Part.LYRICS, Making.ASSISTED, None),
        (Part.POST_PRODUCTION, Making.ASSISTED, None),
    ]
    assert ai(AI_CONTRIBUTION="vocals=converted-voice; lyrics=generated;", AI_TOOL="X") == [
        (Part.VOCALS, Making.CONVERTED_VOICE, "X"),
        (Part.LYRICS, Making.GENERATED, "X"),
    ]
    assert ai(AI_DISCLOSURE="none") == [(Part.WHOLE, Making.HUMAN, None)]
    assert ai(AI_TOOL="Some tool") == [(Part.UNSPECIFIED, Making.UNSPECIFIED, "Some tool")]
    assert ai(AI_DISCLOSURE="perhaps") == [(Part.UNSPECIFIED, Making.UNSPECIFIED, None)]
    assert ai(AI_CONTRIBUTION="kazoo") == [(Part.UNSPECIFIED, Making.UNSPECIFIED, None)]
    assert ai() == []


def test_ai_generated_flag() -> None:
    assert ai(AI_GENERATED="true") == [(Part.UNSPECIFIED, Making.GENERATED, None)]
    assert ai(AI_GENERATED=" YES ") == [(Part.UNSPECIFIED, Making.GENERATED, None)]
    assert ai(AI_GENERATED="engine v1.0") == [(Part.UNSPECIFIED, Making.UNSPECIFIED, None)]
    assert ai(AI_GENERATED="false") == []
    assert ai(AI_GENERATED="true", AI_DISCLOSURE="none") == [(Part.WHOLE, Making.HUMAN, None)]


def test_ai_tags_cannot_make_endless_marks() -> None:
    assert len(ai(AI_CONTRIBUTION="kazoo," * 10_000)) == 20
    assert len(ai(AI_CONTRIBUTION="vocals," * 10_000)) == 1


@pytest.mark.parametrize("kind", ["mp3", "ogg", "m4a", "wav"])
def test_ai_tags_in_containers(kind: str, tmp_path: Path) -> None:
    (mark,) = declared(custom(tmp_path, kind, "AI_CONTRIBUTION", "vocals=generated"))
    assert (mark.standard, mark.part, mark.making) == ("ai-tags", Part.VOCALS, Making.GENERATED)


# ---- generators' own comments -----------------------------------------------------------


def tools(name: str, value: str) -> list[str | None]:
    return [d.tool for d in generators.declarations([field(name, value, "here")])]


@pytest.mark.parametrize(
    ("name", "value", "tool"),
    [
        ("comment", f"made with suno; created=2026-02-25T03:57:12Z; id={SONG}", "Suno"),
        ("comment", f"made with suno studio; created=2026-07-24T10:12:13Z; id={SONG}", "Suno"),
        ("description", "Made with Suno AI", "Suno"),
        ("comment", "Song created by Suno v4.5+", "Suno"),
        ("comment", "made with suno", "Suno"),
        ("encoder", "Made with Udio", "Udio"),
        ("url", f"https://suno.com/song/{SONG}", "Suno"),
        ("url", f"https://app.suno.ai/song/{SONG}/", "Suno"),
        ("url", f"https://suno.com/song/{SONG}?sh=abc", "Suno"),
        ("url", f"https://cdn1.suno.ai/{SONG}.mp3", "Suno"),
        ("comment", f"suno.com/song/{SONG}", "Suno"),
        ("url", "https://www.udio.com/songs/h5yXzRiXh4DRL4RSwqJbHu", "Udio"),
        (
            "url",
            "https://www.mureka.ai/song-detail/PMXyW9MFANUs5W9SqRiDqr?is_from_share=1",
            "Mureka",
        ),
        ("purl", f"https://www.riffusion.com/song/{SONG}", "Riffusion"),
    ],
)
def test_generator_marks(name: str, value: str, tool: str) -> None:
    assert tools(name, value) == [tool]


@pytest.mark.parametrize(
    ("comment", "when"),
    [
        ("made with suno; created=2026-01-02T03:04:05.678Z; id=1", datetime(2026, 1, 2, 3, 4, 5)),
        ("made with suno; created=2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5)),
        ("made with suno studio | Date: 2026-01-02 03:04 UTC", datetime(2026, 1, 2, 3, 4)),
        ("made with suno; created_at=2026-01-02", datetime(2026, 1, 2)),
        ("Made with Udio; generated on 2025-12-31T23:59:59Z", datetime(2025, 12, 31, 23, 59, 59)),
        ("made with suno; created=1767323045; id=1", datetime(2026, 1, 2, 3, 4, 5)),
        ("made with suno; timestamp=1767323045678", datetime(2026, 1, 2, 3, 4, 5)),
        ("made with suno", None),
        ("made with suno; created=yesterday", None),
        ("made with suno; created=2026-13-45T03:04:05Z", None),
        ("made with suno; created=0000000000", None),
        ("made with suno; id=2026-01-02", None),
    ],
)
def test_times_in_generators_comments(comment: str, when: datetime | None) -> None:
    (mark,) = generators.declarations([field("comment", comment, "here")])
    assert mark.declared_utc == when


HUMAN = [
    ("title", "Suno"),
    ("title", "Made with Suno"),
    ("title", f"https://suno.com/song/{SONG}"),
    ("title", "Suno Sanam (feat. Udio)"),
    ("artist", "Suno"),
    ("album", "made with suno"),
    ("lyrics", "made with suno"),
    ("lyrics-eng", f"made with suno; id={SONG}"),
    ("genre", "made with suno"),
    ("comment", "not made with Suno AI"),
    ("comment", "This was NOT made with Suno"),
    ("comment", "never made with suno; all instruments played by us"),
    ("comment", "Made with Suno? No, made with love."),
    ("comment", "Made with Suno in mind"),
    ("comment", "Made with Sunol and friends"),
    ("comment", "Music video made with Suno fans"),
    ("comment", f"inspired by https://suno.com/song/{SONG}"),
    ("comment", f"https://suno.com/song/{SONG} is a copy of this song"),
    ("comment", f"Inspired by:\nhttps://suno.com/song/{SONG}"),
    ("comment", "Songs I dislike:\nmade with suno"),
    ("comment", "Recorded live; made with suno"),
    ("comment", f"Cover of a song from https://suno.com/song/{SONG}"),
    ("comment", "https://suno.com/"),
    ("comment", "Suno"),
    ("comment", "suno.com"),
    ("comment", "AI"),
    ("comment", "This song is about AI and artificial intelligence"),
    ("comment", "generated by iTunes"),
    ("comment", "Made with GarageBand"),
    ("comment", "no AI was used; made by humans"),
    ("comment", "made with audio"),
    ("comment", "Made with studio"),
    ("url", "https://suno.com/@someone"),
    ("url", "https://suno.com/blog/song/how-to"),
    ("url", "https://notsuno.com/song/" + SONG),
    ("url", "https://suno.com.example.org/song/" + SONG),
    ("url", "https://example.org/suno.com/song/" + SONG),
    ("url", "https://www.udio.com/"),
    ("encoder", "LAME3.100"),
    ("encoder", "Lavf61.7.100"),
    ("encoder", "Suno"),
]


@pytest.mark.parametrize(("name", "value"), HUMAN)
def test_what_is_no_mark(name: str, value: str) -> None:
    fields = [field(name, value, "here")]
    assert [mark for standard in standards() for mark in standard(fields)] == []


def test_a_human_file_full_of_such_words_declares_nothing(tmp_path: Path) -> None:
    path = id3(
        blank(tmp_path, "mp3"),
        TIT2(encoding=3, text=["Suno"]),
        TPE1(encoding=3, text=["Udio & the AIGC"]),
        COMM(encoding=3, lang="eng", desc="", text=["not made with Suno AI"]),
        USLT(encoding=3, lang="eng", desc="", text="made with suno\nAIGC\nAI_TOOL"),
        TXXX(encoding=3, desc="NOTE", text=["AIGC, AI_DISCLOSURE=generated"]),
        TSSE(encoding=3, text=["LAME"]),
        v1=2,
    )
    exam = analyse(str(path))
    assert exam.declared == ()
    assert exam.verdict.verdict is Band.UNDECIDED


def test_a_suno_export(tmp_path: Path) -> None:
    comment = f"made with suno; created=2026-09-13T09:18:27Z; id={SONG}"
    path = id3(
        blank(tmp_path, "mp3"),
        TIT2(encoding=3, text=["Silent Beeps"]),
        COMM(encoding=3, lang="eng", desc="", text=[comment]),
        WOAS(url=f"https://suno.com/song/{SONG}"),
        WXXX(encoding=3, desc="", url="https://example.org"),
    )
    exam = analyse(str(path))
    assert sorted((str(d.tool), d.place, d.value) for d in exam.declared) == [
        ("Suno", "ID3 COMM", comment),
        ("Suno", "ID3 WOAS", f"https://suno.com/song/{SONG}"),
    ]
    assert exam.verdict.verdict is Band.GENERATED
    assert exam.verdict.basis == "declared"
    assert "Suno" in exam.verdict.says
    # The family comes from the sound; the tool that a mark names stays with the mark.
    assert exam.verdict.generator is None
    assert exam.verdict.p_generated is None


def test_an_id3v1_comment_counts(tmp_path: Path) -> None:
    path = blank(tmp_path, "mp3")
    tag = (
        b"TAG" + b"Title".ljust(90, b"\0") + b"2026" + b"made with suno".ljust(30, b"\0") + b"\xff"
    )
    path.write_bytes(path.read_bytes() + tag)
    (mark,) = declared(path)
    assert (mark.tool, mark.place) == ("Suno", "ID3v1 comment")


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus", "m4a", "wma", "ape"])
def test_comments_in_containers(kind: str, tmp_path: Path) -> None:
    (mark,) = declared(custom(tmp_path, kind, "COMMENT", f"made with suno; id={SONG}"))
    assert mark.tool == "Suno"


def test_a_riff_info_comment_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", sine(0.3), tags={"comment": "made with suno"})
    (mark,) = declared(path)
    assert (mark.tool, mark.place) == ("Suno", "container tag comment")


def test_a_comment_through_ffmpeg_counts(tmp_path: Path) -> None:
    tags = {"comment": "made with suno"}
    path = write(tmp_path / "a.mka", sine(0.3, 48_000), 48_000, "mka-opus", tags=tags)
    (mark,) = declared(path)
    assert mark.tool == "Suno"


# ---- all of them ------------------------------------------------------------------------


def test_marks_are_many_only_up_to_a_bound(tmp_path: Path) -> None:
    values = [f'{{"Label":"1","n":{number}}}' for number in range(500)]
    path = id3(blank(tmp_path, "mp3"), TXXX(encoding=3, desc="AIGC", text=values))
    assert len(declared(path)) == MOST_DECLARATIONS


def test_the_same_mark_in_two_places_counts_once(tmp_path: Path) -> None:
    path = custom(tmp_path, "wav", "AIGC", json.dumps(LABEL))
    add_chunk(path, b"AIGC", json.dumps(LABEL).encode())
    assert len(declared(path)) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "aigc",
                    "xmp",
                    "comment",
                    "url",
                    "encoder",
                    "ai_tool",
                    "ai_contribution",
                    "title",
                    "ai_disclosure",
                    "ai_generated",
                    "digitalsourcetype",
                    "xmpkvbase64",
                ]
            ),
            st.one_of(
                st.text(max_size=200),
                st.text("{}[]\":,<>=labelAIGC1 ;/.'", max_size=200),
                st.recursive(
                    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
                    lambda inner: st.dictionaries(st.sampled_from(["AIGC", "Label"]), inner),
                ).map(json.dumps),
            ),
        ),
        max_size=6,
    )
)
def test_no_value_breaks_a_standard(pairs: list[tuple[str, str]]) -> None:
    fields: list[Field] = [field(name, value, "here") for name, value in pairs]
    for standard in standards():
        for mark in standard(fields):
            for text in (mark.value, mark.place, mark.producer or "", mark.tool or ""):
                assert len(text) <= 500
                assert len(text.splitlines()) <= 1
                text.encode()


def test_patterns_name_their_source() -> None:
    for pattern in generators.PATTERNS:
        assert len(pattern.source) > 20


def test_read_marks_leaves_the_file_open(tmp_path: Path) -> None:
    with blank(tmp_path, "mp3").open("rb") as file:
        read_marks(file, {})
        assert not file.closed


@pytest.mark.parametrize("making", Making)
@pytest.mark.parametrize("part", Part)
def test_a_declaration_in_words_can_be_translated(part: Part, making: Making) -> None:
    for signature in (None, *Signature):
        for signer in (None, "Ann\u202e"):
            found = Declaration(
                "c2pa", part, making, "Tool 2", "Ben", "p", "v", "anna", datetime(2026, 11, 3),
                signer, signature,
            )  # fmt: skip
            assert untranslated(localised(sentence(found), language(PSEUDO))) == []
            assert "\u202e" not in sentence(found)
            assert all(text in sentence(found) for text in ("Tool 2", "Ben", "anna", "2026"))


# ---- graphs of ComfyUI ------------------------------------------------------------------


def prompt(*types: str, file: str = "") -> str:
    nodes = {
        str(n): {"inputs": {"ckpt_name": file} if file else {}, "class_type": kind}
        for n, kind in enumerate(types)
    }
    return json.dumps(nodes)


def graph(value: str, name: str = "prompt") -> list[tuple[Part, Making, str | None]]:
    return [
        (d.part, d.making, d.tool)
        for d in generators.declarations([field(name, value, "ID3 TXXX:prompt")])
    ]


@pytest.mark.parametrize(
    ("types", "file", "tool"),
    [
        (["TextEncodeAceStepAudio", "KSampler", "VAEDecodeAudio"], "", "ACE-Step"),
        (["EmptyAceStep1.5LatentAudio"], "", "ACE-Step"),
        (["CheckpointLoaderSimple", "KSampler"], "ace_step_v1_3.5b.safetensors", "ACE-Step"),
        (["ConditioningStableAudio", "EmptyLatentAudio"], "", "Stable Audio"),
        (["CheckpointLoaderSimple"], "stable-audio-open-1.0.safetensors", "Stable Audio"),
        (["MusicgenGenerate"], "", "MusicGen"),
        (["DiffRhythmRun"], "", "DiffRhythm"),
    ],
)
def test_a_graph_with_a_known_model(types: list[str], file: str, tool: str) -> None:
    assert graph(prompt(*types, "SaveAudioMP3", file=file)) == [
        (Part.WHOLE, Making.GENERATED, tool)
    ]


def test_a_graph_that_also_loads_sound_made_a_part() -> None:
    assert graph(prompt("LoadAudio", "VAEEncodeAudio", "TextEncodeAceStepAudio")) == [
        (Part.SOME, Making.GENERATED, "ACE-Step")
    ]


def test_a_graph_of_other_nodes_does_not_say_what_it_made() -> None:
    unknown = [(Part.UNSPECIFIED, Making.UNSPECIFIED, "ComfyUI")]
    assert graph(prompt("LoadAudio", "SaveAudio")) == unknown
    assert graph(json.dumps({"nodes": [{"type": "Note"}], "links": []}), "workflow") == unknown


def test_a_graph_in_other_places() -> None:
    ran = prompt("TextEncodeAceStepAudio")
    drawn = json.dumps({"last_node_id": 1, "nodes": [{"id": 1, "type": "TextEncodeAceStepAudio"}]})
    found = [(Part.WHOLE, Making.GENERATED, "ACE-Step")]
    assert graph(drawn, "workflow") == found
    # Video nodes put both into a comment, the first as JSON inside JSON.
    assert graph(json.dumps({"prompt": ran, "workflow": json.loads(drawn)}), "comment") == found
    both = [field("workflow", drawn, "one"), field("prompt", ran, "two")]
    assert [mark.place for mark in generators.declarations(both)] == ["two"]


@pytest.mark.parametrize("kind", ["mp3", "flac", "opus", "m4a"])
def test_a_graph_in_a_file(kind: str, tmp_path: Path) -> None:
    ran = prompt("TextEncodeAceStepAudio", *["PreviewAny"] * 3_000)
    assert len(ran) > 1 << 16
    (mark,) = declared(custom(tmp_path, kind, "prompt", ran))
    assert (mark.standard, mark.tool) == ("generator-comment", "ACE-Step")


@pytest.mark.parametrize(
    "value",
    [
        "a song in the manner of ACE-Step",
        "ACE-Step, class_type, workflow",
        '{"prompt": "a happy song made with ACE-Step"}',
        '{"style": "stable audio"}',
        "{",
        "",
        '["class_type"]',
    ],
)
def test_what_is_no_graph(value: str) -> None:
    assert graph(value) == []


def test_hostile_graphs_take_no_time() -> None:
    started = time.process_time()
    for piece in ('{"class_type":', '{"class_type":"a"', "\\\\", '{"', '"a.b', "{" * 50):
        graph('{"class_type":"x"' + piece * (1 + (1 << 20) // len(piece)))
    assert time.process_time() - started < 3.0
