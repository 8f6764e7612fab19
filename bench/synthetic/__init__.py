"""A catalogue drawn from published statistics, with truths planted in it that a test can look for.

Every row follows from its number and a seed by SQL, so size costs time and no memory.
"""
