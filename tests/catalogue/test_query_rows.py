"""Rows of a query are the same whether Arrow is between or not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from phonoscope.api import open_catalogue
from phonoscope.errors import UsageError

QUERIES = (
    "select 1 as a, 2.5::double as b, 'x' as a, true as c, null::varchar as d, 0.1::float as e",
    "select i, 'row ' || i as name from range(25000) t(i)",
    "select [1, 2] as some, date '2020-01-02' as day, sum(i) as total from range(3) t(i)",
    "select 1 where false",
    "from files",
    "describe files",
)


@pytest.fixture
def catalogue(tmp_path):
    return open_catalogue(tmp_path / "catalogue", create=True)


@pytest.mark.parametrize("query", QUERIES)
def test_rows_are_those_of_arrow(catalogue, query):
    table = catalogue.sql(query).read_all()
    expected = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    with catalogue.sql_rows(query) as (names, groups):
        assert list(names) == table.schema.names
        assert [tuple(row) for rows in groups for row in rows] == expected


@pytest.mark.parametrize("query", ["select error('no')", "drop table files", "select", "from nope"])
def test_what_is_wrong_is_said(catalogue, query):
    with pytest.raises(UsageError), catalogue.sql_rows(query) as (_, groups):
        list(groups)


def test_a_question_without_tables_loads_no_arrow(catalogue):
    code = (
        "import sys; from phonoscope.api import open_catalogue\n"
        "with open_catalogue(sys.argv[1]).sql_rows('select 1 as one') as (_, groups):\n"
        "    assert list(groups) == [[(1,)]]\n"
        "sys.exit(bool({'pyarrow', 'numpy', 'ibis'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, catalogue.path], check=False).returncode == 0


def test_no_other_file_can_be_read(catalogue, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with pytest.raises(UsageError), catalogue.sql_rows(f"from read_csv('{outside}')") as (_, rows):
        list(rows)
