"""``/tradeoffs``: what could be deferred, paused or stopped, scenarios, two of them side by side, and proposals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.measures.proposals import Decision, accept, choose, decline, withdraw
from connector.measures.tradeoffs import (
    DEFAULT_MONTHS,
    MOST_MONTHS,
    Asked,
    NotAsked,
    asked_by,
    choices_of,
    figures_now,
    find_scenario,
    may_save,
    save_scenario,
    tradeoffs,
)
from connector.people.permissions import CHOOSING_ROLES, SCENARIO_ROLES
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.scenarios import ProposalState, Scenario, proposals, scenarios
from connector.sync.command_submission import SubmissionChannel
from governance.levers import Lever, lever_text
from governance.scenario import Choice, compare_scenarios
from governance.tradeoffs import Goal, agreement_text
from webhook_server.admin.as_known import requested_day
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.person_filter import asked_person, is_named
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.first_lines.tradeoffs import compared_line, scenario_line, tradeoffs_line
from webhook_server.pages import formats

GOALS = (
    (Goal.MARGIN.value, "the result of the fiscal year"),
    (Goal.BUDGET.value, "the budget of the fiscal year (one-off cost and capex)"),
    (Goal.CAPACITY.value, "capacity (hours a month)"),
)
SHOWN = 100
"""Candidates that the page lists."""


def tradeoff_pages(_: Services) -> Blueprint:
    blueprint = Blueprint("tradeoffs", __name__, url_prefix="/tradeoffs")
    reads, saves, chooses = (requires_role(*each) for each in (MEASURE_READERS, SCENARIO_ROLES, CHOOSING_ROLES))
    blueprint.add_url_rule("", "index", reads(index))
    blueprint.add_url_rule("/compare", "compare", reads(compare))
    blueprint.add_url_rule("/scenarios", "save", saves(save), methods=["POST"])
    blueprint.add_url_rule("/scenarios/<int:number>", "show", reads(show))
    blueprint.add_url_rule("/scenarios/<int:number>/choose", "choose", chooses(choose_scenario), methods=["POST"])
    for name, view in (("accept", accept_proposal), ("decline", decline_proposal), ("withdraw", withdraw_proposal)):
        blueprint.add_url_rule(f"/proposals/<int:number>/{name}", name, reads(view), methods=["POST"])
    return blueprint


def index() -> ResponseReturnValue:
    """The ranked list, and the scenarios that were saved."""
    return _page(request.args)


def _page(given: Mapping[str, str], error: str = "", status: int = 200) -> ResponseReturnValue:
    here, viewer = current_services(), current_viewer()
    answer = None
    try:
        asked = asked_of(given)
        answer = tradeoffs(here, viewer, asked)
    except NotAsked as problem:
        error = error or str(problem)
    with here.read_as(viewer) as connection:
        saved = scenarios(connection, limit=50)
        filters = PortfolioFilters(portfolio=given.get("portfolio") or None)
        names = Portfolio(connection, viewer, filters).choices()
    person = asked_person()
    candidates = [
        one
        for one in (answer.ranking.candidates if answer else ())
        if is_named(person, (each.name for each in one.agreements))
    ]
    page = render_template(
        "tradeoffs/index.html", answer=answer, person=person, candidates=candidates, given=given, error=error,
        goals=GOALS, names=names, saved=saved,
        shown=SHOWN, default_months=DEFAULT_MONTHS, most_months=MOST_MONTHS, may_save=may_save(viewer),
        agreement_text=agreement_text, lever_text=lever_text,
        summary=tradeoffs_line(answer.ranking if answer else None, formats()),
        proposed={(one.id, one.lever) for one in answer.ranking.proposed} if answer else set(),
    )  # fmt: skip
    return page, status


def save() -> ResponseReturnValue:
    """Save what was ticked as a scenario."""
    form = request.form
    people = form.get("people", "")[:2_000].split(",")
    try:
        asked, choices = asked_of(form), _choices(form.getlist("choice"))
        made = save_scenario(
            current_services(), current_viewer(), form.get("name", ""), people, asked, choices, system_clock()
        )
    except NotAsked as problem:
        return _page(form, str(problem), 422)
    flash(f"The scenario {made.name} is saved. No measure is changed.", "good")
    return redirect(url_for("tradeoffs.show", number=made.id), 303)


def show(number: int) -> str:
    """One scenario: as it was saved, as it is now, and what became of its proposals."""
    here, viewer = current_services(), current_viewer()
    found = _found(number)
    with here.read_as(viewer) as connection:
        made = proposals(connection, scenario=number)
        others = [one for one in scenarios(connection, limit=50) if one.id != number]
    try:
        present = figures_now(here, viewer, asked_by(found), choices_of(found))
    except NotAsked:
        present = None
    return render_template(
        "tradeoffs/scenario.html", scenario=found, figures=found.figures, present=present, proposals=made,
        others=others, goals=dict(GOALS), agreement_text=agreement_text, lever_text=lever_text,
        summary=scenario_line(found.figures, formats()),
        may_choose=viewer.is_any(CHOOSING_ROLES) and found.may_be_chosen, states=ProposalState,
    )  # fmt: skip


def compare() -> str:
    """Two scenarios side by side, with the figures that each was saved with."""
    one, other = (_found(_number(request.args.get(name, ""))) for name in ("one", "other"))
    return render_template(
        "tradeoffs/compare.html", one=one, other=other, compared=compare_scenarios(one.figures, other.figures),
        lever_text=lever_text, summary=compared_line(one.name, one.figures, other.name, other.figures, formats()),
    )  # fmt: skip


def choose_scenario(number: int) -> ResponseReturnValue:
    """Make the proposals of a scenario."""
    try:
        done = choose(current_services(), current_viewer(), _found(number), system_clock())
    except NotAsked as problem:
        flash(str(problem), "bad")
    else:
        _tell(done)
    return redirect(url_for("tradeoffs.show", number=number), 303)


def accept_proposal(number: int) -> ResponseReturnValue:
    """Give it as one's own command."""
    _tell(accept(current_services(), current_viewer(), number, SubmissionChannel.PAGE, system_clock()))
    return redirect(url_for("work.index"), 303)


def decline_proposal(number: int) -> ResponseReturnValue:
    """Say no, with the reason."""
    reason = request.form.get("reason", "")
    _tell(decline(current_services(), current_viewer(), number, reason, system_clock()))
    return redirect(url_for("work.index"), 303)


def withdraw_proposal(number: int) -> ResponseReturnValue:
    """Take one's own proposal back."""
    with current_services().read_as(current_viewer()) as connection:
        found = next(iter(proposals(connection, number=number)), None)
    _tell(withdraw(current_services(), current_viewer(), number, system_clock()))
    if found is None:
        return redirect(url_for("tradeoffs.index"), 303)
    return redirect(url_for("tradeoffs.show", number=found.scenario), 303)


def asked_of(given: Mapping[str, str]) -> Asked:
    """From an address or form.  Raises NotAsked."""
    goal, months, need = (given.get(name, "").strip() for name in ("goal", "months", "need"))
    if goal and goal not in {one.value for one in Goal}:
        raise NotAsked(f'"{goal[:40]}" is nothing to preserve: choose one of those listed.')
    if months and not (months.isascii() and months.isdigit() and len(months) < 5):
        raise NotAsked(f"Put something off by 1 to {MOST_MONTHS} months.")
    portfolio, program, slips = (
        given.get(name, "").replace("\x00", "")[:200] for name in ("portfolio", "program", "slips")
    )
    return Asked(
        Goal(goal) if goal else Goal.MARGIN,
        _need(need),
        int(months) if months else DEFAULT_MONTHS,
        portfolio or None,
        program or None,
        slips,
        requested_day(given),
    )


def _need(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        found = Decimal(text.replace(",", "").replace(" ", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found < Decimal(10) ** 15:
        raise NotAsked(f'"{text[:40]}" is no amount: write 250000 or 250000.50.')
    return found


def _choices(ticked: Iterable[str]) -> list[Choice]:
    """From values as ``measure|lever|months``."""
    found = []
    for one in ticked:
        rest, _, months = one.replace("\x00", "").rpartition("|")
        measure, _, lever = rest.rpartition("|")
        if lever not in {each.value for each in Lever}:
            raise NotAsked("Choose from the list.")
        found.append(Choice(measure[:300], Lever(lever), _number(months)))
    return found


def _found(number: int) -> Scenario:
    found = find_scenario(current_services(), current_viewer(), number)
    if found is None:
        abort(404, "There is no such scenario, or it names a measure that you may not see.")
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _tell(done: Decision) -> None:
    flash(done.text, "good" if done.is_done else "bad")
