"""Which rights a use of music touches: questions for a person to answer, and no legal advice.

A table, not a judgment: it says what to ask, who usually holds the right and what to keep. The
table is ``rights.toml``; this module reads and checks it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Kind(StrEnum):
    """Kinds of rights, and one duty."""

    VOICE = "voice"
    NAME = "name"
    COMPOSITION = "composition"
    LYRICS = "lyrics"
    RECORDING = "recording"
    PERFORMANCE = "performance"
    TRAINING = "training"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True)
class RightsRule:
    """A public rule, in our own words."""

    says: str
    where: str
    """Where it holds, e.g. ``"EU"``."""
    source: str
    """What to look up."""
    since: date
    """Since when it holds, or when it was decided or published."""


@dataclass(frozen=True)
class Right:
    """One right that a use touches, or may touch."""

    kind: Kind
    touched: str
    """``yes`` when the use itself touches it, ``perhaps`` when that depends on the case."""
    question: str
    """What a person has to answer."""
    holder: str
    """Who usually holds it."""
    evidence: str
    """What to keep."""
    rules: tuple[RightsRule, ...]


_Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Kind(_Strict):
    holder: _Text
    evidence: _Text


class _Rule(_Strict):
    says: _Text
    where: _Text
    source: _Text
    since: date


class _Right(_Strict):
    kind: Kind
    touched: Literal["yes", "perhaps"]
    question: _Text
    rules: tuple[str, ...] = ()


class _Use(_Strict):
    says: _Text
    rights: Annotated[tuple[str, ...], Field(min_length=1)]


class RightsTable(_Strict):
    """The table as ``rights.toml`` holds it; rights and rules are named in it."""

    format: Literal["phonoscope-rights/1"]
    checked: date
    """When the rules were last looked up."""
    not_advice: _Text
    kinds: Mapping[Kind, _Kind]
    rules: Mapping[str, _Rule]
    rights: Mapping[str, _Right]
    uses: Mapping[str, _Use]

    @model_validator(mode="after")
    def _names_fit(self) -> RightsTable:
        if missing := set(Kind) - set(self.kinds):
            raise ValueError(f"kinds lacks {', '.join(sorted(missing))}")
        _same_names("rule", self.rules, (name for r in self.rights.values() for name in r.rules))
        _same_names("right", self.rights, (name for u in self.uses.values() for name in u.rights))
        for use, listed in self.uses.items():
            if len({self.rights[name].kind for name in listed.rights}) < len(listed.rights):
                raise ValueError(f"uses.{use} has two rights of one kind")
        return self

    def rights_of(self, use: str) -> tuple[Right, ...]:
        """Return the rights that a use touches, those that it surely touches first."""
        found = (self._right(self.rights[name]) for name in self.uses[use].rights)
        return tuple(sorted(found, key=lambda right: right.touched != "yes"))

    def _right(self, right: _Right) -> Right:
        usual = self.kinds[right.kind]
        rules = tuple(RightsRule(**dict(self.rules[name])) for name in right.rules)
        return Right(right.kind, right.touched, right.question, usual.holder, usual.evidence, rules)


def _same_names(what: str, declared: Iterable[str], used: Iterable[str]) -> None:
    """Check that every name used is declared, and every name declared is used."""
    declared, used = set(declared), set(used)
    if unknown := used - declared:
        raise ValueError(f"there is no {what} {', '.join(sorted(unknown))}")
    if unused := declared - used:
        raise ValueError(f"nothing uses the {what} {', '.join(sorted(unused))}")


def parse_rights(text: str) -> RightsTable:
    """Read and check a table of rights.

    Parameters
    ----------
    text
        TOML, as in ``rights.toml``.

    Raises
    ------
    ValueError
        When it isn't TOML, has an unknown key or an empty text, or when names don't fit: a right
        or rule that isn't declared, or one that nothing uses.
    """
    return RightsTable.model_validate(tomllib.loads(text))


_TABLE = parse_rights(files("phonoscope.disclosure").joinpath("rights.toml").read_text("utf-8"))

CHECKED = _TABLE.checked
"""When the rules were last looked up."""
NOT_ADVICE = _TABLE.not_advice
USES: Mapping[str, str] = {name: use.says for name, use in _TABLE.uses.items()}
"""Uses that the table knows, each in words."""


def rights_of(use: str) -> tuple[Right, ...]:
    """Return the rights that a use touches, those that it surely touches first.

    Parameters
    ----------
    use
        One of :data:`USES`.

    Raises
    ------
    ValueError
        When the table does not know that use.

    Examples
    --------
    >>> [str(right.kind) for right in rights_of("cover") if right.touched == "yes"]
    ['composition', 'lyrics', 'performance']
    """
    if use not in USES:
        raise ValueError(f"the table of rights knows {', '.join(USES)}, not {use!r}")
    return _TABLE.rights_of(use)
