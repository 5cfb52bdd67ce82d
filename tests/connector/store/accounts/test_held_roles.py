"""Who holds which role of measures, and what each request asks of the database to know it."""

from __future__ import annotations

from sqlalchemy import event, text

from connector.people.permissions import Role, ToolAccount
from connector.store.accounts.held_roles import held_roles
from connector.store.accounts.people import PersonStore
from connector.store.database.reading import reading
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.reporting.portfolio_data import GivenMeasure, save, unmap

OTHER = "jira-second"


def held(store: StoreFixture, *accounts: ToolAccount) -> set[Role]:
    with reading(store.engine) as connection:
        return set(held_roles(connection, accounts))


def test_each_account_holds_the_roles_in_which_it_stands(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(1, owner_id="k", sponsor_id="s"), GivenMeasure(2, owner_id="s", sponsor_id="s"))
    assert held(store, ToolAccount(JIRA, "k")) == {Role.OWNER}
    assert held(store, ToolAccount(JIRA, "s")) == {Role.OWNER, Role.SPONSOR}
    assert held(store, ToolAccount(JIRA, "c")) == {Role.CONTROLLER}
    assert held(store, ToolAccount(JIRA, "k"), ToolAccount(JIRA, "c")) == {Role.OWNER, Role.CONTROLLER}
    assert held(store, ToolAccount(JIRA, "nobody")) == set()


def test_an_account_of_another_tool_with_the_same_id_holds_nothing(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(1, owner_id="k"))
    assert held(store, ToolAccount(OTHER, "k")) == set()
    # Each of the two is in the list, but not together.
    assert held(store, ToolAccount(OTHER, "k"), ToolAccount(JIRA, "x")) == set()


def test_a_measure_that_no_rule_takes_any_more_gives_no_role(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(1, owner_id="k"))
    unmap(store.engine, 1)
    assert held(store, ToolAccount(JIRA, "k")) == set()


def test_whoever_is_asked_about_a_change_of_a_role_reads_like_a_sponsor(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(1, owner_id="k"))
    with store.engine.begin() as transaction:
        transaction.execute(text("UPDATE measure SET role_change_parties = :who"), {"who": [f"{JIRA}\x1easked"]})
    assert held(store, ToolAccount(JIRA, "asked")) == {Role.SPONSOR}
    assert held(store, ToolAccount(OTHER, "asked")) == set()


def test_measures_are_asked_for_only_for_somebody_who_has_an_account(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(1, owner_id="k"))
    people, sent = PersonStore(store.engine), []
    reader, owner = (people.add(f"{name}@acme.example", name, by="tests").id for name in ("reader", "owner"))
    people.link(owner, ToolAccount(JIRA, "k"), by="tests")
    event.listen(store.engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    found = people.viewer(reader)
    assert found is not None
    assert found.measure_roles == frozenset()
    assert not any("measure" in statement for statement in sent)
    found = people.viewer(owner)
    assert found is not None
    assert found.measure_roles == {Role.OWNER}
    assert len(sent) == 3
