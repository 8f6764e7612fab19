"""A catalogue's own null: how its human recordings score, and what follows for the others."""
