"""ServiceNow's answers as typed errors.

The envelope is ``{"error": {"message", "detail"}, "status": "failure"}``.  A 200 may be a failure as well: a
hibernating instance and a dead session answer HTML, a cancelled transaction adds an error to its result.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from connector.errors import (
    BadAnswer,
    BadPayload,
    DataPolicyRefused,
    LimitScope,
    PermissionDenied,
    RateLimited,
    RuleRefused,
    ToolError,
)
from connector.http.json_values import JsonObject, obj, parse_object, text
from connector.http.transport import Answer, Classifier, by_status

_RULE = re.compile(r"aborted by Business Rule '([^'^]+)")


def classifier(connection: str) -> Classifier:
    def classify(answer: Answer) -> ToolError | None:
        envelope = obj(_body(answer).get("error"))
        told = " ".join(part for part in (text(envelope.get("message")), text(envelope.get("detail"))) if part)
        if 200 <= answer.status < 300:
            return _hidden_failure(answer, connection, told, failed=bool(envelope))
        if answer.status == 429:
            return RateLimited(
                f"{connection} limits {answer.operation}: {told or 'no reason given'}",
                operation=answer.operation,
                retry_after=_wait(answer),
                scope=LimitScope.CONNECTION,
                reason=answer.headers.get("X-RateLimit-Rule", ""),
            )
        if answer.status == 403:
            return _forbidden(answer, connection, told)
        return by_status(answer, connection, told)

    return classify


SEMAPHORE_SECONDS = 10.0
"""Without a header it is the node's semaphores that are taken: short, but nobody says how short."""


def _wait(answer: Answer) -> float:
    """Seconds until a call may be tried again; a rule tells its end, in case it tells no wait.

    https://www.servicenow.com/docs, "Inbound REST API rate limiting"; both moments are the server's own.
    """
    if answer.retry_after is not None:
        return answer.retry_after
    try:
        ends = float(answer.headers.get("X-RateLimit-Reset", ""))
        now = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except ValueError:
        return SEMAPHORE_SECONDS
    return max(1.0, ends - now)


def _hidden_failure(answer: Answer, connection: str, told: str, *, failed: bool) -> ToolError | None:
    if failed:
        return BadAnswer(
            f"{connection} answered {answer.operation} with an error inside a 200: {told}",
            operation=answer.operation,
            status=answer.status,
        )
    if answer.body and answer.content_type != "application/json":
        return BadAnswer(
            f"{connection} answered {answer.operation} with {answer.content_type or 'no content type'} instead of "
            "JSON; the instance may be hibernating, or the session has ended.",
            operation=answer.operation,
            status=answer.status,
        )
    if answer.status == 202 or (not answer.body and answer.operation.startswith("GET ")):
        return BadAnswer(
            f"{connection} answered {answer.operation} with nothing.", operation=answer.operation, status=answer.status
        )
    return None


def _forbidden(answer: Answer, connection: str, told: str) -> ToolError:
    rule = _RULE.search(told)
    if rule:
        # The rule's own message does not cross the REST boundary; its name is all that is told.
        return RuleRefused(
            f'{connection}: the business rule "{rule[1]}" refused {answer.operation}.',
            operation=answer.operation,
            status=403,
        )
    if "Data Policy Exception" in told:
        return DataPolicyRefused(
            f"{connection}: a data policy refused {answer.operation}: {told}. Fill these columns on the record, "
            "or have the policy not apply to the integration user.",
            operation=answer.operation,
            status=403,
        )
    return PermissionDenied(
        f"{connection} does not allow {answer.operation}: {told or 'no reason given'}. Check the roles and ACLs of "
        "Gatepost's user.",
        operation=answer.operation,
        status=403,
    )


def _body(answer: Answer) -> JsonObject:
    try:
        return parse_object(answer.body)
    except BadPayload:
        return {}
