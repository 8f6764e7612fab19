"""The rights that a use of music touches: questions for a person to answer, not legal advice.

The table in ``rights.toml`` has the question, the usual holder and the evidence to keep. It doesn't
judge a case. This module reads and checks it. Its texts are messages: ``tools/messages.py`` reads
them from the table.
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

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext


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
    """The law, decision or standard, as one looks it up."""
    since: date
    """The day when it took effect, was decided or was published."""


@dataclass(frozen=True)
class Right:
    """One right that a use touches, or may touch."""

    kind: Kind
    touched: str
    """``yes`` if the use always touches it, ``perhaps`` if that depends on the case."""
    question: str
    """The question that a person has to answer."""
    holder: str
    """The usual holder."""
    evidence: str
    """The evidence to keep."""
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
    """The table as in ``rights.toml``, where rights and rules have names."""

    format: Literal["phonoscope-rights/1"]
    checked: date
    """The day when a person last looked up the rules."""
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
        """Return the rights that a use touches; those that it always touches come first."""
        found = (self._right(self.rights[name]) for name in self.uses[use].rights)
        return tuple(sorted(found, key=lambda right: right.touched != "yes"))

    def _right(self, right: _Right) -> Right:
        usual = self.kinds[right.kind]
        return Right(
            right.kind,
            right.touched,
            gettext(right.question),
            gettext(usual.holder),
            gettext(usual.evidence),
            tuple(_rule(self.rules[name]) for name in right.rules),
        )


def _rule(rule: _Rule) -> RightsRule:
    return RightsRule(gettext(rule.says), gettext(rule.where), rule.source, rule.since)


def _same_names(what: str, declared: Iterable[str], used: Iterable[str]) -> None:
    """Check that every used name is declared, and every declared name is used."""
    declared, used = set(declared), set(used)
    if unknown := used - declared:
        raise ValueError(f"unknown {what}: {', '.join(sorted(unknown))}")
    if unused := declared - used:
        raise ValueError(f"unused {what}: {', '.join(sorted(unused))}")


def parse_rights(text: str) -> RightsTable:
    """Read and check a table of rights.

    Parameters
    ----------
    text
        TOML, as in ``rights.toml``.

    Raises
    ------
    ValueError
        When it isn't TOML, has an unknown key or an empty text, or when a right or rule isn't
        declared or isn't used.
    """
    return RightsTable.model_validate(tomllib.loads(text))


def shipped_table() -> RightsTable:
    """Return the table that comes with Phonoscope."""
    return _TABLE


_TABLE = parse_rights(files("phonoscope.disclosure").joinpath("rights.toml").read_text("utf-8"))

CHECKED = _TABLE.checked
"""The day when a person last looked up the rules."""
NOT_ADVICE: str = gettext(_TABLE.not_advice)
USES: Mapping[str, str] = {name: gettext(use.says) for name, use in _TABLE.uses.items()}
"""Uses in the table, each in words."""


def rights_of(use: str) -> tuple[Right, ...]:
    """Return the rights that a use touches; those that it always touches come first.

    Parameters
    ----------
    use
        One of :data:`USES`.

    Raises
    ------
    UsageError
        When the table doesn't have that use.

    Examples
    --------
    >>> [str(right.kind) for right in rights_of("cover") if right.touched == "yes"]
    ['composition', 'lyrics', 'performance']
    """
    if use not in USES:
        raise UsageError(
            gettext(
                "'{use}' isn't a known use. Known uses are {uses}.",
                use=printable(use),
                uses=", ".join(USES),
            ),
            code="unknown-use",
        )
    return _TABLE.rights_of(use)
