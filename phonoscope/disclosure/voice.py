"""Licences of voices: what the owner of a voice allows, and why a use is refused.

Rules only; :mod:`phonoscope.catalogue.voices` stores licences. A declaration says whose voice is
used. A licence says whether its owner agreed. These are two different facts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from phonoscope.columns import column
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.text import day, joined

MOST_CHARACTERS = 500
"""Most characters of a text in a licence."""


class Use(StrEnum):
    """A use of a voice."""

    COVERS = "covers"
    """New recordings of existing songs."""
    ORIGINAL_SONGS = "original-songs"


USES: Mapping[str, str] = {
    Use.COVERS: gettext("covers"),
    Use.ORIGINAL_SONGS: gettext("original songs"),
}
"""Uses in words."""


class RefusalKind(StrEnum):
    """Why a use of a voice is refused."""

    NO_LICENCE = "no-licence"
    ENDED = "ended"
    NOT_BEGUN = "not-begun"
    NO_USE = "no-use"
    """The owner allows no use at all."""
    OTHER_USE = "other-use"
    """The owner allows other uses only."""
    NOT_COMMERCIAL = "not-commercial"


class Refusal(NamedTuple):
    """A refused use of a voice."""

    kind: RefusalKind
    message: str


@dataclass(frozen=True)
class VoiceRow:
    """A licence: what the owner of a voice allows, and from when to when."""

    voice_id: str = column("Name of the voice in this catalogue; marks in files can use it.")
    name: str | None = column("Public name of the voice; marks in files can use it.")
    owner: str = column("Owner of the voice, who gave the licence.")
    uses: tuple[str, ...] = column(
        "Uses that the owner allows: 'covers', 'original-songs'; an empty list means none."
    )
    commercial: bool = column("Whether the owner allows commercial use.")
    royalty_share: float | None = column(
        "The owner's share of royalties, 0 to 1; empty if none was agreed."
    )
    evidence: str | None = column(
        "Where the contract is: a text or an address. It is never opened."
    )
    valid_from: date | None = column("First day of the licence; empty if it has no beginning.")
    valid_until: date | None = column("Last day of the licence; empty if it has no end.")
    recorded_utc: datetime = column("When this was recorded in the catalogue, UTC.")

    @property
    def title(self) -> str:
        """Id and public name of the voice, safe to show."""
        known = f" ({printable(self.name)})" if self.name and self.name != self.voice_id else ""
        return f"{printable(self.voice_id)}{known}"

    def standing(self, on: date) -> str:
        """Return its state on a day: ``valid``, ``ended`` or ``not-begun``."""
        if self.valid_until is not None and on > self.valid_until:
            return "ended"
        return "not-begun" if self.valid_from is not None and on < self.valid_from else "valid"


def refusal(
    voice_id: str, licences: Sequence[VoiceRow], *, use: str, commercial: bool, on: date
) -> Refusal | None:
    """Return why a use of a voice isn't allowed; ``None`` if it is.

    Parameters
    ----------
    voice_id
        The voice.
    licences
        All licences of that voice. A valid licence that allows no use refuses every use.
        Otherwise, one valid licence that allows this use is enough.
    use
        One of :class:`Use`.
    commercial
        Whether the use is commercial.
    on
        The day of the use.
    """
    if not licences:
        return Refusal(
            RefusalKind.NO_LICENCE,
            gettext(
                "The catalogue has no licence for the voice {voice}.", voice=printable(voice_id)
            ),
        )
    valid = [one for one in licences if one.standing(on) == "valid"]
    if not valid:
        return _not_valid(licences, on)
    forbidding = next((one for one in valid if not one.uses), None)
    if forbidding:
        return Refusal(
            RefusalKind.NO_USE,
            gettext("{owner} allows no use of the voice {voice}.", **_named(forbidding)),
        )
    allowing = [one for one in valid if use in one.uses]
    if not allowing:
        allowed = sorted({u for one in valid for u in one.uses})
        return Refusal(
            RefusalKind.OTHER_USE,
            gettext(
                "{owner} allows the voice {voice} for {allowed}, not for {use}.",
                allowed=joined([USES.get(u, printable(u)) for u in allowed]),
                use=USES.get(use, printable(use)),
                **_named(valid[0]),
            ),
        )
    if commercial and not any(one.commercial for one in allowing):
        return Refusal(
            RefusalKind.NOT_COMMERCIAL,
            gettext(
                "{owner} allows the voice {voice} for {use}, but not commercially.",
                use=USES.get(use, printable(use)),
                **_named(allowing[0]),
            ),
        )
    return None


def _named(licence: VoiceRow) -> dict[str, str]:
    return {"owner": printable(licence.owner), "voice": licence.title}


def _not_valid(licences: Sequence[VoiceRow], on: date) -> Refusal:
    coming = [one for one in licences if one.standing(on) == "not-begun"]
    if coming:
        next_one = min(coming, key=lambda one: one.valid_from or date.max)
        return Refusal(
            RefusalKind.NOT_BEGUN,
            gettext(
                "The licence of {owner} for the voice {voice} begins on {day}.",
                day=day(next_one.valid_from or date.max),
                **_named(next_one),
            ),
        )
    last = max(licences, key=lambda one: one.valid_until or date.min)
    return Refusal(
        RefusalKind.ENDED,
        gettext(
            "The licence of {owner} for the voice {voice} ended on {day}.",
            day=day(last.valid_until or date.min),
            **_named(last),
        ),
    )


def voice_of(fields: Mapping[str, str], recorded_utc: datetime) -> VoiceRow:
    """Return a licence from texts, as in a row of a CSV file or on the command line.

    Parameters
    ----------
    fields
        ``voice_id``, ``owner`` and ``uses`` (separated by ``;``, ``,`` or spaces, or ``none``) are
        required. ``name``, ``commercial`` (yes or no, by default no), ``royalty_share`` (``0.5``
        or ``50 %``), ``evidence``, ``valid_from`` and ``valid_until`` (``2026-11-21``) can be
        empty.
    recorded_utc
        When it is recorded.

    Raises
    ------
    UsageError
        When a text isn't valid; names the field.
    """
    texts = {name: text.strip() for name, text in fields.items() if text}
    for name, text in texts.items():
        if len(text) > MOST_CHARACTERS:
            raise UsageError(
                gettext(
                    "{field} is longer than {most} characters.", field=name, most=MOST_CHARACTERS
                ),
                code="too-long",
            )
        if not _is_text(text):
            raise UsageError(
                gettext("{field} has characters that aren't valid text.", field=name),
                code="invalid-text",
            )
    for name in ("voice_id", "owner", "uses"):
        if not texts.get(name):
            raise UsageError(gettext("{field} is missing.", field=name), code="missing")
    made = VoiceRow(
        voice_id=texts["voice_id"],
        name=texts.get("name") or None,
        owner=texts["owner"],
        uses=_uses(texts["uses"]),
        commercial=_yes_or_no("commercial", texts.get("commercial", "no")),
        royalty_share=_share(texts.get("royalty_share", "")),
        evidence=texts.get("evidence") or None,
        valid_from=_day("valid_from", texts.get("valid_from", "")),
        valid_until=_day("valid_until", texts.get("valid_until", "")),
        recorded_utc=recorded_utc,
    )
    if made.valid_from and made.valid_until and made.valid_until < made.valid_from:
        raise UsageError(
            gettext(
                "The licence ends on {last}, before it begins on {first}.",
                last=day(made.valid_until),
                first=day(made.valid_from),
            ),
            code="ends-before-it-begins",
        )
    return made


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _uses(text: str) -> tuple[str, ...]:
    named = [word for word in re.split(r"[;,\s]+", text.lower()) if word]
    if named == ["none"]:
        return ()
    for word in named:
        if word not in set(Use):
            raise UsageError(
                gettext(
                    "'{word}' isn't a valid use. Give {uses}, or 'none' alone.",
                    word=printable(word),
                    uses=", ".join(Use),
                ),
                code="unknown-use",
            )
    return tuple(use.value for use in Use if use in named)


def _yes_or_no(name: str, text: str) -> bool:
    word = text.lower()
    if word not in ("yes", "true", "1", "no", "false", "0"):
        raise UsageError(
            gettext("{field} has to be yes or no, not '{text}'.", field=name, text=printable(text)),
            code="not-yes-or-no",
        )
    return word in ("yes", "true", "1")


def _share(text: str) -> float | None:
    if not text:
        return None
    number, percent = (text[:-1].strip(), 100.0) if text.endswith("%") else (text, 1.0)
    try:
        share = float(number) / percent
    except ValueError:
        share = math.nan
    # NaN is refused as well, because it isn't between the two.
    if not 0.0 <= share <= 1.0:
        raise UsageError(
            gettext(
                "royalty_share has to be a number from 0 to 1, or a percentage, not '{text}'.",
                text=printable(text),
            ),
            code="not-a-share",
        )
    return share


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            gettext(
                "{field} has to be a day such as 2026-11-21, not '{text}'.",
                field=name,
                text=printable(text),
            ),
            code="not-a-day",
        ) from None
