"""Faults made on purpose, and what has to hold after each: nothing lost, doubled or torn."""
