"""The verdict as text: blockers as people read them, and the whole checklist.

What a tool's blocker field holds is the beginning of the same text, cut to the tool's limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from governance.evidence import Evidence
from governance.facts import Unknown, known
from governance.gate_outcome import stage_was_taken_back
from governance.gates import ApprovalKind, Policy, Stage
from governance.kill_switch import decision_request
from governance.measure import Measure, Role
from governance.measure_state import OffRamp, OffRampKind, is_cancelled
from governance.number_words import number_of
from governance.responsible import ADMINISTRATOR, responsible
from governance.sentences import WAITING, WAITING_OR_OPEN, Template, begin_sentence, people_words, who_acts
from governance.time_text import day_text, moment_text
from governance.verdict import Blocker, ConditionResult, GateState, Outcome, Status, UnknownCause, Verdict

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CHECKBOXES = {Outcome.MET: "[x]", Outcome.UNMET: "[ ]", Outcome.UNKNOWN: "[?]"}


def blockers_of(
    gate: GateState,
    granted: int,
    checklist: Sequence[ConditionResult],
    off_ramp: OffRamp | None,
    measure: Measure,
    evidence: Evidence,
    policy: Policy,
    now: datetime,
    due: date | None = None,
) -> tuple[Blocker, ...]:
    """What stands in the way, most urgent first; nothing when the gate is open.

    ``due`` is the day from which a gate counts that is not due yet.
    """
    if gate is GateState.OPEN:
        return ()
    into = policy.stages[min(granted + 1, len(policy.stages) - 1)]
    since = evidence.measure_state.blockers_since
    blockers = []
    if gate is GateState.BREACH and evidence.ended:
        blockers.append(_not_cancelled(into.key, measure, evidence, since, now))
    elif gate is GateState.BREACH:
        text, sentence = _breach_sentences(evidence, granted, policy)
        key = f"{into.key}:GATE_ORDER:status"
        who = (responsible(measure, Role.OWNER),)
        blockers.append(Blocker(key, "GATE_ORDER", "status", into.key, text, sentence, who, since.get(key, now)))
    if off_ramp is not None:
        blockers.append(_off_ramp(off_ramp, into.key, measure, now))
        if is_cancelled(off_ramp):
            return tuple(blockers)
    if isinstance(evidence.tool_stage, Unknown):
        key = f"{into.key}:STAGE_UNKNOWN:status"
        reason = evidence.tool_stage.reason
        first = since.get(key, now)
        unread = ConditionResult(into.key, "STAGE_UNKNOWN", "status", Outcome.UNKNOWN, "", "", reason, ADMINISTRATOR)
        text = blocker_sentence(into, unread, first, now, closes=into.key == policy.closing_stage)
        blockers.append(Blocker(key, "STAGE_UNKNOWN", "status", into.key, reason, text, ADMINISTRATOR, first))
    # A later gate asks for more of the same thing (an end that is dated, an end that has come): reported once.
    met = Outcome.MET
    left = [result for result in checklist if result.outcome is not met]
    unmet = {(result.code, result.subject): result for result in left}
    for result in _causes_once([result for result in left if unmet[result.code, result.subject] is result]):
        first = since.get(result.key, now)
        closes = into.key == policy.closing_stage
        text = blocker_sentence(into, result, first, now, due, closes=closes)
        blockers.append(_unmet(result, into, text, first))
    return tuple(blockers)


def _causes_once(left: Sequence[ConditionResult]) -> Iterator[ConditionResult]:
    """One amount that cannot be read leaves several conditions unknown, and is one thing to do."""
    said: set[UnknownCause] = set()
    for result in left:
        if result.cause is not None:
            if result.cause in said:
                continue
            said.add(result.cause)
        yield result


def _unmet(result: ConditionResult, into: Stage, text: str, since: datetime) -> Blocker:
    return Blocker(
        result.key, result.code, result.subject, into.key, result.reason, text, result.responsible, since,
        result.approval,
    )  # fmt: skip


def _not_cancelled(
    stage: str, measure: Measure, evidence: Evidence, since: Mapping[str, datetime], now: datetime
) -> Blocker:
    """The tool's status says cancelled, and nobody has cancelled the measure."""
    code, who = "NOT_CANCELLED", responsible(measure, Role.SPONSOR)
    status = evidence.tool_status
    reason = Template.WAS_MOVED_NOT_CANCELLED.format(status=status)
    text = Template.NOT_CANCELLED.format(status=status, person=people_words([who]), code=code)
    key = f"{stage}:{code}:status"
    return Blocker(key, code, "status", stage, reason, text, (who,), since.get(key, now))


def _off_ramp(off_ramp: OffRamp, stage: str, measure: Measure, now: datetime) -> Blocker:
    code = {OffRampKind.ON_HOLD: "ON_HOLD", OffRampKind.CANCELLED: "CANCELLED", OffRampKind.KILLED: "KILL_SWITCH"}[
        off_ramp.kind
    ]
    who = responsible(measure, Role.SPONSOR)
    is_so, with_next_step = _OFF_RAMPS[off_ramp.kind]
    data = {
        "since": short_date(off_ramp.at, now),
        "by": off_ramp.by,
        "reason": off_ramp.reason.rstrip(". "),
        "person": begin_sentence(people_words([who])),
        "decision": begin_sentence(decision_request(off_ramp, measure, now)),
        "code": code,
    }
    reason, text = is_so.format(**data), with_next_step.format(**data)
    asked = () if off_ramp.kind is OffRampKind.CANCELLED else (who,)
    return Blocker(f"{stage}:{code}:off_ramp", code, "off_ramp", stage, reason, text, asked, off_ramp.at)


_OFF_RAMPS = {
    OffRampKind.ON_HOLD: (Template.IS_ON_HOLD, Template.ON_HOLD),
    OffRampKind.CANCELLED: (Template.IS_CANCELLED, Template.CANCELLED),
    OffRampKind.KILLED: (Template.IS_KILLED, Template.KILLED),
}
"""What is so, and the same with the next step."""


def _breach_sentences(evidence: Evidence, granted: int, policy: Policy) -> tuple[str, str]:
    """What is so, and the same with its code."""
    data = {"status": evidence.tool_status, "code": "GATE_ORDER"}
    if granted < 0:
        is_so, with_code = Template.IS_BREACH_AT_START, Template.BREACH_AT_START
    elif stage_was_taken_back(evidence, granted, policy):
        is_so, with_code = Template.IS_BREACH_TAKEN_BACK, Template.BREACH_TAKEN_BACK
        data |= {"taken": policy.label(known(evidence.tool_stage)), "stage": policy.stages[granted].label}
    else:
        is_so, with_code = Template.IS_BREACH, Template.BREACH
        data["stage"] = policy.stages[granted].label
    return is_so.format(**data), with_code.format(**data)


def blocker_sentence(
    into: Stage, result: ConditionResult, since: datetime, now: datetime, due: date | None = None, *, closes: bool
) -> str:
    """A blocker as people read it, with the code at the end, for search; ``closes`` is the gate into the last stage."""
    day, who = short_date(since, now), result.responsible
    if due is None and result.approval is not None and result.approval.is_awaited and who:
        waiting = WAITING[result.approval.kind]
        return waiting.format(person=people_words(who), stage=into.label, key=into.key, since=day, code=result.code)
    if due is None and result.code == "DEVIATION_UNEXPLAINED" and result.outcome is Outcome.UNMET and who:
        reason = begin_sentence(result.actual)
        return Template.UNEXPLAINED.format(reason=reason, people=people_words(who), since=day, code=result.code)
    # A reason that asks ends with its own mark.
    template = (
        _SHUT_ASKING[due is not None, closes] if result.asks and who else _SHUT[due is not None, closes, bool(who)]
    )
    return template.format(
        stage=into.label,
        due="" if due is None else short_date(due, now),
        reason=result.reason.rstrip("."),
        who=who_acts(who) if who else "",
        since=day,
        code=result.code,
    )


_SHUT = {
    (False, False, True): Template.NOT_YET,
    (False, True, True): Template.NOT_YET_CLOSED,
    (True, False, True): Template.NOT_DUE,
    (True, True, True): Template.NOT_DUE,
    (False, False, False): Template.NOT_YET_BY_NOBODY,
    (False, True, False): Template.NOT_YET_CLOSED_BY_NOBODY,
    (True, False, False): Template.NOT_DUE_BY_NOBODY,
    (True, True, False): Template.NOT_DUE_BY_NOBODY,
}
"""By whether the gate is not due yet, leads into the last stage, and waits for somebody."""
_SHUT_ASKING = {
    (False, False): Template.NOT_YET_ASKING,
    (False, True): Template.NOT_YET_CLOSED_ASKING,
    (True, False): Template.NOT_DUE_ASKING,
    (True, True): Template.NOT_DUE_ASKING,
}
"""Of those that wait for somebody, where the reason ends with a question."""


def short_date(moment: date, now: datetime) -> str:
    """``12 Oct``, with the year when it is another one."""
    short = f"{moment.day} {MONTHS[moment.month - 1]}"
    return short if moment.year == now.year else f"{short} {moment.year}"


def blocker_lines(verdict: Verdict) -> list[str]:
    """One sentence per blocker."""
    return [blocker.sentence for blocker in verdict.blockers]


def tool_lines(verdict: Verdict, now: datetime, page: str = "") -> list[str]:
    """The same as the tool shows it: whoever has to approve may comment there, or open the measure's page.

    ``page`` is the address of that page; empty where nobody has told Gatepost its own address.
    """
    waits = {one.key: one.approval.kind for one in verdict.checklist if one.approval and one.approval.is_awaited}
    if not page or verdict.gate is GateState.NOT_DUE:
        return blocker_lines(verdict)
    return [
        _or_open(one, waits[one.key], verdict.next_stage_label, now, page)
        if one.key in waits and one.responsible and one.stage == verdict.next_stage
        else one.sentence
        for one in verdict.blockers
    ]


def _or_open(blocker: Blocker, kind: ApprovalKind, label: str, now: datetime, page: str) -> str:
    return WAITING_OR_OPEN[kind].format(
        person=people_words(blocker.responsible),
        stage=label,
        key=blocker.stage,
        since=short_date(blocker.since, now),
        address=page,
        code=blocker.code,
    )


def gate_sentence(verdict: Verdict) -> str:
    """Which gate is open and which is next, for a line of text: *open* never stands beside a gate that is shut."""
    if verdict.gate is GateState.OPEN and verdict.next_stage:
        granted = " or ".join(verdict.allowed_stages) or verdict.stage_label
        return f"gate into {granted}: {verdict.gate_in_text} · gate into {verdict.next_stage_label}: shut"
    return f"gate into {verdict.next_stage_label}: {verdict.gate_in_text}" if verdict.next_stage else "no further gate"


def explain(verdict: Verdict) -> Iterator[str]:
    """The whole verdict, line by line; the first lines are the blockers, word for word as in the tool."""
    yield from blocker_lines(verdict)
    if verdict.blockers:
        yield ""
    yield f"Stage {verdict.display_stage} · {gate_sentence(verdict)}"
    yield f"Work  {_status_line(verdict.implementation)}"
    yield f"Money {_status_line(verdict.potential)}"
    yield from _money(verdict)
    if verdict.steady_from is not None:
        yield f"Steady state declared from {verdict.steady_from} on"
    if verdict.checklist:
        yield ""
        yield f"Conditions into {verdict.next_stage_label}"
    yield from dict.fromkeys(line for result in verdict.checklist for line in _condition(result))
    if verdict.findings:
        yield ""
        yield "Findings"
        yield from (f"- {finding.sentence} · {finding.who} · {finding.code}" for finding in verdict.findings)
    yield from _deviation(verdict)
    yield from _kill_criteria(verdict)


def _kill_criteria(verdict: Verdict) -> Iterator[str]:
    """Each agreed criterion with its present value."""
    if not verdict.kill_criteria:
        return
    yield ""
    yield "Kill criteria"
    for state in verdict.kill_criteria:
        says = {True: "holds", False: "does not hold", None: "cannot be checked"}[state.holds]
        since = f" since {day_text(state.since)}" if state.since is not None else ""
        overridden = "; the sponsor decided to go on" if state.overridden else ""
        yield f"- {state.text}: {state.present}; {says}{since}{overridden}"


def _status_line(status: Status) -> str:
    number = "" if status.number is None else f" {status.number:.2f}"
    return f"{status.colour.value}{number}: {status.reason}"


def _money(verdict: Verdict) -> Iterator[str]:
    figures = verdict.figures
    parts = [
        f"{name} {money}"
        for name, money in (
            ("plan", figures.plan),
            ("forecast", figures.forecast),
            ("actual", figures.actual),
            ("at completion", figures.at_completion),
            ("variance", figures.variance),
        )
        if money is not None
    ]
    if parts:
        yield f"Net   {', '.join(parts)}"
    if figures.npv is not None:
        payback = "never" if figures.payback_months is None else f"after {number_of(figures.payback_months, 'month')}"
        yield f"Plan  NPV {figures.npv}, payback {payback}"
    if figures.original_plan is not None:
        variance = "" if figures.variance_to_original is None else f", variance to it {figures.variance_to_original}"
        yield f"Original plan {figures.original_plan}{variance}"
    plan = verdict.measure_state.plan
    if plan is not None:
        yield f"Plan {plan.number} locked on {day_text(plan.at)}: {plan.reason}"


def _condition(result: ConditionResult) -> Iterator[str]:
    mark, subject = CHECKBOXES[result.outcome], result.subject.replace("_", " ")
    if result.outcome is Outcome.MET:
        yield f"{mark} {subject}: {result.actual}"
        return
    yield f"{mark} {subject}: {result.reason} · {result.code}"
    yield f"    expected {result.expected}; is {result.actual}; {result.who or 'nobody'} to act"


def _deviation(verdict: Verdict) -> Iterator[str]:
    deviation = verdict.deviation
    if deviation is None:
        return
    yield ""
    yield f"Deviation since {moment_text(deviation.since)}: {deviation.text}"
    for step in deviation.reason_requests:
        yield f"- {step.responsible.text} was asked on {moment_text(step.at)}"
    if deviation.reason:
        yield f"- reason by {deviation.reason_by}: {deviation.reason}"
