"""Groups of copies as pages and the API show them, with the decisions about them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from phonoscope.matching.recording import match_store
from phonoscope.matching.recording.groups import CopyGroup, Member
from phonoscope.matching.recording.match_store import Decision, pair_key
from phonoscope.view.listing import read_rows
from phonoscope.view.queries import Queries, Row, TableOf, rows_with

if TYPE_CHECKING:
    import ibis.expr.types as ir

SIZES = (10, 25, 50)
"""Groups on a page. More would take long, because their members are compared."""


@dataclass(frozen=True)
class CopyFilters:
    """What a visitor selected in the list of groups."""

    recording: str = ""
    """A recording's id, to show only its group."""
    page: int = 1
    size: int = SIZES[0]

    def address(self, **changes: Any) -> str:
        """Return the query string of these filters, with some changes."""
        default, changed = vars(CopyFilters()), vars(replace(self, **changes))
        return "?" + urlencode({name: v for name, v in changed.items() if v != default[name]})


@dataclass(frozen=True)
class PairDecision:
    """What a person decided about two recordings."""

    one: str
    other: str
    decision: Decision
    decided_utc: datetime

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape."""
        return {
            "one": self.one,
            "other": self.other,
            "decision": self.decision.value,
            "decided_utc": self.decided_utc.replace(tzinfo=UTC).isoformat(timespec="seconds"),
        }


@dataclass(frozen=True)
class Shown:
    """One member of a group."""

    member: Member
    row: Row
    """What the list of recordings shows about it."""
    decision: PairDecision | None
    """The decision about it and the likely original; ``None`` while that is open."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape: as in ``phonoscope copies --json``, and the decision."""
        decision = self.decision and self.decision.to_json()
        return {**dataclasses.asdict(self.member), "decision": decision}


@dataclass(frozen=True)
class ListedGroup:
    """One group."""

    number: int
    """Its number, from 1; the largest group is first."""
    reasons: tuple[str, ...]
    members: tuple[Shown, ...]
    """The likely original first."""

    @property
    def original(self) -> Shown:
        """The likely original."""
        return self.members[0]

    @property
    def copies(self) -> tuple[Shown, ...]:
        """All others."""
        return self.members[1:]

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape."""
        members = [shown.to_json() for shown in self.members]
        return {"reasons": list(self.reasons), "members": members}


@dataclass(frozen=True)
class CopiesPage:
    """One page of groups."""

    filters: CopyFilters
    count: int
    """Groups in total."""
    recordings: int
    """Recordings in them."""
    groups: tuple[ListedGroup, ...]
    searched_utc: datetime | None
    """Time of the last search for copies; ``None`` before the first."""
    scanned_since: int
    """Recordings that were scanned after the last search."""

    @property
    def pages(self) -> int:
        """Number of pages."""
        return max(1, -(-self.count // self.filters.size))

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of ``/api/copies``."""
        utc = self.searched_utc
        return {
            "format": "phonoscope-copies-page/1",
            "count": self.count,
            "page": self.filters.page,
            "size": self.filters.size,
            "searched_utc": utc and utc.replace(tzinfo=UTC).isoformat(timespec="seconds"),
            "scanned_since": self.scanned_since,
            "groups": [group.to_json() for group in self.groups],
        }


def read_groups(queries: Queries, filters: CopyFilters) -> CopiesPage:
    """Return a page of the groups, the largest first."""
    known = queries.copies(match_store.linked)
    recordings = sum(len(group) for group in known)
    if filters.recording:
        known = [group for group in known if filters.recording in group]
    first = (filters.page - 1) * filters.size
    chosen = known[first : first + filters.size]
    described = queries.copies(lambda catalogue: match_store.described(catalogue, chosen))
    searched = queries.copies_searched()
    return CopiesPage(
        filters,
        len(known),
        recordings,
        _listed(queries, described, first + 1),
        searched,
        _scanned_since(queries, searched) if searched else 0,
    )


def read_pair(queries: Queries, one: str, other: str) -> ListedGroup | None:
    """Return a comparison of two recordings, whether or not they are in one group.

    The likely original comes first. ``None`` if one of them has nothing to compare.
    """
    both = [{one, other}]
    described = queries.copies(lambda catalogue: match_store.described(catalogue, both))
    return next(iter(_listed(queries, described, 1)), None)


def read_decisions(queries: Queries) -> list[PairDecision]:
    """Return the decisions about copies, newest first, without withdrawn ones."""
    rows = queries.rows(lambda table: table("decisions"))
    found = [
        PairDecision(one, other, Decision(row["decision"]), row["decided_utc"])
        for row in rows
        for one, _, other in ((row["pair"] or "").partition("-"),)
        if row["decision"] in {Decision.SAME, Decision.DIFFERENT} and other and row["decided_utc"]
    ]
    return sorted(found, key=lambda s: s.decided_utc, reverse=True)


def count_copies(queries: Queries, recording_id: str) -> int:
    """Return how many recordings are direct copies of one."""
    mine = rows_with(queries, "matches", recording_id)
    decisions = {
        row["pair"]: row["decision"] for row in rows_with(queries, "decisions", recording_id)
    }
    found = {row["pair"] for row in mine if row["copy"]}
    agreed = {pair for pair, decision in decisions.items() if decision == Decision.SAME}
    return sum(decisions.get(pair) != Decision.DIFFERENT for pair in found | agreed)


def _listed(queries: Queries, described: list[CopyGroup], first: int) -> tuple[ListedGroup, ...]:
    decisions = {pair_key(s.one, s.other): s for s in read_decisions(queries)}
    rows = read_rows(queries, [m.recording_id for group in described for m in group.members])
    locations = queries.locations()

    def shown(group: CopyGroup) -> tuple[Shown, ...]:
        original = group.members[0].recording_id
        members = (replace(m, uris=locations.uris(m.uris)) for m in group.members)
        return tuple(
            Shown(m, rows[m.recording_id], decisions.get(pair_key(original, m.recording_id)))
            for m in members
            if m.recording_id in rows
        )

    made = ((number, group, shown(group)) for number, group in enumerate(described, first))
    return tuple(ListedGroup(n, group.reasons, members) for n, group, members in made if members)


def _scanned_since(queries: Queries, searched_utc: datetime) -> int:
    since = round(searched_utc.replace(tzinfo=UTC).timestamp() * 1e6)

    def later(table: TableOf) -> ir.Table:
        recordings = table("recordings")
        newer = recordings.filter(recordings.batch > f"{since:016d}~")
        return newer.agg(rows=newer.count())

    return int(queries.rows(later)[0]["rows"])
