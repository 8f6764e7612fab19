"""Policies for declarations, and the rights that a use of music touches."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis
    from phonoscope.disclosure.policy import Policy, RuleResult
    from phonoscope.disclosure.read import Labels
    from phonoscope.disclosure.rights import Right


def policies() -> list[Policy]:
    """Return the policies that come with Phonoscope; they aren't legal advice.

    Examples
    --------
    >>> "spotify" in [policy.name for policy in policies()]
    True
    """
    from phonoscope.disclosure.policy import read_policy, shipped

    return [read_policy(name) for name in shipped()]


def check_policy(
    recording: Analysis | Labels, policy: str | os.PathLike[str]
) -> tuple[RuleResult, ...]:
    """Check what a recording declares against a policy; this isn't legal advice.

    Parameters
    ----------
    recording
        What :func:`phonoscope.analyse` returns, or :func:`phonoscope.read_labels`. Rules about
        what is detected are ``unknown`` for labels alone.
    policy
        Name of one that comes with Phonoscope, or a TOML file; see ``docs/policies.md``.

    Returns
    -------
    tuple of RuleResult
        One a rule: ``met``, ``not-met``, ``not-concerned`` or ``unknown``, and why.

    Raises
    ------
    UsageError
        When the policy can't be read.
    """
    from phonoscope.detector.generated import detected_band
    from phonoscope.disclosure.policy import findings, read_policy

    verdict = getattr(recording, "verdict", None)
    detected = None if verdict is None else detected_band(verdict)
    return findings(read_policy(policy), recording.declared, detected)


def rights_of(use: str) -> tuple[Right, ...]:
    """Return the rights that a use of music touches; this isn't legal advice.

    Parameters
    ----------
    use
        E.g. ``"cover"``; :data:`phonoscope.disclosure.rights.USES` names them all.

    Raises
    ------
    UsageError
        When the table doesn't know that use.

    Examples
    --------
    >>> [str(right.kind) for right in rights_of("cover") if right.touched == "yes"]
    ['composition', 'lyrics', 'performance']
    """
    from phonoscope.disclosure import rights
    from phonoscope.errors import UsageError

    if use not in rights.USES:
        raise UsageError(f"there is no use {use!r}; there are {', '.join(rights.USES)}")
    return rights.rights_of(use)
