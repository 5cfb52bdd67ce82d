"""One measure's page, and what is said on it: seen by role, shown before it is asked for, said once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from connector.bootstrap import system_clock
from connector.people.permissions import Account, Grant, Role
from mapping.load import Loaded
from mapping.work_item import ConnectionName, NativeId
from tests.connector.store.conftest import Store, open_store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, look
from tests.mapping.items import item
from tests.webhook_server.api_server import Api, api_world
from tests.webhook_server.signed_in_browser import Browser, words
from webhook_server.admin.measure import ask_again
from webhook_server.admin.measure_status_history import changed_days, lane

__all__ = ["loaded"]

ITX1 = "/measures/jira-main/10001"
CLOUD = Grant(Role.VIEWER, ("IT", "Cloud exit"))


@pytest.fixture
def api(database: object, loaded: Loaded, tmp_path: Path) -> Iterator[Api]:
    """ITX-1 in IT / Cloud exit, and ITX-2 in IT / Branches."""
    with open_store(database) as store, api_world(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def enter(api: Api, name: str, *grants: Grant, account: str | None = None) -> Browser:
    """Somebody new, signed in on the pages."""
    login = f"{name.lower()}@acme.example"
    person = api.services.people.add(login, name, by="tests").id
    for grant in grants:
        api.services.people.grant(person, grant, by="tests")
    if account is not None:
        api.services.people.link(person, Account("jira-main", account), by="tests")
    client = api.app.test_client()
    token = api.services.sessions.begin(person, agent="tests", by=login, now=system_clock())
    client.set_cookie("gatepost", token)
    found = Browser(client, person)
    found.get("/account")
    return found


def hear(api: Api, loaded: Loaded, number: str = "10001") -> None:
    """What the worker does when the item was rung."""
    look(api.store, loaded, item(SHOWN, native_id=NativeId(number)))


def fields(text: str) -> dict[str, str]:
    """The hidden fields of the form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in found if name in {"stage", "seen", "key"}}


def test_the_page_says_why_the_gate_is_shut_and_what_is_behind_it(api: Api) -> None:
    page = enter(api, "Vera", CLOUD).text("/measures/ITX-1")
    assert "ITX-1 Retire the legacy CRM" in page
    assert "conditions are open" in page
    assert "600 EUR net plan stands behind it." in page
    assert "Work: " in page
    assert page.index("Work: ") < page.index("Money: ")
    assert "sponsor M. Brandt" in page
    assert "BASELINE_MISSING" in page
    assert "Identified granted" in page
    assert "Open in jira-main" in page


@pytest.mark.parametrize("name", ["ITX-1", "itx-1", "jira-main/10001"])
def test_a_key_in_any_case_and_the_id_lead_to_the_same(api: Api, name: str) -> None:
    answer = enter(api, "Vera", CLOUD).get(f"/measures/{name}")
    assert (answer.status_code, "Retire the legacy CRM" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["", "/timeline", "/said/1", "/act/hold"])
def test_a_measure_out_of_reach_is_not_found_like_one_that_does_not_exist(api: Api, path: str) -> None:
    vera = enter(api, "Vera", CLOUD)
    hidden, missing = vera.get(f"/measures/ITX-2{path}"), vera.get(f"/measures/ITX-9{path}")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert words(hidden).replace("ITX-2", "ITX-9") == words(missing)


def test_a_key_of_several_measures_is_a_choice(api: Api, loaded: Loaded) -> None:
    look(api.store, loaded, replace(item(SHOWN), native_id=NativeId("10009"), connection=ConnectionName("jira-main")))
    page = enter(api, "Vera", CLOUD).text("/measures/ITX-1")
    assert "Which ITX-1? 2 measures have this key" in page


def test_an_operator_sees_no_measure(api: Api) -> None:
    assert enter(api, "Opal", Grant(Role.OPERATOR)).get("/measures/ITX-1").status_code == 403


def test_who_holds_a_role_is_offered_what_it_allows_and_the_others_are_named(api: Api) -> None:
    page = enter(api, "Brandt", account="b").text("/measures/ITX-1")
    assert "Approve Detailed…" in page
    assert "Cancel the measure…" in page
    assert "What others may do" not in page
    page = enter(api, "Kaya", account="k").text("/measures/ITX-1")
    mine, others = page.split("What others may do")
    assert "Approve Detailed…" not in mine
    assert "Approve Detailed sponsor M. Brandt" in others
    assert "Put on hold…" in mine


def test_without_an_account_in_the_tool_nothing_is_offered(api: Api) -> None:
    vera = enter(api, "Vera", CLOUD)
    assert "No account of jira-main is linked to you" in vera.text("/measures/ITX-1")
    page = vera.text(f"{ITX1}/act/hold")
    assert "Owner A. Kaya or sponsor M. Brandt may." in page
    assert fields(vera.get(f"{ITX1}/act/hold").text) == {}


def test_an_approval_shows_the_plan_that_it_rests_on(api: Api) -> None:
    page = enter(api, "Brandt", account="b").text(f"{ITX1}/act/approve?stage=detailed")
    assert "Your approval for the gate into Detailed. It holds for the figures below" in page
    assert "Net, 4 months 600.00" in page
    assert "You speak as Brandt, account b of jira-main." in page


def test_a_word_is_kept_heard_and_told_with_its_ruling(api: Api, loaded: Loaded) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text)
    answer = brandt.post(f"{ITX1}/act/approve", **form)
    assert (answer.status_code, answer.location) == (303, f"{ITX1}?said=1#said")
    page = brandt.text(f"{ITX1}?said=1")
    assert re.search(r"Being judged since .+?: /approve detailed, said by brandt@acme.example", page), page
    assert "A worker rules on it when it reads the item next; the ruling will stand here. Look again" in page
    part = brandt.get(f"{ITX1}/said/1")
    assert part.status_code == 200
    assert 'hx-trigger="load delay:1s, every 30s"' in part.text
    hear(api, loaded)
    assert "Accepted. Detailed approved by Brandt as sponsor." in brandt.text(f"{ITX1}?said=1")
    heard = brandt.get(f"{ITX1}/said/1")
    assert (heard.status_code, heard.headers["HX-Refresh"]) == (204, "true")
    timeline = brandt.text(f"{ITX1}").partition("Timeline")[2]
    assert "Approve Detailed Detailed approved by Brandt as sponsor." in timeline


def test_a_form_that_comes_twice_says_it_once(api: Api) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text)
    first, again = brandt.post(f"{ITX1}/act/approve", **form), brandt.post(f"{ITX1}/act/approve", **form)
    assert (again.status_code, again.location) == (first.status_code, first.location)
    assert len(api.store.rows("SELECT 1 FROM utterance")) == 1


def test_two_clicks_at_once_say_it_once(api: Api) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text)
    answers: list[str | None] = []
    clicks = [Thread(target=lambda: answers.append(brandt.post(f"{ITX1}/act/approve", **form).location)) for _ in "12"]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    # The second click is not kept waiting for the first.
    assert f"{ITX1}?said=1#said" in answers
    assert set(answers) <= {f"{ITX1}?said=1#said", ITX1}
    assert len(api.store.rows("SELECT 1 FROM utterance")) == 1


def test_without_scripts_the_browser_asks_again(api: Api, loaded: Loaded) -> None:
    brandt = enter(api, "Brandt", account="b")
    brandt.post(f"{ITX1}/act/approve", **fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text))
    again = f'<noscript><meta http-equiv="refresh" content="3; url={ITX1}?said=1"></noscript>'
    assert again in brandt.get(f"{ITX1}?said=1").text
    assert again not in brandt.get(ITX1).text
    hear(api, loaded)
    assert again not in brandt.get(f"{ITX1}?said=1").text


@pytest.mark.parametrize(
    ("waited", "seconds"), [(-5, 1), (0, 1), (4, 1), (8, 2), (60, 15), (120, 30), (3599, 30), (3600, None)]
)
def test_a_page_asks_for_a_ruling_with_growing_pauses(waited: int, seconds: int | None) -> None:
    assert ask_again(timedelta(seconds=waited)) == seconds


def test_another_reader_sees_that_something_is_being_judged(api: Api) -> None:
    brandt = enter(api, "Brandt", account="b")
    brandt.post(f"{ITX1}/act/approve", **fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text))
    page = enter(api, "Vera", CLOUD).text(ITX1)
    assert "/approve detailed, said by brandt@acme.example" in page
    assert "Look at the ruling" in page


def test_what_was_opened_on_other_figures_is_shown_again_before_it_counts(api: Api, loaded: Loaded) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text)
    look(api.store, loaded, item(SHOWN | {"Planned benefit": Decimal(900)}))
    answer = brandt.post(f"{ITX1}/act/approve", **form)
    assert answer.status_code == 409
    assert "What this rests on has changed since you opened the page." in words(answer)
    assert "Net, 4 months 500.00" in words(answer)
    assert api.store.rows("SELECT 1 FROM utterance") == []
    assert brandt.post(f"{ITX1}/act/approve", **fields(answer.text)).status_code == 303


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Say why: whoever reads the record later has only this."),
        ("x" * 801, "Say it in up to 800 letters; this has 801."),
    ],
)
def test_a_reason_has_to_hold(api: Api, text: str, told: str) -> None:
    kaya = enter(api, "Kaya", account="k")
    form = fields(kaya.get(f"{ITX1}/act/hold").text)
    answer = kaya.post(f"{ITX1}/act/hold", text=text, **form)
    assert (answer.status_code, told in words(answer)) == (422, True)
    assert api.store.rows("SELECT 1 FROM utterance") == []


def test_a_hold_says_what_it_changes_and_then_shuts_the_gates(api: Api, loaded: Loaded) -> None:
    kaya = enter(api, "Kaya", account="k")
    page = kaya.get(f"{ITX1}/act/hold")
    assert "Every gate of the measure is shut until it is resumed." in words(page)
    kaya.post(f"{ITX1}/act/hold", text="waiting for\n/approve detailed", **fields(page.text))
    hear(api, loaded)
    shown = kaya.text(ITX1)
    assert "by Kaya: waiting for /approve detailed." in shown
    assert "Resume…" in shown
    assert api.store.rows("SELECT verb FROM statement")[0].verb == "hold"


def test_a_word_of_the_wrong_role_is_refused_with_who_may(api: Api, loaded: Loaded) -> None:
    kaya = enter(api, "Kaya", account="k")
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/act/cancel").text)
    assert kaya.post(f"{ITX1}/act/cancel", text="no", **form).status_code == 303
    hear(api, loaded)
    assert "Refused. Kaya may not cancel it; sponsor M. Brandt may." in kaya.text(f"{ITX1}?said=1")


def test_a_form_without_its_token_is_refused(api: Api) -> None:
    brandt = enter(api, "Brandt", account="b")
    form = fields(brandt.get(f"{ITX1}/act/approve?stage=detailed").text)
    assert brandt.client.post(f"{ITX1}/act/approve", data=form).status_code == 400
    assert api.store.rows("SELECT 1 FROM utterance") == []


@pytest.mark.parametrize(("verb", "status"), [("approve?stage=closed", 409), ("resume", 409), ("sing", 404)])
def test_what_makes_no_sense_now_is_not_offered(api: Api, verb: str, status: int) -> None:
    assert enter(api, "Brandt", account="b").get(f"{ITX1}/act/{verb}").status_code == status


def test_the_timeline_goes_on_by_its_last_entry(api: Api, loaded: Loaded) -> None:
    with api.services.engine.begin() as transaction:
        for number in range(40):
            transaction.exec_driver_sql(
                "INSERT INTO audit (actor, action, subject, detail) VALUES ('gatepost', 'stage.granted', "
                "'jira-main/10001', jsonb_build_object('text', %(text)s::text))",
                {"text": f"entry number {number}"},
            )
    vera = enter(api, "Vera", CLOUD)
    first = vera.get(ITX1)
    assert "Entry number 39" in words(first)
    assert "Entry number 14" not in words(first)
    more = re.search(r'hx-get="([^"]+/timeline[^"]+)"', first.text)
    assert more is not None
    rest = vera.get(unescape(more[1]))
    assert "Entry number 14" in words(rest)
    assert "<html" not in rest.text


def test_an_item_that_is_gone_or_out_of_the_mapping_says_so(api: Api) -> None:
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "UPDATE work_item SET unreachable_since = now(), unreachable_reason = 'deleted' WHERE native_id = '10001'"
        )
        transaction.exec_driver_sql(
            "UPDATE measure SET unmapped_since = now(), unmapped_reason = 'the label is gone' WHERE native_id = '10001'"
        )
    brandt = enter(api, "Brandt", CLOUD, account="b")
    page = brandt.text(ITX1)
    assert "No rule of the mapping takes this item any more" in page
    assert "the label is gone" in page
    assert "The tool has not shown this item since" in page
    assert "Approve Detailed…" not in page
    assert brandt.get(f"{ITX1}/act/approve?stage=detailed").status_code == 409


def test_a_text_of_the_tool_is_only_text(api: Api, loaded: Loaded) -> None:
    look(api.store, loaded, item(SHOWN, title="<script>alert(1)</script>", url="https://acme.example/browse/ITX-1"))
    page = enter(api, "Vera", CLOUD).get(ITX1).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_confirmation_shows_its_amount_and_months_and_is_said_exactly_so(store_of: Api, loaded: Loaded) -> None:
    weber = enter(store_of, "Weber", account="w")
    page = weber.get(f"{ITX1}/act/confirm")
    assert "You confirm as controller that 1,000.00 EUR net have been realised until Feb 2026." in words(page)
    assert "Net, 2 months 1,000.00" in words(page)
    assert "You sign as controller, Weber (jira-main)" in words(page)
    assert weber.post(f"{ITX1}/act/confirm", **fields(page.text)).status_code == 303
    (said,) = store_of.store.rows("SELECT words FROM utterance")
    assert said.words == "/confirm 1000.00 EUR 2026-02"


@pytest.fixture
def store_of(api: Api, loaded: Loaded) -> Api:
    """ITX-1 as it stands before it is closed: actuals booked, and the controller's word missing."""
    _closing(api.store, loaded)
    return api


def _closing(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN | {"Actual benefit": Decimal(1000)}))
    with store.engine.begin() as transaction:
        transaction.exec_driver_sql(
            """UPDATE measure SET stage = 'implemented',
                 standing = standing || '{"stage": "implemented"}',
                 verdict = verdict || jsonb_build_object('stage', 'implemented', 'next_stage', 'closed',
                   'next_stage_label', 'Closed', 'checklist', jsonb_build_array(jsonb_build_object(
                     'stage', 'closed', 'code', 'CONTROLLER_CONFIRM', 'subject', 'controller', 'outcome', 'unmet',
                     'expected', 'confirmation of the actual effect by the controller', 'actual', 'not given',
                     'reason', 'J. Weber has not yet given the confirmation of the actual effect',
                     'who', 'controller J. Weber')))
               WHERE native_id = '10001'"""
        )


def test_the_lights_over_time_are_spans_of_one_colour() -> None:
    colours = ["green", "green", "red", "amber"]
    rows: list[Any] = [
        {
            "day": date(2026, 1, 1 + 10 * place),
            "implementation": colour,
            "potential": "grey",
            "stage": "x",
            "gate": "shut",
        }
        for place, colour in enumerate(colours)
    ]
    spans = lane(rows, "implementation", date(2026, 2, 9))
    assert [(span.colour, span.first, span.last) for span in spans] == [
        ("green", date(2026, 1, 1), date(2026, 1, 20)),
        ("red", date(2026, 1, 21), date(2026, 1, 30)),
        ("amber", date(2026, 1, 31), date(2026, 2, 9)),
    ]
    assert [(span.begin, span.width) for span in spans] == [(0, 50), (50, 25), (75, 25)]
    assert [row["day"].day for row in changed_days(rows)] == [31, 21, 1]
    assert lane([], "implementation", date(2026, 2, 9)) == ()
