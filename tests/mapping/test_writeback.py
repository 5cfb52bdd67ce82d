"""What is written back, and only where it differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.explain import blocker_lines
from governance.locked_plan import LockedPlan
from governance.locked_terms import LockedTerms
from governance.measure_state import Deviation
from governance.money import Money
from governance.plan_check import CheckKind, PlanCheck
from governance.status_reasons import status_reasons
from governance.verdict import Colour, Status, Verdict
from mapping.config import WriteRule
from mapping.work_item import FieldName, FieldValue
from mapping.writeback import Change, ChangeKind, Comparison, WriteValue, canonical, compare, join_lines, target_values
from tests.governance.factory import NOW, POLICY, evidence, measure

GATE = FieldName("Gate")
HALF = PlanCheck(CheckKind.LIFETIME, Money(Decimal(180_000), "EUR"), Money(Decimal(90_000), "EUR"))
ALL = WriteRule(
    doi_stage="DoI stage",
    implementation="Work",
    potential="Money",
    gate="Gate",
    blockers="Blockers",
    plan="Plan",
    forecast="Forecast",
    actual="Actual",
    variance="Variance %",
)


def verdict(**changes: object) -> Verdict:
    return assess(measure(**changes), evidence("identified", "identified", commands=()), POLICY, NOW)


def test_the_whole_verdict_goes_to_the_fields_that_the_rule_names() -> None:
    assert target_values(verdict(baseline=None), ALL) == {
        "DoI stage": "Identified",
        "Work": "Green",
        "Money": "Green",
        "Gate": "Blocked",
        "Blockers": (
            "Cannot move into Detailed yet: no baseline is fixed, so that no saving can be measured against it"
            ". A. Kaya (owner) needs to act, since 21 Nov · BASELINE_MISSING\n"
            "Waiting for M. Brandt (sponsor) to approve Detailed, since 21 Nov. Comment /approve detailed · APPROVAL_MISSING"
        ),
        "Plan": Decimal("180000.00"),
        "Forecast": Decimal("180000.00"),
        "Actual": Decimal("160000.00"),
        "Variance %": Decimal("0.0"),
    }


def test_a_light_comes_with_its_reason() -> None:
    red = red_verdict()
    why = (
        "Implementation Green: the work is done\n"
        "Potential Red: 90,000 EUR at completion of 180,000 EUR planned; red since 1 Nov 2026; "
        "nobody has given the reason since 2 Nov 2026"
    )
    rule = WriteRule(implementation="Work", potential="Money", blockers="Blockers", why="Why")
    values = target_values(red, rule)
    assert values[FieldName("Why")] == why
    assert "Potential" not in str(values[FieldName("Blockers")])


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        pytest.param(WriteRule(potential="Money", blockers="Blockers"), 1, id="the colour that is not green"),
        pytest.param(WriteRule(implementation="Work", blockers="Blockers"), 0, id="a green one needs no reason"),
        pytest.param(WriteRule(blockers="Blockers"), 0, id="no colour is shown"),
        pytest.param(WriteRule(potential="Money", blockers="Blockers", why="Why"), 0, id="it has its own field"),
    ],
)
def test_without_a_field_of_its_own_the_reason_follows_the_blockers(rule: WriteRule, lines: int) -> None:
    shown = str(target_values(red_verdict(), rule)[FieldName("Blockers")]).splitlines()
    assert [line for line in shown if line.startswith(("Potential ", "Implementation "))] == [
        "Potential Red: 90,000 EUR at completion of 180,000 EUR planned; red since 1 Nov 2026; "
        "nobody has given the reason since 2 Nov 2026"
    ] * lines


def test_work_that_is_late_says_the_agreed_end() -> None:
    late = replace(
        red_verdict(),
        implementation=Status(Colour.AMBER, Decimal("0.9"), "a little behind: 40 % done, 45 % expected by today"),
    )
    assert status_reasons(late)[0] == (
        "Implementation Amber: a little behind: 40 % done, 45 % expected by today; the agreed end is 2026-12-31"
    )


def red_verdict() -> Verdict:
    """Decided; half of the money is missing since the beginning of November, and nobody has said why."""
    shut = verdict(baseline=None)
    return replace(
        shut,
        implementation=Status(Colour.GREEN, Decimal(1), "the work is done"),
        potential=Status(Colour.RED, Decimal("0.5"), "90,000 EUR at completion of 180,000 EUR planned"),
        deviation=Deviation(datetime(2026, 11, 2, tzinfo=UTC), (HALF,)),
        measure_state=replace(
            shut.measure_state,
            red_since=datetime(2026, 11, 1, tzinfo=UTC),
            plan=LockedPlan(1, (), NOW, "locked", terms=LockedTerms(end=date(2026, 12, 31))),
        ),
    )


def test_a_field_that_the_rule_does_not_name_is_not_written() -> None:
    assert target_values(verdict(), WriteRule(gate="Gate")) == {"Gate": "Waiting"}


def test_figures_that_nobody_knows_clear_their_field() -> None:
    assert target_values(verdict(effects=()), WriteRule(plan="Plan", variance="V")) == {"Plan": None, "V": None}


def test_an_open_gate_has_no_blockers() -> None:
    open_ = assess(measure(), evidence("detailed", "identified"), POLICY, NOW)
    assert target_values(open_, WriteRule(gate="Gate", blockers="Blockers")) == {"Gate": "Open", "Blockers": None}


def test_many_blockers_are_cut_on_whole_lines_and_counted() -> None:
    shut = verdict(baseline=None, objective=None, business_unit=None, legal_entity=None)
    text = join_lines(blocker_lines(shut), limit=260)
    assert text is not None
    assert len(text) <= 260
    assert text.splitlines()[-1] == "… and 3 more"
    assert text.splitlines()[0].endswith("ROLE_MISSING")


@pytest.mark.parametrize(
    ("last", "present", "value", "kind"),
    [
        pytest.param({}, None, "Blocked", ChangeKind.FIRST, id="never written before"),
        pytest.param({GATE: "Open"}, "Open", "Blocked", ChangeKind.CHANGED, id="the verdict has changed"),
        pytest.param({GATE: "Blocked"}, "Open", "Blocked", ChangeKind.HAND_EDIT, id="somebody edited it: put back"),
        pytest.param({GATE: None}, "Open", None, ChangeKind.HAND_EDIT, id="somebody filled a field that is ours"),
        pytest.param({GATE: "Blocked"}, "Blocked", "Blocked", None, id="nothing differs"),
        pytest.param({}, "Blocked", "Blocked", None, id="it happens to be right already"),
        pytest.param({}, Decimal("1.0"), Decimal("1.00"), None, id="the same number"),
        pytest.param({}, Decimal(0), Decimal("-0.0"), None, id="zero from below"),
        pytest.param({GATE: "0"}, "0.0", Decimal("0.0"), None, id="a number in a field of text"),
        pytest.param({GATE: "12.5"}, "12.5", Decimal("13.00"), ChangeKind.CHANGED, id="another number in one"),
        pytest.param({GATE: "12.5"}, "12", Decimal("12.50"), ChangeKind.HAND_EDIT, id="somebody's number in one"),
        pytest.param({GATE: "12.5"}, "twelve", Decimal("12.50"), ChangeKind.HAND_EDIT, id="no number in one"),
        pytest.param({GATE: "1.0"}, "1", "1.0", ChangeKind.HAND_EDIT, id="a text that reads like a number is a text"),
        pytest.param({}, "a \r\nb\n", "a\nb", None, id="the same text"),
        pytest.param({}, "", None, None, id="empty is empty"),
        pytest.param({}, "blocked", "Blocked", ChangeKind.FIRST, id="letter case counts in an option"),
    ],
)
def test_last_written_present_and_target_decide(
    last: dict[FieldName, str | None], present: FieldValue, value: WriteValue, kind: ChangeKind | None
) -> None:
    changes = () if kind is None else (Change(GATE, kind, canonical(present), value, last.get(GATE)),)
    assert compare(last, {GATE: present}, {GATE: value}) == Comparison(changes)


def test_a_field_that_the_tool_does_not_show_is_not_written_blindly() -> None:
    assert compare({}, {}, {GATE: "Blocked"}) == Comparison((), (GATE,))


def test_a_verdict_without_blockers_is_no_text() -> None:
    assert join_lines(blocker_lines(replace(verdict(), blockers=()))) is None
