"""One escaper for terminals and pages; there were two, and they disagreed."""

import pytest

from phonoscope.cli.terminal import message
from phonoscope.escape import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Terminals got these escaped, pages did not: they turn families and Persian words apart.
        ("👩\u200d👧", "👩\u200d👧"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        # Characters newer than this Python, and private ones, do no harm.
        ("\u0378 \ue000", "\u0378 \ue000"),
        # On these the two agreed.
        ("a\xa0b\u3000c", "a\xa0b\u3000c"),
        ("\x1b[2J\x9b\x00", "\\x1b[2J\\x9b\\x00"),
        ("\u202egnp.exe\u2066\u200f", "\\u202egnp.exe\\u2066\\u200f"),
        ("a\nb\u2028c\td", "a\\nb\\u2028c\\td"),
        ("\udcff", "\\udcff"),
        ("soft\xadhyphen \U000e0041", "soft\\xadhyphen \\U000e0041"),
    ],
)
def test_terminals_and_pages_show_the_same(capsys, text, shown):
    assert printable(text) == shown
    message(text.replace("\n", ""))
    assert capsys.readouterr().err == shown.replace("\\n", "") + "\n"


def test_what_is_kept_stays():
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"
