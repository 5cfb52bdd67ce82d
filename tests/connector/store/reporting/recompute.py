"""The portfolio's figures worked out a second time, from rows of the tables, by a program that shares no code with Gatepost.

It is written straight from the definition sheet, month by month, and slow.  Amounts are decimals, months ``YYYY-MM``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Month = str
Series = dict[Month, Decimal]


@dataclass(frozen=True)
class Calendar:
    """The fiscal year by its first and last month, and the last closed month."""

    first: Month = "2026-01"
    last: Month = "2026-12"
    closed: Month = "2026-10"


CALENDAR = Calendar()
COMMITTED = ("decided", "implemented", "closed")
WEIGHTS = {"identified": "0", "detailed": "0.1", "decided": "0.5", "implemented": "0.9", "closed": "1"}
COSTS = ("recurring_cost", "one_off_cost", "capex", "depreciation", "tax", "legacy_cost")


@dataclass
class Row:
    """A measure as the tables have it."""

    key: str
    stage: str | None
    ended: bool
    governable: bool
    held_up: bool
    lines: list[tuple[str, str, Month, Decimal, str, str, bool]] = field(default_factory=list)
    """Version, kind, month, amount, currency, account, hard."""


def after(month: Month) -> Month:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


def between(first: Month, last: Month) -> list[Month]:
    months = []
    while first <= last:
        months.append(first)
        first = after(first)
    return months


def in_euro(
    amount: Decimal, currency: str, month: Month, rates: Sequence[tuple[str, Month, Decimal]]
) -> Decimal | None:
    """With the latest rate that was valid on the month's first day; a closing rate on its last."""
    if currency.startswith("EUR"):
        return amount
    valid = [(since, factor) for code, since, factor in rates if code == currency and since <= month]
    return amount * max(valid)[1] if valid else None


def drawer(kind: str, account: str, hard: bool) -> str:
    """Where a line belongs."""
    if account == "avoidance":
        return "avoidance"
    if kind in {"capex", "depreciation", "tax"}:
        return kind
    if account == "cash":
        return "working capital"
    if kind in {"benefit", "one_off_benefit"} and not hard:
        return "soft"
    return kind


def estimate_of(name: str, booked: Series, expected: Series, closed: Month) -> Series:
    if name == "legacy_cost":
        return expected
    if name not in {"one_off_benefit", "one_off_cost", "capex"} or not booked:
        return expected | {
            month: amount
            for month, amount in booked.items()
            if month <= closed or (name not in {"benefit", "soft", "avoidance"} and month not in expected)
        }
    months, left = dict(booked), sum((*expected.values(), *(-one for one in booked.values())), Decimal(0))
    for month in sorted(expected):
        if month > closed and month not in booked and left * sum(expected.values()) > 0:
            part = expected[month] if abs(expected[month]) < abs(left) else left
            months[month], left = part, left - part
    if left * sum(expected.values()) > 0:
        place = after(max(closed, *booked))
        months[place] = months.get(place, Decimal(0)) + left
    return months


def summed(drawers: Mapping[str, Series], *names: str) -> Series:
    months: Series = defaultdict(Decimal)
    for name in names:
        for month, amount in drawers.get(name, {}).items():
            months[month] += amount
    return dict(months)


RECURRING = ("benefit", "recurring_cost")
EBITDA = (*RECURRING, "one_off_benefit", "one_off_cost", "legacy_cost")
CASH = (*EBITDA, "capex", "working capital", "tax")


def year(months: Series, calendar: Calendar = CALENDAR) -> Decimal:
    found = (amount for month, amount in months.items() if calendar.first <= month <= calendar.last)
    return sum(found, Decimal(0))


def year_after(months: Series, calendar: Calendar) -> Decimal:
    return sum(
        (amount for month, amount in months.items() if calendar.last < month <= _later(calendar.last)), Decimal(0)
    )


def _later(month: Month) -> Month:
    return f"{int(month[:4]) + 1}{month[4:]}"


def trailing(months: Series, at: Month) -> Decimal:
    begun = min(months)
    if not begun <= at <= max(months):
        return Decimal(0)
    window = between(begun, at)[-3:]
    return sum((months.get(month, Decimal(0)) for month in window), Decimal(0)) * 12 / len(window)


def steady(months: Series) -> Month:
    every = between(min(months), max(months))
    candidates = every[min(2, len(every) - 1) :]
    best = max(trailing(months, month) for month in candidates)
    return every[-1] if best <= 0 else max(month for month in candidates if trailing(months, month) == best)


def shifted(month: Month, first: Month, other: Month) -> Month:
    distance = (int(other[:4]) - int(first[:4])) * 12 + int(other[5:]) - int(first[5:])
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + distance
    return f"{number // 12}-{number % 12 + 1:02}"


def figures_of(
    row: Row, rates: Sequence[tuple[str, Month, Decimal]], calendar: Calendar = CALENDAR
) -> tuple[str, dict[str, Decimal]]:
    """Why it is in no total, or the empty text, and the figures by the heading of the file."""
    versions: dict[str, dict[str, Series]] = {}
    (currency,) = {line[4] for line in row.lines} or {"EUR"}
    for version, kind, month, amount, _, account, hard in row.lines:
        place = versions.setdefault(version, {}).setdefault(drawer(kind, account, hard), {})
        place[month] = place.get(month, Decimal(0)) + (-amount if kind in COSTS else amount)
    plan, forecast, actual = (versions.get(name) for name in ("plan", "forecast", "actual"))
    estimate = None
    if forecast is not None and not _unforecast(plan or {}, forecast):
        names = {*forecast, *(actual or {})}
        estimate = {
            name: estimate_of(name, (actual or {}).get(name, {}), forecast.get(name, {}), calendar.closed)
            for name in names
        }
    try:
        plan, estimate, actual = (
            _in_euro(drawers, currency, rates, closes) for drawers, closes in
            ((plan, False), (estimate, True), (actual, True))
        )  # fmt: skip
    except LookupError:
        return ("cancelled" if row.ended else "no_rate"), {}
    return _why(row, plan, estimate), _figures(row, plan, estimate, actual, calendar)


def _in_euro(
    drawers: dict[str, Series] | None, currency: str, rates: Sequence[tuple[str, Month, Decimal]], closes: bool
) -> dict[str, Series] | None:
    """The estimate is made before, in the measure's own currency.  Raises LookupError without a rate."""
    if drawers is None:
        return None
    found: dict[str, Series] = {}
    for name, months in drawers.items():
        of = f"{currency} closing" if closes and name == "working capital" else currency
        for month, amount in months.items():
            converted = in_euro(amount, of, month, rates)
            if converted is None:
                raise LookupError(of)
            found.setdefault(name, {})[month] = converted
    return found


def _unforecast(plan: dict[str, Series], forecast: dict[str, Series]) -> bool:
    """Something is planned of which nobody forecasts anything."""
    return any(
        any(plan.get(name, {}).values()) and name not in forecast
        for name in ("benefit", "recurring_cost", "one_off_benefit", "one_off_cost", "capex")
    )


def _why(row: Row, plan: object, estimate: object) -> str:
    if row.ended:
        return "cancelled"
    if row.stage not in COMMITTED:
        return "not_committed"
    if not row.governable:
        return "not_governable"
    return "no_plan" if plan is None else "no_forecast" if estimate is None else ""


def _figures(
    row: Row,
    plan: dict[str, Series] | None,
    estimate: dict[str, Series] | None,
    actual: dict[str, Series] | None,
    calendar: Calendar,
) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for side, drawers in (("plan current", plan), ("latest estimate", estimate), ("actual", actual)):
        if drawers is None:
            continue
        found[f"EBITDA effect, {side}"] = sum(summed(drawers, *EBITDA).values(), Decimal(0))
        found[f"Capex, {side}"] = sum(summed(drawers, "capex").values(), Decimal(0))
        found[f"Cash effect, {side}"] = sum(summed(drawers, *CASH).values(), Decimal(0))
        found[f"In-year, EBITDA effect, {side}"] = year(summed(drawers, *EBITDA), calendar)
        if side != "actual":
            found[f"Recurring EBITDA, {side}"] = sum(summed(drawers, *RECURRING).values(), Decimal(0))
            found[f"Soft savings, {side}"] = sum(summed(drawers, "soft").values(), Decimal(0))
            found[f"Avoidance, {side}"] = sum(summed(drawers, "avoidance").values(), Decimal(0))
            recurring = summed(drawers, *RECURRING)
            found[f"Exit rate, {side}"] = 12 * recurring.get(calendar.last, Decimal(0))
            later_on = year_after(recurring, calendar) - year(recurring, calendar)
            lives = any(amount for month, amount in recurring.items() if calendar.first <= month <= calendar.last)
            found[f"Carry-over, {side}"] = later_on if lives else Decimal(0)
    own, expected = summed(plan or {}, *RECURRING), summed(estimate or {}, *RECURRING)
    at = steady(own or expected) if own or expected else None
    planned = trailing(own, at) if own and at else Decimal(0)
    later = Decimal(0)
    if expected and at:
        same = shifted(at, min(own), min(expected)) if own else at
        later = trailing(expected, min(same, max(expected)) if own and max(expected) >= max(own) else same)
    if plan is not None:
        found["Run-rate, in the steady month, plan current"] = planned
    if estimate is not None:
        found["Run-rate, in the steady month, latest estimate"] = later
    if plan is not None and estimate is not None:
        found["Variance, EBITDA effect"] = (
            found["EBITDA effect, latest estimate"] - found["EBITDA effect, plan current"]
        )
        for name, difference in (
            ("of run-rate", planned - later),
            (
                "in-year",
                found["In-year, EBITDA effect, plan current"] - found["In-year, EBITDA effect, latest estimate"],
            ),
        ):
            found[f"Leakage, loss {name}"] = max(difference, Decimal(0))
            found[f"Leakage, gain {name}"] = max(-difference, Decimal(0))
    found["Pipeline"] = _pipeline(row, plan, own, at)
    found["Delayed benefit"] = _delayed(row, estimate if estimate is not None else plan, calendar)
    return found


def _delayed(row: Row, expected: dict[str, Series] | None, calendar: Calendar) -> Decimal:
    """Gross benefit of the months to come of the fiscal year, while a gate holds the measure up."""
    if not row.held_up or row.ended or row.stage in {"implemented", "closed"} or expected is None:
        return Decimal(0)
    benefit = summed(expected, "benefit", "one_off_benefit")
    return year({month: amount for month, amount in benefit.items() if month > calendar.closed}, calendar)


def _pipeline(row: Row, plan: dict[str, Series] | None, own: Series, at: Month | None) -> Decimal:
    if row.ended or row.stage == "closed" or plan is None or at is None or not own:
        return Decimal(0)
    costs = plan.get("recurring_cost", {})
    cost = trailing({month: costs.get(month, Decimal(0)) for month in own}, at)
    return (trailing(own, at) - cost) * Decimal(WEIGHTS.get(row.stage or "", "0")) + cost


OPEN = ("Pipeline", "Delayed benefit")


def totals_of(
    rows: Iterable[Row], rates: Sequence[tuple[str, Month, Decimal]], calendar: Calendar = CALENDAR
) -> dict[str, Decimal]:
    """Over the measures that committed totals hold; the pipeline and what a gate delays over all."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        why, found = figures_of(row, rates, calendar)
        for name, amount in found.items():
            if not why or name in OPEN:
                sums[name] += amount
    return dict(sums)
