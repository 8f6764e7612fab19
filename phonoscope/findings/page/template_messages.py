"""Messages in templates: ``{{ _("{n} of {total} tracks", n=hits, total=total) }}``.

A message in a template is HTML that we wrote; its values are escaped unless they are markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from phonoscope.language import current
from phonoscope.messages import Localised, filled, localised


def shown(value: Any) -> Any:
    """Return what a template prints for a value: messages in the language of the process."""
    return localised(value) if isinstance(value, Localised) else value


def gettext(template: str, /, **values: str | int) -> Markup:
    """Return a message as markup.

    >>> gettext("See <b>{name}</b>.", name="<a>")
    Markup('See <b>&lt;a&gt;</b>.')
    """
    return _markup(current().translate(template), values)


def ngettext(one: str, many: str, number: int, /, **values: str | int) -> Markup:
    """Return a message that depends on a count, which is ``{n}`` in it.

    >>> ngettext("<b>{n}</b> track", "<b>{n}</b> tracks", 1200)
    Markup('<b>1,200</b> tracks')
    """
    chosen = current().translate_plural(one, many, number)
    return _markup(chosen, {"n": number, **values})


def _markup(template: str, values: Mapping[str, str | int]) -> Markup:
    # Markup is a string already escaped: its own formatting escapes every other value.
    written = {
        name: value if isinstance(value, Markup) else filled("{value}", {"value": value}, current())
        for name, value in values.items()
    }
    return Markup(template).format_map(written)  # noqa: S704  (the template is ours)


MESSAGES: Mapping[str, Callable[..., Markup]] = {"_": gettext, "ngettext": ngettext}
"""What templates call."""
