"""Whether a mapping's policy can govern at all, and where it is weak: what could slip through.

A policy in which nobody approves, no status stands for a stage or no rule looks at money is refused: it would show
open gates and govern nothing.  A weak one is the organisation's choice; it is told what the choice costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from governance.gates import Policy
from governance.measure import Role
from governance.presets import PRESETS
from mapping.config import EffectsFrom, Enforce, MappingConfig, MeasureRule, Selection, Selector, ThresholdRule
from mapping.load import LoadedMapping, MappingPath, format_path
from mapping.problems import MappingFileProblem
from mapping.sources import TranslatedSource

Weakness: TypeAlias = "tuple[MappingPath, str]"

OFF: Mapping[str, str] = {
    "GATE_ORDER": "an item that is moved past a shut gate is no breach",
    "SOD": "somebody may confirm their own figures",
    "PHASING_MISSING": "a measure is decided without a plan by month",
    "BASELINE_MISSING": "a saving is claimed without an amount to measure it from",
    "OVERCLAIM": "one saving may be claimed by several measures",
    "BELOW_HURDLE": "a measure is decided whatever it earns, and whenever it pays back",
    "KILL_CRITERIA_MISSING": "a measure is decided without saying when it would be stopped",
    "PLAN_LOCKED": "plan, dates and kill criteria may be changed after the decision without anybody's approval",
    "TERMS_CHANGED": "nobody is told that dates or kill criteria were changed after the decision",
    "SCOPE_CHANGED": "work that is deleted after the decision counts as if it had never been agreed",
    "DEVIATION_UNEXPLAINED": "nobody is asked why money is missing or time has slipped",
    "KILL_SWITCH": "nothing stops a measure that fails",
    "OPEN_WORK": "a measure is implemented while its child items are open",
    "DEPENDENCY_OPEN": "a measure is implemented while something blocks it",
    "CHANGE_OPEN": "a measure is implemented while its changes are open",
    "LEGACY_COST_RUNNING": "a measure is closed while what it replaces is still paid for",
    "ACTUALS_MISSING": "a measure is closed without booked actuals",
    "VALUE_NOT_REALISED": "a measure is closed however little of its value has come",
    "SAVINGS_RELAPSE": "a saving that stops after closing stays unseen",
    "EVIDENCE_MISSING": "a measure is closed without evidence of its effect",
    "CONTROLLER_SIZE": "a plan is decided that no controller has checked",
    "ORPHAN_OWNER": "nobody is told that an owner, sponsor or controller has left",
    "NOBODY_NAMED": "nobody is told that there is nobody to ask for a reason",
    "OWNER_CONFLICT": "nobody is told that a joined item has another owner",
    "EVIDENCE_UNKNOWN": "nobody is told what could not be read",
}
"""Code of a rule that is switched off to what could slip through then."""

HALF = Decimal("0.5")
YEAR = 365


def warnings_of(loaded: LoadedMapping | tuple[MappingFileProblem, ...]) -> tuple[MappingFileProblem, ...]:
    """The same of a text as :func:`mapping.load.load_mapping` gave it; none while it has problems."""
    return weak_points(loaded, "") if isinstance(loaded, LoadedMapping) else ()


def weak_points(loaded: LoadedMapping, source: str) -> tuple[MappingFileProblem, ...]:
    """What a mapping that is valid lets through; warnings, in the order of the file."""
    found = [*_policy(loaded.config), *_rules(loaded.config)]
    return tuple(
        sorted(
            MappingFileProblem(*loaded.position_of(path), format_path(path), message, "", source)
            for path, message in found
        )
    )


def _policy(config: MappingConfig) -> Iterator[Weakness]:
    policy = config.policy
    for index, code in enumerate(policy.off):
        if code.upper() in OFF:
            yield ("policy", "off", index), f"without {code.upper()}, {OFF[code.upper()]}."
    yield from _numbers(("policy",), policy)
    for index, override in enumerate(policy.overrides):
        yield from _numbers(("policy", "overrides", index), override)
    if policy.hurdle is None and policy.npv_hurdle is None and not policy.classes:
        yield ("policy",), "no hurdle is set: a plan that earns nothing is decided."
    yield from _classes(config)
    limits = [policy.committee_limit, *(override.committee_limit for override in policy.overrides)]
    if config.committees and all(limit is None for limit in limits):
        yield ("committees",), "no committee_limit is set: the steering committees never decide."
    if not config.committees and any(limit is not None for limit in limits):
        message = "a committee_limit is set and no committee is named: a measure above it is never decided."
        yield ("policy", "committee_limit"), message


def _classes(config: MappingConfig) -> Iterator[Weakness]:
    classes = config.policy.classes
    if classes and all(one.mandatory for one in classes):
        yield ("policy", "classes"), "every class is mandatory: no measure has to earn anything."
    for index, rule in enumerate(config.measures):
        if classes and rule.facts.measure_class is None:
            message = "the policy has classes, and no field names the class: no measure of this rule is decided."
            yield ("measures", index, "facts"), message
        if rule.facts.measure_class is not None and not classes:
            message = "the class is read, and the policy has none: all measures have the same hurdle."
            yield ("measures", index, "facts", "class"), message
        source = rule.facts.measure_class
        default = source.default if isinstance(source, TranslatedSource) else None
        if default and default.strip().casefold() in {one.name.casefold() for one in classes if one.mandatory}:
            message = f"a measure of which nobody states the class is {default}: no hurdle is asked of it."
            yield ("measures", index, "facts", "class", "default"), message


def _numbers(path: MappingPath, rule: ThresholdRule) -> Iterator[Weakness]:
    """Numbers that are set so that the rule catches little."""
    weak: tuple[tuple[str, bool, str], ...] = (
        ("hurdle", rule.hurdle is not None and rule.hurdle <= 0, "a plan that earns nothing is decided"),
        ("tolerance", (rule.tolerance or 0) >= HALF, "half of the money may be missing before anybody is asked why"),
        (
            "tolerance_amount",
            bool(rule.hurdle) and (rule.tolerance_amount or 0) >= (rule.hurdle or 0),
            "all that a measure at the hurdle earns may be missing before anybody is asked why",
        ),
        (
            "discount_rate",
            rule.npv_hurdle is not None and rule.discount_rate == 0,
            "money that comes in ten years counts as much as money now",
        ),
        ("slip_days", (rule.slip_days or 0) >= YEAR, "the work may be a year late before anybody is asked why"),
        ("slip_share", (rule.slip_share or 0) >= HALF, "the work may take half as long again before anybody is asked"),
        (
            "realised_share",
            rule.realised_share is not None and rule.realised_share <= HALF,
            "a measure is closed when half of its value has not come",
        ),
        ("relapse_months", rule.relapse_months == 0, "a saving that stops after closing stays unseen"),
        (
            "potential_amber",
            rule.potential_amber is not None and rule.potential_amber < HALF,
            "the potential is not red, and the kill switch does not count, while half of the money is missing",
        ),
        ("kill_red_months", (rule.kill_red_months or 0) > 12, "a measure may fail for more than a year"),
        (
            "kill_decision_days",
            (rule.kill_decision_days or 0) > 90,
            "a stopped measure may stay undecided",
        ),
        ("stale_days", (rule.stale_days or 0) > YEAR, "a status on which nobody has reported for a year still counts"),
        ("delegation_days", (rule.delegation_days or 0) > YEAR, "a delegate may decide for more than a year"),
        (
            "done_on_word",
            bool(rule.done_on_word),
            "work that nothing shows is done when its owner says so",
        ),
    )
    for key, is_weak, message in weak:
        if is_weak:
            yield (*path, key), f"{message}."


def _rules(config: MappingConfig) -> Iterator[Weakness]:
    policy = PRESETS[config.policy.preset]
    off = {code.upper() for code in config.policy.off}
    for index, rule in enumerate(config.measures):
        path: MappingPath = ("measures", index)
        if rule.enforce in {Enforce.OFF, Enforce.COMMENT}:
            how = "only explained" if rule.enforce is Enforce.COMMENT else "neither stopped nor explained"
            yield (*path, "enforce"), f"an item that is moved past a shut gate is {how}."
        if rule.write.gate is None:
            yield (
                (*path, "write"),
                "no field shows the gate: neither people nor the tool see that it is shut.",
            )
        yield from _stages((*path, "stage", "from_status"), rule, policy)
        yield from _sources(path, rule, policy, off, config.policy.approvals)
        yield from _counted_elsewhere(path, rule, config)


def _counted_elsewhere(path: MappingPath, rule: MeasureRule, config: MappingConfig) -> Iterator[Weakness]:
    """Child items whose amounts are added up, and that another rule may make measures of."""
    for version in ("plan", "forecast", "actual"):
        series = getattr(rule.effects, version)
        if series is None or series.source is not EffectsFrom.CHILDREN:
            continue
        others = [other.name for other in config.measures if _may_take_children(other, rule, version)]
        if others:
            message = (
                f"amounts of child items are added up, and {' and '.join(others)} may make measures of the same items: "
                "such a child counts there, and is left out here."
            )
            yield (*path, "effects", version, "from"), message


def _may_take_children(other: MeasureRule, rule: MeasureRule, version: str) -> bool:
    series = getattr(other.effects, version)
    if other is rule or other.connection != rule.connection or series is None or series.source is EffectsFrom.CHILDREN:
        return False
    ours, theirs = _values(rule.match.project), _values(other.match.project)
    if ours and theirs and not ours & theirs:
        return False
    # An item is no child of one of its own kind.
    for mine, its in ((rule.match.type, other.match.type), (rule.match.table, other.match.table)):
        if _values(its) and _values(its) <= _values(mine):
            return False
    return True


def _values(selection: Selection | None) -> frozenset[str]:
    """The values of which one has to hold, without letter case; empty when any may."""
    names = selection.any if isinstance(selection, Selector) else selection or ()
    return frozenset(name.casefold() for name in names)


def _stages(path: MappingPath, rule: MeasureRule, policy: Policy) -> Iterator[Weakness]:
    claimed = {policy.index(stage) for stage in rule.stage.from_status.values()}
    lock = policy.index(policy.lock_at)
    if max(claimed, default=-1) < lock:
        label = policy.label(policy.lock_at)
        yield path, f"no status stands for {label} or a later stage: work that begins undecided is never a breach."
    elif len(policy.stages) - 1 not in claimed:
        label = policy.stages[-1].label
        yield path, f"no status stands for {label}: an item that is closed without its effect is no breach."


def _sources(
    path: MappingPath, rule: MeasureRule, policy: Policy, off: set[str], approvals: Mapping[str, tuple[str, ...]]
) -> Iterator[Weakness]:
    """People and amounts that the mapping does not read."""
    for role in ("sponsor", "controller"):
        if getattr(rule.roles, role) is None:
            gate = next(g.into for g in policy.gates if any(check.value == role for check in g.conditions))
            yield (*path, "roles"), f"no field names the {role}: no measure gets into {policy.label(gate)}."
    for stage, keys in approvals.items():
        for key in keys:
            if key not in rule.roles.further:
                label = policy.label(stage)
                yield (*path, "roles"), f"no field names the {Role(key).words}: no measure gets into {label}."
    effects = rule.effects
    if effects.plan is None and "PHASING_MISSING" in off:
        yield (*path, "effects"), "no plan is read: measures are decided without any money."
    elif effects.plan is None:
        yield (*path, "effects"), "no plan is read: no measure is decided."
    elif effects.forecast is None and "DEVIATION_UNEXPLAINED" not in off:
        yield (
            (*path, "effects"),
            "no forecast is read: no measure is known to be on plan, and none is implemented.",
        )
    if effects.actual is None and "VALUE_NOT_REALISED" in off:
        yield (*path, "effects"), "no actuals are read: measures are closed on a confirmation alone."
