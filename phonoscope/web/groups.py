"""Groups of copies as pages and the API show them, with what a person says of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from phonoscope.matching.recording import archive
from phonoscope.matching.recording.archive import Decision, pair_key
from phonoscope.matching.recording.groups import CopyGroup, Member
from phonoscope.view.listing import read_rows
from phonoscope.view.queries import Queries, Row, TableOf, rows_with

SIZES = (10, 25, 50)
"""Groups of a page; more would take long, because members are compared for it."""


@dataclass(frozen=True)
class CopyFilters:
    """What someone wants to see of the groups."""

    recording: str = ""
    """A recording's id, to see its group only."""
    page: int = 1
    size: int = SIZES[0]

    def address(self, **changes: Any) -> str:
        """Return the query string of this wish with some changes."""
        plain, said = vars(CopyFilters()), vars(replace(self, **changes))
        return "?" + urlencode({name: v for name, v in said.items() if v != plain[name]})


@dataclass(frozen=True)
class PairDecision:
    """What a person says of two recordings."""

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
    """What the list of recordings shows of it."""
    said: PairDecision | None
    """What a person says of it and the likely original; ``None`` when that is open."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape: as of ``phonoscope copies --json``, and the decision."""
        said = self.said and self.said.to_json()
        return {**dataclasses.asdict(self.member), "decision": said}


@dataclass(frozen=True)
class ListedGroup:
    """One group."""

    number: int
    """Its place among all, counted from 1; the largest is first."""
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

    wish: CopyFilters
    count: int
    """Groups there are in all."""
    recordings: int
    """Recordings in them."""
    groups: tuple[ListedGroup, ...]
    searched_utc: datetime | None
    """When copies were last searched for; ``None`` when they never were."""
    scanned_since: int
    """Recordings that no search has looked at."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // self.wish.size))

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of ``/api/copies``."""
        utc = self.searched_utc
        return {
            "count": self.count,
            "page": self.wish.page,
            "size": self.wish.size,
            "searched_utc": utc and utc.replace(tzinfo=UTC).isoformat(timespec="seconds"),
            "scanned_since": self.scanned_since,
            "groups": [group.to_json() for group in self.groups],
        }


def read_groups(desk: Queries, wish: CopyFilters) -> CopiesPage:
    """Return a page of the groups, the largest first."""
    known = desk.copies(archive.linked)
    recordings = sum(len(group) for group in known)
    if wish.recording:
        known = [group for group in known if wish.recording in group]
    first = (wish.page - 1) * wish.size
    chosen = known[first : first + wish.size]
    described = desk.copies(lambda catalogue: archive.described(catalogue, chosen))
    searched = desk.copies_searched()
    return CopiesPage(
        wish,
        len(known),
        recordings,
        _together(desk, described, first + 1),
        searched,
        _scanned_since(desk, searched) if searched else 0,
    )


def read_pair(desk: Queries, one: str, other: str) -> ListedGroup | None:
    """Return two recordings compared, whether or not they are in one group.

    The likely original of the two is the first. ``None`` when there is nothing to compare.
    """
    both = [{one, other}]
    described = desk.copies(lambda catalogue: archive.described(catalogue, both))
    return next(iter(_together(desk, described, 1)), None)


def read_said(desk: Queries) -> list[PairDecision]:
    """Return what people say of copies, the newest first; what was taken back is left out."""
    rows = desk.rows(lambda table: table("decisions"))
    said = [
        PairDecision(one, other, Decision(row["decision"]), row["decided_utc"])
        for row in rows
        for one, _, other in (row["pair"].partition("-"),)
        if row["decision"] in {Decision.SAME, Decision.DIFFERENT}
    ]
    return sorted(said, key=lambda s: s.decided_utc, reverse=True)


def count_copies(desk: Queries, recording_id: str) -> int:
    """Return how many recordings are copies of one directly; asks for its own rows only."""
    mine = rows_with(desk, "matches", recording_id)
    words = {row["pair"]: row["decision"] for row in rows_with(desk, "decisions", recording_id)}
    found = {row["pair"] for row in mine if row["copy"]}
    agreed = {pair for pair, word in words.items() if word == Decision.SAME}
    return sum(words.get(pair) != Decision.DIFFERENT for pair in found | agreed)


def _together(desk: Queries, described: list[CopyGroup], first: int) -> tuple[ListedGroup, ...]:
    said = {pair_key(s.one, s.other): s for s in read_said(desk)}
    rows = read_rows(desk, [m.recording_id for group in described for m in group.members])

    def shown(group: CopyGroup) -> tuple[Shown, ...]:
        original = group.members[0].recording_id
        return tuple(
            Shown(m, rows[m.recording_id], said.get(pair_key(original, m.recording_id)))
            for m in group.members
            if m.recording_id in rows
        )

    made = ((number, group, shown(group)) for number, group in enumerate(described, first))
    return tuple(ListedGroup(n, group.reasons, members) for n, group, members in made if members)


def _scanned_since(desk: Queries, searched_utc: datetime) -> int:
    since = round(searched_utc.replace(tzinfo=UTC).timestamp() * 1e6)

    def later(table: TableOf) -> Any:
        recordings = table("recordings")
        newer = recordings.filter(recordings.batch > f"{since:016d}~")
        return newer.agg(rows=newer.count())

    return int(desk.rows(later)[0]["rows"])
