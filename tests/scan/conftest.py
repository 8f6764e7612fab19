import pytest


@pytest.fixture(autouse=True)
def workers(started_workers):
    """Of any test of scanning."""
