"""Policies: what somebody wants declared, and whether a recording meets it.

A policy is a TOML file (docs/policies.md). Each rule says of which recordings it speaks
(``where``) and what their declarations must, or must not, say (``needs``, ``forbids``). What was
detected may bring a recording under a rule; only what is declared can meet it.
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
from phonoscope.disclosure.model import Declaration, Making, Part, Signature
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown

FORMAT = "phonoscope-policy/1"
MOST_BYTES = 1 << 18
"""A longer file is no policy."""

_Text = Annotated[str, Field(max_length=1_000)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyPattern(_Strict):
    """What a declaration has to say to count; whatever is not named may be anything."""

    part: tuple[Part, ...] = ()
    making: tuple[Making, ...] = ()
    standard: tuple[_Text, ...] = ()
    signature: tuple[Signature, ...] = ()
    named: tuple[Literal["tool", "producer", "voice", "declared_utc", "signer"], ...] = ()
    """Columns that must not be empty."""
    elements: tuple[_Text, ...] = ()
    """Elements of GB 45438-2025 that must not be empty."""

    @model_validator(mode="after")
    def _says_something(self) -> PolicyPattern:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("names nothing: give part, making, standard, signature, named ...")
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
    """Of which recordings a rule speaks: those that declare it, or show it."""

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
            raise ValueError("has one of 'needs' and 'forbids'")
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
    """When somebody last compared this file with its source."""
    note: _Text = ""
    rules: Annotated[tuple[PolicyRule, ...], Field(min_length=1, max_length=200)]


class RuleStatus(StrEnum):
    """What a rule comes to for one recording."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_CONCERNED = "not-concerned"
    """The rule does not speak of this recording."""
    UNKNOWN = "unknown"
    """The rule speaks of what is heard, and that is not known."""


@dataclass(frozen=True)
class RuleResult:
    """What one rule comes to for one recording."""

    policy: str
    rule: str
    outcome: RuleStatus
    says: str
    """The rule in a sentence."""
    because: str
    """Why the outcome is what it is, as half a sentence."""


def findings(
    policy: Policy, declared: Sequence[Declaration], detected: str | None
) -> tuple[RuleResult, ...]:
    """Return what each rule of a policy comes to for one recording.

    Parameters
    ----------
    policy
        The policy.
    declared
        All that the recording declares.
    detected
        What is concluded from the sound alone: ``'generated'``, ``'partly-generated'``,
        ``'undecided'`` or ``'no-sign-found'``; ``None`` when nobody has listened, or it was too
        short to weigh.
    """
    return tuple(_finding(policy.name, rule, declared, detected) for rule in policy.rules)


def _finding(
    policy: str, rule: PolicyRule, declared: Sequence[Declaration], detected: str | None
) -> RuleResult:
    concerned, why = _concerned(rule.where, declared, detected)
    if concerned is None:
        outcome, because = RuleStatus.UNKNOWN, "it speaks of what is heard, and that is not known"
    elif not concerned:
        outcome, because = RuleStatus.NOT_CONCERNED, "it does not speak of this recording"
    elif rule.needs is not None:
        met = any(rule.needs.fits(d) for d in declared)
        outcome = RuleStatus.MET if met else RuleStatus.NOT_MET
        because = f"{why}, and {'a' if met else 'no'} declaration meets it"
    else:
        bad = [d for d in declared if rule.forbids is not None and rule.forbids.fits(d)]
        outcome = RuleStatus.NOT_MET if bad else RuleStatus.MET
        because = f"{why}, and {bad[0].place if bad else 'no declaration'} says it"
    return RuleResult(policy, rule.name, outcome, rule.says, because)


def _concerned(
    where: Where | None, declared: Sequence[Declaration], detected: str | None
) -> tuple[bool | None, str]:
    """Return whether a rule speaks of a recording, ``None`` when that is unknown, and why."""
    if where is None:
        return True, "it speaks of every recording"
    mark = next((d for d in declared if where.declared and where.declared.fits(d)), None)
    if mark is not None:
        return True, f"declared {mark.making.replace('-', ' ')} in {mark.place}"
    if where.detected and detected is None:
        return None, ""
    return detected in where.detected, f"detected: {detected}"


def shipped() -> tuple[str, ...]:
    """Return the names of the policies that come with Phonoscope."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _folder().iterdir()))


def read_policy(name: str | os.PathLike[str]) -> Policy:
    """Read a policy: a shipped one by its name, or a TOML file.

    Raises
    ------
    UsageError
        When it cannot be read or is none: says where and why.
    """
    called = os.fspath(name)
    if called in shipped():
        return policy_of(_folder().joinpath(f"{called}.toml").read_bytes(), called)
    said = shown(called)
    try:
        with Path(called).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot read the policy {said}: {why}. Shipped ones are {', '.join(shipped())}."
        ) from error
    return policy_of(content, said)


def policy_of(content: bytes, name: str) -> Policy:
    """Return the policy in the bytes of a file that a person calls ``name``."""
    if len(content) > MOST_BYTES:
        raise UsageError(f"{name} is longer than {MOST_BYTES:,} bytes: no policy is")
    try:
        return Policy.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name} is no policy: {where}: {printable(first['msg'])}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not TOML: {printable(str(error))[:300]}") from error


def _folder() -> Traversable:
    return files("phonoscope.disclosure").joinpath("policies")
