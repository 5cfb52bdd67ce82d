"""Errors as RFC 9457 problems: what happened, and what to do; for programs a stable code, and the fields concerned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connector.finance.stated_problem import StatedProblem

PROBLEM_MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:gatepost:problem:"


class ProblemCode(StrEnum):
    """What kind of problem it is; a code keeps its meaning, and new ones may come."""

    NOT_JSON = "not_json"
    """The body cannot be read."""
    UNREADABLE_REQUEST = "unreadable_request"
    TOKEN_MISSING_OR_WRONG = "token_missing_or_wrong"  # noqa: S105 - no password
    """Missing, unknown, expired or revoked."""
    ROLE_MISSING = "role_missing"
    """The caller's person lacks the role."""
    SCOPE_MISSING = "scope_missing"
    """The token lacks the scope."""
    SIGN_IN_TOO_OLD = "sign_in_too_old"
    NO_LINKED_ACCOUNT = "no_linked_account"
    """The caller has no account of their own in the tool."""
    DECIDES_NOTHING = "decides_nothing"
    """A service account gives no command that decides."""
    FORBIDDEN = "forbidden"
    """It lies outside of the part of the organisation that the caller may act on."""
    NOT_VISIBLE_OR_UNKNOWN = "not_visible_or_unknown"
    """It does not exist, or the caller may not see it: both are answered alike."""
    UNKNOWN_ADDRESS = "unknown_address"
    UNKNOWN_STAGE = "unknown_stage"
    NO_LONGER_A_MEASURE = "no_longer_a_measure"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    AMBIGUOUS_KEY = "ambiguous_key"
    """Several measures have the key."""
    KEY_IN_PROGRESS = "key_in_progress"
    """A request with this Idempotency-Key is in progress."""
    KEY_USED_OTHERWISE = "key_used_otherwise"
    """The Idempotency-Key was used for another request."""
    ALREADY_EXISTS = "already_exists"
    CONFLICT = "conflict"
    """It is not possible in the present state."""
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    """The body did not arrive in time."""
    NOT_SENT_AS_JSON = "not_sent_as_json"
    VALUE_INVALID = "value_invalid"
    """`errors` names each value."""
    UNKNOWN_FILTER_VALUE = "unknown_filter_value"
    """No measure that the caller sees has it; `errors` has the known ones."""
    CURSOR_INVALID = "cursor_invalid"
    """Not of this list, or of other filters."""
    COMMAND_INVALID = "command_invalid"
    ENTRIES_REFUSED = "entries_refused"
    TOO_MANY_REQUESTS = "too_many_requests"
    ITEM_UNREACHABLE = "item_unreachable"
    """The tool no longer shows the item."""
    UNAVAILABLE = "unavailable"
    INTERNAL_ERROR = "internal_error"


CODE_OF_STATUS: Mapping[int, ProblemCode] = {
    400: ProblemCode.UNREADABLE_REQUEST,
    401: ProblemCode.TOKEN_MISSING_OR_WRONG,
    403: ProblemCode.FORBIDDEN,
    404: ProblemCode.NOT_VISIBLE_OR_UNKNOWN,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    408: ProblemCode.TOO_SLOW,
    409: ProblemCode.CONFLICT,
    413: ProblemCode.TOO_LARGE,
    415: ProblemCode.NOT_SENT_AS_JSON,
    422: ProblemCode.VALUE_INVALID,
    429: ProblemCode.TOO_MANY_REQUESTS,
    500: ProblemCode.INTERNAL_ERROR,
    503: ProblemCode.UNAVAILABLE,
}
"""Of a problem that has no code of its own."""


class FieldError(BaseModel):
    """A value that is not valid."""

    model_config = ConfigDict(frozen=True)
    location: str = Field(description="The field, as a path with dots: `filter.events.0`.")
    message: str = Field(description="What is wrong with it.")
    known: list[str] = Field(default=[], description="The values that it may have, where these are known; up to 50.")


class ProblemModel(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(frozen=True, title="Problem")
    type: str = Field(description="`urn:gatepost:problem:` and the code.", examples=[f"{TYPE_PREFIX}ambiguous_key"])
    code: ProblemCode
    status: int = Field(examples=[409])
    title: str = Field(
        description="What happened, in one sentence.", examples=['"ITX-7" is the key of several measures.']
    )
    detail: str = Field(default="", description="What to do.")
    errors: list[FieldError] = Field(default=[], description="Each value that is not valid, if it is about values.")


class Problem(Exception):
    """Ends a request with a problem; without ``code`` it has the one of its status."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        code: ProblemCode | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        kind = code or CODE_OF_STATUS.get(status, ProblemCode.UNREADABLE_REQUEST)
        self.headers = dict(headers or {})
        self.model = ProblemModel(
            type=f"{TYPE_PREFIX}{kind.value}",
            code=kind,
            status=status,
            title=title,
            detail=detail,
            errors=list(errors),
        )

    def response(self) -> Response:
        answer = jsonify(self.model.model_dump(exclude_defaults=False))
        answer.status_code = self.model.status
        answer.mimetype = PROBLEM_MEDIA_TYPE
        answer.headers.update(self.headers)
        if self.model.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="gatepost"'
        return answer


def nothing_stored(problems: Sequence[StatedProblem]) -> Problem:
    """Of lines that somebody states."""
    errors = [FieldError(location=one.where, message=one.what) for one in problems]
    return Problem(422, "Nothing was stored.", str(problems[0]), errors=errors)


def invalid_request(error: ValidationError, part: str) -> Problem:
    """The problem of a body or a query: 422 for values that are not valid, 400 for a body that is not JSON."""
    details = error.errors(include_url=False, include_context=True, include_input=False)
    if any(detail["type"] == "json_invalid" for detail in details):
        return Problem(400, f"The {part} is not JSON.", details[0]["msg"], code=ProblemCode.NOT_JSON)
    errors = [
        FieldError(
            location=".".join(map(str, detail["loc"])) or part,
            message=detail["msg"],
            known=_known(detail.get("ctx", {})),
        )
        for detail in details
    ]
    locations = ", ".join(dict.fromkeys(error.location for error in errors))
    return Problem(
        422, f"The {part} is not valid: {locations}.", "`errors` says what is wrong with each value.", errors=errors
    )


def _known(context: Mapping[str, object]) -> list[str]:
    """The values that pydantic expected, of an enumeration or of a word that says which of several bodies it is."""
    expected = str(context.get("expected", context.get("expected_tags", "")))
    return re.findall(r"'([^']*)'", expected)
