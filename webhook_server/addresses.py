"""Addresses of pages with their filters: a page of figures writes several hundred of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from werkzeug.datastructures import iter_multi_items
from werkzeug.routing import Rule

SAFE = "!$'()*,/:;?@"
"""Left as they are in a query, as Werkzeug does: https://url.spec.whatwg.org/#percent-encoded-bytes."""


class PageRule(Rule):
    """Werkzeug's own, but for how it writes a query, which took most of the time of an address.

    The links of a page have the same few names and values in them, each of which is quoted once.
    """

    def _encode_query_vars(self, query_vars: Mapping[str, Any]) -> str:
        return "&".join(
            f"{_quoted(str(name))}={_quoted(str(value))}"
            for name, value in iter_multi_items(query_vars)
            if value is not None
        )


@lru_cache(maxsize=4_096)
def _quoted(text: str) -> str:
    return quote_plus(text, safe=SAFE)
