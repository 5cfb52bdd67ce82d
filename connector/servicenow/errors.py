"""ServiceNow's responses as typed errors.

The envelope is ``{"error": {"message", "detail"}, "status": "failure"}``.  A 200 may be a failure as well: a
hibernating instance and a dead session return HTML, a cancelled transaction adds an error to its result.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from math import isfinite

from connector.errors import (
    InvalidPayload,
    InvalidResponse,
    LimitScope,
    PermissionDenied,
    RateLimited,
    RejectedByDataPolicy,
    RejectedByRule,
    ToolError,
)
from connector.http.json_values import JsonObject, as_object, as_text, parse_object
from connector.http.transport import LONGEST_WAIT_SECONDS, Classifier, ToolResponse, error_for_status

_RULE = re.compile(r"aborted by Business Rule '([^'^]+)")


def classifier(connection: str) -> Classifier:
    def classify(response: ToolResponse) -> ToolError | None:
        envelope = as_object(_body(response).get("error"))
        message = " ".join(part for part in (as_text(envelope.get("message")), as_text(envelope.get("detail"))) if part)
        if 200 <= response.status < 300:
            return _error_in_success(response, connection, message, failed=bool(envelope))
        if response.status == 429:
            return RateLimited(
                f"{connection} limits {response.operation}: {message or 'no reason given'}",
                operation=response.operation,
                retry_after=_wait_seconds(response),
                scope=LimitScope.CONNECTION,
                reason=response.headers.get("X-RateLimit-Rule", ""),
            )
        if response.status == 403:
            return _forbidden(response, connection, message)
        return error_for_status(response, connection, message)

    return classify


SEMAPHORE_SECONDS = 10.0
"""Without a header the node's semaphores are in use: for a short, unknown time."""


def _wait_seconds(response: ToolResponse) -> float:
    """Seconds until a call may be tried again; a rule states its end where it states no wait.

    https://www.servicenow.com/docs, "Inbound REST API rate limiting"; both moments are the server's own.
    """
    if response.retry_after is not None:
        return response.retry_after
    try:
        ends = float(response.headers.get("X-RateLimit-Reset", ""))
        now = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except ValueError:
        return SEMAPHORE_SECONDS
    return min(max(1.0, ends - now), LONGEST_WAIT_SECONDS) if isfinite(ends) else SEMAPHORE_SECONDS


def _error_in_success(response: ToolResponse, connection: str, message: str, *, failed: bool) -> ToolError | None:
    if failed:
        return InvalidResponse(
            f"{connection} answered {response.operation} with an error inside a 200: {message}",
            operation=response.operation,
            status=response.status,
        )
    if response.body and response.content_type != "application/json":
        return InvalidResponse(
            f"{connection} answered {response.operation} with {response.content_type or 'no content type'} instead of "
            "JSON; the instance may be hibernating, or the session has ended.",
            operation=response.operation,
            status=response.status,
        )
    if response.status == 202 or (not response.body and response.operation.startswith("GET ")):
        return InvalidResponse(
            f"{connection} answered {response.operation} with nothing.",
            operation=response.operation,
            status=response.status,
        )
    return None


def _forbidden(response: ToolResponse, connection: str, message: str) -> ToolError:
    rule = _RULE.search(message)
    if rule:
        # The rule's own message does not cross the REST boundary; only its name does.
        return RejectedByRule(
            f'{connection}: the business rule "{rule[1]}" refused {response.operation}.',
            operation=response.operation,
            status=403,
        )
    if "Data Policy Exception" in message:
        return RejectedByDataPolicy(
            f"{connection}: a data policy refused {response.operation}: {message}. Fill these columns on the record, "
            "or have the policy not apply to the integration user.",
            operation=response.operation,
            status=403,
        )
    return PermissionDenied(
        f"{connection} does not allow {response.operation}: {message or 'no reason given'}. Check the roles and ACLs "
        "of Gatepost's user.",
        operation=response.operation,
        status=403,
    )


def _body(response: ToolResponse) -> JsonObject:
    try:
        return parse_object(response.body)
    except InvalidPayload:
        return {}
