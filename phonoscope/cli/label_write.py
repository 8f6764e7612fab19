"""``phonoscope label write``: write declarations into files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.confirmation import can_ask, confirmed
from phonoscope.cli.exits import Status
from phonoscope.cli.label_jobs import Job, declared_by, job_of_rows
from phonoscope.cli.label_run import (
    TAGS,
    DryRun,
    Yes,
    files_of,
    run_each,
    standards_of,
    worker_on,
)
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.terminal import in_language, message, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines, ngettext, sentences

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.signer import Signer
    from phonoscope.disclosure.writing import Contradicting, Labelling, Written
    from phonoscope.scan.limited import LimitedWorker

EXAMPLES = """\b
Examples:
  phonoscope label write song.mp3 --what whole --tool 'Tool 2' --dry-run
  phonoscope label write song.flac --what vocals=converted-voice,lyrics=human
  phonoscope label write song.wav --what whole --producer 'A company' --standard gb45438,tags
  phonoscope label write song.m4a --what whole --standard tags,c2pa \\
      --certificate c.pem --key k.pem
  phonoscope label write song.wav --what vocals=converted-voice --voice anna \\
      --in my-catalogue --use covers
  phonoscope label write --from declared.csv --standard tags,sidecar
"""
INTERRUPTED = gettext(
    "The printed files are labelled. Every other file is unchanged or fully labelled."
)

_MOST_SHOWN = 10
"""Different sets of declarations that are shown before writing."""


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
            help="Parts and how they were made, separated by commas. PART is whole, vocals, "
            "instrumentation, composition, lyrics, post-production or some. HOW is generated, "
            "assisted, converted-voice or human. Give every part its own HOW. If no part has one, "
            "all are declared as generated.",
        ),
    ] = None,
    tool: Annotated[
        str | None,
        typer.Option("--tool", metavar="NAME", help="Tool that made the non-human parts."),
    ] = None,
    producer: Annotated[
        str | None,
        typer.Option("--producer", metavar="NAME", help="Who made it. gb45438 needs one."),
    ] = None,
    voice: Annotated[
        str | None,
        typer.Option(
            "--voice",
            metavar="ID",
            help="Whose voice is used, by its id in the catalogue of --in. Its owner has to allow "
            "--use; 'phonoscope voices' records that.",
        ),
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option("--in", metavar="CATALOGUE", help="Catalogue with the voice's licence."),
    ] = None,
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", help="Use of the voice: covers or original-songs."),
    ] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The voice is used commercially.")
    ] = False,
    unlicensed: Annotated[
        bool,
        typer.Option(
            "--unlicensed",
            help="Declare a voice without a licence: a true label is better than none.",
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
            help="Marks to write: tags (AI_* tags), gb45438, iptc, c2pa, sidecar; several "
            "separated by commas. With --from, those that its rows name. [default: tags]",
        ),
    ] = None,
    produce_id: Annotated[
        str, typer.Option("--produce-id", metavar="ID", help="gb45438: the producer's number.")
    ] = "",
    propagator: Annotated[
        str, typer.Option("--propagator", metavar="NAME", help="gb45438: who distributes it.")
    ] = "",
    propagate_id: Annotated[
        str, typer.Option("--propagate-id", metavar="ID", help="gb45438: the distributor's number.")
    ] = "",
    certificate: Annotated[
        str | None,
        typer.Option(
            "--certificate",
            metavar="PEM",
            help="c2pa: file with the signer's certificate, followed by its issuers'.",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="PEM", help="c2pa: file with the signer's private key."),
    ] = None,
    break_signature: Annotated[
        bool,
        typer.Option(
            "--break-signature",
            help="Change the tags of a signed file without signing it again. That makes its "
            "signature invalid.",
        ),
    ] = False,
    contradicting: Annotated[
        str,
        typer.Option(
            "--contradicting",
            metavar="HOW",
            help="What to do with marks in a file that contradict the new label: refuse (don't "
            "label the file), remove (remove them) or keep (name them). [default: refuse]",
        ),
    ] = "refuse",
    table: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CSV",
            help="Read files and declarations from a CSV file with the columns file, part and "
            "making, and optionally tool, producer, voice, declared_utc, standard and value. "
            "'label read --csv' writes one. Paths are relative to its folder.",
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write declarations into files and check the result.

    The command first shows what it will declare. On a terminal it asks before it changes more
    than one file.

    It labels a copy of each file, then compares the copy with the original: decoded samples and
    every other tag and picture have to be identical. Only then does the copy replace the
    original, with its permissions and times. An existing label is replaced. A sidecar holds what
    a container can't.

    A C2PA signature is written last and needs the extra 'provenance'. It has no time stamp,
    because the command doesn't use the network, so it is valid until its certificate expires.

    docs/labels.md describes the standards; docs/label-json.md documents the JSON.
    """
    from dataclasses import replace

    from phonoscope.disclosure.gb45438 import Numbers
    from phonoscope.disclosure.rows import declarations_in
    from phonoscope.disclosure.writing import Labelling

    template = Labelling(
        (),
        standards_of(standard or [TAGS]),
        Numbers(produce_id, propagator, propagate_id),
        break_signature=break_signature,
        contradicting=_way_of(contradicting),
    )
    declared = declared_by(what or [], tool, producer, voice, date)
    licences = _Licences(catalogue, use, commercial, unlicensed)
    if table and (files or declared):
        raise UsageError(
            gettext("Give either files with --what, or --from, but not both."), code="two-sources"
        )
    if table:
        rows = declarations_in(person_path(table))
        template = replace(template, signer=_signer(certificate, key))
        found = {
            uri: job_of_rows(each, template, chosen=bool(standard)) for uri, each in rows.items()
        }
        jobs = {uri: licences.checked(job) for uri, job in found.items()}
    else:
        if not files or not declared:
            raise UsageError(
                gettext(
                    "There is nothing to write. Give files and --what, or a CSV file with --from."
                ),
                code="nothing-to-write",
            )
        uris = files_of(files)
        labelling = replace(template, declared=declared, signer=_signer(certificate, key))
        job = licences.checked(Job(labelling))
        if job.error is not None:
            raise job.error
        labelling.texts()  # A standard that can't say it is refused before anything is written.
        jobs = dict.fromkeys(uris, job)
    asks = len(jobs) > 1 and not dry_run and not yes and can_ask()
    if asks or not quiet:
        message(_plan({uri: job.labelling for uri, job in jobs.items() if job.labelling}))
    if asks and not confirmed(_question(len(jobs))):
        message(gettext("No file was changed."))
        return Status.NOT_DONE
    return _label_all(jobs, dry_run=dry_run, as_json=as_json, quiet=quiet)


def _way_of(word: str) -> Contradicting:
    from phonoscope.disclosure.writing import Contradicting

    try:
        return Contradicting(word)
    except ValueError as error:
        raise UsageError(
            gettext(
                "--contradicting {word} isn't known. Give one of {words}.",
                word=printable(word),
                words=", ".join(Contradicting),
            ),
            code="unknown-way",
        ) from error


def _question(files: int) -> str:
    return ngettext("Write this into {n} file? [y/N]", "Write this into {n} files? [y/N]", files)


def _plan(jobs: Mapping[str, Labelling]) -> str:
    """Return what will be declared, and in which file or how many files."""
    from phonoscope.disclosure.model import sentence

    groups: dict[Labelling, list[str]] = {}
    for uri, labelling in jobs.items():
        groups.setdefault(labelling, []).append(uri)
    shown_groups = list(groups.items())[:_MOST_SHOWN]
    plan = []
    for labelling, uris in shown_groups:
        plan.append(in_language(_heading(labelling, uris)))
        plan += [f"  {in_language(sentence(declared))}" for declared in labelling.declared]
    if rest := len(jobs) - sum(len(uris) for _, uris in shown_groups):
        more = ngettext("{n} more file isn't shown.", "{n} more files aren't shown.", rest)
        plan.append(in_language(more))
    return "\n".join(plan)


def _heading(labelling: Labelling, uris: list[str]) -> str:
    from phonoscope.files import shown

    standards = ", ".join(labelling.standards)
    if len(uris) == 1:
        file = shown(uris[0])
        return gettext("{file} will declare ({standards}):", file=file, standards=standards)
    return ngettext(
        "{n} file will declare ({standards}):",
        "{n} files will declare ({standards}):",
        len(uris),
        standards=standards,
    )


def _label_all(jobs: Mapping[str, Job], *, dry_run: bool, as_json: bool, quiet: bool) -> Status:
    """Label one file after another; a file that can't be labelled doesn't stop the rest."""

    def show(uri: str, written: Written | None, error: str | None) -> None:
        job = jobs[uri]
        if as_json:
            write_json(_json_of(uri, job, written, error, dry_run), "phonoscope-label-write/1")
        else:
            _show(uri, written, error, dry_run=dry_run, quiet=quiet)

    with worker_on([uri for uri, job in jobs.items() if job.labelling]) as worker:
        work = {uri: partial(_label_one, worker, uri, job, dry_run) for uri, job in jobs.items()}
        results, failed = run_each(work, show, quiet=quiet)
    changed = sum(written is not None and written.changed for written in results)
    if not quiet and len(jobs) > 1:
        message(_summary(changed, len(jobs) - changed - failed, failed, dry_run))
    passed = sorted({name for job in jobs.values() for name in job.passed_over})
    if passed and not quiet:
        message(
            gettext(
                "Rows of these standards weren't written: {names}. They can't be written, or need "
                "--certificate and --key.",
                names=printable(", ".join(passed)),
            )
        )
    return Status.SOME_UNREADABLE if failed else Status.DONE


def _label_one(worker: LimitedWorker, uri: str, job: Job, dry_run: bool) -> Written | None:
    from phonoscope.disclosure.writing import write_label

    if job.error is not None:
        raise job.error
    if job.labelling is None:
        return None
    written: Written = worker.call(partial(write_label, dry_run=dry_run), uri, job.labelling)
    return written


def _summary(changed: int, kept: int, failed: int, dry_run: bool) -> str:
    done = (
        ngettext("{n} file would be labelled.", "{n} files would be labelled.", changed)
        if dry_run
        else ngettext("{n} file labelled.", "{n} files labelled.", changed)
    )
    same = ngettext(
        "{n} file already has these declarations.",
        "{n} files already have these declarations.",
        kept,
    )
    unable = ngettext("{n} file can't be labelled.", "{n} files can't be labelled.", failed)
    return sentences(done, same if kept else "", unable if failed else "")


class _Licences:
    """Looks up what the owners of voices allow."""

    def __init__(
        self, catalogue: str | None, use: str | None, commercial: bool, unlicensed: bool
    ) -> None:
        self._catalogue, self._use = catalogue, use
        self._commercial, self._unlicensed = commercial, unlicensed

    def checked(self, job: Job) -> Job:
        """Return a job, with an error if a voice has no licence for this use."""
        declared = job.labelling.declared if job.labelling else ()
        try:
            self._check(dict.fromkeys(d.voice for d in declared if d.voice))
        except UsageError as error:
            return Job(None, error, job.passed_over)
        return job

    def _check(self, voices: Iterable[str]) -> None:
        """Raise unless each voice has a licence for this use, or ``--unlicensed`` is given."""
        if self._unlicensed:
            return
        for voice in voices:
            if not self._catalogue or not self._use:
                raise UsageError(
                    gettext(
                        "The voice {voice} needs a licence. Give --in CATALOGUE and --use to look "
                        "it up, or declare the voice without one with --unlicensed.",
                        voice=printable(voice),
                    ),
                    code="licence-not-checked",
                )
            refused = self._opened().licences.refusal(
                voice, use=self._use, commercial=self._commercial
            )
            if refused:
                raise UsageError(
                    lines(
                        [
                            gettext("No file was changed."),
                            refused,
                            gettext("To declare the voice without a licence, add --unlicensed."),
                        ]
                    ),
                    code="not-licensed",
                )

    def _opened(self) -> Catalogue:
        from phonoscope import api

        return api.open_catalogue(person_path(self._catalogue or ""), create=False)


def _signer(certificate: str | None, key: str | None) -> Signer | None:
    from pathlib import Path

    from phonoscope.disclosure.signer import Signer

    if not certificate and not key:
        return None
    if not certificate or not key:
        raise UsageError(
            gettext("Signing needs both --certificate and --key."), code="incomplete-signer"
        )
    signer = Signer.of_files(Path(person_path(certificate)), Path(person_path(key)))
    signer.checked()
    return signer


def _json_of(
    uri: str, job: Job, written: Written | None, error: str | None, dry_run: bool
) -> dict[str, Any]:
    from phonoscope.files import shown

    return {
        "file": shown(uri),
        "uri": uri,
        "standards": job.labelling.standards if job.labelling else (),
        "places": written.places if written else (),
        "changed": bool(written and written.changed),
        "dry_run": dry_run,
        "copied": written.copied if written else (),
        "removed": written.removed if written else (),
        "contradicting": [_mark(d) for d in written.contradicting] if written else [],
        "passed_over": job.passed_over,
        "error": error,
    }


def _mark(declared: Declaration) -> dict[str, str]:
    return {
        "standard": declared.standard,
        "part": declared.part.value,
        "making": declared.making.value,
        "place": declared.place,
    }


def _show(
    uri: str, written: Written | None, error: str | None, *, dry_run: bool, quiet: bool
) -> None:
    from phonoscope.files import shown

    if error:
        message(gettext("{file}: {reason}", file=shown(uri), reason=error))
    elif written is None:
        write(gettext("{file}: unchanged, no row of it can be written", file=shown(uri)))
    else:
        write(_result(shown(uri), ", ".join(written.places), written.changed, dry_run))
        _show_more(shown(uri), written, quiet=quiet)


def _show_more(file: str, written: Written, *, quiet: bool) -> None:
    """Say what else happened; what concerns other marks also with ``--quiet``."""
    from phonoscope.disclosure.marked_file import named

    if written.copied and not quiet:
        message(
            gettext(
                "{file}: an older tag has {names}. The new tag has copies, because most programs "
                "only read the new one.",
                file=file,
                names=printable(", ".join(written.copied)),
            )
        )
    if written.removed:
        message(
            gettext(
                "{file}: removed contradicting marks ({standards})",
                file=file,
                standards=", ".join(written.removed),
            )
        )
    if written.contradicting:
        marks = named(written.contradicting)
        message(gettext("{file}: marks contradict this label. {marks}", file=file, marks=marks))


def _result(file: str, places: str, changed: bool, dry_run: bool) -> str:
    if not changed:
        return gettext("{file}: unchanged, already has {places}", file=file, places=places)
    if dry_run:
        return gettext("{file}: would get {places}", file=file, places=places)
    return gettext("{file}: wrote {places}", file=file, places=places)
