"""What a decision rests on beside the money locks with it: schedule, milestones, kill criteria, baseline, scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import Children, ChildState, Command, Verb
from governance.facts import Unknown
from governance.measure import Measure
from governance.money import Money, Period
from governance.verdict import Colour, EventKind, Verdict
from tests.governance.factory import APPROVALS, BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, measure, new_command

PLANNED = measure(
    milestones={"Go-live": date(2026, 10, 1)},
    kill_criteria="cost > 200,000 EUR",
    legacy_services="CRM-OLD, CRM-RPT",
    steady_from=Period(2026, 7),
)
LATER = NOW + timedelta(days=1)


def children(**done: bool) -> Children:
    items = tuple(ChildState(f"id-{key}", key, is_done) for key, is_done in done.items())
    return Children(len(items), sum(done.values()), items=items)


FOUR = children(A1=True, A2=True, A3=False, A4=False)


def decided(some: Measure = PLANNED, work: Children = FOUR) -> Verdict:
    verdict = assess(some, evidence(commands=APPROVALS[:3], children=work), POLICY, NOW)
    assert verdict.stage == "decided"
    return verdict


def after(
    before: Verdict, some: Measure, *commands: Command, now: datetime = LATER, work: object = FOUR, done: bool = False
) -> Verdict:
    present = evidence("decided", "decided", commands=(*before.commands, *commands), children=work, updated=now)
    return assess(some, replace(present, measure_state=before.measure_state, done=done), POLICY, now)


def locked_blockers(verdict: Verdict) -> list[str]:
    return [blocker.reason for blocker in verdict.blockers if blocker.code == "PLAN_LOCKED"]


CHANGES: Mapping[str, tuple[dict[str, object], str]] = {
    "a later end": ({"end": date(2027, 3, 31)}, "the end is 2027-03-31 instead of 2026-12-31"),
    "an earlier end": ({"end": date(2026, 12, 30)}, "the end is 2026-12-30 instead of 2026-12-31"),
    "no end": ({"end": None}, "the end is empty instead of 2026-12-31"),
    "a later start": ({"start": date(2026, 6, 1)}, "the start is 2026-06-01 instead of 2026-01-01"),
    "a later milestone": (
        {"milestones": {"Go-live": date(2026, 11, 1)}},
        'the milestone "Go-live" is 2026-11-01 instead of 2026-10-01',
    ),
    "a milestone that is gone": ({"milestones": {}}, 'the milestone "Go-live" is empty instead of 2026-10-01'),
    "another milestone": (
        {"milestones": {"Go-live": date(2026, 10, 1), "Pilot": date(2026, 5, 1)}},
        'the milestone "Pilot" is 2026-05-01 instead of empty',
    ),
    "emptied kill criteria": (
        {"kill_criteria": None},
        'the kill criteria are empty instead of "cost > 200,000 EUR"',
    ),
    "softer kill criteria": (
        {"kill_criteria": "cost > 900,000 EUR"},
        'the kill criteria are "cost > 900,000 EUR" instead of "cost > 200,000 EUR"',
    ),
    "another baseline": ({"baseline": eur(900_000)}, 'the baseline is "900,000 EUR" instead of "500,000 EUR"'),
    "legacy services that are gone": (
        {"legacy_services": None},
        'the legacy services are empty instead of "CRM-OLD, CRM-RPT"',
    ),
    "fewer legacy services": (
        {"legacy_services": "CRM-RPT"},
        'the legacy services are "CRM-RPT" instead of "CRM-OLD, CRM-RPT"',
    ),
    "another steady state": (
        {"steady_from": Period(2026, 9)},
        'the start of the steady state is "2026-09" instead of "2026-07"',
    ),
    "another objective": ({"objective": "Growth"}, 'the objective is "Growth" instead of "Cost-income ratio"'),
}


@pytest.mark.parametrize(("changes", "text"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_after_the_decision_is_a_blocker_a_finding_and_an_event(changes: dict[str, object], text: str) -> None:
    verdict = after(decided(), replace(PLANNED, **changes))  # type: ignore[arg-type]
    assert locked_blockers(verdict) == [
        f"the plan was changed after it was locked on 21 Nov 2026 ({text}): put it back, or ask for it with "
        "/rebaseline REASON"
    ]
    assert [finding.sentence for finding in verdict.findings if finding.code == "TERMS_CHANGED"] == [
        f"{text} since the plan was locked on 21 Nov 2026, and nobody has approved it"
    ]
    events = [event.text for event in verdict.events if event.kind is EventKind.TERMS_CHANGED]
    assert events == [f"Changed after the decision: {text}"]


def test_a_change_is_an_event_once_and_again_when_it_changes_again() -> None:
    first = after(decided(), replace(PLANNED, end=date(2027, 3, 31)))
    same = after(first, replace(PLANNED, end=date(2027, 3, 31)))
    again = after(same, replace(PLANNED, end=date(2027, 6, 30)))
    kinds = [[e.kind for e in verdict.events if e.kind is EventKind.TERMS_CHANGED] for verdict in (first, same, again)]
    assert kinds == [[EventKind.TERMS_CHANGED], [], [EventKind.TERMS_CHANGED]]


@pytest.mark.parametrize(
    ("plan", "now"),
    [
        pytest.param((), "nothing", id="emptied"),
        pytest.param(
            (EffectLine(Version.PLAN, EffectKind.BENEFIT, Period(2026, 1), Money(Decimal(9), "USD")),
             EffectLine(Version.PLAN, EffectKind.BENEFIT, Period(2026, 1), eur(9))), "several currencies", id="mixed",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_is_gone_is_named_so(plan: tuple[EffectLine, ...], now: str) -> None:
    effects = (*plan, *[line for line in PLANNED.effects if line.version is not Version.PLAN])
    assert locked_blockers(after(decided(), replace(PLANNED, effects=effects))) == [
        f"the plan was changed after it was locked on 21 Nov 2026 ({now} instead of 180,000 EUR): put it back, or ask for "
        "it with /rebaseline REASON"
    ]


def test_a_locked_term_that_cannot_be_read_is_unknown_not_kept() -> None:
    verdict = after(decided(), replace(PLANNED, end=Unknown("the field Due date was not returned")))
    assert "the field Due date was not returned" in locked_blockers(verdict)


def test_the_steady_state_is_that_of_the_decision_until_a_rebaseline() -> None:
    moved = replace(PLANNED, steady_from=Period(2026, 9))
    assert decided().steady_from == after(decided(), moved).steady_from == Period(2026, 7)
    assert after(decided(replace(PLANNED, steady_from=None)), moved).steady_from is None


def test_nothing_changed_is_no_blocker_and_no_finding() -> None:
    verdict = after(decided(), PLANNED)
    assert locked_blockers(verdict) == []
    assert not {"TERMS_CHANGED", "SCOPE_CHANGED"} & {finding.code for finding in verdict.findings}


# Time is judged by the locked dates.


def test_moving_the_due_date_turns_no_red_work_green() -> None:
    late = datetime(2027, 1, 5, 9, tzinfo=NOW.tzinfo)
    verdict = after(decided(), replace(PLANNED, end=date(2027, 12, 31)), now=late)
    assert (verdict.implementation.colour, verdict.implementation.reason) == (
        Colour.RED,
        "the end was 2026-12-31, and the work is not done; the later end 2027-12-31 is not approved",
    )


def test_expected_progress_is_that_of_the_locked_dates() -> None:
    verdict = after(decided(), replace(PLANNED, end=date(2027, 12, 31)))
    assert verdict.implementation.reason == (
        "far behind: 50 % done, 89 % expected by today; the later end 2027-12-31 is not approved"
    )


def test_an_emptied_end_does_not_make_the_status_grey() -> None:
    late = datetime(2027, 1, 5, 9, tzinfo=NOW.tzinfo)
    assert after(decided(), replace(PLANNED, end=None), now=late).implementation.colour is Colour.RED


def test_an_approved_rebaseline_locks_the_new_dates() -> None:
    moved = replace(PLANNED, end=date(2027, 3, 31))
    commands = (
        new_command("", KAYA, Verb.REBASELINE, text="the vendor is late", at=NOW + timedelta(hours=1)),
        new_command("rebaseline", BRANDT, at=NOW + timedelta(hours=2)),
        new_command("rebaseline", WEBER, at=NOW + timedelta(hours=3)),
    )
    half = after(decided(), moved, *commands[:2])
    assert half.measure_state.plan is not None
    assert half.measure_state.plan.number == 1
    whole = after(decided(), moved, *commands)
    assert whole.measure_state.plan is not None
    assert whole.measure_state.plan.terms is not None
    assert (whole.measure_state.plan.number, whole.measure_state.plan.terms.end) == (2, date(2027, 3, 31))
    assert (locked_blockers(whole), whole.deviation, whole.measure_state.changed_terms) == ([], None, {})


def test_dates_that_move_while_they_are_approved_are_approved_anew() -> None:
    moved, further = replace(PLANNED, end=date(2027, 3, 31)), replace(PLANNED, end=date(2028, 3, 31))
    request = new_command("", KAYA, Verb.REBASELINE, text="late", at=NOW + timedelta(hours=1))
    half = after(decided(), moved, request, new_command("rebaseline", BRANDT, at=NOW + timedelta(hours=2)))
    verdict = after(half, further, new_command("rebaseline", WEBER, at=NOW + timedelta(hours=3)))
    assert verdict.measure_state.plan is not None
    assert verdict.measure_state.plan.number == 1


HIDDEN = Unknown("the field was not returned by jira-main")


@pytest.mark.parametrize(
    ("changes", "work", "why"),
    [
        ({"kill_criteria": HIDDEN}, FOUR, "the field was not returned by jira-main"),
        ({"legacy_services": HIDDEN}, FOUR, "the field was not returned by jira-main"),
        ({"milestones": {"Go-live": HIDDEN}}, FOUR, "the field was not returned by jira-main"),
        ({"start": HIDDEN}, FOUR, "the field was not returned by jira-main"),
        ({"unreadable_effects": ('the field "Cost" holds "a lot"',)}, FOUR, 'the field "Cost" holds "a lot"'),
        ({}, Unknown("the child items were not read"), "the child items were not read"),
    ],
    ids=["kill criteria", "legacy services", "a milestone", "the start", "an amount", "child items"],
)
def test_no_other_plan_locks_while_what_would_lock_with_it_cannot_be_read(
    changes: dict[str, object], work: object, why: str
) -> None:
    """Else the kill criteria would be gone from what was agreed for as long as nobody may see their field."""
    moved = replace(PLANNED, end=date(2027, 3, 31))
    unread = replace(moved, **changes)  # type: ignore[arg-type]
    commands = (
        new_command("", KAYA, Verb.REBASELINE, text="late", at=NOW + timedelta(hours=1)),
        new_command("rebaseline", BRANDT, at=NOW + timedelta(hours=2)),
        new_command("rebaseline", WEBER, at=NOW + timedelta(hours=3)),
    )
    refused = after(decided(), unread, *commands, work=work)
    assert refused.measure_state.plan is not None
    assert refused.measure_state.plan.number == 1
    ruling = refused.commands[-1].ruling
    assert ruling is not None
    assert ruling.reply == f"No other plan can lock while something that locks with it is not known: {why}."
    asked = after(decided(), moved, *commands[:2])
    whole = after(asked, unread, work=work)
    assert whole.measure_state.plan is not None
    assert whole.measure_state.plan.number == 1
    again = after(whole, moved, replace_source(commands[2]))
    assert again.measure_state.plan is not None
    assert again.measure_state.plan.number == 2


def replace_source(command: Command) -> Command:
    return command._replace(source=command.source._replace(id="again"))


def test_work_that_is_deleted_while_a_rebaseline_is_approved_is_approved_anew() -> None:
    moved = replace(PLANNED, end=date(2027, 3, 31))
    request = new_command("", KAYA, Verb.REBASELINE, text="late", at=NOW + timedelta(hours=1))
    half = after(decided(), moved, request, new_command("rebaseline", BRANDT, at=NOW + timedelta(hours=2)))
    last = new_command("rebaseline", WEBER, at=NOW + timedelta(hours=3))
    verdict = after(half, moved, last, work=children(A1=True, A2=True))
    assert verdict.measure_state.plan is not None
    assert verdict.measure_state.plan.number == 1


def test_an_approval_of_the_decision_rests_on_the_dates_and_kill_criteria() -> None:
    half = assess(PLANNED, evidence(commands=APPROVALS[:2], children=FOUR), POLICY, NOW)
    softer = replace(PLANNED, kill_criteria="cost > 900,000 EUR")
    present = evidence("detailed", "detailed", commands=(*half.commands, APPROVALS[2]), children=FOUR)
    verdict = assess(softer, present, POLICY, NOW)
    assert [blocker.reason for blocker in verdict.blockers] == [
        "M. Brandt gave the approval for another schedule, kill criteria or objective (2026-01-01 to 2026-12-31, Go-live "
        "2026-10-01, kill criteria: cost > 200,000 EUR, objective: Cost-income ratio then, 2026-01-01 to 2026-12-31, "
        "Go-live 2026-10-01, kill criteria: cost > 900,000 EUR, objective: Cost-income ratio now): it has to be given "
        "again"
    ]


@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({"legacy_services": None}, "legacy services: none, steady state from: 2026-07, legal entity: ACME AG"),
        (
            {"steady_from": Period(2026, 9)},
            "legacy services: CRM-OLD, CRM-RPT, steady state from: 2026-09, legal entity: ACME AG",
        ),
        (
            {"legal_entity": "ACME Ltd"},
            "legacy services: CRM-OLD, CRM-RPT, steady state from: 2026-07, legal entity: ACME Ltd",
        ),
    ],
    ids=["no legacy services any more", "a later steady state", "another legal entity"],
)
def test_an_approval_of_the_decision_rests_on_everything_that_locks_with_it(
    changes: dict[str, object], now: str
) -> None:
    half = assess(PLANNED, evidence(commands=APPROVALS[:2], children=FOUR), POLICY, NOW)
    present = evidence("detailed", "detailed", commands=(*half.commands, APPROVALS[2]), children=FOUR)
    verdict = assess(replace(PLANNED, **changes), present, POLICY, NOW)  # type: ignore[arg-type]
    assert [blocker.reason for blocker in verdict.blockers] == [
        "M. Brandt gave the approval for another set of legacy services, steady state or legal entity (legacy services: "
        f"CRM-OLD, CRM-RPT, steady state from: 2026-07, legal entity: ACME AG then, {now} now): it has to be given again"
    ]


# Schedule deviates like money.


@pytest.mark.parametrize(
    ("changes", "now", "text"),
    [
        pytest.param({"end": date(2027, 2, 5)}, LATER, "", id="36 days of 365 are a tenth"),
        pytest.param(
            {"end": date(2027, 2, 6)}, LATER, "the work is 37 days behind the locked schedule", id="a day more"
        ),
        pytest.param(
            {"milestones": {"Go-live": date(2026, 12, 1)}},
            LATER,
            "the work is 61 days behind the locked schedule",
            id="a milestone slips",
        ),
        pytest.param(
            {},
            datetime(2027, 2, 10, tzinfo=NOW.tzinfo),
            "the work is 41 days behind the locked schedule",
            id="nobody moved the end, and it has passed",
        ),
        pytest.param({"end": date(2026, 6, 1)}, LATER, "", id="ahead needs no reason"),
    ],
)
def test_time_past_its_tolerance_asks_for_a_reason(changes: dict[str, object], now: datetime, text: str) -> None:
    verdict = after(decided(), replace(PLANNED, **changes), now=now)  # type: ignore[arg-type]
    blockers = [blocker.reason for blocker in verdict.blockers if blocker.code == "DEVIATION_UNEXPLAINED"]
    asked = [event.text for event in verdict.events if event.kind is EventKind.REASON_REQUESTED]
    if not text:
        assert (blockers, asked, verdict.deviation) == ([], [], None)
        return
    assert blockers == [f"{text}, and nobody has given the reason: answer with /reason TEXT"]
    # The measure was last seen in time: the next steps follow from now on.
    assert asked == [f"owner A. Kaya was asked for the reason: {text}"]


def test_short_measures_tolerate_days_and_long_ones_a_share() -> None:
    short = replace(PLANNED, start=date(2026, 11, 1), end=date(2026, 11, 30), milestones={})
    for moved, past in ((date(2026, 12, 14), False), (date(2026, 12, 15), True)):
        assert (after(decided(short), replace(short, end=moved)).deviation is not None) is past


def test_time_climbs_the_ladder_and_a_reason_holds_until_it_gets_worse() -> None:
    late = replace(PLANNED, end=date(2027, 3, 31))
    first = after(decided(), late)
    second = after(first, late, now=LATER + timedelta(hours=1))
    assert [step.responsible.text for step in second.reason_requests] == ["owner A. Kaya", "sponsor M. Brandt"]
    reason = new_command("", KAYA, Verb.REASON, text="delay: the vendor", at=LATER + timedelta(hours=2))
    explained = after(second, late, reason, now=LATER + timedelta(hours=3))
    assert explained.deviation is not None
    assert (explained.deviation.reason, explained.deviation.explained_slip) == ("delay: the vendor", 90)
    a_little = after(explained, replace(PLANNED, end=date(2027, 4, 30)), now=LATER + timedelta(hours=4))
    much = after(explained, replace(PLANNED, end=date(2027, 7, 31)), now=LATER + timedelta(hours=4))
    assert (a_little.reason_requests, len(much.reason_requests)) == ((), 1)


def test_thresholds_say_how_much_time_is_tolerated() -> None:
    strict = POLICY.with_thresholds(replace(POLICY.thresholds, slip_days=0, slip_share=Decimal(0)))
    before = decided()
    present = evidence("decided", "decided", commands=before.commands, children=FOUR, updated=LATER)
    later = replace(PLANNED, end=date(2027, 1, 1))
    verdict = assess(later, replace(present, measure_state=before.measure_state), strict, LATER)
    assert verdict.deviation is not None
    assert verdict.deviation.slip_days == 1


# The scope.

SCOPES: Mapping[str, tuple[Children, str, str]] = {
    "added": (
        children(A1=True, A2=True, A3=False, A4=False, B1=True),
        "1 child item was added (B1) since the plan was locked on 21 Nov 2026",
        "far behind: 50 % done, 89 % expected by today",
    ),
    "removed": (
        children(A1=True, A2=True),
        "2 child items were removed (A3, A4) since the plan was locked on 21 Nov 2026",
        "far behind: 50 % done, 89 % expected by today",
    ),
    "exchanged for easier ones": (
        children(A1=True, B1=True, B2=True, B3=True),
        "3 child items were added (B1, B2, +1) and 3 child items were removed (A2, A3, +1) "
        "since the plan was locked on 21 Nov 2026",
        "far behind: 25 % done, 89 % expected by today",
    ),
    "open work added": (
        children(A1=True, A2=True, A3=True, A4=True, B1=False, B2=False, B3=False, B4=False),
        "4 child items were added (B1, B2, +2) since the plan was locked on 21 Nov 2026",
        "far behind: 50 % done, 89 % expected by today",
    ),
    "only the number is known": (
        Children(2, 2),
        "2 child items were removed since the plan was locked on 21 Nov 2026",
        "far behind: 50 % done, 89 % expected by today",
    ),
}


@pytest.mark.parametrize(("work", "finding", "progress"), SCOPES.values(), ids=SCOPES.keys())
def test_child_items_opened_or_deleted_after_the_lock_are_seen(work: Children, finding: str, progress: str) -> None:
    verdict = after(decided(), PLANNED, work=work)
    assert [(found.key, found.sentence) for found in verdict.findings if found.code == "SCOPE_CHANGED"] == [
        ("SCOPE_CHANGED:scope", finding)
    ]
    assert verdict.implementation.reason == progress


def test_one_deleted_child_item_is_named() -> None:
    verdict = after(decided(), PLANNED, work=children(A1=True, A2=True, A3=True))
    assert [blocker.reason for blocker in verdict.blockers if blocker.code == "OPEN_WORK"] == [
        "1 child item that was agreed is gone (A4): put the work back, or ask for the smaller scope with "
        "/rebaseline REASON"
    ]


def test_deleted_work_is_not_done_until_the_smaller_scope_is_approved() -> None:
    work = children(A1=True, A2=True)
    verdict = after(decided(), PLANNED, work=work)
    assert [blocker.reason for blocker in verdict.blockers if blocker.code == "OPEN_WORK"] == [
        "2 child items that were agreed are gone (A3, A4): put the work back, or ask for the smaller scope with "
        "/rebaseline REASON"
    ]
    commands = (
        new_command("", KAYA, Verb.REBASELINE, text="two sites stay", at=NOW + timedelta(hours=1)),
        new_command("rebaseline", BRANDT, at=NOW + timedelta(hours=2)),
        new_command("rebaseline", WEBER, at=NOW + timedelta(hours=3)),
    )
    agreed = after(decided(), PLANNED, *commands, work=work)
    assert [blocker.code for blocker in agreed.blockers if blocker.code == "OPEN_WORK"] == []
    assert agreed.implementation.reason == "on track: 100 % done, 89 % expected by today"


def test_a_renamed_or_moved_child_item_is_the_same_work() -> None:
    moved = replace(FOUR, items=tuple(item._replace(key=f"X{item.key}") for item in FOUR.items))
    verdict = after(decided(), PLANNED, work=moved)
    assert "SCOPE_CHANGED" not in [finding.code for finding in verdict.findings]


def test_weighted_progress_falls_with_what_was_removed() -> None:
    before = decided()
    present = evidence("decided", "decided", commands=before.commands, children=children(A1=True, A2=True))
    present = replace(
        present, measure_state=before.measure_state, updated=LATER, progress=Decimal(1), progress_of_children=True
    )
    assert (
        assess(PLANNED, present, POLICY, LATER).implementation.reason == "far behind: 50 % done, 89 % expected by today"
    )


def test_nothing_is_decided_while_the_scope_cannot_be_read() -> None:
    unreadable = Unknown("the child items could not be read")
    hidden = evidence("detailed", "detailed", commands=APPROVALS[:3], children=unreadable)
    verdict = assess(PLANNED, hidden, POLICY, NOW)
    assert [blocker.sentence for blocker in verdict.blockers] == [
        "Cannot move into Decided yet: the child items could not be read. Administrator needs to act, since 21 Nov · SCOPE_CHANGED"
    ]


def test_a_scope_that_could_not_be_read_when_it_was_found_decided_is_said() -> None:
    hidden = evidence("decided", "decided", commands=(), children=Unknown("hidden"))
    found = assess(PLANNED, hidden, POLICY, NOW)
    verdict = after(found, PLANNED)
    assert [finding.sentence for finding in verdict.findings if finding.code == "SCOPE_CHANGED"] == [
        "the child items could not be read when the plan was locked on 21 Nov 2026, so that nobody can say what was "
        "added or removed: lock them with /rebaseline REASON"
    ]
