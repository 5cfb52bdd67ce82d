"""Shapes of values that sites really send: each is read, or told as unread; none becomes an empty field or nobody."""

from __future__ import annotations

import pytest

from connector.http.json_values import Json
from connector.jira.fields import Field
from connector.jira.payloads import UNREAD, field_value, parents_of, work_item
from governance.evidence import Children
from governance.measure import Person
from mapping.work_item import ConnectionName, FieldValue

ANY = Field("customfield_1", "Some field", "any", "")
PARENT_LINK: Json = {"hasEpicLinkFieldDependency": False, "showField": True, "data": {"id": 10400, "key": "INI-4"}}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param(PARENT_LINK, "INI-4", id="Parent Link object"),
        pytest.param({"displayName": "Aylin Kaya"}, "Aylin Kaya", id="a user with a display name only"),
        pytest.param([{"displayName": "Aylin Kaya"}], ("Aylin Kaya",), id="users with display names only"),
        pytest.param({"accountId": "a1"}, Person("a1", "a1"), id="a user with an id only"),
        pytest.param({"workspaceId": "w", "id": "w:7", "objectId": "7"}, "w:7", id="an asset"),
        pytest.param({"currentStatus": {"status": "OPEN"}}, UNREAD, id="an object that nobody has described"),
        pytest.param({}, None, id="an empty object"),
        pytest.param(None, None, id="empty"),
        pytest.param({"value": "A", "child": {"value": "B"}}, "A / B", id="cascading choice"),
    ],
)
def test_a_value_is_read_or_told_as_unread(value: Json, read: FieldValue) -> None:
    assert field_value(value, ANY) == read


def test_a_date_that_is_an_object_is_not_empty() -> None:
    assert field_value({"start": "2026-01-01"}, Field("c", "Start", "date", "datepicker")) == UNREAD


@pytest.mark.parametrize(
    ("fields", "parents"),
    [
        ({"parent": {"id": "10", "key": "ITX-1"}}, ("10", "ITX-1")),
        ({"epic": "ITX-2"}, ("ITX-2",)),
        ({"above": PARENT_LINK}, ("10400", "INI-4")),
        ({"parent": {"id": "10"}, "epic": "ITX-2", "above": "INI-4"}, ("10", "ITX-2", "INI-4")),
        ({"epic": None}, ()),
    ],
)
def test_every_way_in_which_an_issue_hangs_on_another_is_read(
    fields: dict[str, Json], parents: tuple[str, ...]
) -> None:
    assert parents_of(fields, ("epic", "above")) == parents


def test_an_author_without_an_id_is_shown_by_name_and_an_undated_comment_is_not_unheard() -> None:
    said: Json = {
        "id": "1",
        "author": {"displayName": "A. Kaya"},
        "created": "2026-01-05T08:00:00.000+0000",
        "body": "x",
    }
    undated: Json = {"id": "2", "author": {"accountId": "b"}, "created": None, "body": "/gate reject"}

    def read(*comments: Json) -> tuple[list[Person], bool]:
        issue: dict[str, Json] = {
            "id": "1",
            "key": "ITX-1",
            "fields": {"comment": {"comments": list(comments), "total": len(comments)}},
        }
        item = work_item(
            issue, connection=ConnectionName("j"), base_url="https://a.example", fields={}, children=Children(0, 0)
        )
        return [comment.author for comment in item.comments], item.all_comments

    assert read(said) == ([Person("", "A. Kaya", active=False)], True)
    assert read(said, undated) == ([Person("", "A. Kaya", active=False)], False)
