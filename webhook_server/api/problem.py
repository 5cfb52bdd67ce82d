"""Errors as RFC 9457 problems: what happened, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TYPE = "application/problem+json"

AMBIGUOUS = "urn:gatepost:ambiguous"
"""The type of the problem of a key that several measures have."""


class Wrong(BaseModel):
    """One value that is not right."""

    model_config = ConfigDict(frozen=True)
    where: str = Field(description="The field, with dots for what lies inside: `filter.events.0`.")
    what: str


class ProblemModel(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(frozen=True, title="Problem")
    type: str = Field(default="about:blank", description="What kind of problem it is; most have no kind of their own.")
    status: int
    title: str = Field(description="What happened, in one sentence.")
    detail: str = Field(default="", description="What to do.")
    errors: list[Wrong] = Field(default=[], description="Each value that is not right, when it is about values.")


class Problem(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, status: int, title: str, detail: str = "", *, kind: str = "about:blank", errors: Sequence[Wrong] = ()
    ) -> None:
        super().__init__(title)
        self.model = ProblemModel(type=kind, status=status, title=title, detail=detail, errors=list(errors))

    def answer(self) -> Response:
        answer = jsonify(self.model.model_dump(exclude_defaults=False))
        answer.status_code = self.model.status
        answer.mimetype = TYPE
        if self.model.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="gatepost"'
        return answer


def invalid(error: ValidationError, what: str) -> Problem:
    """A body or a query whose values do not hold; a body that is no JSON is another status."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Problem(400, f"The {what} is not JSON.", found[0]["msg"])
    errors = [Wrong(where=".".join(map(str, one["loc"])) or what, what=one["msg"]) for one in found]
    named = ", ".join(dict.fromkeys(one.where for one in errors))
    return Problem(422, f"The {what} does not hold: {named}.", "Each value is named with what is wrong.", errors=errors)
