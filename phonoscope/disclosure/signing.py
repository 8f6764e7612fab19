"""Sign declarations into a file as a C2PA manifest.

Sign last: any later change of the file, if only of its tags, makes the signature invalid. No
time stamp authority is asked, because nothing here uses the network; so a signature holds as
long as its certificate does, and no longer: without a proved time of signing nobody can know
that it was made before the certificate ended.

Sound and everything else in the file stay as they are, bit for bit: see
:mod:`phonoscope.disclosure.embedding`. In m4a the library puts its box behind ``ftyp`` and corrects
the chunk offsets; all other boxes stay.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from phonoscope.disclosure.c2pa import OWN_ASSERTION
from phonoscope.disclosure.c2pa_library import ManifestError, context, load, read_store, reason
from phonoscope.disclosure.embedding import SUPPORTED, Planner, container_of, pieces, planner_of
from phonoscope.disclosure.iptc import VOCABULARY, term_for
from phonoscope.disclosure.manifest import MANIFEST_BYTES, find_manifest, refusal
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.signer import Signer
from phonoscope.errors import UsageError

_MOST = 100
_PASSES = 6
_PAD_BYTES = 16
_SIDECAR = "a sidecar file can hold the declaration instead"


def sign(source: Path, target: Path, declarations: Sequence[Declaration], signer: Signer) -> None:
    """Write a copy of a file with a signed manifest of declarations.

    Parameters
    ----------
    source
        A wav, mp3, flac or m4a file. The manifest it has, if any, is kept as the one that this
        goes on from.
    target
        What is written, over what was there; removed again when anything fails.
    declarations
        1 to 100. ``part``, ``making``, ``tool``, ``producer``, ``voice`` and ``declared_utc``
        are signed; of ``standard``, ``place``, ``value`` and the signature nothing is.
    signer
        Who signs.

    Raises
    ------
    UsageError
        When certificate or key do not fit, the container cannot hold a manifest, or what was
        written does not read back as valid.
    MissingExtraError
        When the extra ``provenance`` is not installed.
    """
    if not 1 <= len(declarations) <= _MOST:
        raise UsageError(f"1 to {_MOST} declarations can be signed, not {len(declarations)}")
    for declared in declarations:
        _term(declared.part, declared.making)
    if target.exists() and target.samefile(source):
        raise UsageError("a file cannot be signed onto itself: write a copy, then put it in place")
    library = load()
    algorithm, key = signer.checked()
    try:
        with source.open("rb") as file:
            container = container_of(file)
            credentials = (algorithm, signer.certificates_pem, key)
            work = _Work(library, file, container, declarations, credentials)
            with target.open("w+b") as written:
                work.write(written)
                _verify(written, SUPPORTED[container])
    except OSError as error:
        target.unlink(missing_ok=True)
        raise UsageError(f"it could not be signed: {error}") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


class _Work:
    """One file that is being signed."""

    def __init__(
        self,
        library: ModuleType,
        file: BinaryIO,
        container: str,
        declarations: Sequence[Declaration],
        credentials: tuple[str, bytes, bytes],
    ) -> None:
        self._library = library
        self._file = file
        self._container = container
        self._declarations = declarations
        self._credentials = credentials
        before = find_manifest(file)
        refused = refusal(before) if before else None
        if refused:
            raise UsageError(f"the manifest that the file has cannot be kept: {refused}")
        self._goes_on = before is not None

    def write(self, target: BinaryIO) -> None:
        """Write the signed file."""
        try:
            if self._container == "m4a":
                self._file.seek(0)
                with self._builder(None) as builder:
                    self._signed(builder, SUPPORTED["m4a"], self._file, target)
            else:
                self._embed(planner_of(self._file, self._container), target)
        except self._library.C2paError as error:
            raise UsageError(f"the C2PA library does not sign this: {reason(error)}") from error

    def _embed(self, plan: Planner, target: BinaryIO) -> None:
        size = self._settled_size(plan)
        layout = plan(size)
        digest = hashlib.sha256()
        # What is left out of the hash is the manifest and the header of its chunk.
        *before, header = layout.before
        for data in pieces(self._file, before):
            digest.update(data)
            target.write(data)
        assert isinstance(header, bytes)
        hashed = header[: len(header) - layout.header_bytes]
        digest.update(hashed)
        target.write(header)
        at = target.tell()
        target.write(bytes(size))
        for data in pieces(self._file, layout.after):
            digest.update(data)
            target.write(data)
        left_out = (at - layout.header_bytes, size + layout.header_bytes)
        manifest = self._manifest(left_out, digest.digest())
        if len(manifest) != size:
            raise UsageError("the C2PA library changed the size of its manifest; nothing is signed")
        target.seek(at)
        target.write(manifest)
        target.flush()

    def _settled_size(self, plan: Planner) -> int:
        """Return the size of the manifest, which depends on where it says that it lies."""
        size = 4096
        for _ in range(_PASSES):
            layout = plan(size)
            at = sum(len(p) if isinstance(p, bytes) else p[1] - p[0] for p in layout.before)
            left_out = (at - layout.header_bytes, size + layout.header_bytes)
            found = len(self._manifest(left_out, bytes(32)))
            if found == size:
                return size
            size = found
        raise UsageError("the size of the manifest does not settle; nothing is signed")

    def _manifest(self, left_out: tuple[int, int], digest: bytes) -> bytes:
        """Return a signed manifest that is bound to the file by this hash."""
        binding = {
            "label": "c2pa.hash.data",
            "data": {
                "exclusions": [{"start": left_out[0], "length": left_out[1]}],
                "name": "jumbf manifest",
                "alg": "sha256",
                "hash": list(digest),
                "pad": [0] * _PAD_BYTES,
            },
        }
        with self._builder(binding) as builder:
            builder.set_no_embed()
            return self._signed(builder, "application/c2pa", io.BytesIO(), io.BytesIO())

    def _builder(self, binding: dict[str, Any] | None) -> Any:
        library = self._library
        definition = {
            "claim_generator_info": [
                {"name": "Phonoscope", "version": metadata.version("phonoscope")}
            ],
            "assertions": [*([binding] if binding else []), *self._assertions()],
        }
        builder = library.Builder(json.dumps(definition), context(library, signing=True))
        if self._goes_on:
            builder.set_intent(library.C2paBuilderIntent.EDIT)
            self._file.seek(0)
            builder.add_ingredient(
                json.dumps({"relationship": "parentOf"}),
                SUPPORTED[self._container],
                _OnlyRead(self._file),
            )
        return builder

    def _assertions(self) -> list[dict[str, Any]]:
        first = "c2pa.edited" if self._goes_on else "c2pa.created"
        actions = [
            _action(declared, index, "c2pa.edited" if index else first)
            for index, declared in enumerate(self._declarations)
        ]
        whole = {"declarations": [_whole(declared) for declared in self._declarations]}
        return [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": OWN_ASSERTION, "data": whole},
        ]

    def _signed(self, builder: Any, media_type: str, source: BinaryIO, target: BinaryIO) -> bytes:
        library = self._library
        info = library.C2paSignerInfo(*self._credentials, None)
        with library.Signer.from_info(info) as native:
            manifest: bytes = builder.sign(native, media_type, source, target)
        if len(manifest) > MANIFEST_BYTES:
            raise UsageError(f"a manifest of {len(manifest) >> 20} MiB would not be read again")
        return manifest


class _OnlyRead(io.RawIOBase):
    """A file that the library may read but neither write nor close."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _term(part: Part, making: Making) -> str:
    term = term_for(part, making)
    if term is None:
        raise UsageError("a declaration that does not say how a part was made cannot be signed")
    return term


def _action(declared: Declaration, index: int, name: str) -> dict[str, Any]:
    action: dict[str, Any] = {
        "action": name,
        "digitalSourceType": VOCABULARY + _term(declared.part, declared.making),
        "description": f"{declared.part.value}: {declared.making.value}",
        "parameters": {OWN_ASSERTION: index},
    }
    if declared.tool:
        action["softwareAgent"] = {"name": declared.tool}
    if declared.declared_utc:
        action["when"] = f"{declared.declared_utc.isoformat()}Z"
    return action


def _whole(declared: Declaration) -> dict[str, str]:
    """Return everything that is declared; what is not said is left out."""
    said = {
        "part": declared.part.value,
        "making": declared.making.value,
        "tool": declared.tool,
        "producer": declared.producer,
        "voice": declared.voice,
        "declared_utc": declared.declared_utc.isoformat() if declared.declared_utc else None,
    }
    return {name: value for name, value in said.items() if value}


def _verify(written: BinaryIO, media_type: str) -> None:
    """Read what was written as any other reader would: the manifest found by the library."""
    try:
        store = read_store(written, media_type)
    except ManifestError as error:
        raise UsageError(
            f"other readers of C2PA would not find the signature in this file ({error}); an ID3 "
            f"tag with unusual frames, e.g. SYLT, does that; {_SIDECAR}"
        ) from error
    if store.get("validation_state") not in ("Valid", "Trusted"):
        status = store.get("validation_status") or []
        codes = ", ".join(str(s.get("code")) for s in status if isinstance(s, dict))
        raise UsageError(f"what was signed does not read back as valid ({codes}); nothing is kept")
