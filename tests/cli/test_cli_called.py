"""A command loads what it needs, and not what other commands need."""

import subprocess
import sys

import pytest

from phonoscope.cli import main

WITHOUT_PANDAS = """
import sys
from phonoscope.cli.pandas_later import pandas_later
pandas_later()
import pyarrow
rows = pyarrow.table({"name": ["x"]})
assert "pandas" not in sys.modules
assert rows.to_pandas()["name"].to_list() == ["x"]
"""


@pytest.mark.parametrize("arguments", [["find", "a.wav"], ["--debug", "find", "--help"]])
def test_a_command_line_that_begins_with_a_command_has_that_one(arguments):
    (only,) = main._program(arguments).registered_commands
    assert only.name == "find"


@pytest.mark.parametrize("arguments", [[], ["--help", "find"], ["finx"], ["--debug"]])
def test_any_other_command_line_has_all_commands(arguments):
    assert main._program(arguments) is main.app


def test_pandas_is_loaded_when_a_data_frame_is_made():
    subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], check=True)
