"""``/operations``: whether everything is well, what is parked and why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, system_clock
from connector.people.permissions import Role
from connector.store.connections.connections import registration
from connector.store.operations import operations_overview as store
from connector.store.operations.operations_overview import Overview
from connector.store.queue import dead_letters
from connector.store.queue.dead_letter_details import story
from webhook_server.admin.operations_messages import (
    DROPPED,
    REPLAYED,
    THINGS,
    WAITING,
    Webhook,
    answer,
    plural,
    troubles,
)
from webhook_server.auth import current_viewer, needs
from webhook_server.formats import span
from webhook_server.pages import formats

RUNNING = (Role.OPERATOR, Role.ADMINISTRATOR)
PAGE = 50
LONGEST_REASON = 1_000

HIGH, WIDE = 72, 10
"""Of the pictures of the rates: their height, and a minute's width."""


def operations(services: Services) -> Blueprint:
    blueprint = Blueprint("operations", __name__, url_prefix="/operations")
    _look(blueprint, services)
    _act(blueprint, services)
    return blueprint


def _look(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @needs(*RUNNING)
    def index() -> str:
        return render_template("operations/index.html", **_seen(services))

    @blueprint.get("/figures")
    @needs(*RUNNING)
    def figures() -> str:
        """The part that is refreshed."""
        return render_template("operations/_figures.html", **_seen(services))

    @blueprint.get("/parked/<cause>")
    @needs(*RUNNING)
    def cause(cause: str) -> str:
        return _cause(services, cause)

    @blueprint.get("/parked")
    @needs(*RUNNING)
    def item() -> ResponseReturnValue:
        return _item(services, request.args.get("ref", ""))


def _act(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/parked/replay")
    @needs(*RUNNING)
    def replay() -> ResponseReturnValue:
        target = request.form.get("target", "")
        done = dead_letters.replay(services.engine, services.waker, target, current_viewer().login, system_clock())
        if done:
            count = plural(done, "thing is", "things are", formats())
            flash(f"{count} tried again. What fails again is parked anew, and shows here.", "good")
        else:
            flash("Nothing of it could be tried again: it is not parked any more, or its subscription is off.", "info")
        return redirect(url_for("operations.index"), 303)

    @blueprint.post("/parked/drop")
    @needs(*RUNNING)
    def drop() -> ResponseReturnValue:
        target, reason = request.form.get("target", ""), request.form.get("reason", "").strip()[:LONGEST_REASON]
        if not reason:
            error = "Nothing was given up: say why. The audit keeps the reason."
            if "/" in target:
                return _item(services, target, error)
            return _cause(services, target, error), 422
        done = dead_letters.drop(services.engine, target, current_viewer().login, reason.replace("\x00", ""))
        count = plural(done, "thing was", "things were", formats())
        flash(f"{count} given up: {reason}" if done else "It is not parked any more.", "good" if done else "info")
        return redirect(url_for("operations.index"), 303)

    @blueprint.post("/connections/<name>/resume")
    @needs(*RUNNING)
    def resume(name: str) -> ResponseReturnValue:
        if services.connections.get(name) is None:
            raise NotFound(f'There is no connection "{name}".')
        if services.connections.resume(name, by=current_viewer().login):
            flash(f"{name} is in use again.", "good")
        else:
            flash(f"{name} was not paused.", "info")
        return redirect(url_for("operations.index"), 303)


def _seen(services: Services) -> dict[str, object]:
    found = store.overview(services.engine, system_clock())
    config = services.active_config()
    governed = {rule.connection for rule in config.measures} if config else set()
    webhooks = _webhooks(services)
    told = troubles(found, webhooks, governed, formats())
    return {
        "found": found,
        "answer": answer(found, told, formats()),
        "troubles": told,
        "webhooks": webhooks,
        "pictures": _pictures(found),
        "waiting": WAITING,
        "things": THINGS,
        "span": span,
    }


def _webhooks(services: Services) -> tuple[Webhook, ...]:
    made = [(one.name, registration(one)) for one in services.connections.all()]
    return tuple(Webhook(name, one.kind.value, one.expires_at) for name, one in made if one is not None)


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A rate over the last hour, drawn; the table beside it holds the same figures."""

    name: str
    bars: tuple[Bar, ...]
    most: int
    sum: int
    began: datetime


def _pictures(found: Overview) -> tuple[Picture, ...]:
    minutes = found.rate.minutes
    began = minutes[0][0]
    drawn = [
        _picture("Events in", began, [came for _, came, _, _ in minutes]),
        _picture("Writes out", began, [went for _, _, went, _ in minutes]),
    ]
    if found.receivers:
        drawn.append(_picture("Events told to subscribers", began, [told for _, _, _, told in minutes]))
    return tuple(drawn)


def _picture(name: str, began: datetime, values: Sequence[int]) -> Picture:
    most = max(values, default=0)
    heights = [round(value / most * (HIGH - 2), 1) if most else 0.0 for value in values]
    bars = tuple(Bar(place * WIDE, HIGH - height, height) for place, height in enumerate(heights) if height)
    return Picture(name, bars, most, sum(values), began)


def _cause(services: Services, wanted: str, error: str = "") -> str:
    with services.engine.connect() as connection:
        found = dead_letters.cause(connection, wanted)
        if found is None:
            raise NotFound("Nothing is parked for this cause any more.")
        items = dead_letters.parked(connection, wanted, after=request.args.get("after", ""), limit=PAGE + 1)
    one, many = THINGS[found.kind]
    return render_template(
        "operations/cause.html",
        cause=found,
        items=items[:PAGE],
        next=items[PAGE - 1].ref if len(items) > PAGE else None,
        thing=plural(found.count, one, many, formats()),
        replayed=REPLAYED[found.kind].format(where=found.connection),
        dropped=DROPPED[found.kind].format(where=found.connection),
        error=error,
    )


def _item(services: Services, ref: str, error: str = "") -> ResponseReturnValue:
    viewer = current_viewer()
    with services.reading(viewer) as reader:
        found = story(services.engine, reader, ref, everything=viewer.sees_everything)
    if found is None:
        raise NotFound("It is not parked any more: it was tried again, given up, or changed meanwhile.")
    kind = found.parked.kind
    shown = render_template(
        "operations/item.html",
        story=found,
        one=found.parked,
        thing=THINGS[kind][0],
        replayed=REPLAYED[kind].format(where=found.parked.connection),
        dropped=DROPPED[kind].format(where=found.parked.connection),
        error=error,
        why_gone=partial(services.keeping.why_gone, now=system_clock()),
    )
    return shown, 422 if error else 200
