"""Findings of all measures."""

from __future__ import annotations

from pydantic import Field

from connector.people.permissions import TokenScope
from connector.store.database.json_codec import from_json
from connector.store.database.row_level_access import visible_to
from connector.store.measures import measure_queries
from connector.store.measures.measure_queries import FindingSort, MeasureFilter
from governance.verdict import Finding
from webhook_server.api.known_filters import require_known
from webhook_server.api.measure_answers import finding_model
from webhook_server.api.measure_models import FindingModel
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import HierarchyModel, Model, Page, PageQuery, ShortText, from_cursor, make_page


class MeasureFinding(Model):
    measure: str
    key: str
    title: str | None
    url: str
    hierarchy: HierarchyModel
    legal_entity: str | None
    finding: FindingModel


class FindingsQuery(PageQuery):
    code: list[ShortText] = Field(default=[], max_length=50, description="Code of a finding: CREEP; one of several.")
    portfolio: list[ShortText] = Field(default=[], max_length=50, description="Name of the portfolio; one of several.")
    program: list[ShortText] = Field(default=[], max_length=50, description="Name of the program; one of several.")
    project: list[ShortText] = Field(default=[], max_length=50, description="Name of the project; one of several.")
    package: list[ShortText] = Field(default=[], max_length=50, description="Name of the package; one of several.")
    legal_entity: list[ShortText] = Field(default=[], max_length=50, description="Legal entity; one of several.")
    sort: FindingSort = Field(default=FindingSort.MEASURE, description="Order; with a minus the other way round.")


def list_findings(call: ApiCall) -> Page[MeasureFinding]:
    query = call.query_as(FindingsQuery)
    after = from_cursor(query.cursor, str, str, int)
    names = ("portfolio", "program", "project", "package", "legal_entity")
    equal = {name: values for name in names if (values := getattr(query, name))}
    with call.services.read_as(call.viewer) as connection:
        require_known(call, connection, equal, code=query.code)
        rows = measure_queries.list_findings(
            connection,
            MeasureFilter(equal, findings=query.code),
            visible_to(call.viewer),
            after=(str(after[0]), str(after[1]), int(after[2])) if after else None,
            limit=query.limit + 1,
            sort=query.sort,
        )
    items = [
        MeasureFinding(
            measure=row["id"],
            hierarchy=HierarchyModel.of(row),
            finding=finding_model(from_json(Finding, row["finding"])),
            **{name: row[name] for name in ("key", "title", "url", "legal_entity")},
        )
        for row in rows
    ]
    return make_page(items, query.limit, [(row[query.sort.column], row["id"], row["n"]) for row in rows])


OPERATIONS = (
    Operation(
        "GET",
        "/findings",
        "findings",
        "List findings",
        list_findings,
        Page[MeasureFinding],
        query=FindingsQuery,
        scope=TokenScope.FINDINGS_READ,
    ),
)
