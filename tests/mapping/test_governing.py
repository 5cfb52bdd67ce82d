"""A policy that would govern nothing is refused; a weak one says what could slip through."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mapping.governing import OFF, weak_points
from mapping.load import LoadedMapping, load_mapping
from mapping.problems import MappingFileProblem

SOUND = """\
version: 1
organization: ACME
reporting_currency: EUR
policy: {hurdle: 50000}
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost}
      forecast: {benefit: Forecast benefit}
      actual: {benefit: Actual benefit}
    stage: {from_status: {Backlog: identified, Approved: decided, Closed: closed}}
    write: {gate: Gate}
"""
POLICY, STAGES = "policy: {hurdle: 50000}", "{Backlog: identified, Approved: decided, Closed: closed}"

Change = tuple[str, str]

REFUSED: Mapping[str, tuple[Change, str]] = {
    "no approver at two gates": (
        (POLICY, "policy: {off: [approval_missing]}"),
        "policy.off: nobody approves the gates into Detailed and Implemented: work would be granted the stage without "
        "anybody's word. Switch on one of APPROVAL_MISSING.",
    ),
    "nobody decides: a committee above a limit is not somebody for every measure": (
        (POLICY, "policy: {off: [APPROVAL_MISSING, CONTROLLER_SIZE]}"),
        "policy.off: nobody approves the gates into Detailed and Decided and Implemented: work would be granted the stage "
        "without anybody's word. Switch on one of APPROVAL_MISSING, CONTROLLER_SIZE.",
    ),
    "nobody confirms the effect": (
        (POLICY, "policy: {preset: haertegrad, off: [CONTROLLER_CONFIRM]}"),
        "policy.off: nobody approves the gate into HG5 Effect verified: work would be granted the stage without anybody's "
        "word. Switch on one of CONTROLLER_CONFIRM.",
    ),
    "no rule looks at money": (
        (
            POLICY,
            "policy: {off: [VALUE_MISSING, PHASING_MISSING, BELOW_HURDLE, PLAN_LOCKED, DEVIATION_UNEXPLAINED, "
            "ACTUALS_MISSING, VALUE_NOT_REALISED]}",
        ),
        "policy.off: every rule about money is switched off: no plan, forecast or effect would be looked at. Switch on at "
        "least one of ACTUALS_MISSING, BELOW_HURDLE, DEVIATION_UNEXPLAINED, PHASING_MISSING, PLAN_LOCKED, VALUE_MISSING, "
        "VALUE_NOT_REALISED.",
    ),
    "no status stands for a stage": (
        (STAGES, "{}"),
        "measures[0].stage.from_status: no status stands for a stage: no gate could hold, and no move would ever be a "
        "breach. Name what each status of the tool claims: {Backlog: identified, Approved: decided, …}.",
    ),
}


@pytest.mark.parametrize(("change", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_policy_that_cannot_govern_is_refused(change: Change, text: str) -> None:
    problems = load_mapping(SOUND.replace(*change))
    assert not isinstance(problems, LoadedMapping)
    assert [str(problem).partition(": ")[2] for problem in problems if _is_new(problem)] == [text]


def _is_new(problem: MappingFileProblem) -> bool:
    """Not about the names of another preset's stages."""
    return "is not a stage" not in problem.message


def warnings(text: str) -> list[str]:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    return [str(warning).partition(": ")[2] for warning in weak_points(loaded, "mapping.yaml")]


def test_a_sound_policy_has_no_warning() -> None:
    assert warnings(SOUND) == []


WEAK: Mapping[str, tuple[Change, list[str]]] = {
    "no hurdle": ((POLICY, "policy: {}"), ["policy: no hurdle is set: a plan that earns nothing is decided."]),
    "a hurdle of zero": (
        (POLICY, "policy: {hurdle: 0}"), ["policy.hurdle: a plan that earns nothing is decided."],
    ),
    "a wide tolerance": (
        (POLICY, "policy: {hurdle: 1, tolerance: 0.5}"),
        ["policy.tolerance: half of the money may be missing before anybody is asked why."],
    ),
    "much time": (
        (POLICY, "policy: {hurdle: 1, slip_days: 365, slip_share: 0.5}"),
        [
            "policy.slip_days: the work may be a year late before anybody is asked why.",
            "policy.slip_share: the work may take half as long again before anybody is asked.",
        ],
    ),
    "little value": (
        (POLICY, "policy: {hurdle: 1, realised_share: 0.5}"),
        ["policy.realised_share: a measure is closed when half of its value has not come."],
    ),
    "red that is none": (
        (POLICY, "policy: {hurdle: 1, potential_amber: 0.4}"),
        [
            "policy.potential_amber: the potential is not red, and the kill switch does not count, while half of the money "
            "is missing."
        ],
    ),
    "an owner's word, for one program": (
        (POLICY, "policy: {hurdle: 1, overrides: [{program: Core, done_on_word: true}]}"),
        ["policy.overrides[0].done_on_word: work that nothing shows is done when its owner says so."],
    ),
    "slow decisions": (
        (POLICY, "policy: {hurdle: 1, kill_red_months: 13, kill_decision_days: 91, stale_days: 366, delegation_days: 366}"),
        [
            "policy.kill_red_months: a measure may fail for more than a year.",
            "policy.kill_decision_days: a stopped measure may stay undecided.",
            "policy.stale_days: a status on which nobody has reported for a year still counts.",
            "policy.delegation_days: a delegate may decide for more than a year.",
        ],
    ),
    "a limit that nobody decides above": (
        (POLICY, "policy: {hurdle: 1, committee_limit: 1000}"),
        [
            "policy.committee_limit: a committee_limit is set and no committee is named: a measure above it is never "
            "decided."
        ],
    ),
    "a committee that is never asked": (
        ("measures:", "committees: [{name: Board, programs: [Core], members: [l]}]\nmeasures:"),
        ["committees: no committee_limit is set: the steering committees never decide."],
    ),
    "a gate that holds nobody": (
        ("write: {", "enforce: off\n    write: {"),
        ["measures[0].enforce: an item that is moved past a shut gate is neither stopped nor explained."],
    ),
    "a gate that only explains": (
        ("write: {", "enforce: comment\n    write: {"),
        ["measures[0].enforce: an item that is moved past a shut gate is only explained."],
    ),
    "a gate that nobody sees": (
        ("write: {gate: Gate}", "write: {blockers: Gate blockers}"),
        ["measures[0].write: no field shows the gate: neither people nor the tool see that it is shut."],
    ),
    "no status is decided": (
        (STAGES, "{Backlog: identified, Analysis: detailed}"),
        [
            "measures[0].stage.from_status: no status stands for Decided or a later stage: work that begins undecided is "
            "never a breach."
        ],
    ),
    "no status is closed": (
        (STAGES, "{Backlog: identified, Approved: decided}"),
        [
            "measures[0].stage.from_status: no status stands for Closed: an item that is closed without its effect is no "
            "breach."
        ],
    ),
    "nobody who decides": (
        (", sponsor: Sponsor, controller: Controller", ""),
        [
            "measures[0].roles: no field names the controller: no measure gets into Detailed.",
            "measures[0].roles: no field names the sponsor: no measure gets into Detailed.",
        ],
    ),
    "no forecast": (
        ("      forecast: {benefit: Forecast benefit}\n", ""),
        ["measures[0].effects: no forecast is read: no measure is known to be on plan, and none is implemented."],
    ),
    "no plan": (
        ("      plan: {benefit: Planned benefit, one_off_cost: Planned cost}\n", ""),
        ["measures[0].effects: no plan is read: no measure is decided."],
    ),
    "no plan, and nobody asks for one": (
        (
            f"{POLICY}\n{SOUND.partition(POLICY)[2][1:]}",
            "policy: {hurdle: 1, off: [PHASING_MISSING]}\n"
            + SOUND.partition(POLICY)[2][1:].replace(
                "      plan: {benefit: Planned benefit, one_off_cost: Planned cost}\n", ""
            ),
        ),
        [
            "policy.off[0]: without PHASING_MISSING, a measure is decided without a plan by month.",
            "measures[0].effects: no plan is read: measures are decided without any money.",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "texts"), WEAK.values(), ids=WEAK.keys())
def test_a_weak_policy_says_what_could_slip_through(change: Change, texts: list[str]) -> None:
    assert change[0] in SOUND
    assert warnings(SOUND.replace(*change)) == texts


@pytest.mark.parametrize("code", OFF)
def test_each_rule_that_is_switched_off_has_its_price(code: str) -> None:
    assert warnings(SOUND.replace(POLICY, f"policy: {{hurdle: 1, off: [{code.lower()}]}}")) == [
        f"policy.off[0]: without {code}, {OFF[code]}."
    ]
