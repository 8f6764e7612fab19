"""``phonoscope label policies``: the policies that come with Phonoscope."""

from __future__ import annotations

from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson
from phonoscope.cli.terminal import columns, painted, wrapped, write, write_json
from phonoscope.escape import printable

EXAMPLES = """\b
Examples:
  phonoscope label policies
  phonoscope label policies china
  phonoscope label policies eu --json | jq '.rules[].says'
"""
INTERRUPTED = "Nothing was written."


def show_policies(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POLICY]", help="Shipped policies or files. [default: shipped]"),
    ] = None,
    *,
    as_json: AsJson = False,
) -> Status:
    """Print policies: what they ask for, where that comes from, and of what date it is.

    They are examples to start from, not legal advice: copy one, change it, and give its file to
    'label check --policy'. docs/policies.md documents the form.
    """
    from phonoscope.disclosure.policy import Policy, read_policy, shipped

    def block(policy: Policy) -> str:
        rows = [
            ("says", wrapped(printable(policy.says))),
            ("source", wrapped(printable(f"{policy.source}, {policy.date}"))),
            ("address", printable(policy.url)),
            ("read", str(policy.read)),
            ("note", wrapped(printable(policy.note))),
        ]
        rows += [(printable(rule.name), wrapped(printable(rule.says))) for rule in policy.rules]
        return f"{painted(printable(policy.name), 'bold')}\n{columns([r for r in rows if r[1]])}"

    for name in names or shipped():
        policy = read_policy(name)
        if as_json:
            write_json(policy.model_dump(mode="json"))
        else:
            write(block(policy))
    return Status.DONE
