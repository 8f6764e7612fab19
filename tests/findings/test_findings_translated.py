"""Every sentence of a finding is a message: nothing of it stays English in the pseudo-locale."""

import pytest

from phonoscope.findings.base import find, findings
from phonoscope.language import PSEUDO, language
from phonoscope.messages import localised
from tests.helpers.calibrated import drawn, make
from tests.helpers.planted import planted
from tests.helpers.pseudo import untranslated

NAMES = [finding.name for finding in findings()]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    answers = {item.finding.name: item for item in find(planted())}
    catalogue = make(tmp_path_factory.mktemp("calibrated") / "c", drawn("old", 250))
    catalogue.calibrate()
    (answers["own_null"],) = (item for item in find(catalogue) if item.finding.name == "own_null")
    return answers


def english(text):
    """Words of a text that a reader of another language would see in English."""
    return untranslated(localised(text, language(PSEUDO)))


def texts_of(found):
    """What a reader sees of a finding, by what it is."""
    finding, answer = found.finding, found.answer
    texts = {name: getattr(finding, name) for name in ("title", "question", "method", "caveats")}
    texts |= {name: getattr(answer, name) for name in ("headline", "note", "certainty", "claim")}
    if answer.chart:
        texts["alt"] = answer.chart.alt
        drawn = strings(answer.chart.spec, {"title", "text"})
        texts |= {f"drawn: {text}": text for text in drawn}
    for table in answer.tables:
        texts[f"table {table.name}"] = table.title
        texts |= {f"{table.name}.{column.name}": column.title for column in table.columns}
    return texts


def strings(spec, keys):
    """Texts under some keys anywhere in a specification."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key in keys and isinstance(value, str):
                yield value
            else:
                yield from strings(value, keys)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from strings(value, keys)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_a_finding_is_translated(found, name):
    assert found[name].answer.answered, "the planted catalogue has an answer"
    left = {what: words for what, text in texts_of(found[name]).items() if (words := english(text))}
    assert not left
