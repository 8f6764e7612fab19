"""Options and arguments that several commands share, so that they read the same."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.defaults import FALSE_ALARMS, FILE_TIME_LIMIT_S
from phonoscope.errors import UsageError

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis
    from phonoscope.api import Catalogue
    from phonoscope.settings import Settings


class FailOnVerdict(StrEnum):
    """What ``--fail-on`` may name: a verdict, a mark in the file, or both at odds."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly-generated"
    UNDECIDED = "undecided"
    NO_SIGN_FOUND = "no-sign-found"
    DECLARED = "declared"
    DISAGREEMENT = "disagreement"


CatalogueArgument = Annotated[
    str, typer.Argument(metavar="CATALOGUE", help="Folder of a catalogue, made by scan.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write JSON: one object, or one a line for many rows.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr; errors stay.")
]
FullPaths = Annotated[
    bool,
    typer.Option(
        "--full-paths",
        help="Show full paths of files. By default they are relative to the scanned folder.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-j",
        min=1,
        max=1024,
        metavar="N",
        help="Worker processes. [default: all cores]",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        help="Seconds one file may take; a file that takes longer is reported as unreadable. "
        f"[default: {FILE_TIME_LIMIT_S:g}]",
    ),
]
FalseAlarms = Annotated[
    float | None,
    typer.Option(
        "--false-alarms",
        metavar="SHARE",
        help="Share of human music that may be called generated, above 0 and at most 0.5: 0.0001 "
        "is one human song in ten thousand. Smaller accuses fewer people wrongly and misses more "
        f"machines. [default: {FALSE_ALARMS:g}]",
    ),
]
FailOnOption = Annotated[
    list[FailOnVerdict] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with status 1 when a recording (of a scan: in the catalogue) has this "
        "verdict: generated, partly-generated, undecided or no-sign-found; when it carries a "
        "mark: declared; when what is declared and what is detected disagree: disagreement. "
        "May be given several times.",
    ),
]


def settings_with(
    workers: int | None = None,
    time_limit: float | None = None,
    false_alarms: float | None = None,
) -> Settings:
    """Resolve the settings: these flags over environment, the user's file and defaults.

    Raises
    ------
    UsageError
        When one of them is not valid; names it and where it may come from.
    """
    from pydantic import ValidationError

    from phonoscope.settings import SETTINGS_FILE, Settings

    flags: dict[str, Any] = {
        "workers": workers,
        "file_time_limit_s": time_limit,
        "false_alarms": false_alarms,
    }
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"the setting {name} is {first['input']!r}: {first['msg']}. It is set by a flag, by "
            f"the environment (PHONOSCOPE_{name.upper()}) or in {SETTINGS_FILE}."
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"the settings in {SETTINGS_FILE} cannot be read: {error}") from error


def names_it(fail_on: list[FailOnVerdict] | None, analysis: Analysis) -> bool:
    """Whether ``--fail-on`` names the verdict of an examination, or its marks."""
    found = {analysis.verdict.verdict.value}
    if analysis.declared:
        found.add(FailOnVerdict.DECLARED)
    if analysis.disagreement is not None:
        found.add(FailOnVerdict.DISAGREEMENT)
    return not found.isdisjoint(fail_on or ())


def names_any_in(fail_on: list[FailOnVerdict] | None, catalogue: Catalogue) -> bool:
    """Whether ``--fail-on`` names a verdict, or marks, that a catalogue holds."""
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
    typer.Option("--engine", help="This machine's cores, or the Spark cluster pyspark finds."),
]
