"""Jira's answers as typed errors.

Error bodies are ``{"errorMessages": [...], "errors": {field: message}}``; a 429 names its reason in
``RateLimit-Reason`` (https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).
"""

from __future__ import annotations

from connector.errors import BadAnswer, BadPayload, LimitScope, RateLimited, Refused, RuleRefused, ToolError
from connector.http.json_values import items, obj, parse_object, text
from connector.http.transport import Answer, Classifier, by_status

SCOPES = {
    "jira-per-issue-on-write": LimitScope.ITEM,
    "jira-burst-based": LimitScope.ENDPOINT,
    "jira-quota-tenant-based": LimitScope.CONNECTION,
    "jira-quota-global-based": LimitScope.CONNECTION,
}


def classifier(connection: str) -> Classifier:
    def classify(answer: Answer) -> ToolError | None:
        if 200 <= answer.status < 300:
            if answer.body and answer.content_type == "text/html":
                return BadAnswer(
                    f"{connection} answered {answer.operation} with a web page; is its address right?",
                    operation=answer.operation,
                    status=answer.status,
                )
            return None
        if answer.status == 429:
            return _limited(answer, connection)
        messages, fields = _messages(answer.body)
        told = " ".join([*messages, *(f"{name}: {message}" for name, message in fields.items())])
        if answer.status in {400, 409, 413, 422}:
            if answer.operation.endswith("/transitions"):
                return RuleRefused(
                    f"{connection} refused the transition: {told}", operation=answer.operation, status=answer.status
                )
            return Refused(
                f"{connection} refused {answer.operation} ({answer.status}): {told}",
                operation=answer.operation,
                status=answer.status,
                fields=fields,
            )
        return by_status(answer, connection, told)

    return classify


def _limited(answer: Answer, connection: str) -> RateLimited:
    reason = answer.headers.get("RateLimit-Reason", "")
    wait = "" if answer.retry_after is None else f", come again in {answer.retry_after:.0f} s"
    return RateLimited(
        f"{connection} limits {answer.operation} ({reason or 'no reason given'}{wait}).",
        operation=answer.operation,
        retry_after=answer.retry_after,
        scope=SCOPES.get(reason, LimitScope.CONNECTION),
        reason=reason,
    )


def _messages(body: bytes) -> tuple[list[str], dict[str, str]]:
    try:
        parsed = parse_object(body)
    except BadPayload:
        return [], {}
    messages = [text(message) for message in items(parsed.get("errorMessages"))]
    fields = {name: text(message) for name, message in obj(parsed.get("errors")).items()}
    return [message for message in messages if message], fields
