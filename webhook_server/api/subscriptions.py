"""Subscriptions: outgoing webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import uuid4

from pydantic import Field

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.notify.measure_events import EventType
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import filter_of
from connector.notify.trial_event import try_out
from connector.notify.webhook_sender import Sender
from connector.people.permissions import Action, Scope
from connector.store.notifications.deliveries import Shown, replay, shown
from connector.store.notifications.subscriptions import PER_MINUTE
from webhook_server.api.inbox_outbox import OutboxState
from webhook_server.api.operation import Call, Operation, Part
from webhook_server.api.problem import Problem
from webhook_server.api.values import BIGGEST, Model, Page, Paged, Word, number_after, page_of


class SubscriptionModel(Model):
    name: str
    url: str
    events: list[EventType] = Field(description="Empty for all that concern measures.")
    place: list[str] = Field(description="Only below this place; empty for everywhere.")
    legal_entity: str | None
    per_minute: int
    state: str = Field(description="How it stands, in words.")
    off_at: datetime | None = Field(description="Since when it is switched off.")
    failing_since: datetime | None
    last_taken_at: datetime | None
    created_by: str
    created_at: datetime


class SubscriptionList(Model):
    items: list[SubscriptionModel]


class NewSubscription(Model):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")]
    url: Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^[^\x00]+$")]
    events: list[EventType] = Field(
        default=[],
        description="All that concern measures when left out; those of connections only by name and without a place.",
    )
    place: Annotated[list[Word], Field(max_length=4)] = Field(
        default=[], description="Portfolio, program, project, package, as far as it goes."
    )
    legal_entity: Word | None = None
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = PER_MINUTE


class MadeSubscription(Model):
    subscription: SubscriptionModel
    secret: str = Field(description="Signs its events; shown only now.")


class TrialModel(Model):
    taken: bool
    told: str
    request: str = Field(description="Exactly what was sent.")
    response: str = Field(description="Exactly what came back; empty when nothing did.")


class DeliveryModel(Model):
    number: int
    message: str = Field(description="`webhook-id`: the same each time that it is sent.")
    event: str
    measure: str | None = Field(description="Null when it is about a connection.")
    key: str | None
    connection: str | None = Field(description="Null when it is about a measure.")
    state: OutboxState
    tries: int
    status: int | None
    reason: str | None
    created_at: datetime
    due_at: datetime
    tried_at: datetime | None
    settled_at: datetime | None
    body: str
    answer: str | None


class DeliveriesQuery(Paged):
    state: OutboxState | None = None


class Replay(Model):
    numbers: Annotated[list[Annotated[int, Field(ge=1, le=BIGGEST)]], Field(max_length=1000)] = Field(
        default=[], description="Deliveries by number; everything that is parked when left out."
    )


class Replayed(Model):
    count: int


def list_subscriptions(call: Call) -> SubscriptionList:
    return SubscriptionList(items=[_subscription(one) for one in call.services.subscriptions.all()])


def make(call: Call) -> MadeSubscription:
    sent = call.sent(NewSubscription)
    wanted = filter_of([one.value for one in sent.events], "", sent.legal_entity)
    wanted = type(wanted)(wanted.events, tuple(sent.place), wanted.legal_entity)
    made = call.services.subscriptions.add(
        sent.name, sent.url, wanted, per_minute=sent.per_minute, author=call.viewer.login
    )
    return MadeSubscription(subscription=_subscription(made), secret=made.secrets[0])


def show(call: Call) -> SubscriptionModel:
    return _subscription(_one(call))


def remove(call: Call) -> None:
    call.services.subscriptions.remove(_one(call).name, call.viewer.login)


def rotate(call: Call) -> MadeSubscription:
    fresh = call.services.subscriptions.rotate(_one(call).name, call.viewer.login, system_clock())
    return MadeSubscription(subscription=_subscription(fresh), secret=fresh.secrets[0])


def resume(call: Call) -> SubscriptionModel:
    call.services.subscriptions.resume(_one(call).name, call.viewer.login)
    return show(call)


def test(call: Call) -> TrialModel:
    sender = Sender(call.services.subscription_rules, system_clock)
    trial = try_out(_one(call), sender, uuid4(), system_clock())
    return TrialModel(taken=trial.taken, told=trial.told, request=trial.request, response=trial.response)


def list_deliveries(call: Call) -> Page[DeliveryModel]:
    query, subscription = call.asked(DeliveriesQuery), _one(call)
    with call.services.reading(call.viewer) as connection:
        rows = shown(
            connection, subscription.id, state=query.state, before=number_after(query.cursor), limit=query.limit + 1
        )
    return page_of([_delivery(row) for row in rows], query.limit, [(row.id,) for row in rows])


def send_again(call: Call) -> Replayed:
    subscription = _one(call)
    if subscription.off_at is not None:
        raise Problem(409, f"{subscription.name} is switched off.", "Resume it first.")
    here = call.services
    numbers = call.sent(Replay).numbers
    return Replayed(count=replay(here.engine, here.waker, subscription.id, numbers or None, system_clock()))


def _one(call: Call) -> Subscription:
    try:
        return call.services.subscriptions.get(call.name("subscription"))
    except ConfigurationError as error:
        raise Problem(404, str(error)) from None


def _subscription(one: Subscription) -> SubscriptionModel:
    same = ("name", "url", "per_minute", "off_at", "failing_since", "last_taken_at", "created_by", "created_at")
    return SubscriptionModel(
        events=sorted(one.filter.events),
        place=list(one.filter.place),
        legal_entity=one.filter.legal_entity,
        state=one.state(system_clock()),
        **{name: getattr(one, name) for name in same},
    )


def _delivery(row: Shown) -> DeliveryModel:
    return DeliveryModel(
        number=row.id, **{name: getattr(row, name) for name in DeliveryModel.model_fields if name != "number"}
    )


NAME = Part("subscription", "a subscription's name")
PATH = "/subscriptions/{subscription}"
TAG = "subscriptions"


def _operation(method: str, path: str, summary: str, run: object, answer: object, **more: object) -> Operation:
    parts = (NAME,) if "{" in path else ()
    return Operation(
        method, path, TAG, summary, run, answer, scope=Scope.EVENTS, action=Action.CONFIGURE, parts=parts, **more  # type: ignore[arg-type]
    )  # fmt: skip


OPERATIONS = (
    _operation("GET", "/subscriptions", "List subscriptions", list_subscriptions, SubscriptionList),
    _operation("POST", "/subscriptions", "Subscribe", make, MadeSubscription, status=201, body=NewSubscription),
    _operation("GET", PATH, "Show a subscription", show, SubscriptionModel),
    _operation("DELETE", PATH, "Remove a subscription with its deliveries", remove, None),
    _operation(
        "POST", f"{PATH}/rotate", "Make a new secret; the one before is valid for a day", rotate, MadeSubscription
    ),
    _operation("POST", f"{PATH}/resume", "Switch it on again", resume, SubscriptionModel),
    _operation("POST", f"{PATH}/test", "Send a test event now", test, TrialModel),
    _operation(
        "GET", f"{PATH}/deliveries", "List deliveries", list_deliveries, Page[DeliveryModel], query=DeliveriesQuery
    ),
    _operation("POST", f"{PATH}/replay", "Send deliveries again", send_again, Replayed, body=Replay),
)
