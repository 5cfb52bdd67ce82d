"""The figures of one measure: every amount of :class:`governance.roll_up.Amounts`, worked out in one currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from governance.converted_parts import ConvertedParts, converted_parts
from governance.definitions.causes import computed_losses
from governance.definitions.leakage import Leakage, LeakReason, causes_of, leakage, split
from governance.definitions.parts import Months, Part, Parts, months_of
from governance.definitions.pipeline import pipeline
from governance.definitions.plans import budget, plan_current, plan_original
from governance.definitions.results import (
    EBITDA_PARTS,
    RECURRING_PARTS,
    avoidance,
    capex,
    cash_effect,
    ebit_effect,
    ebitda_effect,
    one_off,
    recurring_ebitda,
    soft_savings,
    total,
)
from governance.definitions.steady_state import declared_month, steady_month
from governance.definitions.validated import claimed_value, unvalidated_value, validated_value
from governance.definitions.variance import at_completion, exchange_effect, variance
from governance.definitions.waiting import delayed_benefit
from governance.definitions.years import (
    carry_over,
    exit_rate,
    in_year,
    number_of,
    run_rate,
)
from governance.effects import ZERO, EffectLine, Version, period
from governance.hierarchy import RollUpMeasure
from governance.left_out import ENDED, LeftOut
from governance.line_rates import LineRates
from governance.money import Money, Period
from governance.rates import Conversion, MissingRate, Rates
from governance.roll_up import Amounts, MeasureFigures, MonthlyFigures, RollUpSettings
from governance.signature import SignedLine
from governance.track_record import TrackPart
from governance.validation import claimed_of

BENEFIT_PARTS = (Part.RECURRING_BENEFIT, Part.ONE_OFF_BENEFIT)


def measure_figures(measure: RollUpMeasure, settings: RollUpSettings, rates: Rates) -> MeasureFigures:
    """A measure's figures; one that cannot be converted whole has none, and the missing rate says why."""
    closed = settings.closed_of(measure.legal_entity)
    parts = converted_parts(measure, settings.currency, closed, settings.usable(rates))
    if isinstance(parts, MissingRate):
        ended = LeftOut(measure.step) if measure.step in ENDED else LeftOut.NO_RATE
        return MeasureFigures(ended, Amounts(), missing=parts)
    amounts = _Amounts(measure, settings, parts)
    # Of sixty-five amounts: one object at the end costs less than a copy for each part of them.
    made = amounts.made()
    signed: list[SignedLine] = []
    if parts.actual is not None and measure.step not in ENDED:
        usable = settings.usable(rates)
        signed = list(_signed(measure, settings.currency, usable))
        made |= _values(measure, signed, settings.currency, usable)
    if measure.budget:
        made["budget"] = _budget(measure, settings.currency, settings.usable(rates))
    return MeasureFigures(
        left_out=_left_out(measure, settings, parts.plan, parts.estimate),
        amounts=Amounts(**made),
        run_rate_losses=amounts.run_rate_losses(),
        in_year_losses=amounts.in_year_losses(),
        months=tuple(
            month
            for version, some, agreed in (
                (Version.PLAN, parts.plan, parts.plan),
                (Version.FORECAST, parts.estimate, parts.budget_estimate),
                (Version.ACTUAL, parts.actual, parts.budget_actual),
            )
            if some is not None
            for month in _months(version, some, agreed)
        ),
        track=amounts.track(),
        pipeline_benefit=amounts.pipeline_benefit(),
        validated_months=_validated_months(signed),
    )


def _signed(measure: RollUpMeasure, currency: str, rates: Rates) -> Iterator[SignedLine]:
    """What was signed, converted like the bookings of its month; what no rate converts is left out."""
    for line in measure.signed:
        found = rates.convert(Money(line.validated, line.currency), currency, line.month)
        if not isinstance(found, MissingRate):
            yield replace(line, validated=found.money.amount)


def _validated_months(signed: Iterable[SignedLine]) -> dict[Period, Decimal]:
    found: dict[Period, Decimal] = {}
    for line in signed:
        found[line.month] = found.get(line.month, ZERO) + line.validated
    return found


def _values(
    measure: RollUpMeasure, signed: Sequence[SignedLine], currency: str, rates: Rates
) -> dict[str, Decimal | None]:
    """Claimed, validated and unvalidated; ``signed`` is in the currency already."""
    claimed = claimed_of(_booked(measure, currency, rates))
    return {
        "claimed": claimed_value(claimed.lines.values()),
        "validated": validated_value(signed),
        "unvalidated": unvalidated_value(claimed.lines, {line.key for line in signed}),
    }


def _budget(measure: RollUpMeasure, currency: str, rates: Rates) -> Decimal | None:
    """``None`` where a rate is missing; other figures do not rest on the budget."""
    conversions, months = LineRates(rates, measure.rates), dict[int, Decimal]()
    for line in measure.budget:
        converted = conversions.convert(line, currency)
        if isinstance(converted, MissingRate):
            return None
        number = number_of(line.month)
        months[number] = months.get(number, ZERO) + converted.money.amount
    return budget(months)


def _booked(measure: RollUpMeasure, currency: str, rates: Rates) -> Iterator[EffectLine]:
    conversions = LineRates(rates, measure.rates)
    for line in measure.lines:
        if line.version is not Version.ACTUAL:
            continue
        converted = conversions.convert(line, currency)
        if isinstance(converted, Conversion):
            yield line if converted.rate is None else replace(line, money=converted.money)


def _left_out(
    measure: RollUpMeasure, settings: RollUpSettings, plan: Parts | None, estimate: Parts | None
) -> LeftOut | None:
    if measure.step in ENDED:
        return LeftOut(measure.step)
    if not settings.is_committed(measure.stage):
        return LeftOut.NOT_COMMITTED
    if not measure.governable:
        return LeftOut.NOT_GOVERNABLE
    if plan is None:
        return LeftOut.NO_PLAN
    return LeftOut.NO_FORECAST if estimate is None else None


class _Amounts:
    """The amounts of one measure, with what several of them need worked out once."""

    def __init__(self, measure: RollUpMeasure, settings: RollUpSettings, parts: ConvertedParts) -> None:
        self._measure, self._settings, self._parts = measure, settings, parts
        self._closed = number_of(settings.closed_of(measure.legal_entity))
        self._plan, self._estimate, self._actual = parts.plan, parts.estimate, parts.actual
        self._recurring = {} if parts.plan is None else recurring_ebitda(parts.plan)
        self._expected = {} if parts.estimate is None else recurring_ebitda(parts.estimate)
        begins = measure.steady_from
        declared = declared_month(self._recurring, None if begins is None else number_of(begins))
        self._is_declared = self._was_declared = declared is not None
        self._steady = steady_month(self._recurring or self._expected) if declared is None else declared
        self._same_age = _same_age(self._steady, self._recurring, self._expected)
        self._decided, self._decided_steady, self._decided_age = self._recurring, self._steady, self._same_age
        if parts.original is not parts.plan:
            self._decided = {} if parts.original is None else recurring_ebitda(parts.original)
            # What was declared for the plan of the decision is not kept beside its lines.
            self._decided_steady, self._was_declared = steady_month(self._decided), False
            self._decided_age = _same_age(self._decided_steady, self._decided, self._expected)
        self._agreed = self._expected
        if parts.has_rates and parts.budget_estimate is not None:
            self._agreed = recurring_ebitda(parts.budget_estimate)
        self.run_rate_leak, self.in_year_leak = Leakage(), Leakage()
        if parts.original is not None and parts.budget_estimate is not None:
            year = settings.year
            self.run_rate_leak = leakage(
                self._run_rate_original, _rate_at(self._agreed, self._decided_age, single=self._was_declared)
            )
            self.in_year_leak = leakage(
                in_year(ebitda_effect(parts.original), year), in_year(ebitda_effect(parts.budget_estimate), year)
            )

    def run_rate_losses(self) -> dict[LeakReason, Decimal]:
        """By reason; a run-rate is compared at the same age, so that no delay lowers it."""
        loss, original, estimate = self.run_rate_leak.loss, self._parts.original, self._parts.budget_estimate
        if not loss or original is None or estimate is None:
            return {}
        computed = computed_losses(
            original, estimate, RECURRING_PARTS, loss,
            lambda months: _rate_at(
                _filled(months, self._decided), self._decided_steady, single=self._was_declared
            ),
            lambda months: _rate_at(
                _filled(months, self._agreed), self._decided_age, single=self._was_declared
            ),
        )  # fmt: skip
        computed.pop(LeakReason.DELAY, None)
        return split(loss, causes_of(self._measure.reason), computed)

    def in_year_losses(self) -> dict[LeakReason, Decimal]:
        loss, original, estimate = self.in_year_leak.loss, self._parts.original, self._parts.budget_estimate
        if not loss or original is None or estimate is None:
            return {}

        def of_year(months: Months) -> Decimal:
            return in_year(months, self._settings.year)

        computed = computed_losses(original, estimate, EBITDA_PARTS, loss, of_year, of_year)
        return split(loss, causes_of(self._measure.reason), computed)

    @property
    def _run_rate_original(self) -> Decimal:
        return _rate_at(self._decided, self._decided_steady, single=self._was_declared)

    @property
    def _run_rate_plan(self) -> Decimal:
        return _rate_at(self._recurring, self._steady, single=self._is_declared)

    @property
    def _run_rate_estimate(self) -> Decimal:
        return _rate_at(self._expected, self._same_age, single=self._is_declared)

    def made(self) -> dict[str, Decimal | None]:
        """Fields of :class:`Amounts`; those that this measure has not are absent."""
        found: dict[str, Decimal | None] = {}
        if self._plan is not None:
            found |= self._of_plan(self._plan)
        if self._estimate is not None:
            found |= self._of_estimate(self._estimate)
        if self._actual is not None:
            found |= self._of_actual(self._actual)
        agreed = self._parts.budget_estimate
        if self._plan is not None and agreed is not None:
            found |= {
                "variance": variance(ebitda_effect(self._plan), ebitda_effect(agreed)),
                "run_rate_loss": self.run_rate_leak.loss,
                "run_rate_gain": self.run_rate_leak.gain,
                "in_year_loss": self.in_year_leak.loss,
                "in_year_gain": self.in_year_leak.gain,
            }
        if self._parts.has_rates:
            found |= self._exchange_effects()
        return found | {"delayed_benefit": self._delayed(), "pipeline": self._pipeline()}

    def _of_plan(self, plan: Parts) -> dict[str, Decimal]:
        year, ebitda = self._settings.year, ebitda_effect(plan)
        committed = self._settings.is_committed(self._measure.stage)
        this_year, rate = in_year(ebitda, year), self._run_rate_plan
        return {
            "recurring_plan": total(self._recurring),
            "one_off_plan": total(one_off(plan)),
            "ebitda_plan": plan_current(ebitda),
            "ebitda_original": self._ebitda_original(ebitda),
            "ebit_plan": total(ebit_effect(plan)),
            "capex_plan": total(capex(plan)),
            "cash_plan": total(cash_effect(plan)),
            "in_year_plan": this_year,
            "in_year_cash_plan": in_year(cash_effect(plan), year),
            "run_rate_plan": rate,
            "in_year_original": self._in_year_original(this_year),
            "run_rate_original": self._run_rate_original,
            "exit_rate_plan": exit_rate(self._recurring, year),
            "carry_over_plan": carry_over(self._recurring, year),
            "committed_run_rate": rate if committed else ZERO,
            "committed_in_year": this_year if committed else ZERO,
            "avoidance_plan": total(avoidance(plan)),
            "soft_plan": total(soft_savings(plan)),
        }

    def _of_estimate(self, estimate: Parts) -> dict[str, Decimal]:
        year, ebitda = self._settings.year, ebitda_effect(estimate)
        return {
            "recurring_estimate": at_completion(self._expected),
            "one_off_estimate": at_completion(one_off(estimate)),
            "ebitda_estimate": at_completion(ebitda),
            "ebit_estimate": at_completion(ebit_effect(estimate)),
            "capex_estimate": at_completion(capex(estimate)),
            "cash_estimate": at_completion(cash_effect(estimate)),
            "in_year_estimate": in_year(ebitda, year),
            "in_year_cash_estimate": in_year(cash_effect(estimate), year),
            "run_rate_estimate": self._run_rate_estimate,
            "run_rate_closed": run_rate(self._expected, self._closed),
            "exit_rate_estimate": exit_rate(self._expected, year),
            "carry_over_estimate": carry_over(self._expected, year),
            "avoidance_estimate": at_completion(avoidance(estimate)),
            "soft_estimate": at_completion(soft_savings(estimate)),
        }

    def _of_actual(self, actual: Parts) -> dict[str, Decimal]:
        ebitda = ebitda_effect(actual)
        return {
            "ebitda_actual": total(ebitda),
            "capex_actual": total(capex(actual)),
            "cash_actual": total(cash_effect(actual)),
            "in_year_actual": in_year(ebitda, self._settings.year),
        }

    def _ebitda_original(self, of_plan: Months) -> Decimal:
        original = self._parts.original
        if original is not self._plan:
            of_plan = {} if original is None else ebitda_effect(original)
        return plan_original(of_plan)

    def _in_year_original(self, of_plan: Decimal) -> Decimal:
        original = self._parts.original
        if original is self._plan:
            return of_plan
        return ZERO if original is None else in_year(ebitda_effect(original), self._settings.year)

    def _exchange_effects(self) -> dict[str, Decimal]:
        """What exchange rates made of each figure since the decision."""
        parts, found = self._parts, dict[str, Decimal]()
        if parts.estimate is not None and parts.budget_estimate is not None:
            now, then = self._rated(parts.estimate, self._expected), self._rated(parts.budget_estimate, self._agreed)
            found |= {f"{name}_fx": exchange_effect(amount, then[name]) for name, amount in now.items()}
        if parts.actual is not None and parts.budget_actual is not None:
            booked, agreed = self._booked(parts.actual), self._booked(parts.budget_actual)
            found |= {f"{name}_actual_fx": exchange_effect(amount, agreed[name]) for name, amount in booked.items()}
        return found

    def _rated(self, estimate: Parts, recurring: Months) -> dict[str, Decimal]:
        year, ebitda, cash = self._settings.year, ebitda_effect(estimate), cash_effect(estimate)
        return {
            "recurring": total(recurring),
            "one_off": total(one_off(estimate)),
            "ebitda": total(ebitda),
            "ebit": total(ebit_effect(estimate)),
            "capex": total(capex(estimate)),
            "cash": total(cash),
            "in_year": in_year(ebitda, year),
            "in_year_cash": in_year(cash, year),
            "run_rate": _rate_at(recurring, self._same_age, single=self._is_declared),
            "run_rate_closed": run_rate(recurring, self._closed),
            "run_rate_original": _rate_at(recurring, self._decided_age, single=self._was_declared),
            "exit_rate": exit_rate(recurring, year),
            "carry_over": carry_over(recurring, year),
            "avoidance": total(avoidance(estimate)),
            "soft": total(soft_savings(estimate)),
        }

    def _booked(self, actual: Parts) -> dict[str, Decimal]:
        ebitda = ebitda_effect(actual)
        return {
            "ebitda": total(ebitda),
            "capex": total(capex(actual)),
            "cash": total(cash_effect(actual)),
            "in_year": in_year(ebitda, self._settings.year),
        }

    def _delayed(self) -> Decimal:
        """Months to come of the fiscal year; after the implementation no gate delays them any more."""
        stages, stage = self._settings.stages, self._measure.stage
        implemented = stage in stages and stages.index(stage) >= len(stages) - 2
        expected = self._estimate if self._estimate is not None else self._plan
        if not self._measure.held_up or implemented or expected is None:
            return ZERO
        benefit = months_of(expected, *BENEFIT_PARTS)
        return delayed_benefit(benefit, self._settings.year, self._closed)

    def _pipeline(self) -> Decimal:
        benefit, cost = self._pipeline_rates()
        return pipeline(benefit, cost, self._weight)

    def pipeline_benefit(self) -> Decimal:
        """What of the pipeline is benefit."""
        return pipeline(self._pipeline_rates()[0], ZERO, self._weight)

    @property
    def _weight(self) -> Decimal:
        return self._settings.weights.get(self._measure.stage or "", ZERO)

    def _pipeline_rates(self) -> tuple[Decimal, Decimal]:
        """Run-rates of benefit and running cost of an open stage."""
        measure, settings = self._measure, self._settings
        if measure.step in ENDED or not settings.is_open(measure.stage) or self._plan is None or self._steady is None:
            return ZERO, ZERO
        costs = _filled(months_of(self._plan, Part.RUNNING_COST), self._recurring)
        rate = _rate_at(self._recurring, self._steady, single=self._is_declared)
        cost = _rate_at(costs, self._steady, single=self._is_declared)
        return rate - cost, cost

    def track(self) -> TrackPart | None:
        """What the decision promised of the closed months, and what is booked of it at the decision's rates."""
        is_decided = self._measure.rates is not None or self._settings.is_committed(self._measure.stage)
        if not is_decided or self._parts.original is None:
            return None
        booked = self._parts.budget_actual
        return TrackPart(
            _until(self._decided, self._closed),
            ZERO if booked is None else _until(recurring_ebitda(booked), self._closed),
        )


def _until(months: Months, last: int) -> Decimal:
    return sum((amount for month, amount in months.items() if month <= last), ZERO)


def _rate_at(recurring: Months, month: int | None, *, single: bool) -> Decimal:
    """``single``: the month was declared, and stands for itself."""
    return ZERO if month is None else run_rate(recurring, month, month if single else None)


def _same_age(steady: int | None, plan: Months, expected: Months) -> int | None:
    """The month in which the latest estimate is as old as the plan in its steady month.

    An estimate that begins later and reaches as far as the plan is as old as it can be in its last month: it lost
    months, not its run-rate.
    """
    if steady is None or not plan or not expected:
        return steady
    same = steady + min(expected) - min(plan)
    return min(same, max(expected)) if max(expected) >= max(plan) else same


def _filled(months: Months, like: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """The same months as the other ones, so that both have one steady month."""
    return {month: months.get(month, ZERO) for month in like}


def _months(version: Version, parts: Parts, agreed: Parts | None) -> Iterable[MonthlyFigures]:
    """``agreed``: the same at the rates of the decision, the very same object where no rate moves it."""
    columns = tuple(make(parts) for make in (recurring_ebitda, one_off, capex, cash_effect, avoidance, soft_savings))
    effects: tuple[Months, ...] = ()
    if agreed is not None and agreed is not parts:
        effects = tuple(_exchange_effect(make(parts), make(agreed)) for make in (ebitda_effect, cash_effect))
    for month in sorted({month for column in columns for month in column}):
        yield MonthlyFigures(version, period(month), *(column.get(month, ZERO) for column in (*columns, *effects)))


def _exchange_effect(now: Months, agreed: Months) -> Months:
    """By month."""
    return {month: exchange_effect(amount, agreed.get(month, ZERO)) for month, amount in now.items()}
