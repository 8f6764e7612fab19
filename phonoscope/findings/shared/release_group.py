"""A release or an artist with the verdict on all its recordings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Whole(StrEnum):
    """The verdict on a release or an artist."""

    GENERATED = "generated"
    MIXED = "mixed"
    UNDECIDED = "undecided"
    NO_SIGN_FOUND = "no-sign-found"


@dataclass(frozen=True)
class Group:
    """A release or an artist, with what its recordings show together."""

    verdict: Whole
    name: str | None
    """Name of the release or artist, as written."""
    credit: str | None
    """Artists of a release as written; ``None`` when its tracks name several, and for artists."""
    source: str | None
    """Source of the metadata; ``None`` for groups by tags."""
    source_id: str | None
    """The source's id of the release or artist; ``None`` for groups by tags and names."""
    basis: str
    """What the group rests on: a code of
    :data:`phonoscope.findings.shared.release_members.BASES`."""
    tracks: int
    """Tracks that the detector scored. Several recordings of a track count once, as the one that
    looks most human."""
    called: int
    """Tracks that are called generated, by the sound."""
    unusual: int
    """Tracks that are called or undecided; the others show no sign."""
    expected: float
    """False alarms that are expected in as many human tracks."""
    most: int
    """99% of human releases, made alike, have at most so many tracks called."""
    chance: float
    """Share of human releases, made alike, with as many tracks called or more: at most this, 0 to
    1."""
    chance_in_all: float
    """Chance that any of as many human groups as this catalogue has shows this, 0 to 1."""
    releases: int | None
    """Of an artist: releases with enough scored tracks; ``None`` for releases."""
    releases_called: int | None
    """Those among them that are called generated or mixed."""
    recording_id: str
    """One of its recordings: a called one, if there is any."""
