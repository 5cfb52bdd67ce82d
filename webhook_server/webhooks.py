"""The webhook endpoints: ``POST /hooks/jira/<connection>`` and ``POST /hooks/servicenow/<connection>``.

A connection's record says which authentication it accepts (:mod:`connector.events.webhook_auth`); a secret in the
address follows the connection's name.

They stand before Flask, whose context, routing, sessions and hooks cost an event three times what verifying and parsing
it does (ADR 0072); every other request is passed on to it.

The order matters: check the headers, bound the bytes, verify the bytes, only then parse them, commit, answer.
Jira sends again after 408, 409, 425, 429 and 5xx and drops the event after any other status
(https://community.developer.atlassian.com/t/new-jira-cloud-webhook-retry-policy/30554), so 503
means "nothing is stored, send it again", and a body that can never be stored must not answer 5xx.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from connector.bootstrap import Clock, Services
from connector.errors import InvalidPayload, WebhookAuthFailed
from connector.http.tool_access import WebhookAuth
from connector.runtime.log import cover_secrets
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ingest import received_event
from connector.sync.ports import EventParser
from connector.sync.stores import ReceivedEvent, ReceiveResult
from mapping.work_item import Tool
from webhook_server.event_credentials import check_before_body, check_event, credentials_sent
from webhook_server.gateway.answer_later import AnswerLater, CompleteAnswer
from webhook_server.gateway.gateway import Environ
from webhook_server.gateway.request_body import BodyOnDemand
from webhook_server.page_messages import page_text
from webhook_server.security import headers_of_programs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

RETRY_AFTER_SECONDS = 30
BACKLOG_RETRY_AFTER_SECONDS = 120
MAX_DELIVERY_ID_LENGTH = 200
PREFIX = "/hooks/"

DELIVERY_HEADER = {Tool.JIRA: "HTTP_X_ATLASSIAN_WEBHOOK_IDENTIFIER", Tool.SERVICENOW: "HTTP_X_EVENT_ID"}
"""The sender's own id of an event, the same across its retries; as WSGI names the header."""

_log = structlog.get_logger(__name__)


class EndpointAddress(NamedTuple):
    """What an address of the form ``/hooks/<tool>/<connection>[/<secret>]`` holds."""

    tool: str
    connection: str
    secret: str = ""


class Answer(NamedTuple):
    """What a sender gets."""

    status: HTTPStatus
    content: Mapping[str, object]
    headers: tuple[tuple[str, str], ...] = ()


class WebhookEndpoint:
    """The WSGI application before ``application``, which gets every request that is for no webhook endpoint."""

    def __init__(self, application: WSGIApplication, services: Services, clock: Clock) -> None:
        self._application = application
        self._services = services
        self._clock = clock
        self._headers = [("Content-Type", "application/json"), *headers_of_programs(services)]
        self._stored = {
            result: self._complete(Answer(HTTPStatus.ACCEPTED, {"result": result.value})) for result in ReceiveResult
        }
        self._events = Counter(
            "gatepost_events",
            "Events by webhook endpoint and outcome",
            ["connection", "outcome"],
            registry=services.metrics,
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        address = address_of(environ["PATH_INFO"])
        if address is None:
            return self._application(environ, start_response)
        later = AnswerLater(start_response)
        answer = self._answer(environ, address, later)
        if answer is not None:
            complete = self._complete(answer)
            later.complete(complete._replace(content=b"") if environ["REQUEST_METHOD"] == "HEAD" else complete)
        return later

    def _complete(self, answer: Answer) -> CompleteAnswer:
        content = json.dumps(answer.content, separators=(",", ":")).encode() + b"\n"
        headers = [*self._headers, ("Content-Length", str(len(content))), *answer.headers]
        return CompleteAnswer(f"{answer.status.value} {answer.status.phrase}", headers, content)

    def _answer(self, environ: Environ, address: EndpointAddress, later: AnswerLater) -> Answer | None:
        """``None`` when the thread that commits the event will answer."""
        if environ["REQUEST_METHOD"] != "POST":
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED, _error(HTTPStatus.METHOD_NOT_ALLOWED), (("Allow", "POST"),))
        try:
            return self._receive(environ, address, later)
        except HTTPException as refusal:
            # Of the body: it is too large, or came too slowly.
            status = HTTPStatus(refusal.code or HTTPStatus.INTERNAL_SERVER_ERROR)
            return Answer(status, _error(status, refusal.description or ""), _retry_header(refusal))
        except Exception as error:  # noqa: BLE001 - whatever fails, a sender gets an answer that lets it send again
            return _failed(environ, error)

    def _receive(self, environ: Environ, address: EndpointAddress, later: AnswerLater) -> Answer | None:
        services = self._services
        try:
            record = services.connections.cached(address.connection)
        except SQLAlchemyError:
            return _retry_later()
        if record is None or record.tool != address.tool:
            # The sender chose this name, so it must not become a label of a metric.
            self._events.labels("unknown", "unknown_connection").inc()
            return _refusal(HTTPStatus.NOT_FOUND, f'There is no {address.tool} connection "{address.connection}" here.')
        parser = services.event_parsers[record.tool]
        event = _verified_event(services, record, parser, environ, address.secret, self._clock())
        if not isinstance(event, ReceivedEvent):
            answer, outcome = event
            self._events.labels(record.name, outcome).inc()
            return answer

        def committed(result: ReceiveResult | BaseException) -> None:
            try:
                if isinstance(result, ReceiveResult):
                    answer, outcome = self._stored[result], result.value
                else:
                    refusal, outcome = _answer_without_commit(record, result)
                    answer = self._complete(refusal)
                self._events.labels(record.name, outcome).inc()
            except Exception as error:  # noqa: BLE001 - as above
                answer = self._complete(_failed(environ, error))
            later.complete(answer)

        services.inbox.submit(event, committed)
        return None


def address_of(path: str) -> EndpointAddress | None:
    """The endpoint that a path names, ``None`` for every other one.  WSGI's paths have a letter for each byte."""
    if not path.startswith(PREFIX):
        return None
    parts = path.encode("latin-1").decode(errors="replace").removeprefix(PREFIX).split("/")
    return EndpointAddress(*parts) if len(parts) in {2, 3} and all(parts) else None


def _verified_event(
    services: Services, record: ConnectionRecord, parser: EventParser, environ: Environ, path_secret: str, now: datetime
) -> ReceivedEvent | tuple[Answer, str]:
    """The event to commit; or the answer, and the outcome as the metric counts it."""
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        answer = _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "An event's Content-Type must be application/json.")
        return answer, "wrong_type"
    sent = credentials_sent(environ, path_secret)
    try:
        if isinstance(environ["wsgi.input"], BodyOnDemand):
            # Whoever lacks what the headers have to show is refused before the body is waited for.
            _authenticate(services, record, lambda newest: check_before_body(newest, sent, now))
        body = get_input_stream(environ, max_content_length=services.settings.max_body_bytes).read()
        kind = _authenticate(services, record, lambda newest: check_event(newest, sent, body, now))
        late = services.backlog.age(record.name)
        if late > services.settings.max_backlog_seconds:
            return _backlog_too_old(record.name, late), "backlog"
        return received_event(
            body,
            connection=record.name,
            parser=parser,
            delivery_id=_delivery_id(environ, record, kind),
            own_account=record.own_account,
        )
    except WebhookAuthFailed as error:
        _log.warning("event refused", connection=record.name, reason=error.reason)
        return _refusal(HTTPStatus.UNAUTHORIZED, page_text(error)), f"signature_{error.reason}"
    except InvalidPayload as error:
        return _refusal(HTTPStatus(error.status), page_text(error)), "bad_payload"
    except SQLAlchemyError as error:
        return _not_stored(record, error)


def _answer_without_commit(record: ConnectionRecord, error: BaseException) -> tuple[Answer, str]:
    """The answer, and the outcome as the metric counts it.  Raises what is no error of the database."""
    if isinstance(error, DataError):
        # PostgreSQL will never accept these values: sending the same bytes again would not help.
        _log.warning("event cannot be stored", connection=record.name)
        return _refusal(HTTPStatus.BAD_REQUEST, "The event has a value that cannot be stored."), "invalid_value"
    if isinstance(error, SQLAlchemyError):
        return _not_stored(record, error)
    raise error


def _not_stored(record: ConnectionRecord, error: SQLAlchemyError) -> tuple[Answer, str]:
    _log.error("event not stored", connection=record.name, error=type(error).__name__)
    return _retry_later(), "not_stored"


def _failed(environ: Environ, error: BaseException) -> Answer:
    """Called where the error is handled."""
    _log.exception("request failed", path=cover_secrets(environ["PATH_INFO"]), error=type(error).__name__)
    return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, _error(HTTPStatus.INTERNAL_SERVER_ERROR))


def _authenticate(
    services: Services, record: ConnectionRecord, check: Callable[[ConnectionRecord], WebhookAuth]
) -> WebhookAuth:
    """Raises WebhookAuthFailed.  A secret that was rotated a moment ago loses no event."""
    try:
        return check(record)
    except WebhookAuthFailed:
        newer = services.connections.reread(record.name)
        if newer is None or newer == record:
            raise
        return check(newer)


def _delivery_id(environ: Environ, record: ConnectionRecord, kind: WebhookAuth) -> str | None:
    given = str(environ.get(DELIVERY_HEADER[record.tool], ""))[:MAX_DELIVERY_ID_LENGTH]
    if given or kind is not WebhookAuth.TOKEN:
        return given or None
    # A rule of Jira Automation sends the same bytes each time that it runs: each time is an event of its own.
    return f"automation:{uuid4()}"


def _refusal(status: HTTPStatus, detail: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, {"detail": detail, "error": status.value}, headers)


def _error(status: HTTPStatus, detail: str = "") -> dict[str, object]:
    return {"detail": detail, "error": status.phrase}


def _retry_header(refusal: HTTPException) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in refusal.get_headers() if name == "Retry-After")


def _retry_later() -> Answer:
    return _unavailable("The event could not be stored. Send it again.", RETRY_AFTER_SECONDS)


def _backlog_too_old(name: str, seconds: float) -> Answer:
    """More events would only wait longer.  A sweep finds what a sender gives up on."""
    waited = f"The events of {name} have waited for {int(seconds // 60)} minutes"
    return _unavailable(f"{waited}; this one was not stored. Send it again.", BACKLOG_RETRY_AFTER_SECONDS)


def _unavailable(detail: str, seconds: int) -> Answer:
    return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, (("Retry-After", str(seconds)),))
