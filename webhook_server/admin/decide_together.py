"""``/approvals``: several approvals at once, each with what is agreed to, the largest amount first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from connector.bootstrap import MappingCache, Services
from connector.people.permissions import Viewer
from governance.evidence import Verb
from webhook_server.admin.agreed_terms import AgreedTerms, agreed_to
from webhook_server.admin.measure import MeasureFinder
from webhook_server.admin.measure_actions import FIGURES_CHANGED, ActionRequest, requested_action, submit_as_shown
from webhook_server.admin.measure_view import gate_view
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.work import together_line
from webhook_server.pages import formats

MAX_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One approval that somebody has chosen."""

    name: str
    """As the form names it: the measure's id and the stage."""
    requested: ActionRequest | None
    terms: AgreedTerms | None
    problem: str = ""
    """Why it cannot be given now."""

    @property
    def order(self) -> tuple[str, Decimal, str]:
        """The largest amount first; amounts of several currencies are not compared."""
        size = self.terms.size if self.terms is not None else None
        return (size.currency, -abs(size.amount), self.name) if size is not None else ("~", Decimal(0), self.name)

    @property
    def open_conditions(self) -> int:
        """Conditions that are open besides approvals."""
        if self.requested is None:
            return 0
        gate = gate_view(self.requested.snapshot.verdict, ())
        return sum(not condition.approval for condition in gate.open_conditions)


def together(services: Services) -> Blueprint:
    blueprint = Blueprint("together", __name__, url_prefix="/approvals")
    finder = MeasureFinder(services, MappingCache(services.mappings))

    @blueprint.get("")
    @requires_role(*MEASURE_READERS)
    def approve() -> str:
        """What the chosen approvals mean, before they are given."""
        return _page(_choices(services, finder, current_viewer(), request.args.getlist("task")))

    @blueprint.post("")
    @requires_role(*MEASURE_READERS)
    def give() -> ResponseReturnValue:
        """Give those that stand as they were shown; the others are shown again with what is in the way."""
        viewer = current_viewer()
        choices = _choices(services, finder, viewer, request.form.getlist("task"))
        given, left = 0, list[Choice]()
        for choice in choices:
            problem = choice.problem or _give(services, viewer, choice)
            if problem:
                left.append(Choice(choice.name, choice.requested, choice.terms, problem))
            else:
                given += 1
        if given:
            flash(f"{given} {'approval was' if given == 1 else 'approvals were'} given; each is judged now.", "good")
        if left:
            return _page(left), 409
        return redirect(url_for("work.index"), 303)

    return blueprint


def _give(services: Services, viewer: Viewer, choice: Choice) -> str:
    """Why it was not given; empty when it was."""
    requested = choice.requested
    if requested is None:
        return choice.problem
    if request.form.get(f"fingerprint-{choice.name}") != requested.fingerprint:
        return FIGURES_CHANGED
    refused = submit_as_shown(services, requested, viewer, {})
    return f"{refused.problem} {refused.hint}".strip() if refused is not None else ""


def _choices(services: Services, finder: MeasureFinder, viewer: Viewer, names: Iterable[str]) -> list[Choice]:
    found = [_choice(services, finder, viewer, name) for name in list(dict.fromkeys(names))[:MAX_TOGETHER]]
    return sorted(found, key=lambda choice: choice.order)


def _choice(services: Services, finder: MeasureFinder, viewer: Viewer, name: str) -> Choice:
    measure, _, stage = name.rpartition("|")
    try:
        requested = requested_action(services, finder, viewer, measure, Verb.APPROVE.value, {"stage": stage})
    except HTTPException as error:
        # One that somebody else has decided meanwhile does not keep the others from being given.
        return Choice(name, None, None, error.description or "This action is no longer available.")
    problem = "" if requested.action.allowed else requested.action.problem or f"{requested.action.who} may."
    return Choice(name, requested, agreed_to(requested.snapshot, requested.policy), problem)


def _page(choices: list[Choice]) -> str:
    ready = sum(not choice.problem for choice in choices)
    return render_template(
        "work/approve.html", choices=choices, summary=together_line(len(choices), ready, formats())
    )  # fmt: skip
