"""``gatepost user`` and ``gatepost token``, as an administrator calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from connector.people.passwords import hash_password, verify_password
from connector.people.permissions import Role, RoleGrant, TokenScope, ToolAccount
from connector.store.accounts.api_tokens import ApiTokens
from connector.store.accounts.people import PersonStore
from connector.store.database.engine import open_database
from connector.vault import Vault
from tests.command_line import Cli

SECRET = {"GATEPOST_PASSWORD": "correct horse battery"}
ADA = "ada@x.example"


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    made = open_database(database, pool_size=1, application="tests")
    yield made
    made.dispose()


@pytest.fixture
def people(engine: Engine) -> PersonStore:
    return PersonStore(engine)


def test_the_first_administrator(cli: Cli, people: PersonStore) -> None:
    shown = cli.ok("user", "add", ADA, "--name", "Ada", "--admin", **SECRET)
    assert f"Added {ADA} as administrator." in shown
    assert "Sign in at http://127.0.0.1:8600/signin" in shown
    person = people.find_by_login("ADA@X.EXAMPLE")
    assert person is not None
    assert [entry.grant for entry in person.grants] == [RoleGrant(Role.ADMINISTRATOR)]
    assert verify_password(SECRET["GATEPOST_PASSWORD"], people.password_hash(person.id))
    assert SECRET["GATEPOST_PASSWORD"] not in str(people.password_hash(person.id))


def test_a_password_cannot_be_an_argument(cli: Cli) -> None:
    assert "No such option" in cli.run("user", "add", ADA, "--name", "Ada", "--password", "x" * 12).output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("user", "add", "b@x.example", "--name", "B"), "A password has 12 to 1024 characters."),
        (
            ("user", "grant", "no@x.example", "viewer"),
            "There is no person no@x.example. List them with: gatepost user list",
        ),
        (("user", "grant", ADA, "viewer", "--place", "a / b / c / d / e"), "A hierarchy has at most 4 levels"),
        (("user", "revoke-grant", "99"), "There is no grant 99. See the numbers with: gatepost user list"),
        (("user", "link", ADA), "Name an account (--account CONNECTION:ID) or a subject (--oidc SUBJECT)."),
        (("user", "link", ADA, "--account", "weber"), "An account is written CONNECTION:ID"),
        (("user", "link", ADA, "--account", "nope:weber"), 'There is no connection "nope".'),
        (("user", "link", ADA, "--oidc", "s-1"), "Set GATEPOST_OIDC_ISSUER first"),
        (("user", "remove-rule", "9"), "There is no rule 9."),
        (("token", "create", "no@x.example", "--name", "ci"), "There is no person no@x.example."),
        (("token", "revoke", "9"), "There is no token 9 that could be revoked."),
    ],
)
def test_a_refused_command_says_what_to_do(cli: Cli, words: tuple[str, ...], message: str) -> None:
    cli.ok("user", "add", ADA, "--name", "Ada", **SECRET)
    assert message in cli.refused(*words, GATEPOST_PASSWORD="short")


def test_roles_and_accounts_are_given_and_removed(cli: Cli, people: PersonStore) -> None:
    cli.ok("connection", "add", "jira-main", "--tool", "jira", "--url", "https://a.example", "--user", "bot")
    cli.ok("user", "add", ADA, "--name", "Ada", "--no-password")
    shown = cli.ok("user", "grant", ADA, "controller", "--place", "IT / Cloud exit", "--legal-entity", "Nordbank AG")
    assert shown.strip() == f"{ADA} is controller of IT / Cloud exit, Nordbank AG only."
    cli.ok("user", "link", ADA, "--account", "jira-main:weber")
    listed = cli.ok("user", "list")
    assert "controller of IT / Cloud exit, Nordbank AG only" in listed
    assert "jira-main: weber" in listed
    person = people.find_by_login(ADA)
    assert person is not None
    assert person.accounts == {ToolAccount("jira-main", "weber")}
    cli.ok("user", "link", ADA, "--account", "jira-main:weber", "--remove")
    cli.ok("user", "revoke-grant", str(person.grants[0].id))
    cli.ok("user", "link", ADA, "--oidc", "s-1", GATEPOST_OIDC_ISSUER="https://idp.example")
    person = people.find_by_login(ADA)
    assert person is not None
    assert (person.grants, person.accounts, person.oidc_subject) == ((), frozenset(), "s-1")
    cli.ok("user", "add-rule", "finance", "office", "--place", "IT")
    assert "office of IT" in cli.ok("user", "rules")
    cli.ok("user", "remove-rule", "1")
    assert people.rules() == ()


def test_with_two_administrators_a_guarded_change_waits_for_one_of_them(cli: Cli, people: PersonStore) -> None:
    """Whoever runs a command is nobody whom Gatepost knows: an administrator says who they are by their own token."""
    cli.ok("user", "add", ADA, "--name", "Ada", "--admin", **SECRET)
    cli.ok("user", "add", "bea@x.example", "--name", "Bea", "--admin", **SECRET)
    cli.ok("user", "add", "carl@x.example", "--name", "Carl", "--no-password")
    shown = cli.ok("user", "grant", "carl@x.example", "controller", "--place", "IT")
    assert re.fullmatch(
        r"An administrator has to accept change 1 until \d{4}-\d\d-\d\d \d\d:\d\d UTC: Carl becomes controller of IT. "
        r"They do it on the page People, or with: gatepost user accept 1",
        shown.strip(),
    )
    assert "Carl becomes controller of IT" in cli.ok("user", "changes")
    assert cli.refused("user", "accept", "1", GATEPOST_TOKEN="gpt_none") == (
        "This is no valid API token of the scope access:write. Create one on the page of your account."
    )
    (reading,) = re.findall(r"gpt_[\w-]{43}", cli.ok("token", "create", ADA, "--name", "r", "--scope", "measures:read"))
    assert "no valid API token of the scope access:write" in cli.refused("user", "accept", "1", GATEPOST_TOKEN=reading)
    (token,) = re.findall(r"gpt_[\w-]{43}", cli.ok("token", "create", ADA, "--name", "a", "--scope", "access:write"))
    assert cli.ok("user", "accept", "1", GATEPOST_TOKEN=token) == "Accepted: Carl becomes controller of IT.\n"
    person = people.find_by_login("carl@x.example")
    assert person is not None
    assert [str(one.grant) for one in person.grants] == ["controller of IT"]
    assert person.grants[0].granted_by.endswith(f"(command line), accepted by {ADA}")
    assert cli.refused("user", "refuse", "1", GATEPOST_TOKEN=token) == "There is no change 1 that waits."


def test_a_token_is_printed_once_and_revoked(cli: Cli, engine: Engine) -> None:
    cli.ok("user", "add", ADA, "--name", "Ada", "--admin", **SECRET)
    shown = cli.ok(
        "token", "create", ADA, "--name", "ci", "--scope", "gates:read", "--scope", "subscriptions:read", "--days", "30"
    )
    (token,) = re.findall(r"gpt_[\w-]{43}", shown)
    tokens = ApiTokens(engine, provider_sign_in_valid=timedelta(days=30))
    now = datetime.now(UTC)
    viewer = tokens.viewer(token, now=now)
    assert viewer is not None
    assert (viewer.login, viewer.scopes) == (ADA, {TokenScope.GATES_READ, TokenScope.SUBSCRIPTIONS_READ})
    assert token not in cli.ok("token", "list")
    cli.ok("token", "revoke", "1")
    assert tokens.viewer(token, now=now) is None
    assert "revoked" in cli.ok("token", "list")


def test_disabling_and_a_new_password(cli: Cli, people: PersonStore) -> None:
    cli.ok("user", "add", ADA, "--name", "Ada", **SECRET)
    assert cli.ok("user", "disable", ADA).strip() == f"{ADA} is disabled and signed out everywhere."
    assert "disabled" in cli.ok("user", "list")
    cli.ok("user", "enable", ADA)
    cli.ok("user", "password", ADA, GATEPOST_PASSWORD="quite another password")
    person = people.find_by_login(ADA)
    assert person is not None
    assert verify_password("quite another password", people.password_hash(person.id))
    assert cli.ok("user", "sessions", ADA, "--end").strip() == f"{ADA}: 0 sessions ended."


def test_a_second_factor_is_reset_on_the_machine(cli: Cli, engine: Engine) -> None:
    """For the last administrator, who has lost phone and recovery codes."""
    cli.ok("user", "add", ADA, "--name", "Ada", "--admin", **SECRET)
    assert cli.refused("user", "reset-second-factor", ADA) == f"{ADA} has no second factor."
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO second_factor VALUES (1, 'sealed', now(), now(), 0)")
    assert cli.ok("user", "reset-second-factor", ADA).strip() == (
        f"{ADA} signs in by password alone, until they set up a second factor again."
    )
    assert '"action": "second_factor.reset"' in cli.ok("audit", "export")


def test_a_token_for_which_its_person_has_no_role_is_refused(cli: Cli) -> None:
    cli.ok("user", "add", ADA, "--name", "Ada", "--admin", **SECRET)
    message = cli.refused("token", "create", ADA, "--name", "ci", "--scope", "money:write")
    assert message == f"{ADA} has no role for the scope money:write."


def test_every_change_is_in_the_audit(cli: Cli) -> None:
    cli.ok("user", "add", ADA, "--name", "Ada", "--admin", **SECRET)
    cli.ok("user", "disable", ADA)
    exported = cli.ok("audit", "export")
    for action in ("person.added", "role.granted", "person.disabled"):
        assert f'"action": "{action}"' in exported
    assert "(command line)" in exported
    assert SECRET["GATEPOST_PASSWORD"] not in exported


def test_a_missing_or_wrong_hash_matches_no_password() -> None:
    assert not verify_password("", None)
    assert not verify_password("x", "not a hash")
    assert hash_password(SECRET["GATEPOST_PASSWORD"], login=ADA) != hash_password(
        SECRET["GATEPOST_PASSWORD"], login=ADA
    ), "salted"


def test_keys_for_different_uses_differ() -> None:
    vault = Vault("A" * 43 + "=")
    assert len(vault.derive_key(b"a")) == 32
    assert vault.derive_key(b"a") != vault.derive_key(b"b")
    assert vault.derive_key(b"a") == Vault("A" * 43 + "=").derive_key(b"a"), "the same on every machine"
