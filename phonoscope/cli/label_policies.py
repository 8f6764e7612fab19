"""``phonoscope label policies``: print policies and their sources."""

from __future__ import annotations

from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson
from phonoscope.cli.terminal import columns, painted, wrapped, write, write_json
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.text import day

EXAMPLES = """\b
Examples:
  phonoscope label policies
  phonoscope label policies china
  phonoscope label policies eu --json | jq '.rules[].says'
"""
INTERRUPTED = gettext("No file was written.")


def show_policies(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[POLICY]",
            help="Names of shipped policies, or TOML files. [default: all shipped]",
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> Status:
    """Print policies with their rules, sources and dates.

    The shipped policies are examples, not legal advice. To write your own, copy one, change it,
    and give the file to 'label check --policy'. docs/policies.md documents the format.
    """
    from phonoscope.disclosure.policy import Policy, read_policy, shipped

    def block(policy: Policy) -> str:
        source = gettext("{source} ({day})", source=printable(policy.source), day=day(policy.date))
        rows: list[tuple[str, str]] = [
            (gettext("asks for"), wrapped(printable(policy.says))),
            (gettext("source"), wrapped(source)),
            (gettext("address"), printable(policy.url)),
            (gettext("last compared"), day(policy.read)),
            (gettext("note"), wrapped(printable(policy.note))),
        ]
        rows += [(printable(rule.name), wrapped(printable(rule.says))) for rule in policy.rules]
        return f"{painted(printable(policy.name), 'bold')}\n{columns(r for r in rows if r[1])}"

    for name in names or shipped():
        policy = read_policy(name)
        if as_json:
            write_json(policy.model_dump(mode="json"))
        else:
            write(block(policy))
    return Status.DONE
