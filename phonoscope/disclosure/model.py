"""Declarations: what a file says of itself. Never mixed with what is detected."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from phonoscope.columns import column
from phonoscope.deprecation import warn_deprecated

SHOWN_CHARACTERS = 500
"""Tags and marks are kept up to this many characters."""


class Part(StrEnum):
    """What part of a recording a declaration speaks of."""

    WHOLE = "whole"
    VOCALS = "vocals"
    INSTRUMENTATION = "instrumentation"
    COMPOSITION = "composition"
    LYRICS = "lyrics"
    POST_PRODUCTION = "post-production"
    SOME = "some"
    """A part of it; which one is not said."""
    UNSPECIFIED = "unspecified"


class Making(StrEnum):
    """How a declaration says that part was made."""

    GENERATED = "generated"
    ASSISTED = "assisted"
    CONVERTED_VOICE = "converted-voice"
    HUMAN = "human"
    UNSPECIFIED = "unspecified"


class Signature(StrEnum):
    """What is known of the signature under a declaration."""

    TRUSTED = "trusted"
    """It fits the file, and its certificate descends from one that the user trusts."""
    VALID = "valid"
    """It fits the file; who stands behind its certificate is not known."""
    INVALID = "invalid"
    """It does not fit: forged, or the file was changed afterwards; retagging does that too."""
    UNCHECKED = "unchecked"
    """It could not be checked here."""


@dataclass(frozen=True)
class Declaration:
    """One mark found in a file; what it *says*, whether or not it is true."""

    standard: str = column(
        "Standard: 'c2pa', 'gb45438', 'iptc', 'ai-tags', 'ddex', 'sidecar' or 'generator-comment'."
    )
    part: Part = column("Part it speaks of, e.g. 'whole', 'vocals'.")
    making: Making = column("How it says that part was made, e.g. 'generated'.")
    tool: str | None = column("Tool it names, e.g. 'Suno'; empty when it names none.")
    producer: str | None = column("Producer it names; empty when it names none.")
    place: str = column("Where in the file, e.g. 'ID3 TXXX:AIGC'.")
    value: str = column("The mark as it stands in the file, at most 500 characters.")
    voice: str | None = column(
        "Whose voice it says is used: a name or a voice_id; empty when it says none.", default=None
    )
    declared_utc: datetime | None = column(
        "When it says that this was made or declared, UTC; empty when it does not say.",
        default=None,
    )
    signer: str | None = column(
        "Who signed it, as the certificate says; empty when it is not signed.", default=None
    )
    signature: Signature | None = column(
        "'trusted', 'valid' (signer not known here), 'invalid' (forged, or the file was changed "
        "afterwards, if only its tags) or 'unchecked'; empty when it is not signed.",
        default=None,
    )


@dataclass(frozen=True)
class Tags:
    """The few tags by which a person knows a recording; as written, at most 500 characters."""

    title: str | None = column("Title tag.", default=None)
    artist: str | None = column("Artist tag.", default=None)
    album: str | None = column("Album tag.", default=None)
    label: str | None = column("Label (publisher) tag.", default=None)
    isrc: str | None = column("ISRC tag as written, not checked.", default=None)
    date: str | None = column("Date tag as written, any precision.", default=None)
    genre: str | None = column("Genre tag.", default=None)
    error: str | None = column(
        "Why the tags could not be read in full, in one line; empty when they could. Marks may "
        "have been missed then.",
        default=None,
        formerly="tag_tag_error",
    )

    @property
    def tag_error(self) -> str | None:
        """Deprecated: use :attr:`error`."""
        warn_deprecated("Tags.tag_error", "Tags.error", since="0.2")
        return self.error

    def to_json(self) -> dict[str, str | None]:
        """Return the tags under the names that JSON outputs document."""
        named = dataclasses.asdict(self)
        return {**{n: value for n, value in named.items() if n != "error"}, "tag_error": self.error}


def sentence(declared: Declaration) -> str:
    """Return a declaration as a person says it, without where it stands and what it reads like."""
    part = "" if declared.part is Part.UNSPECIFIED else f"{declared.part.replace('-', ' ')}: "
    making = "how is not said" if declared.making is Making.UNSPECIFIED else declared.making
    said = [f"{part}{making.replace('-', ' ')}"]
    for word, value in (
        ("with", declared.tool),
        ("by", declared.producer),
        ("voice of", declared.voice),
    ):
        said += [f"{word} {value}"] if value else []
    if declared.declared_utc:
        said.append(f"{declared.declared_utc:%Y-%m-%d %H:%M} UTC")
    if declared.signature:
        signer = declared.signer or "somebody not named"
        said.append(_SIGNED.get(declared.signature, "signed by {}").format(signer))
    return ", ".join(said)


_SIGNED = {
    Signature.TRUSTED: "signed by {}, whom you trust",
    Signature.VALID: "signed by {}, who is not known here",
    Signature.INVALID: "signature of {} broken: forged, or the file was edited since",
    Signature.UNCHECKED: "signature of {} not checked",
}
