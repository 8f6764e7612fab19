"""C2PA: signed manifests that say how a recording was made.

Actions and other assertions with an IPTC digital source type count, in the manifest of the file
and in those of its ingredients (C2PA Technical Specification 2.2, sections 18 and 10). Consent to
training or its refusal (``c2pa.training-mining``) says nothing about how a recording was made and
is left out. Every declaration has the signature of the whole manifest.

Phonoscope reads its own declarations back without loss, from an assertion of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from phonoscope.disclosure import iptc
from phonoscope.disclosure.c2pa_library import EXTRA, ManifestError, read_store
from phonoscope.disclosure.fields import Field, shown_value, utc_of, values_of
from phonoscope.disclosure.manifest import Manifest, find_manifest, refusal
from phonoscope.disclosure.model import Declaration, Making, Part, Signature
from phonoscope.disclosure.trust import default_trust, trusted_roots
from phonoscope.errors import MissingExtraError, UsageError
from phonoscope.messages import gettext

STANDARD = "c2pa"

OWN_ASSERTION = "org.phonoscope.declarations"
"""Label of the assertion in which Phonoscope stores complete declarations."""

_TRAINING = re.compile(r"training[-_]?mining", re.IGNORECASE)
_TERM = re.compile(r"digitalsourcetype/(\w{1,60})/?$", re.IGNORECASE)
_IPTC_TERM = re.compile(r"//cv\.iptc\.org/newscodes/digitalsourcetype/", re.IGNORECASE)
_REMOTE = re.compile(
    r"""\bdcterms:provenance\s?(?:=\s?"([^"]{1,2000})"|=\s?'([^']{1,2000})'|[^<>]{0,200}>([^<]{1,2000})<)"""
)
_STATES = {"Trusted": Signature.TRUSTED, "Valid": Signature.VALID, "Invalid": Signature.INVALID}
_MOST_MANIFESTS = 200
_DEEPEST = 12
_MOST_NODES = 20_000


def declarations(
    file: BinaryIO, fields: Sequence[Field] = (), *, trust: Path | None = None
) -> Iterator[Declaration]:
    """Yield the declarations of a file's C2PA manifest, and of one that it only links to.

    Parameters
    ----------
    file
        At any position; only read. Without a manifest, only its headers are read.
    fields
        Texts of the file. XMP among them can link to a manifest on the web, which isn't fetched.
    trust
        PEM file of trusted certificates; ``None`` takes the one in the settings.
    """
    manifest = find_manifest(file)
    if manifest is not None:
        yield from _read(file, manifest, trust)
    for found in values_of(fields, ("xmp",)):
        for match in _REMOTE.finditer(found.value):
            address = next(group for group in match.groups() if group).strip()
            if not address.startswith("self#"):
                yield _silent(
                    f"{found.place} dcterms:provenance",
                    f"link to a manifest, not fetched: {address}",
                )


def _read(file: BinaryIO, manifest: Manifest, trust: Path | None) -> Iterator[Declaration]:
    place = f"C2PA manifest in {manifest.place}"
    size = f"a manifest of {manifest.size:,} bytes"
    refused = refusal(manifest)
    if refused:
        yield _silent(place, f"{size}, not read. {refused}")
        return
    try:
        roots = trusted_roots(trust or default_trust())
        # We pass the bytes, because the library's own search stops at an ID3 frame it doesn't know.
        manifest.body.seek(manifest.start)
        content = manifest.body.read(manifest.size)
        if not content:
            raise ManifestError(gettext("The manifest is empty."), code="empty")
        store = read_store(file, manifest.media_type, roots, manifest=content)
    except MissingExtraError:
        yield _silent(place, f"{size}, not read. To read it: pip install 'phonoscope[{EXTRA}]'")
    except (ManifestError, UsageError, ValueError) as error:
        yield _silent(place, f"{size}, not read. {error}")
    else:
        yield from _of_store(store, place)


def _silent(place: str, value: str) -> Declaration:
    """Return a declaration for a manifest whose content isn't known."""
    return Declaration(
        standard=STANDARD,
        part=Part.UNSPECIFIED,
        making=Making.UNSPECIFIED,
        tool=None,
        producer=None,
        place=shown_value(place),
        value=shown_value(value),
        signature=Signature.UNCHECKED,
    )


def _of_store(store: Mapping[str, Any], place: str) -> Iterator[Declaration]:
    manifests = _mapping(store.get("manifests"))
    active = _text(store.get("active_manifest"))
    failures = _failures(store)
    state = _STATES.get(str(store.get("validation_state")), Signature.UNCHECKED)
    labels = [active, *(label for label in manifests if label != active)]
    for label in labels[:_MOST_MANIFESTS]:
        manifest = _mapping(manifests.get(label))
        if label == active:
            yield from _Reading(manifest, place, state, failures).declarations()
        else:
            # Its sound isn't in this file, so its signature can't be checked.
            name = f"C2PA ingredient {_title(manifests, label)} in {place.rpartition(' in ')[2]}"
            reading = _Reading(manifest, name, Signature.UNCHECKED, ())
            yield from (d for d in reading.declarations(silent=False))


def _title(manifests: Mapping[str, Any], label: str) -> str:
    for manifest in manifests.values():
        for ingredient in _sequence(_mapping(manifest).get("ingredients")):
            if _mapping(ingredient).get("active_manifest") == label:
                title = _text(_mapping(ingredient).get("title"))
                return f"'{title[:80]}'" if title else label
    return label


def _failures(store: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the codes of the failed checks, except that the signer isn't trusted."""
    results = _mapping(_mapping(store.get("validation_results")).get("activeManifest"))
    codes = (_text(_mapping(item).get("code")) for item in _sequence(results.get("failure")))
    return tuple(dict.fromkeys(c for c in codes if c and c != "signingCredential.untrusted"))


class _Reading:
    """One manifest of a store: its signer and its declarations."""

    def __init__(
        self,
        manifest: Mapping[str, Any],
        place: str,
        signature: Signature,
        failures: Sequence[str],
    ) -> None:
        self._assertions = [
            (_text(_mapping(a).get("label")), _mapping(a).get("data"))
            for a in _sequence(manifest.get("assertions"))
        ]
        self._place = place
        self._signature = signature
        self._why = _why(failures) if signature is Signature.INVALID else ""
        signed = _mapping(manifest.get("signature_info"))
        self._signer = _signer(signed)
        self._signed_utc = utc_of(signed.get("time"))
        self._generator = _generator(manifest)
        self._producer = _producer(self._assertions)

    def declarations(self, *, silent: bool = True) -> Iterator[Declaration]:
        """Yield the declarations; with ``silent``, one without a making if there are none."""
        own = self._own()
        said = False
        for label, data in self._assertions:
            if _TRAINING.search(label) or label.startswith(OWN_ASSERTION):
                continue
            agents = _sequence(_mapping(data).get("softwareAgents"))
            for node, uri in _sources(data):
                said = True
                yield self._whole(node, own) or self._said(label, node, uri, agents)
        if not said and silent:
            labels = ", ".join(label for label, _ in self._assertions) or "nothing"
            value = f"no digital source type; assertions: {labels}"
            yield self._declaration(Part.UNSPECIFIED, Making.UNSPECIFIED, value)

    def _own(self) -> Sequence[Any]:
        for label, data in self._assertions:
            if label.startswith(OWN_ASSERTION):
                return _sequence(_mapping(data).get("declarations"))
        return ()

    def _whole(self, node: Mapping[str, Any], own: Sequence[Any]) -> Declaration | None:
        """Return the complete declaration of an action from our own assertion, if it has one."""
        index = _mapping(node.get("parameters")).get(OWN_ASSERTION)
        if not isinstance(index, int) or not 0 <= index < len(own):
            return None
        said = _mapping(own[index])
        try:
            part, making = Part(_text(said.get("part"))), Making(_text(said.get("making")))
        except ValueError:
            return None
        # Ours has to agree with the action, or other readers would see something else.
        if iptc.term_for(part, making) != term_of(_text(node.get("digitalSourceType"))):
            return None
        return self._declaration(
            part,
            making,
            _value_of(node),
            tool=_text(said.get("tool")) or None,
            producer=_text(said.get("producer")) or None,
            voice=_text(said.get("voice")) or None,
            declared_utc=utc_of(said.get("declared_utc")),
        )

    def _said(
        self, label: str, node: Mapping[str, Any], uri: str, agents: Sequence[Any]
    ) -> Declaration:
        term = term_of(uri)
        part, making = iptc.MEANING.get(iptc.current(term), (Part.UNSPECIFIED, Making.UNSPECIFIED))
        return self._declaration(
            part,
            making,
            _value_of(node) if "action" in node else f"{label} {term or uri}",
            tool=_agent(node, agents) or self._generator,
            producer=self._producer,
            declared_utc=utc_of(node.get("when")) or self._signed_utc,
        )

    def _declaration(self, part: Part, making: Making, value: str, **more: Any) -> Declaration:
        said: dict[str, Any] = {
            "tool": self._generator,
            "producer": self._producer,
            "declared_utc": self._signed_utc,
            **more,
        }
        for name in ("tool", "producer", "voice"):
            said[name] = shown_value(said.get(name) or "") or None
        return Declaration(
            standard=STANDARD,
            part=part,
            making=making,
            place=shown_value(self._place),
            value=shown_value(self._why + value),
            signer=self._signer,
            signature=self._signature,
            **said,
        )


def _why(failures: Sequence[str]) -> str:
    failed = ", ".join(failures[:4])
    if any("Hash.mismatch" in code for code in failures):
        return f"[{failed}: the file was edited after signing, even if only its tags] "
    if any("outsideValidity" in code or "expired" in code for code in failures):
        return f"[{failed}: the certificate isn't valid today, and the signing time is unproved] "
    return f"[{failed or 'not valid'}] "


def _value_of(action: Mapping[str, Any]) -> str:
    uri = _text(action.get("digitalSourceType"))
    return f"{_text(action.get('action'))} {term_of(uri) or uri}"


def term_of(uri: str) -> str:
    """Return the term of an IPTC digital source type in IPTC's spelling; empty for others."""
    found = _TERM.search(uri) if _IPTC_TERM.search(uri) else None
    if found is None:
        return "" if "/" in uri else iptc.spelled(uri)
    return iptc.spelled(found[1])


def _sources(data: Any) -> list[tuple[Mapping[str, Any], str]]:
    """Return every digital source type in an assertion, with the object that has it."""
    found: list[tuple[Mapping[str, Any], str]] = []
    within: list[tuple[Any, int]] = [(data, 0)]
    for _ in range(_MOST_NODES):
        if not within:
            break
        node, depth = within.pop(0)
        if depth > _DEEPEST:
            continue
        if isinstance(node, Mapping):
            for name, inner in node.items():
                if str(name).rpartition(":")[2].lower() == "digitalsourcetype":
                    found.extend((node, _text(uri)) for uri in _uris(inner))
                elif isinstance(inner, Mapping | list):
                    within.append((inner, depth + 1))
        elif isinstance(node, list):
            within.extend((inner, depth + 1) for inner in node)
    return found


def _uris(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    plain = [_mapping(v).get("@id", v) if isinstance(v, Mapping) else v for v in values]
    return [v for v in plain if isinstance(v, str) and v.strip()]


def _agent(node: Mapping[str, Any], agents: Sequence[Any]) -> str:
    agent = node.get("softwareAgent")
    index = node.get("softwareAgentIndex")
    if agent is None and isinstance(index, int) and 0 <= index < len(agents):
        agent = agents[index]
    return _named(agent)


def _named(agent: Any) -> str:
    """Return a program as 'name version', from an object or from text."""
    if isinstance(agent, str):
        return agent
    said = _mapping(agent)
    return " ".join(filter(None, (_text(said.get("name")), _text(said.get("version")))))


def _generator(manifest: Mapping[str, Any]) -> str | None:
    for info in _sequence(manifest.get("claim_generator_info"))[:1]:
        if name := _named(info):
            return name
    return _text(manifest.get("claim_generator")) or None


def _producer(assertions: Sequence[tuple[str, Any]]) -> str | None:
    for label, data in assertions:
        said = _mapping(data)
        if "CreativeWork" in label:
            people = said.get("author")
        elif label.endswith((".metadata", ".metadata.v2")):
            people = said.get("dc:creator")
        else:
            continue
        names = [
            _text(_mapping(p).get("name")) if isinstance(p, Mapping) else _text(p)
            for p in (people if isinstance(people, list) else [people])
        ]
        if joined := "; ".join(n for n in names[:10] if n):
            return joined
    return None


def _signer(signed: Mapping[str, Any]) -> str | None:
    name, issuer = _text(signed.get("common_name")), _text(signed.get("issuer"))
    both = f"{name} ({issuer})" if name and issuer and name != issuer else name or issuer
    return shown_value(both) or None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
