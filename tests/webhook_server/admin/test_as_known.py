"""A measure as it was known on a day: what was stored then, whatever was renamed, corrected or decided later."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant
from connector.store.reporting.rollups import Rollups
from connector.sync.item_changes import NO_CHANGES
from connector.sync.stores import AssessedItem, StoredState, UnmappedItem
from governance.measure import Person
from governance.rates import Rate
from mapping.assess_item import assess_item
from mapping.field_edits import field_edits
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import FieldValue, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, StoreFixture, open_store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, settle
from tests.connector.store.reporting.portfolio_data import BASIS, refresh, save_rates
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server, problem_of
from tests.webhook_server.signed_in_browser import SignedInBrowser, page_text

__all__ = ["loaded"]

NOVAK = Person("n", "N. Novak", True)
FEBRUARY, MARCH, APRIL = (datetime(2026, month, 10, 9, 0, tzinfo=UTC) for month in (2, 3, 4))
RENAMED: dict[str, FieldValue] = {"Assignee": NOVAK, "Planned benefit": Decimal(2000)}
OFFICE = RoleGrant(Role.OFFICE)


def assess_at(
    store: StoreFixture, loaded: LoadedMapping, some: WorkItem, now: datetime, editor: Person | None = None
) -> None:
    """What the worker does with the item at a moment; ``editor`` is whom the tool names for what changed since."""
    stored = store.stored_state.load(JIRA, [some.native_id]).get(some.native_id, StoredState())
    found = assess_item(
        some, loaded.config, Policies(loaded.config), measure_state=stored.measure_state,
        last_written=stored.last_written, now=now, ruled_on=stored.ruled_on,
        people=store.stored_state.people(JIRA, set(), set()),
    )  # fmt: skip
    if isinstance(found, Unmapped):
        settle(store, some.native_id, UnmappedItem(some, found.text), now)
        return
    changed = store.stored_state.item_changes(JIRA, [some], some.fields).get(some.native_id, NO_CHANGES).fields
    edits = field_edits(changed, dict.fromkeys(changed, editor) if editor else {}, found.mapped.rule)
    outcome = AssessedItem(some, replace(found, edits=edits))
    settle(store, some.native_id, outcome, now)


@pytest.fixture
def api(database: object, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    """Another owner, title and plan in March; in April no rule takes the item any more."""
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        assess_at(store, loaded, item(SHOWN | RENAMED, title="Retire the CRM"), MARCH)
        assess_at(store, loaded, item(SHOWN, project="OTHER"), APRIL)
        yield here


@pytest.fixture
def office(api: ApiServer) -> SignedInBrowser:
    return enter(api, "Olga", OFFICE)


def test_the_page_of_a_day_shows_what_was_known_then(office: SignedInBrowser) -> None:
    page = office.text("/measures/ITX-1?on=2026-02-10")
    assert "As known on 10 Feb 2026. What was corrected or decided later is not on this page" in page
    assert "ITX-1 Retire the legacy CRM" in page
    assert "Owner A. Kaya" in page
    assert "600 EUR of planned net benefit depends on it." in page
    assert "N. Novak" not in page
    assert "No mapping rule covers this item" not in page
    page = office.text("/measures/ITX-1?on=2026-03-31")
    assert "ITX-1 Retire the CRM" in page
    assert "Owner N. Novak" in page
    page = office.text("/measures/ITX-1?on=2026-04-10")
    assert "No mapping rule covers this item any more, since 10 Apr 2026: no rule takes ITX-1" in page


def test_a_past_page_offers_nothing_and_keeps_the_day(api: ApiServer) -> None:
    brandt = enter(api, "Brandt", OFFICE, account="b")
    today, past = brandt.get("/measures/ITX-1").text, brandt.get("/measures/ITX-1?on=2026-02-10").text
    assert "What you can do" in today
    assert "What you can do" not in past
    assert "/actions/" not in past
    assert '<a href="/measures/ITX-1">Back to today</a>' in past
    assert 'href="/portfolio?portfolio=IT&amp;on=2026-02-10"' in past


@pytest.mark.parametrize(
    ("day", "status", "answer"),
    [
        (
            "2026-02-09",
            404,
            "Gatepost did not know this measure on 9 Feb 2026. It is known since 10 Feb 2026 09:00 UTC.",
        ),
        ("2026-02-10T08:59Z", 404, "Gatepost did not know this measure on 10 Feb 2026 08:59 UTC."),
        ("2999-01-01", 400, "2999-01-01 has not come yet: ask for a day up to today."),
        ("yesterday", 400, '"yesterday" is not a day: write it as 2026-06-30, or with a time as 2026-06-30T12:00Z.'),
    ],
)
def test_a_day_without_an_answer_says_so(office: SignedInBrowser, day: str, status: int, answer: str) -> None:
    found = office.get(f"/measures/ITX-1?on={day}")
    assert (found.status_code, answer in page_text(found)) == (status, True)


def test_the_api_answers_for_a_day_and_for_a_moment(api: ApiServer) -> None:
    api.person("office", OFFICE)
    found = api.get("office", "/measures/ITX-1?on=2026-02-10T09:00:00Z").get_json()
    assert (found["known_from"], found["measure"]["owner"]) == ("2026-02-10T09:00:00Z", "A. Kaya")
    assert found["measure"]["figures"]["plan"] == {"amount": "600.00", "currency": "EUR"}
    assert api.get("office", "/measures/ITX-1").get_json()["known_from"] is None
    lines = api.get("office", "/measures/ITX-1/effect-lines?on=2026-03-10").get_json()["items"]
    assert sum(Decimal(line["money"]["amount"]) for line in lines if line["kind"] == "benefit") == 2000
    explained = api.get("office", "/measures/ITX-1/explain?on=2026-02-10").get_json()
    assert "plan 600 EUR" in "\n".join(explained["lines"])
    assert problem_of(api.get("office", "/measures/ITX-1?on=2026-01-01"))[:2] == (
        404, "Gatepost did not know this measure on 1 Jan 2026. It is known since 10 Feb 2026 09:00 UTC.",
    )  # fmt: skip
    assert problem_of(api.get("office", "/measures/ITX-1?on=2999-01-01"))[0] == 422


def test_an_assessment_that_says_the_same_appends_nothing(api: ApiServer, loaded: LoadedMapping) -> None:
    count = "SELECT count(*) AS n FROM verdict_version WHERE measure_id = 'jira-main/10001'"
    assert api.store.rows(count)[0].n == 3
    assess_at(api.store, loaded, item(SHOWN, project="OTHER"), APRIL)
    assert api.store.rows(count)[0].n == 3
    back = replace(item(SHOWN | RENAMED), title="Retire the CRM")
    for day in (11, 12):
        assess_at(api.store, loaded, back, APRIL.replace(day=day))
        assert api.store.rows(count)[0].n == 4


def test_reasons_of_a_later_day_without_news_are_those_of_that_day(api: ApiServer, office: SignedInBrowser) -> None:
    with api.store.engine.begin() as transaction:
        transaction.execute(
            text("""
            INSERT INTO status_day (measure_id, day, gate, implementation, potential, reasons)
            SELECT measure_id, '2026-02-20', gate, implementation, potential,
                   jsonb_build_object('implementation', 'said on that day', 'potential', reasons ->> 'potential')
            FROM status_day WHERE measure_id = 'jira-main/10001' AND day = '2026-02-10'
        """)
        )
    assert "Said on that day" in office.text("/measures/ITX-1?on=2026-02-25")
    assert "Said on that day" not in office.text("/measures/ITX-1?on=2026-02-19")


FORECAST = MAPPING.replace(
    "      actual:",
    "      timing: {benefit: {over: work, per: total}}\n      forecast: {benefit: Forecast benefit}\n      actual:",
)


def fall_short(here: ApiServer, editor: Person | None = NOVAK) -> None:
    """In May a forecast as planned; in June a quarter less, by an editor whom the tool names or not."""
    loaded = load_mapping(FORECAST)
    assert isinstance(loaded, LoadedMapping)
    for month, forecast in ((5, 1000), (6, 750)):
        some = item(SHOWN | {"Forecast benefit": Decimal(forecast), "Planned cost": None})
        assess_at(here.store, loaded, replace(some, version=f"in {month}"), FEBRUARY.replace(month=month), editor)


def test_a_variance_opens_into_its_causes_and_the_change_before_them(api: ApiServer, office: SignedInBrowser) -> None:
    fall_short(api)
    assert 'href="/measures/jira-main/10001/why"' in office.get("/measures/ITX-1").text
    page = office.text("/measures/ITX-1/why")
    assert "Why ITX-1 deviates 250.00 EUR less than planned is expected of ITX-1 at completion." in page
    assert (
        "Benefit: −250.00 EUR Before that: forecast benefit from 1,000 EUR to 750 EUR, seen 10 Jun 2026, 09:00; "
        "Forecast benefit last edited by N. Novak. Value: more or less a month: −250.00 EUR"
    ) in page
    assert "Jan 2026 −62.50" in page
    assert "Forecast benefit: 1,000 EUR became 750 EUR" in page
    past = office.text("/measures/ITX-1/why?on=2026-05-31")
    assert "As known on 31 May 2026." in past
    assert "What is expected of ITX-1 at completion is what was planned." in past
    assert "Every kind of line is as planned." in past
    assert "750 EUR" not in past
    assert "Without a forecast there is no variance." in office.text("/measures/ITX-1/why?on=2026-02-10")
    assert office.get("/measures/ITX-1/why?on=2026-02-09").status_code == 404


def test_a_measure_is_compared_with_an_earlier_day_on_page_and_api(api: ApiServer, office: SignedInBrowser) -> None:
    """A quarter less is forecast in June than in May."""
    loaded = load_mapping(FORECAST)
    assert isinstance(loaded, LoadedMapping)
    for month, forecast in ((5, 1000), (6, 750)):
        some = item(SHOWN | {"Forecast benefit": Decimal(forecast), "Planned cost": None})
        at = FEBRUARY.replace(month=month)
        assess_at(api.store, loaded, replace(some, version=f"in {month}"), at, NOVAK)
        Rollups(api.store.engine).refresh(BASIS, at)
    page = office.text("/measures/ITX-1?compare=2026-05-10")
    assert "What changed since 10 May 2026" in page
    assert "The totals of neither day hold this measure, so there is no part of them to compare." in page
    assert "What As known on 10 May 2026 Now Potential green red" in page
    past = office.text("/measures/ITX-1?on=2026-05-10&compare=2026-03-10")
    assert "What As known on 10 Mar 2026 As known on 10 May 2026" in past
    assert "Owner N. Novak A. Kaya" in past
    assert "No figures were known then" in past
    assert "Gatepost did not know this measure on 1 Jan 2026." in office.text("/measures/ITX-1?compare=2026-01-01")
    api.person("office", OFFICE)
    found = api.get("office", "/measures/ITX-1?compare=2026-05-10").get_json()["comparison"]
    assert {"name": "potential", "before": "green", "after": "red"} in found["facts"]
    assert (found["earlier"], found["figures"]) == ("2026-05-10", [])
    explained = api.get("office", "/measures/ITX-1/explain?compare=2026-05-10").get_json()
    assert explained["comparison"] == found
    assert api.get("office", "/measures/ITX-1").get_json()["comparison"] is None
    text_form = api.get("office", "/measures/ITX-1/explain?compare=2026-05-10", Accept="text/plain").text
    assert "Compared with what was known on 10 May 2026:\n" in text_form
    assert "  potential: green became red\n" in text_form


def test_whom_the_tool_does_not_name_for_certain_is_nobody(api: ApiServer, office: SignedInBrowser) -> None:
    fall_short(api, editor=None)
    page = office.text("/measures/ITX-1/why")
    assert (
        "seen 10 Jun 2026, 09:00; Forecast benefit last edited by somebody who is not known for certain. "
        "The item's own history may tell more."
    ) in page
    api.person("office", OFFICE)
    found = api.get("office", "/measures/ITX-1/why").get_json()
    assert found["kinds"][0]["change"]["edits"] == [{"field": "Forecast benefit", "by": None}]


DECIDED = text("""
    INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines, rates)
    VALUES ('jira-main/10001', 1, '2026-05-01', 'decided', '[]', '[]',
            '{"day": "2026-05-01", "rates": [["average", "USD", "EUR", "2026-01-01", "0.9", "tests"]]}')
""")


def test_a_variance_in_dollars_is_told_in_euros_with_the_exchange_rate_apart(
    api: ApiServer, office: SignedInBrowser
) -> None:
    """Decided at 0.90, 0.80 now: 250 USD less are 225 EUR, and the rate takes 75 EUR of the 750 USD that are left."""
    loaded = load_mapping(FORECAST)
    assert isinstance(loaded, LoadedMapping)
    for month, forecast in ((5, "1000 USD"), (6, "750 USD")):
        some = item(SHOWN | {"Planned benefit": "1000 USD", "Forecast benefit": forecast, "Planned cost": None})
        assess_at(api.store, loaded, some, datetime(2026, month, 10, 9, 0, tzinfo=UTC))
    save_rates(api.store.engine, [Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.8"))])
    with api.store.engine.begin() as transaction:
        transaction.execute(DECIDED)
    Rollups(api.store.engine).refresh(BASIS, datetime(2026, 5, 2, tzinfo=UTC))
    page = office.text("/measures/ITX-1/why")
    assert "300.00 EUR less than planned is expected of ITX-1 at completion." in page
    assert "In EUR: plan and causes are counted at the rates of the decision" in page
    assert "Exchange rate: −75.00 EUR" in page
    past = office.text("/measures/ITX-1/why?on=2026-06-30")
    assert "225.00 EUR less than planned is expected of ITX-1 at completion." in past
    assert "In EUR at the rates of the decision: a past day is shown in constant currency." in past
    found = api.get("settings", "/measures/ITX-1/why").get_json()
    causes = {cause["cause"]: Decimal(cause["amount"]["amount"]) for cause in found["kinds"][0]["causes"]}
    assert (found["rating"], Decimal(found["amount"]["amount"])) == ("each_month", -300)
    assert causes == {"value": -225, "exchange_rate": -75}
    found = api.get("settings", "/measures/ITX-1/why?on=2026-06-30").get_json()
    assert (found["rating"], Decimal(found["amount"]["amount"])) == ("constant", -225)
    # A policy under which the rate is too old leaves the amounts in their own currency.
    Rollups(api.store.engine).refresh(replace(BASIS, rate_age_days=30), datetime(2026, 7, 2, tzinfo=UTC))
    assert "250.00 USD less than planned is expected of ITX-1 at completion." in office.text("/measures/ITX-1/why")


def test_the_api_opens_a_variance_and_hides_it_from_other_parts(api: ApiServer) -> None:
    fall_short(api)
    api.person("office", OFFICE)
    api.person("branch", RoleGrant(Role.OFFICE, ("IT", "Branches")))
    found = api.get("office", "/measures/ITX-1/why").get_json()
    assert (found["amount"], found["problem"], found["changes_complete"]) == (
        {"amount": "-250.00", "currency": "EUR"}, "", True,
    )  # fmt: skip
    (kind,) = found["kinds"]
    assert (kind["kind"], kind["shift"], [cause["cause"] for cause in kind["causes"]]) == ("benefit", 0, ["value"])
    months = kind["causes"][0]["months"]
    assert sum(Decimal(one["amount"]["amount"]) for one in months) == -250
    assert kind["change"]["parts"] == ["forecast benefit: 1,000 EUR became 750 EUR"]
    assert kind["change"]["edits"] == [{"field": "Forecast benefit", "by": "N. Novak"}]
    assert api.get("office", "/measures/ITX-1/why?on=2026-05-31").get_json()["amount"]["amount"] == "0.00"
    for path in ("", "/why", "/explain", "/effect-lines"):
        for day in ("", "?on=2026-02-10", "?on=2026-05-31"):
            assert api.get("branch", f"/measures/ITX-1{path}{day}").status_code == 404


def swept(here: ApiServer, since: str, ended: str, started: str = "0") -> None:
    """The sweep for changes of Jira, in minutes before now."""
    with here.store.engine.begin() as transaction:
        transaction.execute(
            text("""
            INSERT INTO sweep (connection, kind, query, since, started_at, ended_at)
            VALUES ('jira-main', 'changed', 'q', now() - CAST(:since AS interval), now() - CAST(:started AS interval),
                    CASE WHEN :ended THEN now() END)
            ON CONFLICT (connection, kind) DO UPDATE
            SET since = excluded.since, started_at = excluded.started_at, ended_at = excluded.ended_at
        """),
            {"since": f"{since} minutes", "started": f"{started} minutes", "ended": ended == "ended"},
        )


def test_a_page_says_how_old_its_source_is_and_warns_past_the_limit(api: ApiServer, office: SignedInBrowser) -> None:
    page = office.text("/measures/ITX-1")
    assert (
        "jira-main has never been read to the end: what is shown of it may be incomplete or out of date. "
        "An operator checks the worker and the connection."
    ) in page
    assert "Sources: jira-main never read to the end, last event " in page
    swept(api, since="20", ended="ended", started="5")
    page = office.text("/measures/ITX-1")
    assert "An operator checks" not in page
    assert "(5 minutes ago), last event " in page
    swept(api, since="90", ended="running")
    page = office.text("/measures/ITX-1")
    assert "jira-main is known up to " in page
    assert (
        ": a change made there since may be missing from this page. The limit is 60 minutes. "
        "An operator checks the worker and the connection."
    ) in page
    assert "Sources:" not in office.text("/measures/ITX-1?on=2026-02-10")
    (source,) = api.get("settings", "/measures/ITX-1").get_json()["sources"]
    assert (source["connection"], source["late"]) == ("jira-main", True)
    swept(api, since="20", ended="ended", started="5")
    api.store.receive_event("waits", NativeId("10001"))
    with api.store.engine.begin() as transaction:
        transaction.execute(text("UPDATE dirty_key SET first_dirty_at = now() - interval '2 hours', due_at = now()"))
    assert ", because items that changed wait to be assessed: a change made there since" in office.text(
        "/measures/ITX-1"
    )


SWISS = FORECAST.replace(
    "measures:", "legal_entities:\n  ACME Schweiz: {currency: CHF, fiscal_year_start: 4}\nmeasures:", 1
)
SWISS = SWISS.replace("facts: {", "facts: {legal_entity: Legal entity, ")


def test_a_measure_shows_its_figures_in_the_books_of_its_legal_entity(api: ApiServer, office: SignedInBrowser) -> None:
    loaded = load_mapping(SWISS)
    assert isinstance(loaded, LoadedMapping)
    api.services.mappings.activate(SWISS, str(loaded.version), author="tests", reason="tests")
    values = SHOWN | {"Forecast benefit": Decimal(750), "Planned cost": None}
    assess_at(api.store, loaded, item(values | {"Legal entity": "acme schweiz"}), APRIL)
    page = office.text("/measures/ITX-1")
    assert "In the books of the group and of acme schweiz" in page
    assert (
        "There are no figures in CHF: no rate from EUR to CHF on 1 Jan 2026. Whoever runs Gatepost adds the rate."
    ) in page
    api.services.rates.save(Rate("EUR", "CHF", date(2026, 1, 1), Decimal("0.9")), "tests")
    page = office.text("/measures/ITX-1")
    assert "Group, all years EUR" in page
    assert "Variance −250 " in page
    assert " −225 " in page
    assert "Of it exchange rates – – – –" in page
    found = api.get("settings", "/measures/ITX-1").get_json()["books"]
    assert (found["local"]["currency"], found["local"]["year_begins"][5:]) == ("CHF", "04-01")
    assert found["local"]["total"]["variance"] == {"amount": "-225.00", "currency": "CHF"}
    assert found["group"]["total"]["plan"] == {"amount": "1000.00", "currency": "EUR"}
    assert api.get("settings", "/measures/ITX-1?on=2026-04-10").get_json()["books"] is None
    assert "In the books of" not in office.text("/measures/ITX-1?on=2026-04-10")
    assess_at(api.store, loaded, item(values | {"Legal entity": "ACME Ltd"}), APRIL)
    assert (
        "The mapping names no currency and no fiscal year for the legal entity ACME Ltd: its figures are the group's "
        "alone."
    ) in office.text("/measures/ITX-1")


def test_the_slip_of_the_benefit_is_that_of_its_day(api: ApiServer) -> None:
    """In May the benefit is forecast as it was planned; on a page of March nobody had forecast anything."""
    timing = "    effects:\n      timing: {benefit: {over: work, per: total}}\n"
    with_forecast = load_mapping(
        MAPPING.replace("    effects:\n", f"{timing}      forecast: {{benefit: Forecast benefit}}\n")
    )
    assert isinstance(with_forecast, LoadedMapping)
    assess_at(api.store, with_forecast, item(SHOWN | {"Forecast benefit": Decimal(1000)}), APRIL.replace(month=5))
    vera = enter(api, "Vera", RoleGrant(Role.VIEWER))
    unknown = "It is not known whether the benefit begins as planned: no benefit is forecast."
    assert unknown in vera.text("/measures/ITX-1?on=2026-03-11")
    assert unknown not in vera.text("/measures/ITX-1?on=2026-05-11")
    then = api.get("admin", "/measures/ITX-1/benefit-slip?on=2026-03-11").get_json()
    assert (then["planned"], then["unknown"]) == (None, "no benefit is forecast")
    assert api.get("admin", "/measures/ITX-1/benefit-slip?on=2026-05-11").get_json()["months"] == 0


def test_holders_of_further_roles_are_listed_and_those_of_a_day_are_those_of_then(api: ApiServer) -> None:
    further = "controller: Controller, further: {risk_owner: {label: Risk officer, from: Risk owner}}}"
    mapping = load_mapping(MAPPING.replace("controller: Controller}", further))
    assert isinstance(mapping, LoadedMapping)
    for month, who in ((5, NOVAK), (6, None)):
        assess_at(api.store, mapping, item(SHOWN | {"Risk owner": who}), APRIL.replace(month=month))
        if who is not None:
            held = [{"role": "risk_owner", "name": "N. Novak"}]
            assert api.get("admin", "/measures/ITX-1").get_json()["measure"]["further_roles"] == held
            (first, second) = api.get("admin", "/measures").get_json()["items"]
            assert (first["further_roles"], second["further_roles"]) == (held, [])
            refresh(api.services.engine)
            office = enter(api, "Olga", OFFICE)
            rows = csv.DictReader(office.get("/portfolio/export.csv").text.lstrip("\ufeff").splitlines())
            assert {row["key"]: row["further roles"] for row in rows} == {"ITX-1": "risk owner: N. Novak", "ITX-2": ""}
    assert api.get("admin", "/measures/ITX-1").get_json()["measure"]["further_roles"] == []
    then = api.get("admin", "/measures/ITX-1?on=2026-05-11").get_json()
    assert then["measure"]["further_roles"] == held
