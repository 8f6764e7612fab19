"""Results of `plays`: rows of accounts, tracks, groups and logs.

All of them are computed from the table ``listens``, again whenever a log of the source is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from phonoscope.columns import column

PLAY_VERDICTS = ("artificial", "undecided", "no-sign-found")
"""The verdict on an account, a track or a group. "No sign found" doesn't mean "a person"."""
_SOURCE = "As in table listens."
_VERDICT = (
    "'artificial', 'undecided' or 'no-sign-found'. No sign found doesn't mean that people listen."
)
ARTIFICIAL, UNDECIDED = 4.5, 2.5
"""Smallest scores of plays that look artificial, and of undecided ones."""
_SCORE = (
    f"Sum of the points of its reasons, see docs/plays.md: 'artificial' from {ARTIFICIAL}, "
    f"'undecided' from {UNDECIDED}."
)
_REASONS = "The reasons, in words with numbers, strongest first."
_KNOWN = "Only plays of known length; empty without any."


@dataclass(frozen=True)
class PlayGroupRow:
    """Accounts that play the same little-played tracks, and how they play them."""

    source: str = column(_SOURCE)
    group_id: int = column("Number within the source, from 1, by number of plays.")
    verdict: str = column(_VERDICT, formerly="sign")
    score: float = column(_SCORE, formerly="points")
    reasons: tuple[str, ...] = column(_REASONS)
    accounts: int = column("Accounts in the group.")
    tracks: int = column("Tracks that they have in common.")
    plays: int = column("Plays of these tracks by these accounts.")
    exclusive: float = column("Their share of all plays of these tracks.")
    each_share: float = column("Share of these tracks that an account plays, on average.")
    repeats: float = column("Plays of a track per account that plays it, on average.")
    of_accounts: float = column("Share of these tracks in all plays of these accounts.")
    uncounted_share: float | None = column(f"Share of plays under 30 s. {_KNOWN}")
    barely_share: float | None = column(f"Share of plays of 30 to 35 s. {_KNOWN}")
    whole_share: float | None = column(f"Share of tracks played to their end. {_KNOWN}")
    unevenness: float | None = column(
        "Variance of the plays of these tracks beyond chance, from their quartiles, as a share of "
        "the squared median: 0 when all are played equally often, over 1 when some are favourites. "
        "Empty under 5 plays per track."
    )
    dispersion: float | None = column(
        "How much the accounts differ in how often they play a track, compared with chance: "
        "variance by mean, median of the tracks. 1 for random plays, more for people "
        "with their own favourites. Empty under 5 plays of a track per account."
    )
    in_step: float | None = column(
        "How often two accounts start the same track in the same minute, compared with chance. "
        "Empty when chance alone gives fewer than one such pair and there is none."
    )
    no_pause_share: float = column(
        "Share of the accounts that play for 36 h without a pause of 4 h, and three times as long "
        "as busy accounts in the log usually do."
    )
    network_share: float | None = column(
        "Share of the accounts in networks where most accounts belong to the group; empty when "
        "networks are unknown."
    )
    artists: float | None = column(
        "Effective number of artists of these tracks, by plays; empty when table tracks doesn't "
        "have them."
    )


@dataclass(frozen=True)
class ListenerRow:
    """One account and how it plays."""

    source: str = column(_SOURCE)
    user_hash: str = column("As in table listens.")
    verdict: str = column(_VERDICT, formerly="sign")
    score: float = column(_SCORE + " In a group, the group's score.", formerly="points")
    reasons: tuple[str, ...] = column(_REASONS + " In a group, the group's reasons.")
    group_id: int | None = column("Its group in table play_groups; empty without one.")
    plays: int = column("Plays.")
    artificial_plays: int = column("Plays that look artificial.")
    undecided_plays: int = column("Undecided plays.")
    days: int = column("Days (UTC) with a play.")
    plays_a_day: float = column("Plays per such day, on average.")
    tracks: int = column("Distinct tracks.")
    hours: int = column("Hours of the day (UTC) with a play, 1 to 24.")
    longest_run_s: float = column("Longest time of plays without a pause of 4 hours, s.")
    gap_bits: float | None = column(
        "Entropy of the whole seconds between plays less than 4 hours apart, bits; empty without "
        "any."
    )
    most_countries_a_day: int = column("Most countries in one day.")
    most_networks_a_day: int = column("Most networks in one day.")
    uncounted_share: float | None = column(f"Share of plays under 30 s. {_KNOWN}")
    barely_share: float | None = column(f"Share of plays of 30 to 35 s. {_KNOWN}")
    whole_share: float | None = column(f"Share of tracks played to their end. {_KNOWN}")
    own_share: float = column(
        "Share of its plays on tracks where it makes at least half of all plays."
    )
    own_tracks: int = column("Number of such tracks.")


@dataclass(frozen=True)
class PlayedTrackRow:
    """One track, and how many of its plays look artificial."""

    source: str = column(_SOURCE)
    track_id: str = column("As in table listens.")
    verdict: str = column(
        f"{_VERDICT} Artificial if most of its plays look artificial, or if it is one of such a "
        "group's tracks; undecided if undecided plays are needed for that. Outside a group's "
        "tracks, this takes three such plays, or fewer from a group that spreads its plays thinly.",
        formerly="sign",
    )
    plays: int = column("Plays.")
    accounts: int = column("Accounts that played it.")
    artificial_plays: int = column("Plays that look artificial.")
    undecided_plays: int = column("Undecided plays.")
    artificial_share: float = column("Share of its plays that look artificial.")
    share_low: float = column(
        "Lower end of the 95% interval of this share, with accounts as independent units. It "
        "doesn't cover wrong verdicts."
    )
    share_high: float = column("Upper end of the interval.")
    group_id: int | None = column(
        "Group in table play_groups that played it most; empty without one."
    )


@dataclass(frozen=True)
class JudgedPlayRow:
    """The plays of one track by one account, if they are artificial or undecided."""

    source: str = column(_SOURCE)
    user_hash: str = column("As in table listens.")
    track_id: str = column("As in table listens.")
    verdict: str = column("'artificial' or 'undecided'; it holds for all these plays.")
    plays: int = column("Plays.")
    group_id: int | None = column("The account's group in table play_groups; empty without one.")


@dataclass(frozen=True)
class PlayDecisionRow:
    """A person's decision about the plays of an account or of a track."""

    source: str = column(_SOURCE)
    kind: str = column("'account' or 'track'.")
    id: str = column("The user_hash or track_id.")
    decision: str = column(
        "'withhold': don't pay for its artificial and undecided plays. 'pay': pay for them. 'open' "
        "withdraws an earlier decision."
    )
    note: str | None = column("Why, in the person's words.")
    decided_utc: datetime = column("Time of the decision, UTC.")


@dataclass(frozen=True)
class PlaysSummaryRow:
    """One log, and the results of its plays."""

    source: str = column(_SOURCE)
    plays: int = column("Plays.")
    accounts: int = column("Accounts.")
    tracks: int = column("Distinct tracks.")
    artificial_accounts: int = column("Accounts that look artificial.")
    undecided_accounts: int = column("Undecided accounts.")
    artificial_tracks: int = column("Tracks whose verdict is artificial.")
    artificial_plays: int = column("Plays that look artificial.")
    undecided_plays: int = column("Undecided plays.")
    artificial_share: float = column("Share of plays that look artificial.")
    share_low: float = column(
        "Lower end of the 95% interval of this share, with groups and other accounts as "
        "independent units."
    )
    share_high: float = column("Upper end of the interval, if undecided plays are artificial too.")
    doubt_share: float = column("Share of plays that look artificial or are undecided.")
    doubt_low: float = column("Lower end of the 95% interval of that share.")
    doubt_high: float = column("Upper end of the interval.")
    uncounted_share: float | None = column(f"Share of plays under 30 s. {_KNOWN}")
    barely_share: float | None = column(f"Share of plays of 30 to 35 s. {_KNOWN}")
    weighed_utc: datetime = column("Time of the analysis, UTC.")
    phonoscope_version: str = column("Version of Phonoscope that computed it.")
