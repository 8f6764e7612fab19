"""The plays of one log, numbered and stored in the database, so that each is read once."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Self

from phonoscope.catalogue.backend import materialise, microseconds
from phonoscope.plays.lengths import Lengths

if TYPE_CHECKING:
    import ibis.expr.types as ir

COUNTED_MS = 30_000
"""Services count and pay for plays of 30 s or more."""
BARELY_MS = 35_000
"""A play that counts but ends before this ended as soon as it counted."""
WHOLE = 0.97
"""Least share of a track's duration that is a whole play; ends are silent, and clocks differ."""
TELLING_MS = 45_000
"""If the catalogue has no duration for a track, its longest play is used, if it has at least this
length. A shorter one was more likely cut as soon as it counted."""


class Log:
    """The plays of one log on any backend of Ibis.

    Accounts and tracks get small numbers, because every query joins on them. It is a context
    manager: at its end the database drops the tables it made.

    Parameters
    ----------
    listens
        Rows of table ``listens`` of one source.
    tracks
        Table ``tracks`` of the catalogue, for durations and artists.

    Attributes
    ----------
    accounts
        ``account`` (number, in order of ``user_hash``), ``user_hash``, ``plays``.
    tracks
        ``track`` (number), ``track_id``, ``plays``, ``accounts`` that played it; ``artist`` from
        the catalogue, or empty.
    plays
        ``account``, ``track``, ``at_us`` (microseconds since 1970).
    edges
        One row for each account and track: ``plays``; ``known``, plays of known length; and among
        these ``uncounted`` (under 30 s), ``barely`` (30 to 35 s) and ``whole``.
    """

    def __init__(self, listens: ir.Table, tracks: ir.Table) -> None:
        self._listens, self._named = listens, tracks
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            self._number()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def materialise(self, table: ir.Table) -> ir.Table:
        """Compute a table once and keep it until the log is closed."""
        made, drop = materialise(table)
        self._stack.callback(drop)
        return made

    @cached_property
    def lengths(self) -> Lengths:
        """How long plays last."""
        edges = self.edges
        names = ("known", "uncounted", "barely", "whole")
        total = edges.aggregate(**{name: edges[name].sum() for name in names}).to_pyarrow()
        return Lengths(*(int(total[name][0].as_py() or 0) for name in names))

    def _number(self) -> None:
        import ibis  # noqa: PLC0415  (heavy: 0.8 s)

        rows = self._listens
        accounts = rows.group_by("user_hash").aggregate(plays=rows.count())
        number = ibis.row_number().over(order_by=accounts.user_hash)
        self.accounts = self.materialise(accounts.mutate(account=number.cast("int32")))
        played = rows.group_by("track_id").aggregate(longest_ms=rows.played_ms.max())
        number = ibis.row_number().over(order_by=played.track_id)
        named = self.materialise(self._with_names(played.mutate(track=number.cast("int32"))))
        joined = rows.join(self.accounts.select("user_hash", "account"), "user_hash")
        joined = joined.join(named.select("track_id", "track", "whole_ms"), "track_id")
        known = joined.played_ms
        plays = joined.select(
            "account",
            "track",
            at_us=microseconds(joined, "listened_utc"),
            known=known.notnull().cast("int8"),
            uncounted=(known < COUNTED_MS).fill_null(False).cast("int8"),
            barely=known.between(COUNTED_MS, BARELY_MS).fill_null(False).cast("int8"),
            whole=(known >= joined.whole_ms).fill_null(False).cast("int8"),
        )
        self.plays = self.materialise(plays)
        self.edges = self.materialise(_edges(self.plays))
        edges = self.edges
        total = edges.group_by("track").aggregate(accounts=edges.count(), plays=edges.plays.sum())
        self.tracks = self.materialise(
            named.select("track", "track_id", "artist").join(total, "track")
        )

    def _with_names(self, played: ir.Table) -> ir.Table:
        import ibis  # noqa: PLC0415

        named = self._named.group_by("track_id").aggregate(
            duration_ms=self._named.duration_ms.max(), artist=self._named.artist_names.min()
        )
        joined = played.left_join(named, "track_id")
        longest = ibis.cases((joined.longest_ms >= TELLING_MS, joined.longest_ms), else_=None)
        whole_ms = WHOLE * ibis.coalesce(joined.duration_ms.nullif(0), longest)
        return joined.select("track", "track_id", "artist", whole_ms=whole_ms)


def _edges(plays: ir.Table) -> ir.Table:
    kinds = ("known", "uncounted", "barely", "whole")
    return plays.group_by(["account", "track"]).aggregate(
        plays=plays.count(), **{name: plays[name].sum().cast("int32") for name in kinds}
    )
