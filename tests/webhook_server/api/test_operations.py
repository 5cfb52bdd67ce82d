"""The API: who sees what, what each operation answers, and the exact text of its problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from connector.people.permissions import Role, RoleGrant
from connector.people.token_scopes import held_scopes
from connector.store.database.json_codec import to_json
from governance.kill_evaluation import CriterionState
from mapping.load import LoadedMapping
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import JIRA, StoreFixture, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, forecast_later, loaded, record_assessment
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api_server import ApiServer, api_server, problem_of

__all__ = ["loaded", "store"]


@pytest.fixture
def api(store: StoreFixture, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    with api_server(store, loaded, tmp_path) as here:
        yield here


# --- who asks -------------------------------------------------------------------------------------------------


def test_without_a_token_the_api_answers_401(api: ApiServer) -> None:
    answer = api.get("nobody", "/measures")
    assert problem_of(answer) == (
        401, "The bearer token is missing or wrong.", "Send Authorization: Bearer <token>.",
    )  # fmt: skip
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gatepost"'


@pytest.mark.parametrize("sent", ["Bearer wrong", "Basic YTpi", "Bearer", "Bearer éééééééééééééééééééééééééé"])
def test_a_wrong_token_is_refused(api: ApiServer, sent: str) -> None:
    assert api.get("nobody", "/measures", Authorization=sent).status_code == 401


def test_the_token_of_the_settings_reads_and_changes_nothing(api: ApiServer) -> None:
    assert len(api.get("settings", "/measures").get_json()["items"]) == 2
    assert problem_of(api.post("settings", "/reassess", {"connection": "jira-main", "native_id": "10001"})) == (
        403, "This needs the role operator or administrator.", "Ask an administrator of Gatepost for it.",
    )  # fmt: skip


def test_a_role_that_is_not_sufficient_is_refused(api: ApiServer) -> None:
    api.person("viewer", RoleGrant(Role.VIEWER))
    assert problem_of(api.get("viewer", "/subscriptions")) == (
        403, "This needs the role integrator or administrator.", "Ask an administrator of Gatepost for it.",
    )  # fmt: skip


def test_everybody_sees_their_part_and_the_rest_is_not_there(api: ApiServer) -> None:
    api.person("exit", RoleGrant(Role.VIEWER, ("IT", "Cloud exit")))
    api.person("stranger")
    assert [one["key"] for one in api.get("exit", "/measures").get_json()["items"]] == ["ITX-1"]
    assert problem_of(api.get("exit", "/measures/ITX-2")) == (
        404, 'There is no measure "ITX-2".', "Name it by its key or id.",
    )  # fmt: skip
    for path in ("explain", "history", "effect-lines", "decisions", "commands"):
        assert api.get("exit", f"/measures/jira-main/10002/{path}").status_code == 404
    assert api.get("exit", "/gates/ITX-2/detailed").status_code == 404
    assert api.get("stranger", "/measures").get_json() == {"items": [], "next": None}
    assert {one["key"] for one in api.get("exit", "/findings").get_json()["items"]} <= {"ITX-1"}
    assert {one["subject"] for one in api.get("exit", "/audit").get_json()["items"]} == {"jira-main/10001"}
    assert api.get("exit", "/outbox").get_json()["items"][0]["key"] == "ITX-1"
    (number,) = {one["number"] for one in api.get("admin", "/measures/ITX-2/decisions").get_json()["items"]}
    assert api.get("exit", f"/decisions/{number}").status_code == 404


def test_who_holds_a_role_in_the_tool_sees_that_measure(api: ApiServer) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    assert len(api.get("kaya", "/measures").get_json()["items"]) == 2
    assert api.get("kaya", "/me").get_json()["accounts"] == [{"connection": "jira-main", "id": "k"}]


# --- measures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ITX-1", "itx-1", "jira-main/10001", "jira-main%2F10001"])
def test_a_measure_is_named_by_key_or_id(api: ApiServer, name: str) -> None:
    assert api.get("admin", f"/measures/{name}").get_json()["measure"]["key"] == "ITX-1"
    found = api.get("admin", f"/measures/{name}/explain").get_json()
    assert (found["key"], found["verdict"]["gate"]) == ("ITX-1", "blocked")
    assert found["lines"][0].startswith("Cannot move into Detailed yet: ")


def test_as_plain_text_it_is_the_checklist(api: ApiServer) -> None:
    answer = api.get("admin", "/measures/ITX-1/explain", Accept="text/plain")
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("ITX-1 Retire the legacy CRM\n\nCannot move into Detailed yet: ")


def test_a_measure_has_its_figures_as_texts_and_what_blocks_it(api: ApiServer) -> None:
    found = api.get("admin", "/measures/ITX-1").get_json()
    assert found["measure"]["figures"] == {
        "plan": {"amount": "600.00", "currency": "EUR"}, "forecast": None, "actual": None, "variance": None,
    }  # fmt: skip
    assert found["measure"]["hierarchy"] == {
        "portfolio": "IT", "program": "Cloud exit", "project": "ITX", "package": "CRM of governed",
    }  # fmt: skip
    gates = found["measure"]["gates"]
    assert (gates["may_enter"], gates["next"]["stage"], found["off_ramp"]) == (["identified"], "detailed", None)
    assert gates["next"]["blockers"]
    assert api.get("admin", "/gates/ITX-1/detailed").get_json()["gates"] == gates
    assert api.get("admin", "/measures").get_json()["items"][0]["gates"] == gates
    assert {one["outcome"] for one in found["checklist"]} == {"met", "unmet", "unknown"}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", ["ITX-1", "ITX-2"]),
        ("?program=Branches", ["ITX-2"]),
        ("?program=Branches&program=Cloud%20exit", ["ITX-1", "ITX-2"]),
        ("?next_state=blocked&stage=identified", ["ITX-1", "ITX-2"]),
        ("?next_state=waiting&next_state=breach", []),
        ("?may_enter=identified", ["ITX-1", "ITX-2"]),
        ("?may_enter=detailed", []),
        ("?sort=-key", ["ITX-2", "ITX-1"]),
        ("?person=jira-main/k", ["ITX-1", "ITX-2"]),
        ("?q=legacy%20crm", ["ITX-1", "ITX-2"]),
        ("?q=itx-2", ["ITX-2"]),
        ("?q=%25", []),
        ("?blocker=BASELINE_MISSING", ["ITX-1", "ITX-2"]),
        ("?blocker=OPEN_WORK", []),
        ("?assessed_since=2026-02-10T08:00:00Z", ["ITX-1", "ITX-2"]),
        ("?assessed_since=2026-02-10T10:00:00Z", []),
    ],
)
def test_the_list_is_narrowed(api: ApiServer, query: str, keys: list[str]) -> None:
    assert [one["key"] for one in api.get("admin", f"/measures{query}").get_json()["items"]] == keys


def test_pages_follow_one_another(api: ApiServer) -> None:
    first = api.get("admin", "/measures?limit=1").get_json()
    second = api.get("admin", f"/measures?limit=1&cursor={first['next']}").get_json()
    assert [one["key"] for one in (*first["items"], *second["items"])] == ["ITX-1", "ITX-2"]
    assert second["next"] is None
    for sort, keys in (("-key", ["ITX-2", "ITX-1"]), ("-assessed_at", ["ITX-2", "ITX-1"])):
        first = api.get("admin", f"/measures?limit=1&sort={sort}").get_json()
        second = api.get("admin", f"/measures?limit=1&sort={sort}&cursor={first['next']}").get_json()
        assert [one["key"] for one in (*first["items"], *second["items"])] == keys
    other = api.get("admin", f"/measures?limit=1&sort=key&cursor={first['next']}")
    assert (other.status_code, other.get_json()["code"]) == (422, "cursor_invalid")


def test_some_fields_of_each_entry_and_an_answer_that_has_not_changed(api: ApiServer) -> None:
    some = api.get("admin", "/measures?fields=key&fields=stage")
    assert some.mimetype == "application/vnd.gatepost.partial+json"
    assert some.get_json()["items"][0] == {"key": "ITX-1", "stage": "identified"}
    assert "gates" in api.get("admin", "/measures?fields=colour").get_json()["errors"][0]["known"]
    whole = api.get("admin", "/measures")
    same = api.get("admin", "/measures", If_None_Match=whole.headers["ETag"])
    assert (same.status_code, same.data) == (304, b"")
    assert int(whole.headers["RateLimit-Remaining"]) < int(whole.headers["RateLimit-Limit"])


@pytest.mark.parametrize(
    ("query", "name", "known"),
    [
        ("measures?program=branches", "program", ["Branches", "Cloud exit"]),
        ("findings?program=Branches&program=branches", "program", ["Branches", "Cloud exit"]),
        ("measures?person=jira-main/x", "person", None),
        ("measures?may_enter=live", "may_enter", ["identified", "detailed", "decided", "implemented", "closed"]),
        ("measures?blocker=NONE", "blocker", None),
        ("trace?figure=x", "figure", None),
        ("trace?program=Branches", "program", []),
    ],
)
def test_a_value_that_nothing_has_is_refused_with_the_known_ones(
    api: ApiServer, query: str, name: str, known: list[str] | None
) -> None:
    answer = api.get("admin", f"/{query}")
    (error,) = answer.get_json()["errors"]
    assert (answer.status_code, answer.get_json()["code"], error["location"]) == (422, "unknown_filter_value", name)
    assert error["known"] == known if known is not None else "LEGACY_COST_RUNNING" in error["known"] or error["known"]


def test_several_gates_are_checked_at_once(api: ApiServer) -> None:
    asked = [("ITX-1", "identified"), ("ITX-2", "detailed"), ("ITX-9", "detailed")]
    answer = api.post("settings", "/gates/check", {"items": [{"measure": one, "stage": into} for one, into in asked]})
    first, second, third = answer.get_json()["items"]
    assert (answer.status_code, answer.get_json()["all_open"]) == (200, False)
    assert (first["gate"]["open"], second["gate"]["open"], third["gate"]) == (True, False, None)
    assert third["problem"]["code"] == "not_visible_or_unknown"
    assert second["gate"] == api.get("settings", "/gates/ITX-2/detailed").get_json()


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("?limit=0", "The query is not valid: limit."),
        ("?limit=many", "The query is not valid: limit."),
        ("?next_state=ajar", "The query is not valid: next_state.0."),
        ("?colour=red", "The query is not valid: colour."),
        ("?cursor=abc", "The query is not valid: cursor."),
        ("?q=a&q=b", "The query is not valid: q."),
        ("?assessed_since=2026-02-10T08:00:00", "The query is not valid: assessed_since."),
    ],
)
def test_a_wrong_query_is_refused(api: ApiServer, query: str, title: str) -> None:
    assert problem_of(api.get("admin", f"/measures{query}"))[:2] == (422, title)


def test_a_key_of_two_measures_is_refused_with_their_ids(api: ApiServer) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE measure SET key = 'ITX-1'")
    answer = api.get("admin", "/measures/ITX-1")
    assert problem_of(answer) == (
        409,
        '"ITX-1" is the key of several measures.',
        "Name one by its id: jira-main/10001, jira-main/10002.",
    )
    assert answer.get_json()["type"] == "urn:gatepost:problem:ambiguous_key"
    assert api.get("admin", "/gates/ITX-1/detailed").get_json()["code"] == "ambiguous_key"


SLIP_PARTS = ("lost", "postponed", "made_up", "in_year")


def test_history_lines_and_decisions(api: ApiServer) -> None:
    (day,) = api.get("admin", "/measures/ITX-1/history").get_json()["items"]
    assert (day["day"], day["item_gate"]) == ("2026-02-10", "blocked")
    lines = api.get("admin", "/measures/ITX-1/effect-lines").get_json()["items"]
    assert lines[0] == {
        "version": "plan", "kind": "benefit", "month": "2026-01-01", "account": "ebitda", "hard": True,
        "money": {"amount": "250.00", "currency": "EUR"},
    }  # fmt: skip
    assert api.get("admin", "/measures/ITX-1/benefit-slip").get_json()["unknown"] == "no benefit is forecast"
    forecast_later(api.store)
    slip = api.get("admin", "/measures/ITX-1/benefit-slip").get_json()
    assert (slip["planned"], slip["expected"], slip["months"]) == ("2026-01-01", "2026-11-01", 10)
    years = [[year["fiscal_year"], *(year[part]["amount"] for part in SLIP_PARTS)] for year in slip["years"]]
    assert years == [[2026, "0.00", "1000.00", "500.00", "500.00"], [2027, "0", "0", "500.00", "-500.00"]]
    (decision,) = api.get("admin", "/measures/ITX-1/decisions").get_json()["items"]
    whole = api.get("admin", f"/decisions/{decision['number']}").get_json()
    assert whole["evidence"]["item"]["key"] == "ITX-1"
    assert problem_of(api.get("admin", "/decisions/999999")) == (
        404, "There is no decision 999999.", "A measure's decisions are listed with their numbers.",
    )  # fmt: skip


# --- gates ----------------------------------------------------------------------------------------------------


def test_a_gate_that_is_open_is_200_and_one_that_is_shut_409_with_the_checklist(api: ApiServer) -> None:
    passed = api.get("admin", "/gates/ITX-1/identified")
    assert (passed.status_code, passed.get_json()["open"]) == (200, True)
    assert passed.get_json()["summary"] == "The gate into Identified is open for ITX-1 Retire the legacy CRM."
    shut = api.get("admin", "/gates/jira-main/10001/implemented")
    assert (shut.status_code, shut.mimetype) == (409, "application/json")
    assert shut.get_json()["summary"] == (
        "The gate into Implemented is shut for ITX-1 Retire the legacy CRM: Detailed comes first."
    )
    assert shut.get_json()["gates"]["next"]["blockers"][0]["sentence"].startswith("Cannot move into Detailed yet: ")


def test_an_unknown_stage_names_the_stages(api: ApiServer) -> None:
    assert problem_of(api.get("admin", "/gates/ITX-1/live")) == (
        404, 'There is no stage "live".', "The stages are identified, detailed, decided, implemented, closed.",
    )  # fmt: skip


# --- commands -------------------------------------------------------------------------------------------------


def assess_again(api: ApiServer, loaded: LoadedMapping) -> None:
    """What the worker does after an event of the item."""
    record_assessment(api.store, loaded, item(SHOWN))


def test_a_command_has_the_effect_of_a_comment_in_the_tool(api: ApiServer, loaded: LoadedMapping) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    answer = api.post("brandt", "/measures/ITX-1/commands", {"verb": "approve", "stage": "detailed"})
    stored = answer.get_json()
    assert (answer.status_code, stored["id"], stored["state"], stored["reply"]) == (202, "s1", "waiting", WAITING_REPLY)
    assert answer.location == "/api/v1/commands/s1"
    assert outcome(api, "brandt", answer) == ("waiting", WAITING_REPLY)
    (waiting,) = api.get("brandt", "/measures/ITX-1/commands?state=waiting").get_json()["items"]
    assert (waiting, waiting["verb"], waiting["person"]) == (stored, "approve", "jira-main/b")
    assess_again(api, loaded)
    assert outcome(api, "brandt", answer) == ("accepted", "Detailed approved by Brandt as sponsor.")
    (ruled,) = api.get("brandt", "/measures/ITX-1/commands").get_json()["items"]
    assert (ruled["id"], ruled["verb"], ruled["person"], ruled["person_name"], ruled["role"], ruled["state"]) == (
        "s1",
        "approve",
        "jira-main/b",
        "Brandt",
        "sponsor",
        "accepted",
    )
    assert ruled["reply"] == "Detailed approved by Brandt as sponsor."
    assert api.get("brandt", "/measures/ITX-1/commands?state=waiting").get_json()["items"] == []
    assess_again(api, loaded)
    assert len(api.get("brandt", "/measures/ITX-1/commands").get_json()["items"]) == 1, "ruled on once"


def test_several_commands_are_stored_or_refused_each_by_itself(api: ApiServer) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    hold = {"verb": "hold", "text": "wait"}
    sent = [{"measure": "ITX-1", "command": hold}, {"measure": "ITX-9", "command": hold}]
    answer = api.post("brandt", "/commands", {"items": sent})
    first, second = answer.get_json()["items"]
    assert (answer.status_code, first["command"]["id"], first["problem"]) == (200, "s1", None)
    assert (second["command"], second["problem"]["code"]) == (None, "not_visible_or_unknown")


WAITING_REPLY = "The command is stored. It is ruled on when the item is read next."


def outcome(api: ApiServer, who: str, submitted: TestResponse) -> tuple[str, str]:
    """State and reply of a command, at the address of its 202 answer."""
    answer = api.get(who, (submitted.location or "").removeprefix("/api/v1"))
    assert answer.status_code == 200, answer.text
    return answer.get_json()["state"], answer.get_json()["reply"]


def test_the_wrong_role_is_answered_with_who_may(api: ApiServer, loaded: LoadedMapping) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    answer = api.post("kaya", "/measures/ITX-1/commands", {"verb": "approve", "stage": "detailed"})
    assess_again(api, loaded)
    assert outcome(api, "kaya", answer) == ("refused", "Kaya may not approve Detailed; sponsor M. Brandt may.")


def test_a_waiting_command_says_why_it_waits(api: ApiServer) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    answer = api.post("kaya", "/measures/ITX-1/commands", {"verb": "hold", "text": "wait"})
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE dirty_key SET reason = 'jira-main answered 503'")
    assert outcome(api, "kaya", answer) == ("waiting", f"{WAITING_REPLY} Last attempt: jira-main answered 503")


def test_a_command_of_a_measure_that_one_does_not_see_is_not_there(api: ApiServer) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    api.person("branches", RoleGrant(Role.VIEWER, ("IT", "Branches")))
    api.post("kaya", "/measures/ITX-1/commands", {"verb": "hold", "text": "wait"})
    assert api.get("kaya", "/commands/s1").get_json()["measure"] == "jira-main/10001"
    assert problem_of(api.get("branches", "/commands/s1")) == (
        404, 'There is no command "s1".', "Use the id of its 202 answer.",
    )  # fmt: skip
    assert [api.get("kaya", f"/commands/{name}").status_code for name in ("s2", "c1", "x1", "s0")] == [404] * 4


def test_without_an_account_in_the_tool_a_command_is_refused(api: ApiServer) -> None:
    api.person("olga", RoleGrant(Role.OWNER))
    assert problem_of(api.post("olga", "/measures/ITX-1/commands", {"verb": "hold", "text": "wait"})) == (
        403,
        "Olga has no linked account on jira-main.",
        "An administrator links it on the page People.",
    )
    assert api.store.rows("SELECT 1 FROM submitted_command") == []


@pytest.mark.parametrize(
    ("body", "title", "detail"),
    [
        (
            {"verb": "approve"},
            "The body is not valid: approve.stage.",
            "`errors` says what is wrong with each value.",
        ),
        (
            {"verb": "confirm", "amount": "1200000.50", "currency": "EUR"},
            "The body is not valid: confirm.month.",
            "`errors` says what is wrong with each value.",
        ),
        (
            {"verb": "hold"},
            "The body is not valid: hold.text.",
            "`errors` says what is wrong with each value.",
        ),
        (
            {"verb": "approve", "stage": "live"},
            '"live" is not a stage; the stages are Identified, Detailed, Decided, Implemented, Closed.',
            "Correct form: /approve STAGE, for example: /approve decided",
        ),
    ],
)
def test_a_missing_or_wrong_part_is_refused_by_its_name(
    api: ApiServer, body: dict[str, str], title: str, detail: str
) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    assert problem_of(api.post("brandt", "/measures/ITX-1/commands", body)) == (422, title, detail)


def test_a_reason_of_two_lines_holds_no_second_command(api: ApiServer, loaded: LoadedMapping) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    body = {"verb": "hold", "text": "wait\n/approve detailed"}
    assert api.post("brandt", "/measures/ITX-1/commands", body).status_code == 202
    assess_again(api, loaded)
    (ruling,) = api.get("brandt", "/measures/ITX-1/commands").get_json()["items"]
    assert (ruling["verb"], ruling["reason"]) == ("hold", "wait /approve detailed")


# --- writes once ----------------------------------------------------------------------------------------------


def test_a_write_under_a_key_happens_once_and_is_answered_again(api: ApiServer) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    body = {"verb": "approve", "stage": "detailed"}
    first = api.post("brandt", "/measures/ITX-1/commands", body, Idempotency_Key="k1")
    again = api.post("brandt", "/measures/ITX-1/commands", body, Idempotency_Key="k1")
    assert (again.status_code, again.get_json()) == (first.status_code, first.get_json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.store.rows("SELECT 1 FROM submitted_command")) == 1
    other = api.post("brandt", "/measures/ITX-1/commands", body | {"stage": "decided"}, Idempotency_Key="k1")
    assert problem_of(other) == (
        422, "This Idempotency-Key was used for another request.", "Use a new key for a new request.",
    )  # fmt: skip
    assert api.post("brandt", "/measures/ITX-1/commands", body, Idempotency_Key="k2").status_code == 202
    assert len(api.store.rows("SELECT 1 FROM submitted_command")) == 2


RECEIVER = {"name": "bot", "url": "https://93.184.215.14/hook"}


def test_keys_belong_to_their_caller_and_stored_responses_are_encrypted(api: ApiServer) -> None:
    first = api.post("admin", "/subscriptions", RECEIVER, Idempotency_Key="k1").get_json()["secret"]
    assert api.post("admin", "/subscriptions", RECEIVER, Idempotency_Key="k1").get_json()["secret"] == first
    api.person("other", RoleGrant(Role.ADMINISTRATOR))
    assert (
        api.post("other", "/subscriptions", RECEIVER | {"name": "b"}, Idempotency_Key="k1").get_json()["secret"]
        != first
    )
    assert first not in str(api.store.rows("SELECT * FROM idempotent_response"))


def test_a_request_in_progress_is_not_done_twice(api: ApiServer) -> None:
    api.post("admin", "/subscriptions", RECEIVER, Idempotency_Key="k1")
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE idempotent_response SET status = NULL, body = NULL")
    assert problem_of(api.post("admin", "/subscriptions", RECEIVER, Idempotency_Key="k1")) == (
        409, "The request with this Idempotency-Key is in progress.", "Repeat it in a moment.",
    )  # fmt: skip


# --- bodies ---------------------------------------------------------------------------------------------------


def test_a_body_that_is_not_json_and_values_that_are_not_valid_have_their_own_status(api: ApiServer) -> None:
    headers = {"Authorization": f"Bearer {api.tokens['admin']}"}
    broken = api.client.post("/api/v1/subscriptions", data=b"{", headers=headers | {"Content-Type": "application/json"})
    assert problem_of(broken)[:2] == (400, "The body is not JSON.")
    plain = api.client.post("/api/v1/subscriptions", data=b"{}", headers=headers | {"Content-Type": "text/plain"})
    assert problem_of(plain) == (415, "The body's Content-Type must be application/json.", "Send it as JSON.")
    api.person("olga", RoleGrant(Role.OWNER))
    wrong = api.post("olga", "/measures/ITX-1/commands", {"verb": "marry", "more": 1})
    assert problem_of(wrong)[:2] == (422, "The body is not valid: body.")
    assert "accept-role" in wrong.get_json()["errors"][0]["known"]


def test_a_wrong_method_is_answered_with_the_allowed_ones(api: ApiServer) -> None:
    answer = api.call("admin", "DELETE", "/measures")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.get_json()["code"] == "method_not_allowed"
    assert api.get("admin", "/nothing").get_json()["code"] == "unknown_address"
    large = api.client.post("/api/v1/reassess", data=b"x", headers={"Content-Length": str(10**9)})
    assert large.status_code in {401, 413}
    assert large.get_json()["type"].startswith("urn:gatepost:problem:")


# --- the rest -------------------------------------------------------------------------------------------------


def test_a_token_makes_no_other_token_and_is_listed_and_revoked(api: ApiServer) -> None:
    api.person("half", RoleGrant(Role.OPERATOR))
    assert api.post("half", "/tokens", {"name": "x", "scopes": ["read"]}).status_code == 405
    (mine,) = api.get("half", "/tokens").get_json()["items"]
    assert mine["scopes"] == sorted(scope.value for scope in held_scopes([Role.OPERATOR]))
    assert api.call("half", "DELETE", f"/tokens/{mine['number']}").status_code == 204
    assert api.get("half", "/me").status_code == 401


def test_a_mapping_is_checked_stored_activated_and_restored(api: ApiServer) -> None:
    wrong = api.post("admin", "/mappings/validate", {"source": "version: 1\n"}).get_json()
    assert (wrong["valid"], wrong["problems"][0]["line"]) == (False, 1)
    fine = api.post("admin", "/mappings/validate", {"source": MAPPING}).get_json()
    assert (fine["valid"], fine["rules"]) == (True, 3)
    weak = MAPPING.replace("organization: ACME", "organization: ACME\npolicy: {off: [SOD]}", 1)
    (warning,) = [
        one
        for one in api.post("admin", "/mappings/validate", {"source": weak}).get_json()["warnings"]
        if one["path"].startswith("policy.off")
    ]
    assert warning["message"] == "without SOD, somebody may confirm their own figures."
    draft = api.post("admin", "/mappings", {"source": "version: 1\n", "reason": "try"}).get_json()
    assert draft["state"] == "draft"
    assert problem_of(api.post("admin", f"/mappings/{draft['number']}/activate", {}))[:2] == (
        409, f"Version {draft['number']} is a draft with problems.",
    )  # fmt: skip
    before = api.get("admin", "/version").get_json()["mapping"]
    stored = api.post("admin", "/mappings", {"source": MAPPING.replace("ACME", "Acme"), "reason": "name"}).get_json()
    refused = problem_of(api.post("admin", f"/mappings/{stored['number']}/activate", {}))
    assert refused == (
        409,
        "Not activated. Not all tools could be asked, so it is not known whether the mapping fits them.",
        "Correct it, or send `override` with a reason.",
    )
    active = api.post("admin", f"/mappings/{stored['number']}/activate", {"override": "no tool here"}).get_json()
    assert active["override"] == "no tool here"
    assert (active["state"], api.get("admin", "/version").get_json()["mapping"]) == ("active", stored["number"])
    back = api.post("admin", "/mappings/rollback", {"reason": "no"}).get_json()
    assert back["restores"] == before
    assert api.get("admin", f"/mappings/{back['number']}").get_json()["source"] == MAPPING
    assert problem_of(api.get("admin", "/mappings/99999"))[:2] == (
        404, "There is no mapping version 99999.",
    )  # fmt: skip


@pytest.mark.parametrize("move_existing", [False, True])
def test_what_is_past_its_gate_already_is_moved_only_when_that_was_asked_for(
    api: ApiServer, *, move_existing: bool
) -> None:
    begins = MAPPING.replace("ACME", f"Moves {move_existing}").replace(
        "    write:", "    enforce: revert\n    write:", 1
    )
    stored = api.post("admin", "/mappings", {"source": begins, "reason": "order"}).get_json()
    sent = {"move_existing": move_existing, "override": "no tool here"}
    before = api.get("admin", "/version").get_json()["mapping"]
    assert api.post("admin", f"/mappings/{stored['number']}/activate", sent).status_code == 200
    active = api.services.mappings.active()
    assert active is not None
    assert bool(active.moving_starts) is not move_existing
    assert api.post("admin", "/mappings/rollback", {"reason": "no", "to": before}).status_code == 200


def test_connections_show_no_secret(api: ApiServer) -> None:
    answer = api.get("admin", "/connections")
    assert [one["name"] for one in answer.get_json()["items"]] == ["jira-main", "snow-main"]
    assert "token" not in answer.text
    assert api.post("admin", "/connections/jira-main/resume").get_json() == {"was_paused": False}
    assert problem_of(api.get("admin", "/connections/nobody/health")) == (
        404, 'There is no connection "nobody".', "See the list of connections.",
    )  # fmt: skip


def test_a_dead_letter_is_shown_replayed_or_dropped(api: ApiServer) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'dead_letter', reason = 'refused' WHERE key = 'ITX-1'")
    (stuck,) = api.get("admin", "/dead-letters").get_json()["items"]
    assert (stuck["kind"], stuck["key"], stuck["reason"]) == ("write", "ITX-1", "refused")
    shown = api.get("admin", f"/outbox/{stuck['number']}").get_json()
    assert {change["field"] for change in shown["changes"]} == {"Gate", "Gate blockers"}
    again = api.post("admin", f"/outbox/{stuck['number']}/replay").get_json()
    assert again == {"connection": "jira-main", "native_id": "10001"}
    assert api.get("admin", "/dead-letters").get_json()["items"] == []
    assert [row.native_id for row in api.store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    (waiting,) = api.get("admin", "/outbox?state=waiting").get_json()["items"]
    because = {"reason": "the field is not there any more"}
    assert api.post("admin", f"/outbox/{waiting['number']}/drop", {}).status_code == 422, "not without a reason"
    assert api.post("admin", f"/outbox/{waiting['number']}/drop", because).status_code == 204
    assert problem_of(api.post("admin", f"/outbox/{waiting['number']}/drop", because)) == (
        409, f"Write {waiting['number']} is in progress or finished.", "Only writes that wait and dead letters can be dropped.",
    )  # fmt: skip


def test_a_whole_cause_is_replayed_or_dropped_with_a_reason(api: ApiServer) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'dead_letter', reason = '403 for ' || key")
    (cause,) = api.get("admin", "/dead-letters/causes").get_json()["items"]
    assert (cause["normalized_reason"], cause["count"]) == (
        "403 for …",
        len(api.get("admin", "/dead-letters").get_json()["items"]),
    )
    first = api.get("admin", f"/dead-letters?cause={cause['id']}&limit=1").get_json()
    assert first["items"][0]["cause"] == cause["id"]
    ref = first["items"][0]["ref"]
    assert api.post("admin", "/dead-letters/drop", {"target": ref}).status_code == 422, "not without a reason"
    assert api.post("admin", "/dead-letters/drop", {"target": ref, "reason": "obsolete"}).get_json() == {"count": 1}
    assert problem_of(api.post("admin", "/dead-letters/drop", {"target": ref, "reason": "obsolete"})) == (
        404, f"There are no dead letters of {ref}.", "See the lists of causes and dead letters.",
    )  # fmt: skip
    again = api.post("admin", "/dead-letters/replay", {"target": cause["id"]}).get_json()
    assert again == {"count": cause["count"] - 1}
    assert api.get("admin", "/dead-letters/causes").get_json()["items"] == []


def test_events_are_shown_with_their_bodies_and_replayed(api: ApiServer) -> None:
    first = api.get("admin", "/inbox?connection=jira-main&limit=1").get_json()["items"][0]
    assert (first["state"], first["native_id"]) == ("done", "10002")
    assert api.get("admin", f"/inbox/{first['number']}").get_json()["body"] == "{}"
    assert api.post("admin", f"/inbox/{first['number']}/replay").get_json()["native_id"] == "10002"


def test_a_sweep_is_requested(api: ApiServer) -> None:
    answer = api.post("admin", "/connections/jira-main/sweeps", {"full": True})
    assert (answer.status_code, answer.get_json()) == (202, {"connection": "jira-main", "kind": "full"})
    waiting = api.store.rows("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :lock", lock=f"sweep:{JIRA}")
    assert len(waiting) == 1
    assert api.get("admin", "/sweeps").get_json() == {"items": []}


def test_a_rate_is_set(api: ApiServer) -> None:
    rate = {
        "currency": "USD",
        "to": "EUR",
        "kind": "closing",
        "since": "2026-01-01",
        "factor": "0.92",
        "source": "treasury",
    }
    assert api.call("admin", "PUT", "/rates", rate).get_json()["factor"] == "0.92"
    assert api.get("admin", "/rates").get_json()["items"] == [rate]
    assert problem_of(api.call("admin", "PUT", "/rates", rate | {"to": "USD"}))[:2] == (
        422,
        "USD needs no rate to itself.",
    )


def test_the_audit_is_searched(api: ApiServer) -> None:
    found = api.get("admin", "/audit?subject=jira-main/10001").get_json()["items"]
    assert [one["action"] for one in found] == ["measure.assessed", "stage.granted"]
    assert [one["action"] for one in api.get("admin", "/audit?action=stage").get_json()["items"]] == [
        "stage.granted"
    ] * 2
    assert "stage" in api.get("admin", "/audit?action=sta").get_json()["errors"][0]["known"]
    assert api.get("admin", "/audit?action=rate.set&action=stage.granted&sort=seq").get_json()["items"][0]["seq"]
    me = api.get("admin", "/me").get_json()
    assert me["token"]["number"] >= 1
    api.post("admin", "/connections/jira-main/sweeps", {"full": True})
    mine = api.get("admin", f"/audit?person={me['person']}").get_json()["items"]
    assert {one["person"] for one in mine} <= {me["person"]}


def test_a_subscription_from_creation_to_deletion(api: ApiServer, loaded: LoadedMapping) -> None:
    receiver = Receiver()
    body = {"name": "bot", "url": receiver.url, "events": ["gate.blocked"], "hierarchy": ["IT"]}
    made = api.post("admin", "/subscriptions", body)
    assert made.status_code == 201
    assert made.get_json()["secret"].startswith("whsec_")
    assert problem_of(api.post("admin", "/subscriptions", body))[:2] == (
        409, 'There is a subscription "bot" already; remove it or take another name.',
    )  # fmt: skip
    trial = api.post("admin", "/subscriptions/bot/test").get_json()
    assert (trial["accepted"], trial["summary"]) == (True, "Accepted: the receiver answered 204.")
    assert trial["request"].startswith(f"POST {receiver.url}\nContent-Type: application/json\n")
    assert receiver.types() == ["test"]
    assert api.post("admin", "/subscriptions/bot/rotate").get_json()["secret"] != made.get_json()["secret"]
    record_assessment(api.store, loaded, item(SHOWN | {"Sponsor": None}))
    (delivery,) = api.get("admin", "/subscriptions/bot/deliveries").get_json()["items"]
    assert (delivery["event"], delivery["key"], delivery["state"]) == ("gate.blocked", "ITX-1", "waiting")
    assert api.post("admin", "/subscriptions/bot/replay", {}).get_json() == {"count": 0}
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE subscription_delivery SET state = 'done'")
    day = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    other = day | {"events": ["gate.opened"]}
    assert api.post("admin", "/subscriptions/bot/replay", other).get_json() == {"count": 0}
    assert api.post("admin", "/subscriptions/bot/replay", day | {"events": ["gate.blocked"]}).get_json() == {"count": 1}
    assert api.call("admin", "DELETE", "/subscriptions/bot").status_code == 204
    assert api.get("admin", "/subscriptions/bot").status_code == 404
    receiver.stop()


def test_a_measure_lists_its_agreed_kill_criteria_with_their_present_value(api: ApiServer) -> None:
    assert api.get("admin", "/measures/ITX-1").get_json()["kill_criteria"] == []
    since = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
    states = (
        CriterionState("forecast < 60 % of plan for 3 months", "40% of plan (240 EUR)", True, since, 3),
        CriterionState("cost > 1.2M", "there is no forecast", None),
        CriterionState("slip > 60 days", "90 days", True, since, 0, overridden=True),
    )
    with api.store.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "UPDATE measure SET verdict = verdict || jsonb_build_object('kill_criteria', %(states)s::jsonb)"
            " WHERE native_id = '10001'",
            {"states": json.dumps(to_json(states))},
        )
    found = api.get("admin", "/measures/ITX-1").get_json()["kill_criteria"]
    assert [one.pop("evaluated_at")[:10] for one in found] == ["2026-02-10"] * 3
    assert found == [
        {
            "text": "forecast < 60 % of plan for 3 months", "present": "40% of plan (240 EUR)", "holds": True,
            "since": "2026-01-31T08:00:00Z", "fires_at": "2026-04-30T08:00:00Z", "overridden": False,
        },
        {
            "text": "cost > 1.2M", "present": "there is no forecast", "holds": None,
            "since": None, "fires_at": None, "overridden": False,
        },
        {
            "text": "slip > 60 days", "present": "90 days", "holds": True,
            "since": "2026-01-31T08:00:00Z", "fires_at": None, "overridden": True,
        },
    ]  # fmt: skip
