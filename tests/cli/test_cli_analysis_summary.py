"""What a person reads of a weighed recording."""

import dataclasses

import pytest

from phonoscope.cli import segment_line, terminal
from phonoscope.cli.analysis_summary import block_of, line_of
from tests.helpers.batches import analysis, detected, stretches

VERDICT = detected(0.00021, p_generated=0.9931, generator="ACE-Step", generator_confidence=0.87)


@pytest.fixture
def weighed():
    over_time = stretches(0.05, 0.1, 0.7, 0.98, 0.2, 0.1)
    return analysis("a", marks=0, verdict=VERDICT, segments=over_time)


@pytest.fixture
def terminal_with_colours(monkeypatch):
    monkeypatch.setattr(terminal, "colourful", lambda: True)


def said(found):
    return " ".join(block_of(found).split())


def test_a_block_says_every_number_of_the_verdict(weighed):
    text = said(weighed)
    for part in (
        "probability of a generator 0.993, p-value against human music 0.00021 (0.001 or less is "
        "called generated)",
        "resembles ACE-Step (probability 0.87, if it was generated)",
        "probability of a converted or synthetic voice 0.12 (experimental)",
        "over time 0:00 ▁▁▆█▂▁ 0:30",
        "0.5 or more at 0:10 to 0:20; highest 0.98 at 0:15",
        "model detector 1 (abc)",
    ):
        assert part in text


def test_a_block_is_plain_text_in_a_pipe_and_no_line_is_too_wide(weighed):
    text = block_of(weighed)
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= terminal.WIDEST


@pytest.mark.usefixtures("terminal_with_colours")
def test_on_a_terminal_the_likely_stretches_stand_out(weighed):
    assert "▁▁\x1b[31m▆█\x1b[0m▂▁" in block_of(weighed)


def test_what_was_not_weighed_is_not_mentioned():
    text = block_of(analysis("a", marks=0))
    for label in ("weighed", "family", "voice", "over time", "model"):
        assert f"\n  {label} " not in text


def test_an_unknown_family_is_not_named(weighed):
    verdict = dataclasses.replace(weighed.verdict, generator=None, generator_confidence=None)
    assert "resembles" not in said(dataclasses.replace(weighed, verdict=verdict))


def test_a_line_has_the_p_value(weighed):
    assert "p-value 0.00021" in line_of(weighed)
    assert "p-value" not in line_of(analysis("a"))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([0.1, 0.4, 0.2], "no stretch above 0.5; highest 0.40 at 0:05"),
        ([0.9, 0.8, 0.7], "0.5 or more throughout; highest 0.90 at 0:00"),
        ([0.9], "0.5 or more throughout; highest 0.90 at 0:00"),
        (
            [0.9, 0.1, 0.9, 0.9, 0.1, 0.6, 0.1, 0.7, 0.1, 0.8, 0.8],
            "0.5 or more at 0:00 to 0:05, 0:10 to 0:20, 0:45 to 0:55 and 2 shorter; "
            "highest 0.90 at 0:00",
        ),
    ],
)
def test_where_the_likely_stretches_lie(values, says):
    assert segment_line.described(stretches(*values)) == says


def test_a_ten_hour_file_is_one_line_that_still_shows_its_one_likely_stretch():
    values = [0.0] * 7_200
    values[5_000] = 1.0
    drawn = segment_line.drawn(stretches(*values))
    start, blocks, end = drawn.split(" ")
    assert (start, end) == ("0:00", "10:00:00")
    assert len(blocks) == segment_line.MOST_CELLS
    assert blocks.count("█") == 1
    assert blocks.index("█") == 5_000 * 40 // 7_200


def test_no_probability_reads_as_certain(weighed):
    sure = detected(1e-9, p_generated=0.99996, p_voice=0.0004)
    over_time = stretches(0.9999)
    text = said(dataclasses.replace(weighed, verdict=sure, segments=over_time))
    for part in (
        "probability of a generator over 0.999,",
        "synthetic voice under 0.01 ",
        "highest over 0.99 at 0:00",
    ):
        assert part in text


@pytest.mark.parametrize("p", [0.0, 0.499999, 0.5, 1.0])
def test_every_probability_has_a_height(p):
    assert len(segment_line.drawn(stretches(p)).split(" ")[1]) == 1
