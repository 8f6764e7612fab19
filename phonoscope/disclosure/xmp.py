"""XMP: values of properties, whatever prefix their namespace has and however they are written.

A property is an attribute, an element, an element with ``rdf:resource``, or a list of elements
(XMP Specification Part 1, section 7). Files are searched with patterns and not with a parser of
XML, because packets in files are often cut off or otherwise damaged.
"""

from __future__ import annotations

import html
import re
from functools import cache

_PACKET_CHARACTERS = 1 << 16
_MOST_VALUES = 50


def values(packet: str, *names: str) -> list[str]:
    """Return the values of the properties with some names, in the order of the packet.

    Parameters
    ----------
    packet
        XMP as text; only its first 65,536 characters are searched.
    names
        Local names such as 'DigitalSourceType'. Case doesn't matter.

    Examples
    --------
    >>> values("<x:Tool>A &amp; B</x:Tool>", "Tool"), values("<d x:Tool='C'/>", "tool")
    (['A & B'], ['C'])
    """
    found: list[str] = []
    for match in _property(names).finditer(_without_comments(packet[:_PACKET_CHARACTERS])):
        text = next((group for group in match.groups() if group is not None), "")
        if value := html.unescape(text).strip():
            found.append(value)
            if len(found) >= _MOST_VALUES:
                break
    return found


def first(packet: str, *names: str) -> str | None:
    """Return the first value of the properties with some names; ``None`` if there is none."""
    return next(iter(values(packet, *names)), None)


@cache
def _property(names: tuple[str, ...]) -> re.Pattern[str]:
    name = rf"[\w.-]{{1,60}}:(?:{'|'.join(map(re.escape, names))})"
    return re.compile(
        rf"""(?<![\w:.-]){name}\s{{0,9}}=\s{{0,9}}(?:"([^"<]{{1,1000}})"|'([^'<]{{1,1000}})')"""
        rf"""|<{name}\b[^<>]{{0,500}}?\brdf:resource\s{{0,9}}=\s{{0,9}}["']([^"'<>]{{1,1000}})["']"""
        rf"""|<{name}(?:\s[^<>]{{0,500}})?>\s{{0,99}}(?:<rdf:\w{{1,20}}[^<>]{{0,200}}>\s{{0,99}}){{0,3}}([^<]{{1,1000}})<""",
        re.IGNORECASE,
    )


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def _without_comments(packet: str) -> str:
    return _COMMENT.sub("", packet) if "<!--" in packet and "-->" in packet else packet
