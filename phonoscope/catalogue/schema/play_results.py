"""What plays came to: rows of accounts, tracks, groups and logs, as `plays` weighs them.

All of it follows from table ``listens`` and is made anew whenever a log of its source is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from phonoscope.columns import column

PLAY_VERDICTS = ("artificial", "undecided", "no-sign-found")
"""What is concluded of an account, a track or a group; "no sign found" is not "a person"."""
_SOURCE = "As in table listens."
_VERDICT = (
    "'artificial', 'undecided' or 'no-sign-found'. No sign found does not mean that people listen."
)
ARTIFICIAL, UNDECIDED = 4.5, 2.5
"""Points from which on plays are taken for artificial, and from which on they are doubted."""
_SCORE = (
    f"Sum of the points of its reasons, see docs/plays.md: from {ARTIFICIAL} on 'artificial', from "
    f"{UNDECIDED} on 'undecided'."
)
_REASONS = "Why, in words with numbers; the strongest first."
_KNOWN = "Of plays whose length is known; empty without any."


@dataclass(frozen=True)
class PlayGroupRow:
    """Accounts that play the same little-played tracks, and what their plays of these show."""

    source: str = column(_SOURCE)
    group_id: int = column("Number within the source, from 1, the most plays first.")
    verdict: str = column(_VERDICT, formerly="sign")
    score: float = column(_SCORE, formerly="points")
    reasons: tuple[str, ...] = column(_REASONS)
    accounts: int = column("Accounts of the group.")
    tracks: int = column("Tracks they have in common.")
    plays: int = column("Plays of these tracks by these accounts.")
    exclusive: float = column("Share of all plays of these tracks that are theirs.")
    each_share: float = column("Share of these tracks that one of the accounts plays, on average.")
    repeats: float = column("Plays of a track by an account that plays it, on average.")
    of_accounts: float = column("Share of all plays of these accounts that are of these tracks.")
    uncounted_share: float | None = column(f"Share of plays under 30 s. {_KNOWN}")
    barely_share: float | None = column(f"Share of plays of 30 to 35 s. {_KNOWN}")
    whole_share: float | None = column(f"Share of tracks played to their end. {_KNOWN}")
    unevenness: float | None = column(
        "Variance of the plays of these tracks beyond chance, told from their quartiles, as a "
        "share of the squared median: 0 when all are played alike, over 1 for favourites and the "
        "rest; empty under 5 plays a track."
    )
    dispersion: float | None = column(
        "How far the accounts differ in how often they play a track, beside what chance makes of "
        "their activity: variance by mean, the median of the tracks; 1 for dice, more for people "
        "with favourites of their own; empty under 5 plays of a track by an account."
    )
    in_step: float | None = column(
        "How many times as often as chance two accounts begin the same track in the same minute; "
        "empty when chance alone would give fewer than one such pair and none was seen."
    )
    no_pause_share: float = column(
        "Share of the accounts that play without a pause of 4 h for 36 h, and three times as long "
        "as busy accounts of the log usually do."
    )
    network_share: float | None = column(
        "Share of the accounts at a network of which most accounts are of the group; empty "
        "when networks are unknown."
    )
    artists: float | None = column(
        "Effective number of artists of these tracks, by plays; empty when table tracks does not "
        "say."
    )


@dataclass(frozen=True)
class ListenerRow:
    """One account, and what its plays show."""

    source: str = column(_SOURCE)
    user_hash: str = column("As in table listens.")
    verdict: str = column(_VERDICT, formerly="sign")
    score: float = column(_SCORE + " Of an account in a group, the group's.", formerly="points")
    reasons: tuple[str, ...] = column(_REASONS + " Of an account in a group they are the group's.")
    group_id: int | None = column("Its group in table play_groups; empty when it is in none.")
    plays: int = column("Plays.")
    artificial_plays: int = column("Of these, those taken for artificial.")
    undecided_plays: int = column("Of these, those in doubt.")
    days: int = column("Days (UTC) with a play.")
    plays_a_day: float = column("Plays on each of these days, on average.")
    tracks: int = column("Distinct tracks.")
    hours: int = column("Hours of the day (UTC) with a play, 1 to 24.")
    longest_run_s: float = column("Longest stretch of plays without a pause of 4 hours, s.")
    gap_bits: float | None = column(
        "Entropy of the whole seconds between plays within that pause, bits; empty without any."
    )
    most_countries_a_day: int = column("Most countries of one day.")
    most_networks_a_day: int = column("Most networks of one day.")
    uncounted_share: float | None = column(f"Share of plays under 30 s. {_KNOWN}")
    barely_share: float | None = column(f"Share of plays of 30 to 35 s. {_KNOWN}")
    whole_share: float | None = column(f"Share of tracks played to their end. {_KNOWN}")
    own_share: float = column(
        "Share of plays on tracks of which at least half of all plays are this account's."
    )
    own_tracks: int = column("Such tracks.")


@dataclass(frozen=True)
class PlayedTrackRow:
    """One track that was played, and how many of its plays are artificial."""

    source: str = column(_SOURCE)
    track_id: str = column("As in table listens.")
    verdict: str = column(
        f"{_VERDICT} Artificial when most of its plays are or it is one of such a group's tracks; "
        "undecided when that holds with plays in doubt. Outside of a group's tracks three plays at "
        "least, or fewer of a group that spreads its plays thinly over many.",
        formerly="sign",
    )
    plays: int = column("Plays.")
    accounts: int = column("Accounts that played it.")
    artificial_plays: int = column("Plays taken for artificial.")
    undecided_plays: int = column("Plays in doubt.")
    artificial_share: float = column("Share of its plays taken for artificial.")
    share_low: float = column(
        "Lower end of the 95 % interval of this share, accounts taken for independent; whether "
        "they were rightly judged is not in it."
    )
    share_high: float = column("Upper end.")
    group_id: int | None = column(
        "The group of table play_groups that played it most; empty without any."
    )


@dataclass(frozen=True)
class PlaysSummaryRow:
    """One log, and what its plays came to."""

    source: str = column(_SOURCE)
    plays: int = column("Plays.")
    accounts: int = column("Accounts.")
    tracks: int = column("Distinct tracks.")
    artificial_accounts: int = column("Accounts taken for artificial.")
    undecided_accounts: int = column("Accounts in doubt.")
    artificial_tracks: int = column("Tracks whose verdict is artificial.")
    artificial_plays: int = column("Plays taken for artificial.")
    undecided_plays: int = column("Plays in doubt.")
    artificial_share: float = column("Share of plays taken for artificial.")
    share_low: float = column(
        "Lower end of the 95 % interval of this share, groups and other accounts taken for "
        "independent; whether they were rightly judged is not in it."
    )
    share_high: float = column("Upper end.")
    uncounted_share: float | None = column(f"Share of plays under 30 s. {_KNOWN}")
    barely_share: float | None = column(f"Share of plays of 30 to 35 s. {_KNOWN}")
    weighed_utc: datetime = column("When this was computed, UTC.")
    phonoscope_version: str = column("Version of Phonoscope that computed it.")
