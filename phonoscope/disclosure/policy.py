"""Policies: what someone wants declared, and whether a recording meets it.

A policy is a TOML file (docs/policies.md). A rule has ``where``, the recordings that it applies
to, and ``needs`` or ``forbids``, what their declarations must or mustn't say. Detected sound can
make a rule apply; only a declaration can meet it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from phonoscope.disclosure import gb45438
from phonoscope.disclosure.model import MAKINGS, Declaration, Making, Part, Signature
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown
from phonoscope.messages import gettext, sentences
from phonoscope.text import joined, size

FORMAT = "phonoscope-policy/1"
MOST_BYTES = 1 << 18
"""A longer file isn't a policy."""
_MOST = size(MOST_BYTES)

_Text = Annotated[str, Field(max_length=1_000)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyPattern(_Strict):
    """What a declaration has to say to count; a column that isn't named can hold anything."""

    part: tuple[Part, ...] = ()
    making: tuple[Making, ...] = ()
    standard: tuple[_Text, ...] = ()
    signature: tuple[Signature, ...] = ()
    named: tuple[Literal["tool", "producer", "voice", "declared_utc", "signer"], ...] = ()
    """Columns that mustn't be empty."""
    elements: tuple[_Text, ...] = ()
    """Elements of GB 45438-2025 that mustn't be empty."""

    @model_validator(mode="after")
    def _says_something(self) -> PolicyPattern:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("is empty; add part, making, standard, signature, named or elements")
        return self

    def fits(self, declared: Declaration) -> bool:
        """Whether one declaration says it."""
        one_of = ("part", "making", "standard", "signature")
        return (
            all(
                not getattr(self, name) or getattr(declared, name) in getattr(self, name)
                for name in one_of
            )
            and all(getattr(declared, name) for name in self.named)
            and self._has_elements(declared)
        )

    def _has_elements(self, declared: Declaration) -> bool:
        if not self.elements:
            return True
        found = gb45438.elements_of(declared.value)
        return declared.standard == gb45438.STANDARD and all(
            found.get(name.lower(), "").strip() for name in self.elements
        )


class Where(_Strict):
    """The recordings that a rule applies to: those that declare something, or show it."""

    declared: PolicyPattern | None = None
    detected: tuple[Literal["generated", "partly-generated", "undecided"], ...] = ()


class PolicyRule(_Strict):
    """One rule of a policy."""

    name: _Name
    says: _Text
    where: Where | None = None
    needs: PolicyPattern | None = None
    forbids: PolicyPattern | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> PolicyRule:
        if (self.needs is None) == (self.forbids is None):
            raise ValueError("must have either 'needs' or 'forbids'")
        return self


class Policy(_Strict):
    """A list of rules, and where they come from."""

    format: Literal["phonoscope-policy/1"]
    name: _Name
    says: _Text
    source: _Text
    url: Annotated[str, Field(max_length=500, pattern=r"^(https?://[!-~]+)?$")] = ""
    date: Day
    """Of the source."""
    read: Day
    """When a person last compared this file with its source."""
    note: _Text = ""
    rules: Annotated[tuple[PolicyRule, ...], Field(min_length=1, max_length=200)]


class RuleStatus(StrEnum):
    """Whether a recording meets a rule."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_CONCERNED = "not-concerned"
    """The rule doesn't apply to this recording."""
    UNKNOWN = "unknown"
    """The rule depends on the sound, which wasn't scored."""


@dataclass(frozen=True)
class RuleResult:
    """Whether one recording meets one rule, and why."""

    policy: str
    rule: str
    outcome: RuleStatus
    says: str
    """The rule in a sentence."""
    because: str
    """The reason for the outcome, in one or two sentences."""


def findings(
    policy: Policy, declared: Sequence[Declaration], detected: str | None
) -> tuple[RuleResult, ...]:
    """Check one recording against each rule of a policy.

    Parameters
    ----------
    policy
        The policy.
    declared
        All declarations of the recording.
    detected
        What the sound alone shows: ``'generated'``, ``'partly-generated'``, ``'undecided'`` or
        ``'no-sign-found'``; ``None`` if the sound wasn't scored.
    """
    return tuple(_finding(policy.name, rule, declared, detected) for rule in policy.rules)


def _finding(
    policy: str, rule: PolicyRule, declared: Sequence[Declaration], detected: str | None
) -> RuleResult:
    applies, why = _applies(rule.where, declared, detected)
    if applies is None:
        outcome = RuleStatus.UNKNOWN
        because: str = gettext("The rule depends on the sound, which wasn't scored.")
    elif not applies:
        outcome = RuleStatus.NOT_CONCERNED
        because = gettext("The rule doesn't apply to this recording.")
    else:
        outcome, result = _compared(rule, declared)
        because = sentences(why, result)
    return RuleResult(policy, rule.name, outcome, rule.says, because)


def _compared(rule: PolicyRule, declared: Sequence[Declaration]) -> tuple[RuleStatus, str]:
    """Compare declarations with a rule that applies."""
    if rule.needs is not None:
        if any(rule.needs.fits(d) for d in declared):
            return RuleStatus.MET, gettext("A declaration meets it.")
        return RuleStatus.NOT_MET, gettext("No declaration meets it.")
    found = next((d for d in declared if rule.forbids is not None and rule.forbids.fits(d)), None)
    if found is None:
        return RuleStatus.MET, gettext("No declaration breaks it.")
    place = printable(found.place)
    return RuleStatus.NOT_MET, gettext("The declaration in {place} breaks it.", place=place)


def _applies(
    where: Where | None, declared: Sequence[Declaration], detected: str | None
) -> tuple[bool | None, str]:
    """Return whether a rule applies to a recording, ``None`` if that is unknown, and why."""
    if where is None:
        return True, gettext("The rule applies to every recording.")
    mark = next((d for d in declared if where.declared and where.declared.fits(d)), None)
    if mark is not None:
        return True, gettext(
            "The rule applies because of the declaration in {place} ({making}).",
            place=printable(mark.place),
            making=MAKINGS[mark.making],
        )
    if where.detected and detected is None:
        return None, ""
    return detected in where.detected, gettext(
        "The rule applies because of the sound (verdict: {verdict}).", verdict=str(detected)
    )


def shipped() -> tuple[str, ...]:
    """Return the names of the policies that come with Phonoscope."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _folder().iterdir()))


def read_policy(name: str | os.PathLike[str]) -> Policy:
    """Read a policy: a shipped one by its name, or a TOML file.

    Raises
    ------
    UsageError
        When it can't be read or isn't a policy; names the key and the reason.
    """
    called = os.fspath(name)
    if called in shipped():
        return policy_of(_folder().joinpath(f"{called}.toml").read_bytes(), called)
    file = shown(called)
    try:
        with Path(called).open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(
            gettext(
                "The policy {file} can't be read: {reason}. Give the path of a TOML file, or one "
                "of {names}.",
                file=file,
                reason=printable(getattr(error, "strerror", None) or str(error)),
                names=joined(shipped()),
            ),
            code="unreadable-policy",
        ) from error
    return policy_of(content, file)


def policy_of(content: bytes, name: str) -> Policy:
    """Return the policy in the bytes of a file.

    Parameters
    ----------
    content
        TOML.
    name
        How a person calls the file; safe to show.
    """
    if len(content) > MOST_BYTES:
        raise UsageError(
            gettext("{file} is longer than {size}, so it isn't a policy.", file=name, size=_MOST),
            code="too-long",
        )
    try:
        return Policy.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise UsageError(
            gettext(
                "{file} isn't a valid policy. {key}: {reason}. docs/policies.md describes the "
                "format.",
                file=name,
                key=".".join(str(part) for part in first["loc"]),
                reason=printable(first["msg"]),
            ),
            code="invalid-policy",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            gettext(
                "{file} isn't valid TOML: {reason}.",
                file=name,
                reason=printable(str(error))[:300],
            ),
            code="not-toml",
        ) from error


def _folder() -> Traversable:
    return files("phonoscope.disclosure").joinpath("policies")
