"""The API: who sees what, what each operation says, and the exact words of its problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from connector.people.permissions import Grant, Role, Scope
from mapping.load import Loaded
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import JIRA, Store, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, look
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api_server import Api, api_world, told

__all__ = ["loaded", "store"]


@pytest.fixture
def api(store: Store, loaded: Loaded, tmp_path: Path) -> Iterator[Api]:
    with api_world(store, loaded, tmp_path) as here:
        yield here


# --- who asks -------------------------------------------------------------------------------------------------


def test_without_a_token_nothing_is_told(api: Api) -> None:
    answer = api.get("nobody", "/measures")
    assert told(answer) == (
        401, "The bearer token is missing or wrong.", "Send Authorization: Bearer <token>.",
    )  # fmt: skip
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gatepost"'


@pytest.mark.parametrize("sent", ["Bearer wrong", "Basic YTpi", "Bearer", "Bearer éééééééééééééééééééééééééé"])
def test_a_wrong_token_is_no_token(api: Api, sent: str) -> None:
    assert api.get("nobody", "/measures", Authorization=sent).status_code == 401


def test_the_token_of_the_settings_reads_and_changes_nothing(api: Api) -> None:
    assert len(api.get("settings", "/measures").get_json()["items"]) == 2
    assert told(api.post("settings", "/look-again", {"connection": "jira-main", "native_id": "10001"})) == (
        403, "This needs a token with the scope admin; this one has read.", "Make another token: gatepost token create",
    )  # fmt: skip


def test_a_role_that_does_not_reach_is_told(api: Api) -> None:
    api.person("viewer", Grant(Role.VIEWER))
    assert told(api.get("viewer", "/subscriptions")) == (
        403, "This is for the role administrator.", "Ask an administrator of Gatepost for it.",
    )  # fmt: skip


def test_everybody_sees_their_part_and_the_rest_is_not_there(api: Api) -> None:
    api.person("exit", Grant(Role.VIEWER, ("IT", "Cloud exit")))
    api.person("stranger")
    assert [one["key"] for one in api.get("exit", "/measures").get_json()["items"]] == ["ITX-1"]
    assert told(api.get("exit", "/measures/ITX-2")) == (
        404, 'There is no measure "ITX-2".', "Name it by its key or id.",
    )  # fmt: skip
    for path in ("explain", "history", "effect-lines", "decisions", "statements"):
        assert api.get("exit", f"/measures/jira-main/10002/{path}").status_code == 404
    assert api.get("exit", "/gates/ITX-2/detailed").status_code == 404
    assert api.get("stranger", "/measures").get_json() == {"items": [], "next": None}
    assert {one["key"] for one in api.get("exit", "/findings").get_json()["items"]} <= {"ITX-1"}
    assert {one["subject"] for one in api.get("exit", "/audit").get_json()["items"]} == {"jira-main/10001"}
    assert api.get("exit", "/outbox").get_json()["items"][0]["key"] == "ITX-1"
    (number,) = {one["number"] for one in api.get("admin", "/measures/ITX-2/decisions").get_json()["items"]}
    assert api.get("exit", f"/decisions/{number}").status_code == 404


def test_who_holds_a_role_in_the_tool_sees_that_measure(api: Api) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    assert len(api.get("kaya", "/measures").get_json()["items"]) == 2
    assert api.get("kaya", "/me").get_json()["accounts"] == [{"connection": "jira-main", "id": "k"}]


# --- measures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ITX-1", "itx-1", "jira-main/10001", "jira-main%2F10001"])
def test_a_measure_is_named_by_key_or_id(api: Api, name: str) -> None:
    assert api.get("admin", f"/measures/{name}").get_json()["measure"]["key"] == "ITX-1"
    found = api.get("admin", f"/measures/{name}/explain").get_json()
    assert (found["key"], found["verdict"]["gate"]) == ("ITX-1", "shut")
    assert found["explanation"][0].startswith("Detailed is shut: ")


def test_as_plain_text_it_is_the_checklist(api: Api) -> None:
    answer = api.get("admin", "/measures/ITX-1/explain", Accept="text/plain")
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("ITX-1 Retire the legacy CRM\n\nDetailed is shut: ")


def test_a_measure_has_its_figures_as_texts_and_what_blocks_it(api: Api) -> None:
    found = api.get("admin", "/measures/ITX-1").get_json()
    assert found["measure"]["figures"] == {
        "plan": {"amount": "600.00", "currency": "EUR"}, "forecast": None, "actual": None, "variance": None,
    }  # fmt: skip
    assert found["measure"]["place"] == {
        "portfolio": "IT", "program": "Cloud exit", "project": "ITX", "package": "CRM of governed",
    }  # fmt: skip
    assert (found["next_stage"], found["off_road"], found["passes"]) == ("detailed", None, [])
    assert found["measure"]["blockers"] == len(found["blocked_by"]) > 0
    assert {one["outcome"] for one in found["checklist"]} == {"met", "unmet", "unknown"}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", ["ITX-1", "ITX-2"]),
        ("?program=Branches", ["ITX-2"]),
        ("?program=branches", []),
        ("?gate=shut&stage=identified", ["ITX-1", "ITX-2"]),
        ("?gate=open", []),
        ("?q=legacy%20crm", ["ITX-1", "ITX-2"]),
        ("?q=itx-2", ["ITX-2"]),
        ("?q=%25", []),
        ("?blocker=BASELINE_MISSING", ["ITX-1", "ITX-2"]),
        ("?blocker=OPEN_WORK", []),
        ("?assessed_since=2026-02-10T08:00:00Z", ["ITX-1", "ITX-2"]),
        ("?assessed_since=2026-02-10T10:00:00Z", []),
    ],
)
def test_the_list_is_narrowed(api: Api, query: str, keys: list[str]) -> None:
    assert [one["key"] for one in api.get("admin", f"/measures{query}").get_json()["items"]] == keys


def test_pages_follow_one_another(api: Api) -> None:
    first = api.get("admin", "/measures?limit=1").get_json()
    second = api.get("admin", f"/measures?limit=1&cursor={first['next']}").get_json()
    assert [one["key"] for one in (*first["items"], *second["items"])] == ["ITX-1", "ITX-2"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("?limit=0", "The query does not hold: limit."),
        ("?limit=many", "The query does not hold: limit."),
        ("?gate=ajar", "The query does not hold: gate."),
        ("?colour=red", "The query does not hold: colour."),
        ("?cursor=abc", "The query does not hold: cursor."),
        ("?gate=open&gate=shut", "The query does not hold: gate."),
        ("?assessed_since=2026-02-10T08:00:00", "The query does not hold: assessed_since."),
    ],
)
def test_a_wrong_query_is_told(api: Api, query: str, title: str) -> None:
    assert told(api.get("admin", f"/measures{query}"))[:2] == (422, title)


def test_a_key_of_two_measures_is_told_with_their_ids(api: Api) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE measure SET key = 'ITX-1'")
    answer = api.get("admin", "/measures/ITX-1")
    assert told(answer) == (
        409,
        '"ITX-1" is the key of several measures.',
        "Name one by its id: jira-main/10001, jira-main/10002.",
    )
    assert answer.get_json()["type"] == "urn:gatepost:ambiguous"
    assert api.get("admin", "/gates/ITX-1/detailed").get_json()["type"] == "urn:gatepost:ambiguous"


def test_history_lines_and_decisions(api: Api) -> None:
    (day,) = api.get("admin", "/measures/ITX-1/history").get_json()["items"]
    assert (day["day"], day["gate"]) == ("2026-02-10", "shut")
    lines = api.get("admin", "/measures/ITX-1/effect-lines").get_json()["items"]
    assert lines[0] == {
        "version": "plan", "kind": "benefit", "month": "2026-01-01", "account": "ebitda", "hard": True,
        "money": {"amount": "250.00", "currency": "EUR"},
    }  # fmt: skip
    (decision,) = api.get("admin", "/measures/ITX-1/decisions").get_json()["items"]
    whole = api.get("admin", f"/decisions/{decision['number']}").get_json()
    assert whole["evidence"]["item"]["key"] == "ITX-1"
    assert told(api.get("admin", "/decisions/999999")) == (
        404, "There is no decision 999999.", "Numbers stand in a measure's decisions.",
    )  # fmt: skip


# --- gates ----------------------------------------------------------------------------------------------------


def test_a_gate_that_is_open_is_200_and_one_that_is_shut_409_with_the_checklist(api: Api) -> None:
    passed = api.get("admin", "/gates/ITX-1/identified")
    assert (passed.status_code, passed.get_json()["open"]) == (200, True)
    assert passed.get_json()["told"] == "The gate into Identified is open for ITX-1 Retire the legacy CRM."
    shut = api.get("admin", "/gates/jira-main/10001/implemented")
    assert (shut.status_code, shut.mimetype) == (409, "application/json")
    assert shut.get_json()["told"] == (
        "The gate into Implemented is shut for ITX-1 Retire the legacy CRM: Detailed comes first."
    )
    assert shut.get_json()["blockers"][0]["sentence"].startswith("Detailed is shut: ")


def test_an_unknown_stage_names_the_stages(api: Api) -> None:
    assert told(api.get("admin", "/gates/ITX-1/live")) == (
        404, 'There is no stage "live".', "The stages are identified, detailed, decided, implemented, closed.",
    )  # fmt: skip


# --- statements -----------------------------------------------------------------------------------------------


def hear(api: Api, loaded: Loaded) -> None:
    """What the worker does when the item was rung."""
    look(api.store, loaded, item(SHOWN))


def test_a_command_counts_as_if_it_had_been_said_in_the_tool(api: Api, loaded: Loaded) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    answer = api.post("brandt", "/measures/ITX-1/commands", {"verb": "approve", "stage": "detailed"})
    assert (answer.status_code, answer.get_json()) == (202, {"number": 1, "state": "waiting", "answer": WAITS})
    assert answer.location == "/api/v1/measures/jira-main/10001/commands/1"
    assert outcome(api, "brandt", answer) == ("waiting", WAITS)
    (waiting,) = api.get("brandt", "/measures/ITX-1/commands").get_json()["items"]
    assert (waiting["said_by"], waiting["words"]) == ("brandt@acme.example", "/approve detailed")
    hear(api, loaded)
    assert outcome(api, "brandt", answer) == ("accepted", "Detailed approved by Brandt as sponsor.")
    (said,) = api.get("brandt", "/measures/ITX-1/statements").get_json()["items"]
    assert (said["verb"], said["person"], said["role"], said["accepted"]) == ("approve", "Brandt", "sponsor", True)
    assert said["answer"] == "Detailed approved by Brandt as sponsor."
    assert api.get("brandt", "/measures/ITX-1/commands").get_json()["items"] == []
    hear(api, loaded)
    assert len(api.get("brandt", "/measures/ITX-1/statements").get_json()["items"]) == 1, "heard once"


WAITS = "It is stored, and is ruled on when the item is read next."


def outcome(api: Api, who: str, submitted: TestResponse) -> tuple[str, str]:
    """State and answer of a command, at the address that its 202 gives."""
    answer = api.get(who, (submitted.location or "").removeprefix("/api/v1"))
    assert answer.status_code == 200, answer.text
    return answer.get_json()["state"], answer.get_json()["answer"]


def test_the_wrong_role_is_answered_with_who_may(api: Api, loaded: Loaded) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    answer = api.post("kaya", "/measures/ITX-1/commands", {"verb": "approve", "stage": "detailed"})
    hear(api, loaded)
    assert outcome(api, "kaya", answer) == ("refused", "Kaya may not approve Detailed; sponsor M. Brandt may.")


def test_a_command_that_waits_says_what_holds_it_up(api: Api) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    answer = api.post("kaya", "/measures/ITX-1/commands", {"verb": "hold", "text": "wait"})
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE dirty_key SET reason = 'jira-main answered 503'")
    assert outcome(api, "kaya", answer) == ("waiting", f"{WAITS} At the last try: jira-main answered 503")


def test_a_command_is_found_under_its_own_measure_only(api: Api) -> None:
    api.person("kaya", accounts=(("jira-main", "k"),))
    api.post("kaya", "/measures/ITX-1/commands", {"verb": "hold", "text": "wait"})
    assert told(api.get("kaya", "/measures/ITX-1/commands/2")) == (
        404, "There is no command 2 about this measure.", "Its number is that of its 202.",
    )  # fmt: skip
    assert told(api.get("admin", "/measures/ITX-2/commands/1"))[0] == 404


def test_without_an_account_in_the_tool_nobody_is_heard(api: Api) -> None:
    assert told(api.post("admin", "/measures/ITX-1/commands", {"verb": "hold", "text": "wait"})) == (
        403,
        "Nobody knows which account of jira-main is Admin's.",
        "An administrator links it on the page People, or with: gatepost user link",
    )
    assert api.store.rows("SELECT 1 FROM utterance") == []


@pytest.mark.parametrize(
    ("body", "title", "detail"),
    [
        (
            {"verb": "approve"},
            "The stage is missing.",
            "Right would be: /approve STAGE, for example: /approve decided",
        ),
        (
            {"verb": "confirm", "amount": "1200000.50", "currency": "EUR"},
            "An amount, a currency and a month are needed.",
            "Right would be: /confirm AMOUNT CURRENCY MONTH, for example: /confirm 1.2M EUR 2026-10",
        ),
        (
            {"verb": "hold"},
            "The reason is missing.",
            "Right would be: /hold reason, for example: /hold waiting for the supplier's contract",
        ),
    ],
)
def test_a_part_that_is_missing_is_told(api: Api, body: dict[str, str], title: str, detail: str) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    assert told(api.post("brandt", "/measures/ITX-1/commands", body)) == (422, title, detail)


def test_a_reason_of_two_lines_holds_no_second_command(api: Api, loaded: Loaded) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    body = {"verb": "hold", "text": "wait\n/approve detailed"}
    assert api.post("brandt", "/measures/ITX-1/commands", body).status_code == 202
    hear(api, loaded)
    (said,) = api.get("brandt", "/measures/ITX-1/statements").get_json()["items"]
    assert (said["verb"], said["text"]) == ("hold", "wait /approve detailed")


# --- writes once ----------------------------------------------------------------------------------------------


def test_a_write_under_a_key_happens_once_and_is_answered_again(api: Api) -> None:
    api.person("brandt", accounts=(("jira-main", "b"),))
    body = {"verb": "approve", "stage": "detailed"}
    first = api.post("brandt", "/measures/ITX-1/commands", body, Idempotency_Key="k1")
    again = api.post("brandt", "/measures/ITX-1/commands", body, Idempotency_Key="k1")
    assert (again.status_code, again.get_json()) == (first.status_code, first.get_json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.store.rows("SELECT 1 FROM utterance")) == 1
    other = api.post("brandt", "/measures/ITX-1/commands", body | {"stage": "decided"}, Idempotency_Key="k1")
    assert told(other) == (
        422, "This Idempotency-Key was sent before with another request.", "Take a new key for a new request.",
    )  # fmt: skip
    assert api.post("brandt", "/measures/ITX-1/commands", body, Idempotency_Key="k2").status_code == 202
    assert len(api.store.rows("SELECT 1 FROM utterance")) == 2


def test_keys_of_two_callers_never_meet_and_kept_answers_are_sealed(api: Api) -> None:
    body = {"name": "bot", "scopes": ["read"]}
    first = api.post("admin", "/tokens", body, Idempotency_Key="k1").get_json()["token"]
    assert api.post("admin", "/tokens", body, Idempotency_Key="k1").get_json()["token"] == first
    api.person("other", Grant(Role.ADMINISTRATOR))
    assert api.post("other", "/tokens", body, Idempotency_Key="k1").get_json()["token"] != first
    assert first not in str(api.store.rows("SELECT * FROM kept_answer"))


def test_a_request_that_is_being_worked_on_is_not_done_twice(api: Api) -> None:
    api.post("admin", "/tokens", {"name": "bot", "scopes": ["read"]}, Idempotency_Key="k1")
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE kept_answer SET status = NULL, body = NULL")
    assert told(api.post("admin", "/tokens", {"name": "bot", "scopes": ["read"]}, Idempotency_Key="k1")) == (
        409, "The request with this Idempotency-Key is being worked on.", "Ask again in a moment.",
    )  # fmt: skip


# --- bodies ---------------------------------------------------------------------------------------------------


def test_what_is_no_json_and_what_is_no_token_are_told_apart(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.tokens['admin']}"}
    broken = api.client.post("/api/v1/tokens", data=b"{", headers=headers | {"Content-Type": "application/json"})
    assert told(broken)[:2] == (400, "The body is not JSON.")
    plain = api.client.post("/api/v1/tokens", data=b"{}", headers=headers | {"Content-Type": "text/plain"})
    assert told(plain) == (415, "The body's Content-Type must be application/json.", "Send it as JSON.")
    wrong = api.post("admin", "/tokens", {"name": "", "scopes": ["all"], "more": 1})
    assert told(wrong)[:2] == (422, "The body does not hold: name, scopes.0, more.")
    assert wrong.get_json()["errors"][1] == {
        "where": "scopes.0", "what": "Input should be 'read', 'write', 'events' or 'admin'",
    }  # fmt: skip


def test_another_method_names_those_that_there_are(api: Api) -> None:
    answer = api.call("admin", "DELETE", "/measures")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


# --- the rest -------------------------------------------------------------------------------------------------


def test_a_token_gives_no_more_than_it_has(api: Api) -> None:
    api.person("half", Grant(Role.VIEWER), scopes=frozenset({Scope.READ, Scope.ADMIN}))
    assert told(api.post("half", "/tokens", {"name": "x", "scopes": ["read", "write"]})) == (
        403, "A token gives no more than it has: write.", "Ask with a token that has them.",
    )  # fmt: skip
    made = api.post("half", "/tokens", {"name": "x", "scopes": ["read"]})
    assert made.status_code == 201
    api.tokens["made"] = made.get_json()["token"]
    assert api.get("made", "/me").get_json()["scopes"] == ["read"]
    newest = api.get("half", "/tokens").get_json()["items"][0]
    assert api.call("half", "DELETE", f"/tokens/{newest['number']}").status_code == 204
    assert api.get("made", "/me").status_code == 401


def test_a_mapping_is_checked_kept_activated_and_brought_back(api: Api) -> None:
    wrong = api.post("admin", "/mappings/validate", {"source": "version: 1\n"}).get_json()
    assert (wrong["valid"], wrong["problems"][0]["line"]) == (False, 1)
    fine = api.post("admin", "/mappings/validate", {"source": MAPPING}).get_json()
    assert (fine["valid"], fine["rules"]) == (True, 3)
    draft = api.post("admin", "/mappings", {"source": "version: 1\n", "reason": "try"}).get_json()
    assert draft["state"] == "draft"
    assert told(api.post("admin", f"/mappings/{draft['number']}/activate"))[:2] == (
        409, f"Version {draft['number']} is a draft with problems.",
    )  # fmt: skip
    before = api.get("admin", "/version").get_json()["mapping"]
    kept = api.post("admin", "/mappings", {"source": MAPPING.replace("ACME", "Acme"), "reason": "name"}).get_json()
    active = api.post("admin", f"/mappings/{kept['number']}/activate").get_json()
    assert (active["state"], api.get("admin", "/version").get_json()["mapping"]) == ("active", kept["number"])
    back = api.post("admin", "/mappings/rollback", {"reason": "no"}).get_json()
    assert back["restores"] == before
    assert api.get("admin", f"/mappings/{back['number']}").get_json()["source"] == MAPPING
    assert told(api.get("admin", "/mappings/99999"))[:2] == (
        404, "There is no mapping version 99999. List them with: gatepost mapping history",
    )  # fmt: skip


def test_connections_show_no_secret(api: Api) -> None:
    answer = api.get("admin", "/connections")
    assert [one["name"] for one in answer.get_json()["items"]] == ["jira-main", "snow-main"]
    assert "token" not in answer.text
    assert api.post("admin", "/connections/jira-main/resume").get_json() == {"was_paused": False}
    assert told(api.get("admin", "/connections/nobody/health")) == (
        404, 'There is no connection "nobody".', "They stand in the list of connections.",
    )  # fmt: skip


def test_what_is_parked_is_shown_looked_at_again_or_dropped(api: Api) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'parked', reason = 'refused' WHERE key = 'ITX-1'")
    (stuck,) = api.get("admin", "/parked").get_json()["items"]
    assert (stuck["kind"], stuck["key"], stuck["reason"]) == ("outbox", "ITX-1", "refused")
    shown = api.get("admin", f"/outbox/{stuck['number']}").get_json()
    assert {change["field"] for change in shown["changes"]} == {"Gate", "Gate blockers"}
    again = api.post("admin", f"/outbox/{stuck['number']}/replay").get_json()
    assert again == {"connection": "jira-main", "native_id": "10001"}
    assert api.get("admin", "/parked").get_json()["items"] == []
    assert [row.native_id for row in api.store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    (waiting,) = api.get("admin", "/outbox?state=waiting").get_json()["items"]
    because = {"reason": "the field is not there any more"}
    assert api.post("admin", f"/outbox/{waiting['number']}/drop", {}).status_code == 422, "not without a reason"
    assert api.post("admin", f"/outbox/{waiting['number']}/drop", because).status_code == 204
    assert told(api.post("admin", f"/outbox/{waiting['number']}/drop", because)) == (
        409, f"Write {waiting['number']} is being made, or has ended.", "Only what waits or is parked can be dropped.",
    )  # fmt: skip


def test_a_whole_cause_is_replayed_or_dropped_with_a_reason(api: Api) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'parked', reason = '403 for ' || key")
    (cause,) = api.get("admin", "/parked/causes").get_json()["items"]
    assert (cause["told"], cause["count"]) == ("403 for …", len(api.get("admin", "/parked").get_json()["items"]))
    first = api.get("admin", f"/parked?cause={cause['id']}&limit=1").get_json()
    assert first["items"][0]["cause"] == cause["id"]
    ref = first["items"][0]["ref"]
    assert api.post("admin", "/parked/drop", {"target": ref}).status_code == 422, "not without a reason"
    assert api.post("admin", "/parked/drop", {"target": ref, "reason": "obsolete"}).get_json() == {"count": 1}
    assert told(api.post("admin", "/parked/drop", {"target": ref, "reason": "obsolete"})) == (
        404, f"Nothing is parked as {ref}.", "Causes and refs stand in the lists of what is parked.",
    )  # fmt: skip
    again = api.post("admin", "/parked/replay", {"target": cause["id"]}).get_json()
    assert again == {"count": cause["count"] - 1}
    assert api.get("admin", "/parked/causes").get_json()["items"] == []


def test_events_are_shown_with_their_bodies_and_replayed(api: Api) -> None:
    first = api.get("admin", "/inbox?connection=jira-main&limit=1").get_json()["items"][0]
    assert (first["state"], first["native_id"]) == ("done", "10002")
    assert api.get("admin", f"/inbox/{first['number']}").get_json()["body"] == "{}"
    assert api.post("admin", f"/inbox/{first['number']}/replay").get_json()["native_id"] == "10002"


def test_a_sweep_is_asked_for(api: Api) -> None:
    answer = api.post("admin", "/connections/jira-main/sweeps", {"full": True})
    assert (answer.status_code, answer.get_json()) == (202, {"connection": "jira-main", "kind": "full"})
    waiting = api.store.rows("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :lock", lock=f"sweep:{JIRA}")
    assert len(waiting) == 1
    assert api.get("admin", "/sweeps").get_json() == {"items": []}


def test_a_rate_is_set(api: Api) -> None:
    rate = {"currency": "USD", "to": "EUR", "since": "2026-01-01", "factor": "0.92", "source": "treasury"}
    assert api.call("admin", "PUT", "/rates", rate).get_json()["factor"] == "0.92"
    assert api.get("admin", "/rates").get_json()["items"] == [rate]
    assert told(api.call("admin", "PUT", "/rates", rate | {"to": "USD"}))[:2] == (422, "USD needs no rate to itself.")


def test_the_audit_is_searched(api: Api) -> None:
    found = api.get("admin", "/audit?subject=jira-main/10001").get_json()["items"]
    assert [one["action"] for one in found] == ["decided", "stage.granted"]
    assert [one["action"] for one in api.get("admin", "/audit?action=stage").get_json()["items"]] == [
        "stage.granted"
    ] * 2
    assert api.get("admin", "/audit?action=sta").get_json()["items"] == []


def test_a_subscription_has_its_whole_life_here(api: Api, loaded: Loaded) -> None:
    receiver = Receiver()
    body = {"name": "bot", "url": receiver.url, "events": ["gate.blocked"], "place": ["IT"]}
    made = api.post("admin", "/subscriptions", body)
    assert made.status_code == 201
    assert made.get_json()["secret"].startswith("whsec_")
    assert told(api.post("admin", "/subscriptions", body))[:2] == (
        409, 'There is a subscription "bot" already; remove it or take another name.',
    )  # fmt: skip
    trial = api.post("admin", "/subscriptions/bot/test").get_json()
    assert (trial["taken"], trial["told"]) == (True, "Taken: the receiver answered 204.")
    assert trial["request"].startswith(f"POST {receiver.url}\nContent-Type: application/json\n")
    assert receiver.types() == ["test"]
    assert api.post("admin", "/subscriptions/bot/rotate").get_json()["secret"] != made.get_json()["secret"]
    look(api.store, loaded, item(SHOWN | {"Sponsor": None}))
    (delivery,) = api.get("admin", "/subscriptions/bot/deliveries").get_json()["items"]
    assert (delivery["event"], delivery["key"], delivery["state"]) == ("gate.blocked", "ITX-1", "waiting")
    assert api.post("admin", "/subscriptions/bot/replay", {}).get_json() == {"count": 0}
    assert api.call("admin", "DELETE", "/subscriptions/bot").status_code == 204
    assert api.get("admin", "/subscriptions/bot").status_code == 404
    receiver.stop()
