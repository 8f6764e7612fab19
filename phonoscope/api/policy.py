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
        What :func:`phonoscope.analyse` or :func:`phonoscope.read_labels` returns. With labels
        alone, rules that depend on the sound are ``unknown``.
    policy
        Name of a shipped policy, or a TOML file; see ``docs/policies.md``.

    Returns
    -------
    tuple of RuleResult
        One per rule: ``met``, ``not-met``, ``not-concerned`` or ``unknown``, and why.

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
        One of :data:`phonoscope.disclosure.rights.USES`, such as ``"cover"``.

    Raises
    ------
    UsageError
        When the table doesn't have that use.

    Examples
    --------
    >>> [str(right.kind) for right in rights_of("cover") if right.touched == "yes"]
    ['composition', 'lyrics', 'performance']
    """
    from phonoscope.disclosure import rights

    return rights.rights_of(use)
