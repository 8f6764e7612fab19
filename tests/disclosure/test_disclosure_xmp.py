"""XMP: in the place that its standard names for each format, and however it is written."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from mutagen.id3 import PRIV

from phonoscope.disclosure import iptc, xmp
from phonoscope.disclosure.fields import field
from phonoscope.disclosure.model import Making, Part
from phonoscope.disclosure.read import read_labels
from tests.disclosure.test_disclosure_tag_systems import box, inserted
from tests.helpers.marked import add_chunk, blank, custom, id3
from tests.helpers.sounds import sine, write

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PACKET = (
    "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
    "xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>{content}</rdf:Description>"
    "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)


def element(name: str, value: str) -> str:
    return f"<Iptc4xmpExt:{name}>{value}</Iptc4xmpExt:{name}>"


TERM = element("DigitalSourceType", VOCABULARY + "trainedAlgorithmicMedia")
WHOLE = PACKET.format(content=TERM)
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def placed(folder: Path, where: str, packet: bytes) -> Path:
    kind = where.split(maxsplit=1)[0]
    if kind in ("flac", "ogg", "opus"):
        return custom(folder, kind, where.split()[1], packet.decode())
    if kind == "mka":
        tags = {"XMP": packet.decode()}
        return write(folder / "a.mka", sine(0.3, 48_000), 48_000, "mka-opus", tags=tags)
    path = blank(folder, kind)
    if kind == "mp3":
        return id3(path, PRIV(owner="XMP", data=packet))
    if kind in ("wav", "aiff"):
        name = where.split()[1].encode()
        add_chunk(path, name, b"XMP " + packet if name == b"APPL" else packet)
        return path
    if kind == "wma":
        content = bytes.fromhex("cbcf7abea997e8429c71999491e3afac")
        size = struct.pack("<Q", 24 + len(packet))
        path.write_bytes(path.read_bytes() + content + size + packet)
        return path
    added = {
        "m4a udta": box(b"udta", box(b"XMP_", packet)),
        "m4a moov-uuid": box(b"uuid", UUID, packet),
        "m4a meta-xml": box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"mp7t", bytes(13)),
            box(b"xml ", bytes(4), packet),
        ),
    }
    data = path.read_bytes()
    if where == "m4a uuid":
        path.write_bytes(data + box(b"uuid", UUID, packet))
    elif where == "m4a trak-udta":
        path.write_bytes(inserted(data, box(b"udta", box(b"XMP_", packet)), in_track=True))
    else:
        path.write_bytes(inserted(data, added[where]))
    return path


PLACES = [
    "mp3 PRIV",
    "wav _PMX",
    "wav iXML",
    "aiff APPL",
    "m4a uuid",
    "m4a udta",
    "m4a trak-udta",
    "m4a moov-uuid",
    "m4a meta-xml",
    "flac XMP",
    "ogg XMP",
    "opus XML:com.adobe.xmp",
    "mka XMP",
    "wma object",
]


@pytest.mark.parametrize("where", PLACES)
def test_places(where: str, tmp_path: Path) -> None:
    (mark,) = read_labels(placed(tmp_path, where, WHOLE.encode())).declared
    assert (mark.standard, mark.part, mark.making) == ("iptc", Part.WHOLE, Making.GENERATED)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("where", ["mp3 PRIV", "wav _PMX", "m4a udta"])
def test_encodings(where: str, encoding: str, tmp_path: Path) -> None:
    (mark,) = read_labels(placed(tmp_path, where, WHOLE.encode(encoding))).declared
    assert mark.making is Making.GENERATED


def terms(content: str) -> list[tuple[Part, Making, str | None, str]]:
    fields = [field("xmp", PACKET.format(content=content), "here")]
    return [(d.part, d.making, d.tool, d.value) for d in iptc.declarations(fields)]


GENERATED = [(Part.WHOLE, Making.GENERATED, None, "trainedAlgorithmicMedia")]


@pytest.mark.parametrize(
    "content",
    [
        "<Iptc4xmpExt:DigitalSourceType>trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>",
        "<iptcExt:DigitalSourceType>\n trainedAlgorithmicMedia \n</iptcExt:DigitalSourceType>",
        "<rdf:Description x:DigitalSourceType='trainedAlgorithmicMedia'/>",
        '<rdf:Description x:DigitalSourceType = "digsrctype:trainedAlgorithmicMedia"/>',
        "<x:DigitalSourceType rdf:resource='https://example.org/types/trainedAlgorithmicMedia'/>",
        "<x:DigitalSourceType><rdf:Bag><rdf:li>trainedAlgorithmicMedia</rdf:li></rdf:Bag></x:DigitalSourceType>",
        "<x:DigitalSourceType>Trained Algorithmic Media</x:DigitalSourceType>",
        "<x:DigitalSourceType>TRAINEDALGORITHMICMEDIA</x:DigitalSourceType>",
        TERM + "<x:DigitalSourceType>trainedAlgorithmicMedia</x:DigitalSourceType>",
    ],
)
def test_bare_terms(content: str) -> None:
    assert terms(content) == GENERATED


def test_an_unknown_term_keeps_its_value() -> None:
    assert terms("<x:DigitalSourceType>something else</x:DigitalSourceType>") == [
        (Part.UNSPECIFIED, Making.UNSPECIFIED, None, "something else")
    ]


@pytest.mark.parametrize(
    "content",
    [
        "<x:DigitalSourceTypes>trainedAlgorithmicMedia</x:DigitalSourceTypes>",
        "<x:Title>DigitalSourceType trainedAlgorithmicMedia</x:Title>",
        "<!-- <x:DigitalSourceType>trainedAlgorithmicMedia</x:DigitalSourceType> -->",
        "<x:DigitalSourceType></x:DigitalSourceType>",
    ],
)
def test_what_is_no_term(content: str) -> None:
    assert terms(content) == []


@pytest.mark.parametrize(
    ("retired", "part", "making"),
    [
        ("digitalArt", Part.WHOLE, Making.HUMAN),
        ("minorHumanEdits", Part.UNSPECIFIED, Making.HUMAN),
        ("softwareImage", Part.UNSPECIFIED, Making.UNSPECIFIED),
    ],
)
@pytest.mark.parametrize("address", ["", VOCABULARY])
def test_retired_terms_count_as_their_successors(
    address: str, retired: str, part: Part, making: Making
) -> None:
    content = f"<x:DigitalSourceType>{address}{retired}</x:DigitalSourceType>"
    assert terms(content) == [(part, making, None, retired)]
    (tag,) = iptc.declarations([field("DIGITALSOURCETYPE", address + retired, "here")])
    assert (tag.part, tag.making) == (part, making)


@pytest.mark.parametrize(
    ("system", "tool"),
    [
        ("<x:AISystemUsed>Tool 2</x:AISystemUsed>", "Tool 2"),
        (
            element("AISystemUsed", "Tool 2") + element("AISystemVersionUsed", "1.5"),
            "Tool 2 1.5",
        ),
        (
            element("AISystemUsed", "Tool 1.5") + element("AISystemVersionUsed", "1.5"),
            "Tool 1.5",
        ),
        ("<rdf:Description x:AISystemUsed='A &amp; B' x:AISystemVersionUsed='2'/>", "A & B 2"),
        ("<xmp:CreatorTool>Generator 3</xmp:CreatorTool>", "Generator 3"),
        ("<xmp:CreatorTool>Editor</xmp:CreatorTool><x:AISystemUsed>T</x:AISystemUsed>", "T"),
        ("<x:AISystemVersionUsed>1.5</x:AISystemVersionUsed>", None),
        ("", None),
    ],
)
def test_the_system_next_to_a_term(system: str, tool: str | None) -> None:
    assert [found[2] for found in terms(TERM + system)] == [tool]
    assert [found[2] for found in terms(system + TERM)] == [tool]


def test_people_use_no_system() -> None:
    content = element("DigitalSourceType", "digitalCapture") + element("CreatorTool", "DAW")
    assert terms(content) == [(Part.WHOLE, Making.HUMAN, None, "digitalCapture")]


def test_a_system_in_tags() -> None:
    fields = [
        field("DigitalSourceType", "trainedAlgorithmicMedia", "one"),
        field("AISystemUsed", "Tool 2", "two"),
        field("AISystemVersionUsed", "4", "three"),
    ]
    (mark,) = iptc.declarations(fields)
    assert mark.tool == "Tool 2 4"


def test_the_same_term_in_a_tag_and_in_xmp_is_one_mark() -> None:
    packet = PACKET.format(content=TERM + "<x:AISystemUsed>Tool 2</x:AISystemUsed>")
    tag = field("DIGITALSOURCETYPE", VOCABULARY + "trainedAlgorithmicMedia", "tag")
    (mark,) = iptc.declarations([tag, field("xmp", packet, "xmp")])
    assert (mark.tool, mark.place) == ("Tool 2", "xmp")


@pytest.mark.parametrize(
    "piece",
    [
        "<x:DigitalSourceType ",
        "<x:DigitalSourceType><rdf:Bag>",
        "x:DigitalSourceType='",
        "a.b-c:",
        "<!--",
        "<",
        "x" * 60 + ":",
    ],
)
def test_hostile_packets_take_no_time(piece: str) -> None:
    started = time.process_time()
    xmp.values(piece * (1 + (1 << 20) // len(piece)), "DigitalSourceType", "CreatorTool")
    assert time.process_time() - started < 2.0
