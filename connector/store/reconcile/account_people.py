"""The people behind accounts of a tool, and what they are at Gatepost, as an assessment needs them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from governance.role_holders import Capacity
from mapping.known_people import NOBODY_KNOWN, KnownPeople, Officer, mail_identity, person_identity
from mapping.work_item import ConnectionName


def load_people(
    transaction: Connection, connection: ConnectionName, accounts: Collection[str], identities: Collection[str]
) -> KnownPeople:
    """What is known of these accounts, and the offices of their people and of those with these identities."""
    if not accounts and not identities:
        return NOBODY_KNOWN
    asked = {"connection": connection, "accounts": sorted(accounts), "identities": sorted(identities)}
    known: dict[str, tuple[str, ...]] = {}
    for row in transaction.execute(_ACCOUNTS, asked):
        known[row.account] = tuple(sorted((person_identity(row.person_id), mail_identity(row.login))))
    people = sorted({*identities, *(identity for found in known.values() for identity in found)})
    officers = tuple(
        Officer(person_identity(row.person_id), Capacity(row.role), tuple(row.hierarchy), row.legal_entity)
        for row in transaction.execute(_OFFICERS, {"identities": people})
    )
    return KnownPeople(known, officers)


def other_accounts(
    transaction: Connection, connection: ConnectionName, accounts: Collection[str], others: Collection[ConnectionName]
) -> dict[ConnectionName, dict[str, str]]:
    """By other connection, the accounts there of the people of these accounts: to the account here."""
    found: dict[ConnectionName, dict[str, str]] = {}
    asked = {"connection": connection, "accounts": sorted(accounts), "others": sorted(others)}
    for row in transaction.execute(_OTHERS, asked):
        found.setdefault(ConnectionName(row.connection), {})[row.there] = row.here
    return found


_OTHERS = text("""
    SELECT b.connection, b.account AS there, a.account AS here
    FROM person_account AS a JOIN person_account AS b ON b.person_id = a.person_id
    WHERE a.connection = :connection AND a.account = ANY(CAST(:accounts AS text[]))
      AND b.connection = ANY(CAST(:others AS text[]))
    ORDER BY b.connection, b.account
""")
_ACCOUNTS = text("""
    SELECT a.account, a.person_id, p.login FROM person_account AS a JOIN person AS p ON p.id = a.person_id
    WHERE a.connection = :connection AND a.account = ANY(CAST(:accounts AS text[]))
""")
_OFFICERS = text("""
    SELECT g.person_id, g.role, g.hierarchy, g.legal_entity FROM role_grant AS g JOIN person AS p ON p.id = g.person_id
    WHERE p.active AND g.role IN ('office', 'administrator')
      AND 'person:' || g.person_id = ANY(CAST(:identities AS text[]))
    ORDER BY g.id
""")
