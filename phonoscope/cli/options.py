"""Options and arguments that several commands share, in the same words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.defaults import FALSE_ALARMS, FILE_TIME_LIMIT_S
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis
    from phonoscope.api import Catalogue
    from phonoscope.settings import Settings


class FailOnVerdict(StrEnum):
    """What ``--fail-on`` can name: a verdict, a mark in the file, or that the two disagree."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly-generated"
    UNDECIDED = "undecided"
    NO_SIGN_FOUND = "no-sign-found"
    DECLARED = "declared"
    DISAGREEMENT = "disagreement"


CatalogueArgument = Annotated[
    str, typer.Argument(metavar="CATALOGUE", help="Folder of a catalogue, as made by 'scan'.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Hide progress and hints; errors still show.")
]
FullPaths = Annotated[
    bool,
    typer.Option("--full-paths", help="Show full paths instead of paths in the scanned folder."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-j",
        min=1,
        max=1024,
        metavar="N",
        help="Number of worker processes.",
        show_default="all cores",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        help="Give up on a file after this many seconds and report it as unreadable.",
        show_default=f"{FILE_TIME_LIMIT_S:g}",
    ),
]
FalseAlarms = Annotated[
    float | None,
    typer.Option(
        "--false-alarms",
        metavar="SHARE",
        help="Accepted share of human music that is called generated, at most 0.5.",
        show_default=f"{FALSE_ALARMS:g}",
    ),
]
FailOnOption = Annotated[
    list[FailOnVerdict] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with status 1 if any recording is generated, partly-generated, undecided, "
        "no-sign-found, declared (it carries a mark) or disagreement (mark and sound disagree). "
        "Repeatable.",
    ),
]


def settings_with(
    workers: int | None = None,
    time_limit: float | None = None,
    false_alarms: float | None = None,
) -> Settings:
    """Return the settings: these options, then the environment, the user's file and defaults.

    Raises
    ------
    UsageError
        When one of them isn't valid; the message names it and where it can come from.
    """
    from pydantic import ValidationError

    from phonoscope.settings import Settings

    flags: dict[str, Any] = {
        "workers": workers,
        "file_time_limit_s": time_limit,
        "false_alarms": false_alarms,
    }
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise _invalid(error.errors()[0]) from error
    except (OSError, ValueError) as error:
        wrong = gettext("The settings file {file} can't be read.", file=printable(_file()))
        reason = gettext("Reason: {reason}", reason=printable(str(error)))
        raise UsageError(lines([wrong, reason]), code="unreadable-settings") from error


def _invalid(first: Mapping[str, Any]) -> UsageError:
    name = ".".join(str(part) for part in first["loc"])
    return UsageError(
        lines(
            [
                gettext(
                    "The setting {name} can't be {value}: {reason}.",
                    name=name,
                    value=printable(str(first["input"])),
                    reason=printable(first["msg"]),
                ),
                gettext(
                    "Change the option, the environment variable {variable} or {file}.",
                    variable=f"PHONOSCOPE_{name.upper()}",
                    file=printable(_file()),
                ),
            ]
        ),
        code="invalid-setting",
    )


def _file() -> str:
    from phonoscope.settings import SETTINGS_FILE

    return str(SETTINGS_FILE)


def names_it(fail_on: list[FailOnVerdict] | None, analysis: Analysis) -> bool:
    """Whether ``--fail-on`` names the verdict of an analysis, or its marks."""
    found = {analysis.verdict.verdict.value}
    if analysis.declared:
        found.add(FailOnVerdict.DECLARED)
    if analysis.disagreement is not None:
        found.add(FailOnVerdict.DISAGREEMENT)
    return not found.isdisjoint(fail_on or ())


def names_any_in(fail_on: list[FailOnVerdict] | None, catalogue: Catalogue) -> bool:
    """Whether ``--fail-on`` names a verdict or marks in a catalogue."""
    if not fail_on:
        return False
    query = "select distinct verdict from verdicts union select 'declared' from declared"
    found = catalogue.sql(query).read_all().column(0).to_pylist()
    if FailOnVerdict.DISAGREEMENT in fail_on:
        from phonoscope.catalogue.declared_vs_detected import declared_vs_detected

        both = declared_vs_detected(catalogue.table)
        if both.filter(both["disagreement"].notnull()).limit(1).to_pyarrow().num_rows:
            return True
    return not set(found).isdisjoint(fail_on)


def person_path(path: str) -> str:
    """Return a path as a person may type it, ``~`` included."""
    return os.path.expanduser(path)


class EngineName(StrEnum):
    """Where the work runs."""

    LOCAL = "local"
    SPARK = "spark"


EngineOption = Annotated[
    EngineName,
    typer.Option("--engine", help="Work on this machine's cores or on a Spark cluster."),
]
