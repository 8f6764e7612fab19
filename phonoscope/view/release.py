"""A release or an artist on a page: the verdict on all its recordings, and what that rests on."""

from __future__ import annotations

from typing import NamedTuple

from phonoscope.escape import printable
from phonoscope.findings.shared.release_group import Group, Whole
from phonoscope.findings.shared.release_members import BASES
from phonoscope.findings.shared.release_statements import WORDS, says
from phonoscope.messages import Message, gettext
from phonoscope.text import percent

_SIGNS = {Whole.MIXED: "partly-generated"}
_NAMED = {
    "release": gettext("The release"),
    "artist": gettext("The artist"),
}


class ShownGroup(NamedTuple):
    """One release or artist."""

    of: str
    """``release`` or ``artist``."""
    verdict: str
    """The verdict as a code."""
    sign: str
    """The verdict of a recording that has the same sign."""
    what: str
    """Whether it is a release or an artist, as a heading."""
    name: str
    words: str
    """The verdict in words."""
    says: str
    """The composition, and how rare it is."""
    chance: str
    """How likely any human group shows as much."""
    basis: str
    """What the group rests on."""


def shown_group(group: Group) -> ShownGroup:
    """Return a group as pages show it."""
    of = "release" if group.releases is None else "artist"
    return ShownGroup(
        of,
        group.verdict.value,
        _SIGNS.get(group.verdict, group.verdict.value),
        _NAMED[of],
        printable(group.name or ""),
        WORDS[group.verdict.value],
        says(group),
        _chance(group),
        gettext("Grouped by: {basis}.", basis=BASES[group.basis]),
    )


def _chance(group: Group) -> Message | str:
    if not group.called:
        return ""
    return gettext(
        "At most {chance} of human ones have as many. With all those in this catalogue, the chance "
        "that any human one has is at most {in_all}.",
        chance=percent(group.chance),
        in_all=percent(group.chance_in_all),
    )
