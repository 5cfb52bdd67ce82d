"""Light, dark, or as the browser prefers: chosen per browser."""

from __future__ import annotations

from flask import request

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "gatepost-theme"


def theme() -> str:
    """The theme of this browser."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"
