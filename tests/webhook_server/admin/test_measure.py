"""One measure's page and its actions: visible by role, shown before they are submitted, submitted once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from connector.bootstrap import system_clock
from connector.people.authentication import SignInMethod
from connector.people.permissions import Role, RoleGrant, ToolAccount
from governance.definitions.report import REPORT
from governance.evidence import OpenItem
from mapping.load import LoadedMapping
from mapping.work_item import ConnectionName, NativeId
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reconcile.test_assessment_store import (
    SHOWN,
    forecast_later,
    loaded,
    record_assessment,
)
from tests.connector.store.reporting.portfolio_data import refresh
from tests.mapping.items import item
from tests.webhook_server.api_server import ApiServer, api_server
from tests.webhook_server.signed_in_browser import SignedInBrowser, page_text
from webhook_server.admin.measure import poll_seconds
from webhook_server.admin.measure_status_history import changed_days, status_spans

__all__ = ["loaded"]

ITX1 = "/measures/jira-main/10001"
CLOUD = RoleGrant(Role.VIEWER, ("IT", "Cloud exit"))


@pytest.fixture
def api(database: object, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    """ITX-1 in IT / Cloud exit, and ITX-2 in IT / Branches."""
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def enter(api: ApiServer, name: str, *grants: RoleGrant, account: str | None = None) -> SignedInBrowser:
    """Somebody new, signed in on the pages."""
    login = f"{name.lower()}@acme.example"
    person = api.services.people.add(login, name, by="tests").id
    for grant in grants:
        api.services.people.grant(person, grant, by="tests")
    if account is not None:
        api.services.people.link(person, ToolAccount("jira-main", account), by="tests")
    client = api.app.test_client()
    token = api.services.sessions.begin(
        person,
        agent="tests",
        by=login,
        now=system_clock(),
        method=SignInMethod.PASSWORD,
        authenticated_at=system_clock(),
    )
    client.set_cookie("gatepost", token)
    found = SignedInBrowser(client, person)
    found.get("/account")
    return found


def assess(api: ApiServer, loaded: LoadedMapping, number: str = "10001") -> None:
    """What the worker does after an event of the item."""
    record_assessment(api.store, loaded, item(SHOWN, native_id=NativeId(number)))


def fields(text: str) -> dict[str, str]:
    """The hidden fields of the form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in found if name in {"stage", "fingerprint", "key", "first", "last"}}


def test_a_blocking_item_of_another_project_is_named_only_to_whoever_may_see_it(
    api: ApiServer, loaded: LoadedMapping
) -> None:
    secret = (OpenItem("SEC-9", "The merger", "Open", "https://jira.example/browse/SEC-9"),)
    record_assessment(api.store, loaded, item(SHOWN | {"Sponsor": None}, blocking_links=secret))
    vera = enter(api, "Vera", CLOUD)
    page = vera.text(ITX1)
    assert "SEC-9" not in page
    assert "The merger" not in page
    assert "a blocking item of another project" in page
    api.person("viewer", CLOUD)
    (newest, *_) = api.get("viewer", f"{ITX1}/decisions").get_json()["items"]
    told = api.get("viewer", f"/decisions/{newest['number']}").text
    assert "The merger" not in told
    assert "SEC-9" not in told
    assert "SEC-9" in api.get("admin", f"/decisions/{newest['number']}").text
    ada = enter(api, "Ada", RoleGrant(Role.ADMINISTRATOR), RoleGrant(Role.VIEWER))
    assert "SEC-9" in ada.text(ITX1)
    # The same when somebody asks for the past, and why.
    past = f"{ITX1}?on=2026-02-10"
    shown = vera.text(past)
    assert "As known on 10 Feb 2026." in shown
    assert "a blocking item of another project" in shown
    assert "SEC-9" in ada.text(past)
    for answer in (
        vera.get(past), vera.get(f"{ITX1}/why"), vera.get(f"{ITX1}/why?on=2026-02-10"),
        *(api.get("viewer", f"{ITX1}{path}on=2026-02-10") for path in ("?", "/explain?", "/why?")),
        api.get("viewer", f"{ITX1}/explain?on=2026-02-10", Accept="text/plain"),
    ):  # fmt: skip
        assert answer.status_code == 200
        assert "SEC-9" not in answer.text
        assert "The merger" not in answer.text


def test_the_page_says_why_the_gate_is_shut_and_what_is_behind_it(api: ApiServer) -> None:
    page = enter(api, "Vera", CLOUD).text("/measures/ITX-1")
    assert "ITX-1 Retire the legacy CRM" in page
    assert "conditions are open" in page
    assert "600 EUR of planned net benefit depends on it." in page
    assert "Implementation: " in page
    assert page.index("Implementation: ") < page.index("Potential: ")
    assert "sponsor M. Brandt" in page
    assert "The mapping names no field for baseline" in page
    assert "BASELINE_MISSING" not in page, "a reader works with no tool, and searches for no code"
    assert "BASELINE_MISSING" in enter(api, "Berger", RoleGrant(Role.OFFICE)).text("/measures/ITX-1")
    assert "Identified granted" in page
    assert "Open in jira-main" in page


def test_the_page_has_the_figures_of_the_totals_in_the_words_of_the_definition_sheet(api: ApiServer) -> None:
    vera = enter(api, "Vera", CLOUD)
    assert "in the words of the definition sheet" not in vera.text(ITX1)
    refresh(api.services.engine)
    page = vera.text(ITX1)
    assert "All figures, in the words of the definition sheet In EUR, FY 2026; actuals count until Oct 2026" in page
    assert "The totals leave this measure out: not committed yet." in page
    for reported in REPORT:
        assert f"{reported.name} " in page
        assert reported.term.formula in page


@pytest.mark.parametrize("name", ["ITX-1", "itx-1", "jira-main/10001"])
def test_a_key_in_any_case_and_the_id_lead_to_the_same(api: ApiServer, name: str) -> None:
    answer = enter(api, "Vera", CLOUD).get(f"/measures/{name}")
    assert (answer.status_code, "Retire the legacy CRM" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["", "/timeline", "/commands/1", "/actions/hold"])
def test_a_measure_out_of_reach_is_not_found_like_one_that_does_not_exist(api: ApiServer, path: str) -> None:
    vera = enter(api, "Vera", CLOUD)
    hidden, missing = vera.get(f"/measures/ITX-2{path}"), vera.get(f"/measures/ITX-9{path}")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert page_text(hidden).replace("ITX-2", "ITX-9") == page_text(missing)


def test_a_key_of_several_measures_is_a_choice(api: ApiServer, loaded: LoadedMapping) -> None:
    record_assessment(
        api.store, loaded, replace(item(SHOWN), native_id=NativeId("10009"), connection=ConnectionName("jira-main"))
    )
    page = enter(api, "Vera", CLOUD).text("/measures/ITX-1")
    assert "Which ITX-1? 2 measures have this key" in page


def test_an_operator_sees_no_measure(api: ApiServer) -> None:
    assert enter(api, "Opal", RoleGrant(Role.OPERATOR)).get("/measures/ITX-1").status_code == 403


def test_a_role_holder_is_offered_the_allowed_actions_and_the_others_are_listed(api: ApiServer) -> None:
    page = enter(api, "Brandt", account="b").text("/measures/ITX-1")
    assert "Approve Detailed…" in page
    assert "Cancel the measure…" in page
    assert "What others may do" not in page
    page = enter(api, "Kaya", account="k").text("/measures/ITX-1")
    mine, others = page.split("What others may do")
    assert "Approve Detailed…" not in mine
    assert "Approve Detailed sponsor M. Brandt" in others
    assert "Put on hold…" in mine


def test_without_an_account_in_the_tool_nothing_is_offered(api: ApiServer) -> None:
    vera = enter(api, "Vera", CLOUD)
    assert "No account of jira-main is linked to you" in vera.text("/measures/ITX-1")
    page = vera.text(f"{ITX1}/actions/hold")
    assert "Owner A. Kaya or sponsor M. Brandt may." in page
    assert fields(vera.get(f"{ITX1}/actions/hold").text) == {}


def test_an_approval_shows_the_plan_that_it_rests_on(api: ApiServer) -> None:
    page = enter(api, "Brandt", account="b").text(f"{ITX1}/actions/approve?stage=detailed")
    assert "Your approval for the gate into Detailed. It applies to the figures below." in page
    assert "Net, 4 months 600.00" in page
    assert "You act as Brandt, with your account of jira-main." in page


def test_a_command_is_stored_ruled_on_and_shown_with_its_ruling(api: ApiServer, loaded: LoadedMapping) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text)
    answer = brandt.post(f"{ITX1}/actions/approve", **form)
    assert (answer.status_code, answer.location) == (303, f"{ITX1}?command=1#command")
    page = brandt.text(f"{ITX1}?command=1")
    assert re.search(r"Received .+?, not processed yet: /approve detailed, given by brandt@acme.example", page), page
    assert "It is processed with the next assessment of the item; the ruling will appear here. Refresh" in page
    part = brandt.get(f"{ITX1}/commands/1")
    assert part.status_code == 200
    assert 'hx-trigger="load delay:1s, every 30s"' in part.text
    assess(api, loaded)
    assert "Accepted. Detailed approved by Brandt as sponsor." in brandt.text(f"{ITX1}?command=1")
    ruled = brandt.get(f"{ITX1}/commands/1")
    assert (ruled.status_code, ruled.headers["HX-Refresh"]) == (204, "true")
    timeline = brandt.text(f"{ITX1}").partition("Timeline")[2]
    assert "Approve Detailed Detailed approved by Brandt as sponsor." in timeline


def test_a_page_is_never_older_than_the_ruling_that_it_shows(
    api: ApiServer, loaded: LoadedMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker commits between two queries of the page, which then asks no more."""
    kaya = enter(api, "Kaya", account="k")
    page = kaya.get(f"{ITX1}/actions/hold")
    kaya.post(f"{ITX1}/actions/hold", text="works council", **fields(page.text))

    measure_page = import_module("webhook_server.admin.measure")

    def ruled_meanwhile(*asked: Any) -> Any:
        monkeypatch.undo()
        assess(api, loaded)
        return measure_page.ruling(*asked)

    monkeypatch.setattr(measure_page, "ruling", ruled_meanwhile)
    shown = kaya.text(f"{ITX1}?command=1")
    assert "Accepted." in shown
    assert "Resume…" in shown, "the page is of the time before the ruling"


def test_a_form_that_is_sent_twice_submits_one_command(api: ApiServer) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text)
    first, again = brandt.post(f"{ITX1}/actions/approve", **form), brandt.post(f"{ITX1}/actions/approve", **form)
    assert (again.status_code, again.location) == (first.status_code, first.location)
    assert len(api.store.rows("SELECT 1 FROM submitted_command")) == 1


def test_two_clicks_at_once_submit_one_command(api: ApiServer) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text)
    answers: list[str | None] = []
    clicks = [
        Thread(target=lambda: answers.append(brandt.post(f"{ITX1}/actions/approve", **form).location)) for _ in "12"
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    # The second click is not kept waiting for the first.
    assert f"{ITX1}?command=1#command" in answers
    assert set(answers) <= {f"{ITX1}?command=1#command", ITX1}
    assert len(api.store.rows("SELECT 1 FROM submitted_command")) == 1


def test_without_scripts_the_browser_asks_again(api: ApiServer, loaded: LoadedMapping) -> None:
    brandt = enter(api, "Brandt", account="b")
    brandt.post(f"{ITX1}/actions/approve", **fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text))
    again = f'<noscript><meta http-equiv="refresh" content="3; url={ITX1}?command=1"></noscript>'
    assert again in brandt.get(f"{ITX1}?command=1").text
    assert again not in brandt.get(ITX1).text
    assess(api, loaded)
    assert again not in brandt.get(f"{ITX1}?command=1").text


@pytest.mark.parametrize(
    ("waited", "seconds"), [(-5, 1), (0, 1), (4, 1), (8, 2), (60, 15), (120, 30), (3599, 30), (3600, None)]
)
def test_a_page_asks_for_a_ruling_with_growing_pauses(waited: int, seconds: int | None) -> None:
    assert poll_seconds(timedelta(seconds=waited)) == seconds


def test_another_reader_sees_a_pending_command(api: ApiServer) -> None:
    brandt = enter(api, "Brandt", account="b")
    brandt.post(f"{ITX1}/actions/approve", **fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text))
    page = enter(api, "Vera", CLOUD).text(ITX1)
    assert "/approve detailed, given by brandt@acme.example" in page
    assert "Show its ruling" in page


def test_a_form_that_was_opened_on_other_figures_is_shown_again(api: ApiServer, loaded: LoadedMapping) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text)
    record_assessment(api.store, loaded, item(SHOWN | {"Planned benefit": Decimal(900)}))
    answer = brandt.post(f"{ITX1}/actions/approve", **form)
    assert answer.status_code == 409
    assert (
        "The figures have changed since you opened the page. Please check them again before you decide."
        in page_text(answer)
    )
    assert "Net, 4 months 500.00" in page_text(answer)
    assert api.store.rows("SELECT 1 FROM submitted_command") == []
    assert brandt.post(f"{ITX1}/actions/approve", **fields(answer.text)).status_code == 303


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Give a reason: it is all that later readers of the record have."),
        ("x" * 801, "Write up to 800 characters; this has 801."),
    ],
)
def test_a_reason_has_to_hold(api: ApiServer, text: str, message: str) -> None:
    kaya = enter(api, "Kaya", account="k")
    form = fields(kaya.get(f"{ITX1}/actions/hold").text)
    answer = kaya.post(f"{ITX1}/actions/hold", text=text, **form)
    assert (answer.status_code, message in page_text(answer)) == (422, True)
    assert api.store.rows("SELECT 1 FROM submitted_command") == []


def test_a_hold_says_what_it_changes_and_then_shuts_the_gates(api: ApiServer, loaded: LoadedMapping) -> None:
    kaya = enter(api, "Kaya", account="k")
    page = kaya.get(f"{ITX1}/actions/hold")
    assert "Every gate of the measure is shut until it is resumed." in page_text(page)
    kaya.post(f"{ITX1}/actions/hold", text="waiting for\n/approve detailed", **fields(page.text))
    assess(api, loaded)
    shown = kaya.text(ITX1)
    assert "by Kaya: waiting for /approve detailed." in shown
    assert "Resume…" in shown
    assert api.store.rows("SELECT verb FROM command")[0].verb == "hold"


def test_a_command_of_the_wrong_role_is_refused_with_who_may(api: ApiServer, loaded: LoadedMapping) -> None:
    kaya = enter(api, "Kaya", account="k")
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/actions/cancel").text)
    assert kaya.post(f"{ITX1}/actions/cancel", text="no", **form).status_code == 303
    assess(api, loaded)
    assert "Refused. Kaya may not cancel it; sponsor M. Brandt may." in kaya.text(f"{ITX1}?command=1")


def test_a_form_without_its_token_is_refused(api: ApiServer) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/actions/approve?stage=detailed").text)
    assert brandt.client.post(f"{ITX1}/actions/approve", data=form).status_code == 400
    assert api.store.rows("SELECT 1 FROM submitted_command") == []


@pytest.mark.parametrize(("verb", "status"), [("approve?stage=closed", 409), ("resume", 409), ("sing", 404)])
def test_what_makes_no_sense_now_is_not_offered(api: ApiServer, verb: str, status: int) -> None:
    assert enter(api, "Brandt", account="b").get(f"{ITX1}/actions/{verb}").status_code == status


def test_the_timeline_goes_on_by_its_last_entry(api: ApiServer, loaded: LoadedMapping) -> None:
    with api.services.engine.begin() as transaction:
        for number in range(40):
            transaction.exec_driver_sql(
                "INSERT INTO audit (actor, action, subject, detail) VALUES ('gatepost', 'stage.granted', "
                "'jira-main/10001', jsonb_build_object('text', %(text)s::text))",
                {"text": f"entry number {number}"},
            )
    vera = enter(api, "Vera", CLOUD)
    first = vera.get(ITX1)
    assert "Entry number 39" in page_text(first)
    assert "Entry number 14" not in page_text(first)
    more = re.search(r'hx-get="([^"]+/timeline[^"]+)"', first.text)
    assert more is not None
    rest = vera.get(unescape(more[1]))
    assert "Entry number 14" in page_text(rest)
    assert "<html" not in rest.text


def test_an_item_that_is_gone_or_out_of_the_mapping_says_so(api: ApiServer) -> None:
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "UPDATE work_item SET unreachable_since = now(), unreachable_reason = 'deleted' WHERE native_id = '10001'"
        )
        transaction.exec_driver_sql(
            "UPDATE measure SET unmapped_since = now(), unmapped_reason = 'the label is gone' WHERE native_id = '10001'"
        )
    brandt = enter(api, "Brandt", CLOUD, account="b")
    page = brandt.text(ITX1)
    assert "No mapping rule covers this item any more" in page
    assert "the label is gone" in page
    assert "The tool has not shown this item since" in page
    assert "Approve Detailed…" not in page
    assert brandt.get(f"{ITX1}/actions/approve?stage=detailed").status_code == 409


def test_the_page_says_what_a_later_start_of_the_benefit_costs_each_year(api: ApiServer) -> None:
    vera = enter(api, "Vera", CLOUD)
    assert "It is not known whether the benefit begins as planned: no benefit is forecast." in vera.text(ITX1)
    forecast_later(api.store)
    text = vera.text(ITX1)
    assert "The benefit begins 10 months later than planned Planned from Jan 2026, now forecast from Nov 2026." in text
    assert "Fiscal year from Lost EUR Postponed EUR Made up EUR Missing in the year EUR" in text
    assert "Jan 2026 0 1,000 500 500 Jan 2027 0 0 500 −500" in text


def test_a_text_of_the_tool_is_only_text(api: ApiServer, loaded: LoadedMapping) -> None:
    record_assessment(
        api.store, loaded, item(SHOWN, title="<script>alert(1)</script>", url="https://acme.example/browse/ITX-1")
    )
    page = enter(api, "Vera", CLOUD).get(ITX1).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_confirmation_shows_its_amount_and_months_and_submits_exactly_these(
    closing_api: ApiServer, loaded: LoadedMapping
) -> None:
    weber = enter(closing_api, "Weber", account="w")
    page = weber.get(f"{ITX1}/actions/confirm")
    assert "You confirm as controller that 1,000.00 EUR of the result were realised in Feb 2026." in page_text(page)
    assert "Feb 2026 recurring benefit 1,000.00" in page_text(page)
    assert "You sign as controller, Weber (jira-main)" in page_text(page)
    assert weber.post(f"{ITX1}/actions/confirm", **fields(page.text)).status_code == 303
    (command,) = closing_api.store.rows("SELECT text FROM submitted_command")
    assert command.text == "/confirm 1000 EUR 2026-02"


def test_a_lower_value_is_entered_with_its_reason_and_never_more_than_is_claimed(
    closing_api: ApiServer, loaded: LoadedMapping
) -> None:
    weber = enter(closing_api, "Weber", account="w")
    page = weber.get(f"{ITX1}/actions/confirm-lower?first=2026-01&last=2026-02")
    assert "1,000.00 EUR of the result are claimed from Jan 2026 to Feb 2026." in page_text(page)
    sent = fields(page.text) | {"text": "no volume"}
    refused = weber.post(f"{ITX1}/actions/confirm-lower", **sent | {"amount": "1,000.01"})
    assert (refused.status_code, "nobody confirms more" in refused.text) == (422, True)
    assert weber.post(f"{ITX1}/actions/confirm-lower", **sent | {"amount": "600.50"}).status_code == 303
    (command,) = closing_api.store.rows("SELECT text FROM submitted_command")
    assert command.text == "/confirm-lower 600.50 EUR 2026-01..2026-02 no volume"


@pytest.fixture
def closing_api(api: ApiServer, loaded: LoadedMapping) -> ApiServer:
    """ITX-1 before it is closed: actuals booked, and the controller's confirmation missing."""
    _closing(api.store, loaded)
    return api


def _closing(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, item(SHOWN | {"Actual benefit": Decimal(1000)}))
    with store.engine.begin() as transaction:
        transaction.exec_driver_sql(
            """UPDATE measure SET stage = 'implemented',
                 measure_state = measure_state || '{"stage": "implemented"}',
                 verdict = verdict || jsonb_build_object('stage', 'implemented', 'next_stage', 'closed',
                   'next_stage_label', 'Closed', 'checklist', jsonb_build_array(jsonb_build_object(
                     'stage', 'closed', 'code', 'CONTROLLER_CONFIRM', 'subject', 'controller', 'outcome', 'unmet',
                     'expected', 'confirmation of the actual effect by the controller', 'actual', 'not given',
                     'reason', 'J. Weber has not yet given the confirmation of the actual effect',
                     'who', 'controller J. Weber')))
               WHERE native_id = '10001'"""
        )


def test_the_statuses_over_time_are_spans_of_one_colour() -> None:
    colours = ["green", "green", "red", "amber"]
    rows: list[Any] = [
        {
            "day": date(2026, 1, 1 + 10 * place),
            "implementation": colour,
            "potential": "grey",
            "stage": "x",
            "gate": "blocked",
        }
        for place, colour in enumerate(colours)
    ]
    spans = status_spans(rows, "implementation", date(2026, 2, 9))
    assert [(span.colour, span.first, span.last) for span in spans] == [
        ("green", date(2026, 1, 1), date(2026, 1, 20)),
        ("red", date(2026, 1, 21), date(2026, 1, 30)),
        ("amber", date(2026, 1, 31), date(2026, 2, 9)),
    ]
    assert [(span.begin, span.width) for span in spans] == [(0, 50), (50, 25), (75, 25)]
    assert [row["day"].day for row in changed_days(rows)] == [31, 21, 1]
    assert status_spans([], "implementation", date(2026, 2, 9)) == ()


def test_kill_criteria_are_chosen_on_the_page_and_submitted_as_the_command_that_people_write(
    api: ApiServer, loaded: LoadedMapping
) -> None:
    kaya = enter(api, "Kaya", account="k")
    page = kaya.get(f"{ITX1}/actions/kill-criteria")
    assert "Choose the kill criteria" in page_text(page)
    assert "The measure is stopped when one of these criteria holds; they lock with the decision." in page_text(page)
    sent = fields(page.text) | {"cost-limit": "1.2M", "forecast_share-limit": "much", "slip-limit": "60"}
    refused = kaya.post(f"{ITX1}/actions/kill-criteria", **sent)
    assert (refused.status_code, "Write a percentage of the plan such as 60." in refused.text) == (422, True)
    sent |= {"forecast_share-limit": "60", "forecast_share-months": "3"}
    assert kaya.post(f"{ITX1}/actions/kill-criteria", **sent).status_code == 303
    (command,) = api.store.rows("SELECT text FROM submitted_command")
    assert command.text == "/kill-criteria cost > 1.2M; forecast < 60 % of plan for 3 months; slip > 60 days"
    assess(api, loaded)
    text = kaya.text(ITX1)
    assert "Kill criteria cost > 1.2M; forecast < 60 % of plan for 3 months; slip > 60 days stated by Kaya" in text
    again = kaya.get(f"{ITX1}/actions/kill-criteria").text
    assert re.search(r'name="slip-limit"[^>]*value="60"', again)
    assert re.search(r'name="forecast_share-months"[^>]*value="3"', again)
    assert "may not state" not in enter(api, "Vera", CLOUD).text(ITX1)
