"""How fast rows are read."""

from __future__ import annotations

from phonoscope.cli.amounts import clock, counted
from phonoscope.cli.line import Line


class Pace(Line):
    """Takes the calls of an ingest's progress protocol; see :class:`.Line`."""

    def __call__(self, read: int, rejected: int, share: float | None) -> None:
        """Take in rows read and rejected so far, and the share of the source if known."""
        self.show(lambda elapsed_s: self.line(read, rejected, share, elapsed_s))

    def line(self, read: int, rejected: int, share: float | None, elapsed_s: float) -> str:
        """Return rows, rows a second, time left when the share is known, and rejects."""
        parts = [counted(read, "row"), f"{rows_a_second(read, elapsed_s)} rows/s"]
        if share:
            parts.append(f"{share:.0%}, {clock(elapsed_s * (1 - share) / share)} left")
        if rejected:
            parts.append(f"{rejected:,} rejected")
        return ", ".join(parts)


def rows_a_second(rows: int, elapsed_s: float) -> str:
    """Return rows a second, whole."""
    return f"{rows / max(elapsed_s, 1e-3):,.0f}"
