"""The fields that docs/json.md and the pages it names list for each JSON format."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markdown.extensions.toc import slugify

from tests.helpers.program import ROOT

PAGE = ROOT / "docs" / "json.md"
_ROW = re.compile(r"^\| `(phonoscope-[a-z-]+/\d+)` \| (.+) \| (.+) \|$", re.M)
_LINK = re.compile(r"\]\(([^)#]*)#?([^)]*)\)")


@cache
def formats() -> dict[str, str]:
    """Return the last cell, with links, of each format's row."""
    rows = PAGE.read_text(encoding="utf-8").split("\n## ", 1)[0]
    return {name: links for name, _, links in _ROW.findall(rows)}


@cache
def fields(name: str) -> frozenset[str]:
    """Return the top-level fields that are documented for a format."""
    linked = [
        _named(PAGE.with_name(page) if page else PAGE, anchor)
        for page, anchor in _LINK.findall(formats()[name])
    ]
    assert linked, name
    return frozenset().union(*linked)


def _named(page: Path, anchor: str) -> frozenset[str]:
    """Return what the first table of a section names that begins with ``format``.

    Without an anchor it is the first such table of the page.
    """
    text = page.read_text(encoding="utf-8")
    heads = [(m.start(), slugify(m[1], "-")) for m in re.finditer(r"^#+ (.+)$", text, re.M)]
    starts = [at for at, slug in heads if slug == anchor] if anchor else [0]
    assert len(starts) == 1, f"{page.name} has no section #{anchor}"
    section = text[starts[0] :]
    if anchor:
        section = re.split(r"\n#+ ", section, maxsplit=1)[0]
    for table in re.findall(r"(?:^\|.*\n?)+", section, re.M):
        cells = [line.split("|")[1] for line in table.splitlines()]
        found = frozenset(one for cell in cells for one in re.findall(r"`([^`]+)`", cell))
        if "format" in found:
            return found
    return frozenset()
