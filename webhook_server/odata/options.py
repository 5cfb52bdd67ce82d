"""The query options of a request, checked.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html, section 11.2.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.store.feeds.expressions import Expression
from connector.store.feeds.reading import Expanded, Ordered
from connector.store.feeds.views import BY_NAME, View
from webhook_server.odata.failure import ODataFailure, bad_request, not_implemented
from webhook_server.odata.filter import parse_filter

READ = ("apply", "filter", "select", "orderby", "top", "skip", "count", "expand", "skiptoken", "format")
NOT_READ = ("search", "compute", "index", "levels", "deltatoken", "schemaversion", "id")
ON = "on"
"""Our own option: the day of the past whose figures are asked for."""
MAX_ROWS = 10**9
MAX_NAMES = 300
"""Names in a list."""
MAX_ORDER = 10
"""Columns of an order."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of one request on one view."""

    columns: tuple[str, ...]
    is_selected: bool = False
    where: Expression | None = None
    order: tuple[Ordered, ...] = ()
    top: int | None = None
    skip: int = 0
    counts: bool = False
    expanded: tuple[Expanded, ...] = ()
    after: tuple[str | None, ...] | None = None


def given_options(sent: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each option once, by its name in small letters without the dollar sign.  Raises ODataFailure."""
    found: dict[str, str] = {}
    for name, value in sent:
        plain = name.lower().removeprefix("$").strip()
        if plain in NOT_READ and name.strip():
            raise not_implemented(f"{name[:40]} is not supported here.", name[:40])
        if plain not in READ and plain != ON:
            raise bad_request(f"There is no option {name[:40]}.", name[:40])
        if plain in found:
            raise bad_request(f"${plain} is given twice.", f"${plain}")
        if "\x00" in value:
            raise bad_request(f"${plain} holds a character that cannot be stored (NUL).", f"${plain}")
        found[plain] = value
    return found


def read_options(view: View, given: Mapping[str, str], readable: frozenset[str]) -> Options:
    """Raises ODataFailure."""
    return Options(
        columns=_selected(view, given.get("select")),
        is_selected=given.get("select", "*").strip() != "*",
        where=parse_filter(given["filter"]) if "filter" in given else None,
        order=_order(given.get("orderby")),
        top=_rows("top", given.get("top")),
        skip=_rows("skip", given.get("skip")) or 0,
        counts=_flag(given.get("count")),
        expanded=_expanded(view, given.get("expand"), readable),
        after=_after(given.get("skiptoken")),
    )


def skip_token(after: Iterable[str | None]) -> str:
    """Where the next page begins, as clients hand it back."""
    return base64.urlsafe_b64encode(json.dumps(list(after)).encode()).decode().rstrip("=")


def _after(token: str | None) -> tuple[str | None, ...] | None:
    if token is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, list) or not all(one is None or isinstance(one, str) for one in found):
        raise bad_request("The $skiptoken is none of ours: take the address of @odata.nextLink as it is.", "$skiptoken")
    return tuple(found)


def _rows(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", value.strip()) or int(value) > MAX_ROWS:
        raise bad_request(f"${name} takes a number of rows, 0 or more.", f"${name}")
    return int(value)


def _flag(value: str | None) -> bool:
    if value is None or value.strip().lower() == "false":
        return False
    if value.strip().lower() == "true":
        return True
    raise bad_request("$count is true or false.", "$count")


def _names(text: str, option: str) -> list[str]:
    found = [part.strip() for part in text.split(",")]
    if len(found) > MAX_NAMES or not all(found):
        raise bad_request(f"{option} is a list of names with commas between them.", option)
    return found


def _selected(view: View, text: str | None) -> tuple[str, ...]:
    """The columns; a link may be named beside them."""
    every = tuple(column.name for column in view.columns)
    if text is None:
        return every
    wanted: dict[str, None] = {}
    for name in _names(text, "$select"):
        if name == "*":
            wanted |= dict.fromkeys(every)
        elif view.column(name) is not None:
            wanted[name] = None
        elif view.link(name) is None:
            raise bad_request(f"$select: {view.name} has no column {name[:60]}.", "$select")
    return tuple(wanted) or every


def _order(text: str | None) -> tuple[Ordered, ...]:
    if text is None:
        return ()
    found = []
    for part in _names(text, "$orderby"):
        name, _, direction = part.partition(" ")
        way = direction.strip().lower() or "asc"
        if way not in {"asc", "desc"} or not re.fullmatch(r"\w+(/\w+)*", name, re.ASCII):
            raise bad_request(f"$orderby: {part[:60]} is no column with asc or desc.", "$orderby")
        found.append(Ordered(tuple(name.split("/")), way == "desc"))
    if len(found) > MAX_ORDER:
        raise bad_request(f"$orderby takes up to {MAX_ORDER} columns.", "$orderby")
    return tuple(found)


_ONE = re.compile(r"\s*(\w+|\*)\s*(?:\((.*?)\))?\s*(?:,|$)", re.ASCII)


def _expanded(view: View, text: str | None, readable: frozenset[str]) -> tuple[Expanded, ...]:
    if text is None:
        return ()
    found: dict[str, Expanded] = {}
    position = 0
    while position < len(text):
        one = _ONE.match(text, position)
        if one is None:
            raise _unreadable(text)
        position = one.end()
        name, inside = one.group(1), one.group(2)
        links = [link for link in view.links if link.view in readable and (link.name == name or name == "*")]
        if not links and name != "*":
            raise bad_request(f"$expand: {view.name} has no link {name[:60]}.", "$expand")
        for link in links:
            if name == "*" and link.many:
                continue
            found[link.name] = Expanded(link, _inner_columns(BY_NAME[link.view], inside))
    if not found:
        raise _unreadable(text)
    return tuple(found.values())


def _unreadable(text: str) -> ODataFailure:
    return bad_request(f"$expand: {text[:60]} is no list of links.", "$expand")


def _inner_columns(view: View, inside: str | None) -> tuple[str, ...]:
    if inside is None or not inside.strip():
        return tuple(column.name for column in view.columns)
    name, _, names = inside.partition("=")
    if name.strip().lower().removeprefix("$") != "select" or ";" in inside:
        raise not_implemented("$expand takes $select inside of it, and nothing else.", "$expand")
    return _selected(view, names)
