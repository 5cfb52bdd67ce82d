"""What the path of a request names: a view, one row by its key, a column of it, rows that a link leads to, a count.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html, section 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector.store.feeds.views import View, ViewColumn, ViewLink
from webhook_server.odata.failure import bad_request, not_found, not_implemented
from webhook_server.odata.tokens import Kind, Token, tokens

COUNT, VALUE = "$count", "$value"
PATH = "the address"


@dataclass(frozen=True, slots=True)
class Resource:
    view: View
    key: tuple[str, ...] = ()
    """Of one row, as text, in the order of the view's key; empty for all rows."""
    column: ViewColumn | None = None
    is_raw: bool = False
    """The bare value of the column is asked for."""
    link: ViewLink | None = None
    counts: bool = False
    """The number of rows alone is asked for."""


def parse_resource(path: str, views: dict[str, View]) -> Resource:
    """Raises ODataFailure."""
    found = re.match(r"(\w+)", path, re.ASCII)
    view = views.get(found.group(1)) if found else None
    if found is None or view is None:
        raise not_found(f"There is no entity set {path.partition('(')[0].partition('/')[0][:60]}.")
    key, rest = _key(view, path[found.end() :])
    parts = [part for part in rest.split("/") if part]
    if not key:
        if parts == [COUNT]:
            return Resource(view, counts=True)
        if parts:
            raise not_found(f"{view.name} has no part {parts[0][:60]}; one row is {view.name}(key).")
        return Resource(view)
    return _of_row(view, key, parts, views)


def _of_row(view: View, key: tuple[str, ...], parts: list[str], views: dict[str, View]) -> Resource:
    if not parts:
        return Resource(view, key)
    column, link = view.column(parts[0]), view.link(parts[0])
    if column is not None and parts[1:] in ([], [VALUE]):
        return Resource(view, key, column, is_raw=len(parts) > 1)
    if link is not None and link.view in views and (parts[1:] == [] or (link.many and parts[1:] == [COUNT])):
        return Resource(view, key, link=link, counts=len(parts) > 1)
    if column is None and (link is None or link.view not in views):
        raise not_found(f"{view.name} has neither a column nor a link {parts[0][:60]}.")
    raise not_implemented(f"An address goes no further than {view.name}(key)/{parts[0]}.")


def _key(view: View, text: str) -> tuple[tuple[str, ...], str]:
    """The values of the key, and what of the path follows it."""
    if not text.startswith("("):
        return (), text
    end, quoted = 0, False
    for position, letter in enumerate(text):
        quoted ^= letter == "'"
        if letter == ")" and not quoted:
            end = position
            break
    if end == 0:
        raise bad_request(f"The key of {view.name} has no end.")
    named: dict[str, str] = {}
    for part in _parts(text[1:end]):
        name, sign, value = part.partition("=") if re.match(r"\s*\w+\s*=", part) else ("", "", part)
        if not sign and len(view.key) > 1:
            raise bad_request(f"The key of {view.name} is {', '.join(f'{one}=…' for one in view.key)}.")
        named[name.strip() or view.key[0]] = _literal(value)
    if set(named) != set(view.key):
        raise bad_request(f"The key of {view.name} is {', '.join(f'{one}=…' for one in view.key)}.")
    return tuple(named[name] for name in view.key), text[end + 1 :]


def _parts(text: str) -> list[str]:
    """Between the commas that stand outside of quotes."""
    return [found.group() for found in re.finditer(r"(?:'(?:[^']|'')*'|[^,'])+", text)]


def _literal(text: str) -> str:
    found = [token for token in tokens(text, PATH) if token.kind is not Kind.END]
    if len(found) == 1 and found[0].kind is Kind.LITERAL and found[0].value is not None:
        return _as_text(found[0])
    raise bad_request(f"{text.strip()[:40]} is no value of a key.")


def _as_text(token: Token) -> str:
    if isinstance(token.value, bool):
        return "true" if token.value else "false"
    return str(token.value)
