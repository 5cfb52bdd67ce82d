"""Open tasks of somebody: on the page, through the API, by roles, delegates and committees; and their digest's page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.measures.my_work import committee_programs
from connector.people.my_work import WorkKind
from connector.people.permissions import Role, RoleGrant, ToolAccount, Viewer
from connector.store.database.json_codec import to_json
from connector.store.database.row_level_access import read_as
from connector.store.reporting.my_work import load_my_work
from governance.gates import ApprovalKind
from governance.measure import Role as MeasureRole
from governance.measure_state import ReasonRequest
from governance.money import Money
from governance.plan_check import CheckKind, PlanCheck
from governance.responsible import Responsible
from governance.verdict import Approval, ApprovalState, Blocker
from mapping.load import LoadedMapping, load_mapping
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server, problem_of
from tests.webhook_server.signed_in_browser import page_text
from tests.webhook_server.visitor import site as open_site
from webhook_server.admin.work import awaits_bookings

__all__ = ["loaded"]

TODAY = datetime(2026, 2, 10, tzinfo=UTC).date()


@pytest.fixture
def api(database: object, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    """ITX-1 in IT / Cloud exit, and ITX-2 in IT / Branches; both identified, with their people."""
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def blocker(
    code: str, role: MeasureRole, day: int, reason: str, subject: str = "", approval: Approval | None = None
) -> Blocker:
    """A blocker of the gate into Decided."""
    who = PEOPLE[role]
    return Blocker(
        f"decided:{code}:{subject}", code, subject, "decided", reason,
        f"Cannot move into Decided yet: {reason}. {who.text} needs to act, since 1 Feb · {code}", (who,),
        datetime(2026, 2, day, 8, tzinfo=UTC), approval,
    )  # fmt: skip


def blocked(api: ApiServer, number: str, *blockers: Blocker, **verdict: object) -> None:
    """Let a measure stand at a gate with these blockers."""
    part = {"blockers": to_json(blockers), "next_stage": "decided", "next_stage_label": "Decided", **verdict}
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "UPDATE measure SET verdict = verdict || %(part)s::jsonb WHERE native_id = %(number)s",
            {"part": json.dumps(part), "number": number},
        )


OWNER, SPONSOR_ROLE, CONTROLLER = MeasureRole.OWNER, MeasureRole.SPONSOR, MeasureRole.CONTROLLER
COMMITTEE_ROLE = MeasureRole.STEERING_COMMITTEE
PEOPLE = {
    OWNER: Responsible(OWNER, "A. Kaya", "k"),
    SPONSOR_ROLE: Responsible(SPONSOR_ROLE, "M. Brandt", "b"),
    CONTROLLER: Responsible(CONTROLLER, "J. Weber", "w"),
    COMMITTEE_ROLE: Responsible(COMMITTEE_ROLE, "IT Board"),
}
MISSING = Approval(ApprovalKind.APPROVAL, ApprovalState.NOT_GIVEN)
SPONSOR = blocker("APPROVAL_MISSING", SPONSOR_ROLE, 1, "M. Brandt has not yet given the approval", "sponsor", MISSING)
SIZE = blocker(
    "CONTROLLER_SIZE", CONTROLLER, 2, "J. Weber has not yet given the confirmation of size and timing", "controller",
    Approval(ApprovalKind.SIZE_AND_TIMING, ApprovalState.NOT_GIVEN),
)  # fmt: skip
DATES = blocker("DATES_MISSING", OWNER, 3, "the end date is missing", "dates")
BASELINE = blocker("BASELINE_MISSING", OWNER, 4, "no baseline is fixed", "baseline")
CONFIRM = blocker(
    "CONTROLLER_CONFIRM", CONTROLLER, 5, "not given", "controller",
    Approval(ApprovalKind.ACTUAL_EFFECT, ApprovalState.NOT_GIVEN),
)  # fmt: skip
REJECTED = blocker(
    "APPROVAL_MISSING", OWNER, 5, "M. Brandt rejected Decided", "sponsor",
    Approval(ApprovalKind.APPROVAL, ApprovalState.REJECTED),
)  # fmt: skip
HELD = blocker("ON_HOLD", SPONSOR_ROLE, 5, "On hold")
KILLED = blocker("KILL_SWITCH", SPONSOR_ROLE, 5, "three months red")
DEVIATION = {
    "since": "2026-02-06T08:00:00+00:00", "slip_days": 0, "reason": "",
    "checks": [to_json(PlanCheck(CheckKind.LIFETIME, Money(Decimal(100), "EUR"), Money(Decimal(73), "EUR")))],
    "reason_requests": [to_json(ReasonRequest(PEOPLE[OWNER], datetime(2026, 2, 6, 8, tzinfo=UTC)))],
}  # fmt: skip
LATE = blocker("DEVIATION_UNEXPLAINED", OWNER, 6, "the lifetime benefit is 27% below plan", "deviation")
OFF_RAMP = {"kind": "on_hold", "by": "M. Brandt", "at": "2026-02-05T08:00:00+00:00", "reason": "later", "by_id": "b"}


@pytest.mark.parametrize(
    ("account", "blockers", "verdict", "expected"),
    [
        pytest.param("b", [SPONSOR, SIZE], {}, ["approval 1"], id="the sponsor's approval, and another's beside it"),
        pytest.param("w", [SPONSOR, SIZE], {}, ["approval 1"], id="the controller's size and timing"),
        pytest.param("k", [SPONSOR, SIZE], {}, [], id="nothing for the owner"),
        pytest.param("k", [DATES, BASELINE, SPONSOR], {}, ["blocker 1"], id="two missing facts are one thing"),
        pytest.param("w", [CONFIRM], {}, ["approval 0"], id="a confirmation without actuals"),
        pytest.param("b", [REJECTED], {}, [], id="who rejected waits for the owner"),
        pytest.param("k", [REJECTED], {}, ["blocker 0"], id="the owner answers a rejection"),
        pytest.param("k", [LATE], {"deviation": DEVIATION}, ["reason 0"], id="a reason is listed once"),
        pytest.param("b", [LATE], {"deviation": DEVIATION}, [], id="the escalation has not reached the sponsor"),
        pytest.param("k", [], {"deviation": DEVIATION | {"reason": "price"}}, [], id="a reason that was given"),
        pytest.param("b", [HELD, SPONSOR], {"off_ramp": OFF_RAMP}, [], id="on hold waits for nobody"),
        pytest.param(
            "b", [KILLED, SPONSOR], {"off_ramp": OFF_RAMP}, ["blocker 1"], id="the kill switch asks the sponsor"
        ),
    ],
)
def test_what_waits_for_whom(
    api: ApiServer, account: str, blockers: list[Blocker], verdict: dict[str, object], expected: list[str]
) -> None:
    blocked(api, "10001", *blockers, **verdict)
    blocked(api, "10002")
    me = Viewer(None, "x", "X", accounts=frozenset({ToolAccount("jira-main", account)}))
    with read_as(api.services.engine, me) as connection:
        found = load_my_work(connection, me, TODAY)
    assert [f"{one.kind} {one.other_open_conditions}" for one in found.tasks] == expected


def test_the_same_account_of_another_tool_is_somebody_else(api: ApiServer) -> None:
    blocked(api, "10001", SPONSOR)
    me = Viewer(None, "x", "X", (RoleGrant(Role.OFFICE),), frozenset({ToolAccount("snow-main", "b")}))
    with read_as(api.services.engine, me) as connection:
        assert load_my_work(connection, me, TODAY).tasks == ()


def test_booked_actuals_make_a_confirmation_of_it(api: ApiServer, loaded: LoadedMapping) -> None:
    record_assessment(api.store, loaded, item(SHOWN | {"Actual benefit": Decimal(1000)}))
    blocked(api, "10001", CONFIRM)
    me = Viewer(None, "x", "X", accounts=frozenset({ToolAccount("jira-main", "w")}))
    with read_as(api.services.engine, me) as connection:
        (one,) = [
            one
            for one in load_my_work(connection, me, TODAY).tasks
            if one.key == "ITX-1" and not one.other_open_conditions
        ]
    assert (one.kind, one.amount, one.currency) == (WorkKind.CONFIRMATION, 1000, "EUR")
    assert not awaits_bookings(one)


def test_a_delegate_sees_it_until_the_last_day_and_only_where_they_may_see_the_measure(api: ApiServer) -> None:
    blocked(api, "10001", SPONSOR)
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql(
            """INSERT INTO command (measure_id, origin, origin_id, verb, person, given_at, ruled_at, accepted, role, content)
               VALUES ('jira-main/10001', 'comment', '1', 'delegate', 'M. Brandt', now(), now(), true, 'sponsor',
                 '{"delegate": "z", "until": "2026-02-10", "person": {"id": "b"}}')"""
        )
    account = frozenset({ToolAccount("jira-main", "z")})
    seeing = Viewer(None, "z", "Z", (RoleGrant(Role.VIEWER, ("IT",)),), account)
    with read_as(api.services.engine, seeing) as connection:
        assert [one.roles for one in load_my_work(connection, seeing, TODAY).tasks] == [("sponsor",)]
        assert load_my_work(connection, seeing, TODAY + timedelta(days=1)).tasks == ()
    blind = Viewer(None, "z", "Z", (), account)
    with read_as(api.services.engine, blind) as connection:
        assert load_my_work(connection, blind, TODAY).tasks == ()


COMMITTEE = """
committees:
  - {name: IT Board, programs: [Cloud exit], members: [z, y]}
"""


def test_a_member_of_the_committee_is_asked_for_its_decision(api: ApiServer) -> None:
    config = load_mapping(MAPPING + COMMITTEE)
    assert isinstance(config, LoadedMapping)
    record_assessment(api.store, config, item(SHOWN))
    lacking = Approval(ApprovalKind.APPROVAL, ApprovalState.QUORUM)
    reason = "0 of 1 member has approved"
    blocked(api, "10001", blocker("STEERCO_DECISION", COMMITTEE_ROLE, 1, reason, "steering_committee", lacking))
    member = Viewer(None, "z", "Z", (RoleGrant(Role.VIEWER, ("IT",)),), frozenset({ToolAccount("jira-main", "z")}))
    seats = committee_programs(config.config, member)
    assert seats == ("Cloud exit",)
    with read_as(api.services.engine, member) as connection:
        assert [one.roles for one in load_my_work(connection, member, TODAY, committee_programs=seats).tasks] == [
            ("steering_committee",)
        ]


@pytest.mark.parametrize(
    ("account", "day", "roles"),
    [
        pytest.param("w", 1, [("controller",)], id="the controller at once"),
        pytest.param("b", 5, [], id="not the sponsor before the deadline"),
        pytest.param("b", 6, [("sponsor",)], id="the sponsor once it has passed"),
        pytest.param("k", 20, [], id="never the owner, whose figure may be the wrong one"),
    ],
)
def test_a_difference_is_the_controllers_work_and_climbs(
    api: ApiServer, account: str, day: int, roles: list[tuple[str, ...]]
) -> None:
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "INSERT INTO ledger_difference VALUES ('jira-main/10001', 'one_off_cost', '100 EUR', '120 EUR', "
            "'2026-02-01T23:00:00Z', '2026-02-06T23:00:00Z')"
        )
    me = Viewer(None, "x", "X", (RoleGrant(Role.OFFICE),), frozenset({ToolAccount("jira-main", account)}))
    with read_as(api.services.engine, me) as connection:
        found = load_my_work(connection, me, date(2026, 2, day), kinds=[WorkKind.DIFFERENCE]).tasks
    assert [one.roles for one in found] == roles
    for one in found:
        assert [reason.text for reason in one.reasons] == [
            "Of one-off cost to date the ledger has 100 EUR, the tool 120 EUR: to be settled by 2026-02-06"
        ]


def test_the_page_counts_in_its_first_sentence_and_leads_on(api: ApiServer) -> None:
    blocked(api, "10001", SPONSOR, DATES)
    blocked(api, "10002", SPONSOR)
    page = enter(api, "Brandt", account="b").get("/work")
    shown = page_text(page)
    assert "You have 2 open tasks, the oldest since 1 Feb 2026; 1K EUR of planned benefit depend on them." in shown
    assert "Your approval for Decided as sponsor · 1 other condition open" in shown
    assert "the last open condition" in shown
    assert "/measures/jira-main/10001/actions/approve?stage=decided" in page.text


def test_one_kind_has_a_list_of_its_own_and_another_name_is_not_found(api: ApiServer) -> None:
    blocked(api, "10001", SPONSOR, DATES)
    kaya = enter(api, "Kaya", account="k")
    assert "DATES" not in kaya.text("/work?kind=blocker")
    assert "The end date is missing" in kaya.text("/work?kind=blocker")
    assert "You have no open tasks of this kind." in kaya.text("/work?kind=approval")
    assert kaya.get("/work?kind=dreams").status_code == 404


def test_tasks_are_filtered_by_a_person_of_the_measure(api: ApiServer) -> None:
    blocked(api, "10001", SPONSOR)
    blocked(api, "10002", SPONSOR)
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE measure SET owner = 'Petr 100%% Novak' WHERE native_id = '10002'")
    brandt = enter(api, "Brandt", account="b")
    shown = brandt.text("/work?person=100%25+nov")
    assert "You have 1 open task, since 1 Feb 2026" in shown
    assert ("Petr 100% Novak" in shown, "ITX-1" in shown) == (True, False)
    assert "You have no open tasks at measures of “Nobody”." in brandt.text("/work?person=Nobody")


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("nobody", "You have no open tasks."),
        (None, "No account of Jira or ServiceNow is linked to you yet."),
    ],
)
def test_an_empty_page_teaches(api: ApiServer, account: str | None, message: str) -> None:
    assert message in enter(api, "Vera", RoleGrant(Role.VIEWER), account=account).text("/work")


def test_the_api_lists_the_same_page_by_page(api: ApiServer) -> None:
    blocked(api, "10001", SPONSOR, DATES)
    blocked(api, "10002", SPONSOR)
    api.person("brandt", accounts=(("jira-main", "b"),))
    first = api.get("brandt", "/work?limit=1").get_json()
    assert (first["total"], len(first["items"]), first["by_kind"][0]["count"]) == (2, 1, 2)
    assert (first["items"][0]["key"], first["items"][0]["stage"], first["items"][0]["other_blockers"]) == (
        "ITX-1",
        "decided",
        1,
    )
    second = api.get("brandt", f"/work?limit=1&cursor={first['next']}").get_json()
    assert ([one["key"] for one in second["items"]], second["next"], second["total"]) == (["ITX-2"], None, 2)
    assert api.get("brandt", "/work?kind=reason").get_json()["items"] == []


def test_a_cursor_that_is_none_of_ours_is_told(api: ApiServer) -> None:
    assert problem_of(api.get("admin", "/work?cursor=WyJhIiwiYiIsImMiXQ"))[:2] == (
        422,
        "The query is not valid: cursor.",
    )


def test_a_digest_without_any_setting_says_who_can_switch_it_on(api: ApiServer) -> None:
    grants = (RoleGrant(Role.ADMINISTRATOR), RoleGrant(Role.OFFICE))
    for reader in (enter(api, "Kaya", account="k"), enter(api, "Stein", *grants)):
        page = reader.text("/digest")
        assert "Notifications are off." in page
        assert "Whoever runs Gatepost can switch them on, by mail, Slack or Teams." in page
        assert "GATEPOST" not in page


def test_an_address_is_stored_when_it_is_allowed_and_never_shown_whole(database: URL, tmp_path: Path) -> None:
    with open_site(database, tmp_path, digest_schemes="slack,json", digest_hosts="127.0.0.1") as site:
        kaya = site.signed_in("kaya@acme.example", RoleGrant(Role.OWNER))
        wrong = kaya.post("/digest", {"target": "json://10.0.0.1/x", "frequency": "daily", "hour": "7"})
        assert (wrong.status_code, "10.0.0.1 is not on the list." in page_text(wrong)) == (422, True)
        secret = "TIiajkdnlazkcOXrIdevi7FQ"
        target = f"slack://T1JJ3T3L2/A1BRTD4JD/{secret}/#general"
        assert kaya.post("/digest", {"target": target, "frequency": "weekly", "hour": "8"}).status_code == 303
        page = kaya.get("/digest")
        assert "Your open tasks are sent every Monday at 08:00 (UTC), if there are any." in page_text(page)
        assert secret not in page.text
        saved = kaya.post("/digest", {"target": "", "frequency": "daily", "hour": "9"})
        assert saved.status_code == 303, "an empty address stays unchanged"
        assert kaya.post("/digest", {"frequency": "off", "hour": "9"}).status_code == 303
        assert "You receive no digest" in page_text(kaya.get("/digest"))
        assert kaya.post("/digest", {"frequency": "hourly", "hour": "9"}).status_code == 400
