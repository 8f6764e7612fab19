"""Inner loops in C, with the same results as the numpy code next to each call, much faster.

``hatch_build.py`` compiles ``loops.c`` when the package is built or installed, once for any
processor and, on x86, once more for those with AVX2. There is no Python in them, so one build
serves every version of Python. Where no compiler was found, :func:`loops` returns ``None`` and
callers use their numpy code: a scan then takes longer, and nothing else changes
(docs/decisions/compiled-loops.md).
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

SWITCH = "PHONOSCOPE_COMPILED"
"""Environment variable; ``0`` leaves the compiled loops out."""
VERSION = 5
"""Of the functions in ``loops.c``; a library of another version isn't used."""
SUFFIX = ".dll" if sys.platform == "win32" else ".so"


@cache
def loops() -> ctypes.CDLL | None:
    """Return the compiled loops, or ``None`` where there are none."""
    return None if os.environ.get(SWITCH) == "0" else loaded(Path(__file__).parent)


def loaded(folder: Path) -> ctypes.CDLL | None:
    """Return the fastest loops in a folder that this processor can run, ``None`` without any."""
    plain = _library(folder / f"loops{SUFFIX}")
    if plain is None or not plain.has_avx2():
        return plain
    return _library(folder / f"loops-avx2{SUFFIX}") or plain


def _library(path: Path) -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(path))
        version = library.version()
    except (OSError, AttributeError):
        return None
    if version != VERSION:
        return None
    for function, (result, arguments) in _SIGNATURES.items():
        found = getattr(library, function)
        found.restype, found.argtypes = result, arguments
    return library


def at(array: NDArray[Any]) -> int:
    """Return the address of an array's first value."""
    return int(array.__array_interface__["data"][0])


def _takes(kinds: str) -> list[Any]:
    """Return the types of arguments: pointer, long, int, float, double, by their first letters."""
    types = {
        "p": ctypes.c_void_p,
        "l": ctypes.c_int64,
        "i": ctypes.c_int,
        "f": ctypes.c_float,
        "d": ctypes.c_double,
    }
    return [types[kind] for kind in kinds]


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "gather": (ctypes.c_int64, _takes("plpllifpl")),
    "weighted_power": (ctypes.c_int64, _takes("plppllppp")),
    "true_peak": (ctypes.c_float, _takes("plpiffp")),
    "spectra": (None, _takes("ppppllp")),
    "two_spectra": (None, _takes("pppppllpp")),
    "level_sum": (None, _takes("pllpp")),
    "votes": (None, _takes("pllp")),
    "running_sum": (None, _takes("plllp")),
    "moments": (None, _takes("plllpldp")),
    "quantile_of": (ctypes.c_double, _takes("pldp")),
    "median_and_spread": (None, _takes("plpp")),
    "peak_weights": (None, _takes("plffpp")),
    "line_values": (None, _takes("pplpp")),
    "running_rank": (None, _takes("plllpp")),
    "grown": (None, _takes("pppppplllpllp")),
    "marks": (ctypes.c_int64, _takes("plplpl")),
}
