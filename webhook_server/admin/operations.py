"""``/operations``: whether everything is well, the dead letters with their causes, and what can be done about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, system_clock
from connector.people.permissions import SUBSCRIBING_ROLES, Role
from connector.store.database.reading import reading
from connector.store.operations import overview as store
from connector.store.operations.overview import OperationsOverview
from connector.store.operations.time_span import TimeSpan
from connector.store.queue import dead_letters
from connector.store.queue.dead_letter_details import dead_letter_details
from connector.store.queue.operated_parts import OperatedParts
from webhook_server.admin.operations_messages import (
    DEAD_LETTER_LABELS,
    DROP_EFFECT,
    QUEUE_LABELS,
    REPLAY_EFFECT,
    WebhookStatus,
    plural,
    problems,
)
from webhook_server.admin.traffic import add_traffic_pages
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.operations import operations_line
from webhook_server.formats import duration_text
from webhook_server.pages import formats
from webhook_server.permission import Reach
from webhook_server.time_range import time_range

OPERATORS = (Role.OPERATOR, Role.ADMINISTRATOR)
PAGE_SIZE = 50
MAX_REASON_LENGTH = 1_000

CHART_HEIGHT, MINUTE_WIDTH = 72, 10
"""Of the charts of the rates, in units of the SVG."""


def operations(services: Services) -> Blueprint:
    blueprint = Blueprint("operations", __name__, url_prefix="/operations")
    _add_pages(blueprint, services)
    add_traffic_pages(blueprint, services)
    _add_actions(blueprint, services)
    return blueprint


def _add_pages(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @requires_role(*OPERATORS, reach=Reach.PART)
    def index() -> str:
        return render_template("operations/index.html", **_overview(services))

    @blueprint.get("/figures")
    @requires_role(*OPERATORS, reach=Reach.PART)
    def figures() -> str:
        """The part that is refreshed."""
        return render_template("operations/_figures.html", **_overview(services))

    @blueprint.get("/dead-letters/<cause>")
    @requires_role(*OPERATORS, reach=Reach.PART)
    def dead_letter_cause(cause: str) -> str:
        return _render_cause(services, cause)

    @blueprint.get("/dead-letters")
    @requires_role(*OPERATORS, reach=Reach.PART)
    def dead_letter() -> ResponseReturnValue:
        return _render_dead_letter(services, request.args.get("ref", ""))


def _add_actions(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/dead-letters/replay")
    @requires_role(*OPERATORS, reach=Reach.PART)
    def replay() -> ResponseReturnValue:
        target = request.form.get("target", "")
        viewer = current_viewer()
        done = dead_letters.replay(
            services.engine, services.waker, target, viewer.login, system_clock(), parts=OperatedParts.of(viewer)
        )
        if done:
            count = plural(done, "dead letter is", "dead letters are", formats())
            flash(f"{count} replayed. What fails again becomes a dead letter again.", "good")
        else:
            flash("Nothing could be replayed: it is no longer a dead letter, or its subscription is off.", "info")
        return redirect(url_for("operations.index"), 303)

    @blueprint.post("/dead-letters/drop")
    @requires_role(*OPERATORS, reach=Reach.PART)
    def drop() -> ResponseReturnValue:
        target, reason = request.form.get("target", ""), request.form.get("reason", "").strip()[:MAX_REASON_LENGTH]
        if not reason:
            error = "Nothing was dropped: give a reason. It is recorded in the audit."
            if "/" in target:
                return _render_dead_letter(services, target, error)
            return _render_cause(services, target, error), 422
        viewer = current_viewer()
        done = dead_letters.drop(
            services.engine, target, viewer.login, reason.replace("\x00", ""), parts=OperatedParts.of(viewer)
        )
        count = plural(done, "dead letter was", "dead letters were", formats())
        flash(f"{count} dropped: {reason}" if done else "It is no longer a dead letter.", "good" if done else "info")
        return redirect(url_for("operations.index"), 303)

    @blueprint.post("/connections/<name>/resume")
    @requires_role(*OPERATORS, reach=Reach.ORGANISATION)
    def resume(name: str) -> ResponseReturnValue:
        if services.connections.get(name) is None:
            raise NotFound(f'There is no connection "{name}".')
        if services.connections.resume(name, by=current_viewer().login):
            flash(f"{name} is in use again.", "good")
        else:
            flash(f"{name} was not paused.", "info")
        return redirect(url_for("operations.index"), 303)


def _overview(services: Services) -> dict[str, object]:
    viewer = current_viewer()
    overview = store.operations_overview(
        services.engine, system_clock(), OperatedParts.of(viewer), TimeSpan.parse(request.args.get("span", ""))
    )
    if not viewer.operates:
        # Who receives the events of which part is for who administers it, on its own page.
        overview = replace(overview, subscriptions=())
    config = services.active_config()
    governed = {rule.connection for rule in config.measures} if config else set()
    webhooks = _webhooks(services)
    listed = problems(overview, webhooks, governed, formats())
    return {
        "overview": overview,
        "summary": operations_line(overview, listed, formats()),
        "problems": listed,
        "webhooks": webhooks,
        "spans": tuple(TimeSpan),
        "span": overview.throughput.span,
        "rate_charts": _rate_charts(overview),
        "queue_labels": QUEUE_LABELS,
        "queue_lists": {
            "events": url_for("operations.events", state="pending"),
            "writes": url_for("operations.writes", state="waiting"),
        },
        "input_moment": formats().input_moment,
        "may_subscribe": bool(viewer.roles & SUBSCRIBING_ROLES),
        "dead_letter_labels": DEAD_LETTER_LABELS,
        "duration": duration_text,
        "may_resume": viewer.operates,
    }


def _webhooks(services: Services) -> tuple[WebhookStatus, ...]:
    return tuple(
        WebhookStatus(name, webhook.auth.value, webhook.expires_at)
        for name, webhook in services.connections.registrations().items()
    )


@dataclass(frozen=True, slots=True)
class RateBar:
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class RateChart:
    """A rate over the last hour, drawn; the table beside it holds the same figures."""

    name: str
    bars: tuple[RateBar, ...]
    maximum: int
    total: int
    started_at: datetime
    address: str
    """Of the list that it counts; empty where there is none."""


def _rate_charts(overview: OperationsOverview) -> tuple[RateChart, ...]:
    minutes = overview.throughput.minutes
    started_at = minutes[0][0]
    span = overview.throughput.span.value
    events = url_for("operations.events", span=span)
    writes = url_for("operations.writes", span=span, state="done")
    charts = [
        _rate_chart("Events received", started_at, [received for _, received, _, _ in minutes], events),
        _rate_chart("Writes done", started_at, [written for _, _, written, _ in minutes], writes),
    ]
    if overview.subscriptions:
        charts.append(_rate_chart("Events sent to subscribers", started_at, [sent for _, _, _, sent in minutes]))
    return tuple(charts)


def _rate_chart(name: str, started_at: datetime, values: Sequence[int], address: str = "") -> RateChart:
    maximum = max(values, default=0)
    heights = [round(value / maximum * (CHART_HEIGHT - 2), 1) if maximum else 0.0 for value in values]
    bars = tuple(
        RateBar(minute * MINUTE_WIDTH, CHART_HEIGHT - height, height) for minute, height in enumerate(heights) if height
    )
    return RateChart(name, bars, maximum, sum(values), started_at, address)


def _render_cause(services: Services, cause_id: str, error: str = "") -> str:
    parts, asked = OperatedParts.of(current_viewer()), time_range(request.args, formats())
    with reading(services.engine) as connection:
        cause = dead_letters.find_cause(connection, cause_id, parts=parts)
        if cause is None:
            raise NotFound("There are no dead letters with this cause any more.")
        listed = dead_letters.list_dead_letters(
            connection,
            cause_id,
            since=asked.since,
            until=asked.until,
            after=request.args.get("after", ""),
            limit=PAGE_SIZE + 1,
            parts=parts,
        )
    singular, many = DEAD_LETTER_LABELS[cause.kind]
    return render_template(
        "operations/dead_letter_cause.html",
        cause=cause,
        range=asked,
        spans=tuple(TimeSpan),
        dead_letters=listed[:PAGE_SIZE],
        next=listed[PAGE_SIZE - 1].ref if len(listed) > PAGE_SIZE else None,
        label=plural(cause.count, singular, many, formats()),
        replay_effect=REPLAY_EFFECT[cause.kind].format(where=cause.connection),
        drop_effect=DROP_EFFECT[cause.kind].format(where=cause.connection),
        error=error,
    )


def _render_dead_letter(services: Services, ref: str, error: str = "") -> ResponseReturnValue:
    viewer = current_viewer()
    with services.read_as(viewer) as reader:
        details = dead_letter_details(
            services.engine, reader, ref, show_all=viewer.sees_everything, parts=OperatedParts.of(viewer)
        )
    if details is None:
        raise NotFound("It is no longer a dead letter: it was replayed, dropped, or changed meanwhile.")
    kind = details.dead_letter.kind
    page = render_template(
        "operations/dead_letter.html",
        details=details,
        dead_letter=details.dead_letter,
        label=DEAD_LETTER_LABELS[kind][0],
        replay_effect=REPLAY_EFFECT[kind].format(where=details.dead_letter.connection),
        drop_effect=DROP_EFFECT[kind].format(where=details.dead_letter.connection),
        error=error,
        missing_body_reason=partial(services.retention_periods.missing_body_reason, now=system_clock()),
    )
    return page, 422 if error else 200
