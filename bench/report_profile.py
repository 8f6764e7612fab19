"""Where the CPU seconds of ``report`` go: loading, each finding, compiling queries, drawing.

    python -m bench.report_profile CATALOGUE

In one process, so the first finding that uses a library or a shared table pays for it.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - what loading costs is measured
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SHOWN = 12
"""Findings that are printed by name; the others are added up."""


class Stages:
    """CPU seconds of this process, all threads, by stage."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = {"Python itself": time.process_time()}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what is spent inside to a stage."""
        before = time.process_time()
        yield
        self.spent_s[name] = self.spent_s.get(name, 0.0) + time.process_time() - before


def main(path: str) -> None:
    stages = Stages()
    with stages.stage("loading the command line"):
        import phonoscope.cli.main  # noqa: F401
        from phonoscope.cli.pandas_later import pandas_later
    with stages.stage("loading DuckDB, Ibis and the findings"):
        import phonoscope.api as ps
        from phonoscope.catalogue.local_backend import LocalBackend
        from phonoscope.findings.base import Found
        from phonoscope.findings.order import findings
        from phonoscope.findings.query_session import QuerySession
        from phonoscope.findings.report import Report

        pandas_later()
        every = findings()
    compiling = _counted(LocalBackend, "compile")
    by_finding = Stages()
    found = []
    with QuerySession(ps.open_catalogue(path)) as session:
        for finding in every:
            with by_finding.stage(finding.name):
                found.append(Found(finding, finding.answer(session)))
    with stages.stage("drawing the page"):
        Report("catalogue", tuple(found)).html()
    del by_finding.spent_s["Python itself"]
    _print(stages, by_finding, compiling[0])


def _counted(of: Any, name: str) -> list[float]:
    """Make a method count its CPU seconds, which are added to the returned number."""
    total, method = [0.0], getattr(of, name)

    def counted(*arguments: Any, **named: Any) -> Any:
        before = time.process_time()
        try:
            return method(*arguments, **named)
        finally:
            total[0] += time.process_time() - before

    setattr(of, name, counted)
    return total


def _print(stages: Stages, by_finding: Stages, compiling_s: float) -> None:
    ordered = sorted(by_finding.spent_s.items(), key=lambda item: -item[1])
    for name, spent_s in (
        *stages.spent_s.items(),
        ("all findings", sum(by_finding.spent_s.values())),
        ("  of that, Ibis writes SQL", compiling_s),
        *((f"  {name}", spent_s) for name, spent_s in ordered[:SHOWN]),
        ("  the others", sum(spent_s for _, spent_s in ordered[SHOWN:])),
        ("the whole process", time.process_time()),
    ):
        print(f"{name:40} {spent_s:6.2f}")


if __name__ == "__main__":
    main(sys.argv[1])
