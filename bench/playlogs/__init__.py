"""Play logs made here: listeners, attackers, and the truth of who is which.

See ``bench/simulate_plays.py``. Every figure with a source names it; every other is invented.
"""
