"""Registers Phonoscope's own commands, in the order a newcomer needs them."""

from __future__ import annotations

from types import ModuleType

from phonoscope.cli import (
    calibrate,
    charts,
    check,
    compact,
    completion,
    copies,
    demo,
    dossier,
    find,
    ingest,
    label,
    plays,
    releases,
    report,
    royalties,
    scan,
    serve,
    share,
    sql,
    version,
    voices,
)
from phonoscope.cli.command import CATALOGUE, DISCLOSE, EXPLORE, FIND, LISTEN, Command
from phonoscope.plugins import hookimpl


@hookimpl
def phonoscope_commands() -> list[Command]:
    """Return the commands in the order of the help."""
    return [
        _command("demo", demo, LISTEN),
        _command("check", check, LISTEN),
        _command("scan", scan, LISTEN),
        _command("ingest", ingest, CATALOGUE),
        _command("charts", charts, CATALOGUE),
        _command("plays", plays, CATALOGUE),
        _command("calibrate", calibrate, CATALOGUE),
        _command("compact", compact, CATALOGUE),
        _command("find", find, FIND),
        _command("copies", copies, FIND),
        _command("dossier", dossier, FIND),
        Command("label", label.app, group=DISCLOSE),
        _command("voices", voices, DISCLOSE),
        _command("report", report, EXPLORE),
        _command("share", share, EXPLORE),
        _command("releases", releases, EXPLORE),
        _command("royalties", royalties, EXPLORE),
        _command("serve", serve, EXPLORE),
        _command("sql", sql, EXPLORE),
        _command("completion", completion, EXPLORE),
        _command("version", version, EXPLORE, "show_version"),
    ]


def _command(name: str, module: ModuleType, group: str, function: str = "") -> Command:
    run = getattr(module, function or name)
    return Command(name, run, module.EXAMPLES, module.INTERRUPTED, group)
