"""Simulated play logs: listeners, attackers, and the truth about which is which.

See ``bench/simulate_plays.py``. Every figure with a source names it; all others are invented.
"""
