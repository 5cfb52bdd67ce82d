"""The one tree of errors.  The class decides what happens next; the message says what and where, the remedy what to do.

::

    GatepostError
    ├── ConfigurationError        a setting, connection or mapping is wrong; a person must act
    ├── BadPayload                an event's body is not what its door accepts (a 4xx to the sender)
    ├── SignatureRejected         an event's signature is missing or wrong (401 to the sender)
    └── ToolError                 a call to Jira or ServiceNow failed
        ├── RetryLater            the same call may go through later
        │   ├── Unreachable       no connection, a timeout, or a 5xx
        │   └── RateLimited       429; ``retry_after`` and ``scope`` say how long and how wide to wait
        ├── AuthenticationFailed  401: stop calling this connection and tell a person
        ├── PermissionDenied      403: this account may not do this
        ├── RuleRefused           403 by a business rule or workflow of the tool
        │   └── DataPolicyRefused  403 by a data policy: columns that have to be filled are empty
        ├── NotFound              404: gone or hidden, the tool does not say which
        ├── NotProvisioned        a field, option, screen or right is not there yet: waits, and is tried again
        │   └── NotStored         a value was taken and is not there: waits for some hours, then a person is told
        ├── Refused               400, 409, 413, 422: the tool does not take these values
        ├── BadAnswer             the answer is not what the API promises (HTML, cut JSON)
        └── HostNotAllowed        the address is not on the allow-list; nothing was sent

``retry.py`` turns a class into a decision; nothing else looks at status codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from connector.remedy import NOTHING_TO_DO, Place, Remedy


class GatepostError(Exception):
    """Base of everything that Gatepost raises on purpose.

    The message, and so the text of the error, is what is wrong and where; what to do about it is beside it as data, for
    whoever has a terminal and for whoever reads a page (:class:`connector.remedy.Remedy`).  So what is stored, logged
    or answered to a program never advises a command.
    """

    def __init__(self, message: str = "", *, remedy: Remedy = NOTHING_TO_DO) -> None:
        super().__init__(message)
        self.remedy = remedy

    @property
    def at_terminal(self) -> str:
        """What is wrong, and what to do about it, for whoever has a terminal."""
        return f"{self} {self.remedy.at_terminal}".rstrip()

    @property
    def explained(self) -> str:
        """What is wrong, and what to do, for whoever reads it later and elsewhere: without a command."""
        return f"{self} {self.remedy.page}".rstrip()


NO_CONNECTION = Remedy(
    "The page Connections lists them.", "List them with: gatepost connection list", Place.CONNECTIONS
)


class ConfigurationError(GatepostError):
    """A setting, a connection or a mapping is wrong.  The message says where and what to do."""


class InvalidPayload(GatepostError):
    """An event's body cannot be understood.  ``status`` is the HTTP status for the sender."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class WebhookAuthFailed(GatepostError):
    """An event is not signed with a secret of this connection; ``reason`` is a metric label."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ToolError(GatepostError):
    """A call to a tool failed.  ``operation`` is ``PUT /rest/api/3/issue/…`` without secrets."""

    def __init__(
        self, message: str, *, operation: str = "", status: int | None = None, remedy: Remedy = NOTHING_TO_DO
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.operation = operation
        self.status = status
        self.said = ""
        """What the tool itself said of it, without our words around it; empty where nobody asks."""


class RetryLater(ToolError):
    """The same call may go through later.  ``retry_after`` is in seconds, ``None`` if not told."""

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        remedy: Remedy = NOTHING_TO_DO,
    ) -> None:
        super().__init__(message, operation=operation, status=status, remedy=remedy)
        self.retry_after = retry_after


class Unreachable(RetryLater):
    """No connection, a timeout, or a 5xx answer.  A write may or may not have been taken."""

    silent = False
    """The tool let us wait in vain, or is not called because it did: trying again at once would only wait again."""

    @property
    def outage(self) -> bool:
        """The tool as a whole is down, not this call wrong: waiting does not count as an attempt."""
        return self.status in {None, 502, 503, 504}


class LimitScope(StrEnum):
    """How wide a 429 reaches.

    https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ names the reasons.
    """

    CONNECTION = "connection"
    ENDPOINT = "endpoint"
    ITEM = "item"
    BACKGROUND = "background"
    """What can wait: sweeps, while the rest of an allowance is kept for events."""


class RateLimited(RetryLater):
    """429.  ``scope`` says what has to wait, ``reason`` is the tool's own word for it.

    ``asked`` is false when the call was not made, because the scope is parked since an earlier 429.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        retry_after: float | None = None,
        scope: LimitScope = LimitScope.CONNECTION,
        reason: str = "",
        from_tool: bool = True,
    ) -> None:
        super().__init__(message, operation=operation, status=429, retry_after=retry_after)
        self.scope = scope
        self.reason = reason
        self.from_tool = from_tool


class AuthenticationFailed(ToolError):
    """401: the credentials are wrong or expired; every further call would fail as well."""


class PermissionDenied(ToolError):
    """403: the account may not do this."""


class RejectedByRule(ToolError):
    """403 or 400 by a rule of the tool itself (workflow, business rule, data policy)."""


class RejectedByDataPolicy(RejectedByRule):
    """403 by a data policy of ServiceNow: the record lacks columns that its state asks for."""


class NotFound(ToolError):
    """404: gone, or hidden from this account; the tool does not say which."""


class ValuesRejected(ToolError):
    """The tool does not take these values; ``fields`` holds its message per field id."""

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        fields: Mapping[str, str] | None = None,
        remedy: Remedy = NOTHING_TO_DO,
    ) -> None:
        super().__init__(message, operation=operation, status=status, remedy=remedy)
        self.fields = dict(fields or {})


class NotProvisioned(ValuesRejected):
    """A write needs a field, an option, a screen or a right that the tool has not got yet, or not any more.

    No item causes it, and somebody will make it or take it out of the mapping: until then the write waits.
    """

    rest_written = False
    """Whether everything else of the write has been done."""


class NotStored(NotProvisioned):
    """A value was taken and is not there afterwards: a right is missing, or a rule of the tool resets the value.

    Nobody can tell the two apart.  A right may come, so that it is tried for some hours; a rule never ends, so that a
    person is told then.
    """


class InvalidResponse(ToolError):
    """The answer is not what the API promises: HTML, cut JSON, an error inside a 200."""


class HostNotAllowed(ToolError):
    """The address is not on this connection's allow-list; nothing was sent."""
