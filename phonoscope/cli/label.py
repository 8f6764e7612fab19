"""``phonoscope label``: read, write and check declarations in files."""

from __future__ import annotations

from types import ModuleType

import typer

from phonoscope.cli import (
    label_check,
    label_policies,
    label_read,
    label_remove,
    label_rights,
    label_write,
)
from phonoscope.cli.exits import guarded

HELP = """Read, write, remove and check what files declare about AI.

A declaration is a claim, and it may be false. The commands never derive a declaration from the
sound. A file without declarations isn't necessarily human.
"""
EXAMPLES = """\b
Examples:
  phonoscope label read song.mp3
  phonoscope label write song.mp3 --what vocals=converted-voice --tool 'Tool 2' --dry-run
  phonoscope label remove song.mp3 --standard tags --dry-run
  phonoscope label check album/ --policy eu,spotify
  phonoscope label policies
"""

app = typer.Typer(
    name="label",
    help=HELP,
    epilog=EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)


def _add(name: str, module: ModuleType, function: str) -> None:
    command = guarded(getattr(module, function), interrupted=module.INTERRUPTED)
    app.command(name, epilog=module.EXAMPLES)(command)


_add("read", label_read, "read_labels")
_add("write", label_write, "write_labels")
_add("remove", label_remove, "remove_labels")
_add("check", label_check, "check_labels")
_add("policies", label_policies, "show_policies")
_add("rights", label_rights, "rights")
