"""Graphs of ComfyUI: the whole workflow that made a file, saved in its tags.

Nodes that save audio write two tags of JSON (``comfy_extras/nodes_audio.py``): ``prompt``, the
nodes that ran, by ``class_type``, and ``workflow``, the graph as drawn. Video nodes put both into a
comment. Graphs are long, and long tags are cut. So they aren't parsed, but searched for the types
of nodes and the names of models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from phonoscope.disclosure.fields import Field, shown_value, values_of
from phonoscope.disclosure.model import Declaration, Making, Part

NAMES = ("prompt", "workflow", "comment")
"""Common names of the fields that can hold a graph."""
TOOL = "ComfyUI"

_MOST_NODES = 1_000
_QUOTED = r'\\{0,8}"'
_NODE = re.compile(
    rf"{_QUOTED}(?:class_type|type){_QUOTED}\s*:\s*{_QUOTED}([^\"\\]{{1,100}}){_QUOTED}"
)
_IS_PROMPT = re.compile(rf"{_QUOTED}class_type{_QUOTED}\s*:")
_IS_WORKFLOW = re.compile(rf"{_QUOTED}(?:last_node_id|widgets_values){_QUOTED}\s*:")
_MODEL_FILE = re.compile(
    rf"{_QUOTED}([^\"\\]{{1,200}}\.(?:safetensors|ckpt|pth?|bin|gguf)){_QUOTED}", re.IGNORECASE
)


@dataclass(frozen=True)
class Model:
    """A model that makes sound, and how graphs name it."""

    tool: str
    """Its name."""
    names: re.Pattern[str]
    """Matches types of nodes that run it, and files with its weights."""
    making: Making = Making.GENERATED
    part: Part = Part.WHOLE


def _model(
    tool: str,
    names: str,
    making: Making = Making.GENERATED,
    part: Part = Part.WHOLE,
) -> Model:
    return Model(tool, re.compile(names, re.IGNORECASE), making, part)


MODELS = (
    _model("ACE-Step", r"ace[-_ ]?step"),
    _model("Stable Audio", r"stable[-_ ]?audio|stabilitytexttoaudio|stabilityaudio"),
    _model("MusicGen", r"music[-_ ]?gen(?!re)|audiocraft"),
    _model("DiffRhythm", r"diff[-_ ]?rhythm"),
    _model("YuE", r"(?-i:YUE|YuE)(?=[_ ]|$)|\byue[-_]s[12]"),
    _model("SongGeneration", r"song[-_ ]?generation|\blevo\b"),
    _model("SongBloom", r"song[-_ ]?bloom"),
    _model("HeartMuLa", r"heart[-_ ]?mula"),
    _model("MMAudio", r"mm[-_]?audio"),
    _model("AudioLDM", r"audio[-_]?ldm"),
    _model("Suno", r"suno"),
    _model("Mureka", r"mureka"),
    _model("ElevenLabs", r"eleven[-_ ]?labs"),
    _model("Riffusion", r"riffusion"),
    _model("MiniMax", r"minimax.{0,20}music"),
    _model("Lyria", r"lyria"),
    _model("RVC", r"\brvc\b|(?-i:RVC)", making=Making.CONVERTED_VOICE, part=Part.VOCALS),
)
"""Models of music that run in ComfyUI or behind its nodes."""

_LOADS_AUDIO = re.compile(r"load[_ ]?audio|vae[_ ]?encode[_ ]?audio", re.IGNORECASE)
"""Nodes that bring in sound from elsewhere."""


def declaration(fields: Sequence[Field]) -> Declaration | None:
    """Return what the graphs of a file declare; ``None`` without a graph.

    A graph that runs a known model declares that the model made the sound, or some part of it if
    the graph also loads sound. Any other graph may have done anything.
    """
    graphs = [found for found in values_of(fields, NAMES) if is_graph(found)]
    if not graphs:
        return None
    nodes = [node for graph in graphs for node in _nodes(graph.value)]
    files = [file for graph in graphs for file in _MODEL_FILE.findall(graph.value)]
    by_node = (m for m in MODELS if any(m.names.search(node) for node in nodes))
    by_file = (m for m in MODELS if any(m.names.search(file) for file in files))
    model = next(by_node, None) or next(by_file, None)
    runs = next((g for g in graphs if _IS_PROMPT.search(g.value)), graphs[0])
    if model is None:
        return _declared(runs, Part.UNSPECIFIED, Making.UNSPECIFIED, TOOL)
    part = model.part
    if part is Part.WHOLE and any(_LOADS_AUDIO.search(node) for node in nodes):
        part = Part.SOME
    return _declared(runs, part, model.making, model.tool)


def is_graph(found: Field) -> bool:
    """Return whether a field holds a graph of ComfyUI."""
    text = found.value.lstrip("\0 \t\r\n")
    if not text.startswith("{"):
        return False
    drawn = _IS_WORKFLOW.search(text) or (found.name == "workflow" and '"nodes"' in text)
    return bool(_IS_PROMPT.search(text) or drawn)


def _declared(graph: Field, part: Part, making: Making, tool: str) -> Declaration:
    value = shown_value(graph.value)
    return Declaration("generator-comment", part, making, tool, None, graph.place, value)


def _nodes(graph: str) -> list[str]:
    return _NODE.findall(graph)[:_MOST_NODES]
