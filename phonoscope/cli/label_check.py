"""``phonoscope label check``: whether files declare what a policy wants."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.label_read import Files, catalogue_in, labels_of, paths_in
from phonoscope.cli.options import AsJson, Quiet, Workers, person_path, settings_with
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import columns, message, painted, wrapped, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from collections.abc import Generator

    from phonoscope.analysis import Analysis
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.policy import Policy, RuleResult

EXAMPLES = """\b
Examples:
  phonoscope label check album/ --policy eu
  phonoscope label check album/ --policy eu,china --listen
  phonoscope label check my-catalogue --policy spotify
  phonoscope label check inbox/ --policy our-rules.toml --fail-on not-met --json
"""
INTERRUPTED = "What was printed is complete; no file was touched."

_COLOURS = {
    "not-met": ("bold", "red"),
    "unknown": ("yellow",),
    "met": ("green",),
    "not-concerned": ("dim",),
}
_OPEN = ("not-met", "unknown")
"""Outcomes that somebody has to look at; of many files only these are printed."""
_INDENT = 48


class FailOnPolicy(StrEnum):
    """What ``--fail-on`` may name."""

    NOT_MET = "not-met"
    UNKNOWN = "unknown"


def check_labels(
    files: Files,
    *,
    policy: Annotated[
        list[str],
        typer.Option(
            "--policy",
            metavar="POLICY",
            help="A shipped policy ('label policies' lists them) or a file; several with commas.",
        ),
    ],
    listen: Annotated[
        bool,
        typer.Option(
            "--listen",
            help="Examine the sound as well, for rules about what is heard; without it they come "
            "out as unknown.",
        ),
    ] = False,
    fail_on: Annotated[
        list[FailOnPolicy] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="Exit with status 1 when a rule is not-met, or unknown. May be given twice.",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Print every rule of every file, not only what is open.")
    ] = False,
    workers: Workers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Check what files declare against policies. This is no legal advice.

    Each rule is met, not-met, not-concerned (it does not speak of this recording) or unknown.
    What is heard may bring a file under a rule; only what is declared can meet it. Of a catalogue
    both are what the scan found.
    docs/policies.md tells how to write a policy, docs/label-json.md documents the JSON.
    """
    from phonoscope.disclosure.policy import findings, read_policy

    names = [name.strip() for each in policy for name in each.split(",") if name.strip()]
    if not names:
        raise UsageError("give --policy a name or a file; 'phonoscope label policies' lists them")
    policies = [read_policy(person_path(name)) for name in names]
    catalogue = catalogue_in(files)
    paths = [] if catalogue else paths_in(files)
    counts: Counter[str] = Counter()
    unreadable = checked = 0
    if catalogue:
        seen = _kept(catalogue)
    else:
        seen = _heard(paths, workers, quiet) if listen else _read(paths)
    for uri, declared, detected, error in seen:
        checked += 1
        found = [f for p in policies for f in findings(p, declared, detected)] if not error else []
        counts.update(f.outcome for f in found)
        unreadable += error is not None
        _show(uri, found, error, as_json=as_json, full=full or len(paths) == 1)
    if not quiet:
        message(_summary(counts, checked, policies, listen or catalogue is not None))
    if fail_on and any(counts[name] for name in fail_on):
        return Status.FOUND
    return Status.SOME_UNREADABLE if unreadable else Status.DONE


Seen = Iterator[tuple[str, "Sequence[Declaration]", str | None, str | None]]
"""File, what it declares, what is detected in it, and why it could not be read."""


def _kept(catalogue: Catalogue) -> Seen:
    for file in catalogue.labelled():
        yield file.uri, file.declared, file.detected, file.error


def _read(paths: list[str]) -> Seen:
    for uri, labels, error in labels_of(paths):
        yield uri, labels.declared if labels else (), None, error


def _heard(paths: list[str], workers: int | None, quiet: bool) -> Seen:
    from phonoscope import api
    from phonoscope.detector.generated import detected_band

    with (
        TerminalProgress(quiet) as progress,
        closing(
            cast(
                "Generator[Analysis]",
                api.check(paths, settings=settings_with(workers)),
            )
        ) as analyses,
    ):
        progress.start("scan", unit="files", total=len(paths))
        for analysis in analyses:
            with progress.aside():
                detected = detected_band(analysis.verdict)
                yield analysis.file, analysis.declared, detected, analysis.error
            failed = analysis.error is not None
            progress.advance(audio_s=analysis.duration_s or 0.0, unreadable=int(failed))


def _show(
    uri: str, found: list[RuleResult], error: str | None, *, as_json: bool, full: bool
) -> None:
    from phonoscope.files import shown

    if as_json:
        rules = [dataclasses.asdict(f) for f in found]
        write_json(
            {"file": shown(uri), "uri": uri, "rules": rules, "error": error},
            "phonoscope-label-check/1",
        )
    elif error:
        message(f"{shown(uri)}: {error}")
    elif shows := [f for f in found if full or f.outcome in _OPEN]:
        rows = [(f"{f.policy} {f.rule}", _outcome(f)) for f in shows]
        write(f"{painted(shown(uri), 'bold')}\n{columns(rows)}")


def _outcome(found: RuleResult) -> str:
    word = painted(found.outcome.replace("-", " "), *_COLOURS[found.outcome])
    because = painted(wrapped(printable(f"{found.because}."), _INDENT), "dim")
    return f"{word}: {wrapped(printable(found.says), _INDENT)}\n{because}"


def _summary(counts: Counter[Any], files: int, policies: list[Policy], listened: bool) -> str:
    said = ", ".join(f"{counts[word]:,} {word.replace('-', ' ')}" for word in _COLOURS)
    untold = counts["unknown"] and not listened
    listen = " Rules about what is heard need --listen." if untold else ""
    names = ", ".join(p.name for p in policies)
    return f"{counted(files, 'file')} against {names}; rules: {said}.{listen}"
