"""What stands for accounts and addresses in a catalogue: hashes with a key, or what was written.

The key lives outside the catalogue: in memory for one ingest, or in a file of the user's. Whoever
has the key can tell who somebody is by trying ids; whoever has not can only tell that two plays are
of one account.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import UsageError
from phonoscope.escape import printable

KEY_BYTES = 32
KEY_IS_GONE = (
    "the key that hides who listened was not kept, so listens of before could not be told to be of "
    "the same people"
)
"""Why an ingest begins again; not said of one whose key is kept."""
_LEAST_TEXT, _MOST_TEXT = 32, 4096
"""Bytes of a key file."""
_HASH_BYTES = 12
_KEPT = 1 << 20
"""Hashes that are remembered at most, so that most accounts are hashed once."""
_ADDRESS = b"ip\0"
_V4 = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3}|x|\*)(/\d{1,2})?", re.ASCII)
_V6_PREFIX = 48


class Pseudonyms:
    """Gives what stands for an account or an address.

    Parameters
    ----------
    key
        Of the hashes; ``None`` keeps what was written.
    is_stable
        Whether a later ingest can have the same key.
    """

    def __init__(self, key: bytes | None, *, is_stable: bool) -> None:
        self._key = key
        self.is_stable = is_stable
        """Whether a later ingest can have the same key, so that one that was stopped can go on."""
        self._accounts: dict[str, str] = {}
        self._addresses: dict[str, str] = {}

    @classmethod
    def drawn(cls) -> Pseudonyms:
        """Return ones whose key is drawn now and never stored."""
        return cls(secrets.token_bytes(KEY_BYTES), is_stable=False)

    @classmethod
    def none(cls) -> Pseudonyms:
        """Return ones that hide nothing."""
        return cls(None, is_stable=True)

    @classmethod
    def of_file(cls, path: str | os.PathLike[str]) -> Pseudonyms:
        """Return ones whose key is in a file, which is made when it is not there.

        Raises
        ------
        UsageError
            When it cannot be read or made, others may read it, or it is too short or too long.
        """
        file = Path(path)
        shown = printable(str(file))
        try:
            text = _made(file) or _read(file, shown)
        except OSError as error:
            raise UsageError(f"the key {shown} cannot be used: {error.strerror}") from error
        text = text.strip()
        if not _LEAST_TEXT <= len(text) <= _MOST_TEXT:
            raise UsageError(
                f"the key {shown} must hold {_LEAST_TEXT} to {_MOST_TEXT:,} bytes; name a file "
                "that is not there yet, and one is made"
            )
        return cls(blake2b(text, digest_size=KEY_BYTES).digest(), is_stable=True)

    @property
    def mark(self) -> str:
        """What differs when the key does, and tells nothing of it."""
        if self._key is None:
            return "none"
        return self._hash(b"mark\0") if self.is_stable else "drawn"

    def account(self, name: str) -> str:
        """Return what stands for an account."""
        if self._key is None:
            return name
        found = self._accounts.get(name)
        if found is None:
            # Many more accounts than are remembered only cost time.
            if len(self._accounts) >= _KEPT:
                self._accounts.clear()
            found = self._accounts[name] = self._hash(name.encode())
        return found

    def address(self, address: str) -> str:
        """Return what stands for an address: its network's, 24 bits of IPv4 and 48 of IPv6."""
        found = self._addresses.get(address)
        if found is None:
            if len(self._addresses) >= _KEPT:
                self._addresses.clear()
            prefix = prefix_of(address)
            found = prefix if self._key is None else self._hash(_ADDRESS + prefix.encode())
            self._addresses[address] = found
        return found

    def accounts(self, names: pa.Array) -> pa.Array:
        """Return what stands for accounts; empty stays empty."""
        coded = pc.dictionary_encode(names)
        hidden = pa.array([self.account(n) for n in coded.dictionary.to_pylist()], pa.string())
        return pc.take(hidden, coded.indices)

    def addresses(self, addresses: pa.Array) -> pa.Array:
        """Return what stands for addresses; empty stays empty."""
        coded = pc.dictionary_encode(addresses)
        hidden = pa.array([self.address(a) for a in coded.dictionary.to_pylist()], pa.string())
        return pc.take(hidden, coded.indices)

    def _hash(self, content: bytes) -> str:
        return blake2b(content, key=self._key or b"", digest_size=_HASH_BYTES).hexdigest()


def prefix_of(address: str) -> str:
    """Return the network of an address; what is none is returned as it is."""
    found = _V4.fullmatch(address)
    if found:
        return f"{found[1]}.0/24"
    try:
        host = ipaddress.IPv6Interface(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.IPv6Network((int(host.ip), _V6_PREFIX), strict=False))


def _made(file: Path) -> bytes | None:
    """Make a key file that only its owner reads; ``None`` when there is one."""
    text = secrets.token_hex(KEY_BYTES).encode()
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(text + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    return text


def _read(file: Path, shown: str) -> bytes:
    if not file.is_file():
        raise UsageError(f"the key {shown} is no file")
    if os.name != "nt" and file.stat().st_mode & 0o077:
        raise UsageError(f"others may read the key {shown}: chmod 600 it, or make another")
    with file.open("rb") as opened:
        return opened.read(_MOST_TEXT + 2)
