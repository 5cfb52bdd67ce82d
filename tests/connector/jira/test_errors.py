"""What Jira itself said stands apart from what we say of it: a decision is taken from its words alone."""

from __future__ import annotations

import json

import pytest

from connector.http.transport import ToolResponse
from connector.jira.errors import classifier

ADMINISTRATION = "To discard the user notification either admin or project admin permissions are required."


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("said", [ADMINISTRATION, "Field 'x' cannot be set."])
def test_what_jira_said_is_free_of_our_words(status: int, said: str) -> None:
    """A connection may be called *notifications*; its refusals are not all about mails."""
    body = json.dumps({"errorMessages": [said]}).encode()
    operation = "PUT /rest/api/3/issue/ITX-1"
    error = classifier("notifications")(ToolResponse(status, {}, "application/json", body, operation, None))
    assert error is not None
    assert error.said == said
    assert said in str(error)
