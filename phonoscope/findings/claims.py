"""Lists of published claims, read from YAML files that may come from strangers.

So the reader is strict: a list is small and has no aliases, tags or objects. Every cell is text
until the claim needs a number.
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
from phonoscope.messages import gettext

FORMAT = "phonoscope-claims/1"
SHIPPED = "shipped"
"""Name of the list that comes with Phonoscope."""
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
        YAML file as described in ``docs/claims.md``, or ``"shipped"`` for the list that comes
        with Phonoscope.

    Raises
    ------
    UsageError
        When it can't be read or isn't such a list; the message has the line and the reason.
    """
    if os.fspath(path) == SHIPPED:
        return claims_of(files(__package__).joinpath("claims.yaml").read_bytes(), SHIPPED)
    name = shown(os.fspath(path))
    try:
        with Path(path).open("rb") as file:
            # One byte more than allowed, so that an endless device is refused as well.
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        words = gettext("Can't read the claims in {file}: {why}.", file=name, why=why)
        raise UsageError(words, code="unreadable") from error
    return claims_of(content, name)


def claims_of(content: bytes, name: str) -> tuple[Claim, ...]:
    """Return the claims in the bytes of a file that people know as ``name``."""
    if len(content) > MOST_BYTES:
        words = gettext(
            "{file} is larger than {most} bytes, too large for a list of claims.",
            file=name,
            most=MOST_BYTES,
        )
        raise UsageError(words, code="too-large")
    document = _document(content, name)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        words = gettext(
            "{file} isn't a list of claims. A list begins with \u201cformat: {format}\u201d.",
            file=name,
            format=FORMAT,
        )
        raise UsageError(words, code="not-claims")
    rows = document.get("claims")
    if set(document) - {"format", "claims"} or not isinstance(rows, list) or not rows:
        words = gettext(
            "{file} isn't a valid list of claims. After \u201cformat\u201d it needs a list "
            "\u201cclaims\u201d and nothing else.",
            file=name,
        )
        raise UsageError(words, code="not-a-list")
    if len(rows) > MOST_CLAIMS:
        words = gettext(
            "{file} has {n} claims. At most {most} are read.",
            file=name,
            n=len(rows),
            most=MOST_CLAIMS,
        )
        raise UsageError(words, code="too-many")
    claims = tuple(
        _claim(row, gettext("{file}, claim {at}", file=name, at=at))
        for at, row in enumerate(rows, 1)
    )
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            words = gettext("{file} has two claims with the id {id}.", file=name, id=claim.id)
            raise UsageError(words, code="duplicate-id")
        seen.add(claim.id)
    return claims


def _document(content: bytes, name: str) -> Any:
    """Return the YAML with every scalar as text."""
    import yaml  # noqa: PLC0415  (only checks of claims need it)

    try:
        text = content.decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, yaml.BaseLoader):
            # Checked event by event, before anything is built: an alias may stand for a billion
            # others, and nested brackets exhaust the stack.
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            where = _line(name, event.start_mark)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                words = gettext("{where}: a list of claims can't have aliases.", where=where)
                raise UsageError(words, code="alias")
            if getattr(event, "tag", None):
                words = gettext("{where}: a list of claims can't have tags.", where=where)
                raise UsageError(words, code="tag")
            if depth > MOST_DEEP:
                words = gettext("{where}: nested too deeply for a list of claims.", where=where)
                raise UsageError(words, code="too-deep")
        return _built(yaml.compose(text, yaml.BaseLoader), name)
    except UnicodeDecodeError as error:
        words = gettext("{file} isn't UTF-8 text.", file=name)
        raise UsageError(words, code="not-text") from error
    except (yaml.YAMLError, RecursionError) as error:
        problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        mark = getattr(error, "problem_mark", None)
        words = gettext(
            "{where}: invalid YAML ({why}).",
            where=_line(name, mark) if mark else name,
            why=printable(str(problem)),
        )
        raise UsageError(words, code="not-yaml") from error


def _line(name: str, mark: Any) -> str:
    return gettext("{file}, line {line}", file=name, line=mark.line + 1)


def _built(node: Any, name: str) -> Any:
    """Return the value of a node; a duplicate key would silently lose a claim."""
    if node is None:
        return None
    if node.id == "scalar":
        return node.value
    if node.id == "sequence":
        return [_built(item, name) for item in node.value]
    built: dict[str, Any] = {}
    for key, value in node.value:
        if key.id != "scalar" or key.value in built:
            words = gettext(
                "{where}: a key is duplicate or isn't text.", where=_line(name, key.start_mark)
            )
            raise UsageError(words, code="bad-key")
        built[key.value] = _built(value, name)
    return built


def _claim(row: Any, where: str) -> Claim:
    if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
        words = gettext(
            "{where}: a claim has names, each with one text or one number.", where=where
        )
        raise UsageError(words, code="not-a-claim")
    if isinstance(row.get("id"), str) and _ID.fullmatch(row["id"]):
        where = gettext("{where} ({id})", where=where, id=row["id"])
    _check(row, where)
    figure = _FIGURE.fullmatch(row["figure"])
    if not _ID.fullmatch(row["id"]) or figure is None:
        words = gettext(
            "{where}: an id has lower-case letters, digits and hyphens. A figure is two names "
            "joined by a dot, such as {example}.",
            where=where,
            example="explicit.explicit_share",
        )
        raise UsageError(words, code="bad-name")
    numbers = _numbers(row, where)
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


def _check(row: Mapping[str, str], where: str) -> None:
    """Check which fields a claim has, and their texts."""
    if unknown := [key for key in row if key not in _KNOWN]:
        words = gettext(
            "{where}: unknown field {field}. Known fields: {known}.",
            where=where,
            field=printable(unknown[0][:40]),
            known=", ".join(_KNOWN),
        )
        raise UsageError(words, code="unknown-field")
    if missing := [key for key in _NEEDED if not row.get(key, "").strip()]:
        words = gettext("{where}: missing {fields}.", where=where, fields=", ".join(missing))
        raise UsageError(words, code="missing-field")
    if long := [key for key, cell in row.items() if len(cell) > MOST_TEXT]:
        words = gettext(
            "{where}: {field} is longer than {most} characters.",
            where=where,
            field=long[0],
            most=MOST_TEXT,
        )
        raise UsageError(words, code="too-long")
    if row.get("url") and not _URL.fullmatch(row["url"]):
        words = gettext("{where}: the url isn't a valid http or https address.", where=where)
        raise UsageError(words, code="bad-url")


def _numbers(row: Mapping[str, str], where: str) -> dict[str, float]:
    """Return the one bound of a claim, and its rounding where it has one."""
    bounds = [name for name in _BOUNDS if name in row]
    if len(bounds) != 1:
        words = gettext(
            "{where}: a claim needs exactly one of {bounds}, and this one has {n}.",
            where=where,
            bounds=", ".join(_BOUNDS),
            n=len(bounds),
        )
        raise UsageError(words, code="bounds")
    numbers = {name: _number(row, name, where) for name in (*bounds, "rounding") if name in row}
    if numbers.get("rounding", 0.0) < 0.0:
        raise UsageError(gettext("{where}: rounding is negative.", where=where), code="rounding")
    return numbers


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
    words = gettext(
        "{where}: {field} isn't a number: {text}.",
        where=where,
        field=name,
        text=printable(cell[:40]),
    )
    raise UsageError(words, code="not-a-number")
