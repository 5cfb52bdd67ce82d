"""Errors as RFC 9457 problems: what happened, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROBLEM_MEDIA_TYPE = "application/problem+json"

AMBIGUOUS_TYPE = "urn:gatepost:ambiguous"
"""Problem type of a key that several measures have."""


class FieldError(BaseModel):
    """A value that is not valid."""

    model_config = ConfigDict(frozen=True)
    location: str = Field(description="The field, as a path with dots: `filter.events.0`.")
    message: str


class ProblemModel(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(frozen=True, title="Problem")
    type: str = Field(default="about:blank", description="The kind of problem; most have none.")
    status: int
    title: str = Field(description="What happened, in one sentence.")
    detail: str = Field(default="", description="What to do.")
    errors: list[FieldError] = Field(default=[], description="Each value that is not valid, if it is about values.")


class Problem(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, status: int, title: str, detail: str = "", *, kind: str = "about:blank", errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(title)
        self.model = ProblemModel(type=kind, status=status, title=title, detail=detail, errors=list(errors))

    def response(self) -> Response:
        answer = jsonify(self.model.model_dump(exclude_defaults=False))
        answer.status_code = self.model.status
        answer.mimetype = PROBLEM_MEDIA_TYPE
        if self.model.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="gatepost"'
        return answer


def invalid_request(error: ValidationError, part: str) -> Problem:
    """The problem of a body or a query: 422 for values that are not valid, 400 for a body that is not JSON."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    if any(detail["type"] == "json_invalid" for detail in details):
        return Problem(400, f"The {part} is not JSON.", details[0]["msg"])
    errors = [
        FieldError(location=".".join(map(str, detail["loc"])) or part, message=detail["msg"]) for detail in details
    ]
    locations = ", ".join(dict.fromkeys(error.location for error in errors))
    return Problem(
        422, f"The {part} is not valid: {locations}.", "`errors` says what is wrong with each value.", errors=errors
    )
