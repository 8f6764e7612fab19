"""What the recordings of one release, or of one artist, show together.

The database counts the tracks of each group, and how many of them are called generated. Groups with
the same counts get the same answer, so it is computed once per pair of counts, whatever the number
of groups. How many false alarms a group of human music can have is
:mod:`phonoscope.detector.dependence`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from phonoscope.catalogue.backend import memtable
from phonoscope.detector.dependence import Dependence, dependence
from phonoscope.detector.generated import ORDINARY
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.findings.base import QuerySession, Tables
from phonoscope.findings.shared.groups import is_weighed
from phonoscope.findings.shared.release_group import Group, Whole
from phonoscope.findings.shared.release_members import KEY, in_releases, of_artists
from phonoscope.findings.shared.release_statements import says, says_all, too_few, trial_says
from phonoscope.findings.shared.shares import NO_VERDICTS, current_model, current_rates
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEAST = 3
"""Fewest scored tracks of a group; the verdicts of one or two tracks say as much."""
ERROR = 0.01
"""Chance that any human group of a catalogue is called generated or mixed."""
WHOLE = 0.2
"""Largest share of tracks without a sign in a group that is called generated as a whole."""
SOME = 0.1
"""Share of tracks called from which a group is at least undecided."""
PARTS = ("none", "up-to-half", "most", "all")
"""Shares of the tracks of a group: no track, up to half of them, more but not all, and all."""
_COUNTS = ("tracks", "called", "unusual")
_PAIRS = pa.schema([(name, pa.int64()) for name in (*_COUNTS, "groups")])


@dataclass(frozen=True)
class Judged:
    """Releases or artists of a catalogue, and what their verdicts rest on."""

    by: str
    """``"release"`` or ``"artist"``."""
    groups: tuple[Group, ...]
    """The listed groups: the most remarkable first."""
    verdicts: Mapping[Whole, int]
    """Number of groups by verdict, listed or not."""
    composition: tuple[int, ...]
    """Number of groups by the share of their tracks that is called, in the order of
    :data:`PARTS`."""
    smaller: int
    """Groups with too few scored tracks, which have no verdict."""
    dependence: Dependence | None
    """The trial behind it; ``None`` without an answer."""
    of_this_model: bool
    """Whether this version's model scored all recordings; the trial is of this model."""
    why: str = ""
    """Why there is no answer; empty when there is one."""

    @property
    def tested(self) -> int:
        """Number of groups with a verdict."""
        return sum(self.verdicts.values())

    def says(self) -> str:
        """Return what the groups show in a sentence, or why there is no answer."""
        if self.why or self.dependence is None:
            return self.why
        if not self.tested:
            return too_few(LEAST, self.smaller)
        whole, part = (self.verdicts.get(one, 0) for one in (Whole.GENERATED, Whole.MIXED))
        return says_all(self.by, self.tested, whole, part)

    def trial_says(self) -> str:
        """Return what the verdicts rest on, in some sentences."""
        return "" if self.dependence is None else trial_says(self.dependence)

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope releases --json``."""
        return {
            "format": "phonoscope-releases/1",
            "by": self.by,
            "says": self.says(),
            "tested": self.tested,
            "smaller": self.smaller,
            "verdicts": {verdict.value: self.verdicts.get(verdict, 0) for verdict in Whole},
            "composition": dict(zip(PARTS, self.composition, strict=False)),
            "error": ERROR,
            "of_this_model": self.of_this_model,
            "trial": self.dependence
            and {**dataclasses.asdict(self.dependence), "unseen": self.dependence.unseen_share},
            "groups": [_in_json(group) for group in self.groups],
        }


def _in_json(group: Group) -> dict[str, Any]:
    return {**dataclasses.asdict(group), "verdict": group.verdict.value, "says": says(group)}


def judge_groups(
    catalogue: Tables, by: str = "release", *, most: int | None = None, of: str | None = None
) -> Judged:
    """Judge the releases or the artists of a catalogue by all their recordings.

    Parameters
    ----------
    catalogue
        An opened catalogue, or a session that caches what several calls share.
    by
        ``"release"`` or ``"artist"``.
    most
        Most groups to list; all by default.
    of
        Id of a recording: list only its groups. The others still count as tested.

    Raises
    ------
    UsageError
        When ``by`` is something else.
    """
    if by not in _GROUPED:
        raise UsageError(
            gettext("Group by release or artist, not by {name}.", name=printable(by)),
            code="unknown-grouping",
        )
    if not isinstance(catalogue, QuerySession):
        with QuerySession(catalogue) as session:
            return judge_groups(session, by, most=most, of=of)
    if not is_weighed(catalogue):
        return Judged(by, (), {}, (), 0, None, of_this_model=True, why=NO_VERDICTS)
    large = catalogue.cached(_JUDGED[by])
    counts = large.group_by("verdict").agg(groups=large.count()).to_pyarrow().to_pylist()
    composition = _composition(large)
    groups = catalogue.cached(_GROUPED[by])
    smaller = groups.filter(groups.tracks < LEAST).count().to_pyarrow().as_py()
    if of is not None:
        members = _MEMBERS[by](catalogue)
        large = large.semi_join(members.filter(members.recording_id == of), list(KEY))
    return Judged(
        by,
        _listed(large, most),
        {Whole(row["verdict"]): row["groups"] for row in counts},
        composition,
        int(smaller),
        _trial(),
        of_this_model=_of_this_model(catalogue),
    )


def _trial() -> Dependence:
    return dependence(current_rates())


def _of_this_model(catalogue: QuerySession) -> bool:
    verdicts = catalogue.table("verdicts")
    models = verdicts.filter(verdicts.p_value.notnull()).select("model").distinct()
    return {*models.to_pyarrow()["model"].to_pylist()} <= {None, current_model()}


def _releases(catalogue: QuerySession) -> ir.Table:
    return _counted(in_releases(catalogue), KEY)


def _artists(catalogue: QuerySession) -> ir.Table:
    return _counted(of_artists(catalogue), KEY)


def _releases_of_artists(catalogue: QuerySession) -> ir.Table:
    """Return the releases of each artist, with only the tracks by that artist."""
    members = of_artists(catalogue)
    known = members.filter(members.release.notnull())
    return _counted(known, (*KEY, "release"))


_GROUPED: Mapping[str, Callable[[QuerySession], ir.Table]] = {
    "release": _releases,
    "artist": _artists,
}
_MEMBERS: Mapping[str, Callable[[QuerySession], ir.Table]] = {
    "release": in_releases,
    "artist": of_artists,
}


def _counted(members: ir.Table, key: Sequence[str]) -> ir.Table:
    """Return one row per group: how many tracks it has, and how many of them look generated."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks = members.group_by(*key, "track").agg(
        p_value=members.p_value.max(),
        recording_id=members.recording_id.min(),
        name=members.name.min(),
        first_credit=members.credit.min(),
        last_credit=members.credit.max(),
    )
    called = tracks.p_value <= _trial().threshold
    unusual = tracks.p_value < ORDINARY
    one = tracks.first_credit.min() == tracks.last_credit.max()
    return tracks.group_by(*key).agg(
        tracks=tracks.count(),
        called=called.cast("int64").sum(),
        unusual=(called | unusual).cast("int64").sum(),
        name=tracks.name.min(),
        credit=one.ifelse(tracks.first_credit.min(), None),
        recording_id=ibis.coalesce(
            tracks.recording_id.min(where=called), tracks.recording_id.min()
        ),
    )


def _with_verdicts(groups: ir.Table) -> ir.Table:
    """Return the groups that are large enough, with chances and verdicts."""
    groups = groups.filter(groups.tracks >= LEAST)
    pairs = groups.group_by(*_COUNTS).agg(groups=groups.count()).to_pyarrow()
    verdicts = memtable(groups, judged(pairs.cast(_PAIRS)))
    joined = groups.inner_join(verdicts, list(_COUNTS))
    return joined.select(*groups.columns, "chance", "chance_in_all", "verdict")


def judged(pairs: pa.Table) -> pa.Table:
    """Return the chances and the verdict of groups by their counts.

    Parameters
    ----------
    pairs
        ``tracks``, ``called``, ``unusual`` and ``groups``: how many groups have these counts.

    Returns
    -------
    pyarrow.Table
        The counts, ``chance``, ``chance_in_all`` and ``verdict``.
    """
    tracks, called, unusual, groups = (pairs[n].to_numpy() for n in (*_COUNTS, "groups"))
    chance = _trial().at_least(called, tracks)
    in_all = adjusted(chance, groups)
    rare = dependence(current_rates(), ORDINARY).at_least(unusual, tracks) < ORDINARY
    # Whatever the trial can say, tracks that are called or undecided are no lack of signs.
    many = ((called > 0) & (called >= SOME * tracks)) | (2 * unusual > tracks)
    verdict = np.select(
        [
            (in_all <= ERROR) & (tracks - unusual <= WHOLE * tracks),
            in_all <= ERROR,
            (chance < ORDINARY) | rare | many,
        ],
        [Whole.GENERATED.value, Whole.MIXED.value, Whole.UNDECIDED.value],
        Whole.NO_SIGN_FOUND.value,
    )
    values = (chance, in_all, verdict.astype(object))
    found = pairs.select([*_COUNTS])
    for name, column in zip(("chance", "chance_in_all", "verdict"), values, strict=True):
        kind = pa.string() if name == "verdict" else pa.float64()
        found = found.append_column(name, pa.array(column, kind))
    return found


def _with_releases(artists: ir.Table, catalogue: QuerySession) -> ir.Table:
    """Add the releases of artists. One that is called makes its artist mixed, but not generated."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    parts = _with_verdicts(catalogue.cached(_releases_of_artists))
    is_called = parts.verdict.isin([Whole.GENERATED.value, Whole.MIXED.value])
    counts = parts.group_by(*KEY).agg(
        releases=parts.count(), releases_called=is_called.cast("int64").sum()
    )
    joined = artists.left_join(counts, list(KEY))
    some = joined.releases_called.fill_null(0) > 0
    other = joined.verdict.isin([Whole.UNDECIDED.value, Whole.NO_SIGN_FOUND.value])
    return joined.select(
        *(name for name in artists.columns if name != "verdict"),
        verdict=ibis.ifelse(some & other, Whole.MIXED.value, joined.verdict),
        releases=joined.releases.fill_null(0),
        releases_called=joined.releases_called.fill_null(0),
    )


def _judged_releases(catalogue: QuerySession) -> ir.Table:
    return _with_verdicts(catalogue.cached(_releases))


def _judged_artists(catalogue: QuerySession) -> ir.Table:
    return _with_releases(_with_verdicts(catalogue.cached(_artists)), catalogue)


_JUDGED: Mapping[str, Callable[[QuerySession], ir.Table]] = {
    "release": _judged_releases,
    "artist": _judged_artists,
}


def _composition(groups: ir.Table) -> tuple[int, ...]:
    kinds = (
        groups.called == 0,
        (groups.called > 0) & (2 * groups.called <= groups.tracks),
        (2 * groups.called > groups.tracks) & (groups.called < groups.tracks),
        groups.called == groups.tracks,
    )
    named = zip(PARTS, kinds, strict=True)
    found = groups.agg(**{name: kind.cast("int64").sum() for name, kind in named})
    (row,) = found.to_pyarrow().to_pylist()
    return tuple(int(row[name] or 0) for name in PARTS)


def _listed(groups: ir.Table, most: int | None) -> tuple[Group, ...]:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rank = groups.verdict.cases(*((w.value, i) for i, w in enumerate(Whole)), else_=len(Whole))
    ordered = groups.order_by(rank, "chance", ibis.desc("tracks"), *KEY)
    rows = (ordered if most is None else ordered.limit(most)).to_pyarrow().to_pylist()
    return tuple(_group(row) for row in rows)


def _group(row: Mapping[str, Any]) -> Group:
    by_id = row["basis"] in ("album-id", "artist-id")
    of_artist = "releases" in row
    return Group(
        verdict=Whole(row["verdict"]),
        name=row["name"],
        credit=None if of_artist else row["credit"],
        source=row["source"] or None,
        source_id=row["group"] if by_id else None,
        basis=row["basis"],
        tracks=row["tracks"],
        called=row["called"],
        unusual=row["unusual"],
        expected=_trial().expected(row["tracks"]),
        most=int(_trial().most(row["tracks"])),
        chance=row["chance"],
        chance_in_all=row["chance_in_all"],
        releases=row.get("releases"),
        releases_called=row.get("releases_called"),
        recording_id=row["recording_id"],
    )


def adjusted(chance: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return chances, corrected for the number of groups.

    Holm (1979), *A simple sequentially rejective multiple test procedure* (Scand J Stat 6:65-70):
    whatever the dependence of the groups, the chance that any of those without a generator has a
    corrected value of at most q is at most q.

    Parameters
    ----------
    chance
        Share of human groups that show as much, shape (n,), 0 to 1.
    groups
        Number of groups with each, shape (n,).

    Examples
    --------
    >>> adjusted(np.array([0.001, 0.5, 0.02]), np.array([1, 7, 2])).tolist()
    [0.01, 1.0, 0.18]
    """
    order = np.argsort(chance, kind="stable")
    ahead = np.cumsum(groups[order]) - groups[order]
    corrected = np.minimum(1.0, chance[order] * (groups.sum() - ahead))
    found = np.empty(chance.shape)
    found[order] = np.maximum.accumulate(corrected)
    return found
