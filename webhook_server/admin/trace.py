"""``/trace``: what a number is made of, down to the file or record; and what money depends on a ticket."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from connector.bootstrap import Services, system_clock
from connector.measures.committed_stages import committed_stages
from connector.measures.usable_rates import usable_rates
from connector.store.reporting.portfolio_filters import HIERARCHY_LEVELS
from connector.store.reporting.refused_demands import TARGET, refused_demands
from connector.store.reporting.trace import DEFAULT_FIGURE, entries_of, trace_down, trace_up
from governance.roll_up import AMOUNTS
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services


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
    measure = request.args.get("measure", "")[:300].replace("\x00", "")
    with current_services().read_as(viewer) as connection:
        found = trace_down(connection, viewer, request.args.get("figure", DEFAULT_FIGURE), path)
        entries = entries_of(connection, measure) if measure else ()
    named = next((one.name for one in found.parts if one.measure == measure), measure) if found else measure
    return render_template(
        "trace/index.html",
        found=found,
        figures=AMOUNTS,
        levels=HIERARCHY_LEVELS,
        path=path,
        measure=measure,
        named=named,
        entries=entries,
    )


def ticket() -> str:
    """The money that depends on a ticket."""
    viewer, here = current_viewer(), current_services()
    key = request.args.get("key", "").strip()[:200].replace("\x00", "")
    config = here.active_config()
    with here.read_as(viewer) as connection:
        rows = trace_up(connection, key) if key else ()
    return render_template(
        "trace/ticket.html", key=key, rows=rows, currency=config.reporting_currency if config else ""
    )


def refused() -> str:
    """Demands that were refused, and what was approved against its own rules."""
    viewer, here = current_viewer(), current_services()
    config = here.active_config()
    currency = config.reporting_currency if config else ""
    rates = usable_rates(here.rates.rates(), config, system_clock().date())
    with here.read_as(viewer) as connection:
        found = refused_demands(connection, committed_stages(config), rates, currency)
    return render_template("trace/refused.html", found=found, target=TARGET, currency=currency)


def _path() -> tuple[str, ...]:
    """The names of an address, as far as it has no gap."""
    path: list[str] = []
    for level in HIERARCHY_LEVELS:
        name = request.args.get(level)
        if name is None:
            break
        path.append(name[:200].replace("\x00", ""))
    return tuple(path)
