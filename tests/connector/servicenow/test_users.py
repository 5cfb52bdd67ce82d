"""Who has written a journal entry, of which ServiceNow keeps the user name alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from connector.http.json_values import Json, JsonObject
from connector.servicenow.approvals import approvals_of
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.users import Users
from governance.measure import Person

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


class Instance:
    """``sys_user``, as far as it is asked here."""

    def __init__(self, *rows: JsonObject) -> None:
        self.rows = rows

    def query(self, _table: str, _query: object, _columns: object) -> tuple[JsonObject, ...]:
        return self.rows


def user(sys_id: str, login: str, name: str) -> JsonObject:
    return {"sys_id": sys_id, "user_name": login, "name": name, "active": "true"}


def by_login(*rows: JsonObject) -> object:
    return Users(cast("ServiceNowClient", Instance(*rows)), lambda: NOW).by_login(["brandt", "kaya"])


def test_a_user_name_of_two_people_names_nobody() -> None:
    """Another domain had a brandt as well, and what was written there was the sponsor's word."""
    kaya = user("3", "kaya", "A. Kaya")
    found = by_login(user("1", "brandt", "M. Brandt"), user("2", "brandt", "Max B."), kaya)
    assert found == {"kaya": Person("3", "A. Kaya", True, "kaya")}
    assert by_login(user("1", "brandt", "M. Brandt")) == {"brandt": Person("1", "M. Brandt", True, "brandt")}


def test_an_approver_whose_state_is_hidden_is_not_inactive() -> None:
    row: dict[str, Json] = {
        "sys_id": "a1",
        "sysapproval": "p",
        "approver": {"value": "1", "display_value": "M. Brandt"},
        "approver.user_name": "brandt",
        "state": "approved",
        "sys_updated_on": "2026-11-20 09:00:00",
        "sys_updated_by": "brandt",
    }
    states = [approvals_of([row | more])["p"][0].person.active for more in ({}, {"approver.active": "false"})]
    assert states == [None, False]
