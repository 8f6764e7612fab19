"""pandas, imported only by what uses it."""

from __future__ import annotations

import sys
from typing import Any


class _Absent:
    """An import hook for which pandas isn't installed."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def pandas_later() -> None:
    """Keep pyarrow from importing pandas until a table is turned into a data frame.

    pyarrow imports pandas (0.4 CPU-s) when it first converts values of Python, to ask whether they
    are of pandas; without pandas it doesn't ask again. This is for commands, which have no data
    frames: a program that uses Phonoscope may hand its own to pyarrow.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, _Absent)
    try:
        pa.scalar(0)
    finally:
        sys.meta_path.remove(_Absent)
