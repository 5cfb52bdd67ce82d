"""``/waiting``: where the benefit of measures waits, and what would free most of it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.finance.capacity_file import read_capacity_file, save_hours
from connector.finance.files.limits import FileRefused
from connector.people.permissions import Role
from connector.store.reporting.capacity import capacity
from connector.store.reporting.value_waits import WaitFilters, proposals, value_at_places, waiting_at
from connector.store.reporting.waiting_csv import places_csv
from governance.money import Period
from governance.waits import PlaceKind
from mapping.policy import weekly_hours
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.csv_rows import BYTE_ORDER_MARK
from webhook_server.first_lines.waiting import capacity_line, waiting_line
from webhook_server.pages import formats
from webhook_server.permission import Reach

STATING_ROLES = (Role.CONTROLLER, Role.OFFICE)
MONTHS_BACK, MONTHS_SHOWN = 5, 9


def waiting(_: Services) -> Blueprint:
    blueprint = Blueprint("waiting", __name__, url_prefix="/waiting")
    reads = requires_role(*MEASURE_READERS)
    blueprint.add_url_rule("", "index", reads(index))
    blueprint.add_url_rule("/places.csv", "places", reads(places))
    blueprint.add_url_rule("/capacity", "capacity", reads(show_capacity))
    whole = requires_role(*STATING_ROLES, reach=Reach.ORGANISATION)
    blueprint.add_url_rule("/capacity", "state_hours", whole(state_hours), methods=["POST"])
    return blueprint


def index() -> str:
    """The places by what waits there, with what could be done."""
    filters, currency = _filters(), _currency()
    with current_services().read_as(current_viewer()) as connection:
        found = value_at_places(connection, currency, filters)
        measures = waiting_at(connection, currency, found.places)
        proposed = proposals(connection, currency, found.places, waiting=measures)
    return render_template(
        "waiting/index.html", found=found, measures=measures, proposals=proposed, filters=filters, currency=currency,
        kinds=tuple(PlaceKind), today=system_clock(),
        summary=waiting_line(found, currency, formats(), filtered=filters != WaitFilters()),
    )  # fmt: skip


def places() -> Response:
    """All places as a CSV."""
    filters, currency = _filters(), _currency()
    with current_services().read_as(current_viewer()) as connection:
        found = value_at_places(connection, currency, filters, 100_000)
    headers = {"Content-Disposition": 'attachment; filename="where-value-waits.csv"'}
    return Response(BYTE_ORDER_MARK + places_csv(found.places, currency), mimetype="text/csv", headers=headers)


def show_capacity() -> ResponseReturnValue:
    """Hours that are planned against hours that were logged, by team and month."""
    return _capacity_page()


def state_hours() -> ResponseReturnValue:
    """A file of hours of teams: stored as a whole, or not at all."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    name = (upload.filename or "file") if upload is not None else ""
    if not content:
        return _capacity_page(("Choose a file first.",)), 422
    try:
        stated = read_capacity_file(name, content)
    except FileRefused as error:
        return _capacity_page((str(error),)), 422
    if isinstance(stated, str):
        return _capacity_page((stated,)), 422
    result = save_hours(current_services().engine, stated, name[:200], current_viewer().login, system_clock())
    if result.problems:
        return _capacity_page(("Nothing was stored: correct these lines first.", *map(str, result.problems))), 422
    flash(f"{len(stated)} hours read, {result.changed} of them new or changed.", "good")
    return redirect(url_for("waiting.capacity"), 303)


def _capacity_page(problems: tuple[str, ...] = ()) -> str:
    here, viewer = current_services(), current_viewer()
    first = shown_month(request.args.get("first", ""), Period.of(system_clock().date()).plus(-MONTHS_BACK))
    config = here.active_config()
    with here.read_as(viewer) as connection:
        rows = capacity(connection, first, first.plus(MONTHS_SHOWN - 1), weekly_hours(config))
    return render_template(
        "waiting/capacity.html", rows=rows, first=first, last=first.plus(MONTHS_SHOWN - 1), problems=problems,
        weekly=weekly_hours(config).others, may_state=viewer.holds_everywhere(STATING_ROLES),
        sees_hours=viewer.sees_everything, summary=capacity_line(rows, first, first.plus(MONTHS_SHOWN - 1), formats()),
    )  # fmt: skip


def shown_month(written: str, otherwise: Period) -> Period:
    try:
        return Period.parse(written)
    except ValueError:
        return otherwise


def _filters() -> WaitFilters:
    kind = request.args.get("kind", "")
    text = request.args.get("text", "").strip()[:200].replace("\x00", "")
    return WaitFilters(PlaceKind(kind) if kind in set(PlaceKind) else None, text)


def _currency() -> str:
    config = current_services().active_config()
    return config.reporting_currency if config else ""
