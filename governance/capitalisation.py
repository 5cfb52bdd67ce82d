"""Capitalisation: whether what is spent on a measure may stand in the balance sheet, by what the standard asks.

Sources: IAS 38.21 and 38.57 (recognition, development phase), ASC 350-40-25 as amended by ASU 2025-06 (authorised and
funded, probable completion, no significant development uncertainty), the IFRIC agenda decision of April 2021
(configuration and customisation of a cloud service is expensed), IAS 36 and ASC 360 (review when work is held or
stopped).  Every item has to be met; what is not known is not met, and what is not capitalised is expensed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from governance.effects import ZERO, EffectKind
from governance.evidence import Command, Verb
from governance.facts import Fact, Unknown
from governance.latest_estimate import COSTS
from governance.measure import Measure
from governance.measure_state import MeasureState, OffRampKind
from governance.money import Money
from governance.time_text import day_text
from governance.verdict import Colour, Outcome, Status

YES = frozenset({"yes", "true", "1", "y", "ja"})
NO = frozenset({"no", "false", "0", "n", "nein", "none"})


class CapitalisationItem(StrEnum):
    """What the standard asks, in the order of the checklist."""

    AUTHORISED = "authorised"
    PROBABLE = "probable"
    CERTAIN = "certain"
    NOT_A_SERVICE = "not_a_service"
    REVIEWED = "reviewed"

    @property
    def label(self) -> str:
        return {
            "authorised": "authorised and funded",
            "probable": "completion is probable",
            "certain": "no significant development uncertainty",
            "not_a_service": "no configuration of a cloud service",
            "reviewed": "reviewed after every hold and stop",
        }[self.value]


class Treatment(StrEnum):
    CAPEX = "capex"
    OPEX = "opex"


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """One item with what it rests on."""

    item: CapitalisationItem
    outcome: Outcome
    evidence: str
    """Who decided what and when, or what is missing."""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Capitalisation:
    """The checklist of one measure."""

    items: tuple[CheckedItem, ...]

    @property
    def treatment(self) -> Treatment:
        met = all(one.outcome is Outcome.MET for one in self.items)
        return Treatment.CAPEX if met else Treatment.OPEX

    @property
    def open_items(self) -> tuple[CheckedItem, ...]:
        return tuple(one for one in self.items if one.outcome is not Outcome.MET)


@dataclass(frozen=True, slots=True)
class SpentInPeriod:
    """What is booked of a measure in one month and currency, and how it has to be treated."""

    capex: Money
    """Booked as capex."""
    expensed: Money
    """Booked as one-off or running cost."""
    treatment: Treatment

    @property
    def capitalised(self) -> Money:
        """Capex that the checklist allows."""
        return self.capex if self.treatment is Treatment.CAPEX else Money(ZERO, self.capex.currency)

    @property
    def to_expense(self) -> Money:
        """Capex that is booked and that the checklist does not allow: finance has to book it as an expense."""
        return self.capex - self.capitalised


def checklist(
    measure: Measure, state: MeasureState, implementation: Status, commands: Sequence[Command], until: date
) -> Capitalisation:
    """The items at the end of the day ``until``: what was decided later counts for later."""
    accepted = tuple(one for one in commands if one.accepted and not one.withdrawn and one.at.date() <= until)
    return Capitalisation(
        (
            _authorised(state, accepted, until),
            _probable(measure, state, implementation),
            _stated(CapitalisationItem.CERTAIN, measure.development_certain, wanted=YES, says="development is certain"),
            _stated(CapitalisationItem.NOT_A_SERVICE, measure.cloud_service, wanted=NO, says="it is a cloud service"),
            _reviewed(state, accepted),
        )
    )


def _authorised(state: MeasureState, accepted: Sequence[Command], until: date) -> CheckedItem:
    """The decision with who approved it; a plan with a cost is what was funded."""
    item, plan = CapitalisationItem.AUTHORISED, state.plan
    if plan is None:
        return CheckedItem(item, Outcome.UNMET, "nobody has decided on the measure")
    first = min((state.granted_at.get(stage, plan.at) for stage in _decided(state)), default=plan.at)
    if first.date() > until:
        return CheckedItem(item, Outcome.UNMET, f"it was decided on {day_text(first)}, after this period", at=first)
    off_ramp = state.off_ramp
    if off_ramp is not None and off_ramp.kind is not OffRampKind.ON_HOLD:
        told = f"funding was stopped on {day_text(off_ramp.at)} by {off_ramp.by}: {off_ramp.reason}"
        return CheckedItem(item, Outcome.UNMET, told, off_ramp.by, off_ramp.at)
    costs = [line.money for line in plan.lines if line.kind in COSTS and line.money.amount > 0]
    if not costs:
        return CheckedItem(item, Outcome.UNMET, "the plan that was decided holds no cost, so nothing is funded")
    approvals = [one for one in accepted if one.verb is Verb.APPROVE and one.stage in _decided(state)]
    if not approvals:
        told = "it was found decided: no approval of the decision is on record"
        return CheckedItem(item, Outcome.UNMET, told)
    by = ", ".join(f"{one.person.name} on {day_text(one.at)}" for one in approvals)
    total = _total(costs)
    funded = f", with a planned cost of {total}" if total is not None else ""
    return CheckedItem(item, Outcome.MET, f"decided by {by}{funded}", approvals[-1].person.name, approvals[-1].at)


def _decided(state: MeasureState) -> tuple[str, ...]:
    """Stages that were granted no later than the plan was locked."""
    plan = state.plan
    if plan is None:
        return ()
    newest = max((at for at in state.granted_at.values() if at <= plan.at), default=None)
    return tuple(stage for stage, at in state.granted_at.items() if at == newest)


def _probable(measure: Measure, state: MeasureState, implementation: Status) -> CheckedItem:
    """A statement that it is not probable counts; one that it is does not outweigh a red light or a stop."""
    item, off_ramp = CapitalisationItem.PROBABLE, state.off_ramp
    if off_ramp is not None:
        told = f"{off_ramp.kind.label.lower()} since {day_text(off_ramp.at)}: {off_ramp.reason}"
        return CheckedItem(item, Outcome.UNMET, told, off_ramp.by, off_ramp.at)
    stated = measure.completion_probable
    if stated is not None:
        found = _stated(item, stated, wanted=YES, says="completion is probable")
        if found.outcome is not Outcome.MET:
            return found
    reason = f"the implementation status is {implementation.colour.value}: {implementation.reason}"
    if implementation.colour is Colour.GREY:
        return CheckedItem(item, Outcome.UNKNOWN, reason)
    return CheckedItem(item, Outcome.UNMET if implementation.colour is Colour.RED else Outcome.MET, reason)


def _stated(item: CapitalisationItem, fact: Fact[str], *, wanted: frozenset[str], says: str) -> CheckedItem:
    if isinstance(fact, Unknown):
        return CheckedItem(item, Outcome.UNKNOWN, fact.reason)
    if fact is None or not fact.strip():
        return CheckedItem(item, Outcome.UNKNOWN, f"nobody has stated whether {says}")
    said = fact.strip().casefold()
    if said not in YES | NO:
        return CheckedItem(
            item, Outcome.UNKNOWN, f'"{fact.strip()}" is neither yes nor no: whether {says} is not known'
        )
    answer = "yes" if said in YES else "no"
    outcome = Outcome.MET if said in wanted else Outcome.UNMET
    return CheckedItem(item, outcome, f"whether {says}: {answer}, as the item states")


def _reviewed(state: MeasureState, accepted: Sequence[Command]) -> CheckedItem:
    """A hold or a stop is a reason to review what is capitalised; the decision to go on is the review."""
    item, off_ramp = CapitalisationItem.REVIEWED, state.off_ramp
    if off_ramp is not None:
        told = f"{off_ramp.kind.label.lower()} since {day_text(off_ramp.at)} by {off_ramp.by}, and not decided since"
        return CheckedItem(item, Outcome.UNMET, f"{told}: review what is capitalised", off_ramp.by, off_ramp.at)
    resumed = [one for one in accepted if one.verb is Verb.RESUME]
    if resumed:
        last = resumed[-1]
        told = f"resumed on {day_text(last.at)} by {last.person.name}{f': {last.text}' if last.text else ''}"
        return CheckedItem(item, Outcome.MET, told, last.person.name, last.at)
    return CheckedItem(item, Outcome.MET, "never held or stopped")


def _total(amounts: Sequence[Money]) -> Money | None:
    currencies = {one.currency for one in amounts}
    return Money(sum((one.amount for one in amounts), ZERO), currencies.pop()) if len(currencies) == 1 else None


def spent(amounts: Sequence[tuple[EffectKind, Money]], treatment: Treatment) -> Iterator[SpentInPeriod]:
    """What is booked of a period, one for each currency."""
    for currency in sorted({money.currency for _, money in amounts}):
        sums: dict[bool, Decimal] = {True: ZERO, False: ZERO}
        for kind, money in amounts:
            if money.currency == currency and kind in COSTS:
                sums[kind is EffectKind.CAPEX] += money.amount
        yield SpentInPeriod(Money(sums[True], currency), Money(sums[False], currency), treatment)
