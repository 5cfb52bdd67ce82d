"""``/subscriptions``: who is told of changes, whether they got it, and a test that shows the exact request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.notify.measure_events import MEANINGS, OF_CONNECTIONS
from connector.notify.signing import BOTH_VALID
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import filter_of
from connector.notify.trial_event import Trial, try_out
from connector.notify.webhook_sender import Sender
from connector.people.permissions import Role
from connector.store.notifications.deliveries import counts, replay, shown
from connector.store.notifications.subscriptions import PER_MINUTE
from webhook_server.auth import current_viewer, needs

PAGE = 50
STATES = ("waiting", "done", "parked")


def subscriptions(services: Services) -> Blueprint:
    blueprint = Blueprint("subscriptions", __name__, url_prefix="/subscriptions")
    _look(blueprint, services)
    _change(blueprint, services)
    return blueprint


def _look(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @needs(Role.ADMINISTRATOR)
    def index() -> str:
        everybody = services.subscriptions.all()
        with services.reading(current_viewer()) as connection:
            numbers = counts(connection)
        return render_template(
            "subscriptions/index.html", subscriptions=everybody, numbers=numbers, answer=_answer(everybody, numbers)
        )

    @blueprint.get("/new")
    @needs(Role.ADMINISTRATOR)
    def add() -> str:
        return _form({}, "")

    @blueprint.get("/<name>")
    @needs(Role.ADMINISTRATOR)
    def show(name: str) -> str:
        return _page(services, _one(services, name))


def _change(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/new")
    @needs(Role.ADMINISTRATOR)
    def make() -> ResponseReturnValue:
        form = request.form
        try:
            chosen = form.getlist("events")
            # Everything about measures: of connections only who asks by name is told.
            everything = set(chosen) == MEANINGS.keys() - OF_CONNECTIONS
            if not chosen:
                raise ConfigurationError("Choose at least one event.")
            wanted = filter_of([] if everything else chosen, form.get("place", ""), form.get("legal_entity") or None)
            made = services.subscriptions.add(
                form.get("name", "").strip(), form.get("url", "").strip(), wanted, per_minute=_per_minute(form),
                author=current_viewer().login,
            )  # fmt: skip
        except ConfigurationError as error:
            return _form(form, str(error)), 422
        return _page(services, made, secret=made.secrets[0], fresh=True)

    @blueprint.post("/<name>/test")
    @needs(Role.ADMINISTRATOR)
    def test(name: str) -> str:
        subscription = _one(services, name)
        trial = try_out(subscription, Sender(services.subscription_rules, system_clock), uuid4(), system_clock())
        return _page(services, subscription, trial=trial)

    @blueprint.post("/<name>/rotate")
    @needs(Role.ADMINISTRATOR)
    def rotate(name: str) -> str:
        fresh = services.subscriptions.rotate(_one(services, name).name, current_viewer().login, system_clock())
        return _page(services, fresh, secret=fresh.secrets[0])

    @blueprint.post("/<name>/resume")
    @needs(Role.ADMINISTRATOR)
    def resume(name: str) -> ResponseReturnValue:
        services.subscriptions.resume(_one(services, name).name, current_viewer().login)
        flash(f"{name} is on again. What was parked meanwhile is sent when you replay it.", "good")
        return redirect(url_for("subscriptions.show", name=name), 303)

    @blueprint.post("/<name>/replay")
    @needs(Role.ADMINISTRATOR)
    def send_again(name: str) -> ResponseReturnValue:
        subscription = _one(services, name)
        number = request.form.get("number", type=int)
        if subscription.off_at is not None:
            flash(f"{name} is switched off. Switch it on first.", "bad")
        else:
            wanted = None if number is None else [number]
            count = replay(services.engine, services.waker, subscription.id, wanted, system_clock())
            flash(f"{count} {'delivery' if count == 1 else 'deliveries'} will be sent again.", "good")
        return redirect(url_for("subscriptions.show", name=name), 303)

    @blueprint.post("/<name>/remove")
    @needs(Role.ADMINISTRATOR)
    def remove(name: str) -> ResponseReturnValue:
        services.subscriptions.remove(_one(services, name).name, current_viewer().login)
        flash(f"{name} is removed; it is told nothing any more.", "good")
        return redirect(url_for("subscriptions.index"), 303)


def _page(
    services: Services,
    subscription: Subscription,
    *,
    secret: str = "",
    fresh: bool = False,
    trial: Trial | None = None,
) -> str:
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    before = request.args.get("after", type=int)
    with services.reading(current_viewer()) as connection:
        rows = shown(connection, subscription.id, state=state or None, before=before, limit=PAGE + 1)
        numbers = counts(connection).get(subscription.id, {})
    return render_template(
        "subscriptions/show.html",
        one=subscription,
        state=state,
        rows=rows[:PAGE],
        following=rows[PAGE - 1].id if len(rows) > PAGE else None,
        numbers=numbers,
        total=sum(numbers.values()),
        stands=subscription.state(system_clock()),
        secret=secret,
        fresh=fresh,
        trial=trial,
        both_until=subscription.rotated_at + BOTH_VALID if subscription.rotated_at else None,
        now=system_clock(),
        pretty=_pretty,
    )


def _pretty(body: str) -> str:
    """The same message with line breaks; what is signed and sent is the short form."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def _form(form: Mapping[str, str], error: str) -> str:
    return render_template(
        "subscriptions/new.html", form=form, error=error, meanings=MEANINGS, by_name=OF_CONNECTIONS,
        per_minute=PER_MINUTE,
    )  # fmt: skip


def _one(services: Services, name: str) -> Subscription:
    try:
        return services.subscriptions.get(name)
    except ConfigurationError:
        raise NotFound(f'There is no subscription "{name}".') from None


def _per_minute(form: Mapping[str, str]) -> int:
    text = form.get("per_minute", "").strip()
    try:
        return int(text or PER_MINUTE)
    except ValueError:
        raise ConfigurationError(f'"{text}" is no number of events a minute.') from None


def _answer(everybody: Sequence[Subscription], numbers: Mapping[int, Mapping[str, int]]) -> str:
    """The first line of the page."""
    if not everybody:
        return ""
    off = sum(one.off_at is not None for one in everybody)
    failing = sum(one.off_at is None and one.failing_since is not None for one in everybody)
    parked = sum(count.get("parked", 0) for count in numbers.values())
    waiting = sum(count.get("waiting", 0) for count in numbers.values())
    told = f"{len(everybody)} {'receiver is' if len(everybody) == 1 else 'receivers are'} told of changes"
    troubles = [f"{off} {'is' if off == 1 else 'are'} switched off"] if off else []
    troubles += [f"{failing} {'does' if failing == 1 else 'do'} not answer"] if failing else []
    if troubles:
        told += f"; {' and '.join(troubles)}"
    if not waiting and not parked:
        return f"{told}. Nothing waits to be sent."
    waits = f"{waiting} {'delivery waits' if waiting == 1 else 'deliveries wait'}"
    return f"{told}. {waits} and {parked} {'is' if parked == 1 else 'are'} parked."
