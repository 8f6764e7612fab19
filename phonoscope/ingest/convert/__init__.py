"""Converts cells into the types of the common tables, and rejects rows with a reason."""
