"""Whose body is read at once, and whose only after the application has checked the headers.

Nothing is refused here.  The application refuses, with its own checks and words; this only decides that it is asked
before the body is waited for.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from connector.bootstrap import Clock, Services
from connector.errors import WebhookAuthFailed
from connector.store.connections.connections import ConnectionRecord
from webhook_server.event_credentials import check_before_body, credentials_sent
from webhook_server.gateway.gateway import BodyTurn, DecideTurn, Environ
from webhook_server.webhooks import address_of


def decide_turn(services: Services, clock: Clock) -> DecideTurn:
    """The decision for the application of :mod:`webhook_server.app`."""

    def decide(environ: Environ, *, may_query: bool) -> BodyTurn:
        address = address_of(environ["PATH_INFO"])
        if address is None:
            # Whatever takes a body wants a session, a form's cookie or a token.
            signed = "HTTP_COOKIE" in environ or "HTTP_AUTHORIZATION" in environ
            return BodyTurn.FIRST if signed else BodyTurn.ON_DEMAND
        connections = services.connections
        try:
            read = connections.cached if may_query else connections.in_memory
            record = read(address.connection)
        except SQLAlchemyError:
            # The application asks again, and has its own answer for a database that is away.
            return BodyTurn.ON_DEMAND
        if record is None:
            return BodyTurn.ON_DEMAND if may_query else BodyTurn.UNDECIDED
        return _turn_of_event(record, address.secret, environ, clock())

    return decide


def _turn_of_event(record: ConnectionRecord, path_secret: str, environ: Environ, now: datetime) -> BodyTurn:
    try:
        check_before_body(record, credentials_sent(environ, path_secret), now)
    except WebhookAuthFailed:
        # The application reads the record anew before it refuses: the secret may be a newer one.
        return BodyTurn.ON_DEMAND
    return BodyTurn.FIRST
