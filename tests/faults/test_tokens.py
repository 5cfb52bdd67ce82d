"""Access tokens that expire in the middle of work, and a refresh that is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.http.tool_access import Auth, OAuthGrant, OAuthGrantType
from connector.store.connections.connections import CACHE_SECONDS
from sandbox.jira.oauth import GATEWAY
from sandbox.story import seed
from tests.faults.observed import Observed, observe, visible_differences
from tests.faults.steps import STEPS, play
from tests.faults.world import JIRA, SNOW, FaultWorld

pytestmark = pytest.mark.story


def _sign_in(world: FaultWorld) -> None:
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
        "gatepost-client", "its-secret", "", f"{snow.base_url}/oauth_token.do", OAuthGrantType.CLIENT_CREDENTIALS
    )
    before = connections.get(SNOW)
    assert before is not None
    connections.save(replace(before, auth=Auth.OAUTH, credential="none yet", expires_at=now, oauth=credentials))


@pytest.fixture(scope="module")
def over_oauth(plain: FaultWorld) -> Iterator[FaultWorld]:
    play(plain, plain.done)
    records = [record for name in (JIRA, SNOW) if (record := plain.services.connections.get(name)) is not None]
    _sign_in(plain)
    # Until then the workers go on with the password that they have in memory.
    time.sleep(CACHE_SECONDS)
    yield plain
    for record in records:
        plain.services.connections.save(record)
        plain.services.connections.resume(record.name)


def _expire_tokens(world: FaultWorld) -> None:
    """Expire every access token now, long before its announced end."""
    world.sandbox.jira.oauth.access_tokens.clear()
    world.sandbox.servicenow.keys.end_tokens()


def test_tokens_that_expire_in_the_middle_of_work_are_renewed(
    over_oauth: FaultWorld, undisturbed: list[Observed]
) -> None:
    world = over_oauth
    for _ in range(3):
        STEPS[world.done].act(world)
        world.done += 1
        _expire_tokens(world)
    world.wait_quiet()
    difference = visible_differences(undisturbed[world.done], observe(world))
    assert not difference, difference
    assert [record.name for record in world.services.connections.all() if record.paused_reason] == []
    world.assert_nothing_lost()


def test_a_refused_refresh_pauses_the_connection_until_somebody_connects_it_again(
    over_oauth: FaultWorld, undisturbed: list[Observed]
) -> None:
    """The consent was revoked: work waits, no call is made, and everything continues with new credentials."""
    world = over_oauth
    world.sandbox.jira.oauth.refresh_tokens.clear()
    _expire_tokens(world)
    for _ in range(2):
        STEPS[world.done].act(world)
        world.done += 1
    world.wait_until(lambda: world.services.connections.pause_reason(JIRA), "the connection is paused")
    assert "does not renew the access" in str(world.services.connections.pause_reason(JIRA))
    waiting = world.rows("SELECT state, attempts FROM dirty_key WHERE connection = 'jira-main'")
    assert {(row.state, row.attempts) for row in waiting} <= {("waiting", 0)}, (
        "it waits, and this did not count as an attempt"
    )
    assert world.services.connections.pause_reason(SNOW) is None, "the other tool continues"
    _sign_in(world)
    world.services.connections.resume(JIRA)
    world.wait_quiet()
    difference = visible_differences(undisturbed[world.done], observe(world))
    assert not difference, difference
    world.assert_nothing_lost()
