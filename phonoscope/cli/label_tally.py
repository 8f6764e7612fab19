"""The results of ``phonoscope label check`` added up: a table of rules, and the worst files."""

from __future__ import annotations

import heapq
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from phonoscope.cli.table import write_aligned
from phonoscope.cli.terminal import WIDEST, in_language, painted, write
from phonoscope.messages import gettext, lines, ngettext, sentences

if TYPE_CHECKING:
    from phonoscope.disclosure.policy import Policy, RuleResult

MOST_FILES = 20
"""Most files that are listed below the table."""

OUTCOMES: Mapping[str, str] = {
    "met": gettext("met"),
    "not-met": gettext("not met"),
    "unknown": gettext("unknown"),
    "not-concerned": gettext("doesn't apply"),
}
"""Outcomes in words, in the order of the table's columns."""


class Tally:
    """Counts outcomes by rule, and keeps the files with the most problems.

    Parameters
    ----------
    policies
        Their rules become the rows of the table, also those that no file meets.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies
        self._rules = {(p.name, r.name): Counter[str]() for p in policies for r in p.rules}
        self._worst: list[tuple[int, int, int, str, tuple[str, ...]]] = []
        self.files = self.unreadable = self.not_met = 0

    @property
    def counts(self) -> Counter[str]:
        """How often each outcome occurred, over all files and rules."""
        return sum(self._rules.values(), Counter[str]())

    def add(self, uri: str, found: Sequence[RuleResult], *, readable: bool = True) -> None:
        """Count the results of one file."""
        self.files += 1
        self.unreadable += not readable
        for result in found:
            self._rules[result.policy, result.rule][result.outcome] += 1
        broken = tuple(f"{f.policy} {f.rule}" for f in found if f.outcome == "not-met")
        self.not_met += bool(broken)
        if broken:
            unknown = sum(f.outcome == "unknown" for f in found)
            # Of equal files, the first one that was read comes first.
            entry = (len(broken), unknown, -self.files, uri, broken)
            (heapq.heappush if len(self._worst) < MOST_FILES else heapq.heappushpop)(
                self._worst, entry
            )

    def show(self) -> None:
        """Print the table of rules, then the files with the most problems."""
        from phonoscope.files import shown

        heading = [gettext("rule"), *OUTCOMES.values()]
        rows = [
            (" ".join(rule), *(counts[outcome] for outcome in OUTCOMES))
            for rule, counts in self._rules.items()
        ]
        width = shutil.get_terminal_size((WIDEST, 24)).columns
        write_aligned([in_language(title) for title in heading], [rows], width)
        if self._worst:
            title = painted(gettext("Files with the most unmet rules"), "bold")
            write(f"\n{title}")
        for broken, _, _, uri, rules in sorted(self._worst, reverse=True):
            line = ngettext(
                "{file}: {n} rule not met ({rules})",
                "{file}: {n} rules not met ({rules})",
                broken,
                file=shown(uri),
                rules=", ".join(rules),
            )
            write(f"  {in_language(line)}")
        if rest := self.not_met - len(self._worst):
            write(
                ngettext(
                    "{n} more file isn't listed. --full prints the rules of every file.",
                    "{n} more files aren't listed. --full prints the rules of every file.",
                    rest,
                )
            )

    def summary(self, *, listened: bool) -> str:
        """Return one line with the counts, and below it what to do next.

        Parameters
        ----------
        listened
            Whether the sound was analysed.
        """
        result = (
            ngettext(
                "{n} file doesn't meet every rule.",
                "{n} files don't meet every rule.",
                self.not_met,
            )
            if self.not_met
            else gettext("No unmet rule found.")
        )
        unreadable = ngettext(
            "{n} file can't be read.", "{n} files can't be read.", self.unreadable
        )
        checked = ngettext(
            "{n} file checked against {policies}.",
            "{n} files checked against {policies}.",
            self.files,
            policies=", ".join(policy.name for policy in self._policies),
        )
        counts = sentences(checked, result, unreadable if self.unreadable else "")
        return lines([counts, *self._next(listened)])

    def _next(self, listened: bool) -> Iterator[str]:
        if self.not_met:
            yield gettext(
                "Next: '{read}' shows what a file declares, and '{write}' adds what is missing.",
                read="phonoscope label read FILE",
                write="phonoscope label write FILE --what PART=HOW",
            )
        if self.counts["unknown"] and not listened:
            yield gettext("Some rules depend on the sound. Add --listen to analyse it.")
