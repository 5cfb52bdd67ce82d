"""``/trace``: what a number is made of, down to the file or record; and what money depends on a ticket."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from sqlalchemy import Connection

from connector.bootstrap import Services, system_clock
from connector.measures.committed_stages import committed_stages
from connector.measures.usable_rates import usable_rates
from connector.people.permissions import Viewer
from connector.store.database.row_level_access import Plans
from connector.store.reporting.known_filters import unknown_place
from connector.store.reporting.portfolio_filters import FILTER_LABELS, HIERARCHY_LEVELS, PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from connector.store.reporting.refused_demands import refused_demands
from connector.store.reporting.trace import DEFAULT_FIGURE, entries_of, trace_down, trace_up
from governance.outcomes import REFUSED_TARGET
from governance.roll_up import AMOUNTS
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.person_filter import asked_person, is_named
from webhook_server.admin.portfolio_request import LONGEST_SHOWN, one_of, refuse, unknown_sentence
from webhook_server.admin.portfolio_view import PART_NAMES
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.first_lines.trace import Traced, refused_line, ticket_line, traced_line
from webhook_server.pages import formats


def trace(_: Services) -> Blueprint:
    blueprint = Blueprint("trace", __name__, url_prefix="/trace")
    reads = requires_role(*MEASURE_READERS)
    blueprint.add_url_rule("", "index", reads(index))
    blueprint.add_url_rule("/ticket", "ticket", reads(ticket))
    blueprint.add_url_rule("/refused", "refused", reads(refused))
    return blueprint


def index() -> str:
    """One step down from a total, or the ledger lines of a measure."""
    viewer = current_viewer()
    path = _path()
    figure = one_of(request.args, "figure", AMOUNTS) or DEFAULT_FIGURE
    measure = request.args.get("measure", "")[:300].replace("\x00", "")
    with current_services().read_as(viewer) as connection:
        found = trace_down(connection, viewer, figure, path)
        if found is not None:
            _require_known(connection, viewer, path, measure)
        entries = entries_of(connection, measure) if measure else ()
    named = next((one.name for one in found.parts if one.measure == measure), measure) if found else measure
    return render_template(
        "trace/index.html",
        found=found,
        figures=AMOUNTS,
        figure_names=PART_NAMES,
        levels=HIERARCHY_LEVELS,
        path=path,
        measure=measure,
        named=named,
        summary=(
            traced_line(PART_NAMES[found.figure], found.total, found.currency, " / ".join(path), formats())
            if found
            else Traced.NONE
        ),
        entries=entries,
    )


def ticket() -> str:
    """The money that depends on a ticket."""
    viewer, here = current_viewer(), current_services()
    key = request.args.get("key", "").strip()[:200].replace("\x00", "")
    config = here.active_config()
    with here.read_as(viewer, Plans.KEPT) as connection:
        rows = trace_up(connection, key) if key else ()
    currency = config.reporting_currency if config else ""
    return render_template(
        "trace/ticket.html", key=key, rows=rows, currency=currency,
        summary=ticket_line(key, [one.ebitda_plan for one in rows], currency, formats()),
    )  # fmt: skip


def refused() -> str:
    """Demands that were refused, and what was approved against its own rules."""
    viewer, here = current_viewer(), current_services()
    config = here.active_config()
    currency = config.reporting_currency if config else ""
    rates = usable_rates(here.rates.rates(), config, system_clock().date())
    with here.read_as(viewer) as connection:
        target = config.policy.refused_target if config else REFUSED_TARGET
        found = refused_demands(connection, committed_stages(config), rates, currency, target)
    person = asked_person()
    return render_template(
        "trace/refused.html",
        found=found,
        target=target,
        currency=currency,
        summary=refused_line(found, currency, formats()),
        person=person,
        demands=[one for one in found.demands if is_named(person, (one.owner, one.by))],
        against=[one for one in found.against_rules if is_named(person, [one.owner])],
    )


def _require_known(connection: Connection, viewer: Viewer, path: tuple[str, ...], measure: str) -> None:
    """Answers 422 for a place or a measure that there is not."""
    place = unknown_place(connection, viewer, path)
    if place is not None:
        refuse(unknown_sentence(FILTER_LABELS[place.name], place.value, place.known))
    if measure and PortfolioLists(connection, viewer, PortfolioFilters()).measure(measure) is None:
        refuse(f'Measure: nothing has the id "{measure[:LONGEST_SHOWN]}". Choose it from the parts of its package.')


def _path() -> tuple[str, ...]:
    """The names of an address.  Answers 422 for a gap."""
    path: list[str] = []
    for level in HIERARCHY_LEVELS:
        name = request.args.get(level)
        if name is None:
            break
        path.append(name[:200].replace("\x00", ""))
    for level in HIERARCHY_LEVELS[len(path) :]:
        if level in request.args:
            refuse(f"{level.capitalize()}: name the {HIERARCHY_LEVELS[len(path)]} that it is in as well.")
    return tuple(path)
