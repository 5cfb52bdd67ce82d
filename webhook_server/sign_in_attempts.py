"""One attempt to show who one is: counted before it is checked, forgotten when it was good, recorded when it failed."""

from __future__ import annotations

import math
from enum import StrEnum

import structlog
from flask import request

from connector.bootstrap import Services, system_clock
from connector.people.permissions import Viewer
from connector.store.accounts.sign_in_throttle import SignInAttempt
from connector.store.operations.counted_events import CountedEvent, CountedKind
from webhook_server.auth import services
from webhook_server.counted_event import note_event
from webhook_server.known_device import device_of

_log = structlog.get_logger(__name__)


class FailedSignIn(StrEnum):
    """Why an attempt failed."""

    CREDENTIALS = "credentials"
    """An unknown login, a wrong password, or a person who is disabled."""
    CODE = "code"
    """The right password, and a wrong or used code of the second factor."""
    THROTTLED = "throttled"
    """Not looked at, because of too many before."""
    PROVIDER = "provider"
    """The identity provider's answer was refused."""


def attempt_as(services: Services, login: str, *, code: bool = False) -> SignInAttempt:
    """An attempt of this browser to sign in as somebody."""
    person = services.people.find_by_login(login)
    device = device_of(services, person.id if person else None)
    return SignInAttempt(login, request.remote_addr or "", device, code)


def attempt_of(viewer: Viewer) -> SignInAttempt:
    """An attempt of somebody who is signed in to show again who they are; counted for the session alone."""
    return SignInAttempt(viewer.login, request.remote_addr or "", f"session {viewer.session}")


def seconds_to_wait(services: Services, attempt: SignInAttempt) -> float | None:
    """Count the attempt; ``None`` when it may be made."""
    wait = services.sign_in_throttle.attempt(attempt, now=system_clock())
    if wait is not None:
        record_failed_sign_in(attempt.login, attempt.address, FailedSignIn.THROTTLED)
    return wait


def too_many(seconds: float) -> str:
    """What to tell somebody who has to wait."""
    minutes = math.ceil(seconds / 60)
    return f"Too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}."


def record_failed_sign_in(login: str, address: str, reason: FailedSignIn) -> None:
    """The one place that learns of every failed attempt; the audit counts it.

    A login that nobody has is not written down: people enter their password in the wrong field.
    """
    person = services().people.find_by_login(login) if login and "\x00" not in login else None
    known = person.login if person is not None else ""
    _log.warning("sign-in failed", login=known, address=address, reason=reason.value)
    kind = CountedKind.SIGN_IN_LOCKED if reason is FailedSignIn.THROTTLED else CountedKind.SIGN_IN_FAILED
    note_event(services(), CountedEvent(kind, known, address))
