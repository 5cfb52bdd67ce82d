"""Addresses of pages with their filters: a page of figures writes several hundred of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from werkzeug.routing import Rule

SAFE = "!$'()*,/:;?@"
"""Left as they are in a query, as Werkzeug does: https://url.spec.whatwg.org/#percent-encoded-bytes."""
SEVERAL = (list, tuple, set)


class PageRule(Rule):
    """Werkzeug's own, but for how it writes a query.

    That took most of the time of an address: the links of a page have the same few names and values in them, each of
    which is quoted once here.  A month is one value, though it is a tuple beneath.
    """

    def _encode_query_vars(self, query_vars: Mapping[str, Any]) -> str:
        return "&".join(f"{_quoted(name)}={_quoted(str(value))}" for name, value in _single(query_vars))


def _single(query_vars: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in query_vars.items():
        every = value if type(value) in SEVERAL else (value,)
        yield from ((name, one) for one in every if one is not None)


LONGEST_KEPT = 100
"""Characters: what somebody writes into a filter may be as long as an address, and must not fill the memory."""


def _quoted(text: str) -> str:
    return _kept(text) if len(text) <= LONGEST_KEPT else quote_plus(text, safe=SAFE)


@lru_cache(maxsize=4_096)
def _kept(text: str) -> str:
    return quote_plus(text, safe=SAFE)
