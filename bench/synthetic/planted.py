"""What is planted beyond the published marginals; chosen by us, so that tests can look for it."""

from __future__ import annotations

PEAKS = {120: 1.40, 180: 1.30, 240: 1.25}
"""Tracks of exactly these seconds: how many times the density around them."""
ZERO_DURATION = 0.0002
"""Share of tracks with a duration of 0."""
DEFAULT_1970 = 0.001
"""Share of albums dated 1970-01-01 without a reason."""
FUTURE_ALBUMS = (11, 222, 3333)
"""Numbers of the albums dated 2040."""
NO_LABEL = 0.005
"""Share of albums without a label."""
DRIFT = {"danceability": 0.002, "energy": 0.0025, "valence": -0.002, "tempo_bpm": 0.10}
"""Change a year, linear in the year of release."""
HALF_WIDTH = {"danceability": 0.30, "energy": 0.24, "valence": 0.30, "tempo_bpm": 40.0}
"""Half the width of the triangle around the mean of a year; it stays within 0 to 1."""
LOUDNESS = (-20.0, 16.0, 3.0)
"""Loudness, dB: at energy 0, more of it at energy 1, half the width of the triangle around."""
RECENCY = 0.003
"""How much less likely a point of popularity (up to 40) is for each year (up to 25) of age."""
MARKETS_NONE, MARKETS_ONE = 0.03, 0.04
"""Shares of tracks available nowhere and in one country only."""
COUNTRIES = ("US", "DE", "JP", "BR", "GB", "FR", "IN", "MX", "KR", "ID", "TR", "PL")
MILL_ARTISTS, MILL_LABELS = ("Tireless One", "Tireless Two", "Tireless Three"), (
    "Conveyor Sound", "Night Shift Tapes",
)  # fmt: skip
"""Artists and labels that release at inhuman rates: singles and albums, all in MILL_MONTH."""
MILL_MONTH = "2024-03"
VARIANTS = (" (Karaoke Version)", " - Instrumental")
FRIDAYS = (2015, 0.4)
"""Since when, and what share of releases with a day is moved to the Friday before."""
