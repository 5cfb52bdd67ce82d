"""``/outcomes``: objectives with their key results, what serves them, and what serves none."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.finance.files.limits import FileRefused
from connector.finance.objectives_file import WrongLine, read_objectives_file
from connector.measures.usable_rates import usable_rates
from connector.people.permissions import Role
from connector.store.service_portfolio.objectives import (
    NOTHING,
    coverage,
    fiscal_months,
    read_objectives,
    serving,
    store_objectives,
    unserved_services,
    unstated_names,
)
from governance.facts import known
from governance.outcomes import Objective, progress_by_objective, share, whole_coverage
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.person_filter import asked_person, is_named
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.first_lines.outcomes import outcomes_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats
from webhook_server.permission import Reach

STATING_ROLES = (Role.CONTROLLER, Role.OFFICE)
MOST_SERVING = 5
"""Measures and services of one objective that the page names."""


def outcomes(_: Services) -> Blueprint:
    blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")
    blueprint.add_url_rule("", "index", requires_role(*MEASURE_READERS)(index))
    whole = requires_role(*STATING_ROLES, reach=Reach.ORGANISATION)
    blueprint.add_url_rule("/objectives", "state", whole(state), methods=["POST"])
    return blueprint


def index() -> ResponseReturnValue:
    """The tree of objectives, and the coverage of the fiscal year."""
    return _page()


def state() -> ResponseReturnValue:
    """A file of objectives: in place of those that files stated before."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    try:
        stated = read_objectives_file("objectives.csv", content) if content else ()
    except (FileRefused, WrongLine) as error:
        return _page(page_text(error)), 422
    if not stated:
        return _page("Choose a file with at least one objective."), 422
    with current_services().engine.begin() as transaction:
        refused = store_objectives(transaction, stated, "file", current_viewer().login, system_clock())
    if refused:
        flash(f"The mapping or a program states {', '.join(refused)}: left as it is there.", "warn")
    flash(f"{len(stated) - len(refused)} objectives stored.", "good")
    return redirect(url_for("outcomes.index"), 303)


def _page(error: str = "") -> str:
    here, viewer, today = current_services(), current_viewer(), system_clock().date()
    config = here.active_config()
    first, last = fiscal_months(today, config.fiscal_year_start if config else 1)
    currency = config.reporting_currency if config else ""
    rates = usable_rates(here.rates.rates(), config, today)
    with here.read_as(viewer) as connection:
        objectives = read_objectives(connection)
        served = serving(connection, [one.key for one in objectives], MOST_SERVING)
        teams, missing = coverage(connection, first, last, rates, currency) if config else ((), ())
        services, cost = unserved_services(connection)
        unstated = unstated_names(connection, MOST_SERVING)
    progress = progress_by_objective(objectives)
    person, whole = asked_person(), whole_coverage(teams)
    rows = [row for row in _tree(objectives) if is_named(person, [row[1].owner])]
    return render_template(
        "outcomes/index.html",
        rows=rows,
        summary=outcomes_line(
            len(rows), whole, first, last, currency, formats(), stated=bool(objectives), person=person
        ),
        person=person,
        progress={key: known(one) for key, one in progress.items()},
        reasons={key: getattr(one, "reason", "") for key, one in progress.items()},
        served=served,
        nothing=NOTHING,
        teams=[team for team in teams if is_named(person, team.owners)],
        whole=whole,
        share=share,
        known=known,
        missing=missing,
        first=first,
        last=last,
        currency=currency,
        services=services,
        unstated=unstated,
        any_stated=bool(objectives),
        service_cost=cost,
        error=error,
        may_state=viewer.holds_everywhere(STATING_ROLES),
    )


def _tree(objectives: tuple[Objective, ...]) -> list[tuple[int, Objective]]:
    """Each objective below its parent, with its depth; one whose parent is not there stands at the top."""
    keys = {one.key for one in objectives}
    below: dict[str, list[Objective]] = {}
    for one in objectives:
        below.setdefault(one.parent if one.parent in keys and one.parent != one.key else "", []).append(one)
    found: list[tuple[int, Objective]] = []

    def add(parent: str, depth: int) -> None:
        for one in below.get(parent, ()):
            found.append((depth, one))
            add(one.key, depth + 1)

    add("", 0)
    # What stands below itself is in no tree; it is listed all the same.
    listed = {one.key for _, one in found}
    return [*found, *((0, one) for one in objectives if one.key not in listed)]
