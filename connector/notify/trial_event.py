"""A test event on request: what exactly is sent, and what exactly comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connector.notify.payload import trial_body
from connector.notify.signing import secrets_in_use, signature_headers
from connector.notify.subscription import Subscription
from connector.notify.webhook_sender import Accepted, NotAccepted, WebhookSender


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One test, for a person to read; it contains the signatures but no secret."""

    url: str
    headers: Mapping[str, str]
    body: str
    accepted: bool
    response_status: int | None
    """``None`` when nothing came back."""
    response_headers: Mapping[str, str]
    response_body: str
    summary: str
    """The outcome in one sentence."""

    @property
    def request(self) -> str:
        """The request as it went out."""
        lines = [f"POST {self.url}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join([*lines, "", self.body])

    @property
    def response(self) -> str:
        """The response as it came back; empty when there was none."""
        if self.response_status is None:
            return ""
        lines = [f"HTTP {self.response_status}", *(f"{name}: {value}" for name, value in self.response_headers.items())]
        return "\n".join([*lines, "", self.response_body]).rstrip()


def send_trial_event(subscription: Subscription, sender: WebhookSender, message: UUID, now: datetime) -> TrialResult:
    """Send a ``test`` event now, without the queue; nothing of it is stored, and it counts towards no limit."""
    body = trial_body(subscription.name, now)
    secrets = secrets_in_use(subscription.secrets, subscription.rotated_at, now)
    signed = signature_headers(message, body, secrets, now)
    outcome = sender.post(subscription.url, body, signed)
    sent = sender.headers(signed)
    match outcome:
        case Accepted(status, headers, response_text):
            summary = f"Accepted: the receiver answered {status}."
            return TrialResult(
                subscription.url,
                sent,
                body,
                accepted=True,
                response_status=status,
                response_headers=headers,
                response_body=response_text,
                summary=summary,
            )
        case NotAccepted(failure, headers, response_text):
            summary = f"Not accepted: {failure.reason}."
            return TrialResult(
                subscription.url,
                sent,
                body,
                accepted=False,
                response_status=failure.status,
                response_headers=headers,
                response_body=response_text,
                summary=summary,
            )
