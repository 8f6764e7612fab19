"""Declarations about AI in DDEX messages: read by rules, or kept unchanged."""

import io
import time
from pathlib import Path
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.disclosure import ddex
from phonoscope.disclosure.ddex import About, declarations, declared_in, mapping_of
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_labels
from phonoscope.errors import ErrorKind, SourceError, UnreadableError, UsageError
from phonoscope.escape import printable

FORMS = {
    "382": "<SoundRecordingId><ISRC>{isrc}</ISRC></SoundRecordingId>",
    "41": "<ResourceId><ISRC>{isrc}</ISRC></ResourceId>",
    "43": "<SoundRecordingEdition><ResourceId><ISRC>{isrc}</ISRC></ResourceId>"
    "</SoundRecordingEdition>",
    "432": "<SoundRecordingEdition><ResourceId><ISRC>{isrc}</ISRC></ResourceId>"
    "</SoundRecordingEdition>",
}
PLAIN = """<DisplayTitleText>A.I. (AI Remix)</DisplayTitleText>
<DisplayArtistName>AI</DisplayArtistName>
<Genre><GenreText>Generative</GenreText></Genre><Contributor SequenceNumber="1">
<ContributorPartyReference>P1</ContributorPartyReference><Role>Composer</Role></Contributor>
<Deal><TerritoryCode>AI</TerritoryCode></Deal>
<ParentalWarningType>NotExplicit</ParentalWarningType>
<RecordingMode LanguageAndScriptCode="ai">MAIN</RecordingMode>"""
"""What every message can have, and names with the letters A and I that declare nothing."""


def message(form: str, *recordings: str, release: str = "", encoding: str = "UTF-8") -> bytes:
    """A message of a version, with some content in each recording."""
    parts = "".join(
        f"<SoundRecording>{FORMS[form].format(isrc=f'USABC000000{n}')}"
        f"<ResourceReference>A{n}</ResourceReference>{PLAIN}{inside}</SoundRecording>"
        for n, inside in enumerate(recordings, 1)
    )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        f'<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/{form}">'
        f"<ResourceList>{parts}</ResourceList><ReleaseList><Release>"
        f"<ReleaseReference>R0</ReleaseReference>{release}</Release></ReleaseList>"
        "</ern:NewReleaseMessage>"
    )
    return text.encode(encoding)


def read(content: bytes, mapping: ddex.DdexTable | None = None) -> list[tuple[About, Declaration]]:
    return list(declarations(io.BytesIO(content), mapping))


def table(folder: Path, rules: str) -> ddex.DdexTable:
    path = folder / "ddex.toml"
    path.write_text(f'format = "phonoscope-ddex/1"\nwords = ["AI"]\nvalues_of = ["Role"]\n{rules}')
    return mapping_of(path)


# ---- without a rule ---------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
@pytest.mark.parametrize("form", FORMS)
def test_what_looks_like_a_declaration_is_kept_as_it_stands(form: str, encoding: str) -> None:
    inside = (
        '<x:Anything xmlns:x="urn:x" x:IsAIGenerated="true">\n <Vocals>yes</Vocals>\n</x:Anything>'
    )
    content = message(form, "", inside, release="<SyntheticContent/>", encoding=encoding)
    (recording, found), (release, whole) = read(content)
    assert recording == About("A2", "USABC0000002")
    assert release == About("R0", None)
    assert found == Declaration(
        standard="ddex",
        part=Part.UNSPECIFIED,
        making=Making.UNSPECIFIED,
        tool=None,
        producer=None,
        place="DDEX SoundRecording/Anything",
        value='<Anything IsAIGenerated="true"><Vocals>yes</Vocals></Anything>',
    )
    assert whole.place == "DDEX Release/SyntheticContent"


@pytest.mark.parametrize(
    "inside",
    [
        "<AIContribution/>",
        "<AiContribution/>",
        "<HasAI>true</HasAI>",
        "<GenAITool>x</GenAITool>",
        "<ArtificialIntelligenceUse/>",
        "<X UsesGenerativeTool='1'/>",
        "<Contributor><Role>AIVocalist</Role></Contributor>",
        "<Contributor><Role UserDefinedValue='AI-made'>UserDefined</Role></Contributor>",
        "<CreationProcess>machine learning</CreationProcess>",
    ],
)
def test_declarations_are_known_by_their_words(inside: str) -> None:
    ((_, found),) = read(message("43", inside))
    assert (found.part, found.making) == (Part.UNSPECIFIED, Making.UNSPECIFIED)
    assert found.value.startswith("<")


@pytest.mark.parametrize("value", ["false", "FALSE", "0", "no", " No ", "None", "n/a", ""])
@pytest.mark.parametrize(
    "inside",
    [
        "<Contributor IsAI='{}'><Role>Lyricist</Role></Contributor>",
        "<Contributor x:IsAI='{}' xmlns:x='urn:x'><Role>Lyricist</Role></Contributor>",
        "<HasAI>{}</HasAI>",
        "<Contributor><Role>Lyricist</Role><IsAIGenerated>{}</IsAIGenerated></Contributor>",
        "<AIDisclosure><HasAI>{}</HasAI><Note>x</Note></AIDisclosure>",
        "<AIContribution Applies='{}'/>",
        "<AIContribution><Indicator>{}</Indicator></AIContribution>",
    ],
)
def test_a_flag_that_is_false_declares_nothing(inside: str, value: str) -> None:
    for form in ("382", "43"):
        if value == "" and "Indicator" in inside:
            continue
        assert read(message(form, inside.format(value))) == []
        assert len(read(message(form, inside.format("true")))) == 1


@pytest.mark.parametrize(
    "inside",
    [
        "<AIUse xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'/>",
        "<NoAI>true</NoAI>",
        "<X IsNotAI='true'/>",
        "<IsAI/>",
    ],
)
def test_what_is_nil_or_negated_declares_nothing(inside: str) -> None:
    assert read(message("43", inside)) == []


def flagged(inside: str, **attributes: str) -> list[Declaration]:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return declared_in(fromstring(f"<SoundRecording{said}>{inside}</SoundRecording>"), mapping_of())


def test_an_attribute_of_the_recording_hides_no_contributor() -> None:
    one = '<Contributor IsAI="true"><Role>Lyricist</Role></Contributor>'
    two = '<x:Contributor xmlns:x="urn:x" x:IsAI="1"><Role>Composer</Role></x:Contributor>'
    off = '<Contributor IsAI="false"><Role>Singer</Role></Contributor>'
    for inside in (one + two + off, f"<Contributors>{off}{one}{two}</Contributors>"):
        whole, lyricist, composer = flagged(inside, IsGeneratedByAI="true", HasAIPart="false")
        assert (whole.place, whole.value) == ("DDEX SoundRecording", 'IsGeneratedByAI="true"')
        assert "Lyricist" in lyricist.value
        assert "Composer" in composer.value
        assert lyricist.place is not None
        assert lyricist.place.endswith("Contributor")
    assert flagged(off, IsGeneratedByAI="false", HasAIContribution="0") == []
    # An attribute, or an element named after AI, around contributors hides them no more.
    for around in ('<Contributors HasAI="true">{}</Contributors>', "<AIParts>{}</AIParts>"):
        found = flagged(around.format(one + two))
        assert [any(role in each.value for each in found) for role in ("Lyricist", "Composer")]
        assert sum("Role" in each.value for each in found) == 2


def test_hostile_nesting_costs_little() -> None:
    deep = "<AI IsAI='true'>" * 90 + "</AI>" * 90
    wide = "<X>" * 90 + "<Y AIUse='no'/>" * 5_000 + "</X>" * 90
    begun = time.process_time()
    assert len(flagged(deep)) >= 1
    assert flagged(wide) == []
    assert time.process_time() - begun < 5


def test_an_ordinary_message_declares_nothing() -> None:
    for form in FORMS:
        assert read(message(form, "", "<MainTitle>AI</MainTitle><Aid/><Paid>1</Paid>")) == []


def test_long_and_many_elements_are_bounded() -> None:
    many = "<AI>" + "<Part>vocals</Part>" * 5_000 + "</AI>"
    ((_, found),) = read(message("43", many))
    assert len(found.value) == 500
    assert len(read(message("43", "<AI/>" * 500))) == ddex.MOST_DECLARATIONS


# ---- with rules -------------------------------------------------------------------------

RULES = """
[[rules]]
path = "SoundRecording/**/MachineUse"
when = { at = "@Applies", is = "true|yes" }
part = { at = "Where", map = { Singer = "vocals", Song = "composition" } }
making = { at = "@How", map = { made = "generated", helped = "assisted" } }
tool = { at = "By/@Name" }
producer = { at = "By" }
[[rules]]
path = "Release/*"
when = { at = ".", is = "AllByMachine" }
part = "whole"
making = "generated"
"""


def test_rules_say_what_elements_mean(tmp_path: Path) -> None:
    rules = table(tmp_path, RULES)
    made = (
        '<Contributor><MachineUse Applies="yes" How="made"><Where>Singer</Where>'
        '<By Name="Tool 1">A house</By><AI/></MachineUse></Contributor>'
    )
    odd = '<MachineUse Applies="true" How="?"><Where>Drums</Where></MachineUse>'
    off = '<MachineUse Applies="no" How="made"/>'
    content = message("43", made, odd, off, release="<Note>AllByMachine</Note><Note>x</Note>")
    (a1, voice), (a2, unknown), (r0, whole) = read(content, rules)
    assert (a1.reference, a2.reference, r0.reference) == ("A1", "A2", "R0")
    assert (voice.part, voice.making) == (Part.VOCALS, Making.GENERATED)
    assert (voice.tool, voice.producer) == ("Tool 1", "A house")
    assert voice.place == "DDEX SoundRecording/Contributor/MachineUse"
    assert (unknown.part, unknown.making) == (Part.UNSPECIFIED, Making.UNSPECIFIED)
    assert "<Where>Drums</Where>" in unknown.value
    assert (whole.part, whole.making) == (Part.WHOLE, Making.GENERATED)


FORM = 'format = "phonoscope-ddex/1"\n'
RULE = f'{FORM}[[rules]]\npath = "x"\n'


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        ("", "other-format", ""),
        ("format = 1", "other-format", ""),
        ("[[", "not-toml", ""),
        (f"{FORM}words = 3", "not-a-list", ""),
        (f"{FORM}rules = 3", "not-a-list", ""),
        (f'{FORM}[[rules]]\nmaking = "generated"', "no-path", "1"),
        (f'{RULE}how = "x"', "unknown-key", "how"),
        (f'{RULE}making = "robot"', "unknown-word", "robot"),
        (f'{RULE}part = {{map={{a="b"}}}}', "invalid-value", "part"),
        (f'{RULE}part = {{at="a", map={{a="b"}}}}', "unknown-word", "part"),
        (f'{RULE}part = {{at="a", map=1}}', "invalid-map", "part"),
        (f'{RULE}when = {{is="("}}', "invalid-expression", "1"),
        (f'{RULE}when = {{x="("}}', "invalid-when", "when"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, content: str, code: str, named: str) -> None:
    (tmp_path / "t.toml").write_text(content)
    with pytest.raises(UsageError) as raised:
        mapping_of(tmp_path / "t.toml")
    assert raised.value.code == code
    assert "t.toml" in raised.value.message
    assert named in raised.value.message


def test_a_table_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        mapping_of(tmp_path / "nothing.toml")
    assert raised.value.code == "unreadable-file"


def test_the_shipped_table_has_no_rule_and_the_settings_name_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mapping_of().rules == ()
    table(tmp_path, RULES)
    monkeypatch.setenv("PHONOSCOPE_DDEX", str(tmp_path / "ddex.toml"))
    ddex.default_mapping.cache_clear()
    try:
        assert len(ddex.default_mapping().rules) == 2
    finally:
        ddex.default_mapping.cache_clear()


# ---- hostile messages -------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<a",
        b"<a><b></a>",
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        b"<a>&b;</a>",
        b"<a>" * 200 + b"</a>" * 200,
        b"<!--" + b"x" * (2 << 20) + b"--><a/>",
        message("43", "<AI/>")[:-30],
    ],
)
def test_hostile_messages_are_refused(content: bytes) -> None:
    with pytest.raises(SourceError):
        read(content)


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


@given(
    st.recursive(
        st.tuples(st.sampled_from(["AI", "Role", "X"]), texts, st.just([])),
        lambda inner: st.tuples(
            st.sampled_from(["Y", "AIUse", "Type"]), texts, st.lists(inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_nothing_that_looks_like_one_is_lost(tree: tuple) -> None:
    """Every element with the word in its name is in what is kept, by a separate walk."""

    def written(node: tuple) -> str:
        name, said, inner = node
        # A flag that is empty or says no declares nothing.
        said = "yes" if ddex.is_false(said) else said
        return f"<{name}>{escape(said)}{''.join(map(written, inner))}</{name}>"

    def outermost(node: tuple) -> int:
        name, said, inner = node
        named = name.startswith("AI") or (
            name in ("Role", "Type") and any(words(said, w) for w in ("ai", "genai"))
        )
        return 1 if named else sum(map(outermost, inner))

    def words(said: str, word: str) -> bool:
        return word in (found.lower() for found in ddex._WORD.findall(said))

    element = fromstring(f"<SoundRecording>{written(tree)}</SoundRecording>")
    found = declared_in(element, mapping_of())
    assert len(found) >= outermost(tree)
    for each in found:
        assert printable(each.value) == each.value
        assert len(each.value) <= 500


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_a_message_is_read_like_a_file_and_says_of_which_recording(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "delivery.xml"
    inside = "<HasAI>true</HasAI>"
    path.write_bytes(message("432", "", inside, release=inside, encoding=encoding))
    found = read_labels(path).declared
    assert [(d.standard, d.part, d.value) for d in found] == [
        ("ddex", Part.UNSPECIFIED, inside),
        ("ddex", Part.UNSPECIFIED, inside),
    ]
    assert found[0].place.endswith("of ISRC USABC0000002")
    assert found[1].place.endswith("of R0")


@pytest.mark.parametrize(
    "content", [b"<", b"<a>" * 10_000, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<\xff\xfe"]
)
def test_what_only_begins_like_a_message_is_an_unreadable_file(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as raised:
        read_labels(path)
    assert raised.value.kind is ErrorKind.NOT_AUDIO
    assert isinstance(raised.value.__cause__, SourceError)
