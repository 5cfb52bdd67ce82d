"""A measure that passes every gate, for each case to change in one point."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import Children, Command, CommandOrigin, CommandSource, Evidence, Report, ReportedFact, Verb
from governance.gates import Policy, Thresholds
from governance.measure import HierarchyPath, Measure, MeasureId, Person, Roles
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.presets import default_policy

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KAYA, BRANDT, WEBER = Person("k", "A. Kaya", True), Person("b", "M. Brandt", True), Person("w", "J. Weber", True)
POLICY: Policy = default_policy(Thresholds(hurdle=Decimal(50_000), payback_months=12))


def eur(amount: int | str) -> Money:
    return Money(Decimal(amount), "EUR")


def lines(
    version: Version, benefit: int, cost: int, first: Period = Period(2026, 1), months: int = 12
) -> tuple[EffectLine, ...]:
    """``benefit`` a month, ``cost`` once in the first month."""
    monthly = tuple(
        EffectLine(version, EffectKind.BENEFIT, first.plus(number), eur(benefit)) for number in range(months)
    )
    return (*monthly, EffectLine(version, EffectKind.ONE_OFF_COST, first, eur(cost)))


def measure(**changes: object) -> Measure:
    """Plan and forecast of 20,000 EUR a month for a year at 60,000 EUR; actuals of eleven months as planned."""
    whole = Measure(
        id=MeasureId("jira-main/10001"),
        title="Retire the legacy CRM",
        hierarchy=HierarchyPath("ACME", "IT", "Cloud exit"),
        roles=Roles(KAYA, BRANDT, WEBER),
        business_unit="Group IT",
        legal_entity="ACME AG",
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        baseline=eur(500_000),
        objective="Cost-income ratio",
        kill_criteria="cost > 1.2M",
        overlaps="none",
        effects=(
            *lines(Version.PLAN, 20_000, 60_000),
            *lines(Version.FORECAST, 20_000, 60_000),
            *lines(Version.ACTUAL, 20_000, 60_000, months=11),
        ),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def new_command(stage: str, person: Person, verb: Verb = Verb.APPROVE, **more: object) -> Command:
    """A command that was given a day ago in a comment, and not ruled on yet."""
    source = CommandSource(CommandOrigin.COMMENT, f"{verb} {stage} by {person.id}")
    facts: dict[str, object] = {"at": NOW - timedelta(days=1), "source": source} | more
    return Command(verb, person, stage=stage, **facts)  # type: ignore[arg-type]


APPROVALS = (
    new_command("detailed", BRANDT),
    new_command("decided", BRANDT),
    new_command("decided", WEBER),
    new_command("implemented", KAYA),
    new_command("", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10)),
)


def evidence(granted: str | None = None, tool_stage: str | None = None, **changes: object) -> Evidence:
    whole = Evidence(
        tool_stage=tool_stage,
        tool_status="In progress",
        children=Children(4, 4),
        blocking_links=(),
        changes=(),
        attachments=1,
        updated=NOW,
        reported={Report.STATUS: ReportedFact("In progress")},
        facts_changed=NOW - timedelta(days=30),
        commands=APPROVALS,
        measure_state=MeasureState(granted),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]
