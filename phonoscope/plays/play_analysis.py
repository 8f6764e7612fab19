"""The analysis of a log: its accounts, its artificial plays, and the uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from phonoscope.catalogue.backend import is_local, memtable, stream
from phonoscope.catalogue.schema.play_results import PLAY_VERDICTS, PlayGroupRow
from phonoscope.catalogue.schema.tables import columns_of
from phonoscope.interval import unit_intervals
from phonoscope.messages import gettext
from phonoscope.plays.dense_blocks import LIKE_PEOPLE
from phonoscope.plays.groups import PlayGroup, groups
from phonoscope.plays.log import Log
from phonoscope.plays.loops import assessed, loops
from phonoscope.plays.rhythm import amounts, pauses
from phonoscope.plays.share import shares
from phonoscope.plays.signals import Assessment
from phonoscope.plays.solo_accounts import habits, solo_accounts
from phonoscope.plays.spread import FEW, is_spread
from phonoscope.plays.uptime import uptime
from phonoscope.progress import NoProgress, Progress

if TYPE_CHECKING:
    import ibis.expr.types as ir

ARTIFICIAL, UNDECIDED, NO_SIGN = PLAY_VERDICTS
REST = 0.1
"""An account's other plays get the verdict of its group's tracks if their share is at most this."""
REST_KNOWN = 20
_LENGTHS = ("known", "uncounted", "barely", "whole")
_OF_GROUPS = (
    "plays", "exclusive", "each_share", "repeats", "of_accounts", "unevenness", "dispersion",
    "in_step", "no_pause_share", "network_share", "artists",
)  # fmt: skip
_NOTHING = Assessment(0.0, NO_SIGN, ())
STEPS = 4
"""Steps that are reported for each log: numbering it, and three here."""


@dataclass(frozen=True)
class AccountVerdicts:
    """One value for each account, by its number."""

    assessments: list[Assessment]
    group: NDArray[np.int64]
    """Number of its group, 0 without one."""
    whole: NDArray[np.bool_]
    """Whether the verdict holds for all its plays, not only for its group's tracks."""

    def is_(self, verdict: str) -> NDArray[np.bool_]:
        """Return which accounts have a verdict."""
        return np.array([one.verdict == verdict for one in self.assessments], bool)


class PlayAnalysis:
    """The results of one log.

    Parameters
    ----------
    listens
        The rows of the table ``listens`` of one source; at least one.
    log
        The same rows, opened.
    progress
        Receives the name of each step.
    """

    def __init__(self, listens: ir.Table, log: Log, progress: Progress | None = None) -> None:
        self._log = log
        progress = progress or NoProgress()
        progress.step(gettext("rhythms of accounts"))
        self._rhythm = log.materialise(_rhythm(log, listens))
        self._habits = log.materialise(habits(log))
        self._habit = _columns(self._habits.order_by("account"))
        runs = _columns(self._rhythm.order_by("account").select("longest_run_s"))
        nonstop = uptime(runs["longest_run_s"], self._habit["plays"])
        self.lengths = log.lengths
        progress.advance()
        progress.step(gettext("groups of accounts"))
        self.groups = groups(log, listens, self.lengths, nonstop, self._habit["plays"])
        alone = solo_accounts(self._habit, self.lengths, nonstop)
        self._loops = loops(log)
        self.accounts = self._assess_accounts(alone, assessed(self._loops))
        progress.advance()
        progress.step(gettext("artificial plays"))
        edges = log.materialise(self._flagged_edges())
        self._edges = edges.mutate(spread=self._spread(edges))

    def _assess_accounts(
        self, alone: dict[int, Assessment], looping: dict[int, Assessment]
    ) -> AccountVerdicts:
        count = len(self._habit["account"])
        assessments = [alone.get(at, _NOTHING) for at in range(count)]
        number = np.zeros(count, np.int64)
        whole = np.array([at in alone for at in range(count)], bool)
        for group in self.groups:
            rest = self._rest_is_alike(group)
            for at, alike in zip(group.accounts.tolist(), rest.tolist(), strict=True):
                number[at] = group.number
                # The verdict on an account alone counts for all its plays, if it is stronger.
                if _outranks(group.assessment, assessments[at]):
                    assessments[at], whole[at] = group.assessment, alike
        for at, assessment in looping.items():
            # Only the track of a loop is in doubt, not what the account plays besides.
            if not _outranks(assessments[at], assessment):
                assessments[at], whole[at] = assessment, False
        return AccountVerdicts(assessments, number, whole)

    def _rest_is_alike(self, group: PlayGroup) -> NDArray[np.bool_]:
        """Return which accounts of a group have other plays like those of its tracks."""
        who = memtable(self._log.edges, pa.table({"account": group.accounts}))
        what = memtable(self._log.edges, pa.table({"track": group.tracks}))
        edges = self._log.edges.join(who, "account").join(what, "track")
        theirs = edges.group_by("account").aggregate(
            plays=edges.plays.sum(), known=edges.known.sum(), uncounted=edges.uncounted.sum()
        )
        own = _columns(theirs.order_by("account"))
        at = np.searchsorted(own["account"], group.accounts)
        habit = {name: self._habit[name][group.accounts] for name in own}
        rest = {name: habit[name] - own[name][at] for name in ("plays", "known", "uncounted")}
        few = rest["plays"] <= REST * habit["plays"]
        others = self.lengths - group.lengths
        usual = others.uncounted / max(1, others.known)
        people = rest["uncounted"] >= LIKE_PEOPLE * usual * rest["known"]
        some = rest["known"] >= REST_KNOWN
        unskipped = some & ~people
        # Where most members' other plays are like people's, one who rarely skips is a person too.
        by_people = 2 * unskipped.sum() < some.sum()
        return np.asarray(few if by_people else few | unskipped, bool)

    def _flagged_edges(self) -> ir.Table:
        """Return edges with the number of ``artificial`` plays and of those in ``doubt``."""
        verdicts, groups_ = self.accounts, self.groups
        flagged = verdicts.is_(ARTIFICIAL) | verdicts.is_(UNDECIDED)
        who = np.flatnonzero(flagged)
        accounts = memtable(
            self._log.edges,
            pa.table(
                {
                    "account": who,
                    "group_id": verdicts.group[who],
                    "is_artificial": verdicts.is_(ARTIFICIAL)[who],
                    "whole": verdicts.whole[who],
                }
            ),
        )
        number = np.repeat([g.number for g in groups_], [len(g.tracks) for g in groups_])
        tracks = memtable(
            self._log.edges,
            pa.table(
                {
                    "group_id": number.astype(np.int64),
                    "track": np.concatenate([np.zeros(0, np.int64), *(g.tracks for g in groups_)]),
                    "of_group": np.ones(len(number), bool),
                }
            ),
        )
        looped = self._loops.select(["account", "track"])
        looped = looped.append_column("looped", pa.array(np.ones(len(looped), bool)))
        edges = self._log.edges.select("account", "track", "plays")
        edges = edges.join(accounts, "account").left_join(tracks, ["group_id", "track"])
        edges = edges.left_join(memtable(self._log.edges, looped), ["account", "track"])
        concerned = edges.whole | edges.of_group.fill_null(False) | edges.looped.fill_null(False)
        return edges.select(
            "account",
            "track",
            by_group="group_id",
            group_id=edges.of_group.fill_null(False).ifelse(edges.group_id, 0),
            artificial=(concerned & edges.is_artificial).ifelse(edges.plays, 0),
            doubt=(concerned & ~edges.is_artificial).ifelse(edges.plays, 0),
        )

    def _spread(self, edges: ir.Table) -> ir.Value:
        """Return how many artificial plays of an edge are spread thinly over many tracks."""
        artificial = edges.filter((edges.artificial > 0) & (edges.by_group > 0))
        each = artificial.group_by(["by_group", "track"]).aggregate(some=edges.artificial.sum())
        each = each.join(self._log.tracks.select("track", "plays"), "track")
        each = each.filter(2 * each.some >= each.plays)
        more = each.some > FEW
        counted = each.group_by("by_group").aggregate(
            few=(~more).sum(), rest=more.sum(), rest_plays=more.ifelse(each.some, 0).sum()
        )
        found = counted.to_pyarrow().to_pylist()
        spread = [
            row["by_group"]
            for row in found
            if is_spread(int(row["few"]), int(row["rest"]), int(row["rest_plays"]))
        ]
        return edges.by_group.isin(spread).ifelse(edges.artificial, 0)

    def rows(self) -> dict[str, Iterator[pa.RecordBatch]]:
        """Return the rows of every table of play results except the summary.

        The columns source, scan_id and batch aren't among them.
        """
        return {
            "listeners": self.listeners(),
            "played_tracks": self.played_tracks(),
            "play_groups": iter([self.play_groups()]),
            "judged_plays": self.judged_plays(),
        }

    def play_groups(self) -> pa.RecordBatch:
        """Return rows of table ``play_groups``."""
        rows = [
            {
                "group_id": group.number,
                "verdict": group.assessment.verdict,
                "score": group.assessment.score,
                "reasons": list(group.assessment.reasons),
                "accounts": len(group.accounts),
                "tracks": len(group.tracks),
                **{name: getattr(group, name) for name in _OF_GROUPS},
                "uncounted_share": group.lengths.share(group.lengths.uncounted),
                "barely_share": group.lengths.share(group.lengths.barely),
                "whole_share": group.lengths.share(group.lengths.whole),
            }
            for group in self.groups
        ]
        schema = pa.schema([(c.name, c.type) for c in columns_of(PlayGroupRow)][1:])
        return pa.RecordBatch.from_pylist(rows, schema=schema)

    def listeners(self) -> Iterator[pa.RecordBatch]:
        """Yield rows of table ``listeners``, in order of accounts."""
        edges = self._edges
        false = edges.group_by("account").aggregate(
            artificial_plays=edges.artificial.sum(), undecided_plays=edges.doubt.sum()
        )
        rows = self._rhythm.join(self._habits.drop("plays"), "account").left_join(false, "account")
        for batch in _batches(_counted(rows).order_by("account")):
            yield self._listeners(batch)

    def _listeners(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = {
            n: c.to_numpy(zero_copy_only=False)
            for n, c in zip(batch.schema.names, batch.columns, strict=True)
        }
        at = columns["account"]
        assessments = [self.accounts.assessments[one] for one in at.tolist()]
        group = self.accounts.group[at]
        known = columns["known"]
        shares = {
            name: pa.array(columns[of] / np.maximum(known, 1), mask=known == 0)
            for name, of in (
                ("uncounted_share", "uncounted"),
                ("barely_share", "barely"),
                ("whole_share", "whole"),
            )
        }
        unchanged = {n: batch.column(n) for n in batch.schema.names}
        return pa.RecordBatch.from_pydict(
            {
                **unchanged,
                **shares,
                "verdict": [one.verdict for one in assessments],
                "score": [one.score for one in assessments],
                "reasons": [list(one.reasons) for one in assessments],
                "group_id": pa.array(group, mask=group == 0),
                "artificial_plays": columns["artificial_plays"],
                "undecided_plays": columns["undecided_plays"],
                "own_share": columns["own_plays"] / columns["plays"],
            }
        )

    def played_tracks(self) -> Iterator[pa.RecordBatch]:
        """Yield rows of table ``played_tracks``, in order of tracks."""
        edges, flagged = self._log.edges, self._edges
        squares = edges.group_by("track").aggregate(squares=(edges.plays * edges.plays).sum())
        false = flagged.group_by("track").aggregate(
            artificial_plays=flagged.artificial.sum(),
            undecided_plays=flagged.doubt.sum(),
            group_id=flagged.group_id.max(),
            spread=flagged.spread.sum(),
        )
        rows = self._log.tracks.join(squares, "track").left_join(false, "track")
        for batch in _batches(_counted(rows).order_by("track")):
            yield _tracks(batch)

    def judged_plays(self) -> Iterator[pa.RecordBatch]:
        """Yield rows of table ``judged_plays``, in order of accounts and tracks."""
        judged = self._edges.filter((self._edges.artificial > 0) | (self._edges.doubt > 0))
        rows = judged.join(self._log.accounts.select("account", "user_hash"), "account")
        rows = rows.join(self._log.tracks.select("track", "track_id"), "track")
        rows = rows.order_by("account", "track").select(
            "user_hash",
            "track_id",
            verdict=(rows.artificial > 0).ifelse(ARTIFICIAL, UNDECIDED),
            plays=rows.artificial + rows.doubt,
            group_id=rows.by_group.nullif(0),
        )
        yield from _batches(rows)

    def summary(self) -> dict[str, Any]:
        """Return the row of table ``plays_summary`` without source, time and version."""
        verdicts, plays = self.accounts, self._habit["plays"]
        edges = self._edges
        false = edges.group_by("account").aggregate(
            artificial=edges.artificial.sum(), doubt=edges.doubt.sum()
        )
        found = _columns(false.order_by("account"))
        artificial, doubt = int(found["artificial"].sum()), int(found["doubt"].sum())
        total = int(plays.sum())
        of_accounts = shares(*self._units(found))
        assert of_accounts is not None
        either = of_accounts.with_undecided
        known = self.lengths.known
        return {
            "plays": total,
            "tracks": self._log.tracks.count().to_pyarrow().as_py(),
            "accounts": len(plays),
            "artificial_accounts": int(verdicts.is_(ARTIFICIAL).sum()),
            "undecided_accounts": int(verdicts.is_(UNDECIDED).sum()),
            "artificial_tracks": self._artificial_tracks(),
            "artificial_plays": artificial,
            "undecided_plays": doubt,
            "artificial_share": artificial / total,
            "share_low": of_accounts.artificial.low,
            "share_high": of_accounts.artificial.high,
            "doubt_share": either.share,
            "doubt_low": either.low,
            "doubt_high": either.high,
            "uncounted_share": self.lengths.uncounted / known if known else None,
            "barely_share": self.lengths.barely / known if known else None,
        }

    def _units(self, found: dict[str, NDArray[Any]]) -> tuple[NDArray[np.int64], ...]:
        """Return plays, artificial and undecided ones, of groups and of other accounts."""
        group, plays = self.accounts.group, self._habit["plays"]
        judged = [np.zeros(len(plays), np.int64) for _ in range(2)]
        for counts, name in zip(judged, ("artificial", "doubt"), strict=True):
            counts[found["account"]] = found[name]
        alone = group == 0
        return tuple(
            np.concatenate([one[alone], np.bincount(group[~alone], one[~alone]).astype(np.int64)])
            for one in (plays, *judged)
        )

    def _artificial_tracks(self) -> int:
        edges = self._edges
        false = edges.group_by("track").aggregate(
            artificial=edges.artificial.sum(),
            spread=edges.spread.sum(),
            of_group=(edges.group_id > 0).any(),
        )
        rows = self._log.tracks.join(false, "track")
        grouped = rows.of_group & (rows.artificial > 0)
        return int(
            rows.filter(_is_most(rows.artificial, rows.spread, rows.plays) | grouped)
            .count()
            .to_pyarrow()
            .as_py()
        )


def _outranks(one: Assessment, other: Assessment) -> bool:
    """Return whether one verdict is at least as strong as another; the score breaks ties."""
    rank, other_rank = PLAY_VERDICTS.index(one.verdict), PLAY_VERDICTS.index(other.verdict)
    return (-rank, one.score) >= (-other_rank, other.score)


def _rhythm(log: Log, listens: ir.Table) -> ir.Table:
    rows = amounts(listens).drop("source", "short_share")
    rows = rows.join(log.accounts.select("user_hash", "account"), "user_hash")
    return rows.join(pauses(log.plays.select("account", "at_us"), ["account"]), "account")


def _columns(table: ir.Table) -> dict[str, NDArray[Any]]:
    found = table.to_pyarrow()
    return {name: found[name].to_numpy() for name in found.column_names}


def _counted(rows: ir.Table) -> ir.Table:
    """Return rows with 0 in place of empty sums."""
    sums = ("artificial_plays", "undecided_plays", "group_id", "spread")
    return rows.mutate(**{name: rows[name].fill_null(0) for name in sums if name in rows.columns})


def _batches(table: ir.Table) -> Iterator[pa.RecordBatch]:
    found = stream(table) if is_local(table) else iter(table.to_pyarrow_batches())
    for batch in found:
        yield batch.cast(_plain_numbers(batch.schema))


def _plain_numbers(schema: pa.Schema) -> pa.Schema:
    """Return a schema without decimals, which some databases use for sums and quotients."""
    return pa.schema([(field.name, _plain(field.type)) for field in schema])


def _plain(kind: pa.DataType) -> pa.DataType:
    if not pa.types.is_decimal(kind):
        return kind
    return pa.float64() if kind.scale else pa.int64()


def _is_most(some: Any, spread: Any, plays: Any) -> Any:
    """Return whether some plays are most of a track's, and enough for a verdict."""
    return (2 * some >= plays) & ((some > FEW) | (spread > 0))


def _tracks(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = {
        name: batch.column(name).to_numpy(zero_copy_only=False)
        for name in (
            "plays",
            "squares",
            "artificial_plays",
            "undecided_plays",
            "group_id",
            "spread",
        )
    }
    plays = columns["plays"]
    artificial = columns["artificial_plays"]
    undecided = columns["undecided_plays"]
    share = artificial / plays
    low, high = unit_intervals(share, plays.astype(float) ** 2 / columns["squares"])
    group = columns["group_id"]
    grouped, spread = group > 0, columns["spread"]
    verdict = np.select(
        [
            _is_most(artificial, spread, plays) | (grouped & (artificial > 0)),
            _is_most(artificial + undecided, spread, plays) | (grouped & (undecided > 0)),
        ],
        [ARTIFICIAL, UNDECIDED],
        NO_SIGN,
    )
    return pa.RecordBatch.from_pydict(
        {
            **{name: batch.column(name) for name in ("track_id", "plays", "accounts")},
            "verdict": verdict.astype(str).tolist(),
            "artificial_plays": artificial,
            "undecided_plays": undecided,
            "artificial_share": share,
            "share_low": low,
            "share_high": high,
            "group_id": pa.array(group, mask=group == 0),
        }
    )
