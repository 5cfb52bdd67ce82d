"""Tokens end with what they rest on, and hold no scope that their person lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.errors import ConfigurationError
from connector.people.permissions import PersonId, Role, RoleGrant, TokenScope
from connector.people.token_scopes import READING_SCOPES, held_scopes
from connector.settings import Settings
from tests.databases import Databases

NOW = datetime.now(UTC)
IN_A_WEEK = NOW + timedelta(days=7)
READ, WRITE = TokenScope.MEASURES_READ, TokenScope.STATEMENTS_WRITE
MONEY, OPERATE, ACCESS = TokenScope.MONEY_WRITE, TokenScope.OPERATIONS_WRITE, TokenScope.ACCESS_WRITE
CONFIGURE = TokenScope.CONFIGURATION_WRITE
SUBSCRIBE = {TokenScope.SUBSCRIPTIONS_READ, TokenScope.SUBSCRIPTIONS_WRITE}
READING = READING_SCOPES - SUBSCRIBE
BASIC = READING | {TokenScope.PAPERS_WRITE}
"""The owner of a paper is whoever the calendar names; each address asks whether it is the caller."""
SCENARIOS = {TokenScope.SCENARIOS_WRITE, TokenScope.SCENARIOS_DECIDE}


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[URL]:
    with databases.one() as url:
        yield url


@pytest.fixture(scope="module")
def services(module_database: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder: Path = tmp_path_factory.mktemp("tokens")
    given = {"database_url": module_database.render_as_string(hide_password=False), "data": folder}
    settings = Settings.model_validate(given | {"secret_key": Fernet.generate_key().decode(), "token_sign_in_days": 30})
    with bootstrap(settings, application="tests") as services:
        yield services


@pytest.fixture
def ada(services: Services) -> PersonId:
    """Somebody new, who has no role."""
    number = len(services.people.all())
    return services.people.add(f"ada-{number}@x.example", "Ada", by="tests", password_hash="x").id


def token(services: Services, person: PersonId, *scopes: TokenScope, ends: datetime = IN_A_WEEK) -> str:
    return services.tokens.create(person, "t", scopes or (READ,), expires_at=ends, by="tests", now=NOW).token


def scopes_of(services: Services, given: str, now: datetime = NOW) -> set[TokenScope] | None:
    """What the token may do; ``None`` when it has ended."""
    viewer = services.tokens.viewer(given, now=now)
    return None if viewer is None else set(viewer.scopes)


@pytest.mark.parametrize(
    ("roles", "scopes"),
    [
        ((), BASIC),
        ((Role.VIEWER,), BASIC),
        ((Role.OFFICE,), BASIC | SCENARIOS | {WRITE, MONEY}),
        ((Role.OWNER,), BASIC | SCENARIOS | {WRITE}),
        ((Role.CONTROLLER, Role.VIEWER), BASIC | SCENARIOS | {WRITE, MONEY}),
        ((Role.OPERATOR,), BASIC | {OPERATE, ACCESS}),
        ((Role.INTEGRATOR,), BASIC | SUBSCRIBE),
        ((Role.ADMINISTRATOR,), BASIC | SUBSCRIBE | {OPERATE, ACCESS, CONFIGURE}),
        (tuple(Role), set(TokenScope)),
    ],
)
def test_what_a_person_may_let_a_token_do(roles: tuple[Role, ...], scopes: set[TokenScope]) -> None:
    assert held_scopes(roles) == scopes


def test_no_token_holds_a_scope_that_its_person_lacks(services: Services, ada: PersonId) -> None:
    services.people.grant(ada, RoleGrant(Role.VIEWER), by="tests")
    with pytest.raises(
        ConfigurationError, match=r"ada-\d+@x\.example has no role for the scope operations:write, statements:write\."
    ):
        token(services, ada, READ, WRITE, OPERATE)
    services.people.grant(ada, RoleGrant(Role.OWNER), by="tests")
    given = token(services, ada, READ, WRITE)
    assert scopes_of(services, given) == {READ, WRITE}
    with services.engine.begin() as transaction:
        transaction.execute(text("UPDATE role_grant SET role = 'viewer' WHERE person_id = :ada"), {"ada": ada})
    assert scopes_of(services, given) == {READ}, "at every use, however the role was lost"


def _revoke_by_hand(services: Services, person: PersonId) -> None:
    found = services.people.get(person)
    assert found is not None
    services.people.revoke_grant(found.grants[0].id, by="tests")


def _leave_the_group(services: Services, person: PersonId) -> None:
    services.people.replace_group_grants(person, [RoleGrant(Role.VIEWER)], by="tests")


def _change_the_password(services: Services, person: PersonId) -> None:
    services.people.set_password(person, "another hash", by="tests")


def _disable(services: Services, person: PersonId) -> None:
    services.people.set_active(person, active=False, by="tests")
    services.people.set_active(person, active=True, by="tests")


@pytest.mark.parametrize(
    ("by_hand", "happens", "reason"),
    [
        (True, _revoke_by_hand, "role lost"),
        (False, _leave_the_group, "role lost"),
        (True, _change_the_password, "password changed"),
        (True, _disable, ""),
    ],
)
def test_tokens_end_for_good_with_what_they_rest_on(
    services: Services, ada: PersonId, by_hand: bool, happens: Callable[[Services, PersonId], None], reason: str
) -> None:
    if by_hand:
        services.people.grant(ada, RoleGrant(Role.OPERATOR), by="tests")
    else:
        services.people.replace_group_grants(ada, [RoleGrant(Role.OPERATOR)], by="tests")
    given = token(services, ada, READ)
    happens(services, ada)
    assert scopes_of(services, given) is None
    services.people.grant(ada, RoleGrant(Role.OPERATOR), by="tests")
    assert scopes_of(services, given) is None, "the role that is given again brings none back"
    query = "SELECT detail->>'reason' FROM audit WHERE action = 'token.revoked' AND subject = :person"
    with services.engine.connect() as connection:
        reasons = list(connection.execute(text(query), {"person": f"person/{ada}"}).scalars())
    assert reasons == ([reason] if reason else [])


def test_a_role_that_another_grant_gives_as_well_is_not_lost(services: Services, ada: PersonId) -> None:
    for place in ("IT", "HR"):
        services.people.grant(ada, RoleGrant(Role.CONTROLLER, (place,)), by="tests")
    given = token(services, ada, READ, WRITE)
    _revoke_by_hand(services, ada)
    assert scopes_of(services, given) == {READ, WRITE}


def test_a_token_lives_a_year_at_most(services: Services, ada: PersonId) -> None:
    with pytest.raises(ConfigurationError, match=r"A token lives 365 days at most\."):
        token(services, ada, ends=NOW + timedelta(days=365, seconds=1))
    given = token(services, ada, ends=NOW + timedelta(days=365))
    assert scopes_of(services, given, NOW + timedelta(days=364)) == {READ}
    assert scopes_of(services, given, NOW + timedelta(days=365)) is None


def test_tokens_of_people_of_the_provider_work_for_a_time_after_their_sign_in(
    services: Services, ada: PersonId
) -> None:
    services.people.link_oidc(ada, "https://idp.example", f"subject {ada}", by="tests")
    with pytest.raises(ConfigurationError, match=r"has to sign in through the identity provider first"):
        token(services, ada)
    services.people.record_provider_sign_in(ada, now=NOW)
    given = token(services, ada, ends=NOW + timedelta(days=90))
    assert scopes_of(services, given, NOW + timedelta(days=29)) == {READ}
    assert scopes_of(services, given, NOW + timedelta(days=31)) is None, "gone from there, as far as anybody knows"
    services.people.record_provider_sign_in(ada, now=NOW + timedelta(days=40))
    assert scopes_of(services, given, NOW + timedelta(days=41)) == {READ}
    services.people.link_oidc(ada, "https://idp.example", f"another subject {ada}", by="tests")
    assert scopes_of(services, given, NOW + timedelta(days=41)) is None, "until the other identity has signed in"
