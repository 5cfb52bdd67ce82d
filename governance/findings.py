"""Findings: what boards and tickets hide.  Each is a pure function over evidence with its numbers in the policy.

Sources: the practice's list of failures (``reference/practice.md``, DESIGN §5).  A finding is no condition: it is
told, with who must act; where it has to stop something, a condition of a gate does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from governance.claims import overclaim
from governance.effects import Effects
from governance.evidence import Evidence, OpenItem, Service
from governance.facts import Unknown, known
from governance.gates import Policy
from governance.legacy import running
from governance.measure import Measure, Person, Role
from governance.measure_state import OffRamp, RampKind
from governance.money import Money, Period
from governance.responsible import ADMINISTRATOR, Responsible, responsible
from governance.verdict import Finding, Status

QUARTER = 3

RANKS: Mapping[str, int] = {
    name: rank
    for rank, names in enumerate(
        (
            ("highest", "blocker", "1 - critical"),
            ("high", "critical", "2 - high"),
            ("medium", "major", "3 - moderate"),
            ("low", "minor", "4 - low"),
            ("lowest", "trivial", "5 - planning"),
        )
    )
    for name in names
}
"""Priority names of Jira and ServiceNow by urgency, 0 the most urgent."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a finding may look at."""

    measure: Measure
    evidence: Evidence
    policy: Policy
    effects: Effects | None
    stage: str | None
    ramp: OffRamp | None
    potential: Status
    now: datetime

    def holder(self, role: Role = Role.OWNER) -> tuple[Responsible, ...]:
        return (responsible(self.measure, role),)


@dataclass(frozen=True, slots=True)
class Raised:
    subject: str
    sentence: str
    responsible: tuple[Responsible, ...]


Rule: TypeAlias = "Callable[[Scene], Iterator[Raised]]"


def find(scene: Scene) -> tuple[Finding, ...]:
    """Everything that is to be told, each with the moment when it was seen first."""
    since = scene.evidence.standing.findings_since
    found = []
    for code, rule in RULES.items():
        if scene.policy.is_on(code):
            for raised in rule(scene):
                key = f"{code}:{raised.subject}"
                first = since.get(key, scene.now)
                found.append(Finding(code, raised.subject, raised.sentence, raised.responsible, first))
    return tuple(found)


def zombie(scene: Scene) -> Iterator[Raised]:
    """Green on paper; the people of the measure work on something else, and nothing of it moves."""
    diverted = diversion(scene.evidence, scene.policy, scene.now)
    if diverted:
        yield Raised("team", diverted, scene.holder(Role.SPONSOR))


def diversion(evidence: Evidence, policy: Policy, now: datetime) -> str:
    """The sentence about people who log their time elsewhere; empty when there is nothing to say."""
    team = known(evidence.team)
    if team is None or not team.members or evidence.done:
        return ""
    away = [member for member in team.members if member.elsewhere > member.here]
    if Decimal(len(away)) / len(team.members) < policy.thresholds.diversion_share:
        return ""
    children = known(evidence.children)
    touched = children.touched if children is not None else None
    if touched is not None and now - touched < timedelta(days=team.days):
        return ""
    hours = sum((member.elsewhere for member in away), Decimal(0))
    places: dict[str, Decimal] = {}
    for member in away:
        places[member.where] = places.get(member.where, Decimal(0)) + member.elsewhere
    most = max(places, key=lambda place: places[place])
    since = f" since {touched:%d %b %Y}" if touched else ""
    where = f", most of them on {most}" if most else ""
    return (
        f"{len(away)} of {len(team.members)} people log their time elsewhere "
        f"({hours:.0f} h in {team.days} days{where}), and no milestone was touched{since}"
    )


def orphan(scene: Scene) -> Iterator[Raised]:
    """Owner, sponsor or controller has left: nobody steers, and nobody notices."""
    for role in (Role.OWNER, Role.SPONSOR, Role.CONTROLLER):
        holder = scene.measure.roles.of(role)
        if isinstance(holder, Person) and holder.active is False:
            act = Role.SPONSOR if role is not Role.SPONSOR else Role.STEERING_COMMITTEE
            yield Raised(
                role.value,
                f"the {role.value} {holder.name} has left (the account is inactive): name another {role.value}",
                scene.holder(act),
            )
        elif holder is None and role.value in _needed(scene):
            yield Raised(role.value, f"the measure has lost its {role.value}: name one", scene.holder(Role.SPONSOR))


def _needed(scene: Scene) -> frozenset[str]:
    """Roles that the granted stages asked for."""
    reached = scene.policy.gates[: scene.policy.index(scene.stage) + 1]
    return frozenset(check.value for gate in reached for check in gate.checks)


def still_paying(scene: Scene) -> Iterator[Raised]:
    """The legacy is active or booked after the measure's end, or after its work is done."""
    services = known(scene.evidence.legacy)
    end = known(scene.measure.end)
    over = scene.evidence.done or (end is not None and scene.now.date() > end)
    still = running(services, scene.now.date()) if services and over else None
    if still is not None:
        when = "the work is done" if scene.evidence.done else f"the measure ended on {end}"
        yield Raised("legacy", f"{still.sentence()}, although {when}", scene.holder())


def priority_mismatch(scene: Scene) -> Iterator[Raised]:
    """A ticket that a valuable measure waits for stands low."""
    value = _value(scene)
    if value is None or value.amount < scene.policy.thresholds.valuable:
        return
    low = frozenset(scene.policy.thresholds.low_priorities)
    for item in _serving(scene.evidence):
        if item.priority.casefold() in low:
            yield Raised(
                item.key,
                f"{item.key} has priority {item.priority}, but {value} wait for it",
                scene.holder(),
            )


def priority_drift(scene: Scene) -> Iterator[Raised]:
    """Somebody lowered the priority of work that the measure waits for."""
    first = scene.evidence.standing.priorities
    for item in _serving(scene.evidence):
        was = first.get(item.key, item.priority)
        if RANKS.get(item.priority.casefold(), 0) > RANKS.get(was.casefold(), 9):
            yield Raised(item.key, f"{item.key} was lowered from priority {was} to {item.priority}", scene.holder())


def _serving(evidence: Evidence) -> tuple[OpenItem, ...]:
    children = known(evidence.children)
    linked = known(evidence.blocking_links) or ()
    return (*linked, *(children.open if children else ()), *(known(evidence.tickets) or ()))


def priorities(evidence: Evidence) -> dict[str, str]:
    """Priorities as they were seen first; a key that is gone is forgotten."""
    first = evidence.standing.priorities
    return {item.key: first.get(item.key, item.priority) for item in _serving(evidence) if item.priority}


def unfunded(scene: Scene) -> Iterator[Raised]:
    """Work or spend that serves no objective, or that no plan pays for."""
    children = known(scene.evidence.children)
    working = children.in_progress + children.done if children else 0
    actual = scene.effects.actual if scene.effects else None
    spent = sum((-amount for amount in actual.net.values() if amount < 0), Decimal(0)) if actual else Decimal(0)
    if not working and not spent:
        return
    what = f"{Money(spent, actual.currency)} spent" if actual and spent else f"{working} child items worked on"
    if scene.measure.objective is None:
        yield Raised("objective", f"{what}, and the measure serves no objective", scene.holder())
    if scene.effects is not None and scene.effects.plan is None and not scene.measure.unreadable_effects:
        yield Raised("plan", f"{what}, and no plan pays for it", scene.holder())


def double_count(scene: Scene) -> Iterator[Raised]:
    """Several measures claim more on a baseline than it is worth."""
    too_much = overclaim(scene.measure, scene.evidence)
    if too_much is not None:
        yield Raised("baseline", too_much.sentence, scene.holder())


def cost_spike(scene: Scene) -> Iterator[Raised]:
    """The unit cost of a service lies above its trailing quarter."""
    tolerance = scene.policy.thresholds.cost_spike
    for service in known(scene.evidence.legacy) or ():
        spike = _spike(service, tolerance)
        if spike:
            owner = (Responsible(None, service.owner),) if service.owner else scene.holder()
            yield Raised(service.name, spike, owner)


def _spike(service: Service, tolerance: Decimal) -> str:
    costs = {month: _unit_cost(service, month) for month in sorted(service.costs)}
    known_costs = {month: cost for month, cost in costs.items() if cost is not None}
    if len(known_costs) < QUARTER + 1:
        return ""
    *_, newest = known_costs
    before = [known_costs[month] for month in known_costs if newest.plus(-QUARTER) <= month < newest]
    mean = sum(before, Decimal(0)) / QUARTER
    if len(before) < QUARTER or mean <= 0 or known_costs[newest] <= mean * (1 + tolerance):
        return ""
    currency = service.costs[newest].currency
    unit = " per unit" if newest in service.units else ""
    return (
        f"{service.name} cost {Money(round(known_costs[newest], 2), currency)}{unit} in {newest}, "
        f"{known_costs[newest] / mean - 1:.0%} above the quarter before ({Money(round(mean, 2), currency)})"
    )


def _unit_cost(service: Service, month: Period) -> Decimal | None:
    cost = service.costs[month].amount
    if not service.units:
        return cost
    units = service.units.get(month)
    return cost / units if units else None


def creep(scene: Scene) -> Iterator[Raised]:
    """Work goes on after the case has died."""
    children = known(scene.evidence.children)
    if children is None or not children.in_progress:
        return
    items = "1 child item is" if children.in_progress == 1 else f"{children.in_progress} child items are"
    if scene.ramp is not None and scene.ramp.kind in {RampKind.CANCELLED, RampKind.KILLED}:
        died = f"was cancelled on {scene.ramp.at:%d %b %Y}"
        if scene.ramp.kind is RampKind.KILLED:
            died = f"was stopped by the kill switch on {scene.ramp.at:%d %b %Y}"
        yield Raised("work", f"{items} in progress, although the measure {died}", scene.holder())
        return
    completion = scene.effects.at_completion() if scene.effects else None
    plan = scene.effects.plan if scene.effects else None
    if plan is not None and completion is not None and completion <= 0 < plan.total_net():
        gone = Money(completion, plan.currency)
        yield Raised("work", f"{items} in progress, although the case is gone ({gone} at completion)", scene.holder())


def ageing(scene: Scene) -> Iterator[Raised]:
    """Too long in one stage."""
    granted = scene.evidence.standing.granted_at.get(scene.stage or "")
    limit = scene.policy.thresholds.ageing_days
    last = scene.policy.index(scene.stage) + 1 == len(scene.policy.stages)
    if granted is None or last or scene.ramp is not None or (scene.now - granted).days <= limit:
        return
    days = (scene.now - granted).days
    yield Raised(
        scene.stage or "", f"{days} days in {scene.policy.label(scene.stage)}, the limit is {limit}", scene.holder()
    )


def _value(scene: Scene) -> Money | None:
    plan = scene.effects.plan if scene.effects else None
    return Money(plan.total_net(), plan.currency) if plan else None


def unknown_evidence(scene: Scene) -> Iterator[Raised]:
    """What could not be looked at: nobody can say that there is nothing."""
    for subject, fact in (("legacy", scene.evidence.legacy), ("team", scene.evidence.team)):
        if isinstance(fact, Unknown):
            yield Raised(subject, fact.reason, ADMINISTRATOR)


RULES: Mapping[str, Rule] = {
    "RESOURCE_DIVERSION": zombie,
    "ORPHAN_OWNER": orphan,
    "LEGACY_COST_RUNNING": still_paying,
    "PRIORITY_MISMATCH": priority_mismatch,
    "PRIORITY_DRIFT": priority_drift,
    "UNFUNDED_WORK": unfunded,
    "OVERCLAIM": double_count,
    "COST_SPIKE": cost_spike,
    "CREEP": creep,
    "AGEING_IN_GATE": ageing,
    "EVIDENCE_UNKNOWN": unknown_evidence,
}
