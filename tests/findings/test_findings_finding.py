"""A finding is made of a function and its docstring; the order of the page is one list."""

import pytest

from phonoscope.errors import PluginError
from phonoscope.findings.base import Answer, Finding, finding, findings
from phonoscope.findings.order import FIRST_ON_METADATA, ORDER
from phonoscope.registry import registered_instances
from tests.helpers.catalogues import MemoryCatalogue

WORDS = {"name": "rows", "title": "Rows", "question": "How many?", "needs": {"files": ("uri",)}}


def test_the_docstring_holds_method_and_caveats():
    @finding(**WORDS, values={"LEAST": 7})
    def rows(catalogue):
        """Count.

        Method
        ------
        Rows from {LEAST} on
        are counted.

        Caveats
        -------
        A row
        is not a thing.

        Notes
        -----
        For readers of the code.
        """
        return Answer(f"{catalogue.path}")

    assert isinstance(rows, Finding)
    assert rows.method == "Rows from 7 on are counted."
    assert rows.caveats == "A row is not a thing."
    assert rows.answer(MemoryCatalogue()).answered


METHOD = "Method\n------\nCounted.\n"
CAVEATS = "Caveats\n-------\nFew.\n"


@pytest.mark.parametrize(
    ("sections", "lacks"),
    [
        ("", "Method and Caveats"),
        (METHOD, "Caveats"),
        (CAVEATS, "Method"),
        (METHOD + "\nCaveats\n-------\n", "Caveats"),
        (METHOD + "\n" + METHOD + "\n" + CAVEATS, "twice"),
    ],
)
def test_a_docstring_without_a_section_is_refused(sections, lacks):
    def rows(catalogue):
        return Answer("")

    rows.__doc__ = f"Count.\n\n{sections}"
    with pytest.raises(ValueError, match=lacks):
        finding(**WORDS)(rows)


def test_a_function_without_a_docstring_is_refused():
    with pytest.raises(ValueError, match="Method"):
        finding(**WORDS)(lambda catalogue: Answer(""))


def test_every_finding_of_our_own_has_its_place():
    built_in = registered_instances("phonoscope.findings.questions", Finding)
    assert {one.name for one in built_in} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)
    assert [one.name for one in findings()][: len(ORDER)] == list(ORDER)
    for one in built_in:
        assert one.compute.__name__ == one.name
    first = ORDER.index(FIRST_ON_METADATA)
    scanned = {"files", "recordings", "verdicts", "declared"}
    assert all(scanned & set(one.needs) for one in findings()[:first])


def test_findings_by_others_come_last_and_a_name_is_taken_once(monkeypatch):
    from phonoscope.findings import order

    def made(name):
        return Finding(name, "T", "Q?", {}, lambda _: Answer(""), "m", "c")

    def known(*names):
        monkeypatch.setattr(order, "collected", lambda _: [made(n) for n in names])
        return [one.name for one in order.findings.__wrapped__()]

    assert known("zebra", "tempo", "ape", "scanned") == ["scanned", "tempo", "ape", "zebra"]
    with pytest.raises(PluginError, match="tempo"):
        known("tempo", "tempo")
