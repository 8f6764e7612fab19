"""Packed sources: every way of packing gives the same rows, and no bomb goes off."""

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.ingest.readers import decompress
from tests.helpers.progress import Recorded
from tests.helpers.sources import table

ROWS = 5000
TEXT = b"id,name,duration_ms\n" + b"".join(b"t%d,Song %d,%d\n" % (i, i, i) for i in range(ROWS))


def zstd(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd}


def zipped(path, files, way=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", way) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def check(catalogue, path):
    progress = Recorded()
    summary = catalogue.ingest(path, None, progress)
    assert (summary.layout, summary.read, summary.rejected) == ("flat-csv", ROWS, 0)
    assert catalogue.table("tracks").duration_ms.sum().to_pyarrow().as_py() == sum(range(ROWS))
    assert progress.share > 0.98


@pytest.mark.parametrize("way", PACK)
def test_what_is_packed_gives_the_same_rows(tmp_path, catalogue, way):
    (tmp_path / "x").write_bytes(PACK[way](TEXT))
    check(catalogue, tmp_path / "x")


@pytest.mark.parametrize("way", PACK)
def test_files_packed_in_several_streams_are_read_to_the_end(tmp_path, catalogue, way):
    pack, middle = PACK[way], len(TEXT) // 3
    (tmp_path / "x").write_bytes(pack(TEXT[:middle]) + pack(TEXT[middle:]))
    check(catalogue, tmp_path / "x")


@pytest.mark.parametrize("way", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_of_one_file_is_that_file(tmp_path, catalogue, way):
    left_by_macs = {"a/": "", "__MACOSX/a/._x.csv": b"x"}
    check(catalogue, zipped(tmp_path / "x", {**left_by_macs, "a/x.csv": TEXT}, way))


def test_a_heading_that_begins_like_a_packed_file_is_a_heading(tmp_path):
    (tmp_path / "x").write_text("BZh9,id,name,duration_ms\n")
    assert ps.format_of(tmp_path / "x") == "flat-csv"


@pytest.mark.parametrize("way", PACK)
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_what_breaks_off_or_is_damaged_is_said(tmp_path, catalogue, way, kept):
    packed = bytearray(PACK[way](TEXT))
    (tmp_path / "short").write_bytes(packed[: int(kept * len(packed))])
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "short")
    assert refused.value.code == "not-unpacked"
    packed[int(kept * 0.9 * len(packed))] ^= 0xFF
    (tmp_path / "damaged").write_bytes(packed)
    if way != "zstd":  # It is written without a checksum.
        with pytest.raises(ps.SourceError):
            catalogue.ingest(tmp_path / "damaged")


@pytest.mark.parametrize("way", [*PACK, "ZIP"])
@pytest.mark.parametrize("line", [b"t,Song,1\n", b"\n"])
def test_a_bomb_ends_in_an_error(tmp_path, catalogue, monkeypatch, way, line):
    monkeypatch.setattr(decompress, "FREE_BYTES", 1 << 16)
    monkeypatch.setattr(decompress, "MOST_TIMES", 100)
    bomb = b"id,name,duration_ms\n" + line * (2_000_000 // len(line))
    if way == "ZIP":
        zipped(tmp_path / "x", {"x.csv": bomb})
    else:
        (tmp_path / "x").write_bytes(PACK[way](bomb))
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x")
    assert refused.value.code == "unpacks-too-large"
    assert "100" in refused.value.message


def hungry_xz(data):
    """xz whose header asks for a dictionary of 1.5 GiB; the size of a dictionary is one byte."""
    packed = bytearray(lzma.compress(data, check=lzma.CHECK_NONE))
    header = packed[12:24]
    assert header[2:4] == b"\x21\x01"
    header[4] = 37
    header[8:12] = struct.pack("<I", zlib.crc32(bytes(header[:8])))
    packed[12:24] = header
    return bytes(packed)


def test_xz_may_not_ask_for_more_memory_than_it_may_have(tmp_path, catalogue):
    (tmp_path / "x").write_bytes(hungry_xz(TEXT))
    with pytest.raises(ps.SourceError, match="emory"):
        catalogue.ingest(tmp_path / "x")


def encrypted_zip(path):
    data = bytearray(zipped(path, {"x.csv": TEXT}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


REFUSED = {
    "a thousand files and one": (
        lambda p: zipped(p, {f"{i}.csv": "x" for i in range(1001)}),
        "zip-files",
    ),
    "no file": (lambda p: zipped(p, {"a/": ""}).write_bytes(b"PK\x03\x04"), "not-unpacked"),
    "many files": (
        lambda p: zipped(p, {f"{i:0200}": b"" for i in range(5000)}),
        "zip-contents",
    ),
    "LZMA": (lambda p: zipped(p, {"a.csv": TEXT}, zipfile.ZIP_LZMA), "zip-method"),
    "encrypted": (encrypted_zip, "not-unpacked"),
    "packed twice": (lambda p: p.write_bytes(gzip.compress(gzip.compress(TEXT))), "packed-twice"),
    "tar": (
        lambda p: p.write_bytes(gzip.compress(b"x" * 257 + b"ustar" + b"x" * 99)),
        "packed-twice",
    ),
    "SQLite": (lambda p: p.write_bytes(zstd(b"SQLite format 3\0" * 9)), "packed"),
    "only a beginning": (lambda p: p.write_bytes(b"\xfd7zXZ\0"), "not-unpacked"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_read_is_refused_in_words(tmp_path, catalogue, kind):
    make, code = REFUSED[kind]
    make(tmp_path / "x")
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x")
    assert refused.value.code == code
    assert str(tmp_path / "x") in refused.value.message
    assert table(catalogue, "tracks", "track_id") == []


@settings(max_examples=60)
@given(way=st.sampled_from(sorted(PACK)), data=st.data())
def test_damage_anywhere_is_an_error_or_the_same_bytes(tmp_path_factory, way, data):
    packed = bytearray(PACK[way](TEXT[:2000]))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("packed") / "x"
    path.write_bytes(packed)
    try:
        head = decompress.decompressed_head(str(path), "x", 1 << 20)
    except ps.SourceError:
        return
    assert isinstance(head, bytes)
