"""Findings of all measures: what boards and tickets hide."""

from __future__ import annotations

from connector.store.database.json_codec import from_json
from connector.store.database.row_level_access import visible
from connector.store.measures import measure_queries
from connector.store.measures.measure_queries import Wanted
from governance.verdict import Finding
from webhook_server.api.measures import FindingModel, finding_model
from webhook_server.api.operation import Call, Operation
from webhook_server.api.values import Model, Page, Paged, Place, Word, from_cursor, page_of


class Found(Model):
    measure: str
    key: str
    title: str | None
    url: str
    place: Place
    legal_entity: str | None
    finding: FindingModel


class FindingsQuery(Paged):
    code: Word | None = None
    portfolio: Word | None = None
    program: Word | None = None
    project: Word | None = None
    package: Word | None = None
    legal_entity: Word | None = None


def list_findings(call: Call) -> Page[Found]:
    query = call.asked(FindingsQuery)
    after = from_cursor(query.cursor, str, int)
    names = ("portfolio", "program", "project", "package", "legal_entity")
    equal = {name: value for name in names if (value := getattr(query, name)) is not None}
    with call.services.reading(call.viewer) as connection:
        rows = measure_queries.findings(
            connection,
            Wanted(equal, finding=query.code),
            visible(call.viewer),
            after=(str(after[0]), int(after[1])) if after else None,
            limit=query.limit + 1,
        )
    items = [
        Found(
            measure=row["id"],
            place=Place.of(row),
            finding=finding_model(from_json(Finding, row["finding"])),
            **{name: row[name] for name in ("key", "title", "url", "legal_entity")},
        )
        for row in rows
    ]
    return page_of(items, query.limit, [(row["id"], row["n"]) for row in rows])


OPERATIONS = (
    Operation("GET", "/findings", "findings", "List findings", list_findings, Page[Found], query=FindingsQuery),
)
