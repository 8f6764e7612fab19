"""What a person reads about a recording that the detector scored."""

import dataclasses
import re

import pytest

from phonoscope.cli import segment_line, terminal
from phonoscope.cli.analysis_summary import block_of
from phonoscope.cli.verdict_list import VERDICTS, lines_of, ordered, summary
from phonoscope.detector.disagreement import DISAGREE
from phonoscope.detector.generated import VOICE_NOT_MEASURED, Stretch
from phonoscope.disclosure.model import Declaration, Making, Part
from tests.helpers.batches import analysis, detected, stretches

HUMAN = Declaration("ai-tags", Part.WHOLE, Making.HUMAN, None, None, "TXXX:AI", "no")
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
    numbers = {
        "score": ["0.02%", "0.10%"],
        "probability": ["0.993"],
        "family": ["0.87"],
    }
    for label, values in numbers.items():
        row = text.partition(f" {label} ")[2]
        assert re.findall(r"[\d.]*\d%?", row)[: len(values)] == values, label
    assert "ACE-Step" in text
    assert VOICE_NOT_MEASURED in text
    assert "over time 0:00 ▁▁▆█▂▁ 0:30" in text
    assert re.search(r"0:10 to 0:20 \D*0\.5\D+0\.98 at 0:15", text)
    assert "model detector 1 (abc)" in text


def test_a_block_is_plain_text_in_a_pipe_and_no_line_is_too_wide(weighed):
    text = block_of(weighed)
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= terminal.WIDEST


def test_stretches_and_lines_are_named(weighed):
    parts = (Stretch(0.0, 60.0, 0.4, None), Stretch(60.0, 90.0, 1e-5, 0.001, called=True))
    verdict = dataclasses.replace(VERDICT, stretches=parts, lines_hz=(5512.5, 11025.0))
    text = said(dataclasses.replace(weighed, verdict=verdict))
    assert text.index("0:00 to 1:00") < text.index("1:00 to 1:30") < text.index("11,025 Hz")


def test_a_declaration_alone_and_a_disagreement_have_headings_of_their_own(weighed):
    declared = block_of(analysis("a", marks=1)).split("\n")[1].strip()
    assert declared == VERDICTS["declared-generated"] != VERDICTS["generated"]
    disagreeing = dataclasses.replace(weighed, declared=(HUMAN,))
    assert [line.strip() for line in block_of(disagreeing).split("\n")[1:3]] == [
        DISAGREE, VERDICTS["generated"],
    ]  # fmt: skip
    assert "1" in summary([disagreeing]).parts[1]


@pytest.mark.usefixtures("terminal_with_colours")
def test_on_a_terminal_the_likely_segments_are_red(weighed):
    assert "▁▁\x1b[31m▆█\x1b[0m▂▁" in block_of(weighed)


def test_without_a_score_there_is_no_row_for_it():
    text = block_of(analysis("a", marks=0))
    for label in ("score", "probability", "family", "voice", "over time", "model"):
        assert f"\n  {label} " not in text


def test_an_unknown_family_is_not_named(weighed):
    verdict = dataclasses.replace(weighed.verdict, generator=None, generator_confidence=None)
    assert "\n  family " not in block_of(dataclasses.replace(weighed, verdict=verdict))


def test_a_line_has_the_share_of_human_recordings(weighed):
    _, scored, plain = lines_of([weighed, analysis("a", marks=0)], 200)
    assert "0.02%" in scored
    assert "%" not in plain


def test_the_most_suspicious_come_first_and_others_stay_in_order():
    made = [
        analysis(name, marks=0, verdict=detected(p_value))
        for name, p_value in (("a", 0.5), ("b", 0.0005), ("c", 0.0001), ("d", 0.5))
    ]
    names = [found.file.rsplit("/", 1)[-1][0] for found in ordered(made)]
    assert names == ["c", "b", "a", "d"]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([0.1, 0.4, 0.2], ["0.5", "0.40", "0:05"]),
        ([0.9, 0.8, 0.7], ["0.5", "0.90", "0:00"]),
        ([0.9], ["0.5", "0.90", "0:00"]),
        (
            [0.9, 0.1, 0.9, 0.9, 0.1, 0.6, 0.1, 0.7, 0.1, 0.8, 0.8],
            # The three longest runs, the number of the others, the limit, the highest one.
            ["0:00", "0:05", "0:10", "0:20", "0:45", "0:55", "2", "0.5", "0.90", "0:00"],
        ),
    ],
)
def test_where_the_likely_segments_are(values, numbers):
    assert re.findall(r"\d+[.:]?\d*", segment_line.described(stretches(*values))) == numbers


def test_a_ten_hour_file_is_one_line_that_still_shows_its_one_likely_segment():
    values = [0.0] * 7_200
    values[5_000] = 1.0
    drawn = segment_line.drawn(stretches(*values))
    start, blocks, end = drawn.split(" ")
    assert (start, end) == ("0:00", "10:00:00")
    assert len(blocks) == segment_line.MOST_CELLS
    assert blocks.count("█") == 1
    assert blocks.index("█") == 5_000 * 40 // 7_200


def test_no_probability_reads_as_certain(weighed):
    sure = detected(1e-9, p_generated=0.99996)
    over_time = stretches(0.9999)
    text = said(dataclasses.replace(weighed, verdict=sure, segments=over_time))
    for part in ("over 0.999 ", "over 0.99 at 0:00"):
        assert part in text


@pytest.mark.parametrize("p", [0.0, 0.499999, 0.5, 1.0])
def test_every_probability_has_a_height(p):
    assert len(segment_line.drawn(stretches(p)).split(" ")[1]) == 1
