"""Subscriptions: who receives which events, and their deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from pydantic import AwareDatetime, Field

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.notify.measure_events import EventType
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import parse_filter
from connector.notify.trial_event import send_trial_event
from connector.notify.webhook_sender import WebhookSender
from connector.people.permissions import Action, TokenScope
from connector.store.notifications.deliveries import (
    DeliveryEntry,
    find_deliveries,
    replay_between,
    replay_for_subscription,
)
from connector.store.notifications.subscriptions import PER_MINUTE
from webhook_server.api.inbox_outbox import OutboxState
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import (
    MAX_NUMBER,
    NEWEST_FIRST,
    Model,
    NumberSort,
    Page,
    PageQuery,
    ShortText,
    make_page,
    number_cursor,
)
from webhook_server.subscription_access import administered, administers_events, require_administered


class SubscriptionModel(Model):
    name: str
    url: str
    events: list[EventType] = Field(description="Empty: all events about measures.")
    hierarchy: list[str] = Field(description="Only this part of the hierarchy; empty: all of it.")
    legal_entity: str | None
    per_minute: int
    state: str = Field(description="The state as a text.")
    disabled_at: datetime | None = Field(description="When it was disabled; null while it is enabled.")
    failing_since: datetime | None
    last_delivered_at: datetime | None
    created_by: str
    created_at: datetime


class SubscriptionList(Model):
    items: list[SubscriptionModel]


class NewSubscription(Model):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")]
    url: Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^[^\x00]+$")]
    events: list[EventType] = Field(
        default=[],
        description="By default all about measures; those about connections only if named, and without a hierarchy.",
    )
    hierarchy: Annotated[list[ShortText], Field(max_length=4)] = Field(
        default=[], description="Portfolio, program, project, package, from the top down."
    )
    legal_entity: ShortText | None = None
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = PER_MINUTE


class CreatedSubscription(Model):
    subscription: SubscriptionModel
    secret: str = Field(description="Signs the events; shown only in this answer.")


class TrialResultModel(Model):
    accepted: bool
    summary: str
    request: str = Field(description="The request as it was sent.")
    response: str = Field(description="The response as it was received; empty without one.")


class DeliveryModel(Model):
    number: int
    message: str = Field(description="The `webhook-id`; the same at every attempt.")
    event: str
    measure: str | None = Field(description="Null for an event about a connection.")
    key: str | None
    connection: str | None = Field(description="Null for an event about a measure.")
    state: OutboxState
    attempts: int
    response_status: int | None
    reason: str | None
    created_at: datetime
    due_at: datetime
    attempted_at: datetime | None
    settled_at: datetime | None
    body: str
    response_body: str | None


class DeliveriesQuery(PageQuery):
    state: list[OutboxState] = Field(default=[], max_length=50, description="State; one of several.")
    event: list[EventType] = Field(default=[], max_length=50, description="Type of the event; one of several.")
    sort: NumberSort = NEWEST_FIRST


class ReplayRequest(Model):
    numbers: Annotated[list[Annotated[int, Field(ge=1, le=MAX_NUMBER)]], Field(max_length=1000)] = Field(
        default=[], description="Deliveries by number; all dead letters where neither numbers nor a time are given."
    )
    since: AwareDatetime | None = Field(default=None, description="All deliveries of events from this time on.")
    until: AwareDatetime | None = Field(default=None, description="With `since`: of events before this time.")
    events: list[EventType] = Field(default=[], description="With `since`: of these types; of all by default.")


class ReplayResult(Model):
    count: int


def list_subscriptions(call: ApiCall) -> SubscriptionList:
    listed = administered(call.viewer, call.services.subscriptions.all())
    return SubscriptionList(items=[_subscription(subscription) for subscription in listed])


def create_subscription(call: ApiCall) -> CreatedSubscription:
    sent = call.body_as(NewSubscription)
    event_filter = parse_filter([event.value for event in sent.events], "", sent.legal_entity)
    event_filter = replace(event_filter, hierarchy=tuple(sent.hierarchy))
    try:
        require_administered(call.viewer, event_filter)
    except ConfigurationError as error:
        raise Problem(403, str(error), "Ask an administrator of the whole organisation.") from None
    subscription = call.services.subscriptions.add(
        sent.name, sent.url, event_filter, per_minute=sent.per_minute, author=call.viewer.login
    )
    return CreatedSubscription(subscription=_subscription(subscription), secret=subscription.secrets[0])


def show(call: ApiCall) -> SubscriptionModel:
    return _subscription(_find_subscription(call))


def remove(call: ApiCall) -> None:
    call.services.subscriptions.remove(_find_subscription(call).name, call.viewer.login)


def rotate(call: ApiCall) -> CreatedSubscription:
    name = _find_subscription(call).name
    rotated = call.services.subscriptions.rotate_secret(name, call.viewer.login, system_clock())
    return CreatedSubscription(subscription=_subscription(rotated), secret=rotated.secrets[0])


def resume(call: ApiCall) -> SubscriptionModel:
    call.services.subscriptions.enable(_find_subscription(call).name, call.viewer.login)
    return show(call)


def test(call: ApiCall) -> TrialResultModel:
    sender = WebhookSender(call.services.subscription_host_rules, system_clock, network=call.services.network)
    trial = send_trial_event(_find_subscription(call), sender, uuid4(), system_clock())
    return TrialResultModel(
        accepted=trial.accepted, summary=trial.summary, request=trial.request, response=trial.response
    )


def list_deliveries(call: ApiCall) -> Page[DeliveryModel]:
    query, subscription = call.query_as(DeliveriesQuery), _find_subscription(call)
    with call.services.read_as(call.viewer) as connection:
        rows = find_deliveries(
            connection, subscription.id, states=query.state, events=query.event, after=number_cursor(query.cursor),
            limit=query.limit + 1, oldest_first=query.sort is NumberSort.NUMBER,
        )  # fmt: skip
    return make_page([_delivery(row) for row in rows], query.limit, [(row.id,) for row in rows])


def replay_deliveries(call: ApiCall) -> ReplayResult:
    subscription = _find_subscription(call)
    if subscription.disabled_at is not None:
        raise Problem(409, f"{subscription.name} is disabled.", "Resume it first.")
    services = call.services
    wanted = call.body_as(ReplayRequest)
    if wanted.since is not None:
        count = replay_between(
            services.engine, services.waker, subscription.id, since=wanted.since, until=wanted.until,
            events=[event.value for event in wanted.events], now=system_clock(),
        )  # fmt: skip
        return ReplayResult(count=count)
    numbers = wanted.numbers
    return ReplayResult(
        count=replay_for_subscription(services.engine, services.waker, subscription.id, numbers or None, system_clock())
    )


def _find_subscription(call: ApiCall) -> Subscription:
    """One that the caller administers.  Raises Problem."""
    name = call.text_parameter("subscription")
    try:
        found = call.services.subscriptions.get(name)
    except ConfigurationError as error:
        raise Problem(404, str(error)) from None
    if not administers_events(call.viewer, found.filter):
        raise Problem(404, f'There is no subscription "{name}" in the part that you administer.')
    return found


def _subscription(subscription: Subscription) -> SubscriptionModel:
    return SubscriptionModel(
        name=subscription.name,
        url=subscription.url,
        events=sorted(subscription.filter.events),
        hierarchy=list(subscription.filter.hierarchy),
        legal_entity=subscription.filter.legal_entity,
        per_minute=subscription.per_minute,
        state=subscription.state(system_clock()),
        disabled_at=subscription.disabled_at,
        failing_since=subscription.failing_since,
        last_delivered_at=subscription.last_delivered_at,
        created_by=subscription.created_by,
        created_at=subscription.created_at,
    )


def _delivery(entry: DeliveryEntry) -> DeliveryModel:
    same = (
        "message", "event", "measure", "key", "connection", "state", "attempts", "reason", "created_at", "due_at",
        "attempted_at", "settled_at", "body",
    )  # fmt: skip
    return DeliveryModel(
        number=entry.id,
        response_status=entry.status,
        response_body=entry.response,
        **{name: getattr(entry, name) for name in same},
    )


NAME_PARAMETER = PathParameter("subscription", "a subscription's name")
PATH = "/subscriptions/{subscription}"
TAG = "subscriptions"


def _operation(method: str, path: str, summary: str, run: Any, response: Any, **more: Any) -> Operation:
    parts = (NAME_PARAMETER,) if "{" in path else ()
    return Operation(
        method,
        path,
        TAG,
        summary,
        run,
        response,
        scope=TokenScope.SUBSCRIPTIONS_READ if method == "GET" else TokenScope.SUBSCRIPTIONS_WRITE,
        action=Action.SUBSCRIBE,
        path_parameters=parts,
        **more,
    )


OPERATIONS = (
    _operation("GET", "/subscriptions", "List subscriptions", list_subscriptions, SubscriptionList),
    _operation(
        "POST",
        "/subscriptions",
        "Create a subscription",
        create_subscription,
        CreatedSubscription,
        status=201,
        body=NewSubscription,
        changes_access=True,
    ),
    _operation("GET", PATH, "Show a subscription", show, SubscriptionModel),
    _operation("DELETE", PATH, "Delete a subscription with its deliveries", remove, None),
    _operation(
        "POST",
        f"{PATH}/rotate",
        "Create a new secret; the previous one is valid for a day",
        rotate,
        CreatedSubscription,
        changes_access=True,
    ),
    _operation("POST", f"{PATH}/resume", "Enable a subscription again", resume, SubscriptionModel),
    _operation("POST", f"{PATH}/test", "Send a test event now", test, TrialResultModel),
    _operation(
        "GET", f"{PATH}/deliveries", "List deliveries", list_deliveries, Page[DeliveryModel], query=DeliveriesQuery
    ),
    _operation("POST", f"{PATH}/replay", "Replay deliveries", replay_deliveries, ReplayResult, body=ReplayRequest),
)
