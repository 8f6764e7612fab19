"""Lists of published claims: read from YAML that nobody has to trust.

A list of claims is a text that people pass around, so it is read like one: it is small, it has no
aliases, no tags and no objects, and every cell is text until it is asked to be a number.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown
from phonoscope.findings.claim import Claim

FORMAT = "phonoscope-claims/1"
SHIPPED = "shipped"
"""Name by which the claims that come with Phonoscope are asked for."""
MOST_BYTES, MOST_CLAIMS, MOST_DEEP, MOST_TEXT = 262_144, 1_000, 4, 600
_BOUNDS = ("value", "at_least", "at_most")
_NEEDED = ("id", "says", "source", "date", "figure")
_KNOWN = (*_NEEDED, *_BOUNDS, "rounding", "url", "note")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_FIGURE = re.compile(r"([a-z0-9_-]+)\.([a-z0-9_-]+)")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[!-~]*)?")
_NUMBER = re.compile(r"[-+]?(\d[\d_]*)?(\.\d+)?([eE][-+]?\d+)?")


def read_claims(path: str | os.PathLike[str]) -> tuple[Claim, ...]:
    """Read a list of claims.

    Parameters
    ----------
    path
        YAML file as ``docs/claims.md`` describes it, or ``"shipped"`` for the list that comes
        with Phonoscope.

    Raises
    ------
    UsageError
        When it cannot be read, or is no such list: says where and why.
    """
    if os.fspath(path) == SHIPPED:
        return claims_of(files(__package__).joinpath("claims.yaml").read_bytes(), SHIPPED)
    name = shown(os.fspath(path))
    try:
        with Path(path).open("rb") as file:
            # One byte more than may be, so that a device without an end is refused as well.
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read the claims in {name}: {why}") from error
    return claims_of(content, name)


def claims_of(content: bytes, name: str) -> tuple[Claim, ...]:
    """Return the claims in the bytes of a file that a person calls ``name``."""
    if len(content) > MOST_BYTES:
        raise UsageError(f"{name} is longer than {MOST_BYTES:,} bytes: no list of claims is")
    document = _document(content, name)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{name} is no list of claims: it does not begin with 'format: {FORMAT}'")
    rows = document.get("claims")
    if set(document) - {"format", "claims"} or not isinstance(rows, list) or not rows:
        raise UsageError(f"{name} holds besides 'format' a list 'claims' and nothing else")
    if len(rows) > MOST_CLAIMS:
        raise UsageError(f"{name} holds {len(rows):,} claims; {MOST_CLAIMS:,} are read at most")
    claims = tuple(_claim(row, f"{name}, claim {at}") for at, row in enumerate(rows, 1))
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise UsageError(f"{name} has two claims with the id {claim.id!r}")
        seen.add(claim.id)
    return claims


def _document(content: bytes, name: str) -> Any:
    """Return what YAML says, every scalar as text."""
    import yaml  # noqa: PLC0415  (only who checks claims needs it)

    try:
        text = content.decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, yaml.BaseLoader):
            # Checked as they come, before anything is built: an alias may stand for a billion
            # others, and brackets in brackets exhaust the stack.
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            mark = event.start_mark
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise UsageError(f"{name}, line {mark.line + 1}: aliases are not read in claims")
            if getattr(event, "tag", None):
                raise UsageError(f"{name}, line {mark.line + 1}: tags are not read in claims")
            if depth > MOST_DEEP:
                raise UsageError(f"{name}, line {mark.line + 1}: too deeply nested for claims")
        return _built(yaml.compose(text, yaml.BaseLoader), name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not text in UTF-8") from error
    except (yaml.YAMLError, RecursionError) as error:
        problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{name}{where} is not YAML: {printable(str(problem))}") from error


def _built(node: Any, name: str) -> Any:
    """Build what a node stands for; a key that comes twice would silently lose a claim."""
    if node is None:
        return None
    if node.id == "scalar":
        return node.value
    if node.id == "sequence":
        return [_built(item, name) for item in node.value]
    built: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.id != "scalar" or key.value in built:
            raise UsageError(f"{name}, line {line}: a key is not text, or comes twice")
        built[key.value] = _built(value, name)
    return built


def _claim(row: Any, where: str) -> Claim:
    if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
        raise UsageError(f"{where}: a claim is a list of names with one text or number each")
    if isinstance(row.get("id"), str) and _ID.fullmatch(row["id"]):
        where = f"{where} ({row['id']})"
    if unknown := [key for key in row if key not in _KNOWN]:
        known = ", ".join(_KNOWN)
        raise UsageError(f"{where}: there is no {printable(unknown[0][:40])!r}; there are {known}")
    if missing := [key for key in _NEEDED if not row.get(key, "").strip()]:
        raise UsageError(f"{where}: it lacks {', '.join(missing)}")
    if long := [key for key, cell in row.items() if len(cell) > MOST_TEXT]:
        raise UsageError(f"{where}: its {long[0]} is longer than {MOST_TEXT} characters")
    figure = _FIGURE.fullmatch(row["figure"])
    if not _ID.fullmatch(row["id"]) or figure is None:
        raise UsageError(
            f"{where}: an id is of small letters, digits and hyphens, a figure of two names with "
            "a dot between them, such as explicit.explicit_share"
        )
    if row.get("url") and not _URL.fullmatch(row["url"]):
        raise UsageError(f"{where}: its url does not begin with http:// or https://")
    bounds = [name for name in _BOUNDS if name in row]
    if len(bounds) != 1:
        raise UsageError(f"{where}: it needs one of {', '.join(_BOUNDS)}, and has {len(bounds)}")
    numbers = {name: _number(row, name, where) for name in (*bounds, "rounding") if name in row}
    if numbers.get("rounding", 0.0) < 0.0:
        raise UsageError(f"{where}: its rounding is less than 0")
    return Claim(
        id=row["id"],
        says=_text(row["says"]),
        source=_text(row["source"]),
        date=_text(row["date"]),
        finding=figure.group(1),
        figure=figure.group(2),
        value=numbers.get("value"),
        at_least=numbers.get("at_least"),
        at_most=numbers.get("at_most"),
        rounding=numbers.get("rounding", 0.0),
        url=row.get("url", ""),
        note=_text(row.get("note", "")),
    )


def _text(cell: str) -> str:
    """Return a text on one line, safe to show."""
    return printable(" ".join(cell.split()))


def _number(row: Mapping[str, str], name: str, where: str) -> float:
    cell = row[name].strip()
    if cell and _NUMBER.fullmatch(cell):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
    raise UsageError(f"{where}: its {name} is no number: {printable(cell[:40])!r}")
