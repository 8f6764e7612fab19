"""Every finding with the answer of a catalogue."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from phonoscope.findings.answer import Answer
from phonoscope.findings.finding import Finding
from phonoscope.findings.order import findings
from phonoscope.findings.query_session import QuerySession, Tables
from phonoscope.progress import NoProgress, Progress


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


def find(
    catalogue: Tables, source: str | None = None, progress: Progress | None = None
) -> tuple[Found, ...]:
    """Compute every finding of a catalogue, or with ``source`` of one source of its metadata."""
    found = []
    progress = progress or NoProgress()
    with QuerySession(catalogue, source) as session:
        progress.start("findings", unit="questions", total=len(findings()))
        for finding in findings():
            progress.step(finding.question)
            found.append(Found(finding, finding.answer(session)))
            progress.advance()
    return tuple(found)
