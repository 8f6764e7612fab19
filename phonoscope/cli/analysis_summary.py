"""An analysis in words: a block of lines for one recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from phonoscope.cli import segment_line
from phonoscope.cli.quantities import clock, likelihood
from phonoscope.cli.terminal import columns, data, in_language, painted, wrapped
from phonoscope.cli.verdict_list import COLOURS, VERDICTS, kind_of
from phonoscope.detector.disagreement import DISAGREE, in_words
from phonoscope.detector.generated import VOICE_NOT_MEASURED
from phonoscope.detector.shipped import family_precision
from phonoscope.disclosure.model import sentence
from phonoscope.files import shown
from phonoscope.messages import Joined, Localised, gettext, ngettext, sentences
from phonoscope.text import frequency, measured, number, percent
from phonoscope.view.lines import line_words
from phonoscope.view.stretches import stretch_words
from phonoscope.view.verdict import precision_words

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis
    from phonoscope.detector.generated import Verdict
    from phonoscope.disclosure.model import Declaration

_DOTS = 5
Columns = Mapping[str, Any]


def block_of(analysis: Analysis) -> str:
    """Return everything a person wants to know about one recording, as a block of lines."""
    verdict = analysis.verdict
    rows: list[tuple[str, str]] = [(gettext("verdict"), wrapped(verdict.says))]
    if analysis.error:
        kind = data(str(analysis.error_kind))
        error = gettext("{error} ({kind})", error=analysis.error, kind=kind)
        rows = [(gettext("error"), wrapped(error))]
    rows += _scores(analysis) + _named(analysis) + _facts(analysis)
    rows += [(gettext("declared"), _declared(d)) for d in analysis.declared]
    if not analysis.declared and not analysis.error:
        nothing = gettext("No declaration in the file. That doesn't mean that a person made it.")
        rows.append((gettext("declared"), wrapped(nothing)))
    if (disagreed := analysis.disagreement) is not None:
        rows.insert(0, (gettext("disagreement"), wrapped(in_words(disagreed))))
    name = painted(data(shown(analysis.file)), "bold")
    headings = [_verdict(kind_of(analysis))]
    if analysis.disagreement is not None:
        headings.insert(0, painted(DISAGREE, "bold", "reverse"))
    parts = ["\n  ".join([name, *headings]), columns(rows)]
    if analysis.evidence:
        parts.append(f"  {painted(gettext('Evidence, strongest first:'))}")
        parts.extend(_statement(s.kind, s.says, s.strength, s.also) for s in analysis.evidence)
    return "\n".join(parts) + "\n"


def _declared(declared: Declaration) -> str:
    where = gettext("In {place}: {value}", place=data(declared.place), value=data(declared.value))
    return f"{wrapped(sentence(declared))}\n{painted(wrapped(where), 'dim')}"


def _verdict(verdict: str) -> str:
    return painted(VERDICTS.get(verdict, verdict), *COLOURS.get(verdict, ()))


def _scores(analysis: Analysis) -> list[tuple[str, str]]:
    verdict, segments = analysis.verdict, analysis.segments
    rows: list[tuple[str, str]] = []
    if verdict.p_value is not None:
        rows.append((gettext("score"), wrapped(_score(verdict, verdict.p_value))))
    if verdict.p_generated is not None:
        likely = likelihood(verdict.p_generated, 3)
        rows.append(
            (gettext("probability"), wrapped(gettext("{p} that a generator made it", p=likely)))
        )
    if verdict.generator:
        rows.append((gettext("family"), wrapped(_family(verdict))))
    if verdict.p_value is not None:
        voice = sentences(gettext("Synthetic voice: not measured."), VOICE_NOT_MEASURED)
        rows.append((gettext("voice"), wrapped(voice)))
    if segments:
        described = wrapped(segment_line.described(segments))
        rows.append((gettext("over time"), f"{segment_line.drawn(segments)}\n{described}"))
    if verdict.stretches:
        lines = [wrapped(stretch_words(stretch)) for stretch in verdict.stretches]
        rows.append((gettext("stretches"), "\n".join(lines)))
    if verdict.lines_hz:
        rows.append((gettext("lines"), wrapped(line_words(verdict.lines_hz))))
    if verdict.model:
        rows.append((gettext("model"), wrapped(data(verdict.model))))
    return rows


def _score(verdict: Verdict, p_value: float) -> Localised:
    score = gettext(
        "{share} of human recordings look this much like a generator's output.",
        share=percent(p_value),
    )
    limit = verdict.false_alarms
    if limit is None:
        return score
    return sentences(score, gettext("'generated' means {share} or less.", share=percent(limit)))


def _family(verdict: Verdict) -> Localised:
    family, confidence = data(verdict.generator or ""), verdict.generator_confidence
    if confidence is None:
        return gettext("resembles {family}", family=family)
    resembled = gettext(
        "resembles {family} (probability {p}, if it's generated)",
        family=family,
        p=likelihood(confidence),
    )
    precision = family_precision(verdict.generator, verdict.model)
    return Joined("; ", (resembled, precision_words(precision))) if precision else resembled


def _named(analysis: Analysis) -> list[tuple[str, str]]:
    tags = analysis.tags
    named = " - ".join(part for part in (tags.artist, tags.title, tags.album) if part)
    return [(gettext("tags"), wrapped(data(named)))] if named else []


def _facts(analysis: Analysis) -> list[tuple[str, str]]:
    rows: list[tuple[str, list[str]]]
    rows = [(gettext("audio"), _stream(analysis)), (gettext("damage"), _damage(analysis))]
    rows += [(label, describe(analysis.descriptors)) for label, describe in _DESCRIBED]
    return [(label, wrapped(_listed(parts))) for label, parts in rows if parts]


def _listed(parts: Iterable[str]) -> Localised:
    return Joined(", ", tuple(parts))


def _stream(analysis: Analysis) -> list[str]:
    if (stream := analysis.stream) is None:
        return []
    codec, container = data(stream.codec), data(stream.container)
    parts: list[str] = [gettext("{codec} in {container}", codec=codec, container=container)]
    if stream.bit_rate_bps:
        parts.append(measured(stream.bit_rate_bps / 1000, "kbit/s"))
    parts.append(frequency(stream.sample_rate_hz))
    if stream.bit_depth:
        parts.append(gettext("{n} bit", n=stream.bit_depth))
    return [*parts, data(stream.channel_layout), clock(analysis.duration_s)]


def _damage(analysis: Analysis) -> list[str]:
    if (decoded := analysis.decoded) is None:
        return []
    found: list[str] = []
    if decoded.truncated:
        found.append(gettext("the audio ends before its declared duration"))
    if errors := decoded.decode_errors:
        found.append(
            ngettext("{n} packet can't be decoded", "{n} packets can't be decoded", errors)
        )
    if samples := decoded.nonfinite_samples:
        found.append(ngettext("{n} sample is not a number", "{n} samples are not numbers", samples))
    if changes := decoded.format_changes:
        found.append(
            ngettext("the format changes {n} time", "the format changes {n} times", changes)
        )
    return found


def _each(facts: Columns, **written: Callable[[Any], str]) -> list[str]:
    """Return each column that has a value, in words."""
    return [write(facts[name]) for name, write in written.items() if facts.get(name) is not None]


def _loudness(facts: Columns) -> list[str]:
    return _each(
        facts,
        loudness_lufs=lambda v: measured(v, "LUFS", 1),
        loudness_range_lu=lambda v: gettext("range {range}", range=measured(v, "LU", 1)),
        true_peak_dbtp=lambda v: gettext("true peak {peak}", peak=measured(v, "dBTP", 1)),
    )


def _rhythm(facts: Columns) -> list[str]:
    return _each(
        facts,
        tempo_bpm=lambda v: measured(v, "BPM"),
        beat_strength=lambda v: gettext("beat strength {n}", n=number(v, 2)),
        onset_rate_hz=lambda v: gettext("{n} onsets per second", n=number(v, 1)),
        danceability_dfa=lambda v: gettext("danceability (DFA) {n}", n=number(v, 2)),
    )


def _tonality(facts: Columns) -> list[str]:
    if facts.get("key") is None:
        return []
    key, mode = data(facts["key"]), facts.get("mode")
    named: str = key
    if mode == "major":
        named = gettext("{key} major", key=key)
    elif mode == "minor":
        named = gettext("{key} minor", key=key)
    return [
        named,
        *_each(
            facts,
            key_strength=lambda v: gettext("strength {n}", n=number(v, 2)),
            tuning_cents=lambda v: gettext("tuned {n} cents from A440", n=number(v)),
        ),
    ]


def _band(facts: Columns) -> list[str]:
    return _each(
        facts,
        bandwidth_hz=lambda v: gettext("audio up to {frequency}", frequency=frequency(v)),
        cutoff_hz=lambda v: gettext("steep cutoff at {frequency}", frequency=frequency(v)),
    )


def _silence(facts: Columns) -> list[str]:
    share = facts.get("silence_share") or 0.0
    leading, trailing = (
        facts.get("leading_silence_s") or 0.0,
        facts.get("trailing_silence_s") or 0.0,
    )
    parts: list[str] = []
    if share >= 0.005:
        parts.append(gettext("{share} of the recording", share=percent(share)))
    if leading >= 1.0:
        parts.append(gettext("{time} at the start", time=measured(leading, "s", 1)))
    if trailing >= 1.0:
        parts.append(gettext("{time} at the end", time=measured(trailing, "s", 1)))
    return parts


_DESCRIBED: tuple[tuple[str, Callable[[Columns], list[str]]], ...] = (
    (gettext("loudness"), _loudness),
    (gettext("rhythm"), _rhythm),
    (gettext("key"), _tonality),
    (gettext("bandwidth"), _band),
    (gettext("silence"), _silence),
)


def _statement(kind: str, says: str, strength: float, also: str) -> str:
    full = max(0, min(_DOTS, round(strength * _DOTS)))
    dots = painted("●" * full, "bold") + painted("○" * (_DOTS - full), "dim")
    found = gettext("{kind}: {statement}", kind=data(kind), statement=says)
    other = gettext("Other explanation: {cause}", cause=also) if also else ""
    first, *rest = wrapped(sentences(found, other), indent=16).split("\n")
    head = f"    {dots} {in_language(number(strength, 2))}  {first}"
    return "\n".join([head, *(f"{'':16}{line}" for line in rest)])
