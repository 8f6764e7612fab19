"""``phonoscope label check``: whether files declare what a policy wants."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, cast

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.label_read import Files, catalogue_in, labels_of, paths_in
from phonoscope.cli.label_tally import OUTCOMES, Tally
from phonoscope.cli.options import AsJson, Quiet, Workers, person_path, settings_with
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import columns, message, painted, wrapped, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from collections.abc import Generator

    from phonoscope.analysis import Analysis
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.policy import RuleResult

EXAMPLES = """\b
Examples:
  phonoscope label check album/ --policy eu
  phonoscope label check album/ --policy eu,china --listen
  phonoscope label check my-catalogue --policy spotify
  phonoscope label check inbox/ --policy our-rules.toml --fail-on not-met --json
"""
INTERRUPTED = gettext("The printed results are complete. No file was changed.")

_COLOURS = {
    "not-met": ("bold", "red"),
    "unknown": ("yellow",),
    "met": ("green",),
    "not-concerned": ("dim",),
}
_INDENT = 48


class FailOnPolicy(StrEnum):
    """The outcomes that ``--fail-on`` accepts."""

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
            help="Name of a shipped policy ('label policies' lists them) or a TOML file; several "
            "separated by commas.",
        ),
    ],
    listen: Annotated[
        bool,
        typer.Option(
            "--listen",
            help="Analyse the sound as well. Without it, rules that depend on the sound are "
            "unknown.",
        ),
    ] = False,
    fail_on: Annotated[
        list[FailOnPolicy] | None,
        typer.Option(
            "--fail-on",
            metavar="OUTCOME",
            help="Exit with status 1 if a rule is not-met, or unknown. Can be given twice.",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Print every rule of every file above the table.")
    ] = False,
    workers: Workers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Check what files declare against policies.

    A rule is met, not-met, not-concerned (it doesn't apply to the file) or unknown. For one file,
    the command prints every rule. For several, it prints a table of the rules, and the files with
    the most unmet rules.

    Detected sound can make a rule apply, but only a declaration can meet it. For a catalogue, both
    come from the scan. This isn't legal advice.

    docs/policies.md explains how to write a policy; docs/label-json.md documents the JSON.
    """
    from phonoscope.disclosure.policy import findings, read_policy

    names = [name.strip() for each in policy for name in each.split(",") if name.strip()]
    if not names:
        raise UsageError(
            gettext("--policy is empty. Give it a name from 'label policies', or a file."),
            code="no-policy",
        )
    policies = [read_policy(person_path(name)) for name in names]
    catalogue = catalogue_in(files)
    paths = [] if catalogue else paths_in(files)
    if catalogue:
        seen = _stored(catalogue)
    else:
        seen = _analysed(paths, workers, quiet) if listen else _read(paths)
    tally = Tally(policies)
    alone = len(paths) == 1
    for uri, declared, detected, error in seen:
        found = [f for p in policies for f in findings(p, declared, detected)] if not error else []
        tally.add(uri, found, readable=not error)
        _show(uri, found, error, as_json=as_json, full=full or alone)
    if not as_json and not alone:
        tally.show()
    if not quiet:
        message(tally.summary(listened=listen or catalogue is not None))
    if fail_on and any(tally.counts[name] for name in fail_on):
        return Status.FOUND
    return Status.SOME_UNREADABLE if tally.unreadable else Status.DONE


Seen = Iterator[tuple[str, "Sequence[Declaration]", str | None, str | None]]
"""File, its declarations, the verdict on its sound, and why it couldn't be read."""


def _stored(catalogue: Catalogue) -> Seen:
    for file in catalogue.labelled():
        yield file.uri, file.declared, file.detected, file.error


def _read(paths: list[str]) -> Seen:
    for uri, labels, error in labels_of(paths):
        yield uri, labels.declared if labels else (), None, error


def _analysed(paths: list[str], workers: int | None, quiet: bool) -> Seen:
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
        message(gettext("{file}: {reason}", file=shown(uri), reason=error))
    elif full:
        rows = [(f"{f.policy} {f.rule}", _outcome(f)) for f in found]
        write(f"{painted(shown(uri), 'bold')}\n{columns(rows)}")


def _outcome(found: RuleResult) -> str:
    word = painted(OUTCOMES[found.outcome], *_COLOURS[found.outcome])
    rule = wrapped(printable(found.says), _INDENT)
    because = painted(wrapped(found.because, _INDENT), "dim")
    return f"{word}\n{rule}\n{because}"
