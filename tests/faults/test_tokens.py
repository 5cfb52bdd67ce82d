"""Access tokens that end in the middle of work, and a refresh that is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.http.tool_access import Auth, GrantKind, OAuthGrant
from sandbox.jira.oauth import GATEWAY
from sandbox.story import seed
from tests.faults.observed import Seen, seen, shown_otherwise
from tests.faults.steps import STEPS, play
from tests.faults.world import JIRA, SNOW, Struck

pytestmark = pytest.mark.story


def _sign_in(world: Struck) -> None:
    """Both connections over OAuth, as after a person's consent."""
    jira, snow, connections = world.sandbox.jira, world.sandbox.servicenow, world.services.connections
    now = datetime.now(UTC)
    granted = jira.oauth.grant("sandbox-app", now)
    grant = OAuthGrant(
        "sandbox-app", "sandbox-app-secret", str(granted["refresh_token"]), f"{jira.base_url}/oauth/token"
    )
    before = connections.get(JIRA)
    assert before is not None
    connections.save(
        replace(
            before, auth=Auth.OAUTH, credential=str(granted["access_token"]), expires_at=now + timedelta(hours=1),
            oauth=grant, api_url=f"{jira.base_url}{GATEWAY}",
        )
    )  # fmt: skip
    snow.keys.clients["gatepost-client"] = ("its-secret", seed.BOT_USER)
    credentials = OAuthGrant(
        "gatepost-client", "its-secret", "", f"{snow.base_url}/oauth_token.do", GrantKind.CLIENT_CREDENTIALS
    )
    before = connections.get(SNOW)
    assert before is not None
    connections.save(replace(before, auth=Auth.OAUTH, credential="none yet", expires_at=now, oauth=credentials))


@pytest.fixture(scope="module")
def over_oauth(plain: Struck) -> Iterator[Struck]:
    play(plain, plain.done)
    kept = [record for name in (JIRA, SNOW) if (record := plain.services.connections.get(name)) is not None]
    _sign_in(plain)
    yield plain
    for record in kept:
        plain.services.connections.save(record)
        plain.services.connections.resume(record.name)


def _forget(world: Struck) -> None:
    """Every access token ends now, long before the end that was told."""
    world.sandbox.jira.oauth.access_tokens.clear()
    world.sandbox.servicenow.keys.end_tokens()


def test_tokens_that_end_in_the_middle_are_renewed_and_nobody_notices(over_oauth: Struck, quiet: list[Seen]) -> None:
    world = over_oauth
    for _ in range(3):
        STEPS[world.done].act(world)
        world.done += 1
        _forget(world)
    world.wait_quiet()
    told = shown_otherwise(quiet[world.done], seen(world))
    assert not told, told
    assert [one.name for one in world.services.connections.all() if one.paused_reason] == []
    world.accounted()


def test_a_refused_refresh_pauses_the_connection_until_somebody_connects_it_again(
    over_oauth: Struck, quiet: list[Seen]
) -> None:
    """The consent was taken back: work waits, nobody knocks again, and new credentials bring all of it."""
    world = over_oauth
    world.sandbox.jira.oauth.refresh_tokens.clear()
    _forget(world)
    for _ in range(2):
        STEPS[world.done].act(world)
        world.done += 1
    world.wait_until(lambda: world.services.connections.paused(JIRA), "the connection is paused")
    assert "does not renew the access" in str(world.services.connections.paused(JIRA))
    waiting = world.rows("SELECT state, attempts FROM dirty_key WHERE connection = 'jira-main'")
    assert {(row.state, row.attempts) for row in waiting} <= {("waiting", 0)}, "it waits, and this was no attempt"
    assert world.services.connections.paused(SNOW) is None, "the other tool goes on"
    _sign_in(world)
    world.services.connections.resume(JIRA)
    world.wait_quiet()
    told = shown_otherwise(quiet[world.done], seen(world))
    assert not told, told
    world.accounted()
