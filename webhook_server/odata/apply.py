"""Reading an ``$apply``: rows left out, grouped and added up.

Of https://docs.oasis-open.org/odata/odata-data-aggregation-ext/v4.0/odata-data-aggregation-ext-v4.0.html, section 3,
the transformations ``filter``, ``groupby`` and ``aggregate``: conditions, then one grouping or aggregation, then
conditions on its result.  Bounded as a ``$filter`` is.
"""

from __future__ import annotations

import re

from connector.store.feeds.aggregation import COUNT, METHODS, Aggregate, Aggregation
from connector.store.feeds.expressions import Expression, Property
from connector.store.feeds.views import View
from webhook_server.odata.failure import bad_request, not_implemented
from webhook_server.odata.filter import Parser
from webhook_server.odata.tokens import Kind

APPLY = "$apply"
TRANSFORMATIONS = ("filter", "groupby", "aggregate")
MAX_GROUPS, MAX_AGGREGATES = 10, 40
MAX_ALIAS = 50
"""Characters of a name that a request gives."""


def parse_apply(text: str, view: View) -> Aggregation:
    """Raises ODataFailure with what is wrong, and where."""
    return _ApplyParser(text, view).aggregation()


class _ApplyParser(Parser):
    def __init__(self, text: str, view: View) -> None:
        super().__init__(text, APPLY)
        self._view = view
        self._groups: list[tuple[str, ...]] = []
        self._aggregates: list[Aggregate] = []

    def aggregation(self) -> Aggregation:
        before: list[Expression] = []
        after: list[Expression] = []
        while True:
            name = self._name(TRANSFORMATIONS)
            self._need("(")
            adds_up = bool(self._groups or self._aggregates)
            if name == "filter":
                (after if adds_up else before).append(self._or())
            elif adds_up:
                raise not_implemented("$apply adds rows up once: one groupby or aggregate is read.", APPLY)
            elif name == "aggregate":
                self._read_aggregates()
            else:
                self._read_groups()
            self._need(")")
            if not self._mark("/"):
                break
        if self._next.kind is not Kind.END:
            raise self._unexpected()
        return Aggregation(tuple(before), tuple(self._groups), tuple(self._aggregates), tuple(after))

    def _name(self, known: tuple[str, ...]) -> str:
        if self._next.kind is not Kind.NAME:
            raise self._unexpected(f"one of {', '.join(known)}")
        name = self._take().text
        if name.lower() not in known:
            raise not_implemented(f"$apply: {name[:40]} is not supported here; {', '.join(known)} are.", APPLY)
        return name.lower()

    def _read_groups(self) -> None:
        self._need("(")
        while not self._groups or self._mark(","):
            if self._next.kind is not Kind.NAME:
                raise self._unexpected("a column")
            name = self._take().text
            if self._mark("("):
                raise not_implemented(f"$apply: groupby takes columns, and no {name[:40]}.", APPLY)
            path = tuple(name.split("/"))
            if path not in self._groups:
                self._groups.append(path)
        self._need(")")
        if len(self._groups) > MAX_GROUPS:
            raise bad_request(f"$apply groups by up to {MAX_GROUPS} columns.", APPLY)
        if self._mark(","):
            self._name(("aggregate",))
            self._need("(")
            self._read_aggregates()
            self._need(")")

    def _read_aggregates(self) -> None:
        while not self._aggregates or self._mark(","):
            self._aggregates.append(self._aggregate())
        if len(self._aggregates) > MAX_AGGREGATES:
            raise bad_request(f"$apply works out up to {MAX_AGGREGATES} values.", APPLY)

    def _aggregate(self) -> Aggregate:
        if self._word() == COUNT:
            self._take()
            return Aggregate(self._alias(), COUNT)
        operand = self._sum()
        if isinstance(operand, Property) and operand.path[-1] == COUNT:
            raise not_implemented("$apply: $count counts the rows themselves, and no rows of a link.", APPLY)
        if self._word() != "with":
            raise self._unexpected("with and how to add up")
        self._take()
        method = self._name(tuple(METHODS))
        if self._word() == "from":
            raise not_implemented("$apply: from is not supported here; with is followed by as.", APPLY)
        return Aggregate(self._alias(), method, operand)

    def _alias(self) -> str:
        if self._word() != "as":
            raise self._unexpected("as and a name")
        self._take()
        if self._next.kind is not Kind.NAME:
            raise self._unexpected("a name")
        alias = self._take().text
        if not re.fullmatch(r"[A-Za-z_]\w*", alias, re.ASCII) or len(alias) > MAX_ALIAS:
            raise bad_request(f"$apply: {alias[:60]} is no name of up to {MAX_ALIAS} letters and digits.", APPLY)
        taken = {one.alias for one in self._aggregates}
        if alias in taken or self._view.column(alias) is not None or self._view.link(alias) is not None:
            raise bad_request(f"$apply: there is a {alias} already; give it another name.", APPLY)
        return alias
