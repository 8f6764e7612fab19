"""Results as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.playbench.judge import Judged, Share, Tally
from phonoscope.interval import Interval

Results = Mapping[str, Mapping[str, Judged]]
"""By mix and system."""
NOTHING = "-"


def tables(results: Results, unseen: Mapping[str, Judged]) -> None:
    """Print the error rates of each system, over all and by kind."""
    console = Console(width=150, highlight=False)
    whole = Table(title="Per cent, with 95 % intervals")
    for name in ("mix", "system", "accounts F1", "prec.", "recall", "tracks F1", "prec.", "recall",
                 "honest flagged", "share", "by track"):  # fmt: skip
        whole.add_column(name)
    for mix, systems in results.items():
        for system, judged in systems.items():
            whole.add_row(mix, system, *_row(judged))
    console.print(whole)
    for mix, systems in results.items():
        console.print(_kinds(mix, systems))
    if unseen:
        console.print(_unseen(unseen))


def as_json(judged: Judged) -> dict[str, Any]:
    """Return all numbers of a judgement."""
    return {
        "accounts": _tally_json(judged.accounts),
        "tracks": _tally_json(judged.tracks),
        "honest_flagged": _share_json(judged.honest),
        **{
            name: {kind: _share_json(share) for kind, share in getattr(judged, name).items()}
            for name in ("found", "flagged", "found_tracks", "doubted")
        },
        "artificial_share": [{"said": said, "true": true} for said, true in judged.shares.logs],
        "track_share_median_error": judged.shares.track_error,
    }


def _row(judged: Judged) -> list[str]:
    return [
        *(cell for tally in (judged.accounts, judged.tracks) for cell in _cells(tally)),
        share_text(judged.honest, digits=3),
        _points(judged.shares.log_error),
        _points(judged.shares.track_error),
    ]


def _cells(tally: Tally) -> list[str]:
    return [
        value_text(tally.f1, tally.f1_interval()),
        value_text(tally.precision.value),
        value_text(tally.recall.value),
    ]


def _kinds(mix: str, systems: Mapping[str, Judged]) -> Table:
    shown = Table(title=f"{mix}: flagged, by kind (a: accounts of attackers, t: attacked tracks)")
    shown.add_column("kind")
    shown.add_column("of", justify="right")
    for system in systems:
        shown.add_column(system)
    unsure = {name: judged for name, judged in systems.items() if _doubts(judged)}
    for system in unsure:
        shown.add_column(f"{system} in doubt")
    for name, mark in (("found", "a"), ("found_tracks", "t"), ("flagged", "honest")):
        first: dict[str, Share] = getattr(next(iter(systems.values())), name)
        for kind, share in first.items():
            cells = (share_text(getattr(judged, name)[kind]) for judged in systems.values())
            doubts = (_doubt(judged, kind, mark) for judged in unsure.values())
            shown.add_row(f"{kind} ({mark})", f"{share.total:,}", *cells, *doubts)
    return shown


def _doubts(judged: Judged) -> int:
    return sum(share.hits for share in judged.doubted.values())


def _doubt(judged: Judged, kind: str, mark: str) -> str:
    return NOTHING if mark == "t" else share_text(judged.doubted[kind])


def _unseen(unseen: Mapping[str, Judged]) -> Table:
    shown = Table(title="random forest that was not taught a kind, all mixes: found of that kind")
    for name in ("kind", "accounts", "tracks", "honest flagged"):
        shown.add_column(name)
    for kind, judged in unseen.items():
        tracks = judged.found_tracks.get(kind, Share())
        found = judged.found.get(kind, Share())
        shown.add_row(
            kind, share_text(found), share_text(tracks), share_text(judged.honest, digits=3)
        )
    return shown


def share_text(share: Share, digits: int = 1) -> str:
    """Return a share as a percentage with its interval."""
    return value_text(share.value, share.interval, digits)


def value_text(value: float | None, interval: Interval | None = None, digits: int = 1) -> str:
    """Return a percentage, with its interval in brackets if there is one."""
    if value is None:
        return NOTHING
    text = f"{100 * value:.{digits}f}"
    if interval is None:
        return text
    low, high = (f"{100 * end:.{digits}f}" for end in interval)
    return f"{text} ({low}-{high})"


def _points(error: float | None) -> str:
    return NOTHING if error is None else f"{100 * error:.2f}"


def _share_json(share: Share) -> dict[str, Any]:
    return {
        "hits": share.hits,
        "total": share.total,
        "share": share.value,
        "interval": share.interval,
    }


def _tally_json(tally: Tally) -> dict[str, Any]:
    found, missed, false = tally.counts
    return {
        "found": found,
        "missed": missed,
        "false": false,
        "precision": _share_json(tally.precision),
        "recall": _share_json(tally.recall),
        "f1": tally.f1,
        "f1_interval": tally.f1_interval(),
    }
