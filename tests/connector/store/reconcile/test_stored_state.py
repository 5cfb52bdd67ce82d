"""What is stored of a measure from one assessment to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.store.database.json_codec import from_json, to_json
from connector.store.measures.measure_lookup import MeasureLookup
from connector.store.reconcile.assessment_rows import effect_line_rows
from connector.store.reconcile.due_assessments import wake_due_assessments
from connector.store.reporting.exchange_rates import ExchangeRates
from connector.sync.stores import AbsentItem, AssessedItem, StoredState, UnmappedItem
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.evidence import Children, ChildState, Command, CommandOrigin, CommandSource, Ruling, Verb
from governance.measure import HELD_ROLES, MeasureId, Person, Role
from governance.measure_state import ClosedOn, Deviation, MeasureState, OffRamp, OffRampKind, ReasonRequest
from governance.money import Money, Period
from governance.plan_check import CheckKind, PlanCheck
from governance.rates import Rate
from governance.responsible import Responsible
from governance.signature import Signature, SignedLine
from mapping.assess_item import assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import Comment, CommentEdit, ConnectionName, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.reconcile.test_assessment_store import NOW, SHOWN, settle
from tests.mapping.items import BRANDT, KAYA, WEBER, item

Dependencies: TypeAlias = "tuple[tuple[ConnectionName, str], ...] | None"

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
policy: {off: [OVERLAP_UNDECLARED, NO_OUTCOME_LINK, BASELINE_MISSING, KILL_CRITERIA_MISSING, ROLE_MISSING]}
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    facts: {start: Start date, end: Due date, baseline_id: Baseline name}
    effects: {timing: {benefit: {over: work, per: total}, one_off_cost: {milestone: start}}, plan: {benefit: Planned benefit, one_off_cost: Planned cost}}
    stage: {from_status: {Backlog: identified, Analysis: detailed}}
    write: {gate: Gate}
"""


@pytest.fixture
def mapping() -> LoadedMapping:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded


def record_assessment(
    store: StoreFixture, mapping: LoadedMapping, some: WorkItem, now: datetime = NOW, dependencies: Dependencies = None
) -> AssessedItem:
    stored = store.stored_state.load(JIRA, [some.native_id]).get(some.native_id, StoredState())
    assessed = assess_item(
        some, mapping.config, Policies(mapping.config), measure_state=stored.measure_state,
        last_written=stored.last_written, now=now, ruled_on=stored.ruled_on,
    )  # fmt: skip
    assert not isinstance(assessed, Unmapped)
    outcome = AssessedItem(some, assessed, dependencies, now + timedelta(days=1))
    settle(store, some.native_id, outcome, now)
    return outcome


def comment(number: int, person: Person, text: str) -> Comment:
    return Comment(str(number), person, NOW - timedelta(hours=10 - number), text)


def epic(*comments: Comment, **fields: object) -> WorkItem:
    return item({**SHOWN, "Baseline name": None, **fields}, comments=comments)  # type: ignore[dict-item]


COMMENTS = (
    comment(1, BRANDT, "/approve detailed"),
    comment(2, BRANDT, "/approve decided"),
    comment(3, WEBER, "/approve decided"),
)


def test_a_command_is_ruled_on_once_and_stored_with_its_ruling(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic(COMMENTS[0], comment(2, KAYA, "/approve decided")))
    record_assessment(store, mapping, epic(COMMENTS[0], comment(2, KAYA, "/approve decided")))
    rows = store.rows("SELECT origin, origin_id, ordinal, verb, person, accepted, role FROM command ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("comment", "1", 1, "approve", "M. Brandt", True, "sponsor"),
        ("comment", "2", 1, "approve", "A. Kaya", False, None),
    ]
    actions = [row.action for row in store.rows("SELECT action FROM audit WHERE subject LIKE 'jira%' ORDER BY seq")]
    assert actions[:2] == ["command.accepted", "command.refused"]
    assert actions.count("command.accepted") == 1


def test_a_command_stays_valid_when_its_comment_is_deleted(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic(*COMMENTS[:2]))
    outcome = record_assessment(store, mapping, epic(COMMENTS[2]))
    assert outcome.assessment.verdict.stage == "decided"


def edited(some: Comment, text: str, by: Person | None) -> Comment:
    return replace(some, text=text, edit=CommentEdit(NOW - timedelta(minutes=5), by))


def audited(store: StoreFixture, action: str) -> list[str]:
    entries = store.rows("SELECT detail FROM audit WHERE action = :action ORDER BY seq", action=action)
    return [entry.detail["text"] for entry in entries]


def test_who_changes_their_own_comment_withdraws_its_command_for_good(
    store: StoreFixture, mapping: LoadedMapping
) -> None:
    """Also when the comment is deleted afterwards: the old word does not come back."""
    record_assessment(store, mapping, epic(*COMMENTS[:2]))
    record_assessment(store, mapping, epic(COMMENTS[0], edited(COMMENTS[1], "On second thought, no.", BRANDT)))
    assert [row.verb for row in store.rows("SELECT verb FROM command ORDER BY id")] == [
        "approve",
        "approve",
        "withdrawn",
    ]
    assert audited(store, "command.withdrawn") == [
        "M. Brandt took back /approve Decided of 10 Feb 2026: the comment was edited by its author"
    ]
    outcome = record_assessment(store, mapping, epic(COMMENTS[0], COMMENTS[2]))
    assert outcome.assessment.verdict.stage == "detailed"


REJECTION = comment(4, BRANDT, "/reject decided too dear")


def test_the_owner_erases_the_sponsors_rejection(store: StoreFixture, mapping: LoadedMapping) -> None:
    """The approval before it is not met again, and everybody reads who did it."""
    record_assessment(store, mapping, epic(*COMMENTS[:2], REJECTION))
    for gone in (edited(REJECTION, "looks good", KAYA), edited(REJECTION, "looks good", None), None):
        shown = (*COMMENTS, gone) if gone is not None else COMMENTS
        verdict = record_assessment(store, mapping, replace(epic(*shown), status="Analysis")).assessment.verdict
        assert verdict.stage == "detailed"
        assert "M. Brandt rejected Decided on 10 Feb 2026: too dear" in verdict.blockers[0].sentence
        assert [finding.code for finding in verdict.findings if finding.code == "COMMAND_ALTERED"] == [
            "COMMAND_ALTERED"
        ]
    assert audited(store, "command.altered") == [
        "A. Kaya edited M. Brandt's comment of 10 Feb 2026 with /reject Decided on 10 Feb 2026 08:55 UTC: the command "
        "stands until M. Brandt gives another one"
    ]


def test_a_rejection_that_its_speaker_took_back_does_not_revive_the_approval(
    store: StoreFixture, mapping: LoadedMapping
) -> None:
    record_assessment(store, mapping, epic(*COMMENTS[:2], REJECTION))
    again = edited(REJECTION, "/hold waiting for the contract", BRANDT)
    record_assessment(store, mapping, epic(*COMMENTS, again))
    for shown in ((*COMMENTS, again), COMMENTS):
        verdict = record_assessment(store, mapping, epic(*shown)).assessment.verdict
        assert verdict.stage == "detailed"
        assert "M. Brandt took back the rejection of 10 Feb 2026" in " ".join(one.reason for one in verdict.blockers)
    assert len(audited(store, "command.withdrawn")) == 1


def test_words_put_into_anothers_mouth_are_nobodys(store: StoreFixture, mapping: LoadedMapping) -> None:
    outcome = record_assessment(store, mapping, epic(edited(comment(1, BRANDT, ""), "/approve detailed", KAYA)))
    assert outcome.assessment.verdict.stage == "identified"
    assert [row.verb for row in store.rows("SELECT verb FROM command")] == ["overwritten"]
    record_assessment(store, mapping, epic(edited(comment(1, BRANDT, ""), "/approve detailed", KAYA)))
    assert len(store.rows("SELECT 1 FROM command")) == 1, "it is ruled on once"


def test_the_locked_plan_is_kept_and_later_lines_do_not_change_it(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic(*COMMENTS))
    (row,) = store.rows("SELECT number, reason, jsonb_array_length(lines) AS lines FROM plan_version")
    assert (row.number, row.reason, row.lines) == (1, "locked at the decision", 5)
    outcome = record_assessment(store, mapping, epic(*COMMENTS, **{"Planned benefit": Decimal(9)}))
    assert outcome.assessment.verdict.figures.plan == Money(Decimal(600), "EUR")
    (stored,) = store.rows("SELECT sum(amount) AS benefit FROM effect_line WHERE version = 'plan' AND kind = 'benefit'")
    assert stored.benefit == 1000, "totals count with the locked plan as well"


def test_a_planned_line_of_a_locked_plan_is_unbooked_until_its_month_and_kind_are_booked(
    store: StoreFixture, mapping: LoadedMapping
) -> None:
    unbooked = "SELECT kind, month FROM effect_line WHERE is_unbooked ORDER BY kind, month"
    record_assessment(store, mapping, epic())
    assert store.rows(unbooked) == [], "nothing is decided yet"
    outcome = record_assessment(store, mapping, epic(*COMMENTS))
    planned = store.rows("SELECT kind, month FROM effect_line WHERE version = 'plan' ORDER BY kind, month")
    assert store.rows(unbooked) == planned
    assessment = outcome.assessment
    measure = assessment.mapped.measure
    first = planned[0]
    booked = EffectLine(
        Version.ACTUAL, EffectKind(first.kind), Period.of(first.month), Money(Decimal(0), "EUR"), Account.CASH
    )
    mapped = replace(assessment.mapped, measure=replace(measure, effects=(*measure.effects, booked)))
    rows = effect_line_rows(replace(outcome, assessment=replace(assessment, mapped=mapped)))
    left = sorted((row["kind"], row["month"]) for row in rows if row["is_unbooked"])
    assert left == [(line.kind, line.month) for line in planned[1:]], "whatever was booked, and on which account"


def test_dates_and_scope_lock_with_the_plan_and_come_back(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic(*COMMENTS))
    later = replace(
        epic(*COMMENTS, **{"Due date": date(2026, 9, 30)}),
        children=Children(1, 0, items=(ChildState("20001", "ITX-2", done=False),)),
    )
    verdict = record_assessment(store, mapping, later).assessment.verdict
    assert [finding.sentence.partition(" since")[0] for finding in verdict.findings] == [
        "the end is 2026-09-30 instead of 2026-04-30",
        "1 child item was added (ITX-2)",
    ]
    (row,) = store.rows("SELECT terms ->> 'end' AS ends_on, terms #>> '{scope,count}' AS items FROM plan_version")
    assert (row.ends_on, row.items) == ("2026-04-30", "0")
    assert len(store.rows("SELECT 1 FROM plan_version")) == 1


def test_both_statuses_have_a_history_by_day(store: StoreFixture, mapping: LoadedMapping) -> None:
    for days in (0, 0, 1, 40):
        record_assessment(store, mapping, epic(), NOW + timedelta(days=days))
    history = MeasureLookup(store.engine).status_history(MeasureId("jira-main/10001"))
    assert [(str(day.day), day.implementation, day.potential) for day in history] == [
        ("2026-02-10", "grey", "grey"),
        ("2026-02-11", "grey", "grey"),
        ("2026-03-22", "grey", "grey"),
    ]
    assert history[0].reasons["potential"] == "there is no forecast"


def test_a_due_assessment_is_taken_up_once(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic())
    later = NOW + timedelta(days=1, minutes=1)
    assert wake_due_assessments(store.engine, store.waker, NOW) == 0
    assert wake_due_assessments(store.engine, store.waker, later) == 1
    assert wake_due_assessments(store.engine, store.waker, later) == 0, "it is on its way"
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    assert wake_due_assessments(store.engine, store.waker, later + timedelta(hours=2)) == 1, (
        "a lost assessment comes again"
    )


def test_a_change_marks_the_measures_that_depend_on_it_and_only_a_change(
    store: StoreFixture, mapping: LoadedMapping
) -> None:
    record_assessment(store, mapping, epic(), dependencies=((JIRA, "crm-old"), (JIRA, "key:itx-1")))
    assert [row.on_name for row in store.rows("SELECT on_name FROM dependency ORDER BY 1")] == ["crm-old", "key:itx-1"]

    def dirty() -> list[str]:
        found = [str(row.native_id) for row in store.rows("SELECT native_id FROM dirty_key")]
        claim = store.work().claim(JIRA, 100)
        if claim is not None:
            store.assessments.store(claim, [AbsentItem(key.native_id) for key in claim.keys], 1, NOW)
        return found

    service = item(
        native_id=NativeId("cmdb_ci_service:1"), type="cmdb_ci_service", title="CRM-OLD", version="1", key="x"
    )
    settle(store, service.native_id, UnmappedItem(service, "no rule takes it"))
    assert dirty() == ["10001"]
    settle(store, service.native_id, UnmappedItem(service, "no rule takes it"))
    assert dirty() == [], "it is as it was"
    settle(store, service.native_id, UnmappedItem(replace(service, version="2"), "no rule takes it"))
    assert dirty() == ["10001"]
    change = item(
        {"Correlation ID": "ITX-1"}, native_id=NativeId("change_request:1"), title="C", version="1", key="CHG1"
    )
    settle(store, change.native_id, UnmappedItem(change, "no rule takes it"))
    assert dirty() == ["10001"], "a new record that names the measure's key"
    record_assessment(store, mapping, epic(), dependencies=())
    assert store.rows("SELECT 1 FROM dependency") == []


def test_claims_on_one_baseline_are_found_by_its_name(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic(**{"Baseline name": "Storage"}))
    other = replace(epic(**{"Baseline name": "Storage"}), native_id=NativeId("10002"), key="ITX-2")
    record_assessment(store, mapping, other)
    found = store.stored_state.baseline_claims(["Storage", "Network"])
    assert list(found) == ["Storage"]
    assert [(claim.key, claim.months[Period(2026, 1)]) for claim in found["Storage"]] == [
        ("ITX-1", Money(Decimal(250), "EUR")),
        ("ITX-2", Money(Decimal(250), "EUR")),
    ]


@pytest.mark.parametrize("written", [
    "Storage hosting", "storage HOSTING", "  Storage  hosting ", "Storage\u00a0hosting", "Storage\u200b hosting",
    "\uff33torage hosting",
])  # fmt: skip
def test_one_baseline_is_claimed_once_however_its_name_is_written(
    store: StoreFixture, mapping: LoadedMapping, written: str
) -> None:
    record_assessment(store, mapping, epic(**{"Baseline name": "Storage hosting"}))
    assert [claim.key for claim in store.stored_state.baseline_claims([written])[written]] == ["ITX-1"]
    record_assessment(store, mapping, epic(**{"Baseline name": written}))
    found = store.stored_state.baseline_claims(["Storage hosting", written])
    assert {name: [claim.key for claim in claims] for name, claims in found.items()} == {
        name: ["ITX-1"] for name in ("Storage hosting", written)
    }


def test_what_a_measure_claims_in_one_currency_hides_nothing_of_what_it_claims_in_another(
    store: StoreFixture, mapping: LoadedMapping
) -> None:
    record_assessment(store, mapping, epic(**{"Baseline name": "Storage"}))
    with store.engine.begin() as transaction:
        transaction.exec_driver_sql(
            "INSERT INTO effect_line (measure_id, version, kind, month, currency, account, hard, pl_line, amount)"
            " VALUES ('jira-main/10001', 'plan', 'benefit', '2026-01-01', 'USD', 'ebitda', true, '', 7)"
        )
    january = [
        str(claim.months[Period(2026, 1)]) for claim in store.stored_state.baseline_claims(["Storage"])["Storage"]
    ]
    assert january == ["250 EUR", "7 USD"]


def test_a_rate_is_kept_and_its_correction_is_recorded(store: StoreFixture) -> None:
    rates = ExchangeRates(store.engine)
    for factor in ("0.90", "0.91"):
        rates.save(Rate("USD", "EUR", datetime(2026, 1, 1, tzinfo=UTC).date(), Decimal(factor), "treasury"), "kaya")
    assert [str(rate) for rate in rates.all()] == ["1 USD = 0.91 EUR since 2026-01-01"]
    changes = [
        row.detail["rate"] for row in store.rows("SELECT detail FROM audit WHERE subject = 'rates' ORDER BY seq")
    ]
    assert changes == ["1 USD = 0.9 EUR since 2026-01-01", "1 USD = 0.91 EUR since 2026-01-01"]


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
amounts = st.builds(Money, st.decimals(-9, 9, places=4), st.just("EUR"))
plan_checks = st.builds(PlanCheck, st.sampled_from(CheckKind), amounts, amounts, st.text(max_size=9))
people = st.builds(
    Responsible,
    st.none() | st.sampled_from((*HELD_ROLES, Role.STEERING_COMMITTEE, Role("risk_owner"))),
    st.text(max_size=9),
    st.text(max_size=9),
)
periods = st.builds(Period, st.integers(2020, 2030), st.integers(1, 12))
measure_states = st.builds(
    MeasureState,
    stage=st.sampled_from([None, "detailed"]),
    blockers_since=st.dictionaries(st.text(max_size=9), moments, max_size=3),
    granted_at=st.dictionaries(st.sampled_from(["identified", "detailed"]), moments),
    off_ramp=st.none() | st.builds(OffRamp, st.sampled_from(OffRampKind), st.text(max_size=9), moments, st.text(max_size=9)),
    plan=st.none(),
    closed_on=st.none() | st.builds(ClosedOn, periods, periods, st.text(max_size=9)),
    closed_through=st.none() | periods,
    deviation=st.none()
    | st.builds(
        Deviation, moments, st.lists(plan_checks, max_size=2).map(tuple),
        reason_requests=st.lists(st.builds(ReasonRequest, people, moments), max_size=3).map(tuple),
        explained_shortfall=st.none() | st.decimals(-9, 9, places=4),
    ),
    red_since=st.none() | moments,
    highest_priorities=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)  # fmt: skip


@given(measure_states)
def test_a_measure_state_comes_back_as_it_was(some: MeasureState) -> None:
    assert from_json(MeasureState, to_json(some)) == some


def test_a_command_comes_back_as_it_was() -> None:
    one = Command(
        Verb.CONFIRM, KAYA, NOW, CommandSource(CommandOrigin.COMMENT, "1", 2), amount=Money(Decimal("1.50"), "EUR"), month=Period(2026, 10),
        until=NOW.date(), ruling=Ruling(accepted=True, reply="yes", role=Role.CONTROLLER, fingerprints={"actuals": "x #1"},
            signature=Signature(Period(2026, 9), Period(2026, 10), "EUR", (SignedLine(Period(2026, 9), EffectKind.BENEFIT, Decimal("2"), Decimal("1.50"), "EUR"),), "x", 1, "none")),
        first_month=Period(2026, 9),
    )  # fmt: skip
    assert from_json(Command, to_json(one)) == one


def test_a_measure_is_found_by_the_keys_that_it_had(store: StoreFixture, mapping: LoadedMapping) -> None:
    for key in ("ITX-1", "CLOUD-7", "CLOUD-7", "ITX-1", "OPS-3"):
        record_assessment(store, mapping, replace(epic(), key=key))
    measures = MeasureLookup(store.engine)
    for name in ("OPS-3", "cloud-7", "itx-1"):
        (found,) = measures.find(name)
        assert found.key == "OPS-3"
        assert measures.items_by_key(name) == {JIRA: [NativeId("10001")]}
    (row,) = store.rows("SELECT former_keys FROM work_item")
    assert row.former_keys == ["ITX-1", "CLOUD-7"]


def test_another_rate_assesses_the_measures_of_its_currency_again(store: StoreFixture, mapping: LoadedMapping) -> None:
    record_assessment(store, mapping, epic())
    rates = ExchangeRates(store.engine)
    since = datetime(2026, 1, 1, tzinfo=UTC).date()
    rates.save(Rate("USD", "EUR", since, Decimal("0.91"), "treasury"), "kaya")
    assert store.rows("SELECT native_id FROM dirty_key") == []
    rates.save(Rate("EUR", "USD", since, Decimal("1.1"), "treasury"), "kaya")
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    assert store.stored_state.rates().convert(Money(Decimal(2), "USD"), "EUR", Period(2026, 1)) is not None
