"""``phonoscope find``: which recordings of a catalogue a sound contains."""

from __future__ import annotations

import shutil
import sys
import tempfile
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.quantities import clock, position
from phonoscope.cli.terminal import columns, message, painted, write, write_json
from phonoscope.defaults import FALSE_MATCHES
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.matching.recording.find import Passage

EXAMPLES = """\b
Examples:
  phonoscope find excerpt.wav --in my-catalogue
  phonoscope find radio-hour.mp3 --in my-catalogue --json | jq -r '.matches[].title'
  phonoscope find --passages generated.mp3 --in training-set
  ffmpeg -i video.mkv -f wav - | phonoscope find - --in my-catalogue
"""
INTERRUPTED = "Nothing was written; the catalogue is as it was."
STANDARD_INPUT = "-"
UNNAMED: dict[str, Any] = {"artist": None, "title": None, "duration_s": None, "files": []}


class FailOnFound(StrEnum):
    """What ``--fail-on`` may name."""

    FOUND = "found"


def find(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Audio or video file, or - for standard input."),
    ],
    *,
    catalogue: Annotated[
        str, typer.Option("--in", metavar="CATALOGUE", help="Catalogue, made by scan.")
    ],
    passages: Annotated[
        bool,
        typer.Option(
            "--passages", help="Look for short copied passages, from about 3 s on; slower."
        ),
    ] = False,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="Do not look for sped-up, shifted or stretched copies; faster."
        ),
    ] = False,
    false_matches: Annotated[
        float,
        typer.Option(
            "--false-matches",
            metavar="SHARE",
            help="Share of excerpts of recordings that are not in the catalogue that may be "
            "recognised all the same, above 0 and at most 0.1.",
        ),
    ] = FALSE_MATCHES,
    fail_on: Annotated[
        FailOnFound | None,
        typer.Option("--fail-on", help="Exit with status 1 when something is found."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Find which recordings of a catalogue a file contains, and where.

    An excerpt, a whole song or hours of radio; also when it was encoded anew, recorded over a
    telephone or in a room, sped up, shifted, stretched, or lies under speech. Each stretch comes
    with its place in both and with the probability that something that is not there matches as
    well. docs/find-json.md documents the JSON.
    """
    from phonoscope import api
    from phonoscope.matching.recording.find import covered_s

    opened = api.open_catalogue(person_path(catalogue), create=False)
    with _sound(file) as sound, TerminalProgress(quiet) as progress:
        found = opened.find(
            sound,
            altered=not plain,
            passages=passages,
            false_matches=false_matches,
            progress=progress,
        )
    seconds = progress.done
    names = _named(opened, found)
    covered = covered_s(found)
    if as_json:
        write_json(
            {
                "file": file,
                "duration_s": seconds,
                "covered_s": covered,
                "covered_share": min(1.0, covered / seconds) if seconds else None,
                "matches": [{**vars(s), **names.get(s.recording_id, UNNAMED)} for s in found],
            },
            "phonoscope-find/1",
        )
    elif not found:
        write("Nothing of this catalogue was recognised. It may still hold other versions of it.")
    else:
        for stretch in found:
            write(_block(stretch, names.get(stretch.recording_id, {})))
        share = f" ({100 * min(1.0, covered / seconds):.0f} %)" if seconds else ""
        if not quiet:
            message(f"{clock(covered)} of {clock(seconds)}{share} is of this catalogue.")
    return Status.FOUND if found and fail_on else Status.DONE


def _sound(file: str) -> Any:
    """Open what was named; standard input is kept in a temporary file, for it is read twice."""
    if file != STANDARD_INPUT:
        from phonoscope.files import open_source, uri_of

        return open_source(uri_of(person_path(file)))
    kept: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(sys.stdin.buffer, kept)
    kept.seek(0)
    return kept


def _named(catalogue: Catalogue, found: list[Passage]) -> dict[str, dict[str, Any]]:
    """Return what a person calls recordings by."""
    ids = sorted({stretch.recording_id for stretch in found})
    if not ids:
        return {}
    rows = catalogue["recordings"]
    wanted = rows.filter(rows["recording_id"].isin(ids)).select(
        "recording_id", "tag_artist", "tag_title", "duration_s"
    )
    files = catalogue["files"]
    places = files.filter(files["recording_id"].isin(ids)).select("recording_id", "uri")
    uris: dict[str, list[str]] = {}
    for row in places.to_pyarrow().to_pylist():
        uris.setdefault(row["recording_id"], []).append(row["uri"])
    return {
        row["recording_id"]: {
            "artist": row["tag_artist"],
            "title": row["tag_title"],
            "duration_s": row["duration_s"],
            "files": sorted(uris.get(row["recording_id"], [])),
        }
        for row in wanted.to_pyarrow().to_pylist()
    }


def _block(stretch: Passage, facts: dict[str, Any]) -> str:
    files = facts.get("files") or []
    title = facts.get("title") or (files[0].rsplit("/", 1)[-1] if files else stretch.recording_id)
    name = f"{facts['artist']} - {title}" if facts.get("artist") else str(title)
    there = f"{position(stretch.there_begin_s)} to {position(stretch.there_end_s)}"
    if facts.get("duration_s"):
        there += f" of {clock(facts['duration_s'])}"
    rows = [
        ("place there", there),
        ("altered", altered(stretch.speed, stretch.pitch)),
        ("surety", surety(stretch)),
        *(("file", printable(uri)) for uri in files[:3]),
    ]
    head = painted(
        f"{position(stretch.begin_s)} to {position(stretch.end_s)}  {printable(name)}", "bold"
    )
    return f"{head}\n{columns(rows)}"


def altered(speed: float, pitch: float) -> str:
    """Say how a sound was altered."""
    import math

    semitones = 12 * math.log2(pitch)
    if abs(speed - 1) < 0.003 and abs(semitones) < 0.05:
        return "not in speed or pitch"
    faster = f"{100 * abs(speed - 1):.1f} % {'faster' if speed > 1 else 'slower'}"
    if abs(pitch / speed - 1) < 0.003:
        return f"{faster}, pitch with it ({semitones:+.1f} semitones)"
    said = [faster] if abs(speed - 1) >= 0.003 else []
    if abs(semitones) >= 0.05:
        said.append(f"pitch {semitones:+.1f} semitones")
    return ", ".join(said)


def surety(stretch: Passage) -> str:
    """Say how probable it is that it only looks so."""
    heard = counted(stretch.excerpts, "excerpt")
    p = stretch.p_false
    odds = f"1 in {round(1 / p):,}" if p > 1e-9 else "fewer than 1 in a billion"
    return f"{heard} recognised; by chance the best would match so well {odds} times"
