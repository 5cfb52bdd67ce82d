"""Answers of the feed: rows, one row, a column, a count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from urllib.parse import quote, urlencode

from flask import Response, request
from sqlalchemy import Connection

from connector.store.feeds.aggregation import Aggregation, GroupsRequest, count_groups, read_groups
from connector.store.feeds.expressions import Binary, Expression, Literal, Property
from connector.store.feeds.reading import FeedPage, FeedRequest, count_rows, read_page
from connector.store.feeds.sources import Source
from connector.store.feeds.views import BY_NAME, View
from webhook_server.odata.apply import parse_apply
from webhook_server.odata.failure import bad_request, not_found, not_implemented
from webhook_server.odata.negotiation import ControlInformation, Form, page_size
from webhook_server.odata.options import Options, read_options, skip_token
from webhook_server.odata.resource import Resource


@dataclass(frozen=True, slots=True)
class Feed:
    """What every answer of one request needs."""

    connection: Connection
    source: Source
    form: Form
    root: str
    """The address of the service, without a slash at its end."""
    given: Mapping[str, str]

    def options(self, view: View) -> Options:
        return read_options(view, self.given, self.source.views)

    @property
    def context(self) -> str:
        return f"{self.root}/$metadata"


def answer(feed: Feed, resource: Resource) -> Response:
    """Raises ODataFailure, WrongCondition, NotKept."""
    if resource.link is not None:
        return _linked(feed, resource)
    if resource.column is not None:
        return _column(feed, resource)
    if resource.key:
        return _row(feed, resource.view, resource.key)
    return _rows(feed, resource.view, resource.counts, None, resource.view.name)


def _rows(feed: Feed, view: View, only_count: bool, beside: Expression | None, path: str) -> Response:
    beside_it = () if beside is None else (beside,)
    applied = parse_apply(feed.given["apply"], view) if "apply" in feed.given else Aggregation()
    if applied.adds_up:
        asked_of = replace(applied, before=(*beside_it, *applied.before))
        return _groups(feed, view, asked_of, path, only_count=only_count)
    options = feed.options(view)
    conditions = (*beside_it, *applied.before, *(() if options.where is None else (options.where,)))
    where = reduce(lambda one, other: Binary("and", one, other), conditions) if conditions else None
    size, preferred = page_size(expanded=any(one.link.many for one in options.expanded))
    limit = size if options.top is None else min(size, options.top)
    asked = FeedRequest(
        view, options.columns, where, order=options.order, after=options.after, limit=max(limit, 1), skip=options.skip,
        expanded=options.expanded, amounts_as_text=feed.form.amounts_as_text,
    )  # fmt: skip
    if only_count:
        return Response(str(count_rows(feed.connection, feed.source, asked)), mimetype="text/plain")
    page = read_page(feed.connection, feed.source, asked) if limit else FeedPage((), None)
    parts = []
    if feed.form.control is not ControlInformation.NONE:
        parts.append(f'"@odata.context":{json.dumps(f"{feed.context}#{view.name}{_shape(options)}")}')
    if options.counts:
        parts.append(f'"@odata.count":{count_rows(feed.connection, feed.source, replace(asked, after=None))}')
    parts.append(f'"value":[{",".join(page.rows)}]')
    left = None if options.top is None else options.top - len(page.rows)
    if page.after is not None and left != 0:
        parts.append(f'"@odata.nextLink":{json.dumps(_next(feed, path, page.after, left))}')
    made = Response("{" + ",".join(parts) + "}", content_type=feed.form.media_type)
    if preferred:
        made.headers["Preference-Applied"] = f"odata.maxpagesize={size}"
    return made


def _groups(feed: Feed, view: View, applied: Aggregation, path: str, *, only_count: bool) -> Response:
    """What ``$apply`` makes of the rows: the other options are about its result."""
    for name in ("select", "expand", "skiptoken"):
        if name in feed.given:
            raise not_implemented(f"${name} is not read beside $apply: group by what is wanted.", f"${name}")
    options = feed.options(view)
    if options.where is not None:
        applied = replace(applied, after=(*applied.after, options.where))
    size, preferred = page_size(expanded=False)
    limit = size if options.top is None else min(size, options.top)
    annotated = feed.form.control is not ControlInformation.NONE
    asked = GroupsRequest(view, applied, options.order, limit, options.skip, feed.form.amounts_as_text, annotated)
    if only_count:
        return Response(str(count_groups(feed.connection, feed.source, asked)), mimetype="text/plain")
    rows, more = read_groups(feed.connection, feed.source, asked)
    parts = []
    if annotated:
        parts.append(f'"@odata.context":{json.dumps(f"{feed.context}#{view.name}({_applied_shape(applied)})")}')
    if options.counts:
        parts.append(f'"@odata.count":{count_groups(feed.connection, feed.source, asked)}')
    parts.append(f'"value":[{",".join(rows)}]')
    left = None if options.top is None else options.top - len(rows)
    if more and left != 0:
        following = _address(feed, path, {"skip", "top", "count"}, options.skip + len(rows), left)
        parts.append(f'"@odata.nextLink":{json.dumps(following)}')
    made = Response("{" + ",".join(parts) + "}", content_type=feed.form.media_type)
    if preferred:
        made.headers["Preference-Applied"] = f"odata.maxpagesize={size}"
    return made


def _address(feed: Feed, path: str, dropped: set[str], skip: int, left: int | None) -> str:
    kept = {name if name == "on" else f"${name}": value for name, value in feed.given.items() if name not in dropped}
    kept["$skip"] = str(skip)
    if left is not None:
        kept["$top"] = str(left)
    return f"{feed.root}/{quote(path, safe=SAFE)}?{urlencode(kept, quote_via=quote, safe='$')}"


def _applied_shape(applied: Aggregation) -> str:
    """``of_measure(program),Total``"""
    nested: dict[str, list[tuple[str, ...]]] = {}
    for path in applied.groups:
        nested.setdefault(path[0], []).append(path[1:])
    names = [
        name if not any(some) else f"{name}({_applied_shape(Aggregation(groups=tuple(some)))})"
        for name, some in nested.items()
    ]
    return ",".join([*names, *(one.alias for one in applied.aggregates)])


def _next(feed: Feed, path: str, after: tuple[str | None, ...], left: int | None) -> str:
    dropped = {"skip", "top", "skiptoken", "count"}
    kept = {name if name == "on" else f"${name}": value for name, value in feed.given.items() if name not in dropped}
    if left is not None:
        kept["$top"] = str(left)
    kept["$skiptoken"] = skip_token(after)
    return f"{feed.root}/{quote(path, safe=SAFE)}?{urlencode(kept, quote_via=quote, safe='$')}"


SAFE = "/()',=$-_.~"


def _row(feed: Feed, view: View, key: tuple[str, ...]) -> Response:
    options = feed.options(view)
    found = _one(feed, FeedRequest(view, options.columns, key=key, expanded=options.expanded,
                                   amounts_as_text=feed.form.amounts_as_text))  # fmt: skip
    context = ""
    if feed.form.control is not ControlInformation.NONE:
        context = f'"@odata.context":{json.dumps(f"{feed.context}#{view.name}{_shape(options)}/$entity")},'
    return Response(f"{{{context}{found[1:]}", content_type=feed.form.media_type)


def _column(feed: Feed, resource: Resource) -> Response:
    column = resource.column
    if column is None:
        raise TypeError("the resource has no column")
    as_text = feed.form.amounts_as_text and not resource.is_raw
    row = _one(feed, FeedRequest(resource.view, (column.name,), key=resource.key, amounts_as_text=as_text))
    # As the database wrote it: an amount keeps its digits.
    written = row[row.index(":") + 1 : -1]
    if written == "null":
        return Response(status=204)
    if resource.is_raw:
        value = json.loads(written) if written.startswith('"') else written
        return Response(str(value), mimetype="text/plain")
    key = ",".join(f"'{value}'" for value in resource.key)
    context = json.dumps(f"{feed.context}#{resource.view.name}({key})/{column.name}")
    return Response(f'{{"@odata.context":{context},"value":{written}}}', content_type=feed.form.media_type)


def _linked(feed: Feed, resource: Resource) -> Response:
    link = resource.link
    if link is None:
        raise TypeError("the resource has no link")
    ours = tuple(here for here, _ in link.columns)
    row = json.loads(_one(feed, FeedRequest(resource.view, ours, key=resource.key)))
    there = BY_NAME[link.view]
    if not link.many and any(row[here] is None for here in ours):
        return Response(status=204)
    if not link.many:
        return _row(feed, there, tuple(str(row[here]) for here in ours))
    same = [Binary("eq", Property((theirs,)), Literal(row[here])) for here, theirs in link.columns]
    return _rows(feed, there, resource.counts, reduce(lambda one, other: Binary("and", one, other), same), _path())


def _path() -> str:
    """Of this request, below the service's root."""
    return str((request.view_args or {}).get("path", ""))


def _one(feed: Feed, asked: FeedRequest) -> str:
    page = read_page(feed.connection, feed.source, asked)
    if not page.rows:
        raise not_found(f"There is no such row of {asked.view.name}, or you may not see it.")
    return page.rows[0]


def _shape(options: Options) -> str:
    """What of the columns is there, as the context says it."""
    if not (options.is_selected or options.expanded):
        return ""
    names = list(options.columns) if options.is_selected else []
    names += [f"{one.link.name}({','.join(one.columns)})" for one in options.expanded]
    return f"({','.join(names)})"


def refuse_options_of_a_row(given: Mapping[str, str]) -> None:
    """One row has no order, no filter and no pages.  Raises ODataFailure."""
    wrong = [name for name in given if name not in {"select", "expand", "format", "on"}]
    if wrong:
        raise bad_request(f"${wrong[0]} is for many rows, and the address names one.", f"${wrong[0]}")
