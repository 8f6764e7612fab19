"""Registers Phonoscope's own pages."""

from __future__ import annotations

from fastapi import APIRouter

from phonoscope.plugins import hookimpl
from phonoscope.web import about, copies, data, lists, pages, recording


@hookimpl
def phonoscope_web_routers() -> list[APIRouter]:
    """Return the API first, then the pages."""
    return [data.router, recording.router, copies.router, lists.router, about.router, pages.router]
