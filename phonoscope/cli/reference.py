"""Write docs/cli.md from the command line itself: ``python -m phonoscope.cli.reference``."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest.mock import patch

from phonoscope.cli.main import app

HEAD = """\
# The command line

Written by `make docs` from the program's own `--help`; a test fails when it is stale.

```text
{overview}
```
"""
SECTION = """
## phonoscope {name}

```text
{text}
```
"""


def reference() -> str:
    """Return the reference of every command, as Markdown."""
    sections = [HEAD.format(overview=help_of())]
    sections += [SECTION.format(name=name, text=help_of(*name.split())) for name in command_names()]
    return "".join(sections)


def command_names() -> list[str]:
    """Return the names of all commands; of a group each of its commands, as ``label read``."""
    own = [command.name for command in app.registered_commands if command.name]
    grouped = [
        f"{group.typer_instance.info.name} {command.name}"
        for group in app.registered_groups
        if group.typer_instance
        for command in group.typer_instance.registered_commands
    ]
    return [*own, *grouped]


def help_of(*command: str) -> str:
    """Return what ``phonoscope COMMAND --help`` prints on a terminal of 100 columns."""
    text = io.StringIO()
    with (
        patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"}),
        contextlib.redirect_stdout(text),
    ):
        app(args=[*command, "--help"], prog_name="phonoscope", standalone_mode=False)
    return "\n".join(line.rstrip() for line in text.getvalue().strip().splitlines())


def _is_current(path: Path) -> bool:
    return path.read_text(encoding="utf-8") == reference()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        fresh = _is_current(Path(sys.argv[2]))
        sys.stderr.write("" if fresh else f"{sys.argv[2]} is stale: run `make docs`\n")
        sys.exit(not fresh)
    sys.stdout.write(reference())
