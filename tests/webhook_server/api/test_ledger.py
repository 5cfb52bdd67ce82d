"""The ledger through the API: posting for one's own part, correcting, and closing a month with two people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from connector.people.permissions import Role, RoleGrant
from mapping.load import LoadedMapping, load_mapping
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api_server import ApiServer, api_server, problem_of

LINE = {"measure": "ITX-1", "version": "actual", "kind": "recurring_cost", "month": "2026-01", "amount": "100.50",
        "currency": "EUR"}  # fmt: skip


@pytest.fixture(scope="module")
def api(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    folder = tmp_path_factory.mktemp("ledger")
    with databases.one() as url, open_store(url) as store, api_server(store, loaded, folder) as here:
        here.person("weber", RoleGrant(Role.CONTROLLER, ("IT", "Cloud exit")))
        here.person("brandt", RoleGrant(Role.OFFICE))
        here.person("keller", RoleGrant(Role.CONTROLLER))
        here.person("vera", RoleGrant(Role.VIEWER))
        yield here


def post(api: ApiServer, who: str, *lines: dict[str, str], **more: object) -> TestResponse:
    return api.post(who, "/ledger/entries", {"entries": list(lines), **more})


def test_a_controller_posts_for_their_part_and_everybody_who_sees_the_measure_reads_it(api: ApiServer) -> None:
    answer = post(api, "weber", LINE | {"record": "4711"}, system="SAP")
    (made,) = answer.get_json()["items"]
    assert (made["measure"], made["money"], made["source"], made["entered_by"]) == (
        "jira-main/10001", {"amount": "100.50", "currency": "EUR"}, "4711 of SAP", "weber@acme.example",
    )  # fmt: skip
    assert api.get("vera", "/ledger/entries?measure=ITX-1&month=2026-01").get_json()["items"] == [made]
    assert problem_of(post(api, "weber", LINE | {"measure": "ITX-2"}))[:2] == (
        422, 'entries[0]: There is no measure "ITX-2" that you may see.',
    )  # fmt: skip
    assert problem_of(post(api, "weber", {**LINE, "measure": "", "service": "CRM"}))[1] == (
        "entries[0]: Only a controller or the transformation office posts for a service: ask one of them, or an administrator."
    )
    assert problem_of(post(api, "vera", LINE))[:2] == (403, "This needs the role controller or office.")


def test_a_wrong_line_keeps_all_of_them_out(api: ApiServer) -> None:
    wrong = post(api, "keller", LINE | {"month": "2026-02"}, LINE | {"amount": "-3"}, batch="February.csv")
    assert problem_of(wrong)[1].startswith("entries[1]: -3 EUR is negative.")
    assert api.get("vera", "/ledger/entries?month=2026-02").get_json()["items"] == []
    tried = post(api, "keller", LINE | {"month": "2026-02"}, dry_run=True)
    assert [one["number"] for one in tried.get_json()["items"]] == [0]


def test_a_correction_is_an_entry_with_a_reason(api: ApiServer) -> None:
    number = post(api, "keller", LINE | {"month": "2026-03"}).get_json()["items"][0]["number"]
    path = f"/ledger/entries/{number}/correct"
    assert problem_of(api.post("weber", path, {"amount": "-1", "reason": "no"}))[0] == 422
    (made,) = api.post("weber", path, {"amount": "90.5", "reason": "credit note"}).get_json()["items"]
    assert (made["corrects"], made["money"]["amount"], made["reason"]) == (number, "-10.00", "credit note")
    assert problem_of(api.post("weber", "/ledger/entries/999/correct", {"amount": "1", "reason": "x"}))[0] == 404


def test_a_month_is_closed_by_two_people_who_answer_for_all_of_it(api: ApiServer) -> None:
    refused = api.post("weber", "/ledger/months/close", {"month": "2026-01"})
    assert problem_of(refused)[:2] == (403, "This needs the role controller or office for the whole organisation.")
    cost = {"amount": "100", "currency": "EUR"}
    asked = {"month": "2026-01", "gl_cost": cost}
    seen = problem_of(api.post("brandt", "/ledger/months/close", asked))
    assert seen[0] == 409
    assert "find the difference of -0.50 EUR" in seen[1] or "stays open" in seen[1], seen
    shown = api.get("keller", "/ledger/months?month=2026-01").get_json()
    assert [one["kind"] for one in shown["checklist"]] == ["not_assessed"], "posted later than the assessment"
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE measure SET assessed_at = now() + interval '1 hour'")
    assert problem_of(api.post("brandt", "/ledger/months/close", asked))[1] == (
        "The general ledger shows 100 EUR of cost for Jan 2026, the ledger 100.50 EUR: find the difference of -0.50 EUR, or "
        "say why it stays."
    )
    prepared = api.post("brandt", "/ledger/months/close", asked | {"reason": "rounded"}).get_json()
    answer = f"/ledger/months/steps/{prepared['number']}/accept"
    assert problem_of(api.post("brandt", answer))[:2] == (
        409, "You prepared it yourself: somebody else reviews it, signed in with their own name.",
    )  # fmt: skip
    signed = api.post("keller", answer).get_json()
    assert (signed["kind"], signed["entries"], signed["gl_cost"]) == ("closed", 1, cost)
    assert problem_of(post(api, "weber", LINE))[1].startswith("entries[0]: Jan 2026 is closed. Post it into Feb 2026")
    assert problem_of(api.post("brandt", "/ledger/months/reopen", {"month": "2026-01", "reason": " "}))[0] == 409
    asked_again = api.post("brandt", "/ledger/months/reopen", {"month": "2026-01", "reason": "wrong file"}).get_json()
    refuse = f"/ledger/months/steps/{asked_again['number']}/refuse"
    assert api.post("keller", refuse, {"reason": "correct it"}).get_json()["kind"] == "refused"
    assert api.get("keller", "/ledger/months?month=2026-02").get_json()["closed_through"] == "2026-01"


LOCK = {
    "measure": "ITX-1", "cost_centre": "4711", "first": "2099-01", "amount": {"amount": "500.00", "currency": "EUR"},
    "reason": "licences are gone",
}  # fmt: skip


def test_a_saving_is_taken_out_of_a_budget_by_two_people_through_the_api(api: ApiServer) -> None:
    assert api.get("keller", "/budget-locks").get_json() == {"items": []}
    refused = problem_of(api.post("weber", "/budget-locks", LOCK))
    assert refused[:2] == (
        409, "ITX-1 is not closed: only a saving that the controller has confirmed is taken out of a budget.",
    )  # fmt: skip
    assert problem_of(api.post("weber", "/budget-locks", LOCK | {"measure": "ITX-9"}))[:2] == (
        404, 'There is no measure "ITX-9" for which you may post.',
    )  # fmt: skip
    wrong = {"amount": {"amount": "much", "currency": "EUR"}}
    assert problem_of(api.post("weber", "/budget-locks", LOCK | wrong))[0] == 422
    with api.store.engine.begin() as transaction:
        transaction.execute(_PREPARED)
    (waiting,) = api.get("keller", "/budget-locks").get_json()["items"]
    assert (waiting["key"], waiting["kind"], waiting["waits"], waiting["last"], waiting["amount"]["amount"]) == (
        "ITX-1", "prepared", True, "2099-12", "500.00",
    )  # fmt: skip
    number = waiting["number"]
    assert problem_of(api.post("keller", f"/budget-locks/{number}/agree"))[1].startswith("ITX-1 is not closed")
    assert problem_of(api.post("vera", f"/budget-locks/{number}/agree"))[0] == 403
    answered = api.post("keller", f"/budget-locks/{number}/refuse").get_json()
    assert (answered["kind"], answered["answers"], answered["by"]) == ("refused", number, "keller@acme.example")
    assert problem_of(api.post("keller", f"/budget-locks/{number}/agree"))[:2] == (404, f"No lock {number} waits.")
    assert [one["waits"] for one in api.get("keller", "/budget-locks").get_json()["items"]] == [False, False]


_PREPARED = text("""
    INSERT INTO budget_lock_step (kind, measure_id, cost_centre, month, amount, currency, reason, login, person_id, at)
    VALUES ('prepared', 'jira-main/10001', '4711', '2099-01-01', 500.00, 'EUR', 'licences', 'm.brandt', 77, now())
""")
