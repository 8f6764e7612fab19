"""The C2PA library (c2pa-python, over c2pa-rs), kept to what a hostile file may ask of it.

It is native code that reads bytes of strangers. It gets no path but a watched view of the
open file, which ends in an error after too much reading or too long a time; it may not fetch
anything (manifests, revocation lists, identities); it is loaded from its own package alone,
for by itself it would take a library of that name from the current folder first.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from phonoscope.errors import MissingExtraError, PhonoscopeError
from phonoscope.escape import printable

EXTRA = "provenance"

STORE_CHARACTERS = 8 << 20
"""A manifest store that says more than this, as JSON, is not taken apart."""

LONGEST_S = 20.0
"""Seconds reading one manifest may take, besides hashing the file at :data:`SLOWEST_BPS`."""

SLOWEST_BPS = 20e6
"""A disk slower than this many bytes a second is not waited for."""

_LIBRARIES = {"win32": "c2pa_c.dll", "darwin": "libc2pa_c.dylib"}
_LOADING = threading.Lock()

_OFFLINE: dict[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
    "core": {
        # A second lock on the same door, and identities that would be looked up on the web.
        "allowed_network_hosts": [],
        "decode_identity_assertions": False,
        "max_decompressed_manifest_size_in_mb": 1,
    },
    "builder": {"thumbnail": {"enabled": False}},
}


class ManifestError(PhonoscopeError):
    """The library cannot read or write a manifest; says why in one line."""


def load() -> ModuleType:
    """Return the library.

    Raises
    ------
    MissingExtraError
        When it is not installed, or does not run on this machine.
    """
    with _LOADING:
        if "c2pa" in sys.modules:
            return sys.modules["c2pa"]
        spec = importlib.util.find_spec("c2pa")
        folders = (spec.submodule_search_locations if spec else None) or []
        name = _LIBRARIES.get(sys.platform, "libc2pa_c.so")
        own = next((p for f in folders if (p := Path(f) / "libs" / name).is_file()), None)
        if own is None:
            raise MissingExtraError(EXTRA, "reading and signing C2PA manifests")
        before = os.environ.get("C2PA_LIBRARY_NAME")
        # Its loader looks into the current folder before its own; a whole path leaves no choice.
        os.environ["C2PA_LIBRARY_NAME"] = str(own.resolve())
        try:
            return importlib.import_module("c2pa")
        except (ImportError, OSError, RuntimeError) as error:
            raise MissingExtraError(EXTRA, "reading and signing C2PA manifests") from error
        finally:
            if before is None:
                del os.environ["C2PA_LIBRARY_NAME"]
            else:
                os.environ["C2PA_LIBRARY_NAME"] = before


def context(
    library: ModuleType, roots_pem: str = "", *, signing: bool = False, fetch: bool = False
) -> Any:
    """Return settings for one use of the library.

    Parameters
    ----------
    roots_pem
        Certificates that are trusted; none when empty.
    signing
        Whether a manifest is made, which is verified when it is in its file and not before.
    fetch
        Only for the test that shows that a fetch would be seen.
    """
    config = copy.deepcopy(_OFFLINE)
    if signing:
        config["verify"]["verify_after_sign"] = False
    if fetch:
        config["verify"]["remote_manifest_fetch"] = True
        del config["core"]["allowed_network_hosts"]
    if roots_pem:
        config["trust"] = {"user_anchors": roots_pem}
    return library.Context.from_dict(config)


def read_store(
    file: BinaryIO,
    media_type: str,
    roots_pem: str = "",
    *,
    manifest: bytes | None = None,
    fetch: bool = False,
) -> dict[str, Any]:
    """Return the manifest store of a file, checked, as the library's JSON.

    Parameters
    ----------
    file
        At any position, only read.
    media_type
        Its media type, e.g. 'audio/mpeg'.
    roots_pem
        Certificates that are trusted; none when empty.
    manifest
        The manifest store as it stands in the file; ``None`` lets the library look for it.
    fetch
        Only for the test that shows that a fetch would be seen.

    Raises
    ------
    MissingExtraError
        When the library is not installed.
    ManifestError
        When it cannot read the manifest, within bounds of time, bytes and size.
    """
    library = load()
    view = Watched(file)
    try:
        with (
            context(library, roots_pem, fetch=fetch) as offline,
            library.Reader(media_type, view, manifest, offline) as reader,
        ):
            text = reader.json()
        if view.refused:
            # What it could not read to the end it would call changed.
            raise ManifestError(view.refused)
        if len(text) > STORE_CHARACTERS:
            raise ManifestError(f"it says more than {STORE_CHARACTERS >> 20} million characters")
        store = json.loads(text)
    except (library.C2paError, ValueError, RecursionError) as error:
        raise ManifestError(view.refused or reason(error)) from error
    if not isinstance(store, dict):
        raise ManifestError("it is not what the library promises")
    return store


def reason(error: Exception) -> str:
    """Return what the library says of an error, in one short line."""
    return printable(str(error).strip() or type(error).__name__)[:200]


class Watched:
    """A view of a file, only to read, that ends in an error after too much or too long."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._left = 4 * size + (64 << 20)
        self._until = time.monotonic() + LONGEST_S + size / SLOWEST_BPS
        self.refused: str | None = None
        """Why reading was refused; ``None`` when it was not."""

    def readinto(self, buffer: memoryview) -> int:
        """Read into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Read, unless enough was read."""
        if time.monotonic() > self._until:
            self.refused = "checking it took too long"
        elif self._left < 0:
            self.refused = "checking it read the file over and over"
        if self.refused:
            raise OSError(self.refused)
        data = self._file.read(size)
        # A read counts as at least this many bytes, so that a million tiny ones end too.
        self._left -= max(len(data), 64)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def write(self, data: bytes) -> int:
        """Refuse: a file that is read is not changed."""
        raise OSError("only to read")

    def flush(self) -> None:
        """Do nothing."""
