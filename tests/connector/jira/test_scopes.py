"""What the doctor says of an OAuth consent, and what a refusal for want of one becomes."""

from __future__ import annotations

import pytest

from connector.errors import AuthenticationFailed, PermissionDenied, ToolError
from connector.http.transport import ToolResponse
from connector.jira.errors import classifier
from connector.jira.scopes import ADMINISTRATION, DAILY, consent_checks

SAID = set(DAILY) - {"offline_access"}


def test_the_two_consents_share_nothing_that_administers() -> None:
    assert "manage:jira-configuration" not in DAILY
    assert "offline_access" not in ADMINISTRATION, "nothing renews an administrator's consent"


@pytest.mark.parametrize(
    ("granted", "said"),
    [
        (None, []),
        (SAID, ["GOOD for daily work only; provisioning asks an administrator"]),
        (SAID - {"manage:jira-webhook"}, ["BAD it lacks manage:jira-webhook"]),
        (
            SAID | {"manage:jira-configuration"},
            ["WARNING the daily one covers administration as well: manage:jira-configuration"],
        ),
        (
            {"read:jira-work", "manage:jira-project"},
            [
                "BAD it lacks write:jira-work, read:jira-user, manage:jira-webhook, report:personal-data",
                "WARNING the daily one covers administration as well: manage:jira-project",
            ],
        ),
    ],
)
def test_the_doctor_says_what_the_daily_consent_lacks_and_what_it_need_not_cover(
    granted: set[str] | None, said: list[str]
) -> None:
    assert [f"{one.health.name} {one.message}" for one in consent_checks("j", granted)] == said


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"code":401,"message":"Unauthorized; scope does not match"}', PermissionDenied),
        (b'{"code":401,"message":"Unauthorized"}', AuthenticationFailed),
    ],
)
def test_a_scope_that_is_not_covered_pauses_no_connection(body: bytes, kind: type[ToolError]) -> None:
    """A token that has ended does: a person has to act."""
    error = classifier("j")(ToolResponse(401, {}, "application/json", body, "POST /rest/api/3/field", None))
    assert type(error) is kind
