"""Cells into the types of the common tables; rows that cannot be kept, with the reason."""
