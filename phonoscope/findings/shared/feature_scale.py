"""Audio features that a service states from 0 to 1."""

SHARES = (
    *("danceability", "energy", "valence"),
    *("speechiness", "acousticness", "instrumentalness", "liveness"),
)
