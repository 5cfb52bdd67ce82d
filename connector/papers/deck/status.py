"""The status in one sentence with its reason, and the three things that a committee should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.papers.bridge import LEAKAGE_LABELS, Horizon
from connector.papers.deck.model import Tone
from connector.papers.words import count, money, percent
from connector.store.reporting.portfolio_lists import MeasureRow
from connector.store.reporting.portfolio_results import FigureSettings, PortfolioOverview
from connector.store.reporting.steering_rows import SteeringRow
from governance.definitions.leakage import LeakReason
from governance.effects import ZERO
from governance.left_out import LEFT_OUT_TEXTS, LeftOut


@dataclass(frozen=True, slots=True)
class StatusThresholds:
    """Shares of the plan from which the whole is green or amber: those of the policy."""

    green: Decimal
    amber: Decimal


def status_sentence(
    overview: PortfolioOverview, figures: FigureSettings, thresholds: StatusThresholds
) -> tuple[str, Tone]:
    """``Amber: in-year … reaches 91 % of its plan …, mostly because of delay (−80,000 EUR).``"""
    total, currency = overview.total, figures.currency
    plan, estimate = total.amounts.in_year_original, total.amounts.in_year_estimate
    year = figures.year.label
    if not total.measures:
        return "There is no measure here, so there is nothing to report.", Tone.GREY
    if plan is None or estimate is None or not total.counted:
        return (
            (
                f"Unknown: none of {count(total.measures, 'measure')} has a plan and a forecast that the totals may "
                f"hold, so nobody can say what {year} will bring."
            ),
            Tone.GREY,
        )
    decided = "that were decided originally" if Horizon.IN_YEAR.is_replaced(total) else "that were decided"
    why = _because(overview, currency)
    if plan <= 0:
        tone, word = (Tone.GREEN, "Green") if estimate >= plan else (Tone.RED, "Red")
        begin = f"{word}: the EBITDA effect of {year} is expected to be {money(estimate, currency)}, instead of the "
        return f"{begin}{money(plan, currency)} {decided}, because {why}.", tone
    share = estimate / plan
    tone, word = (
        (Tone.GREEN, "Green")
        if share >= thresholds.green
        else (Tone.AMBER, "Amber")
        if share >= thresholds.amber
        else (Tone.RED, "Red")
    )
    reached = f"{word}: the EBITDA effect of {year} is expected to reach {money(estimate, currency)}"
    return f"{reached}, {percent(share)} of the {money(plan, currency)} {decided}, because {why}.", tone


def _because(overview: PortfolioOverview, currency: str) -> str:
    losses = sorted(Horizon.IN_YEAR.reasons(overview).items(), key=lambda one: -one[1])
    exchange = Horizon.IN_YEAR.exchange(overview.total)
    gain = Horizon.IN_YEAR.gain(overview.total)
    if losses and losses[0][1] > 0:
        reason, lost = losses[0]
        unstated = reason is LeakReason.UNSTATED
        told = "nobody has given a reason for" if unstated else f"{LEAKAGE_LABELS[reason].lower()} takes"
        rest = f", gains bring {money(gain, currency)}" if gain else ""
        return f"{told} {money(lost, currency)}{rest}"
    if gain:
        return f"gains bring {money(gain, currency)} and nothing is lost"
    if exchange:
        return f"exchange rates made {money(exchange, currency)}"
    return "every measure is as planned"


def things_to_know(
    overview: PortfolioOverview,
    figures: FigureSettings,
    variances: Sequence[MeasureRow],
    steering: Sequence[SteeringRow],
    warnings: Sequence[str],
) -> tuple[tuple[str, str], ...]:
    """The first three that apply, each with what it is about; the order is that of what misleads most."""
    currency, total = figures.currency, overview.total
    found: list[tuple[str, str]] = []
    if warnings:
        found.append(("These figures may be out of date.", " ".join(warnings)))
    stopped = [row.measure for row in steering if row.stopped]
    if stopped:
        verb = "has" if len(stopped) == 1 else "have"
        head = f"{count(len(stopped), 'measure')} {verb} been stopped by the kill switch."
        found.append((head, f"{_names(stopped)}. Somebody has to cancel or resume."))
    misleading = overview.by_status.get(("green", "red"))
    if misleading:
        verb = "reports" if misleading.measures == 1 else "report"
        head = f"{count(misleading.measures, 'measure')} {verb} green work while the benefit is red."
        rate = money(misleading.amounts.run_rate_plan, currency)
        detail = f"Planned run-rate {rate} a year: the work is on schedule, and the money will not come."
        found.append((head, detail))
    if variances:
        row = variances[0]
        head = f"{row.key} misses its plan by {money(-(row.amounts.variance or ZERO), currency)}, the most of all."
        reason, owner = row.deviation_reason or "no reason given yet", row.owner or "nobody named"
        found.append((head, f"{row.title or ''}: {reason}. Owner: {owner}."))
    if total.held_up:
        verb, it = ("is", "it") if total.held_up == 1 else ("are", "them")
        head = f"{total.held_up:,} of {count(total.measures, 'measure')} {verb} held up at a gate."
        benefit = money(total.amounts.delayed_benefit or ZERO, currency)
        found.append((head, f"{benefit} of benefit still to come in {figures.year.label} wait with {it}."))
    found += _less(overview, currency)
    if not found:
        found.append(("Nothing needs the committee's attention.", "No loss, no shut gate, and nothing left out."))
    return tuple(found[:3])


def _less(overview: PortfolioOverview, currency: str) -> list[tuple[str, str]]:
    found = []
    for reason in (LeftOut.NO_RATE, LeftOut.NOT_GOVERNABLE, LeftOut.NO_FORECAST, LeftOut.NO_PLAN):
        sums = overview.left_out.get(reason)
        if sums and sums.measures:
            found.append(
                (
                    (
                        f"{count(sums.measures, 'measure')} {'is' if sums.measures == 1 else 'are'} in no total: "
                        f"{LEFT_OUT_TEXTS[reason]}."
                    ),
                    (
                        f"Planned EBITDA effect of {'it' if sums.measures == 1 else 'them'}: "
                        f"{money(sums.amounts.ebitda_plan, currency)}."
                    ),
                )
            )
    unsigned = overview.total.amounts.unvalidated
    if unsigned:
        claimed = overview.total.amounts.claimed
        found.append(
            (
                f"{money(unsigned, currency)} of booked benefit are signed by nobody.",
                f"Booked are {money(claimed, currency)}: the controllers have still to confirm the rest.",
            )
        )
    return found


def _names(rows: Sequence[MeasureRow]) -> str:
    named = ", ".join(f"{row.key} {row.title or ''}".strip() for row in rows[:3])
    return f"{named} and {len(rows) - 3} more" if len(rows) > 3 else named
