"""Write the table of letters that look alike from ICU: ``phonoscope/linking/lookalikes.tsv``.

    pip download --no-deps icu4py && unzip icu4py*.whl
    python -m bench.lookalikes icu4py.libs/libicui18n-*.so.*

ICU carries Unicode's table of confusables (UTS #39) and computes from it the prototype of each
character, its skeleton; so nothing is parsed or typed here. Any build of ICU 58 or later will do;
the newer, the more of Unicode.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INTO = Path("phonoscope/linking/lookalikes.tsv")
KINDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 27})
"""ICU's numbers of letters, marks, numbers and other symbols. Punctuation is left out: keys have
none."""
IGNORABLE = 5
"""ICU's number of the property Default_Ignorable_Code_Point: what shows nothing."""
HEAD = """\
# Characters and what they look like: first column a code point or a range, second what it looks
# like; nothing stands for what shows nothing. Written by bench/lookalikes.py from ICU {icu}, whose
# data are those of Unicode {unicode}: UTS #39, Unicode Security Mechanisms, and the property
# Default_Ignorable_Code_Point. Copyright Unicode, Inc., under the Unicode License v3: see NOTICE.
"""


class Icu:
    """The few functions of ICU that are needed, by the version in their names."""

    def __init__(self, library: Path) -> None:
        exported = subprocess.run(
            ["nm", "-D", "--defined-only", str(library)], check=True, capture_output=True, text=True
        ).stdout
        names = [line.split()[-1].partition("@")[0] for line in exported.splitlines()]
        (opens,) = (name for name in names if name.startswith("uspoof_open_"))
        self._suffix = opens.removeprefix("uspoof_open")
        (beside,) = library.parent.glob(library.name.replace("i18n", "uc").split("-")[0] + "*")
        self._common = ctypes.CDLL(str(beside))
        self._spoof = ctypes.CDLL(str(library))
        opened = self._call(self._spoof, "uspoof_open")
        opened.restype = ctypes.c_void_p
        self._checker = ctypes.c_void_p(opened(ctypes.byref(ctypes.c_int(0))))

    def _call(self, library: ctypes.CDLL, name: str) -> Any:
        return getattr(library, name + self._suffix)

    def skeleton(self, text: str) -> str:
        """Return what text looks like."""
        units = text.encode("utf-16-le")
        found = ctypes.create_string_buffer(400)
        error = ctypes.c_int(0)
        length = self._call(self._spoof, "uspoof_getSkeleton")(
            self._checker, 0, ctypes.create_string_buffer(units + b"\0\0"), len(units) // 2, found,
            200, ctypes.byref(error),
        )  # fmt: skip
        if error.value > 0:
            raise RuntimeError(f"ICU says error {error.value} of {text!r}")
        return found.raw[: 2 * length].decode("utf-16-le")

    def kind(self, point: int) -> int:
        """Return the number of the general category."""
        kind: int = self._call(self._common, "u_charType")(point)
        return kind

    def ignorable(self, point: int) -> bool:
        """Whether a character shows nothing."""
        return bool(self._call(self._common, "u_hasBinaryProperty")(point, IGNORABLE) & 1)

    def version(self, name: str) -> str:
        """Return a version that ICU states, ``u_getVersion`` or ``u_getUnicodeVersion``."""
        found = ctypes.create_string_buffer(4)
        self._call(self._common, name)(found)
        return f"{found.raw[0]}.{found.raw[1]}"


def points() -> Iterator[int]:
    yield from range(0xD800)
    yield from range(0xE000, 0x110000)


def ranges(some: list[int]) -> Iterator[tuple[int, int]]:
    first = last = some[0]
    for point in some[1:]:
        if point != last + 1:
            yield first, last
            first = point
        last = point
    yield first, last


def table(icu: Icu) -> str:
    unicode, version = icu.version("u_getUnicodeVersion"), icu.version("u_getVersion")
    lines = [HEAD.format(icu=version, unicode=unicode).rstrip()]
    hidden = [point for point in points() if icu.ignorable(point)]
    for first, last in ranges(hidden):
        lines.append(f"{first:04X}\t" if first == last else f"{first:04X}..{last:04X}\t")
    known = set(hidden)
    for point in points():
        if point in known or icu.kind(point) not in KINDS:
            continue
        # What falls apart into letter and accent is taken apart before the table is used.
        looks = icu.skeleton(chr(point))
        if looks != chr(point) and not _decomposes(icu, point, looks):
            lines.append(f"{point:04X}\t{looks}")
    return "\n".join(lines) + "\n"


def _decomposes(icu: Icu, point: int, looks: str) -> bool:
    apart = unicodedata.normalize("NFD", chr(point))
    return apart != chr(point) and looks == "".join(map(icu.skeleton, apart))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("library", type=Path, help="libicui18n of ICU, next to its other libraries")
    INTO.write_text(table(Icu(parser.parse_args().library)))


if __name__ == "__main__":
    main()
