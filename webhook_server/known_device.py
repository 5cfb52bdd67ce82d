"""A browser in which somebody has signed in: it is known again by a signed cookie, which gives no access by itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from connector.bootstrap import Services
from connector.people.permissions import PersonId

VALID_SECONDS = 180 * 24 * 3600
MAX_PEOPLE = 8
"""People of one browser that are remembered, the last ones."""


@dataclass(frozen=True, slots=True)
class KnownDevice:
    id: str
    people: tuple[int, ...] = ()
    """Who has signed in here."""


def device_of(services: Services, person: PersonId | None) -> str | None:
    """What the throttle counts guesses of this browser by, if this person has signed in here before."""
    device = _read(services)
    return f"{device.id}:{person}" if device is not None and person is not None and person in device.people else None


def remember_device(services: Services, response: Response, person: PersonId) -> None:
    """After a sign-in with everything that it asks for."""
    device = _read(services) or KnownDevice(secrets.token_urlsafe(16))
    people = [*(known for known in device.people if known != person), int(person)][-MAX_PEOPLE:]
    response.set_cookie(
        _cookie_name(services),
        _serializer(services).dumps([device.id, people]),
        max_age=VALID_SECONDS,
        secure=services.settings.over_tls,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _read(services: Services) -> KnownDevice | None:
    try:
        stored = _serializer(services).loads(request.cookies.get(_cookie_name(services), ""), max_age=VALID_SECONDS)
    except BadSignature:
        return None
    match stored:
        case [str(number), list(people)]:
            return KnownDevice(number, tuple(person for person in people if isinstance(person, int)))
        case _:
            return None


def _cookie_name(services: Services) -> str:
    return "__Host-gatepost-device" if services.settings.over_tls else "gatepost-device"


def _serializer(services: Services) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services.vault.derive_key(b"gatepost devices"))
