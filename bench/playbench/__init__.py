"""Systems that flag artificial plays, and their error rates; see ``bench/plays.py``."""
