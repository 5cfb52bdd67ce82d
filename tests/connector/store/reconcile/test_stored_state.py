"""What is remembered of a measure from one look to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.store.database.json_codec import from_json, to_json
from connector.store.measures.measure_lookup import Measures
from connector.store.reconcile.due_assessments import wake_due_looks
from connector.store.reporting.exchange_rates import StoredRates
from connector.sync.stores import Absent, Assessed, NotMapped, Remembered
from governance.evidence import CommandOrigin, CommandSource, Ruling, Statement, Verb
from governance.measure import MeasureId, Person, Role
from governance.measure_state import Asked, Deviation, OffRamp, RampKind, Standing
from governance.money import Money, Period
from governance.rates import Rate
from governance.responsible import Responsible
from mapping.assess_item import judge
from mapping.load import Loaded, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import Comment, ConnectionName, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, Store
from tests.connector.store.reconcile.test_assessment_store import NOW, SHOWN, settle
from tests.mapping.items import BRANDT, KAYA, WEBER, item

Rests: TypeAlias = "tuple[tuple[ConnectionName, str], ...] | None"

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
policy: {off: [OVERLAP_UNDECLARED, NO_OUTCOME_LINK, BASELINE_MISSING, KILL_CRITERIA_MISSING, ROLE_MISSING]}
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    place: {program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts: {start: Start date, end: Due date, baseline_id: Baseline name}
    effects: {plan: {benefit: Planned benefit, one_off_cost: Planned cost}}
    stage: {from_status: {Backlog: identified, Analysis: detailed}}
    write: {gate: Gate}
"""


@pytest.fixture
def mapping() -> Loaded:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, Loaded), loaded
    return loaded


def look(store: Store, mapping: Loaded, some: WorkItem, now: datetime = NOW, rests_on: Rests = None) -> Assessed:
    remembered = store.memory.recall(JIRA, [some.native_id]).get(some.native_id, Remembered())
    judged = judge(
        some, mapping.config, Policies(mapping.config), standing=remembered.standing,
        last_written=remembered.last_written, now=now, heard=remembered.heard,
    )  # fmt: skip
    assert not isinstance(judged, Unmapped)
    outcome = Assessed(some, judged, rests_on, now + timedelta(days=1))
    settle(store, some.native_id, outcome, now)
    return outcome


def comment(number: int, person: Person, text: str) -> Comment:
    return Comment(str(number), person, NOW - timedelta(hours=10 - number), text)


def epic(*comments: Comment, **fields: object) -> WorkItem:
    return item({**SHOWN, "Baseline name": None, **fields}, comments=comments)  # type: ignore[dict-item]


SAID = (
    comment(1, BRANDT, "/approve detailed"),
    comment(2, BRANDT, "/approve decided"),
    comment(3, WEBER, "/approve decided"),
)


def test_a_statement_is_heard_once_and_kept_with_its_ruling(store: Store, mapping: Loaded) -> None:
    look(store, mapping, epic(SAID[0], comment(2, KAYA, "/approve decided")))
    look(store, mapping, epic(SAID[0], comment(2, KAYA, "/approve decided")))
    rows = store.rows("SELECT origin, origin_id, ordinal, verb, person, accepted, role FROM statement ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("comment", "1", 1, "approve", "M. Brandt", True, "sponsor"),
        ("comment", "2", 1, "approve", "A. Kaya", False, None),
    ]
    actions = [row.action for row in store.rows("SELECT action FROM audit WHERE subject LIKE 'jira%' ORDER BY seq")]
    assert actions[:2] == ["statement.accepted", "statement.refused"]
    assert actions.count("statement.accepted") == 1


def test_what_was_said_stays_said_when_the_comment_is_gone(store: Store, mapping: Loaded) -> None:
    look(store, mapping, epic(*SAID[:2]))
    outcome = look(store, mapping, epic(SAID[2]))
    assert outcome.judged.verdict.stage == "decided"


def test_who_changes_a_comment_takes_the_word_back_for_good(store: Store, mapping: Loaded) -> None:
    """Also when the comment is deleted afterwards: the old word does not come back."""
    look(store, mapping, epic(*SAID[:2]))
    look(store, mapping, epic(SAID[0], comment(2, BRANDT, "On second thought, no.")))
    assert [row.verb for row in store.rows("SELECT verb FROM statement ORDER BY id")] == [
        "approve",
        "approve",
        "withdrawn",
    ]
    outcome = look(store, mapping, epic(SAID[0], SAID[2]))
    assert outcome.judged.verdict.stage == "detailed"


def test_a_changed_comment_is_a_new_statement_of_its_editor(store: Store, mapping: Loaded) -> None:
    look(store, mapping, epic(comment(1, KAYA, "/approve detailed")))
    outcome = look(store, mapping, epic(comment(1, BRANDT, "/approve detailed")))
    assert outcome.judged.verdict.stage == "detailed"


def test_the_locked_plan_is_kept_and_later_lines_do_not_change_it(store: Store, mapping: Loaded) -> None:
    look(store, mapping, epic(*SAID))
    (row,) = store.rows("SELECT number, reason, jsonb_array_length(lines) AS lines FROM plan_version")
    assert (row.number, row.reason, row.lines) == (1, "locked at the decision", 5)
    outcome = look(store, mapping, epic(*SAID, **{"Planned benefit": Decimal(9)}))
    assert outcome.judged.verdict.figures.plan == Money(Decimal(600), "EUR")
    (stored,) = store.rows("SELECT sum(amount) AS benefit FROM effect_line WHERE version = 'plan' AND kind = 'benefit'")
    assert stored.benefit == 1000, "totals count with the locked plan as well"
    assert len(store.rows("SELECT 1 FROM plan_version")) == 1


def test_both_lights_have_a_history_by_day(store: Store, mapping: Loaded) -> None:
    for days in (0, 0, 1, 40):
        look(store, mapping, epic(), NOW + timedelta(days=days))
    history = Measures(store.engine).history(MeasureId("jira-main/10001"))
    assert [(str(day.day), day.implementation, day.potential) for day in history] == [
        ("2026-02-10", "grey", "grey"),
        ("2026-02-11", "grey", "grey"),
        ("2026-03-22", "grey", "grey"),
    ]
    assert history[0].reasons["potential"] == "there is no forecast"


def test_a_due_look_is_taken_up_once(store: Store, mapping: Loaded) -> None:
    look(store, mapping, epic())
    later = NOW + timedelta(days=1, minutes=1)
    assert wake_due_looks(store.engine, store.waker, NOW) == 0
    assert wake_due_looks(store.engine, store.waker, later) == 1
    assert wake_due_looks(store.engine, store.waker, later) == 0, "it is on its way"
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    assert wake_due_looks(store.engine, store.waker, later + timedelta(hours=2)) == 1, (
        "a look that got lost comes again"
    )


def test_what_changes_rings_the_measures_that_rest_on_it_and_only_when_it_changes(
    store: Store, mapping: Loaded
) -> None:
    look(store, mapping, epic(), rests_on=((JIRA, "crm-old"), (JIRA, "key:itx-1")))
    assert [row.on_name for row in store.rows("SELECT on_name FROM dependency ORDER BY 1")] == ["crm-old", "key:itx-1"]

    def dirty() -> list[str]:
        found = [str(row.native_id) for row in store.rows("SELECT native_id FROM dirty_key")]
        claim = store.work().claim(JIRA, 100)
        if claim is not None:
            store.ledger.settle(claim, [Absent(key.native_id) for key in claim.keys], 1, NOW)
        return found

    service = item(
        native_id=NativeId("cmdb_ci_service:1"), type="cmdb_ci_service", title="CRM-OLD", version="1", key="x"
    )
    settle(store, service.native_id, NotMapped(service, "no rule takes it"))
    assert dirty() == ["10001"]
    settle(store, service.native_id, NotMapped(service, "no rule takes it"))
    assert dirty() == [], "it is as it was"
    settle(store, service.native_id, NotMapped(replace(service, version="2"), "no rule takes it"))
    assert dirty() == ["10001"]
    change = item(
        {"Correlation ID": "ITX-1"}, native_id=NativeId("change_request:1"), title="C", version="1", key="CHG1"
    )
    settle(store, change.native_id, NotMapped(change, "no rule takes it"))
    assert dirty() == ["10001"], "a new record that names the measure's key"
    look(store, mapping, epic(), rests_on=())
    assert store.rows("SELECT 1 FROM dependency") == []


def test_claims_on_one_baseline_are_found_by_its_name(store: Store, mapping: Loaded) -> None:
    look(store, mapping, epic(**{"Baseline name": "Storage"}))
    other = replace(epic(**{"Baseline name": "Storage"}), native_id=NativeId("10002"), key="ITX-2")
    look(store, mapping, other)
    found = store.memory.claims(["Storage", "Network"])
    assert list(found) == ["Storage"]
    assert [(claim.key, claim.months[Period(2026, 1)]) for claim in found["Storage"]] == [
        ("ITX-1", Money(Decimal(250), "EUR")),
        ("ITX-2", Money(Decimal(250), "EUR")),
    ]


def test_a_rate_is_kept_and_its_correction_is_recorded(store: Store) -> None:
    rates = StoredRates(store.engine)
    for factor in ("0.90", "0.91"):
        rates.save(Rate("USD", "EUR", datetime(2026, 1, 1, tzinfo=UTC).date(), Decimal(factor), "treasury"), "kaya")
    assert [str(rate) for rate in rates.all()] == ["1 USD = 0.91 EUR since 2026-01-01"]
    told = [row.detail["rate"] for row in store.rows("SELECT detail FROM audit WHERE subject = 'rates' ORDER BY seq")]
    assert told == ["1 USD = 0.9 EUR since 2026-01-01", "1 USD = 0.91 EUR since 2026-01-01"]


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
people = st.builds(Responsible, st.none() | st.sampled_from(Role), st.text(max_size=9), st.text(max_size=9))
standings = st.builds(
    Standing,
    stage=st.sampled_from([None, "detailed"]),
    blockers_since=st.dictionaries(st.text(max_size=9), moments, max_size=3),
    granted_at=st.dictionaries(st.sampled_from(["identified", "detailed"]), moments),
    ramp=st.none() | st.builds(OffRamp, st.sampled_from(RampKind), st.text(max_size=9), moments, st.text(max_size=9)),
    plan=st.none(),
    confirmed=st.text(max_size=9),
    deviation=st.none()
    | st.builds(
        Deviation, moments, st.decimals(-9, 9, places=4),
        asked=st.lists(st.builds(Asked, people, moments), max_size=3).map(tuple),
        explained_at=st.none() | st.decimals(-9, 9, places=4),
    ),
    red_since=st.none() | moments,
    priorities=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)  # fmt: skip


@given(standings)
def test_a_standing_comes_back_as_it_was(some: Standing) -> None:
    assert from_json(Standing, to_json(some)) == some


def test_a_statement_comes_back_as_it_was() -> None:
    one = Statement(
        Verb.CONFIRM, KAYA, NOW, CommandSource(CommandOrigin.COMMENT, "1", 2), amount=Money(Decimal("1.50"), "EUR"), month=Period(2026, 10),
        until=NOW.date(), ruling=Ruling(accepted=True, answer="yes", role=Role.CONTROLLER, stamps={"actuals": "x #1"}),
    )  # fmt: skip
    assert from_json(Statement, to_json(one)) == one


def test_a_measure_is_found_by_the_keys_that_it_had(store: Store, mapping: Loaded) -> None:
    for key in ("ITX-1", "CLOUD-7", "CLOUD-7", "ITX-1", "OPS-3"):
        look(store, mapping, replace(epic(), key=key))
    measures = Measures(store.engine)
    for name in ("OPS-3", "cloud-7", "itx-1"):
        (found,) = measures.find(name)
        assert found.key == "OPS-3"
        assert measures.items(name) == {JIRA: [NativeId("10001")]}
    (row,) = store.rows("SELECT old_keys FROM work_item")
    assert row.old_keys == ["ITX-1", "CLOUD-7"]
