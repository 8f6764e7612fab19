"""Registers Phonoscope's own commands, in the order a newcomer needs them."""

from __future__ import annotations

from types import ModuleType

from phonoscope.cli import (
    charts,
    check,
    compact,
    copies,
    demo,
    dossier,
    find,
    ingest,
    label,
    plays,
    report,
    scan,
    serve,
    share,
    sql,
    version,
    voices,
)
from phonoscope.cli.command import Command
from phonoscope.plugins import hookimpl


@hookimpl
def phonoscope_commands() -> list[Command]:
    """Return the commands in the order of the help."""
    return [
        _command("demo", demo),
        _command("check", check),
        _command("scan", scan),
        _command("ingest", ingest),
        _command("charts", charts),
        _command("plays", plays),
        _command("find", find),
        _command("copies", copies),
        Command("label", label.app),
        _command("report", report),
        _command("share", share),
        _command("dossier", dossier),
        _command("voices", voices),
        _command("sql", sql),
        _command("serve", serve),
        _command("compact", compact),
        _command("version", version, "show_version"),
    ]


def _command(name: str, module: ModuleType, function: str = "") -> Command:
    return Command(name, getattr(module, function or name), module.EXAMPLES, module.INTERRUPTED)
