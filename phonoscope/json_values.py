"""Values as strict JSON (RFC 8259) knows them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from datetime import datetime
from enum import Enum
from typing import Any


def json_value(value: Any) -> Any:
    r"""Return a value made only of what JSON knows.

    Numbers that are not finite become ``None``, bytes become hexadecimal digits, dates and times
    become ISO 8601. A time without a zone is UTC, as everywhere in a catalogue. NumPy's numbers
    and arrays become Python's. What is left becomes its text.

    Examples
    --------
    >>> from datetime import datetime
    >>> json_value({"share": float("nan"), "hash": b"\x01\xff", "at": datetime(2026, 1, 2)})
    {'share': None, 'hash': '01ff', 'at': '2026-01-02T00:00:00Z'}
    """
    if isinstance(value, Mapping):
        return {str(_plain(name)): json_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | Set):
        return [json_value(inner) for inner in value]
    value = _plain(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    # NumPy isn't imported here: commands that compute nothing start without it.
    return json_value(value.tolist()) if hasattr(value, "tolist") else _text(value)


def json_object(text: str | None) -> dict[str, Any]:
    """Return the JSON object in a text from a catalogue, of strict values.

    A text that isn't one reads as empty: the catalogue may come from anyone.

    >>> json_object('{"a": NaN}'), json_object("{"), json_object("[1]"), json_object(None)
    ({'a': None}, {}, {}, {})
    """
    try:
        found = json.loads(text or "{}")
        return json_value(found) if isinstance(found, dict) else {}
    except (ValueError, RecursionError):
        return {}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime) and value.tzinfo is None:
        return f"{value.isoformat()}Z"
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
