"""``phonoscope label write``: declarations into files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.label_read import catalogue_in, paths_in
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import message, write, write_json
from phonoscope.errors import LabelError, UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.signer import Signer
    from phonoscope.disclosure.writing import Labelling, Written

EXAMPLES = """\b
Examples:
  phonoscope label write song.mp3 --what whole --tool 'Tool 2' --dry-run
  phonoscope label write song.flac --what vocals=converted-voice,lyrics=human
  phonoscope label write song.wav --what whole --producer 'A company' --standard gb45438,tags
  phonoscope label write song.m4a --what whole --standard tags,c2pa --certificate c.pem --key k.pem
  phonoscope label write song.wav --what vocals=converted-voice --voice v1 --in cat --use covers
  phonoscope label write --from declared.csv --standard tags,sidecar
"""
INTERRUPTED = "Every file is as it was or wholly labelled; those printed are done."

_TAGS = "tags"
"""Short for 'ai-tags'."""


def write_labels(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]", help="Audio files, folders of them, lists (.txt), or a catalogue."
        ),
    ] = None,
    *,
    what: Annotated[
        list[str] | None,
        typer.Option(
            "--what",
            metavar="PART[=HOW]",
            help="What was made how: whole, vocals, instrumentation, composition, lyrics, "
            "post-production or some, each =generated (which is meant without), =assisted, "
            "=converted-voice or =human. Several with commas.",
        ),
    ] = None,
    tool: Annotated[
        str | None, typer.Option("--tool", metavar="NAME", help="With which tool it was made.")
    ] = None,
    producer: Annotated[
        str | None,
        typer.Option("--producer", metavar="NAME", help="Who made it; gb45438 needs one."),
    ] = None,
    voice: Annotated[
        str | None,
        typer.Option(
            "--voice",
            metavar="ID",
            help="Whose voice is used: its id in the table voices of --in, where its owner must "
            "allow --use; 'phonoscope voices' records that.",
        ),
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option("--in", metavar="CATALOGUE", help="Where the voice's licence is looked up."),
    ] = None,
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", help="What for: covers or original-songs."),
    ] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The voice is used commercially.")
    ] = False,
    unlicensed: Annotated[
        bool,
        typer.Option(
            "--unlicensed",
            help="Declare a voice that nobody licensed: a true label is better than none.",
        ),
    ] = False,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="WHEN", help="When it was made, e.g. 2026-11-21T09:00Z."),
    ] = None,
    standard: Annotated[
        list[str] | None,
        typer.Option(
            "--standard",
            metavar="NAMES",
            help="Which marks to write: tags (AI_* tags), gb45438, iptc, c2pa, sidecar; several "
            "with commas. [default: tags]",
        ),
    ] = None,
    produce_id: Annotated[
        str, typer.Option("--produce-id", metavar="ID", help="gb45438: number of the content.")
    ] = "",
    propagator: Annotated[
        str, typer.Option("--propagator", metavar="NAME", help="gb45438: who passes it on.")
    ] = "",
    propagate_id: Annotated[
        str, typer.Option("--propagate-id", metavar="ID", help="gb45438: the number they gave it.")
    ] = "",
    certificate: Annotated[
        str | None,
        typer.Option(
            "--certificate",
            metavar="PEM",
            help="c2pa: file with the signer's certificate, then those it descends from.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="PEM", help="c2pa: file with its private key."),
    ] = None,
    break_signature: Annotated[
        bool,
        typer.Option(
            "--break-signature",
            help="Change tags of a signed file without signing it anew: its signature is invalid "
            "then.",
        ),
    ] = False,
    table: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CSV",
            help="Take files and declarations from a CSV file with columns file, part, making and "
            "if wanted tool, producer, voice, declared_utc; 'label read --csv' writes one. Paths "
            "are seen from its folder.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Do everything, the proof included, but change no file."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write declarations into files. The sound and every other tag stay bit for bit.

    Each file is copied, labelled, and compared with what it was: decoded samples, every other
    tag and picture. Only then does the copy take its place, with its permissions and times. A
    label that is there is replaced. What a container cannot hold goes into a sidecar. A C2PA
    signature comes last, and needs the extra 'provenance'; no time stamp is asked for, since
    nothing here uses the network, so it holds as long as its certificate does.
    docs/label-json.md documents the JSON.
    """
    from phonoscope.disclosure.gb45438 import Numbers
    from phonoscope.disclosure.rows import declarations_in
    from phonoscope.disclosure.writing import Labelling

    standards = _standards(standard or [_TAGS])
    numbers = Numbers(produce_id, propagator, propagate_id)
    declared = _declared(what or [], tool, producer, voice, date)
    licences = _Licences(catalogue, use, commercial, unlicensed)
    if table and (files or declared):
        raise UsageError("give files with --what, or --from, not both")
    if table:
        wanted = declarations_in(person_path(table))
    else:
        if not files or not declared:
            raise UsageError("nothing to write: give files with --what, or --from a CSV file")
        wanted = dict.fromkeys(_files_of(files), declared)
    signer = _signer(certificate, key)
    licences.check({d.voice: None for said in wanted.values() for d in said if d.voice})
    jobs = {
        uri: Labelling(said, standards, numbers, signer, break_signature)
        for uri, said in wanted.items()
    }
    for labelling in dict.fromkeys(jobs.values()):
        labelling.texts()  # What a standard cannot say is said before anything is written.
    return _label_all(jobs, dry_run=dry_run, as_json=as_json, quiet=quiet)


def _label_all(
    jobs: Mapping[str, Labelling], *, dry_run: bool, as_json: bool, quiet: bool
) -> Status:
    """Label one file after another; one that cannot be labelled does not stop the rest."""
    from phonoscope.disclosure.writing import write_label

    failed = changed = 0
    with TerminalProgress(quiet) as progress:
        progress.start("label", unit="files", total=len(jobs))
        for uri, labelling in jobs.items():
            written, error = None, None
            try:
                written = write_label(uri, labelling, dry_run=dry_run)
                changed += written.changed
            except (LabelError, UnreadableError) as reason:
                failed, error = failed + 1, str(reason)
            with progress.aside():
                _show(uri, labelling, written, error, as_json=as_json, dry_run=dry_run)
            progress.advance(unreadable=int(error is not None))
    if not quiet and len(jobs) > 1:
        would = "would be labelled" if dry_run else "labelled"
        message(f"{counted(changed, 'file')} {would}, {failed:,} could not be")
    return Status.SOME_UNREADABLE if failed else Status.DONE


def _standards(given: list[str]) -> tuple[str, ...]:
    from phonoscope.disclosure.aitags import STANDARD
    from phonoscope.disclosure.writing import WRITABLE

    named = [word.strip() for each in given for word in each.split(",") if word.strip()]
    found = tuple(dict.fromkeys(STANDARD if name == _TAGS else name for name in named))
    for name in found:
        if name not in WRITABLE:
            raise UsageError(f"--standard {name!r} is none of tags, {', '.join(WRITABLE[1:])}")
    return found


class _Licences:
    """Looks up what the owners of voices allow."""

    def __init__(
        self, catalogue: str | None, use: str | None, commercial: bool, unlicensed: bool
    ) -> None:
        self._catalogue, self._use = catalogue, use
        self._commercial, self._unlicensed = commercial, unlicensed

    def check(self, voices: Iterable[str]) -> None:
        """Raise unless every voice may be used so, or it was said that it is not licensed."""
        if self._unlicensed:
            return
        for voice in voices:
            if not self._catalogue or not self._use:
                raise UsageError(
                    f"to declare the voice {printable(voice)!r} give --in CATALOGUE and --use, "
                    "where its owner's licence is looked up; or say --unlicensed"
                )
            refused = self._opened().licences.refusal(
                voice, use=self._use, commercial=self._commercial
            )
            if refused:
                raise UsageError(f"not written: {refused}. --unlicensed declares it all the same")

    def _opened(self) -> Catalogue:
        from phonoscope import api

        return api.open_catalogue(person_path(self._catalogue or ""), create=False)


def _signer(certificate: str | None, key: str | None) -> Signer | None:
    from pathlib import Path

    from phonoscope.disclosure.signer import Signer

    if not certificate and not key:
        return None
    if not certificate or not key:
        raise UsageError("to sign give both --certificate and --key")
    signer = Signer.of_files(Path(person_path(certificate)), Path(person_path(key)))
    signer.checked()
    return signer


def _declared(
    what: list[str], tool: str | None, producer: str | None, voice: str | None, date: str | None
) -> tuple[Declaration, ...]:
    from phonoscope.disclosure.rows import declaration_of

    same = {"tool": tool, "producer": producer, "voice": voice, "declared_utc": date}
    rows = [word.strip() for each in what for word in each.split(",") if word.strip()]
    return tuple(
        declaration_of({"part": part, "making": how or "generated", **same}, f"--what {row!r}")
        for row in rows
        for part, _, how in [row.partition("=")]
    )


def _files_of(files: list[str]) -> list[str]:
    """Return the files to label: those given, or all that a catalogue holds and could read."""
    catalogue = catalogue_in(files)
    if catalogue is None:
        return paths_in(files)
    return [file.uri for file in catalogue.labelled() if not file.error]


def _show(
    uri: str,
    labelling: Labelling,
    written: Written | None,
    error: str | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    from phonoscope.files import shown

    if as_json:
        write_json(
            {
                "file": shown(uri),
                "uri": uri,
                "standards": labelling.standards,
                "places": written.places if written else [],
                "changed": bool(written and written.changed),
                "dry_run": dry_run,
                "error": error,
            },
            "phonoscope-label-write/1",
        )
    elif error:
        message(f"{shown(uri)}: {error}")
    elif written:
        word = "would hold" if dry_run else "holds" if written.changed else "already holds"
        write(f"{shown(uri)}  {word} {', '.join(written.places)}")
