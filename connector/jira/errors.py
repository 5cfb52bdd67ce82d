"""Jira's responses as typed errors.

Error bodies are ``{"errorMessages": [...], "errors": {field: message}}``; a 429 names its reason in
``RateLimit-Reason`` (https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).
"""

from __future__ import annotations

from connector.errors import (
    AuthenticationFailed,
    InvalidPayload,
    InvalidResponse,
    LimitScope,
    PermissionDenied,
    RateLimited,
    RejectedByRule,
    ToolError,
    ValuesRejected,
)
from connector.http.json_values import as_list, as_object, as_text, parse_object
from connector.http.transport import Classifier, ToolResponse, error_for_status
from connector.jira.scopes import administration_consent
from connector.remedy import Remedy

SCOPES = {
    "jira-per-issue-on-write": LimitScope.ITEM,
    "jira-burst-based": LimitScope.ENDPOINT,
    "jira-quota-tenant-based": LimitScope.CONNECTION,
    "jira-quota-global-based": LimitScope.CONNECTION,
}


_OTHER_SCOPE = b"scope does not match"
"""The gateway's 401 for a token that is good and does not cover the operation: nothing that renewing would mend."""
_BASIC_OFF = b"Basic Authentication has been disabled"
"""Jira's whole answer; it has no code.  https://confluence.atlassian.com/enterprise/disabling-basic-authentication-1044776464.html"""


def classifier(connection: str) -> Classifier:
    def classify(response: ToolResponse) -> ToolError | None:
        if 200 <= response.status < 300:
            if response.body and response.content_type == "text/html":
                return InvalidResponse(
                    f"{connection} answered {response.operation} with a web page; is its address right?",
                    operation=response.operation,
                    status=response.status,
                )
            return None
        if response.status == 429:
            return _rate_limited(response, connection)
        if response.status == 403 and _BASIC_OFF in response.body:
            return AuthenticationFailed(
                f"{connection} does not take user and password: basic authentication is switched off there, as Data "
                "Center 11 is installed.",
                operation=response.operation,
                status=403,
                remedy=Remedy(
                    "Use a personal access token or a service account.",
                    "Use a personal access token (--auth bearer) or a service account (--service-account).",
                ),
            )
        if response.status == 401 and _OTHER_SCOPE in response.body:
            return PermissionDenied(
                f"{connection}: the consent for daily work does not cover {response.operation}.",
                operation=response.operation,
                status=401,
                remedy=administration_consent(connection),
            )
        messages, fields = _messages(response.body)
        detail = " ".join([*messages, *(f"{name}: {message}" for name, message in fields.items())])
        error = _refused(response, connection, detail, fields) or error_for_status(response, connection, detail)
        if error is not None:
            error.said = detail
        return error

    return classify


def _refused(
    response: ToolResponse, connection: str, detail: str, fields: dict[str, str]
) -> RejectedByRule | ValuesRejected | None:
    """What the tool does not take, by a rule of its own or because of the values; ``None`` for another answer."""
    if response.status not in {400, 409, 413, 422}:
        return None
    if response.operation.endswith("/transitions"):
        return RejectedByRule(
            f"{connection} refused the transition: {detail}", operation=response.operation, status=response.status
        )
    return ValuesRejected(
        f"{connection} refused {response.operation} ({response.status}): {detail}",
        operation=response.operation,
        status=response.status,
        fields=fields,
    )


def _rate_limited(response: ToolResponse, connection: str) -> RateLimited:
    reason = response.headers.get("RateLimit-Reason", "")
    wait = "" if response.retry_after is None else f", retry after {response.retry_after:.0f} s"
    return RateLimited(
        f"{connection} limits {response.operation} ({reason or 'no reason given'}{wait}).",
        operation=response.operation,
        retry_after=response.retry_after,
        scope=SCOPES.get(reason, LimitScope.CONNECTION),
        reason=reason,
    )


def _messages(body: bytes) -> tuple[list[str], dict[str, str]]:
    try:
        parsed = parse_object(body)
    except InvalidPayload:
        return [], {}
    messages = [as_text(message) for message in as_list(parsed.get("errorMessages"))]
    fields = {name: as_text(message) for name, message in as_object(parsed.get("errors")).items()}
    return [message for message in messages if message], fields
