"""Imports what the program imports while it works, so that a process can be forked that has it."""

import contextlib
import importlib
import pkgutil

import phonoscope
from phonoscope.scan import work

THEIRS = (
    "duckdb",
    "ibis.backends.duckdb",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "rich.progress",
    "scipy.signal",
    "scipy.stats",
    "threadpoolctl",
)
"""What functions import themselves, because few commands need it."""

OURS = (found.name for found in pkgutil.walk_packages(phonoscope.__path__, "phonoscope."))

for _name in (*THEIRS, *OURS):
    # An extra that is not installed is not asked for either.
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)
work.prepare()
