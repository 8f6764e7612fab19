"""A few bytes that declare gigabytes cost no memory, and a sound next to them is decoded."""

import io
import json
import struct
import subprocess
import sys

import pytest

from phonoscope.audio.chunks import iff_chunks, mp4_boxes
from phonoscope.audio.decode import Decoder
from phonoscope.audio.stated_lists import true_sizes
from phonoscope.audio.stated_size import missing_pcm_duration_s
from phonoscope.errors import ErrorKind, OutOfMemoryError, UnreadableError
from tests.helpers.sounds import noise, write

HUGE = (1 << 31) - 64
W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def info(order, claimed, item=HUGE):
    return (
        b"LIST" + struct.pack(order + "I", claimed) + b"INFOISFT" + struct.pack(order + "I", item)
    )


def riff(kind, order, *chunks, form=b"WAVE"):
    body = form + b"".join(chunks)
    return kind + struct.pack(order + "I", len(body)) + body


def w64(*chunks):
    head = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
    return head + struct.pack("<Q", 1 << 20) + b"wave" + W64_TAIL + b"".join(chunks)


def w64_list(claimed):
    name = b"list" + bytes.fromhex("2f91cf11a5d628db04c10000")
    return name + struct.pack("<Q", claimed) + b"INFOISFT" + struct.pack("<I", HUGE)


FORMAT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 44_100, 88_200, 2, 16)


def ape(blocks, last=None, version=3990, before=b""):
    """A file of Monkey's Audio, whose one frame claims so many samples."""
    descriptor = struct.pack("<4sHHIIIIIII16s", b"MAC ", version, 0, 52, 24, 4, 0, 64, 0, 0, b"")
    header = struct.pack("<HHIIIHHI", 2000, 0, blocks, last or blocks, 1, 24, 2, 44_100)
    return before + descriptor + header + struct.pack("<I", 80) + bytes(64)


def id3(size):
    return b"ID3\x04\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)


def box(size, name):
    return struct.pack(">I4s", size, name)


DATA = b"data" + struct.pack("<I", 8) + bytes(8)
HEADER_LIST = b"LIST" + struct.pack("<I", 60) + b"hdrl"
CAF = b"caff\0\1\0\0desc" + struct.pack(">qd4sIIIII", 32, 44_100, b"aac ", 0, 0, 1024, 2, 0)
EBML = bytes.fromhex("1a45dfa38842828477656d")
ASF = (
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    + struct.pack("<QIBB", 1 << 31, 1, 1, 2)
    + bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
)
HOSTILE = {
    "wav": riff(b"RIFF", "<", FORMAT, info("<", HUGE)),
    "wav, at its end": riff(b"RIFF", "<", FORMAT, DATA, info("<", HUGE)),
    "rf64": riff(b"RF64", "<", FORMAT, info("<", HUGE)),
    "rifx": riff(b"RIFX", ">", FORMAT, info(">", HUGE)),
    "avi": riff(b"RIFF", "<", info("<", HUGE), form=b"AVI "),
    "avi, nested": riff(b"RIFF", "<", HEADER_LIST + info("<", HUGE), form=b"AVI "),
    "w64": w64(w64_list(HUGE)),
    "caf": CAF + b"kuki" + struct.pack(">q", HUGE),
    "aiff": b"FORM" + struct.pack(">I", 64) + b"AIFFNAME" + struct.pack(">I", HUGE),
    "ape": ape(268_000_000),
    "ape, last frame": ape(73_728, 268_000_000),
    "ape behind ID3": ape(268_000_000, before=id3(300)),
    "mp4": box(0x7FFF0000, b"moov") + box(0x7FFE0000, b"udta") + box(0x7FFD0000, b"\xa9nam"),
    "flac": b"fLaC\x04\xff\xff\xff" + struct.pack("<II", 0, 0xFFFFFFFF),
    "id3": b"ID3\x04\0\0\x7f\x7f\x7f\x7fAPIC\x7f\x7f\x7f\x7f\0\0",
    "matroska": EBML + bytes.fromhex("1549a96601ffffffffffffff4d8008") + b"\x7f" * 8,
    "asf": ASF + struct.pack("<QH", 1 << 31, 0xFFFF),
    "apev2": bytes(64) + b"APETAGEX" + struct.pack("<IIII8s", 2000, 0x7FFFFFFF, 0x7FFFFFFF, 0, b""),
    "dsf": b"DSD " + struct.pack("<QQQ", 28, 1 << 40, 92) + b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
}
MOST_MB = 350


def test_a_claim_costs_no_memory_in_any_container(tmp_path):
    """In a process of its own, which has the memory of all of them together at most."""
    for number, content in enumerate(HOSTILE.values()):
        (tmp_path / f"{number:02}.bin").write_bytes(content)
    program = (
        "import json, re, sys\n"
        "from phonoscope.analysis import analyse\n"
        "from phonoscope.disclosure.read import read_labels\n"
        "from phonoscope.errors import UnreadableError\n"
        "found = []\n"
        "for path in sys.argv[1:]:\n"
        "    kind = analyse(path).error_kind\n"
        "    try:\n"
        "        read_labels(path)\n"
        "    except UnreadableError:\n"
        "        pass\n"
        # Not ru_maxrss, which a process takes over from the one that started it.
        "    with open('/proc/self/status') as status:\n"
        "        most = int(re.search(r'VmHWM:\\s+(\\d+)', status.read())[1]) >> 10\n"
        "    found.append((kind, most))\n"
        "print(json.dumps(found))\n"
    )
    paths = sorted(map(str, tmp_path.iterdir()))
    ran = subprocess.run(
        [sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True
    )
    found = json.loads(ran.stdout)
    most = dict(zip(HOSTILE, (mb for _, mb in found), strict=True))
    assert max(most.values()) < MOST_MB, most
    assert {kind for kind, _ in found} <= {None, *map(str, ErrorKind)} - {"internal", "crashed"}


FARTHEST = (1 << 64) - 1
FAR = {
    "rf64": b"RF64\xff\xff\xff\xffWAVE"
    + b"ds64" + struct.pack("<IQQQI", 28, 0, FARTHEST, 0, 0)
    + FORMAT + b"data\xff\xff\xff\xff" + bytes(4000),
    "w64": w64(b"junk" + W64_TAIL + struct.pack("<Q", FARTHEST) + bytes(64)),
    "caf": CAF + b"kuki" + struct.pack(">q", (1 << 63) - 1) + bytes(64),
    "mp4": struct.pack(">I4sQ", 1, b"ftyp", FARTHEST) + bytes(64),
}  # fmt: skip


@pytest.mark.parametrize("content", FAR.values(), ids=FAR)
def test_a_size_farther_than_a_file_can_be_sought_is_no_bug(content):
    file = io.BytesIO(content)
    for container in ("wav", "w64", "caf"):
        missing_pcm_duration_s(file, container, 705_600)
    assert true_sizes(file) == {}
    list(iff_chunks(file))
    list(mp4_boxes(file))
    with pytest.raises(UnreadableError) as raised:
        Decoder(file)
    assert raised.value.kind is ErrorKind.NOT_AUDIO


def test_a_sound_before_such_a_list_is_decoded_whole(tmp_path):
    path = write(tmp_path / "whole.wav", noise(1.0))
    with Decoder(io.BytesIO(path.read_bytes())) as decoder:
        expected = [block.samples.copy() for block in decoder.blocks()]
    with Decoder(io.BytesIO(path.read_bytes() + info("<", HUGE))) as decoder:
        found = [block.samples.copy() for block in decoder.blocks()]
    assert [block.shape for block in found] == [block.shape for block in expected]
    assert all((one == other).all() for one, other in zip(found, expected, strict=True))


def test_true_lists_are_read_as_they_are(tmp_path):
    item = b"INAM" + struct.pack("<I", 6) + b"title\0"
    listed = b"LIST" + struct.pack("<I", 4 + len(item)) + b"INFO" + item
    path = write(tmp_path / "a.wav", noise(0.5))
    content = path.read_bytes() + listed
    assert true_sizes(io.BytesIO(content)) == {}
    with Decoder(io.BytesIO(content)) as decoder:
        assert decoder.tags["title"] == "title"
    # A list that is cut off keeps the items that are there.
    cut = path.read_bytes() + listed[:4] + struct.pack("<I", HUGE) + listed[8:]
    assert list(true_sizes(io.BytesIO(cut)).values()) == [struct.pack("<I", 4 + len(item))]
    with Decoder(io.BytesIO(cut)) as decoder:
        assert decoder.tags["title"] == "title"


@pytest.mark.parametrize("content", [ape(268_000_000), ape(73_728, 1 << 31)])
def test_a_frame_longer_than_any_encoder_writes_is_refused(content):
    with pytest.raises(UnreadableError) as raised, Decoder(io.BytesIO(content)) as decoder:
        list(decoder.blocks())
    assert raised.value.kind is ErrorKind.UNDECODABLE


def test_memory_that_runs_out_is_the_error_of_a_file(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr("av.open", fail)
    with pytest.raises(OutOfMemoryError) as raised:
        Decoder(io.BytesIO(b"RIFF"))
    assert raised.value.kind is ErrorKind.MEMORY_LIMIT
