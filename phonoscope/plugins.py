"""Extension points: what a plugin can add to Phonoscope, and how it is found.

Phonoscope's own features, findings, disclosure standards, formats, commands and pages use the same
hooks. A plugin is a package that registers itself with an entry point in the group ``phonoscope``::

    [project.entry-points.phonoscope]
    my-plugin = "my_package.plugin"

Its module implements some hooks of :class:`Hooks` with ``phonoscope.plugins.hookimpl``.
``PHONOSCOPE_PLUGINS=0`` starts without plugins.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

import pluggy

from phonoscope.errors import PluginError
from phonoscope.escape import printable
from phonoscope.messages import gettext

NAME = "phonoscope"
SWITCH = "PHONOSCOPE_PLUGINS"
"""Environment variable; ``0`` starts without plugins."""
BUILT_IN = {
    "phonoscope_features": "phonoscope.features.plugin",
    "phonoscope_disclosure_standards": "phonoscope.disclosure.plugin",
    "phonoscope_ingest_formats": "phonoscope.ingest.plugin",
    "phonoscope_findings": "phonoscope.findings.plugin",
    "phonoscope_web_routers": "phonoscope.web.plugin",
    "phonoscope_commands": "phonoscope.cli.plugin",
}
"""Module that registers Phonoscope's own parts, by hook; imported when the hook is called."""


log = logging.getLogger(__name__)
hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


class Hooks:
    """The hooks that a plugin can implement. Each returns a list; an empty one adds nothing."""

    @hookspec
    def phonoscope_features(self) -> Sequence[Any]:
        """Return features of a recording: :class:`phonoscope.features.base.Feature`."""
        raise NotImplementedError

    @hookspec
    def phonoscope_disclosure_standards(self) -> Sequence[Any]:
        """Return standards of disclosure.

        Each is a function from the tags of a file, :class:`phonoscope.disclosure.fields.Field`, to
        the :class:`phonoscope.disclosure.model.Declaration` objects they make.
        """
        raise NotImplementedError

    @hookspec
    def phonoscope_ingest_formats(self) -> Sequence[Any]:
        """Return formats of metadata: :class:`phonoscope.ingest.job.Format`."""
        raise NotImplementedError

    @hookspec
    def phonoscope_findings(self) -> Sequence[Any]:
        """Return findings about a catalogue, made with ``phonoscope.findings.finding``."""
        raise NotImplementedError

    @hookspec
    def phonoscope_web_routers(self) -> Sequence[Any]:
        """Return FastAPI routers with pages; the same guard checks their requests."""
        raise NotImplementedError

    @hookspec
    def phonoscope_commands(self) -> Sequence[Any]:
        """Return commands of the program: pairs of a name and a ``click.Command``."""
        raise NotImplementedError


class Plugin(NamedTuple):
    """A plugin that is installed."""

    name: str
    """Name of its entry point."""
    version: str
    """Version of the distribution it comes from."""


@cache
def manager(*, outside: bool = True) -> pluggy.PluginManager:
    """Return the manager of all plugins.

    Parameters
    ----------
    outside
        Whether plugins of other packages are loaded too. Finding them takes about 0.07 CPU-s in an
        environment of 150 packages, so code that doesn't need them leaves them out.

    Raises
    ------
    PluginError
        When a plugin can't be loaded.
    """
    made = pluggy.PluginManager(NAME)
    made.add_hookspecs(Hooks)
    if outside and os.environ.get(SWITCH) != "0":
        for point in entry_points(group=NAME):
            _load(made, point)
    return made


def _load(made: pluggy.PluginManager, point: EntryPoint) -> None:
    try:
        made.register(point.load(), name=point.name)
        made.check_pending()
    except Exception as error:
        message = gettext(
            "The plugin '{plugin}' can't be loaded: {error}",
            plugin=printable(point.name),
            error=_in_words(error),
        )
        raise PluginError(point.name, message, code="not-loaded") from error
    log.debug("loaded plugin %s", point.name)


def collected(hook: str, *, outside: bool = True) -> list[Any]:
    """Return what Phonoscope and all plugins return for a hook, Phonoscope first.

    Parameters
    ----------
    hook
        Name of a method of :class:`Hooks`.
    outside
        As for :func:`manager`.

    Raises
    ------
    PluginError
        When a plugin can't be loaded, fails, or returns something other than a list.
    """
    made, own = manager(outside=outside), BUILT_IN[hook]
    if not made.has_plugin(own):
        made.register(import_module(own), name=own)
    # In pluggy's list the one registered last is first.
    calls = sorted(getattr(made.hook, hook).get_hookimpls(), key=lambda c: c.plugin_name != own)
    return [one for call in calls for one in _given(call.plugin_name, call.function)]


def _given(name: str, function: Callable[[], Any]) -> Sequence[Any]:
    try:
        given = function()
    except Exception as error:
        if name in BUILT_IN.values():
            raise
        message = gettext(
            "The plugin '{plugin}' failed: {error}", plugin=printable(name), error=_in_words(error)
        )
        raise PluginError(name, message, code="failed") from error
    if not isinstance(given, list | tuple):
        message = gettext(
            "The plugin '{plugin}' returned {type}, not a list.",
            plugin=printable(name),
            type=type(given).__name__,
        )
        raise PluginError(name, message, code="not-a-list")
    return given


def without_duplicates(hook: str, names: Iterable[str]) -> None:
    """Check that no two plugins use one name.

    Raises
    ------
    PluginError
        When they do; it names the hook and the name.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        message = gettext(
            "Two plugins use the same name in the hook {hook}: {names}.",
            hook=hook,
            names=printable(", ".join(sorted(twice))),
        )
        raise PluginError(hook, message, code="name-taken")


def installed() -> list[Plugin]:
    """Return the plugins that are installed, by name; loads none of them."""
    return sorted(
        Plugin(point.name, point.dist.version if point.dist else "")
        for point in entry_points(group=NAME)
    )


def _in_words(error: Exception) -> str:
    return printable(f"{type(error).__name__}: {error}")
