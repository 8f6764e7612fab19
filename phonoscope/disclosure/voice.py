"""Licences of voices: what the owner of a voice allows, and why a use is refused.

Pure rules; nothing is stored here. A declaration that names a voice says whose voice is used, a
licence says whether its owner agreed: two different facts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from phonoscope.columns import column
from phonoscope.escape import printable

MOST_CHARACTERS = 500
"""Characters that a text of a licence may have."""


class Use(StrEnum):
    """What a voice may be used for."""

    COVERS = "covers"
    """New recordings of songs that exist."""
    ORIGINAL_SONGS = "original-songs"


USES: Mapping[str, str] = {Use.COVERS: "covers", Use.ORIGINAL_SONGS: "original songs"}
"""Each in words."""


@dataclass(frozen=True)
class VoiceRow:
    """A licence: what the owner of a voice allows, from when to when."""

    voice_id: str = column("What the voice is called here; marks may name it by this.")
    name: str | None = column("Name of the voice as people know it; marks may name it by this.")
    owner: str = column("Who owns the voice and gave the licence.")
    uses: tuple[str, ...] = column(
        "What the owner allows: 'covers', 'original-songs'; an empty list: no use at all."
    )
    commercial: bool = column("Whether the owner allows it commercially too.")
    royalty_share: float | None = column(
        "Share of royalties that is the owner's, 0 to 1; empty when none was agreed."
    )
    evidence: str | None = column("Where the contract is: a text or an address; never opened.")
    valid_from: date | None = column("First day of the licence; empty: since ever.")
    valid_until: date | None = column("Last day of the licence; empty: without end.")
    recorded_utc: datetime = column("When this was recorded here, UTC.")

    @property
    def title(self) -> str:
        """How a person calls it, safe to show."""
        known = f" ({printable(self.name)})" if self.name and self.name != self.voice_id else ""
        return f"voice '{printable(self.voice_id)}'{known}"

    def standing(self, on: date) -> str:
        """Return whether it holds on a day: ``valid``, ``ended`` or ``not-begun``."""
        if self.valid_until is not None and on > self.valid_until:
            return "ended"
        return "not-begun" if self.valid_from is not None and on < self.valid_from else "valid"


def refusal(
    voice_id: str, licences: Sequence[VoiceRow], *, use: str, commercial: bool, on: date
) -> str | None:
    """Say why a use of a voice is not allowed; ``None`` when it is.

    Parameters
    ----------
    voice_id
        The voice that is to be used.
    licences
        All licences of that voice. One that is valid and allows no use refuses every use;
        otherwise one that allows it is enough.
    use
        One of :class:`Use`.
    commercial
        Whether it is to be used commercially.
    on
        The day.
    """
    if not licences:
        return f"there is no licence of a voice '{printable(voice_id)}' in this catalogue"
    valid = [one for one in licences if one.standing(on) == "valid"]
    if not valid:
        return _not_valid(licences, on)
    forbidding = next((one for one in valid if not one.uses), None)
    if forbidding:
        return f"the owner of {_owned(forbidding)}, allows no use of it"
    allowing = [one for one in valid if use in one.uses]
    if not allowing:
        allowed = " and ".join(sorted({USES.get(u, printable(u)) for o in valid for u in o.uses}))
        return f"the owner of {_owned(valid[0])}, allows {allowed}, not {USES.get(use, use)}"
    if commercial and not any(one.commercial for one in allowing):
        return (
            f"the owner of {_owned(allowing[0])}, allows {USES.get(use, use)}, but not commercially"
        )
    return None


def _owned(licence: VoiceRow) -> str:
    return f"{licence.title}, {printable(licence.owner)}"


def _not_valid(licences: Sequence[VoiceRow], on: date) -> str:
    coming = [one for one in licences if one.standing(on) == "not-begun" and one.valid_from]
    if coming:
        first = min(coming, key=lambda one: one.valid_from or date.max)
        return f"the licence of {_owned(first)}, begins on {first.valid_from}"
    last = max(licences, key=lambda one: one.valid_until or date.min)
    return f"the licence of {_owned(last)}, ended on {last.valid_until}"


def voice_of(fields: Mapping[str, str], recorded_utc: datetime) -> VoiceRow:
    """Return a licence from texts, as a row of a CSV file or the command line gives them.

    Parameters
    ----------
    fields
        ``voice_id``, ``owner`` and ``uses`` (separated by ``;``, ``,`` or spaces, or ``none``)
        are needed; ``name``, ``commercial`` (yes or no, by default no), ``royalty_share`` (``0.5``
        or ``50 %``), ``evidence``, ``valid_from`` and ``valid_until`` (``2026-11-21``) may be
        empty.
    recorded_utc
        When it is recorded.

    Raises
    ------
    ValueError
        Says which text cannot be read, and what is expected.
    """
    texts = {name: text.strip() for name, text in fields.items() if text}
    for name, text in texts.items():
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"{name} is longer than {MOST_CHARACTERS} characters")
        if not _is_text(text):
            raise ValueError(f"{name} is not valid text")
    for name in ("voice_id", "owner", "uses"):
        if not texts.get(name):
            raise ValueError(f"{name} is missing")
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
        raise ValueError(f"it ends on {made.valid_until}, before it begins on {made.valid_from}")
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
            known = ", ".join(Use)
            raise ValueError(f"uses are {known}, or none alone; not '{printable(word)}'")
    return tuple(use.value for use in Use if use in named)


def _yes_or_no(name: str, text: str) -> bool:
    word = text.lower()
    if word not in ("yes", "true", "1", "no", "false", "0"):
        raise ValueError(f"{name} is yes or no, not '{printable(text)}'")
    return word in ("yes", "true", "1")


def _share(text: str) -> float | None:
    if not text:
        return None
    number, percent = (text[:-1].strip(), 100.0) if text.endswith("%") else (text, 1.0)
    try:
        share = float(number) / percent
    except ValueError:
        share = math.nan
    # Also what is not a number is refused here: it is not between the two.
    if not 0.0 <= share <= 1.0:
        raise ValueError(
            f"royalty_share is a share from 0 to 1, or a percentage, not '{printable(text)}'"
        )
    return share


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is a day such as 2026-11-21, not '{printable(text)}'") from None
