"""Why each of the two statuses has its colour, as a person reads it beside the colour."""

from __future__ import annotations

from governance.time_text import day_text
from governance.verdict import Colour, Status, Verdict


def status_reasons(verdict: Verdict) -> tuple[str, str]:
    """One sentence for the work and one for the money, with the present amounts and the agreed dates."""
    state = verdict.measure_state
    work, money = [_reason("Implementation", verdict.implementation)], [_reason("Potential", verdict.potential)]
    end = state.plan.terms.end if state.plan is not None and state.plan.terms is not None else None
    shown = verdict.implementation
    if end is not None and shown.colour is not Colour.GREEN and shown.named_end != end:
        work.append(f"the agreed end is {end}")
    if state.red_since is not None and verdict.potential.colour is Colour.RED:
        money.append(f"red since {day_text(state.red_since)}")
    if verdict.deviation is not None and not verdict.deviation.reason:
        unanswered = f"nobody has given the reason since {day_text(verdict.deviation.since)}"
        work += [unanswered] if verdict.deviation.slip_days else []
        money += [unanswered] if verdict.deviation.checks else []
    return "; ".join(work), "; ".join(money)


def unmapped_reasons(verdict: Verdict, *, work: bool, money: bool) -> list[str]:
    """The reasons of statuses that are shown (``work``, ``money``) and are not green, for the list of blockers."""
    shown = zip((work, money), (verdict.implementation, verdict.potential), status_reasons(verdict), strict=True)
    return [text for is_shown, status, text in shown if is_shown and status.colour is not Colour.GREEN]


def _reason(name: str, status: Status) -> str:
    return f"{name} {status.colour.value.capitalize()}: {status.reason}"
