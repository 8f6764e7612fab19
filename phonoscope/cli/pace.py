"""How fast rows are read."""

from __future__ import annotations

from phonoscope.cli.amounts import clock, counted
from phonoscope.cli.line import Line


class Pace(Line):
    """Takes the calls of an ingest's progress protocol; see :class:`.Line`."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet)
        # An ingest that goes on has read much before it begins.
        self._first: tuple[int, float, float] | None = None

    def __call__(self, read: int, rejected: int, share: float | None) -> None:
        """Take in rows read and rejected so far, and the share of the source if known."""
        if self._first is None:
            self._first = (read, share or 0.0, self.elapsed_s())
        self.show(lambda elapsed_s: self.line(read, rejected, share, elapsed_s))

    def line(self, read: int, rejected: int, share: float | None, elapsed_s: float) -> str:
        """Return rows, rows a second, time left when the share is known, and rejects."""
        first, first_share, first_s = self._first or (0, 0.0, 0.0)
        parts, took_s = [counted(read, "row")], elapsed_s - first_s
        if read > first:
            parts.append(f"{rows_a_second(read - first, took_s)} rows/s")
        if share and share > first_share:
            left_s = took_s * (1 - share) / (share - first_share)
            parts.append(f"{share:.0%}, {clock(left_s)} left")
        if rejected:
            parts.append(f"{rejected:,} rejected")
        return ", ".join(parts)


def rows_a_second(rows: int, elapsed_s: float) -> str:
    """Return rows a second, whole."""
    return f"{rows / max(elapsed_s, 1e-3):,.0f}"
