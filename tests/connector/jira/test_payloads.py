"""Jira's bodies, captured and odd: each becomes a work item or a parsed event, none an exception."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import InvalidPayload
from connector.http.json_values import Json, JsonObject, as_object, parse_object
from connector.jira import adf
from connector.jira.event_parser import JiraEventParser
from connector.jira.fields import Field, FieldCatalogue, FieldProblem, NotResolved
from connector.jira.payloads import field_value, moment, work_item, worklog
from connector.jira.writer import field_json
from connector.sync.ports import IgnoredEvent, ItemsChanged, ParsedEvent
from governance.evidence import Children, OpenItem
from governance.facts import Unknown
from governance.measure import Person
from mapping.work_item import CommentEdit, ConnectionName, FieldName, NativeId, StatusCategory, WorkItem

ISSUE: JsonObject = {
    "id": "10001",
    "key": "ITX-1",
    "fields": {
        "summary": "Retire the legacy CRM",
        "status": {"name": "Backlog", "statusCategory": {"key": "new"}},
        "issuetype": {"name": "Epic"},
        "project": {"key": "ITX"},
        "labels": ["governed"],
        "components": [{"name": "CRM"}],
        "updated": "2026-11-20T10:11:12.345+0100",
        "issuelinks": [
            {"type": {"name": "Blocks"}, "inwardIssue": {"key": "NET-9", "fields": {"summary": "Firewall", "status": {"name": "Open"}}}},
            {"type": {"name": "Blocks"}, "inwardIssue": {"key": "NET-8", "fields": {"status": {"statusCategory": {"key": "done"}}}}},
            {"type": {"name": "Blocks"}, "outwardIssue": {"key": "NET-7", "fields": {}}},
            {"type": {"name": "Relates"}, "inwardIssue": {"key": "NET-6", "fields": {}}},
        ],
        "attachment": [{"id": "1"}],
        "comment": {
            "comments": [
                {
                    "id": "5",
                    "author": {"accountId": "b", "displayName": "M. Brandt", "active": True},
                    "body": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "/approve decided"}]}]},
                    "created": "2026-11-20T10:00:00.000+0000",
                }
            ]
        },
        "customfield_1": {"accountId": "s", "displayName": "S. Ponsor", "active": False},
        "customfield_2": None,
    },
}  # fmt: skip


def normalised(issue: JsonObject) -> WorkItem:
    fields = {
        FieldName("Sponsor"): Field("customfield_1", "Sponsor", "user", "userpicker"),
        FieldName("Baseline"): Field("customfield_2", "Baseline", "number", "float"),
        FieldName("Hidden"): Field("customfield_3", "Hidden", "string", "textfield"),
    }
    return work_item(
        issue, connection=ConnectionName("j"), base_url="https://acme.example", fields=fields, children=Children(0, 0)
    )


def test_an_issue_is_normalised() -> None:
    item = normalised(ISSUE)
    assert (item.native_id, item.key, item.project, item.type, item.status) == (
        "10001",
        "ITX-1",
        "ITX",
        "Epic",
        "Backlog",
    )
    assert item.status_category is StatusCategory.NEW
    assert item.fields == {"Sponsor": Person("s", "S. Ponsor", False), "Baseline": None}
    assert item.updated == datetime(2026, 11, 20, 9, 11, 12, 345000, tzinfo=UTC)
    assert item.url == "https://acme.example/browse/ITX-1"


def test_only_open_issues_that_block_this_one_are_blocking() -> None:
    assert normalised(ISSUE).blocking_links == (OpenItem("NET-9", "Firewall", "Open"),)


def test_links_that_were_not_returned_are_unknown() -> None:
    issue = {**ISSUE, "fields": {k: v for k, v in as_object(ISSUE["fields"]).items() if k != "issuelinks"}}
    assert normalised(issue).blocking_links == Unknown("the issue's links were not returned; is linking switched on?")


CREATED = "2026-11-20T08:00:00.000+0000"
LATER = "2026-11-20T09:30:00.000+0000"
MALLORY = {"accountId": "x", "displayName": "Mallory"}
AUTHOR = {"accountId": "b", "displayName": "M. Brandt"}
AT_LATER = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parts", "edit", "authors_word"),
    [
        pytest.param({"updated": CREATED, "updateAuthor": AUTHOR}, None, True, id="never edited"),
        pytest.param({"updated": CREATED}, None, True, id="never edited, and no editor is named"),
        pytest.param(
            {"updated": LATER, "updateAuthor": AUTHOR}, CommentEdit(AT_LATER, Person("b", "M. Brandt")), True, id="own edit"
        ),
        pytest.param(
            {"updated": LATER, "updateAuthor": MALLORY}, CommentEdit(AT_LATER, Person("x", "Mallory")), False,
            id="edited by somebody else",
        ),
        pytest.param({"updated": LATER}, CommentEdit(AT_LATER, None), False, id="the editor cannot be read"),
        pytest.param({"updated": LATER, "updateAuthor": None}, CommentEdit(AT_LATER, None), False, id="no editor"),
    ],
)  # fmt: skip
def test_a_comment_is_its_authors_word_unless_somebody_else_edited_it(
    parts: dict[str, object], edit: CommentEdit | None, authors_word: bool
) -> None:
    issue = json.loads(json.dumps(ISSUE))
    comment = {"id": "1", "author": AUTHOR, "created": CREATED, "body": "/approve decided"}
    issue["fields"]["comment"] = {"comments": [comment | parts], "total": 1}
    (read,) = normalised(issue).comments
    assert (read.author.id, read.edit, read.is_authors_word) == ("b", edit, authors_word)
    assert read.given_at == (AT_LATER if edit and authors_word else datetime(2026, 11, 20, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("block", "complete"),
    [
        ({"comments": [], "total": 0}, True),
        ({"comments": []}, False),
        ({"comments": [], "total": 21}, False),
        ({}, False),
        (None, False),
        ([], False),
    ],
)
def test_comments_that_did_not_come_along_are_not_gone(block: object, complete: bool) -> None:
    issue = json.loads(json.dumps(ISSUE))
    issue["fields"]["comment"] = block
    assert normalised(issue).all_comments is complete


def test_a_comment_of_an_account_that_is_gone_is_still_there() -> None:
    issue = json.loads(json.dumps(ISSUE))
    del issue["fields"]["comment"]["comments"][0]["author"]
    (read,) = normalised(issue).comments
    assert (read.author.id, read.text) == ("", "/approve decided")


def test_a_comment_that_few_may_read_says_so() -> None:
    issue = json.loads(json.dumps(ISSUE))
    issue["fields"]["comment"]["comments"][0]["visibility"] = {"type": "role", "value": "Administrators"}
    assert normalised(issue).comments[0].restricted
    assert not normalised(ISSUE).comments[0].restricted


@pytest.mark.parametrize(
    ("value", "kind", "custom", "expected"),
    [
        (12.5, "number", "float", Decimal("12.5")),
        (float("inf"), "number", "float", "inf"),
        (float("nan"), "number", "float", "nan"),
        (1e300, "number", "float", "1e+300"),
        ("1e999", "number", "float", "1e999"),
        ("sNaN", "number", "float", "sNaN"),
        ("2026-10-31", "date", "datepicker", date(2026, 10, 31)),
        ({"value": "Green", "id": "1"}, "option", "select", "Green"),
        ({"value": "A", "child": {"value": "B"}}, "option-with-child", "cascadingselect", "A / B"),
        ([{"value": "x"}, {"value": "y"}], "array", "multicheckboxes", ("x", "y")),
        ({"hasEpicLinkFieldDependency": False}, "any", "", None),
        ("{}", "any", "", "{}"),
        ({"type": "doc", "content": []}, "string", "textarea", ""),
    ],
)
def test_a_field_is_read_by_its_schema(value: Json, kind: str, custom: str, expected: object) -> None:
    assert field_value(value, Field("customfield_9", "x", kind, custom)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-08-27T19:43:24.193-0700", datetime(2019, 8, 28, 2, 43, 24, 193000, tzinfo=UTC)),
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("12/25/2019, 10:22:20 AM", None),
        (1, None),
    ],
)
def test_moments_of_every_generation(text: Json, expected: datetime | None) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize("content", ["one", "one\ntwo", "Cannot close yet: 41,000 EUR · since 12 Oct"])
def test_text_survives_the_way_into_a_document_and_back(content: str) -> None:
    assert adf.to_text(adf.from_text(content)) == content


# --- field names ---------------------------------------------------------------------------------------

CATALOGUE = FieldCatalogue(
    [
        Field("summary", "Summary", "string", ""),
        Field("customfield_1", "Gate", "option", "select"),
        Field("customfield_2", "Sponsor", "user", "userpicker"),
        Field("customfield_3", "Program", "string", "textfield"),
        Field("customfield_4", "Program", "string", "textfield"),
    ]
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gate", Field("customfield_1", "Gate", "option", "select")),
        ("customfield_1", Field("customfield_1", "Gate", "option", "select")),
        ("Title", Field("summary", "Summary", "string", "")),
        (
            "Sponser",
            FieldProblem("Sponser", NotResolved.MISSING, 'no field is called "Sponser". Did you mean "Sponsor"?'),
        ),
        (
            "Program",
            FieldProblem(
                "Program",
                NotResolved.AMBIGUOUS,
                '2 fields are called "Program" (customfield_3, customfield_4); rename all but one, or write the id instead',
            ),
        ),
    ],
)
def test_a_name_is_one_field_or_a_problem_with_a_hint(name: str, expected: object) -> None:
    assert CATALOGUE.resolve(name) == expected


@pytest.mark.parametrize(
    ("value", "kind", "custom", "sent"),
    [
        ("Blocked", "option", "select", {"value": "Blocked"}),
        (Decimal("12.50"), "number", "float", 12.5),
        (Decimal(12), "number", "float", 12),
        (None, "option", "select", None),
        ("a\nb", "string", "textfield", "a · b"),
        ("x" * 300, "string", "textfield", "x" * 254 + "…"),
    ],
)
def test_a_value_is_sent_in_its_fields_form(value: str | Decimal | None, kind: str, custom: str, sent: object) -> None:
    assert field_json(value, Field("f", "F", kind, custom), str) == sent


# --- events --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (
            {"webhookEvent": "jira:issue_updated", "issue": {"id": "1", "key": "A-1"}},
            ItemsChanged("jira:issue_updated", (NativeId("1"),)),
        ),
        (
            {"webhookEvent": "jira:issue_updated", "issue": {"id": "2", "fields": {"parent": {"id": "1"}}}},
            ItemsChanged("jira:issue_updated", (NativeId("2"), NativeId("1"))),
        ),
        (
            {"webhookEvent": "jira:issue_deleted", "issue": {"id": "2", "fields": {"parent": {"id": "1"}}}},
            ItemsChanged("jira:issue_deleted", (NativeId("2"), NativeId("1")), deleted=NativeId("2")),
        ),
        (
            {"webhookEvent": "jira:issue_moved", "issue": {"key": "abc-7"}},
            ItemsChanged("jira:issue_moved", (NativeId("ABC-7"),)),
        ),
        (
            {"webhookEvent": "comment_created", "comment": {"self": "https://x/rest/api/2/issue/17334/comment/18977"}},
            ItemsChanged("comment_created", (NativeId("17334"),)),
        ),
        (
            {"webhookEvent": "worklog_created", "worklog": {"issueId": "12"}},
            ItemsChanged("worklog_created", (NativeId("12"),)),
        ),
        (
            {"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 3, "destinationIssueId": 4}},
            ItemsChanged("issuelink_created", (NativeId("3"), NativeId("4"))),
        ),
        ({"webhookEvent": "sprint_started"}, IgnoredEvent("sprint_started", "sprint events concern no single issue")),
        (
            {"webhookEvent": "jira:version_released"},
            IgnoredEvent("jira:version_released", "version events concern no single issue"),
        ),
        ({"issue": {"key": "not a key"}}, IgnoredEvent("no event name", "the event names no issue")),
        ({"webhookEvent": 5, "issue": "text"}, IgnoredEvent("5", "the event names no issue")),
    ],
)
def test_an_event_names_the_issues_that_changed(body: JsonObject, parsed: ParsedEvent) -> None:
    assert JiraEventParser().parse(json.dumps(body).encode()) == parsed


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "key", "fields", "issue", "parent", "status", "comment", "comments", "author", "name", "content", "type"]), inner),
    max_leaves=15,
)  # fmt: skip


@given(json_values)
def test_no_json_raises_anything_but_our_own_error(value: Json) -> None:
    raw = json.dumps({"webhookEvent": "jira:issue_updated", "issue": value}).encode()
    JiraEventParser().parse(raw)
    normalised(as_object(parse_object(raw)["issue"]))
    normalised({"fields": value})


def test_every_captured_event_is_parsed(shared: Path) -> None:
    counts = {"items changed": 0, "no interest": 0, "no json": 0}
    for file in sorted((shared / "payloads").glob("jira-*-webhook/*/*.json")):
        try:
            parsed = JiraEventParser().parse(file.read_bytes())
        except InvalidPayload:
            counts["no json"] += 1
        else:
            counts["items changed" if isinstance(parsed, ItemsChanged) else "no interest"] += 1
    # Every event about an issue names it; the others are about sprints, boards, users, or a logger's line.
    assert sum(counts.values()) >= 100
    assert counts["items changed"] >= 0.7 * sum(counts.values()), counts


def test_every_captured_issue_is_normalised(shared: Path) -> None:
    """Nothing raises; what an issue did not show is counted, so that a reader that loses more is noticed."""
    lost: Counter[str] = Counter()
    for file in sorted((shared / "payloads").glob("jira-rest-*/*/*.json")):
        try:
            document = parse_object(file.read_bytes())
        except InvalidPayload:
            continue
        listed = document.get("issues")
        for issue in [document, *(listed if isinstance(listed, list) else [])]:
            item = normalised(as_object(issue))
            if not (item.native_id and "fields" in as_object(issue)):
                continue
            lost["issues"] += 1
            lost["no key"] += not item.key
            lost["no status"] += not item.status
            lost["no status category"] += item.status_category is StatusCategory.UNKNOWN
            lost["no type"] += not item.type
            lost["no project"] += not item.project
            lost["no moment of change"] += item.updated is None
            lost["links unknown"] += isinstance(item.blocking_links, Unknown)
            lost["attachments unknown"] += isinstance(item.attachments, Unknown)
    assert lost["issues"] >= 200
    # What the corpus itself lacks: partial responses, excerpts of documentation, responses of version 2 of the API.
    most = {"no key": 0, "no status": 35, "no status category": 69, "no type": 33, "no project": 32,
            "no moment of change": 36, "links unknown": 36}  # fmt: skip
    assert {part: lost[part] for part in most if lost[part] > most[part]} == {}, lost


def _document(*nodes: tuple[str, str]) -> dict[str, object]:
    def paragraph(text: str) -> dict[str, object]:
        return {"type": "paragraph", "content": [{"type": "text", "text": text}]}

    content = [
        {"type": kind, "content": [{"type": "text", "text": text}] if kind == "codeBlock" else [paragraph(text)]}
        for kind, text in nodes
    ]
    return {"type": "doc", "version": 1, "content": content}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (_document(("blockquote", "/approve decided"), ("panel", "No.")), "No."),
        (_document(("codeBlock", "/approve decided"), ("panel", "/reject decided no")), "/reject decided no"),
        ("{quote}\n/approve decided\n{quote}\nNo.", "\nNo."),
        ("{code:title=x}\n/approve decided\n{code}\nNo.", "\nNo."),
        ("{noformat}/approve decided{noformat}No.", "No."),
        ("{quote}\n/approve decided", "{quote}\n/approve decided"),
    ],
    ids=["quote", "code", "wiki quote", "wiki code", "wiki without format", "a mark alone"],
)
def test_a_command_that_somebody_quotes_is_not_theirs(body: object, said: str) -> None:
    assert adf.to_text(body, commands=True) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "is_app"), [("app", True), ("atlassian", False), ("customer", False), (None, False)])
def test_the_account_of_an_app_is_told_from_a_persons(kind: str | None, is_app: bool) -> None:
    user: dict[str, Json] = {"accountId": "1", "displayName": "Automation for Jira", "active": True}
    user |= {"accountType": kind} if kind else {}
    found = field_value(user, Field("customfield_9", "Sponsor", "user", ""))
    assert isinstance(found, Person)
    assert found.is_app is is_app


@pytest.mark.parametrize(
    ("started", "zone", "day"),
    [
        ("2026-11-01T03:30:00.000+0000", "America/New_York", date(2026, 10, 31)),
        ("2026-10-31T16:30:00.000+0000", "Asia/Tokyo", date(2026, 11, 1)),
        ("2026-10-31T23:30:00.000-0500", None, date(2026, 11, 1)),
        ("2026-10-31T23:30:00.000+0000", "Mars/Olympus", date(2026, 10, 31)),
        ("2026-10-31T23:30:00.000+0000", "../etc", date(2026, 10, 31)),
    ],
)
def test_hours_belong_to_the_day_of_whoever_worked(started: str, zone: str | None, day: date) -> None:
    """A hidden zone and one that is not known are UTC."""
    author: JsonObject = {"accountId": "5b10", "displayName": "A. Kaya", "timeZone": zone}
    log: JsonObject = {"id": "7", "author": author, "started": started, "timeSpentSeconds": 5400}
    assert list(worklog(log, date(2026, 10, 1))) == [("5b10", day, Decimal("1.5"), "7")]
    assert list(worklog(log, date(2026, 11, 2))) == []
