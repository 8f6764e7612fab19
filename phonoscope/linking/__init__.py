"""Names and numbers against each other: ISRCs, titles, artists, charts."""
