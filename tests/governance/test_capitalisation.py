"""CapEx or OpEx by what the standard asks; what is not known is not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from governance.capitalisation import CapitalisationItem, CheckedItem, SpentInPeriod, Treatment, checklist, spent
from governance.effects import EffectKind, Version
from governance.evidence import Command, Ruling, Verb
from governance.facts import Unknown
from governance.locked_plan import LockedPlan
from governance.measure import Measure
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.verdict import Colour, Outcome, Status
from tests.governance.factory import BRANDT, WEBER, eur, lines, measure, new_command

DECIDED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OCTOBER = date(2026, 10, 31)
PLAN = LockedPlan(1, lines(Version.PLAN, 20_000, 60_000), DECIDED, "locked at the decision")
STATE = MeasureState(
    "decided", granted_at={"detailed": datetime(2026, 2, 1, tzinfo=UTC), "decided": DECIDED}, plan=PLAN
)
GREEN = Status(Colour.GREEN, None, "80% done, 80% expected")
SOFTWARE = measure(development_certain="Yes", cloud_service="no")


def said(verb: Verb, person: object = BRANDT, stage: str = "", at: datetime = DECIDED, **more: object) -> Command:
    given = new_command(stage, person, verb, at=at, **more)  # type: ignore[arg-type]
    return given._replace(ruling=Ruling(True, ""))


APPROVED = (said(Verb.APPROVE, BRANDT, "decided"), said(Verb.APPROVE, WEBER, "decided"))


def held(kind: OffRampKind) -> MeasureState:
    off_ramp = OffRamp(kind, "M. Brandt", datetime(2026, 6, 1, tzinfo=UTC), "no budget")
    return replace(STATE, off_ramp=off_ramp)


AUTHORISED, PROBABLE, CERTAIN, NOT_A_SERVICE, REVIEWED = CapitalisationItem
CASES: Mapping[str, tuple[Measure, MeasureState, Status, tuple[Command, ...], CapitalisationItem, Outcome, str]] = {
    "authorised by the decision": (
        SOFTWARE, STATE, GREEN, APPROVED, AUTHORISED, Outcome.MET,
        "decided by M. Brandt on 2 Mar 2026, J. Weber on 2 Mar 2026, with a planned cost of 60,000 EUR",
    ),
    "not decided": (
        SOFTWARE, MeasureState("detailed"), GREEN, (), AUTHORISED, Outcome.UNMET, "nobody has decided on the measure",
    ),
    "found decided": (
        SOFTWARE, STATE, GREEN, (), AUTHORISED, Outcome.UNMET,
        "it was found decided: no approval of the decision is on record",
    ),
    "nothing funded": (
        SOFTWARE, replace(STATE, plan=replace(PLAN, lines=PLAN.lines[:12])), GREEN, APPROVED, AUTHORISED, Outcome.UNMET,
        "the plan that was decided holds no cost, so nothing is funded",
    ),
    "stopped": (
        SOFTWARE, held(OffRampKind.KILLED), GREEN, APPROVED, AUTHORISED, Outcome.UNMET,
        "funding was stopped on 1 Jun 2026 by M. Brandt: no budget",
    ),
    "on its way": (
        SOFTWARE, STATE, GREEN, APPROVED, PROBABLE, Outcome.MET,
        "the implementation status is green: 80% done, 80% expected",
    ),
    "nobody reports": (
        SOFTWARE, STATE, Status(Colour.GREY, None, "no report"), APPROVED, PROBABLE, Outcome.UNKNOWN,
        "the implementation status is grey: no report",
    ),
    "a statement does not outweigh a red light": (
        replace(SOFTWARE, completion_probable="yes"), STATE, Status(Colour.RED, None, "late"), APPROVED, PROBABLE,
        Outcome.UNMET, "the implementation status is red: late",
    ),
    "stated as not probable": (
        replace(SOFTWARE, completion_probable="no"), STATE, GREEN, APPROVED, PROBABLE, Outcome.UNMET,
        "whether completion is probable: no, as the item states",
    ),
    "certain": (
        SOFTWARE, STATE, GREEN, APPROVED, CERTAIN, Outcome.MET, "whether development is certain: yes, as the item states",
    ),
    "nobody states it": (
        replace(SOFTWARE, development_certain=None), STATE, GREEN, APPROVED, CERTAIN, Outcome.UNKNOWN,
        "nobody has stated whether development is certain",
    ),
    "not readable": (
        replace(SOFTWARE, development_certain=Unknown("the field is hidden")), STATE, GREEN, APPROVED, CERTAIN,
        Outcome.UNKNOWN, "the field is hidden",
    ),
    "another word": (
        replace(SOFTWARE, development_certain="mostly"), STATE, GREEN, APPROVED, CERTAIN, Outcome.UNKNOWN,
        '"mostly" is neither yes nor no: whether development is certain is not known',
    ),
    "a cloud service": (
        replace(SOFTWARE, cloud_service="yes"), STATE, GREEN, APPROVED, NOT_A_SERVICE, Outcome.UNMET,
        "whether it is a cloud service: yes, as the item states",
    ),
    "held": (
        SOFTWARE, held(OffRampKind.ON_HOLD), GREEN, APPROVED, REVIEWED, Outcome.UNMET,
        "on hold since 1 Jun 2026 by M. Brandt, and not decided since: review what is capitalised",
    ),
    "resumed": (
        SOFTWARE, STATE, GREEN, (*APPROVED, said(Verb.RESUME, at=datetime(2026, 7, 1, tzinfo=UTC), text="budget is back")),
        REVIEWED, Outcome.MET, "resumed on 1 Jul 2026 by M. Brandt: budget is back",
    ),
    "never held": (SOFTWARE, STATE, GREEN, APPROVED, REVIEWED, Outcome.MET, "never held or stopped"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_item_rests_on_facts(
    case: tuple[Measure, MeasureState, Status, tuple[Command, ...], CapitalisationItem, Outcome, str],
) -> None:
    some, state, status, commands, item, outcome, evidence = case
    (found,) = [one for one in checklist(some, state, status, commands, OCTOBER).items if one.item is item]
    assert (found.outcome, found.evidence) == (outcome, evidence)


def test_only_when_all_is_met_it_is_capitalised() -> None:
    assert checklist(SOFTWARE, STATE, GREEN, APPROVED, OCTOBER).treatment is Treatment.CAPEX
    unstated = checklist(measure(), STATE, GREEN, APPROVED, OCTOBER)
    assert (unstated.treatment, [one.item for one in unstated.open_items]) == (Treatment.OPEX, [CERTAIN, NOT_A_SERVICE])


def test_a_decision_counts_from_its_day_on_and_names_who_and_when() -> None:
    before = checklist(SOFTWARE, STATE, GREEN, APPROVED, date(2026, 2, 28))
    assert before.items[0] == CheckedItem(
        AUTHORISED, Outcome.UNMET, "it was decided on 2 Mar 2026, after this period", at=DECIDED
    )
    after = checklist(SOFTWARE, STATE, GREEN, APPROVED, date(2026, 3, 31)).items[0]
    assert (after.by, after.at) == ("J. Weber", DECIDED)


def test_what_is_booked_as_capex_and_not_allowed_has_to_be_expensed() -> None:
    amounts = [(EffectKind.CAPEX, eur(500)), (EffectKind.ONE_OFF_COST, eur(40)), (EffectKind.BENEFIT, eur(9))]
    (allowed,) = spent(amounts, Treatment.CAPEX)
    assert (allowed.capitalised, allowed.to_expense, allowed.expensed) == (eur(500), eur(0), eur(40))
    (refused,) = spent(amounts, Treatment.OPEX)
    assert refused == SpentInPeriod(eur(500), eur(40), Treatment.OPEX)
    assert (refused.capitalised, refused.to_expense) == (eur(0), eur(500))
