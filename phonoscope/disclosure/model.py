"""Declarations: what a file says about itself. Never mixed with what is detected."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from phonoscope.columns import column
from phonoscope.deprecation import warn_deprecated
from phonoscope.escape import printable
from phonoscope.messages import gettext, sentences
from phonoscope.text import moment

SHOWN_CHARACTERS = 500
"""Longer tags and marks are cut to this many characters."""


class Part(StrEnum):
    """The part of a recording that a declaration is about."""

    WHOLE = "whole"
    VOCALS = "vocals"
    INSTRUMENTATION = "instrumentation"
    COMPOSITION = "composition"
    LYRICS = "lyrics"
    POST_PRODUCTION = "post-production"
    SOME = "some"
    """A part that the mark doesn't name."""
    UNSPECIFIED = "unspecified"


class Making(StrEnum):
    """How a part was made, according to a declaration."""

    GENERATED = "generated"
    ASSISTED = "assisted"
    CONVERTED_VOICE = "converted-voice"
    HUMAN = "human"
    MAY_BE_GENERATED = "may-be-generated"
    """Possibly generated, as a distributor says who found a sign but no declaration."""
    SUSPECTED_GENERATED = "suspected-generated"
    """Suspected to be generated, as a distributor says."""
    UNSPECIFIED = "unspecified"


class Signature(StrEnum):
    """The state of a declaration's signature."""

    TRUSTED = "trusted"
    """It matches the file, and its certificate descends from one that the user trusts."""
    VALID = "valid"
    """It matches the file, but its certificate isn't among those that the user trusts."""
    INVALID = "invalid"
    """It doesn't match: it is forged, or the file was edited afterwards, even if only its tags."""
    UNCHECKED = "unchecked"
    """It couldn't be checked."""


PARTS: Mapping[str, str] = {
    Part.WHOLE: gettext("Whole recording"),
    Part.VOCALS: gettext("Vocals"),
    Part.INSTRUMENTATION: gettext("Instrumentation"),
    Part.COMPOSITION: gettext("Composition"),
    Part.LYRICS: gettext("Lyrics"),
    Part.POST_PRODUCTION: gettext("Post-production"),
    Part.SOME: gettext("Some part"),
    Part.UNSPECIFIED: gettext("Part not named"),
}
"""Parts in words, as they begin a line."""

MAKINGS: Mapping[str, str] = {
    Making.GENERATED: gettext("generated"),
    Making.ASSISTED: gettext("assisted"),
    Making.CONVERTED_VOICE: gettext("converted voice"),
    Making.HUMAN: gettext("human"),
    Making.MAY_BE_GENERATED: gettext("may be generated"),
    Making.SUSPECTED_GENERATED: gettext("suspected to be generated"),
    Making.UNSPECIFIED: gettext("making not stated"),
}
"""Ways of making in words, as they end a line."""


@dataclass(frozen=True)
class Declaration:
    """One mark found in a file: what it *says*, which may be false."""

    standard: str = column(
        "Standard: 'c2pa', 'gb45438', 'iptc', 'ai-tags', 'ddex', 'sidecar' or 'generator-comment'."
    )
    part: Part = column("Part that the mark is about, e.g. 'whole' or 'vocals'.")
    making: Making = column("How that part was made, according to the mark, e.g. 'generated'.")
    tool: str | None = column("Tool that the mark names, e.g. 'Suno'; empty if it names none.")
    producer: str | None = column("Producer that the mark names; empty if it names none.")
    place: str = column("Where the mark is in the file, e.g. 'ID3 TXXX:AIGC'.")
    value: str = column("The mark as written in the file, at most 500 characters.")
    voice: str | None = column(
        "Whose voice is used, according to the mark: a name or a voice_id; empty if it names none.",
        default=None,
    )
    declared_utc: datetime | None = column(
        "When the recording was made or declared, according to the mark, UTC; empty if it doesn't "
        "say.",
        default=None,
    )
    signer: str | None = column(
        "Who signed the mark, according to the certificate; empty if it isn't signed.", default=None
    )
    signature: Signature | None = column(
        "'trusted', 'valid' (but the signer isn't on your list of trusted ones), 'invalid' "
        "(forged, or the file was edited after signing, even if only its tags) or 'unchecked'; "
        "empty if it isn't signed.",
        default=None,
    )


@dataclass(frozen=True)
class Tags:
    """The few tags that identify a recording; as written, at most 500 characters."""

    title: str | None = column("Title tag.", default=None)
    artist: str | None = column("Artist tag.", default=None)
    album: str | None = column("Album tag.", default=None)
    label: str | None = column("Label (publisher) tag.", default=None)
    isrc: str | None = column("ISRC tag as written, not checked.", default=None)
    date: str | None = column("Date tag as written, any precision.", default=None)
    genre: str | None = column("Genre tag.", default=None)
    error: str | None = column(
        "Why the tags couldn't be read in full, in one line; empty if they could. Some marks may "
        "have been missed.",
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
    """Return what a declaration says, in words, without its place and its value in the file.

    Examples
    --------
    >>> sentence(Declaration("ai-tags", Part.VOCALS, Making.GENERATED, "Suno", None, "", ""))
    'Vocals: generated. Tool: Suno.'
    """
    tool, producer, voice = (
        printable(text or "") for text in (declared.tool, declared.producer, declared.voice)
    )
    when = declared.declared_utc
    return sentences(
        _making(declared),
        gettext("Tool: {name}.", name=tool) if tool else "",
        gettext("Producer: {name}.", name=producer) if producer else "",
        gettext("Voice: {name}.", name=voice) if voice else "",
        gettext("Date: {when}.", when=moment(when)) if when else "",
        _signed(declared),
    )


def _making(declared: Declaration) -> str:
    if (declared.part, declared.making) == (Part.UNSPECIFIED, Making.UNSPECIFIED):
        return gettext("It doesn't say how the recording was made.")
    # A catalogue of another version, or of anyone, may have other words.
    part = PARTS.get(declared.part, printable(str(declared.part or "")))
    making = MAKINGS.get(declared.making, printable(str(declared.making or "")))
    return gettext("{part}: {making}.", part=part, making=making)


def _signed(declared: Declaration) -> str:
    signer = printable(declared.signer or "") or gettext("an unnamed signer")
    match declared.signature:
        case Signature.TRUSTED:
            return gettext("Signed by {signer}, a signer you trust.", signer=signer)
        case Signature.VALID:
            return gettext(
                "Signed by {signer}, who isn't on your list of trusted signers.", signer=signer
            )
        case Signature.INVALID:
            return gettext(
                "The signature of {signer} is broken: it is forged, or the file was edited later.",
                signer=signer,
            )
        case Signature.UNCHECKED:
            return gettext("The signature of {signer} wasn't checked.", signer=signer)
    return ""
