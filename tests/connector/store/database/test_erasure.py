"""A closed account of a tool: its names go from everything that is kept, and the audit still holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from connector.store.database.audit import Audit
from connector.store.database.json_codec import Json
from connector.store.database.people_in_json import Nameless, nameless_digest, people_names
from governance.measure import Person
from mapping.load import LoadedMapping
from mapping.work_item import Comment
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.connector.store.reporting.portfolio_data import refresh
from tests.mapping.items import item

__all__ = ["loaded"]

ANNA: dict[str, Json] = {"id": "5b10:a", "name": "Anna Berg", "active": True, "login": "", "identities": ["mail:1"]}
BERG: dict[str, Json] = {"id": "5b10:b", "name": "Berg", "active": True, "login": "", "identities": []}
LI: dict[str, Json] = {"id": "5b10:c", "name": "Li", "active": True, "login": "", "identities": []}
OPEN: dict[str, Json] = {"id": "5b10:d", "name": "open", "active": True, "login": "", "identities": []}

DOCUMENTS: dict[str, Json] = {
    "nobody": {"gate": "open", "months": 3},
    "a person and a sentence": {"owner": ANNA, "text": "Anna Berg approved; Anna Berg confirmed."},
    "a name inside another": {"owner": ANNA, "sponsor": BERG, "text": "Anna Berg asked Berg."},
    "a short name": {"by": LI, "text": "Like Li", "actor": "Li", "all": ["Li", {"name": "Li"}]},
    "a name that is a word of the domain": {"by": OPEN, "gate": "open", "text": "The gate is open."},
    "quotes and other letters": {
        "by": ANNA | {"name": 'Jörg "The Ox" Ås\\n'}, "text": 'Jörg "The Ox" Ås\\n said\nno %_ \x1f',
    },
    "other values": [None, True, 1, 2.5, "1.50", [], {}],
}  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_the_database_and_the_program_take_the_same_names_out(store: StoreFixture, document: Json) -> None:
    names = people_names(document)
    asked = {"document": json.dumps(document), "names": json.dumps(names)}
    with store.engine.connect() as connection:
        call = "gatepost_without_names(CAST(:document AS jsonb), CAST(:names AS jsonb){})"
        whole = connection.execute(text(f"SELECT {call.format('')}"), asked).scalar_one()
        assert whole == Nameless(names).document(document)
        for account in names:
            one = connection.execute(
                text(f"SELECT {call.format(', :account')}"), asked | {"account": account}
            ).scalar_one()
            left = {other: known for other, known in names.items() if other != account}
            assert nameless_digest(one, left) == nameless_digest(document, names), "the hash stays that of the row"


def test_a_name_becomes_the_account() -> None:
    document: Json = {"owner": ANNA, "sponsor": BERG, "text": "Anna Berg asked Berg.", "gate": "open"}
    nameless = Nameless(people_names(document)).document(document)
    assert nameless == {
        "owner": {"id": "5b10:a", "name": "account 5b10:a", "active": True, "login": "", "identities": []},
        "sponsor": {"id": "5b10:b", "name": "account 5b10:b", "active": True, "login": "", "identities": []},
        "text": "account 5b10:a asked account 5b10:b.",
        "gate": "open",
    }


def everything(store: StoreFixture) -> str:
    tables = (
        "audit",
        "decision",
        "command",
        "plan_version",
        "verdict_version",
        "measure",
        "work_item",
        "outbox",
        "alert",
    )
    found = (row.whole for table in tables for row in store.rows(f"SELECT t::text AS whole FROM {table} AS t"))
    return "\n".join(found)


def test_a_closed_account_is_erased_everywhere_and_the_audit_holds(store: StoreFixture, loaded: LoadedMapping) -> None:
    spoke = Person("5b10:zz", "Zora Zimmermann", True, identities=("mail:77",))
    some = item(SHOWN)
    said = Comment("900", spoke, datetime(2026, 3, 1, 9, tzinfo=UTC), "/reject The case of Zora Zimmermann is thin")
    record_assessment(store, loaded, replace(some, comments=(*some.comments, said)))
    before = everything(store)
    assert "Zora Zimmermann" in before
    assert "mail:77" in before
    (head,) = store.rows("SELECT seq, hash FROM audit_head")

    with store.engine.begin() as transaction:
        erased = transaction.execute(text("SELECT gatepost_erase_account('jira-main', '5b10:zz')")).scalar_one()
    assert (erased["audit"], erased["decision"], erased["command"], erased["work_item"]) == (1, 1, 1, 1)
    after = everything(store)
    assert "Zora" not in after
    assert "mail:77" not in after
    assert "account 5b10:zz" in after
    assert store.rows("SELECT seq, hash FROM audit_head") == [head], "what was anchored outside stays true"
    assert Audit(store.engine).verify().breaks == ()
    (entry,) = store.rows("SELECT actor FROM audit WHERE action LIKE 'command.%'")
    assert entry.actor == "account 5b10:zz"


def test_figures_and_what_was_known_of_them_lose_the_name_too(store: StoreFixture, loaded: LoadedMapping) -> None:
    owner = Person("5b10:zz", "Zora Zimmermann", True, identities=("mail:77",))
    record_assessment(store, loaded, item(SHOWN | {"Assignee": owner}))
    refresh(store.engine)
    kept = "SELECT f::text AS whole FROM {} AS f"
    tables = ("measure_figures", "figures_version")
    for table in tables:
        assert any("Zora Zimmermann" in row.whole for row in store.rows(kept.format(table))), table
    with store.engine.begin() as transaction:
        transaction.execute(text("SELECT gatepost_erase_account('jira-main', '5b10:zz')"))
    for table in tables:
        said = "\n".join(row.whole for row in store.rows(kept.format(table)))
        assert ("Zora" in said, "account 5b10:zz" in said) == (False, True), table


def test_nobody_else_changes_what_is_written_once(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, item(SHOWN))
    with pytest.raises(ProgrammingError, match="permission denied"), store.engine.begin() as transaction:
        transaction.execute(text("UPDATE audit SET actor = 'x'"))
    asked = text("RESET ROLE; UPDATE audit SET actor = 'x' /* gatepost_erase_account(text,text) */")
    with pytest.raises(ProgrammingError, match="written once"), store.engine.begin() as transaction:
        transaction.execute(asked)


@pytest.mark.parametrize("account", ["", "%", "a b", "x" * 129])
def test_only_an_account_is_erased(store: StoreFixture, account: str) -> None:
    with pytest.raises(Exception, match="no account"), store.engine.begin() as transaction:
        transaction.execute(text("SELECT gatepost_erase_account('jira-main', :account)"), {"account": account})
