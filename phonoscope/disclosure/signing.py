"""Sign declarations into a file as a C2PA manifest.

Sign last: any later change of the file, even if only of its tags, makes the signature invalid.
The signature has no time stamp, because this package doesn't use the network. So it is valid only
until its certificate expires: no one can prove that it was made before.

The sound and everything else in the file stay identical, bit for bit: see
:mod:`phonoscope.disclosure.embedding`. In m4a, the library inserts its box after ``ftyp`` and
corrects the chunk offsets; all other boxes stay.
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
from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.disclosure.embedding import SUPPORTED, Planner, container_of, pieces, planner_of
from phonoscope.disclosure.iptc import VOCABULARY, term_for
from phonoscope.disclosure.manifest import MANIFEST_BYTES, find_manifest, refusal
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.signer import Signer
from phonoscope.errors import LabelError, UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, sentences
from phonoscope.text import size as text_size

_MOST = 100
_PASSES = 6
_PAD_BYTES = 16
_SIZE_VARIES = gettext(
    "The C2PA library changes the size of its manifest on every attempt. The file wasn't signed."
)


def sign(source: Path, target: Path, declarations: Sequence[Declaration], signer: Signer) -> None:
    """Write a copy of a file with a signed manifest of declarations.

    Parameters
    ----------
    source
        A wav, mp3, flac or m4a file. If it has a manifest, that becomes the parent of the new one.
    target
        The file to write; an existing one is overwritten, and removed if anything fails.
    declarations
        1 to 100. ``part``, ``making``, ``tool``, ``producer``, ``voice`` and ``declared_utc``
        are signed; ``standard``, ``place``, ``value`` and the signature aren't.
    signer
        The signer.

    Raises
    ------
    UsageError
        When certificate or key don't fit, or a declaration can't be signed.
    LabelError
        When the file can't hold a manifest, or the signed copy doesn't read back as valid.
    MissingExtraError
        When the extra ``provenance`` isn't installed.
    """
    if not 1 <= len(declarations) <= _MOST:
        raise UsageError(
            gettext(
                "A signature covers 1 to {most} declarations, not {n}.",
                most=_MOST,
                n=len(declarations),
            ),
            code="wrong-number",
        )
    for declared in declarations:
        _term(declared.part, declared.making)
    if target.exists() and target.samefile(source):
        raise UsageError(
            gettext("The signed copy needs a path of its own, not that of the source."),
            code="same-file",
        )
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
        raise LabelError(
            gettext("The file can't be signed: {reason}.", reason=reason(error)), code="io"
        ) from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


class _Work:
    """The work on one file that is being signed."""

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
            raise LabelError(
                sentences(
                    gettext("The file already has a manifest, which can't be kept."), refused
                ),
                code="unreadable-manifest",
            )
        self._order = _order(declarations)
        # Without a statement about the file as a whole, the file came from somewhere else: it is
        # opened and described, not created.
        self._continues = before is not None or not self._order

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
            raise LabelError(
                gettext("The C2PA library can't sign the file: {reason}.", reason=reason(error)),
                code="not-signed",
            ) from error

    def _embed(self, plan: Planner, target: BinaryIO) -> None:
        size = self._settled_size(plan)
        layout = plan(size)
        digest = hashlib.sha256()
        # The hash leaves out the manifest and the header of its chunk.
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
            raise LabelError(_SIZE_VARIES, code="size-varies")
        target.seek(at)
        target.write(manifest)
        target.flush()

    def _settled_size(self, plan: Planner) -> int:
        """Return the size of the manifest, which depends on the offset that it contains."""
        size = 4096
        for _ in range(_PASSES):
            layout = plan(size)
            at = sum(len(p) if isinstance(p, bytes) else p[1] - p[0] for p in layout.before)
            left_out = (at - layout.header_bytes, size + layout.header_bytes)
            found = len(self._manifest(left_out, bytes(32)))
            if found == size:
                return size
            size = found
        raise LabelError(_SIZE_VARIES, code="size-varies")

    def _manifest(self, left_out: tuple[int, int], digest: bytes) -> bytes:
        """Return a signed manifest that this hash binds to the file."""
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
        if self._continues:
            builder.set_intent(library.C2paBuilderIntent.EDIT)
            self._file.seek(0)
            builder.add_ingredient(
                json.dumps({"relationship": "parentOf"}),
                SUPPORTED[self._container],
                _OnlyRead(self._file),
            )
        return builder

    def _assertions(self) -> list[dict[str, Any]]:
        order = self._order or range(len(self._declarations))
        actions = [
            _action(
                self._declarations[index],
                index,
                "c2pa.edited" if at or self._continues else "c2pa.created",
            )
            for at, index in enumerate(order)
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
            raise LabelError(
                gettext(
                    "The manifest would be {size}, too large to be read again.",
                    size=text_size(len(manifest)),
                ),
                code="too-large",
            )
        return manifest


class _OnlyRead(io.RawIOBase):
    """A file that the library can read but neither write nor close."""

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
        raise UsageError(
            gettext(
                "A declaration can't be signed if it doesn't say how the part was made. Give "
                "--what PART=HOW."
            ),
            code="making-not-given",
        )
    return term


def _order(declarations: Sequence[Declaration]) -> list[int]:
    """Return the order of the actions, so that the first is about the whole file.

    ``c2pa.created`` comes first, and its source type is that of the file: of a declaration for the
    whole recording, or of any generated part, which makes the file a composite. Human or assisted
    parts say nothing about the rest of the file, so for those alone the result is empty.
    """
    numbers = range(len(declarations))
    speaks = [i for i in numbers if declarations[i].part is Part.WHOLE] or [
        i for i in numbers if declarations[i].making in MACHINE_MAKING
    ]
    return [*speaks[:1], *(i for i in numbers if i != speaks[0])] if speaks else []


def _tool(declared: Declaration) -> str | None:
    """Return the tool: what people made wasn't made with it."""
    return None if declared.making is Making.HUMAN else declared.tool


def _action(declared: Declaration, index: int, name: str) -> dict[str, Any]:
    action: dict[str, Any] = {
        "action": name,
        "digitalSourceType": VOCABULARY + _term(declared.part, declared.making),
        "description": f"{declared.part.value}: {declared.making.value}",
        "parameters": {OWN_ASSERTION: index},
    }
    if tool := _tool(declared):
        action["softwareAgent"] = {"name": tool}
    if declared.declared_utc:
        action["when"] = f"{declared.declared_utc.isoformat()}Z"
    return action


def _whole(declared: Declaration) -> dict[str, str]:
    """Return everything that is declared, without empty values."""
    said = {
        "part": declared.part.value,
        "making": declared.making.value,
        "tool": _tool(declared),
        "producer": declared.producer,
        "voice": declared.voice,
        "declared_utc": declared.declared_utc.isoformat() if declared.declared_utc else None,
    }
    return {name: value for name, value in said.items() if value}


def _verify(written: BinaryIO, media_type: str) -> None:
    """Read the signed copy as any other reader would: the library searches for the manifest."""
    try:
        store = read_store(written, media_type)
    except ManifestError as error:
        raise LabelError(
            sentences(
                gettext(
                    "Other readers of C2PA wouldn't find the signature in this file. An ID3 tag "
                    "with unusual frames, such as SYLT, can cause that. Write a sidecar instead "
                    "(--standard sidecar)."
                ),
                error.message,
            ),
            code="hidden-manifest",
        ) from error
    if store.get("validation_state") not in ("Valid", "Trusted"):
        status = store.get("validation_status") or []
        codes = ", ".join(str(s.get("code")) for s in status if isinstance(s, dict))
        raise LabelError(
            gettext(
                "The file wasn't signed, because the copy doesn't read back as valid ({codes}).",
                codes=printable(codes),
            ),
            code="not-valid",
        )
