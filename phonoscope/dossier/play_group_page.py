"""The dossier of a group of accounts as one page that loads nothing, and prints on A4."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from phonoscope.dossier.page import Step, rendered, write_page
from phonoscope.dossier.play_group import Bin, GroupDossier
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, ngettext
from phonoscope.text import day, percent

MOST_ROWS = 50
"""Accounts and tracks that the page lists; the JSON has all."""
MOST_COLUMNS = 120
"""Columns of the course over days; more days share columns."""


class Column(NamedTuple):
    """One column of a chart, in percent of its width and height."""

    left: float
    width: float
    height: float
    says: str
    """What it shows, in words."""


class Pair(NamedTuple):
    """The same bin of the group and of everyone, as shares of their plays."""

    name: str
    group: float
    everyone: float


def html(dossier: GroupDossier) -> str:
    """Return a dossier as one HTML page; the same dossier gives the same text."""
    return rendered(
        "play_group.html",
        dossier=dossier,
        group=dossier.group,
        columns=course(dossier),
        hours=pairs(dossier.hours),
        lengths=pairs(dossier.lengths),
        accounts=dossier.accounts[:MOST_ROWS],
        tracks=dossier.tracks[:MOST_ROWS],
        decisions=_decisions(dossier),
        steps=steps(dossier),
    )


def write(dossier: GroupDossier, destination: str) -> str:
    """Write a dossier as a page, whole or not at all; return where.

    Raises
    ------
    UsageError
        If the destination can't be written.
    """
    return str(write_page(html(dossier), destination))


def course(dossier: GroupDossier) -> list[Column]:
    """Return the plays of the group over time; several days share a column where there are many."""
    if not dossier.days:
        return []
    first, last = dossier.days[0][0], dossier.days[-1][0]
    total = (last - first).days + 1
    step = -(-total // MOST_COLUMNS)
    plays = [0] * -(-total // step)
    for when, count in dossier.days:
        plays[(when - first).days // step] += count
    most = max(plays)
    width = 100 / len(plays)
    return [
        Column(
            at * width,
            width * 0.86,
            100 * count / most,
            _on(first + timedelta(at * step), step, count),
        )
        for at, count in enumerate(plays)
    ]


def _on(first: date, step: int, count: int) -> Localised:
    plays = ngettext("{n} play", "{n} plays", count)
    if step == 1:
        return gettext("{day}: {plays}", day=day(first), plays=plays)
    return ngettext(
        "{day} and the day after: {plays}",
        "{day} and {n} days after: {plays}",
        step - 1,
        day=day(first),
        plays=plays,
    )


def pairs(bins: Sequence[Bin]) -> list[Pair]:
    """Return bins as shares; all are 0 where there are no plays."""
    group = max(1, sum(one.group for one in bins))
    everyone = max(1, sum(one.everyone for one in bins))
    return [Pair(one.name, one.group / group, one.everyone / everyone) for one in bins]


def _decisions(dossier: GroupDossier) -> Localised | str:
    """Return what was decided on how many accounts."""
    made = [one["decision"] for one in dossier.accounts]
    withheld, paid = made.count("withhold"), made.count("pay")
    if not withheld + paid:
        return gettext("No decision is recorded.")
    return gettext(
        "Withhold: {withheld}. Pay: {paid}. Open: {rest}.",
        withheld=ngettext("{n} account", "{n} accounts", withheld),
        paid=ngettext("{n} account", "{n} accounts", paid),
        rest=ngettext("{n} account", "{n} accounts", len(made) - withheld - paid),
    )


def steps(dossier: GroupDossier) -> list[Step]:
    """Return how to check what a dossier says, with exact commands."""
    number = dossier.group["group_id"]
    # A log whose path isn't shown is LOG for the person who checks.
    source = printable(dossier.source) if dossier.is_whole else "LOG"
    log = source.replace("'", "''")
    where = f"source = '{log}' and group_id = {number}"
    sql = 'phonoscope sql CATALOGUE "{}"'.format
    again = f"phonoscope dossier --group {number} --log {shlex.quote(source)} --in CATALOGUE"
    same = gettext("the same page, as long as the plays aren't analysed again")
    return [
        Step(gettext("The group"), sql(f"from play_groups where {where}"), gettext("the same row")),
        Step(
            gettext("Its accounts"),
            sql(f"from listeners where {where}"),
            ngettext("{n} row", "{n} rows", len(dossier.accounts)),
        ),
        Step(
            gettext("Its plays"),
            sql(f"select sum(plays) from judged_plays where {where}"),  # noqa: S608 - shown
            ngettext("{n} play", "{n} plays", sum(one["group_plays"] for one in dossier.tracks)),
        ),
        Step(
            gettext("The share of the log"),
            sql(f"from plays_summary where source = '{log}'"),
            _share_of(dossier),
        ),
        Step(gettext("This dossier"), again, same),
    ]


def _share_of(dossier: GroupDossier) -> str:
    """Return the artificial share of the log; a catalogue from elsewhere may lack it."""
    share = dossier.log.get("artificial_share")
    return gettext("unknown") if share is None else percent(share)
