"""Verdicts on releases and artists in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import number, percent

if TYPE_CHECKING:
    from phonoscope.detector.dependence import Dependence
    from phonoscope.findings.shared.release_group import Group

WORDS = {
    "generated": gettext("Generated as a whole"),
    "mixed": gettext("Generated in part"),
    "undecided": gettext("Undecided"),
    "no-sign-found": gettext("No sign found"),
}
"""Verdicts on groups in words."""


def says(group: Group) -> str:
    """Return the composition of a group, and how rare it is among human ones."""
    called = ngettext(
        "{n} of {tracks} tracks is called generated.",
        "{n} of {tracks} tracks are called generated.",
        group.called,
        tracks=group.tracks,
    )
    expected = gettext("Expected by chance: {expected}.", expected=few(group.expected))
    return sentences(called, expected, _alike(group), _releases(group))


def _alike(group: Group) -> Message:
    if group.releases is not None:
        return gettext(
            "99% of human artists have at most {most} of {tracks}.",
            most=group.most,
            tracks=group.tracks,
        )
    return gettext(
        "99% of human releases, mastered alike, have at most {most} of {tracks}.",
        most=group.most,
        tracks=group.tracks,
    )


def _releases(group: Group) -> Message | str:
    """Return how many releases of an artist are called, where that adds something."""
    if not group.releases_called or group.releases == 1:
        return ""
    return ngettext(
        "{n} of {releases} releases is called generated, as a whole or in part.",
        "{n} of {releases} releases are called generated, as a whole or in part.",
        group.releases_called,
        releases=group.releases or 0,
    )


def few(expected: float) -> Message | str:
    """Return a mean count with two digits after the point.

    >>> few(0.026), few(1.5), few(0.0001)
    ('0.03', '1.50', 'under 0.01')
    """
    if expected < 0.005:
        return gettext("under {least}", least=number(0.01, 2))
    return number(expected, 2)


def says_all(by: str, tested: int, whole: int, part: int) -> Message:
    """Return how many releases or artists are called generated as a whole and in part."""
    if by == "artist":
        return ngettext(
            "Called generated: {whole} of {n} artist as a whole, {part} in part.",
            "Called generated: {whole} of {n} artists as a whole, {part} in part.",
            tested,
            whole=whole,
            part=part,
        )
    return ngettext(
        "Called generated: {whole} of {n} release as a whole, {part} in part.",
        "Called generated: {whole} of {n} releases as a whole, {part} in part.",
        tested,
        whole=whole,
        part=part,
    )


def too_few(least: int, smaller: int) -> Message:
    """Return why no release or artist has a verdict."""
    return ngettext(
        "No release or artist here has {least} scored tracks, and {n} has fewer. Releases need "
        "album ids or tags, and artists need ids or labels.",
        "No release or artist here has {least} scored tracks, and {n} have fewer. Releases need "
        "album ids or tags, and artists need ids or labels.",
        smaller,
        least=least,
    )


def trial_says(trial: Dependence) -> str:
    """Return what the verdicts rest on: a trial with so many human sources."""
    if not trial.is_known:
        return ngettext(
            "The detector's trial has {n} source of human music. That is too few to say how often "
            "false alarms fall on one release, so no release is called generated.",
            "The detector's trial has {n} sources of human music. That is too few to say how often "
            "false alarms fall on one release, so no release is called generated.",
            trial.sources,
        )
    counted = ngettext(
        "In the detector's trial, {called} of {recordings} human recordings from {n} source was "
        "called generated.",
        "In the detector's trial, {called} of {recordings} human recordings from {n} sources were "
        "called generated.",
        trial.sources,
        called=trial.called,
        recordings=trial.recordings,
    )
    alike = gettext(
        "False alarms of one source have a correlation of at most {limit} (95% limit).",
        limit=number(trial.highest_correlation, 2),
    )
    unlike = gettext(
        "Up to {share} of human releases may be unlike every source of the trial, and nothing is "
        "known about those.",
        share=percent(trial.unseen_share),
    )
    return sentences(counted, alike, unlike)
