"""A test event by hand: what exactly is sent, and what exactly comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connector.notify.payload import trial_body
from connector.notify.signing import headers_of, secrets_in_use
from connector.notify.subscription import Subscription
from connector.notify.webhook_sender import NotTaken, Sender, Taken


@dataclass(frozen=True, slots=True)
class Trial:
    """One test, to be shown to a person; there is no secret in it, only the signatures."""

    url: str
    headers: Mapping[str, str]
    body: str
    taken: bool
    status: int | None
    """``None`` when nothing came back."""
    answer_headers: Mapping[str, str]
    answer: str
    told: str
    """The outcome in one sentence."""

    @property
    def request(self) -> str:
        """The request as it went out."""
        lines = [f"POST {self.url}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join([*lines, "", self.body])

    @property
    def response(self) -> str:
        """The answer as it came back; empty when there was none."""
        if self.status is None:
            return ""
        lines = [f"HTTP {self.status}", *(f"{name}: {value}" for name, value in self.answer_headers.items())]
        return "\n".join([*lines, "", self.answer]).rstrip()


def try_out(subscription: Subscription, sender: Sender, message: UUID, now: datetime) -> Trial:
    """Send a ``test`` event now, past the queue; nothing of it is stored, and it counts for no limit."""
    body = trial_body(subscription.name, now)
    secrets = secrets_in_use(subscription.secrets, subscription.rotated_at, now)
    signed = headers_of(message, body, secrets, now)
    outcome = sender.post(subscription.url, body, signed)
    sent = sender.headers(signed)
    match outcome:
        case Taken(status, headers, answer):
            told = f"Taken: the receiver answered {status}."
            return Trial(
                subscription.url,
                sent,
                body,
                taken=True,
                status=status,
                answer_headers=headers,
                answer=answer,
                told=told,
            )
        case NotTaken(failure, headers, answer):
            told = f"Not taken: {failure.reason}."
            return Trial(
                subscription.url,
                sent,
                body,
                taken=False,
                status=failure.status,
                answer_headers=headers,
                answer=answer,
                told=told,
            )
