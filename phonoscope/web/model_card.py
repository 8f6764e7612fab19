"""The model card: how the detector was trained, and how often it is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from phonoscope.messages import gettext, localised

_FOLLOWED = re.compile(r"^(#|https?://)")


def is_shipped() -> bool:
    """Whether this version has a card."""
    return _file().is_file()


def read_card() -> str:
    """Return the card as HTML."""
    return rendered(_file().read_text("utf-8"))


def _file() -> Traversable:
    return files("phonoscope.detector").joinpath("weights", "generated.md")


@cache
def rendered(markdown: str) -> str:
    """Return a card as HTML.

    Parameters
    ----------
    markdown
        CommonMark with tables. HTML in it appears as text, and pictures as their alternative
        text. Only links within the page and to the web remain, because the server doesn't have
        the other files of the repository.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    _anchor(tokens)
    _align(tokens)
    for token in tokens:
        if token.children:
            token.children = _plain(token.children)
    made = str(reader.renderer.render(tokens, reader.options, {}))
    # A wide table scrolls on its own, also with the keyboard.
    label = escape(localised(gettext("Table")))
    region = f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
    return made.replace("<table>", region).replace("</table>", "</table></div>")


def _anchor(tokens: Sequence[Token]) -> None:
    """Give headings the anchors that GitHub gives them."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        words = re.sub(r"[^\w\- ]", "", inline.content.lower()).strip().replace(" ", "-")
        seen[words] = seen.get(words, -1) + 1
        opening.attrSet("id", f"{words}-{seen[words]}" if seen[words] else words)


def _align(tokens: Sequence[Token]) -> None:
    """Turn alignment into a class: the pages' policy forbids style attributes."""
    for token in tokens:
        style = token.attrs.pop("style", "")
        if "right" in str(style):
            token.attrSet("class", "n")


def _plain(tokens: Sequence[Token]) -> list[Token]:
    """Replace pictures, and links that would lead nowhere, with their text."""
    kept: list[Token] = []
    is_dropped = False
    for token in tokens:
        if token.type == "link_open":
            is_dropped = not _FOLLOWED.match(str(token.attrGet("href") or ""))
        if token.type == "image":
            kept.append(Token("text", "", 0, content=token.content))
        elif not (is_dropped and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept
