"""``/services``: what each service costs by the unit, what the demand is, and what is in its way."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.finance.files.limits import FileRefused
from connector.finance.service_values import read_values_file, save_values
from connector.people.permissions import Role, Viewer
from connector.store.service_portfolio.definitions import name_hurdle
from connector.store.service_portfolio.queries import (
    SORTS,
    ServiceFilters,
    StoredService,
    business_units,
    get_service,
    list_services,
    measures_of,
    seen_measures,
    sentence_for,
    totals,
)
from governance.codes import CODES
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.person_filter import asked_person
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.first_lines.services import service_line, services_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats
from webhook_server.permission import Reach

ROWS = 50
MOST_HURDLE = 500
STATING_ROLES = (Role.CONTROLLER, Role.OFFICE)


def service(_: Services) -> Blueprint:
    blueprint = Blueprint("service", __name__, url_prefix="/services")
    reads = requires_role(*MEASURE_READERS)
    blueprint.add_url_rule("", "index", reads(index))
    blueprint.add_url_rule("/<key>", "show", reads(show))
    whole = requires_role(*STATING_ROLES, reach=Reach.ORGANISATION)
    blueprint.add_url_rule("/values", "state_values", whole(state_values), methods=["POST"])
    part = requires_role(*STATING_ROLES, reach=Reach.PART)
    blueprint.add_url_rule("/<key>/hurdle", "hurdle", part(hurdle), methods=["POST"])
    return blueprint


def index() -> ResponseReturnValue:
    """All services that somebody may see, a page of them."""
    return _list()


def _list(problems: tuple[str, ...] = ()) -> str:
    viewer = current_viewer()
    wanted = {name: request.args.get(name, "").strip()[:200].replace("\x00", "") for name in ("code", "unit", "text")}
    codes, units = ([wanted[name]] if wanted[name] else [] for name in ("code", "unit"))
    person = asked_person()
    filters = ServiceFilters(codes, units, wanted["text"] or None, owner=person or None)
    sort = request.args.get("sort", "key").removeprefix("-")
    sort = sort if sort in SORTS else "key"
    after = request.args.get("after", "")
    if sort != "key":
        after = after if after.isdecimal() and len(after) < 7 else "0"
    with current_services().read_as(viewer) as connection:
        rows = list_services(connection, viewer, filters, sort, after or None, ROWS, months=False)
        sums = totals(connection, viewer, filters)
        gone = replace(filters, left=True)
        left = list_services(connection, viewer, gone, limit=ROWS, months=False) if sums.left else []
        units = business_units(connection, viewer)
    more = len(rows) > ROWS
    shown = rows[:ROWS]
    currency = next((one.report.currency for one in (*shown, *left) if one.report), "")
    following = (str(int(after) + ROWS) if sort != "key" else shown[-1].definition.key) if more else None
    return render_template(
        "service/index.html",
        services=shown,
        sums=sums,
        summary=services_line(sums, currency, filtered=any((*wanted.values(), person)), formats=formats()),
        left=left[:ROWS],
        units=units,
        wanted=wanted,
        person=person,
        sort=sort,
        following=following,
        codes=CODES,
        problems=problems,
        may_state=viewer.holds_everywhere(STATING_ROLES),
        currency=currency,
    )


def show(key: str) -> ResponseReturnValue:
    """One service: its three questions, its months, and what is reported of it."""
    viewer = current_viewer()
    with current_services().read_as(viewer) as connection:
        found = get_service(connection, viewer, key[:200].replace("\x00", ""))
        if found is None:
            abort(404, "There is no such service that you may see.")
        findings = found.report.findings if found.report else ()
        seen = seen_measures(connection, {one for finding in findings for one in finding.measures})
        measures = measures_of(connection, found.definition.key)
    return render_template(
        "service/show.html",
        service=found,
        report=found.report,
        definition=found.definition,
        summary=service_line(found.definition, found.report, formats()),
        sentences=[(finding, sentence_for(finding, seen)) for finding in findings],
        measures=measures,
        may_state=_may_state(viewer, found),
    )


def hurdle(key: str) -> ResponseReturnValue:
    """Say what is in the way of a service, or that nothing is."""
    viewer, here, now = current_viewer(), current_services(), system_clock()
    with here.read_as(viewer) as connection:
        found = get_service(connection, viewer, key[:200].replace("\x00", ""))
    if found is None or not _may_state(viewer, found):
        abort(404, "There is no such service that you may change.")
    said = " ".join(request.form.get("hurdle", "").replace("\x00", "").split())[:MOST_HURDLE]
    if not said:
        abort(400, "Say what is in the way of the service, or that nothing is.")
    with here.engine.begin() as transaction:
        name_hurdle(transaction, found.definition.key, said, viewer.login, now)
    flash("Stored. The figures follow within seconds.", "good")
    return redirect(url_for("service.show", key=key), 303)


def state_values() -> ResponseReturnValue:
    """A file of demand or KPI values: stored as a whole, or not at all."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    name = (upload.filename or "file") if upload is not None else ""
    if not content:
        return _list(("Choose a file first.",)), 422
    try:
        stated = read_values_file(name, content)
    except FileRefused as error:
        return _list((page_text(error),)), 422
    if isinstance(stated, str):
        return _list((stated,)), 422
    result = save_values(current_services().engine, stated, name[:200], current_viewer().login, system_clock())
    if result.problems:
        return _list(("Nothing was stored: correct these lines first.", *map(str, result.problems))), 422
    flash(f"{len(stated)} values read, {result.changed} of them new or changed.", "good")
    return redirect(url_for("service.index"), 303)


def _may_state(viewer: Viewer, found: StoredService) -> bool:
    place = tuple(level for level in (found.portfolio, found.program) if level)
    return viewer.holds_for(STATING_ROLES, place, found.legal_entity)
