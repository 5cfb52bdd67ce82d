"""The conditions of the gates.  Three-valued: met, unmet, unknown, and unknown never passes.

Each check is a pure function of the measure, its evidence and the policy; its result carries what was
expected, what is there, the reason as a sentence and who must act.  The gate's decision is the list of
these results, and the same list is what people are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product

from governance import business_case, legacy
from governance.approvals import current_lower_value
from governance.condition_context import ConditionContext
from governance.evidence import Evidence, OpenItem
from governance.facts import Unknown, known
from governance.gates import ConditionKind
from governance.item_keys import keys_in_brackets
from governance.kill_criteria import FORMS
from governance.kill_evaluation import agreed_criteria
from governance.kill_plausibility import never_fires
from governance.locked_scope import scope_change
from governance.measure import HELD_ROLES, Measure, Person, Role
from governance.named_sentence import NamedSentence, connection_of
from governance.separation import pairs_kept_apart, people_in, same_person
from governance.time_text import day_text
from governance.verdict import ConditionResult

CHANGE_NOUNS = ("ServiceNow change is", "ServiceNow changes are")


def evaluate(check: ConditionKind, context: ConditionContext) -> ConditionResult:
    """Evaluate one condition."""
    return CONDITIONS[check](context)


def _text(
    code: str, subject: str, what: str, get: Callable[[Measure], object], context: ConditionContext
) -> ConditionResult:
    """A text is there."""
    value = get(context.measure)
    if isinstance(value, Unknown):
        return context.unknown(code, subject, f"a {what}", value)
    if not value:
        return context.unmet(code, subject, f"a {what}", "empty", f"the {what} is missing")
    return context.met(code, subject, f"a {what}", str(value))


def _role(role: Role, context: ConditionContext) -> ConditionResult:
    """A role has a holder whose account is active."""
    holder, name = context.measure.roles.of(role), role.value
    expected = f"a named and active {name}"
    if isinstance(holder, Unknown):
        return context.unknown("ROLE_MISSING", name, expected, holder)
    if holder is None:
        act = Role.OWNER if role != Role.OWNER else Role.SPONSOR
        return context.unmet("ROLE_MISSING", name, expected, "nobody named", f"no {name} is named", act)
    if holder.active is False:
        reason = f"the {name} {holder.name} has an inactive account"
        act = Role.SPONSOR if role != Role.SPONSOR else Role.OWNER
        return context.unmet("ROLE_MISSING", name, expected, "inactive", reason, act)
    return context.met("ROLE_MISSING", name, expected, holder.name)


def _separation_of_duties(context: ConditionContext) -> ConditionResult:
    code, roles = "SOD", context.measure.roles
    expected = (
        "a controller who is neither owner nor sponsor"
        if context.policy.owner_may_sponsor
        else "an owner, a sponsor and a controller who are three people"
    )
    further = {role for pair in context.policy.kept_apart for role in pair if role in roles.held} - set(HELD_ROLES)
    for holder in map(roles.of, (*HELD_ROLES, *sorted(further))):
        if isinstance(holder, Unknown):
            return context.unknown(code, "controller", expected, holder)
    controller = known(roles.controller)
    if controller is None:
        return context.unmet(
            code, "controller", expected, "nobody named", "no controller is named who could check the figures"
        )
    for other, role in pairs_kept_apart(context.policy):
        for one, person in product(people_in(role, context.measure), people_in(other, context.measure)):
            if same_person(one, person):
                why = _WHY_APART.get(role, "the policy keeps these roles apart")
                reason = f"{_both(one, roles.label(role), person, roles.label(other))} at once: {why}"
                act = Role.SPONSOR if role == Role.CONTROLLER else Role.OWNER
                return context.unmet(code, role.value, expected, f"also the {roles.label(other)}", reason, act)
    return context.met(code, "controller", expected, controller.name)


_WHY_APART: Mapping[Role, str] = {
    Role.CONTROLLER: "nobody checks their own figures",
    Role.SPONSOR: "nobody decides on their own measure",
}


def _both(one: Person, role: str, other: Person, other_role: str) -> str:
    """``J. Weber is controller and owner``; with two accounts, that both are one person."""
    if one.id == other.id:
        return f"{one.name} is {role} and {other_role}"
    return f"{one.name} and {other.name} are accounts of one person, who is {role} and {other_role}"


def _baseline(context: ConditionContext) -> ConditionResult:
    value = context.measure.baseline
    if isinstance(value, Unknown):
        return context.unknown("BASELINE_MISSING", "baseline", "a baseline amount", value)
    if value is None:
        reason = "no baseline is fixed, so that no saving can be measured against it"
        return context.unmet("BASELINE_MISSING", "baseline", "a baseline amount", "empty", reason)
    return context.met("BASELINE_MISSING", "baseline", "a baseline amount", str(value))


def _dates(context: ConditionContext) -> ConditionResult:
    code, expected = "DATES_MISSING", "a start and an end"
    start, end = context.measure.start, context.measure.end
    for value in (start, end):
        if isinstance(value, Unknown):
            return context.unknown(code, "dates", expected, value)
    first, last = known(start), known(end)
    if first is None or last is None:
        lacking = [name for name, value in (("start date", first), ("end date", last)) if value is None]
        said = f"the {' and the '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing"
        return context.unmet(code, "dates", expected, f"no {' and no '.join(lacking)}", said)
    if last < first:
        return context.unmet(
            code,
            "dates",
            expected,
            f"{day_text(first)} to {day_text(last)}",
            f"the end {day_text(last)} lies before the start {day_text(first)}",
        )
    return context.met(code, "dates", expected, f"{day_text(first)} to {day_text(last)}")


def _open_work(context: ConditionContext) -> ConditionResult:
    code, expected = "OPEN_WORK", "every child item done or cancelled"
    children = context.evidence.children
    if isinstance(children, Unknown):
        return context.unknown(code, "children", expected, children.reason)
    total, done = (0, 0) if children is None else (children.total, children.done)
    removed = _removed(context)
    if total == done and not removed:
        return _all_done(context, code, expected, total)
    parts = []
    if total != done:
        named = _named(children.open) if children else ""
        verb = "is" if total - done == 1 else "are"
        parts.append(f"{total - done} of {total} child items {verb} not done{named}")
    if removed:
        parts.append(f"{removed}: put the work back, or ask for the smaller scope with /rebaseline REASON")
    return context.unmet(code, "children", expected, f"{done} of {total} done", ", and ".join(parts))


def _removed(context: ConditionContext) -> str:
    """Deleted work is not done: what was removed since the lock, in words; empty for nothing."""
    change = scope_change(context.evidence.children, context.plan.terms if context.plan else None)
    if change is None or not change.removed or not context.policy.is_on("SCOPE_CHANGED"):
        return ""
    items = "1 child item that was" if change.removed == 1 else f"{change.removed} child items that were"
    return f"{items} agreed {'is' if change.removed == 1 else 'are'} gone{keys_in_brackets(change.removed_keys)}"


def _all_done(context: ConditionContext, code: str, expected: str, total: int) -> ConditionResult:
    """Nothing is open.  Where nothing says that work was done, its owner's word alone is not enough."""
    if total:
        return context.met(code, "children", expected, f"{total} of {total} done")
    progress = context.evidence.progress
    if context.policy.thresholds.done_on_word:
        return context.met(code, "children", expected, "no child items")
    if isinstance(progress, Unknown):
        return context.unknown(code, "progress", expected, progress)
    if progress is not None and progress >= 1:
        return context.met(code, "progress", expected, "no child items, 100% done")
    if progress is not None:
        reason = f"the work has no child items, and its progress is {progress:.0%}"
        return context.unmet(code, "progress", expected, f"{progress:.0%}", reason)
    reason = "nothing but somebody's word shows that the work is done: it has no child items and states no progress"
    return context.unmet(code, "progress", expected, "nobody's word but the owner's", reason)


def _scope_known(context: ConditionContext) -> ConditionResult:
    """What the decision locks has to be readable when it is taken."""
    code, expected = "SCOPE_CHANGED", "child items that can be read when the plan locks"
    children = context.evidence.children
    if isinstance(children, Unknown) and context.plan is None:
        return context.unknown(code, "scope", expected, children.reason)
    if isinstance(children, Unknown):
        return context.met(code, "scope", expected, "locked with the plan")
    count = 0 if children is None else children.total
    return context.met(code, "scope", expected, "1 child item" if count == 1 else f"{count} child items")


def _named(items: tuple[OpenItem, ...]) -> str:
    """`` (ITX-4, ITX-7, +3)``: the first two keys and how many more; of other projects only how many."""
    hidden = sum(item.elsewhere for item in items)
    keys = [item.key for item in items if not item.elsewhere]
    return keys_in_brackets(keys, f"{hidden} of another project" if hidden else "")


def _with_all_keys(says: str, items: tuple[OpenItem, ...], context: ConditionContext) -> NamedSentence | None:
    """What is said with all keys, for those who may see them; ``None`` where every reader is told all of them."""
    connection = connection_of(context.measure)
    hidden = tuple(f"{connection}/{item.key}" for item in items if item.elsewhere)
    return NamedSentence(says + keys_in_brackets([item.key for item in items]), hidden) if hidden else None


def _none_open(
    code: str,
    subject: str,
    expected: str,
    nouns: tuple[str, str],
    get: Callable[[Evidence], object],
    context: ConditionContext,
) -> ConditionResult:
    """A list of open items is empty."""
    items = get(context.evidence)
    if isinstance(items, Unknown):
        return context.unknown(code, subject, expected, items.reason)
    if not isinstance(items, tuple) or not items:
        return context.met(code, subject, expected, "none open")
    singular, plural = _noun_phrase(items, nouns)
    count = f"1 {singular}" if len(items) == 1 else f"{len(items)} {plural}"
    says = f"{count} {'not closed successfully' if nouns == CHANGE_NOUNS and _are_changes(items) else 'still open'}"
    result = context.unmet(code, subject, expected, f"{count.rpartition(' ')[0]} open", says + _named(items))
    return result._replace(named=_with_all_keys(says, items, context))


def _are_changes(items: tuple[OpenItem, ...]) -> bool:
    """Changes alone: one that failed is closed, and not successfully."""
    return all(not item.kind_label for item in items)


def _noun_phrase(items: tuple[OpenItem, ...], usual: tuple[str, str]) -> tuple[str, str]:
    """What the open items are called; those of several kinds by a word for all of them."""
    kinds = {item.kind_label for item in items}
    if kinds == {""}:
        return usual
    kind = kinds.pop() if len(kinds) == 1 else "item of this measure in the other tool"
    return f"{kind} is", f"{kind}s are" if " of " not in kind else "items of this measure in the other tool are"


def _evidence_attached(context: ConditionContext) -> ConditionResult:
    code, expected = "EVIDENCE_MISSING", "evidence of the effect, attached"
    count = context.evidence.attachments
    if isinstance(count, Unknown):
        return context.unknown(code, "attachment", expected, count.reason)
    if not count:
        return context.unmet(code, "attachment", expected, "nothing attached", "no evidence of the effect is attached")
    return context.met(code, "attachment", expected, f"{count} attached")


def _overlaps(context: ConditionContext) -> ConditionResult:
    code, expected = "OVERLAP_UNDECLARED", "overlaps with other measures declared, or stated that there are none"
    value = context.measure.overlaps
    if isinstance(value, Unknown):
        return context.unknown(code, "overlaps", expected, value)
    if not value:
        reason = "it is not stated whether the measure overlaps with others"
        return context.unmet(code, "overlaps", expected, "not declared", reason)
    return context.met(code, "overlaps", expected, value)


def _kill_criteria(context: ConditionContext) -> ConditionResult:
    """There are some, and each can be checked by machine: what cannot is said when it is agreed."""
    code, expected = "KILL_CRITERIA_MISSING", f"kill criteria such as {FORMS}"
    value = context.measure.kill_criteria
    if isinstance(value, Unknown):
        return context.unknown(code, "kill_criteria", expected, value)
    agreed = agreed_criteria(context.measure, context.plan, context.policy)
    if not value or not (agreed.criteria or agreed.unreadable):
        reason = "the set of kill criteria is missing"
        return context.unmet(code, "kill_criteria", expected, "empty", reason)
    if agreed.unreadable:
        texts = " and ".join(f'"{text}"' for text in agreed.unreadable[:2])
        more = f" and {len(agreed.unreadable) - 2} more" if len(agreed.unreadable) > 2 else ""
        verb = "is no kill criterion" if len(agreed.unreadable) == 1 else "are no kill criteria"
        reason = f"{texts}{more} {verb} that can be checked: write {FORMS}"
        return context.unmet(code, "kill_criteria", expected, "cannot be checked", reason)
    if context.plan is None:
        never = {
            one.text: why
            for one in agreed.criteria
            if (why := never_fires(one, context.measure, context.effects, context.policy))
        }
        if never:
            reason = "; ".join(f'"{text}" can never stop the measure: {why}' for text, why in never.items())
            return context.unmet(code, "kill_criteria", expected, "can never fire", reason)
    return context.met(code, "kill_criteria", expected, "; ".join(one.text for one in agreed.criteria))


def _deviation_explained(context: ConditionContext) -> ConditionResult:
    code, expected = "DEVIATION_UNEXPLAINED", "a reason for every deviation past the tolerance"
    deviation = context.deviation
    if deviation is None:
        return _within_tolerance(context, code, expected)
    if deviation.reason:
        return context.met(code, "deviation", expected, f"{deviation.reason} ({deviation.reason_by})")
    reason = f"{deviation.text}, and nobody has given the reason"
    return context.unmet(code, "deviation", expected, deviation.text, f"{reason}: answer with /reason TEXT")


def _within_tolerance(context: ConditionContext, code: str, expected: str) -> ConditionResult:
    """Nobody who gives no forecast is on plan."""
    if context.plan is None:
        return context.met(code, "deviation", expected, "no plan is locked yet")
    if context.effects is None or context.measure.unreadable_effects:
        return business_case.unread_amounts(context, code, "deviation", expected)
    estimate = context.estimate
    if not isinstance(estimate, Unknown):
        return context.met(code, "deviation", expected, "within the tolerance")
    if (lower := current_lower_value(context, business_case.months_to_sign(context))) is not None:
        return context.met(code, "deviation", expected, f"lower value confirmed: {lower.text}")
    reason = f"{estimate.reason}, so nobody can say whether the plan will be reached: enter one"
    return context.unknown(code, "deviation", expected, reason, Role.OWNER)


def _kpis(context: ConditionContext) -> ConditionResult:
    """Every KPI that the mapping asks for at this gate is reached."""
    code, asked = "KPI_NOT_REACHED", [one for one in context.measure.kpis if context.stage in one.gates]
    expected = ", ".join(f"{one.name} {one.asked}" for one in asked) or "no KPI is asked for"
    for one in asked:
        if isinstance(one.reached, Unknown):
            return context.unknown(code, "kpis", expected, one.reached.reason, Role.OWNER)
    missed = [one for one in asked if one.reached is False and one.value is not None]
    if missed:
        actual = ", ".join(f"{one.name} {one.text(one.value)}" for one in missed if one.value is not None)
        reason = "; ".join(one.shortfall for one in missed)
        return context.unmet(code, "kpis", expected, actual, reason)
    actual = ", ".join(f"{one.name} {one.text(one.value)}" for one in asked if one.value is not None)
    return context.met(code, "kpis", expected, actual or expected)


CONDITIONS: Mapping[ConditionKind, Callable[[ConditionContext], ConditionResult]] = {
    ConditionKind.TITLE: partial(_text, "TITLE_MISSING", "title", "title", lambda measure: measure.title),
    ConditionKind.OWNER: partial(_role, Role.OWNER),
    ConditionKind.SPONSOR: partial(_role, Role.SPONSOR),
    ConditionKind.CONTROLLER: partial(_role, Role.CONTROLLER),
    ConditionKind.PROGRAM: partial(
        _text, "ROLE_MISSING", "program", "program", lambda measure: measure.hierarchy.program
    ),
    ConditionKind.BUSINESS_UNIT: partial(
        _text, "ROLE_MISSING", "business_unit", "business unit", lambda measure: measure.business_unit
    ),
    ConditionKind.LEGAL_ENTITY: partial(
        _text, "ROLE_MISSING", "legal_entity", "legal entity", lambda measure: measure.legal_entity
    ),
    ConditionKind.ROUGH_VALUE: business_case.rough_value,
    ConditionKind.SEPARATION_OF_DUTIES: _separation_of_duties,
    ConditionKind.BASELINE: _baseline,
    ConditionKind.BASELINE_CLAIMS: business_case.baseline_claims,
    ConditionKind.PHASING: business_case.phasing,
    ConditionKind.DATES: _dates,
    ConditionKind.OBJECTIVE: partial(
        _text, "NO_OUTCOME_LINK", "objective", "link to an objective or KPI", lambda m: m.objective
    ),
    ConditionKind.OVERLAPS: _overlaps,
    ConditionKind.PLAN_LOCK: business_case.plan_lock,
    ConditionKind.DEVIATION_EXPLAINED: _deviation_explained,
    ConditionKind.LEGACY_DATED: legacy.end_is_dated,
    ConditionKind.LEGACY_ENDED: legacy.has_ended,
    ConditionKind.HURDLE: business_case.hurdle,
    ConditionKind.PAYBACK: business_case.payback,
    ConditionKind.KILL_CRITERIA: _kill_criteria,
    ConditionKind.SCOPE: _scope_known,
    ConditionKind.OPEN_WORK: _open_work,
    ConditionKind.DEPENDENCIES: partial(
        _none_open,
        "DEPENDENCY_OPEN",
        "links",
        "no open blocking link",
        ("blocking item is", "blocking items are"),
        lambda evidence: evidence.blocking_links,
    ),
    ConditionKind.CHANGES: partial(
        _none_open,
        "CHANGE_OPEN",
        "changes",
        "every change closed successfully",
        CHANGE_NOUNS,
        lambda evidence: evidence.changes,
    ),
    ConditionKind.ACTUALS: business_case.actuals,
    ConditionKind.VALUE_REALISED: business_case.value_realised,
    ConditionKind.EVIDENCE_ATTACHED: _evidence_attached,
    ConditionKind.KPIS: _kpis,
}
