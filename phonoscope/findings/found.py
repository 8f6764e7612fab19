"""Every finding with what a catalogue answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

from phonoscope.findings.answer import Answer
from phonoscope.findings.finding import Finding
from phonoscope.findings.order import findings
from phonoscope.findings.query_session import QuerySession, Tables


@dataclass(frozen=True)
class Found:
    """A finding with its answer."""

    finding: Finding
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of one finding in ``report --format json``."""
        answer = asdict(self.answer)
        chart = answer.pop("chart")
        for figure in answer["figures"]:
            low, high = figure.pop("interval") or (None, None)
            figure.update(low=low, high=high)
        return {
            "name": self.finding.name,
            "title": self.finding.title,
            "question": self.finding.question,
            **answer,
            "method": self.finding.method,
            "needs": {table: list(columns) for table, columns in self.finding.needs.items()},
            "caveats": self.finding.caveats,
            "vega_lite": chart["spec"] if chart else None,
        }


class Progress(Protocol):
    """Is told how far the questions are."""

    def __call__(self, done: int, total: int, question: str) -> None:
        """Take in how many questions are answered, of how many, and the next one."""


def find(
    catalogue: Tables, source: str | None = None, progress: Progress | None = None
) -> tuple[Found, ...]:
    """Compute every finding of a catalogue; with ``source``, of one source of its metadata only."""
    found = []
    with QuerySession(catalogue, source) as session:
        for done, finding in enumerate(findings()):
            if progress is not None:
                progress(done, len(findings()), finding.question)
            found.append(Found(finding, finding.answer(session)))
    return tuple(found)
