"""Untrusted manifests: nothing is fetched, nothing crashes, hangs or grows."""

import io
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import c2pa
import mutagen.id3
import pytest

from phonoscope.disclosure.c2pa_library import (
    TOO_LONG,
    TOO_MUCH,
    ManifestError,
    Watched,
    context,
    read_store,
)
from phonoscope.disclosure.embedding import SUPPORTED
from phonoscope.disclosure.id3_frames import to_syncsafe
from phonoscope.disclosure.manifest import (
    COMPRESSED,
    PARSED_BYTES,
    TOO_MUCH_DATA,
    find_manifest,
    refusal,
)
from phonoscope.disclosure.model import Declaration, Making, Part, Signature
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.signer import Signer
from phonoscope.disclosure.signing import sign
from tests.helpers.certificates import Root
from tests.helpers.marked import add_chunk, blank

CONTAINERS = tuple(SUPPORTED)
BUDGET_S = float(os.environ.get("PHONOSCOPE_FUZZ_S", "4"))
MOST_GROWTH_MIB = 200
HELPERS = Path(__file__).parents[1] / "helpers"
SAID = Declaration("c2pa", Part.WHOLE, Making.GENERATED, "Suno", None, "", "")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Root.make().signer()


def marks(path: Path) -> list[Declaration]:
    with path.open("rb") as file:
        return [m for m in read_marks(file, {})[1] if m.standard == "c2pa"]


# ---- the network ------------------------------------------------------------------------


class Listener:
    """A server on this machine that counts connections and gives no useful answer."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            caller.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            caller.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    yield server
    server.close()


def remote(folder: Path, kind: str, signer: Signer, port: int) -> Path:
    """A file that links to its manifest on the web and has none itself."""
    algorithm, key = signer.checked()
    info = c2pa.C2paSignerInfo(algorithm, signer.certificates_pem, key, None)
    target = folder / f"remote.{kind}"
    definition = {"claim_generator_info": [{"name": "x"}], "assertions": []}
    with (
        blank(folder, kind).open("rb") as source,
        target.open("w+b") as written,
        c2pa.Signer.from_info(info) as native,
        c2pa.Builder(json.dumps(definition), context(c2pa, signing=True)) as builder,
    ):
        builder.set_no_embed()
        builder.set_remote_url(f"http://127.0.0.1:{port}/manifest.c2pa")
        builder.set_intent(
            c2pa.C2paBuilderIntent.CREATE, c2pa.C2paDigitalSourceType.DIGITAL_CREATION
        )
        builder.sign(native, SUPPORTED[kind], source, written)
    return target


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_manifest_on_the_web_is_named_and_not_fetched(
    tmp_path: Path, kind: str, signer: Signer, listener: Listener
) -> None:
    path = remote(tmp_path, kind, signer, listener.port)
    (found,) = marks(path)
    assert f"not fetched: http://127.0.0.1:{listener.port}/manifest.c2pa" in found.value
    assert (found.part, found.making) == (Part.UNSPECIFIED, Making.UNSPECIFIED)
    assert found.signature is Signature.UNCHECKED
    with path.open("rb") as file, pytest.raises(ManifestError):
        read_store(file, SUPPORTED[kind])
    assert listener.calls == 0
    # The same file with fetching allowed proves that this test can fail.
    with path.open("rb") as file, pytest.raises(ManifestError):
        read_store(file, SUPPORTED[kind], fetch=True)
    assert listener.calls > 0


def test_neither_revocation_lists_nor_broken_manifests_call_out(
    tmp_path: Path, listener: Listener
) -> None:
    root = Root.make()
    asked = root.signer(ocsp=f"http://127.0.0.1:{listener.port}/ocsp")
    sign(blank(tmp_path, "wav"), tmp_path / "ocsp.wav", [SAID], asked)
    assert marks(tmp_path / "ocsp.wav")[0].signature is Signature.VALID
    # An embedded manifest that isn't one, next to a link to one on the web.
    path = remote(tmp_path, "mp3", asked, listener.port)
    tags = mutagen.id3.ID3(path)
    tags.add(mutagen.id3.GEOB(encoding=0, mime="application/c2pa", data=b"jumb" * 50))
    tags.save(path)
    assert {m.signature for m in marks(path)} == {Signature.UNCHECKED}
    assert listener.calls == 0


# ---- the library itself -----------------------------------------------------------------


def test_a_library_in_the_current_folder_is_not_loaded(tmp_path: Path, signer: Signer) -> None:
    """Without our care, c2pa-python loads libc2pa_c.so from the current folder first."""
    path = tmp_path / "signed.wav"
    sign(blank(tmp_path, "wav"), path, [SAID], signer)
    for folder in (tmp_path, tmp_path / "libs", tmp_path / "artifacts"):
        folder.mkdir(exist_ok=True)
        for name in ("libc2pa_c.so", "libc2pa_c.dylib", "c2pa_c.dll"):
            (folder / name).write_bytes(b"not a library")
    program = "import sys, phonoscope; print(phonoscope.analyse(sys.argv[1]).declared[0].signature)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "valid\n"
    assert done.stderr == ""


def test_a_view_of_a_file_ends_after_too_much_or_too_long() -> None:
    view = Watched(io.BytesIO(bytes(1000)))

    def repeatedly() -> None:
        for _ in range(2_000_000):
            view.seek(0)
            view.readinto(bytearray(100))

    with pytest.raises(OSError, match=TOO_MUCH):
        repeatedly()
    assert view.refused == TOO_MUCH
    view = Watched(io.BytesIO(b"x"))
    view._until = 0.0
    with pytest.raises(OSError, match=TOO_LONG):
        view.read(1)
    with pytest.raises(io.UnsupportedOperation):
        view.write(b"x")


# ---- hostile files ----------------------------------------------------------------------


def test_tags_that_unpack_without_bound_are_not_given_to_it(tmp_path: Path, signer: Signer) -> None:
    path = tmp_path / "signed.mp3"
    sign(blank(tmp_path, "mp3"), path, [SAID], signer)
    packed = zlib.compress(b"\3x\0" + b"A" * (20 << 20), 9)
    frame = b"TXXX" + to_syncsafe(len(packed) + 4) + b"\0\x09" + to_syncsafe(20 << 20) + packed
    content = path.read_bytes()
    size = content[6] << 21 | content[7] << 14 | content[8] << 7 | content[9]
    tag = b"ID3\4\0\0" + to_syncsafe(size + len(frame)) + frame
    path.write_bytes(tag + content[10:])
    (found,) = marks(path)
    assert found.signature is Signature.UNCHECKED
    assert COMPRESSED in found.value


def test_manifests_of_too_many_assertions_are_not_given_to_it(tmp_path: Path) -> None:
    def box(name: bytes, inside: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(inside), name) + inside

    path = blank(tmp_path, "wav")
    flood = box(b"jumb", box(b"jumd", b"x" * 20) + box(b"cbor", bytes(PARSED_BYTES + 1)))
    add_chunk(path, b"C2PA", flood)
    assert TOO_MUCH_DATA in marks(path)[0].value
    picture = box(b"jumb", box(b"jumd", b"x" * 20) + box(b"bidb", bytes(PARSED_BYTES + 1)))
    for odd, refused in (
        (picture, False),
        (box(b"jumb", b"") * 30_000, True),
        (b"\0\0\0\x09jumb" * 30_000, False),
        (b"\0\0\0\1jumb\xff" * 10, False),
    ):
        path = blank(tmp_path, "wav")
        add_chunk(path, b"C2PA", odd)
        with path.open("rb") as file:
            found = find_manifest(file)
            assert found is not None
            assert (refusal(found) is not None) is refused
        assert marks(path)[0].signature is Signature.UNCHECKED
    deep = b""
    for _ in range(40):
        deep = box(b"jumb", deep + bytes(PARSED_BYTES // 10))
    path = blank(tmp_path, "wav")
    add_chunk(path, b"C2PA", deep)
    assert TOO_MUCH_DATA in marks(path)[0].value


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100, b"\xff" * 4000])
def test_a_place_without_a_valid_manifest_is_a_mark(tmp_path: Path, content: bytes) -> None:
    path = blank(tmp_path, "wav")
    add_chunk(path, b"C2PA", content)
    (found,) = marks(path)
    assert found.signature is Signature.UNCHECKED
    assert f"{len(content):,} bytes" in found.value
    path = blank(tmp_path, "m4a")
    box = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + content
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 8 + len(box), b"uuid") + box)
    assert marks(path) == []


def test_an_mp4_of_a_million_boxes_costs_seconds(
    tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's time grows with the square of their number: 43 s for 100,000."""
    monkeypatch.setattr("phonoscope.disclosure.c2pa_library.LONGEST_S", 1.0)
    path = tmp_path / "signed.m4a"
    sign(blank(tmp_path, "m4a"), path, [SAID], signer)
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 8, b"free") * 100_000)
    (found,) = marks(path)
    assert found.signature is Signature.UNCHECKED
    assert TOO_LONG in found.value


@pytest.mark.slow
@pytest.mark.timeout(BUDGET_S * 8 + 120)
@pytest.mark.parametrize("kind", CONTAINERS)
def test_mutated_manifests_neither_crash_nor_hang_nor_grow(
    tmp_path: Path, kind: str, signer: Signer
) -> None:
    """In a process of its own, so that a crash of native code is noticed."""
    path = tmp_path / f"signed.{kind}"
    sign(blank(tmp_path, kind), tmp_path / f"first.{kind}", [SAID], signer)
    sign(tmp_path / f"first.{kind}", path, [SAID, SAID], signer)
    shutil.copy(path, tmp_path / "now")
    done = subprocess.run(
        [sys.executable, str(HELPERS / "mutated_manifests.py"), str(path), str(BUDGET_S)],
        capture_output=True,
        text=True,
        timeout=BUDGET_S * 4 + 60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout)
    assert seen["read"] > 100
    assert seen["slowest_s"] < 10
    assert seen["grown_mib"] < MOST_GROWTH_MIB
    assert seen["states"].get("invalid", 0) > 0
    assert seen["forged"] == []
