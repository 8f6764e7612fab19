"""``phonoscope find``: which recordings of a catalogue a file contains."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.quantities import clock, position
from phonoscope.cli.terminal import (
    columns,
    data,
    in_language,
    message,
    painted,
    wrapped,
    write,
    write_json,
)
from phonoscope.defaults import FALSE_MATCHES
from phonoscope.messages import Joined, Localised, gettext, ngettext, sentences
from phonoscope.text import exact_percent, percent, signed

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
INTERRUPTED = gettext("Nothing was changed.")
STANDARD_INPUT = "-"
UNNAMED: dict[str, Any] = {"artist": None, "title": None, "duration_s": None, "files": []}


class FailOnFound(StrEnum):
    """What ``--fail-on`` can name."""

    FOUND = "found"


def find(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Audio or video file, or - for standard input."),
    ],
    *,
    catalogue: Annotated[
        str, typer.Option("--in", metavar="CATALOGUE", help="Catalogue to search in.")
    ],
    passages: Annotated[
        bool,
        typer.Option("--passages", help="Also find passages as short as 3 seconds; slower."),
    ] = False,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Skip sped-up, shifted and stretched copies; faster."),
    ] = False,
    false_matches: Annotated[
        float,
        typer.Option(
            "--false-matches",
            metavar="SHARE",
            help="Accepted share of unknown excerpts that match by mistake, at most 0.1.",
        ),
    ] = FALSE_MATCHES,
    fail_on: Annotated[
        FailOnFound | None,
        typer.Option("--fail-on", help="Exit with status 1 if anything is found."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Find which recordings in a catalogue a file contains.

    The file can be an excerpt, a whole song or hours of radio. A match is found even if the audio
    was re-encoded, recorded in a room or over the phone, sped up, pitch-shifted, time-stretched or
    mixed under speech.

    Each match shows its position in both recordings and how rarely a false match scores as high.
    docs/find-json.md lists the JSON fields.
    """
    from phonoscope import api
    from phonoscope.matching.recording.find import covered_s
    from phonoscope.scan.limited import LimitedWorker

    # First, while there is one thread: then it is a copy of this process.
    with LimitedWorker.of_command() as worker:
        opened = api.open_catalogue(person_path(catalogue), create=False)
        with _sound(file) as sound, TerminalProgress(quiet) as progress:
            found = opened.find(
                sound,
                altered=not plain,
                passages=passages,
                false_matches=false_matches,
                progress=progress,
                worker=worker,
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
        write(gettext("No match. The catalogue may still hold other versions of it."))
    else:
        for passage in found:
            write(_block(passage, names.get(passage.recording_id, {})))
        if not quiet:
            message(_total(covered, seconds))
    return Status.FOUND if found and fail_on else Status.DONE


def _total(covered_s: float, seconds: float) -> Localised:
    if not seconds:
        return gettext("{time} are from this catalogue.", time=clock(covered_s))
    return gettext(
        "{share} of the file is from this catalogue ({time} of {total}).",
        share=percent(min(1.0, covered_s / seconds)),
        time=clock(covered_s),
        total=clock(seconds),
    )


@contextmanager
def _sound(file: str) -> Iterator[str]:
    """Give the path of the file; standard input is stored in a temporary file for the worker."""
    if file != STANDARD_INPUT:
        from phonoscope.files import stat_source, uri_of

        path = person_path(file)
        # Before the index is read, which may take long.
        stat_source(uri_of(path))
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="phonoscope-find-") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield kept.name


def _named(catalogue: Catalogue, found: list[Passage]) -> dict[str, dict[str, Any]]:
    """Return artist, title, duration and files of recordings."""
    ids = sorted({passage.recording_id for passage in found})
    if not ids:
        return {}
    uris: dict[str, list[str]] = {}
    for row in catalogue.rows_of("files", ("recording_id", "uri"), ids):
        uris.setdefault(row["recording_id"], []).append(row["uri"])
    told = ("recording_id", "tag_artist", "tag_title", "duration_s")
    return {
        row["recording_id"]: {
            "artist": row["tag_artist"],
            "title": row["tag_title"],
            "duration_s": row["duration_s"],
            "files": sorted(uris.get(row["recording_id"], [])),
        }
        for row in catalogue.rows_of("recordings", told, ids)
    }


def _block(passage: Passage, facts: dict[str, Any]) -> str:
    files = facts.get("files") or []
    title = facts.get("title") or (files[0].rsplit("/", 1)[-1] if files else passage.recording_id)
    name = f"{facts['artist']} - {title}" if facts.get("artist") else str(title)
    times = gettext(
        "{start} to {end}", start=position(passage.begin_s), end=position(passage.end_s)
    )
    rows = [
        (gettext("found at"), _place(passage, facts.get("duration_s"))),
        (gettext("changes"), altered(passage.speed, passage.pitch)),
        (gettext("certainty"), wrapped(certainty(passage))),
        *((gettext("file"), data(uri)) for uri in files[:3]),
    ]
    head = painted(f"{in_language(times)}  {in_language(data(name))}", "bold")
    return f"{head}\n{columns(rows)}"


def _place(passage: Passage, duration_s: float | None) -> Localised:
    start, end = position(passage.there_begin_s), position(passage.there_end_s)
    if not duration_s:
        return gettext("{start} to {end}", start=start, end=end)
    total = clock(duration_s)
    return gettext("{start} to {end} of {total}", start=start, end=end, total=total)


def altered(speed: float, pitch: float) -> Localised:
    """Return how a sound was altered, in words."""
    import math

    semitones = 12 * math.log2(pitch)
    is_sped, is_shifted = abs(speed - 1) >= 0.003, abs(semitones) >= 0.05
    change, shift = exact_percent(abs(speed - 1), 1), signed(semitones, 1)
    if not is_sped and not is_shifted:
        return gettext("same speed and pitch")
    if not is_sped:
        return gettext("pitch {semitones} semitones", semitones=shift)
    faster = (
        gettext("{share} faster", share=change)
        if speed > 1
        else gettext("{share} slower", share=change)
    )
    if abs(pitch / speed - 1) < 0.003:
        with_it = gettext("pitch follows ({semitones} semitones)", semitones=shift)
        return Joined(", ", (faster, with_it))
    if not is_shifted:
        return Joined(", ", (faster, gettext("same pitch")))
    return Joined(", ", (faster, gettext("pitch {semitones} semitones", semitones=shift)))


def certainty(passage: Passage) -> Localised:
    """Return how much was recognised and how rarely a false match scores as high."""
    matched = ngettext(
        "{n} excerpt matches.",
        "{n} excerpts match.",
        passage.excerpts,
    )
    p = passage.p_false
    if p <= 1e-9:
        return sentences(matched, gettext("Fewer than 1 in a billion false matches score as high."))
    rare = gettext("1 in {number} false matches scores as high.", number=round(1 / p))
    return sentences(matched, rare)
