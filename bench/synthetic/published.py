"""Published statistics of a catalogue of 256 million tracks, December 2025.

From public dashboards and texts computed from one copy of a service's metadata of July 2025;
the sources are in ``phonoscope/findings/claims.yaml``.
"""

from __future__ import annotations

TRACKS, ALBUMS, ARTISTS = 256_039_007, 58_590_982, 15_430_442
TRACK_ARTISTS, ARTIST_GENRES = 348_055_756, 2_229_947
FEATURE_ROWS, FEATURES_ANSWERED = 255_594_909, 230_000_000
GENRES = 768

POPULARITY = (
    243_591_243, 7_210_527, 3_158_648, 1_373_574, 490_602, 158_900, 43_926, 9_931, 1_592, 63, 1,
)  # fmt: skip
"""Tracks of popularity 0 to 9, 10 to 19 ... and 100."""

MINUTES = (
    5_222_971, 29_241_486, 69_899_290, 81_089_251, 34_950_147, 15_331_038, 8_806_545, 4_846_275,
    2_329_997, 1_219_446, 3_102_561,
)  # fmt: skip
"""Tracks by whole minutes of their duration; the last are of ten minutes and more."""

MEAN_DURATION_S = {
    2000: 248.2, 2005: 241.8, 2010: 252.0, 2014: 251.3, 2018: 236.1, 2020: 212.7, 2022: 194.3,
    2024: 193.8,
}  # fmt: skip
"""Mean duration, s, by year of release."""

EXPLICIT = 34_590_297
EXPLICIT_SHARE = {
    2000: 0.0245, 2010: 0.0427, 2015: 0.0508, 2018: 0.119, 2020: 0.170, 2021: 0.1844,
    2023: 0.1856, 2024: 0.1784,
}  # fmt: skip
"""Share of tracks marked explicit by year of release."""

ALBUMS_BY_YEAR = {
    2010: 426_598, 2015: 919_023, 2018: 1_874_418, 2019: 2_659_874, 2020: 4_323_336,
    2021: 5_148_811, 2022: 6_525_064, 2023: 8_205_708, 2024: 11_066_418, 2025: 9_568_894,
}  # fmt: skip
"""Albums by year of release; 2025 to July."""

ROUND_YEARS = {1950: 1.85, 1960: 1.22, 1980: 1.39, 1990: 1.19, 2000: 1.35}
"""How much more albums a round year has than its neighbours. 1970 (1.55) is planted higher."""

KEYS_MAJOR = (9.3, 7.9, 7.5, 2.1, 3.0, 4.6, 3.2, 8.3, 4.5, 5.1, 3.3, 3.1)
KEYS_MINOR = (2.8, 2.8, 2.4, 1.3, 4.0, 3.8, 3.2, 2.8, 1.9, 4.6, 3.8, 4.6)
"""Per cent of tracks by key, C to B."""

FEATURE_MEANS = {
    "danceability": 0.57, "energy": 0.51, "speechiness": 0.14, "acousticness": 0.42,
    "instrumentalness": 0.32, "liveness": 0.20, "valence": 0.44, "tempo_bpm": 118.0,
}  # fmt: skip

TOP_GENRES = {
    "opera": 22_822, "choral": 21_188, "chamber music": 20_581, "psytrance": 18_352,
    "rockabilly": 14_496, "black metal": 14_376,
}  # fmt: skip
"""Artists of the commonest genres."""

VARIANT_TITLES = 2_807_404
"""Tracks whose titles say instrumental, karaoke and the like."""
