"""Read changed copies of a signed file for some seconds; say what came of it as JSON.

Run by the tests in a process of its own: the library is native code, and a crash of it must
be seen as one.
"""

from __future__ import annotations

import collections
import io
import json
import random
import resource
import sys
import time
from pathlib import Path

from phonoscope.disclosure.manifest import find_manifest
from phonoscope.disclosure.read import read_marks

ODD = (0x00, 0xFF, 0x7F, 0x80, 0x9F, 0xBF, 0x5F, 0x1B, 0x9B, 0xBB, 0xDB, 0x81, 0xA1, 0xC1)
WORDS = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0", b"brob", b"jumb")


def changed(data: bytes, start: int, size: int, draw: random.Random) -> bytes:
    """Change a few bytes, most of them within the manifest."""
    out = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at = start + draw.randrange(size)
        if draw.random() < 0.2:
            # The container around it, which the library parses too.
            at = draw.randrange(start + 200)
        at = min(at, len(out) - 1)
        match draw.randrange(6):
            case 0:
                out[at] ^= 1 << draw.randrange(8)
            case 1:
                out[at] = draw.choice(ODD)
            case 2:
                out[at : at + 4] = draw.choice(WORDS)
            case 3:
                out[at : at + 9] = b"\x9b\0\0\0\0\x7f\xff\xff\xff"
            case 4:
                long = draw.randrange(1, 400)
                other = start + draw.randrange(size)
                out[at : at + long] = out[other : other + long]
            case _:
                del out[at : at + draw.randrange(1, 60)]
    return bytes(out)


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(path: str, seconds: str) -> None:
    data = Path(path).read_bytes()
    found = find_manifest(io.BytesIO(data))
    assert found is not None
    honest = {mark for mark in read_marks(io.BytesIO(data), {})[1] if mark.signature}
    base, draw = peak_mib(), random.Random(1)
    states: collections.Counter[str] = collections.Counter()
    forged: set[str] = set()
    read, slowest_s, until = 0, 0.0, time.monotonic() + float(seconds)
    while time.monotonic() < until:
        mutated = changed(data, found.start, found.size, draw)
        began = time.monotonic()
        _, declared = read_marks(io.BytesIO(mutated), {})
        slowest_s = max(slowest_s, time.monotonic() - began)
        read += 1
        for mark in declared:
            for value in (mark.value, mark.place, mark.tool or "", mark.signer or ""):
                assert len(value) <= 500
                assert value.isprintable()
            states[str(mark.signature)] += 1
            # Padding may change without harm; what a valid signature stands under may not.
            if mark.signature == "valid" and mark not in honest:
                forged.add(repr(mark))
    print(
        json.dumps(
            {
                "read": read,
                "slowest_s": slowest_s,
                "grown_mib": peak_mib() - base,
                "states": states,
                "forged": sorted(forged),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
