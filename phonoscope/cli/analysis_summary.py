"""An analysis in words: a block for one recording, a line for each of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from phonoscope.cli import segment_line
from phonoscope.cli.quantities import clock, likelihood
from phonoscope.cli.terminal import columns, painted, wrapped
from phonoscope.detector.disagreement import DISAGREEMENTS, in_words
from phonoscope.disclosure.model import sentence
from phonoscope.escape import printable
from phonoscope.files import shown

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis
    from phonoscope.detector.generated import Verdict
    from phonoscope.disclosure.model import Declaration

_VERDICT_COLOURS = {
    "generated": ("bold", "red"),
    "partly-generated": ("bold", "yellow"),
    "undecided": ("bold", "cyan"),
    "no-sign-found": ("bold", "green"),
    "unreadable": ("bold", "red"),
}
_DOTS = 5


def line_of(analysis: Analysis) -> str:
    """Return verdict, duration and name in one line, with marks or the error."""
    verdict = analysis.verdict.verdict.value
    name = shown(analysis.file)
    facts = []
    if analysis.declared:
        facts.append(f"declared: {_marks_in_short(analysis)}")
    if (disagreed := analysis.disagreement) is not None:
        short = DISAGREEMENTS[disagreed]
        facts.append(f"{short[0].lower()}{short[1:]}")
    if analysis.verdict.p_value is not None:
        facts.append(f"p-value {analysis.verdict.p_value:.2g}")
    if analysis.error:
        facts.append(f"{analysis.error_kind}: {analysis.error}")
    tail = f"  ({printable('; '.join(facts))})" if facts else ""
    return f"{_verdict(verdict, 16)}  {clock(analysis.duration_s):>8}  {name}{tail}"


def block_of(analysis: Analysis) -> str:
    """Return everything a person wants to know of one recording, as a block of lines."""
    verdict = analysis.verdict
    rows = [("verdict", wrapped(printable(verdict.says)))]
    if analysis.error:
        rows = [("error", wrapped(printable(f"{analysis.error} ({analysis.error_kind})")))]
    rows += _weighed(analysis) + _named(analysis) + _facts(analysis)
    rows += [("declared", _declared(d)) for d in analysis.declared]
    if not analysis.declared and not analysis.error:
        rows.append(("declared", "no mark of a generator in the file (which proves nothing)"))
    if (disagreed := analysis.disagreement) is not None:
        rows.append(("disagreement", wrapped(in_words(disagreed))))
    head = f"{painted(shown(analysis.file), 'bold')}\n  {_verdict(verdict.verdict.value)}"
    parts = [head, columns(rows)]
    if analysis.evidence:
        parts.append("  evidence, strongest first")
        parts.extend(_statement(s.kind, s.says, s.strength, s.also) for s in analysis.evidence)
    return "\n".join(parts) + "\n"


def _declared(declared: Declaration) -> str:
    where = wrapped(printable(f"in {declared.place}: {declared.value}"))
    return f"{wrapped(printable(sentence(declared)))}\n{painted(where, 'dim')}"


def _verdict(verdict: str, width: int = 0) -> str:
    return painted(f"{verdict:<{width}}", *_VERDICT_COLOURS.get(verdict, ()))


def _marks_in_short(analysis: Analysis) -> str:
    named = dict.fromkeys(d.tool or d.producer or d.standard for d in analysis.declared)
    return ", ".join(named)


def _weighed(analysis: Analysis) -> list[tuple[str, str]]:
    verdict, segments = analysis.verdict, analysis.segments
    rows = [("weighed", _probabilities(verdict)), ("family", _family(verdict))]
    if verdict.p_voice is not None:
        likely = likelihood(verdict.p_voice)
        says = f"probability of a converted or synthetic voice {likely} (experimental)"
        rows.append(("voice", says))
    rows = [(label, wrapped(printable(says))) for label, says in rows if says]
    if segments:
        rows.append(
            (
                "over time",
                f"{segment_line.drawn(segments)}\n{wrapped(segment_line.described(segments))}",
            )
        )
    if verdict.model:
        rows.append(("model", wrapped(printable(verdict.model))))
    return rows


def _probabilities(verdict: Verdict) -> str:
    parts = []
    if verdict.p_generated is not None:
        parts.append(f"probability of a generator {likelihood(verdict.p_generated, 3)}")
    if verdict.p_value is not None:
        asked = verdict.false_alarms
        rule = "" if asked is None else f" ({asked:g} or less is called generated)"
        parts.append(f"p-value against human music {verdict.p_value:.2g}{rule}")
    return ", ".join(parts)


def _family(verdict: Verdict) -> str:
    if not verdict.generator:
        return ""
    resembles, confidence = f"resembles {verdict.generator}", verdict.generator_confidence
    if confidence is None:
        return resembles
    return f"{resembles} (probability {likelihood(confidence)}, if it was generated)"


def _named(analysis: Analysis) -> list[tuple[str, str]]:
    tags = analysis.tags
    named = " - ".join(part for part in (tags.artist, tags.title, tags.album) if part)
    return [("tags", wrapped(printable(named)))] if named else []


def _facts(analysis: Analysis) -> list[tuple[str, str]]:
    rows = []
    if (stream := analysis.stream) is not None:
        rate = f"{stream.sample_rate_hz / 1000:g} kHz"
        depth = f"{stream.bit_depth} bit" if stream.bit_depth else ""
        bit_rate = f"{stream.bit_rate_bps / 1000:.0f} kbit/s" if stream.bit_rate_bps else ""
        sound = [f"{stream.codec} in {stream.container}", bit_rate, rate, depth]
        sound += [stream.channel_layout, clock(analysis.duration_s)]
        rows.append(("sound", wrapped(printable(", ".join(part for part in sound if part)))))
    rows += _damage(analysis)
    for label, describe in _DESCRIBED.items():
        if words := ", ".join(describe(analysis.descriptors)):
            rows.append((label, wrapped(printable(words))))
    return rows


def _damage(analysis: Analysis) -> list[tuple[str, str]]:
    if (decoded := analysis.decoded) is None:
        return []
    found = []
    if decoded.truncated:
        found.append("the sound ends before the declared duration")
    if decoded.decode_errors:
        found.append(f"{decoded.decode_errors:,} packets could not be decoded")
    if decoded.nonfinite_samples:
        found.append(f"{decoded.nonfinite_samples:,} samples are not numbers")
    if decoded.format_changes:
        found.append(f"the format changes {decoded.format_changes:,} times")
    return [("damage", wrapped("; ".join(found)))] if found else []


Columns = Mapping[str, Any]


def _some(facts: Columns, *shapes: tuple[str, str]) -> list[str]:
    """Return ``shape.format(value)`` for each column that has a value."""
    return [shape.format(facts[name]) for name, shape in shapes if facts.get(name) is not None]


def _loudness(facts: Columns) -> list[str]:
    return _some(
        facts,
        ("loudness_lufs", "{:.1f} LUFS"),
        ("loudness_range_lu", "range {:.1f} LU"),
        ("true_peak_dbtp", "true peak {:+.1f} dBTP"),
    )


def _rhythm(facts: Columns) -> list[str]:
    return _some(
        facts,
        ("tempo_bpm", "{:.0f} beats a minute"),
        ("beat_strength", "beat strength {:.2f}"),
        ("onset_rate_hz", "{:.1f} onsets a second"),
        ("danceability_dfa", "danceability {:.2f} (DFA)"),
    )


def _tonality(facts: Columns) -> list[str]:
    if facts.get("key") is None:
        return []
    key = f"{facts['key']} {facts.get('mode') or ''}".strip()
    return [key, *_some(facts, ("key_strength", "strength {:.2f}"), ("tuning_cents", "{:+.0f} ct"))]


def _band(facts: Columns) -> list[str]:
    words = []
    if (highest_hz := facts.get("bandwidth_hz")) is not None:
        words.append(f"sound up to {highest_hz / 1000:.1f} kHz")
    if (edge_hz := facts.get("cutoff_hz")) is not None:
        words.append(f"steep edge at {edge_hz / 1000:.1f} kHz")
    return words


def _silence(facts: Columns) -> list[str]:
    share = facts.get("silence_share")
    words = [f"{share:.0%} of it"] if share is not None and share >= 0.005 else []
    for name, place in (("leading_silence_s", "before"), ("trailing_silence_s", "after")):
        if (facts.get(name) or 0.0) >= 1.0:
            words.append(f"{facts[name]:.1f} s {place} the sound")
    return words


_DESCRIBED: dict[str, Callable[[Columns], list[str]]] = {
    "loudness": _loudness,
    "rhythm": _rhythm,
    "key": _tonality,
    "band": _band,
    "silence": _silence,
}


def _statement(kind: str, says: str, strength: float, also: str) -> str:
    full = max(0, min(_DOTS, round(strength * _DOTS)))
    dots = painted("●" * full, "bold") + painted("○" * (_DOTS - full), "dim")
    words = f"{kind}: {says}" + (f" It may also be: {also}" if also else "")
    first, *rest = wrapped(printable(words), indent=16).split("\n")
    return "\n".join([f"    {dots} {strength:.2f}  {first}", *(f"{'':16}{line}" for line in rest)])
