"""``phonoscope royalties``: what is paid for plays, and how much of it for artificial ones."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import write_aligned, write_tabs
from phonoscope.cli.terminal import (
    columns,
    data,
    message,
    painted,
    program,
    wrapped,
    write,
    write_json,
)
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, lines, ngettext, sentences
from phonoscope.text import between, joined, measured, percent, signed

if TYPE_CHECKING:
    import pyarrow as pa

    from phonoscope.api import Catalogue
    from phonoscope.plays.share import Share
    from phonoscope.royalties.statement import Statement, Total

EXAMPLES = """\b
Examples:
  phonoscope royalties my-catalogue
  phonoscope royalties my-catalogue --period 2026-10 --rates rates.csv
  phonoscope royalties my-catalogue --by account --to accounts.csv
  phonoscope royalties my-catalogue --withhold group:3 --note "case 117"
"""
INTERRUPTED = gettext("Nothing was changed.")
LISTED = 20
"""Lines that are listed unless ``--most`` is given; JSON and CSV have all."""
_WHAT = {
    "month": gettext("month"),
    "log": gettext("log"),
    "country": gettext("country"),
    "track": gettext("track"),
    "artist": gettext("artist"),
    "label": gettext("label"),
    "account": gettext("account"),
    "group": gettext("group"),
}
_HEADING = {
    "name": gettext("name"),
    "artist": gettext("artist"),
    "verdict": gettext("verdict"),
    "status": gettext("status"),
    "counted": gettext("counted"),
    "artificial": gettext("artificial"),
    "undecided": gettext("undecided"),
}
_COLOUR = {"artificial": "red", "undecided": "yellow"}
_Subjects = list[str] | None


def royalties(
    catalogue: CatalogueArgument,
    *,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="WHAT",
            help="List month, log, country, track, artist, label, account or group.",
        ),
    ] = "track",
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            metavar="PERIOD",
            help="Count a month (2026-10), a quarter (2026-Q4) or a year (2026), and compare it "
            "with the one before. [default: all plays]",
        ),
    ] = None,
    rates: Annotated[
        str | None,
        typer.Option(
            "--rates",
            metavar="FILE",
            help="CSV file of what a play pays, with the columns rate and any of service, country, "
            "month and currency. Without it there are no amounts.",
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option("--log", metavar="NAME", help="Count only this log; see --as of 'plays'."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List lines without artificial or undecided plays too.")
    ] = False,
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            min=1,
            metavar="N",
            help="Lines to list, those with the most money first.",
            show_default=f"{LISTED}, all with --json and --to",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FILE", help="Write all lines to this CSV file."),
    ] = None,
    withhold: Annotated[
        _Subjects,
        typer.Option(
            "--withhold",
            metavar="WHAT:ID",
            help="Record that nothing is paid for the artificial and undecided plays of "
            "account:ID, track:ID or group:NUMBER. Repeatable.",
        ),
    ] = None,
    pay: Annotated[
        _Subjects,
        typer.Option("--pay", metavar="WHAT:ID", help="Record that they are paid. Repeatable."),
    ] = None,
    reopen: Annotated[
        _Subjects,
        typer.Option("--reopen", metavar="WHAT:ID", help="Withdraw a decision. Repeatable."),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Why, stored with the decisions.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Show what is paid for artificial plays.

    Counts plays of 30 s and more, and what they are paid at the rates of a file, by track, artist,
    label, account, country, month or group: in all, artificial, undecided, withheld and paid. A
    period is compared with the one before.

    Decisions made with --withhold and --pay are stored in the catalogue, and later analyses don't
    overrule them. Verdicts stay as they are. docs/royalties.md has the file of rates and the
    columns, docs/royalties-json.md the JSON.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    decided = [("withhold", withhold), ("pay", pay), ("open", reopen)]
    if any(subjects for _, subjects in decided):
        for decision, subjects in decided:
            _decide(opened, decision, subjects or [], log, note)
    elif note is not None:
        raise UsageError(
            gettext("A note belongs to a decision: --withhold, --pay or --reopen."),
            code="note-without-decision",
        )
    found = opened.plays.royalties(
        by,
        period=period,
        rates=None if rates is None else person_path(rates),
        source=log,
        everything=everything,
    )
    if to is not None:
        _write_sheet(found, person_path(to))
    if as_json:
        write_json(found.to_json(most))
        return Status.DONE
    on_terminal = sys.stdout.isatty()
    if not quiet:
        (write if on_terminal else message)(_summary(found))
    if by == "group" and on_terminal:
        _list_groups(found, most or LISTED)
    else:
        _list(found, most or LISTED)
    if not quiet:
        message(_after(found, most or LISTED, catalogue))
    return Status.DONE


def _decide(
    opened: Catalogue, decision: str, subjects: list[str], log: str | None, note: str | None
) -> None:
    if not subjects:
        return
    stored = opened.plays.decide(decision, subjects, source=log, note=note)
    what = {
        "withhold": ngettext(
            "{n} decision stored: withhold.", "{n} decisions stored: withhold.", len(stored)
        ),
        "pay": ngettext("{n} decision stored: pay.", "{n} decisions stored: pay.", len(stored)),
        "open": ngettext("{n} decision withdrawn.", "{n} decisions withdrawn.", len(stored)),
    }
    message(what[decision])


def _write_sheet(found: Statement, to: str) -> None:
    """Write all lines as CSV that a spreadsheet can open safely, to hand over: without folders."""
    from phonoscope.atomic import write_whole
    from phonoscope.catalogue.locations import Locations
    from phonoscope.files import shown
    from phonoscope.findings.csv_export import sheet

    names = found.lines.column_names
    locations, logs = Locations(), {"source", "log"}
    rows = [
        [locations.source(row[name]) if name in logs else _written(row[name]) for name in names]
        for row in found.lines.to_pylist()
    ]
    try:
        write_whole(Path(to), sheet(names, rows).encode())
    except OSError as error:
        raise UsageError(
            gettext(
                "{file} can't be written: {why}. Choose another file with --to.",
                file=shown(to),
                why=printable(error.strerror or str(error)),
            ),
            code="unwritable",
        ) from error


def _written(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value


def _summary(found: Statement) -> str:
    rows: list[tuple[str, str]] = []
    for total in found.totals:
        if len(found.totals) > 1:
            rows.append(("", total.currency or gettext("without a rate")))
        rows += _rows(found, total)
    if found.artificial and found.doubt:
        rows.append((gettext("share"), wrapped(_shares(found.artificial, found.doubt))))
    title = (
        gettext("Royalties, {period}", period=found.period)
        if found.period
        else gettext("Royalties, all plays")
    )
    return lines([painted(title, "bold"), columns(rows)])


def _rows(found: Statement, total: Total) -> list[tuple[str, str]]:
    def line(name: str, amount: str) -> str:
        counted = ngettext("{n} counted play", "{n} counted plays", total.counts[name])
        if amount not in total.amounts:
            return counted
        return gettext(
            "{plays}, {amount}",
            plays=counted,
            amount=_money(total.amounts[amount], total.currency),
        )

    rows: list[tuple[str, str]] = [
        (gettext("plays"), line("counted", "amount")),
        (gettext("artificial"), line("artificial", "artificial_amount")),
        (gettext("undecided"), line("undecided", "undecided_amount")),
        (gettext("withheld"), line("withheld", "withheld_amount")),
    ]
    if total.counts["paid"]:
        rows.append((gettext("paid"), line("paid", "paid_amount")))
    if total.counts.get("unrated"):
        rows.append(
            (
                gettext("no rate"),
                ngettext("{n} counted play", "{n} counted plays", total.counts["unrated"]),
            )
        )
    if found.period_before and total.before["counted"]:
        rows.append((gettext("before"), wrapped(_compared(found, total))))
    return rows


def _compared(found: Statement, total: Total) -> Localised:
    before = total.before["artificial"] / total.before["counted"]
    now = total.counts["artificial"] / max(1, total.counts["counted"])
    points = gettext("{n} points", n=signed(100 * (now - before), 1))
    parts = [
        gettext(
            "{period}: {share} artificial; now {now} ({points})",
            period=found.period_before or "",
            share=percent(before),
            now=percent(now),
            points=points,
        )
    ]
    if total.amounts:
        more = total.amounts["artificial_amount"] - total.amounts_before["artificial_amount"]
        parts.append(
            gettext(
                "{amount} for them",
                amount=gettext(
                    "{change} {currency}", change=signed(float(more), 2), currency=total.currency
                ),
            )
        )
    return gettext("{parts}.", parts=joined(parts))


def _shares(artificial: Share, doubt: Share) -> Localised:
    low, high = between(artificial.low, artificial.high)
    if doubt.share == artificial.share:
        return gettext(
            "{share} of counted plays are artificial (95% interval {low} to {high}).",
            share=percent(artificial.share),
            low=low,
            high=high,
        )
    doubt_low, doubt_high = between(doubt.low, doubt.high)
    return gettext(
        "{share} of counted plays are artificial (95% interval {low} to {high}); with undecided "
        "plays {doubt} ({doubt_low} to {doubt_high}).",
        share=percent(artificial.share),
        low=low,
        high=high,
        doubt=percent(doubt.share),
        doubt_low=doubt_low,
        doubt_high=doubt_high,
    )


def _money(amount: Decimal, currency: str) -> Localised:
    return (
        measured(float(amount), currency, 2)
        if currency
        else gettext("{amount} without a currency", amount=signed(float(amount), 2).lstrip("+"))
    )


def _list(found: Statement, most: int) -> None:
    """Write one line for each value to stdout."""
    lines_ = found.lines
    known = [name for name in ("name", "artist") if _is_known(lines_, name)]
    shown = [*known, *(name for name in ("verdict", "status") if name in lines_.column_names)]
    shown += ["counted", "artificial", "undecided"]
    heading: list[str] = [_WHAT[found.by], *(_HEADING[name] for name in shown)]
    if found.rated:
        heading += [gettext("at stake"), gettext("currency")]
    rows = [_cells(row, found.by, shown) for row in lines_.slice(0, most).to_pylist()]
    if sys.stdout.isatty():
        write_aligned(heading, [rows], shutil.get_terminal_size().columns)
    else:
        write_tabs(heading, [rows])


def _is_known(lines_: pa.Table, name: str) -> bool:
    return name in lines_.column_names and lines_[name].null_count < len(lines_)


def _cells(row: dict[str, Any], by: str, names: Sequence[str]) -> Sequence[Any]:
    """Return the cells of a line; at stake is what is paid for artificial and undecided plays."""
    key = gettext("(unknown)") if row[by] is None else data(row[by])
    cells = [key, *(_cell(row[name]) for name in names)]
    if "amount" in row:
        stake = row["artificial_amount"] + row["undecided_amount"]
        cells += [round(float(stake), 2), _cell(row["currency"])]
    return cells


def _cell(value: Any) -> Any:
    return data(value) if isinstance(value, str) else value


def _list_groups(found: Statement, most: int) -> None:
    """Write groups with their reasons to a terminal."""
    for row in found.lines.slice(0, most).to_pylist():
        head = gettext(
            "group {n}, {verdict}, {status}: {plays}",
            n=data(row["group"] or ""),
            verdict=data(row["verdict"] or ""),
            status=data(row["status"] or ""),
            plays=ngettext("{n} counted play", "{n} counted plays", row["counted"]),
        )
        if "amount" in row:
            money = _money(row["amount"], row["currency"] or "")
            head = gettext("{group}, {amount}", group=head, amount=money)
        write(painted(head, _COLOUR.get(row["verdict"], "dim")))
        write(f"  {wrapped(data(row['reasons'] or ''), indent=2)}")


def _after(found: Statement, most: int, catalogue: str) -> str:
    """Return what isn't listed, and what to do next."""
    rest = found.lines.num_rows - most
    left_out = ngettext(
        "{n} more line isn't listed; see --most and --to.",
        "{n} more lines aren't listed; see --most and --to.",
        rest,
    )
    return wrapped(sentences(left_out if rest > 0 else "", _next(found, catalogue)), indent=0)


def _next(found: Statement, catalogue: str) -> str:
    counts = [total.counts for total in found.totals]
    judged = sum(one["artificial"] + one["undecided"] for one in counts)
    if not judged:
        return gettext("\u201cNo sign found\u201d doesn't mean that people listened.")
    decided = sum(one["withheld"] + one["paid"] for one in counts)
    where = f"{program()} royalties {shlex.quote(catalogue)}"
    if decided == judged:
        return gettext("Every artificial and undecided play has a decision.")
    if found.by != "group":
        return gettext(
            "Next: '{command}' lists the groups behind them with their reasons.",
            command=printable(f"{where} --by group"),
        )
    undone = (row for row in found.lines.to_pylist() if row["status"] in ("open", "partly"))
    first = next(undone, None)
    if first is None:
        # What is left is by accounts without a group.
        return gettext(
            "Next: '{command}' lists accounts without a group too.",
            command=printable(f"{where} --by account"),
        )
    group = first["group"]
    log = f" --log {shlex.quote(first['source'])}" if len(found.logs) > 1 else ""
    return gettext(
        "Next: write a group's evidence to a page ('{dossier}'), then record what you decide "
        "('{decide}').",
        dossier=printable(
            f"{program()} dossier --group {group}{log} --in {shlex.quote(catalogue)}"
        ),
        decide=printable(f"{where}{log} --withhold group:{group}"),
    )
