"""CSV as people write it: both ways of reading it, its heading, and where reading can begin."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phonoscope.ingest.readers import csv_file, text_blocks
from phonoscope.ingest.readers.csv_block import CleanBlock, NotCleanError
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.ingest.readers.csv_rows import NEVER_CLOSED, RowReader, Width

SIGNS = st.text(alphabet='a",;\n\r é\0#', max_size=40)


def one_by_one(data, width, delimiter=","):
    return list(RowReader(data.splitlines(keepends=True), delimiter, width))


@given(text=SIGNS, least=st.integers(1, 3), more=st.integers(0, 2))
@example(text='a,"b\nc",d\n"x,y",,\n', least=3, more=0)
@example(text='a,"b""c"\r\n"""",x\r\n', least=2, more=0)
@example(text='"a,b\n"c",d\n', least=2, more=0)
def test_blocks_read_at_once_have_the_rows_of_those_read_one_by_one(text, least, more):
    data, width = text.encode(), Width(least, least + more)
    try:
        block = CleanBlock(data, ",", width, [0])
    except NotCleanError:
        return
    rows = one_by_one(data, width)
    assert [row.reason for row in rows] == [None] * block.row_count
    padded = [[*row.cells, "", "", ""][: width.columns] for row in rows]
    columns = [block.column(at).to_pylist() for at in range(width.columns)]
    assert [list(cells) for cells in zip(*columns, strict=True)] == padded
    assert [block.row(at) for at in range(len(rows))] == [row.cells for row in rows]


@given(st.lists(st.lists(SIGNS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_the_library_writes_is_read_again(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    found = one_by_one(text.getvalue().encode(), Width(3, 3))
    assert [row.cells for row in found] == rows


def opened(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvFile(str(path), "x.csv")


def rows_of(source):
    return [
        (records.row(at), records.reject_reasons[at].as_py())
        for records in source.chunks()
        for at in range(records.length)
    ]


def kept(source):
    return [row for row, reason in rows_of(source) if reason is None]


def test_an_open_quote_costs_its_own_row(tmp_path):
    lines = [f'T{at},"Song, {at}",x' for at in range(50)]
    lines[12] = 'T12,"Song 12,x'
    lines[30] = '"T30","Song\nin lines",x'
    source = opened(tmp_path, "id,name,artist\n" + "\n".join(lines) + "\n")
    bad = [(row[0], reason) for row, reason in rows_of(source) if reason]
    assert bad == [("T12", NEVER_CLOSED)]
    assert len(kept(source)) == 49
    assert ["T30", "Song\nin lines", "x"] in kept(source)


BEFORE = {
    "nothing": "",
    "a line that states the delimiter": "sep=;\n",
    "comments": "# made by hand, 2024\n#\n# id, then name\n",
    "a comment with as many cells": "# see; the; notes\n",
    "blank lines": "\n\r\n",
    "a note in one cell": "Chart of the week\n\n",
    "a note with empty cells": "Chart;;\n",
    "a sentence": "Made on Monday, for all, by us; with love\n",
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("before", BEFORE)
def test_what_stands_before_a_heading_is_passed_over(tmp_path, before, encoding):
    text = BEFORE[before] + "id;name;duration_ms\n1;é, x;3\n2;b;4\n"
    source = opened(tmp_path, text.encode(encoding))
    assert source.columns == ("id", "name", "duration_ms")
    assert kept(source) == [["1", "é, x", "3"], ["2", "b", "4"]]


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("#,title,artist", ("#", "title", "artist")),
        ("#id,name,ms", ("#id", "name", "ms")),
        ("name,name,name (2)", ("name", "name (2)", "name (2) (1)")),
        ('"a\nb",c,d', ("a\nb", "c", "d")),
        (",b,c", ("", "b", "c")),
    ],
)
def test_headings_with_odd_names(tmp_path, heading, columns):
    source = opened(tmp_path, f"{heading}\n1,2,3\n4,5,6\n")
    assert source.columns == columns
    assert len(set(source.columns)) == 3
    assert kept(source) == [["1", "2", "3"], ["4", "5", "6"]]


@pytest.mark.parametrize(
    ("heading", "row", "cells"),
    [
        ("a,b,c", "1,2,3,", ["1", "2", "3"]),
        ("a,b,c", '1,2,"x, y",,  ,', ["1", "2", "x, y"]),
        ("a,b,c,", "1,2,3", ["1", "2", "3"]),
        ("a,b,c,,", "1,2,3,,", ["1", "2", "3", "", ""]),
        ("a;b;c;", "1;2;3;", ["1", "2", "3", ""]),
        ("a,b,c", "1,2,3,4", None),
        ("a,b,c", "1,2,4,x", None),
    ],
)
@pytest.mark.parametrize("is_clean", [True, False])
def test_a_delimiter_at_the_end_adds_no_cell(tmp_path, heading, row, cells, is_clean):
    broken = "" if is_clean else '9,"9 "9"\n'
    source = opened(tmp_path, f"{heading}\n{row}\n{broken}{row}\n")
    found = kept(source)
    assert found == ([] if cells is None else [cells, cells])
    columns = [records.column(2).to_pylist() for records in source.chunks()]
    assert columns[0][0] == (row.split(row[1])[2] if cells is None else cells[2])


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "song"),
    [("utf-8", "Песня"), ("utf-16-be", "Песня"), ("windows-1252", "Café"), ("gb18030", "周杰伦")],
)
def test_reading_can_begin_where_any_chunk_began(tmp_path, monkeypatch, ending, encoding, song):
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 300)
    monkeypatch.setattr(csv_file, "CHUNK_ROWS", 7)
    lines = [f'{at},"{song} ""{at}"", x",{at}' for at in range(100)]
    lines[40] = '40,"open,1'
    lines[60:64] = ['60,"two', 'lines",3']
    text = ending.join(["id,name,ms", *lines, ""])
    source = opened(tmp_path, text.encode(encoding))
    assert source.encoding == encoding
    whole = rows_of(source)
    assert len(whole) == 97
    begins = [(r.begins, r.first_row) for r in source.chunks() if r.begins]
    assert len(begins) > 3
    for begin, first_row in begins:
        source.start = begin
        assert rows_of(source) == whole[first_row - 1 :]


def test_a_cell_of_any_length_up_to_a_line_is_read(tmp_path):
    source = opened(tmp_path, f'id,name,ms\n1,"{"x" * 200_000}",3\n2,"b "c" d",4\n')
    assert [len(row[1]) for row in kept(source)] == [200_000, 7]
