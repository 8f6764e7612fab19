"""Who says which plays are artificial, and how right each is; see ``bench/plays.py``."""
