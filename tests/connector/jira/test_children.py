"""Child items by each field that can hang one issue on another, and what is unknown of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from connector.http.json_values import JsonObject
from connector.jira.client import JiraClient, SearchPage
from connector.jira.evidence_scanner import JiraEvidenceScanner
from connector.jira.fields import OwnAccount, SiteFields
from connector.jira.reader import JiraReader
from connector.jira.scanner import JiraScanner
from governance.evidence import Children
from governance.facts import Unknown
from mapping.config import MappingConfig
from mapping.work_item import ConnectionName, NativeId

CUSTOM = {"customfield_1": "com.pyxis.greenhopper.jira:gh-epic-link", "customfield_2": "com.atlassian.jpo:jpo-custom-field-parent"}  # fmt: skip
NAMES = {"customfield_1": "Epic Link", "customfield_2": "Parent Link"}


class OneInitiative:
    """A Data Center with one initiative, whose search answers with these child items."""

    def __init__(self, *children: JsonObject) -> None:
        self.children = children
        self.queries: list[str] = []

    def fields(self) -> Sequence[JsonObject]:
        return [
            {"id": field, "name": NAMES[field], "schema": {"type": "any", "custom": custom}}
            for field, custom in CUSTOM.items()
        ]

    def bulk_fetch(self, issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        return [
            {
                "id": "10001",
                "key": "INI-1",
                "fields": {"status": {"name": "Open"}, "comment": {"comments": [], "total": 0}},
            }
        ]

    def search_page(self, jql: str, *_: object, **__: object) -> SearchPage:
        self.queries.append(jql)
        return SearchPage(self.children, None)

    def myself(self) -> JsonObject:
        return {"key": "JIRAUSER1"}


def child(**values: Any) -> JsonObject:
    done: JsonObject = {"name": "Done", "statusCategory": {"key": "done"}}
    return {"id": "10002", "key": "ITX-2", "fields": {"summary": "An epic", "status": done, **values}}


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ({"parent": {"id": "10001", "key": "INI-1"}}, 1),
        ({"customfield_1": "INI-1"}, 1),
        ({"customfield_2": "INI-1"}, 1),
        ({"customfield_2": {"hasEpicLinkFieldDependency": False, "data": {"id": 10001, "key": "INI-1"}}}, 1),
        ({"customfield_2": {"unread": True}}, None),
    ],
    ids=["parent", "Epic Link", "Parent Link", "Parent Link as an object", "of nobody knows whom"],
)
def test_children_by_parent_link_and_a_child_of_nobody_known(values: dict[str, Any], total: int | None) -> None:
    site = OneInitiative(child(**values))
    client = cast("JiraClient", site)
    reader = JiraReader(
        ConnectionName("jira-main"), "https://jira.acme.example", client,
        SiteFields(client, lambda: datetime.now(UTC)), OwnAccount(client),
    )  # fmt: skip
    found = reader.read([NativeId("10001")], frozenset()).items[NativeId("10001")].children
    if total is None:
        assert isinstance(found, Unknown)
        assert found.reason == "ITX-2 is somebody's child item, and Jira does not say whose"
    else:
        assert isinstance(found, Children)
        assert (found.total, found.done) == (total, 1)
    assert site.queries == ['parent in (10001) OR "Epic Link" in (INI-1) OR "Parent Link" in (INI-1) ORDER BY key'], (
        "keys are the documented form"
    )


@pytest.mark.parametrize(
    ("values", "parent"),
    [
        pytest.param({"parent": {"id": "10001", "key": "INI-1"}}, "10001", id="sub-task"),
        pytest.param({"customfield_1": "INI-1"}, "INI-1", id="Epic Link"),
        pytest.param({"customfield_2": "INI-1"}, "INI-1", id="Parent Link"),
        pytest.param(
            {"customfield_2": {"data": {"id": 10001, "key": "INI-1"}}}, "INI-1", id="Parent Link as an object"
        ),
    ],
)
def test_a_sweep_finds_the_parent_of_a_changed_child(values: dict[str, Any], parent: str) -> None:
    """Whose measures are read again; the child itself goes by its id and by its key."""
    client = cast("JiraClient", OneInitiative(child(updated="2026-10-05T09:00:00.000+0000", **values)))
    scanner = JiraScanner(client, lambda: timedelta(0))
    scanner._zone = ZoneInfo("UTC")
    fields, skew = SiteFields(client, lambda: datetime.now(UTC)), timedelta(0)
    found = JiraEvidenceScanner(ConnectionName("jira-main"), client, scanner, fields, lambda: skew)
    mapping = cast("MappingConfig", SimpleNamespace(measures=()))
    (changed,) = next(found.evidence_changes(mapping, datetime(2026, 10, 5, 8, 55, tzinfo=UTC)))
    assert parent in changed.targets
    assert (changed.names, changed.at) == (
        frozenset({"10002", "key:itx-2"}),
        datetime(2026, 10, 5, 9, 0, tzinfo=UTC),
    )
