"""Cells of figures: a page holds up to some thousand, and a macro of a template takes three times as long for one."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup, escape

from webhook_server.pages import formats


def number_cell(value: Decimal | int | None, digits: int = 0, href: str = "") -> Markup:
    """A cell with a number, which leads to ``href`` if it is known."""
    shown = _linked(formats().number(value, digits), href if value is not None else "")
    return Markup(f'<td class="num">{shown}</td>')  # noqa: S704 - its parts are escaped


def variance_cell(value: Decimal | int | None, share: Decimal | None = None, digits: int = 0, href: str = "") -> Markup:
    """A difference with its sign; a loss is marked by sign and weight, not by colour alone."""
    writer = formats()
    loss = "loss" if value is not None and value < 0 else ""
    shown = _linked(writer.signed(value, digits), href if value is not None else "")
    beside = f' <span class="share">{escape(writer.percent(share))}</span>' if share is not None else ""
    return Markup(f'<td class="num {loss}">{shown}{beside}</td>')  # noqa: S704 - its parts are escaped


def _linked(text: str, href: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>' if href else escape(text)
