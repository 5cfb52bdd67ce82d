"""What is written back, and only where it differs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.explain import blocker_lines
from governance.verdict import Verdict
from mapping.config import WriteRule
from mapping.work_item import FieldName, FieldValue
from mapping.writeback import Change, ChangeKind, Comparison, WriteValue, canonical, compare, join_lines, target_values
from tests.governance.factory import NOW, POLICY, evidence, measure

GATE = FieldName("Gate")
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
            "Detailed is shut: no baseline is fixed, so that no saving can be measured against it"
            " · owner A. Kaya to act · since 21 Nov · BASELINE_MISSING\n"
            "Detailed is shut: M. Brandt has not yet given the approval · sponsor M. Brandt to act · since 21 Nov · APPROVAL_MISSING"
        ),
        "Plan": Decimal("180000.00"),
        "Forecast": Decimal("180000.00"),
        "Actual": Decimal("160000.00"),
        "Variance %": Decimal("0.0"),
    }


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
