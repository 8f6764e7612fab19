"""What is wrong with a command line, in words: Typer's errors as messages."""

from __future__ import annotations

import re
from typing import Any

from phonoscope.cli.help import argument_name, option_name
from phonoscope.cli.terminal import data
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, lines, ngettext
from phonoscope.text import joined


def explained(error: Any) -> Localised:
    """Return what is wrong and where the help is.

    Parameters
    ----------
    error
        An error of Typer. Its classes are private, so it is recognised by name.
    """
    wrong = _WORDS.get(type(error).__name__, _other)(error)
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return wrong
    return lines([wrong, gettext("Help: {command}", command=f"{ctx.command_path} --help")])


def _no_such_option(error: Any) -> Localised:
    option = printable(error.option_name)
    if not error.possibilities:
        return gettext("There's no option {option}.", option=option)
    return gettext(
        "There's no option {option}. Did you mean {similar}?",
        option=option,
        similar=" ".join(sorted(error.possibilities)),
    )


def _missing(error: Any) -> Localised:
    if error.param.param_type_name == "option":
        return gettext("The option {option} is missing.", option=option_name(error.param))
    return gettext("The argument {name} is missing.", name=argument_name(error.param))


def _bad_option(error: Any) -> Localised:
    option = printable(error.option_name)
    if "requires" not in error.message:
        return gettext("The option {option} takes no value.", option=option)
    needed = re.search(r"(\d+) arguments", error.message)
    number = int(needed[1]) if needed else 1
    return ngettext(
        "The option {option} needs a value.",
        "The option {option} needs {n} values.",
        number,
        option=option,
    )


def _bad_value(error: Any) -> Localised:
    param = error.param
    if param is None:
        return _other(error)
    is_option = param.param_type_name == "option"
    name = option_name(param) if is_option else argument_name(param)
    details: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    found: dict[str, Any] = details[0] if details else {"type": "", "ctx": {}, "input": ""}
    value, limits = printable(str(found["input"])), found.get("ctx", {})
    if param.type_descriptor.is_choice:
        choices = joined([data(str(getattr(c, "value", c))) for c in param.type_descriptor.choices])
        return gettext(
            "{name} can't be {value}. Choose from {choices}.",
            name=name, value=value, choices=choices,
        )  # fmt: skip
    if "ge" in limits:
        return gettext("{name} must be {least} or more.", name=name, least=str(limits["ge"]))
    if "le" in limits:
        return gettext("{name} must be {most} or less.", name=name, most=str(limits["le"]))
    if found["type"].startswith(("int_", "float_")):
        return gettext("{name} must be a number, not {value}.", name=name, value=value)
    return gettext("{name} isn't valid: {reason}", name=name, reason=printable(error.message))


def _other(error: Any) -> Localised:
    text = printable(error.format_message(), keep="\n")
    if extra := re.search(r"unexpected extra arguments? ?\(?s?\)? \((.*)\)$", text):
        return gettext("Too many arguments: {arguments}", arguments=extra[1])
    if text == "Missing command.":
        return gettext("The name of a command is missing.")
    return data(text)


_WORDS = {
    "NoSuchOption": _no_such_option,
    "MissingParameter": _missing,
    "BadOptionUsage": _bad_option,
    "BadParameter": _bad_value,
}
