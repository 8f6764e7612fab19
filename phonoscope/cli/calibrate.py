"""``phonoscope calibrate``: a catalogue's own human recordings as the null."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, FullPaths, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import (
    columns,
    data,
    in_language,
    message,
    painted,
    program,
    say_next,
    wrapped,
    write,
    write_json,
)
from phonoscope.defaults import BEFORE_YEAR
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, lines, ngettext, sentences
from phonoscope.text import between, percent

if TYPE_CHECKING:
    from phonoscope.local_null.calibration import Calibration, Fit
    from phonoscope.local_null.flagged import FlaggedHuman
    from phonoscope.local_null.summary import CalibrationSummary

EXAMPLES = """\b
Examples:
  phonoscope calibrate my-catalogue
  phonoscope calibrate my-catalogue --before 2015
  phonoscope calibrate my-catalogue --known-human our-own-sessions.txt
  phonoscope calibrate my-catalogue --show --json | jq '.fit'
"""
INTERRUPTED = gettext("The calibration before is still in use.")
LISTED = 10
"""Flagged recordings that are listed; JSON has up to 50."""


def calibrate(
    catalogue: CatalogueArgument,
    *,
    known_human: Annotated[
        str | None,
        typer.Option(
            "--known-human",
            metavar="LIST",
            help="File of recordings that are known to be human: ids or paths, one a line, or CSV.",
        ),
    ] = None,
    before: Annotated[
        int | None,
        typer.Option(
            "--before",
            metavar="YEAR",
            help="Take recordings as human whose dates are before this year.",
            show_default=f"{BEFORE_YEAR}",
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show the newest calibration; don't make one.")
    ] = False,
    full_paths: FullPaths = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Judge recordings by this catalogue's own human recordings.

    How human music scores depends on the catalogue: its encoders, studios and genres. This command
    takes 200 or more recordings that are known to be human, by date or from a list, and computes
    for every recording how rare its score is among them. It also says how well the null that comes
    with the model fits.

    A date tag can be older than the recording, as on a remaster. Recordings whose title, album or
    linked tracks name a later year aren't used. A list is safer.

    Verdicts aren't changed. 'report' and 'serve' show both p-values, and 'share' uses the
    catalogue's own false alarms. docs/calibrate-json.md lists the JSON fields.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    if show:
        found = opened.calibration(full_paths=full_paths)
    else:
        with TerminalProgress(quiet) as progress:
            found = opened.calibrate(
                known_human=None if known_human is None else person_path(known_human),
                before=before,
                full_paths=full_paths,
                progress=progress,
            )
    if found is None:
        message(_none(catalogue))
        return Status.DONE
    if as_json:
        write_json(found.to_json())
    else:
        write(_block(found))
        if found.flagged:
            write(_flagged(found))
    _report_missing(found)
    if not as_json:
        command = f"{program()} share {shlex.quote(catalogue)}"
        say_next(
            gettext(
                "Next: '{command}' estimates the share with this catalogue's own false alarms.",
                command=printable(command),
            ),
            quiet,
        )
    return Status.SOME_UNREADABLE if found.calibration.row.not_found else Status.DONE


def _none(catalogue: str) -> Localised:
    command = f"{program()} calibrate {shlex.quote(catalogue)}"
    return gettext(
        "This catalogue has no calibration. Make one with '{command}'.", command=printable(command)
    )


def _block(found: CalibrationSummary) -> str:
    """Return the calibration as a block of lines."""
    calibration = found.calibration
    rows: list[tuple[str, str]] = [
        (gettext("known human"), wrapped(_known(calibration))),
        (gettext("shipped null"), _lines(map(_fit, calibration.fit))),
        (gettext("own null"), _lines(_nulls(calibration))),
        (gettext("verdicts"), _lines(_verdicts(found))),
        (gettext("not judged"), wrapped(_not_judged(found))),
        (gettext("model"), wrapped(data(calibration.row.model))),
    ]
    said = sentences(calibration.says(), calibration.fit_says(), calibration.caveats())
    return "\n".join([wrapped(said, indent=0), columns([row for row in rows if row[1]])])


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(wrapped(part) for part in parts)


def _known(calibration: Calibration) -> str:
    row = calibration.row
    used = ngettext("{n} recording is used.", "{n} recordings are used.", row.known_human)
    artists = ngettext("They name {n} artist.", "They name {n} artists.", row.artists)
    later = ngettext(
        "{n} with an earlier date is left out, because its title, album or a linked track names a "
        "later year.",
        "{n} with an earlier date are left out, because their title, album or a linked track names "
        "a later year.",
        row.stated_later,
    )
    return sentences(used, artists, later if row.stated_later else "")


def _fit(one: Fit) -> Localised:
    low, high = between(*one.interval)
    return gettext(
        "promises {level} false alarms, gives {share} (95% interval {low} to {high})",
        level=percent(one.level),
        share=percent(one.share),
        low=low,
        high=high,
    )


def _nulls(calibration: Calibration) -> list[str]:
    from phonoscope.local_null.channel import Channel

    made: list[str] = []
    for row in calibration.null_rows:
        if not row.judged:
            continue
        low, high = between(row.one_percent_low, row.one_percent_high)
        made.append(
            ngettext(
                "{channel}: {n} recording; where it promises {level}, {low} to {high} are expected "
                "(90% interval)",
                "{channel}: {n} recordings; where it promises {level}, {low} to {high} are "
                "expected (90% interval)",
                row.recordings,
                channel=Channel(row.bandwidth, row.chain).in_words(),
                level=percent(0.01),
                low=low,
                high=high,
            )
        )
    return made


def _verdicts(found: CalibrationSummary) -> list[str]:
    from phonoscope.cli.verdict_list import VERDICTS

    return [
        gettext(
            "{verdict}: {shipped} by the shipped null, {local} by this catalogue's own",
            verdict=VERDICTS.get(one.verdict, one.verdict),
            shipped=one.shipped,
            local=one.local,
        )
        for one in found.verdicts
    ]


def _not_judged(found: CalibrationSummary) -> str:
    row = found.calibration.row
    since = ngettext(
        "{n} recording was scanned since; calibrate again.",
        "{n} recordings were scanned since; calibrate again.",
        found.scanned_since,
    )
    other = ngettext(
        "{n} recording was scored by another model.",
        "{n} recordings were scored by another model.",
        row.other_model,
    )
    none = ngettext("{n} recording has no score.", "{n} recordings have no score.", row.not_scored)
    return sentences(
        since if found.scanned_since else "",
        other if row.other_model else "",
        none if row.not_scored else "",
    )


def _flagged(found: CalibrationSummary) -> str:
    """Return known-human recordings that are called generated, with what may explain them."""
    heading = ngettext(
        "{n} known-human recording is called generated:",
        "{n} known-human recordings are called generated:",
        found.flagged_in_all,
    )
    shown = found.flagged[:LISTED]
    rest = ngettext(
        "{n} more isn't listed; --json lists up to 50.",
        "{n} more aren't listed; --json lists up to 50.",
        found.flagged_in_all - len(shown),
    )
    parts = [painted(heading, "bold"), *(_entry(one) for one in shown)]
    if found.flagged_in_all > len(shown):
        parts.append(f"  {in_language(rest)}")
    return "\n".join(parts)


def _entry(one: FlaggedHuman) -> str:
    rare = gettext(
        "Shipped p-value {shipped}, local {local}.",
        shipped="-" if one.p_value is None else f"{one.p_value:.2g}",
        local="-" if one.local_p_value is None else f"{one.local_p_value:.2g}",
    )
    text = wrapped(sentences(rare, one.says), indent=4).replace("\n", "\n    ")
    name = in_language(data(one.file))
    return f"  {name}  [{in_language(data(one.recording_id))}]\n    {text}"


def _report_missing(found: CalibrationSummary) -> None:
    """Name the first entries of the list that aren't in the catalogue, and how many there are."""
    for entry in found.not_found:
        message(
            gettext(
                "Line {line}: the catalogue has no recording '{entry}'.",
                line=str(entry.line),
                entry=printable(entry.text),
            )
        )
    total = found.calibration.row.not_found
    if total > len(found.not_found) > 0:
        more = ngettext(
            "{n} more entry names no recording.",
            "{n} more entries name no recording.",
            total - len(found.not_found),
        )
        message(lines([more]))
