"""``/subscriptions``: who receives which events, their deliveries, and a test that shows the exact request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.notify.measure_events import CONNECTION_EVENTS, EVENT_DESCRIPTIONS
from connector.notify.signing import OLD_SECRET_VALID_FOR
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import parse_filter
from connector.notify.trial_event import TrialResult, send_trial_event
from connector.notify.webhook_sender import WebhookSender
from connector.people.permissions import SUBSCRIBING_ROLES
from connector.store.notifications.deliveries import counts_by_state, find_deliveries, replay_for_subscription
from connector.store.notifications.subscriptions import PER_MINUTE
from connector.store.operations.time_span import TimeSpan
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.operations import subscriptions_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in
from webhook_server.subscription_access import administered, administers_events, require_administered
from webhook_server.time_range import time_range

PAGE_SIZE = 50
DELIVERY_STATES = ("waiting", "done", "dead_letter")


def subscriptions(services: Services) -> Blueprint:
    blueprint = Blueprint("subscriptions", __name__, url_prefix="/subscriptions")
    _add_pages(blueprint, services)
    _add_actions(blueprint, services)
    return blueprint


def _add_pages(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def index() -> str:
        subscriptions = administered(current_viewer(), services.subscriptions.all())
        with services.read_as(current_viewer()) as connection:
            counts = counts_by_state(connection)
        return render_template(
            "subscriptions/index.html",
            subscriptions=subscriptions,
            counts=counts,
            summary=subscriptions_line(subscriptions, counts),
        )

    @blueprint.get("/new")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def add() -> str:
        return _form({}, "")

    @blueprint.get("/<name>")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def show(name: str) -> str:
        return _render(services, _find_subscription(services, name))


def _add_actions(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/new")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    @requires_recent_sign_in
    def create() -> ResponseReturnValue:
        form = request.form
        try:
            chosen = form.getlist("events")
            # No filter means every event about measures; events about connections have to be named.
            everything = set(chosen) == EVENT_DESCRIPTIONS.keys() - CONNECTION_EVENTS
            if not chosen:
                raise ConfigurationError("Choose at least one event.")
            wanted = parse_filter(
                [] if everything else chosen, form.get("hierarchy", ""), form.get("legal_entity") or None
            )
            require_administered(current_viewer(), wanted)
            added = services.subscriptions.add(
                form.get("name", "").strip(), form.get("url", "").strip(), wanted, per_minute=_per_minute(form),
                author=current_viewer().login,
            )  # fmt: skip
        except ConfigurationError as error:
            return _form(form, page_text(error)), 422
        return _render(services, added, secret=added.secrets[0], is_new=True)

    @blueprint.post("/<name>/test")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def test(name: str) -> str:
        subscription = _find_subscription(services, name)
        result = send_trial_event(
            subscription,
            WebhookSender(services.subscription_host_rules, system_clock, network=services.network),
            uuid4(),
            system_clock(),
        )
        return _render(services, subscription, test_result=result)

    @blueprint.post("/<name>/rotate")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    @requires_recent_sign_in
    def rotate(name: str) -> str:
        rotated = services.subscriptions.rotate_secret(
            _find_subscription(services, name).name, current_viewer().login, system_clock()
        )
        return _render(services, rotated, secret=rotated.secrets[0])

    @blueprint.post("/<name>/resume")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def resume(name: str) -> ResponseReturnValue:
        services.subscriptions.enable(_find_subscription(services, name).name, current_viewer().login)
        flash(f"{name} is on again. Replay the dead letters to send what was not delivered meanwhile.", "good")
        return redirect(url_for("subscriptions.show", name=name), 303)

    @blueprint.post("/<name>/replay")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def replay(name: str) -> ResponseReturnValue:
        subscription = _find_subscription(services, name)
        number = request.form.get("number", type=int)
        if subscription.disabled_at is not None:
            flash(f"{name} is switched off. Switch it on first.", "bad")
        else:
            wanted = None if number is None else [number]
            count = replay_for_subscription(services.engine, services.waker, subscription.id, wanted, system_clock())
            flash(f"{count} {'delivery' if count == 1 else 'deliveries'} will be sent again.", "good")
        return redirect(url_for("subscriptions.show", name=name), 303)

    @blueprint.post("/<name>/remove")
    @requires_role(*SUBSCRIBING_ROLES, reach=Reach.PART)
    def remove(name: str) -> ResponseReturnValue:
        services.subscriptions.remove(_find_subscription(services, name).name, current_viewer().login)
        flash(f"{name} is removed and receives nothing any more.", "good")
        return redirect(url_for("subscriptions.index"), 303)


def _render(
    services: Services,
    subscription: Subscription,
    *,
    secret: str = "",
    is_new: bool = False,
    test_result: TrialResult | None = None,
) -> str:
    state = request.args.get("state", "")
    state = state if state in DELIVERY_STATES else ""
    before, now = request.args.get("after", type=int), system_clock()
    asked = time_range(request.args, formats())
    with services.read_as(current_viewer()) as connection:
        states = [state] if state else []
        rows = find_deliveries(
            connection,
            subscription.id,
            states=states,
            since=asked.since,
            until=asked.until,
            after=before,
            limit=PAGE_SIZE + 1,
        )
        counts = counts_by_state(connection).get(subscription.id, {})
    return render_template(
        "subscriptions/show.html",
        subscription=subscription,
        state=state,
        range=asked,
        spans=tuple(TimeSpan),
        rows=rows[:PAGE_SIZE],
        following=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        counts=counts,
        total=sum(counts.values()),
        secret=secret,
        is_new=is_new,
        test_result=test_result,
        both_until=subscription.rotated_at + OLD_SECRET_VALID_FOR if subscription.rotated_at else None,
        now=now,
        pretty=_pretty,
    )


def _pretty(body: str) -> str:
    """The same message with line breaks; what is signed and sent is the short form."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def _form(form: Mapping[str, str], error: str) -> str:
    return render_template(
        "subscriptions/new.html", form=form, error=error, descriptions=EVENT_DESCRIPTIONS, opt_in=CONNECTION_EVENTS,
        per_minute=PER_MINUTE,
    )  # fmt: skip


def _find_subscription(services: Services, name: str) -> Subscription:
    """One that the viewer administers.  Raises NotFound."""
    try:
        found = services.subscriptions.get(name)
    except ConfigurationError:
        found = None
    if found is None or not administers_events(current_viewer(), found.filter):
        raise NotFound(f'There is no subscription "{name}".')
    return found


def _per_minute(form: Mapping[str, str]) -> int:
    text = form.get("per_minute", "").strip()
    try:
        return int(text or PER_MINUTE)
    except ValueError:
        raise ConfigurationError(f'"{text}" is not a number of events per minute.') from None
