"""Help of commands: grouped, never cut, and in the reader's language.

Typer brings Click as a private copy, so its types have no public name to annotate with.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperCommand, TyperGroup

from phonoscope.language import current
from phonoscope.messages import Localised, gettext, localised

SHOW_HELP = gettext("Show this help.")
OTHERS = gettext("From plugins")
"""Heading of commands that name no group."""
_EXAMPLES = "Examples:"


class HelpCommand(TyperCommand):
    """A command with Phonoscope's help."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows the help."""
        return _described(super().get_help_option(ctx))

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the summary, which zsh and fish show when they complete."""
        return in_language(summary(self))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole help."""
        _write_top(self, ctx, formatter)
        _write_examples(self, formatter)


class HelpGroup(TyperGroup):
    """A group of commands with Phonoscope's help."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows the help."""
        return _described(super().get_help_option(ctx))

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the summary, which zsh and fish show when they complete."""
        return in_language(summary(self))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole help."""
        _write_top(self, ctx, formatter)
        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        width = max(len(name) for name, _ in named)
        for heading, commands in _grouped(command for _, command in named):
            rows = [(f"{c.name:<{width}}", in_language(summary(c))) for c in commands]
            _write_section(formatter, heading, rows)
        for title, texts in self.more_sections():
            _write_section(formatter, title, [(name, localised(text)) for name, text in texts])
        _write_examples(self, formatter)

    def more_sections(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield titles of further sections, with names and texts."""
        yield from ()


def summary(command: Any) -> str:
    """Return what a command does, in one sentence: the first paragraph of its help."""
    return _paragraphs(command.short_help or command.help)[0]


def body(command: Any) -> str:
    """Return the help of a command after its first paragraph; empty where there's no more."""
    _, *rest = _paragraphs(command.help)
    return "\n\n".join(rest)


def _paragraphs(text: str | None) -> list[str]:
    """Return paragraphs, each in one line; those that begin with a list keep their lines."""
    cleaned = inspect.cleandoc(text or "")
    return [
        part if "\b" in part or part.startswith("- ") else " ".join(part.split())
        for part in re.split(r"\n{2,}", cleaned)
    ]


def in_language(text: str) -> str:
    """Return a text of the help as a person of this process's language reads it."""
    return current().translate(text) if text else ""


def texts(command: Any) -> Iterator[str]:
    """Yield every text of the help of a command, and of the commands under it.

    They are messages without a call, so ``tools/messages.py`` reads them from here.
    """
    yield from filter(None, (summary(command), body(command)))
    if command.epilog and not _examples(command):
        yield inspect.cleandoc(command.epilog)
    for parameter in command.params:
        yield from filter(None, (_help(parameter), _named_default(parameter)))
    for other in getattr(command, "commands", {}).values():
        yield from texts(other)


def argument_name(parameter: Any) -> str:
    """Return how the help calls an argument: ``FILE``."""
    return str(parameter.metavar or parameter.name.upper()).strip("[]").removesuffix("...")


def option_name(parameter: Any) -> str:
    """Return the long name of an option: ``--workers``."""
    return str(max(parameter.opts, key=len))


def _described(option: Any) -> Any:
    if option is not None:
        option.help = SHOW_HELP
    return option


def _write_top(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = [command.options_metavar, *map(_usage_of, _arguments(command))]
    pieces += [getattr(command, "subcommand_metavar", "")]
    formatter.write_usage(ctx.command_path, " ".join(filter(None, pieces)), f"{localised(_USAGE)} ")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text("\n\n".join(in_language(t) for t in (summary(command), body(command))))
    shown = [p for p in command.get_params(ctx) if not p.hidden]
    arguments = [(_usage_of(p), _text_of(p, ctx)) for p in shown if _is_argument(p)]
    options = [(_option_of(p, ctx), _text_of(p, ctx)) for p in shown if not _is_argument(p)]
    _write_section(formatter, _ARGUMENTS, arguments)
    _write_section(formatter, _OPTIONS, options)


_USAGE = gettext("Usage:")
_ARGUMENTS = gettext("Arguments")
_OPTIONS = gettext("Options")
_COMMANDS = gettext("Commands")
_EXAMPLES_HEADING = gettext("Examples")


def _write_section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(localised(title)):
            formatter.write_dl(rows)


def _write_examples(command: Any, formatter: Any) -> None:
    if not command.epilog:
        return
    listed = _examples(command)
    formatter.write_paragraph()
    if listed:
        formatter.write_heading(localised(_EXAMPLES_HEADING))
        formatter.write("".join(f"  {line}\n" for line in listed))
    else:
        with formatter.indentation():
            formatter.write_text(in_language(inspect.cleandoc(command.epilog)))


def _examples(command: Any) -> list[str]:
    """Return the commands that a command gives as examples: code, so in no language."""
    lines = inspect.cleandoc(command.epilog or "").lstrip("\b\n").splitlines()
    if not lines or lines[0] != _EXAMPLES:
        return []
    return [line.removeprefix("  ") for line in lines[1:]]


def _grouped(commands: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield headings with their commands, in the order in which they first occur."""
    groups: dict[str, list[Any]] = {}
    listed = [command for command in commands if not command.hidden]
    grouped = any(command.rich_help_panel for command in listed)
    for command in listed:
        heading = command.rich_help_panel or (OTHERS if grouped else _COMMANDS)
        groups.setdefault(heading, []).append(command)
    yield from groups.items()


def _arguments(command: Any) -> list[Any]:
    return [p for p in command.params if _is_argument(p) and not p.hidden]


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage_of(argument: Any) -> str:
    name = argument_name(argument) + ("..." if argument.nargs != 1 else "")
    return name if argument.required else f"[{name}]"


def _option_of(option: Any, ctx: Any) -> str:
    """Return the names of an option and what it takes: ``-j, --workers N``."""
    short = [name for name in option.opts if not name.startswith("--")]
    long = [name for name in option.opts if name.startswith("--")]
    names = f"{short[0]}, {long[0]}" if short and long else f"    {(short + long)[0]}"
    names += "".join(f" / {name}" for name in option.secondary_opts)
    if option.is_flag or option.count:
        return names
    return f"{names} {option.metavar or _choices(option, ctx) or option.name.upper()}"


def _choices(option: Any, ctx: Any) -> str:
    if not option.type_descriptor.is_choice:
        return ""
    return str(option.display_type(ctx)).strip("<>").removeprefix("list[").removesuffix("]")


def _text_of(parameter: Any, ctx: Any) -> str:
    """Return what an option or argument means, with its default."""
    return " ".join(filter(None, (in_language(_help(parameter)), _default_of(parameter, ctx))))


def _help(parameter: Any) -> str:
    return " ".join((parameter.help or "").split())


def _default_of(parameter: Any, ctx: Any) -> str:
    if parameter.required:
        return "" if _is_argument(parameter) else localised(gettext("[required]"))
    if named := _named_default(parameter):
        return localised(gettext("[default: {value}]", value=_Translated(named)))
    if isinstance(parameter.show_default, str):
        return localised(gettext("[default: {value}]", value=parameter.show_default))
    value = parameter.get_default(ctx, call=False) if parameter.show_default else None
    if value in (None, False, True, "", (), []) or getattr(parameter, "count", False):
        return ""
    return localised(gettext("[default: {value}]", value=str(getattr(value, "value", value))))


def _named_default(parameter: Any) -> str:
    """Return a default that is described in words; empty where it is a value."""
    named = parameter.show_default
    words = isinstance(named, str) and re.search("[a-z]{2}", named)
    return str(named) if words and not named.endswith((".html", ".json")) else ""


class _Translated(Localised):
    """A text of the help as a value of a message."""

    def in_language(self, language: Any) -> str:
        return str(language.translate(str(self)))
