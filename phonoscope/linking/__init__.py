"""Links between recordings, tracks and charts, by ISRC, title and artist."""
