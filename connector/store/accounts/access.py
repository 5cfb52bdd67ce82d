"""The single changes of what somebody may do, each within a transaction and each in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from connector.errors import NO_CONNECTION, ConfigurationError
from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount
from connector.people.person import GrantSource
from connector.store.database import audit
from connector.store.database.tables import PERSON, PERSON_ACCOUNT, ROLE_GRANT, ROLE_RULE


def give(transaction: Connection, person: PersonId, grant: RoleGrant, by: str) -> None:
    """Does nothing when they have exactly this already."""
    if _find_same_grant(transaction, person, grant, GrantSource.HAND) is None:
        insert_grant(transaction, person, grant, GrantSource.HAND, by)


def insert_grant(transaction: Connection, person: PersonId, grant: RoleGrant, source: GrantSource, by: str) -> None:
    row = _reach_columns(grant) | {"person_id": person, "source": source.value, "granted_by": by}
    number = transaction.execute(insert(ROLE_GRANT).values(row).returning(ROLE_GRANT.c.id)).scalar_one()
    record(transaction, by, "role.granted", person, {"grant": str(grant), "number": number, "source": source.value})


def record_revoked(transaction: Connection, by: str, person: PersonId, grant: RoleGrant, number: int) -> None:
    """What follows when a grant was taken back."""
    if grant.role is Role.ADMINISTRATOR:
        note_former_administrator(transaction, person)
    record(transaction, by, "role.revoked", person, {"grant": str(grant), "number": number})


def is_administrator(transaction: Connection, person: PersonId) -> bool:
    """Whether somebody holds the role for any part."""
    query = select(ROLE_GRANT.c.id).where(
        ROLE_GRANT.c.person_id == person, ROLE_GRANT.c.role == Role.ADMINISTRATOR.value
    )
    return transaction.execute(query.limit(1)).first() is not None


def note_former_administrator(transaction: Connection, person: PersonId) -> None:
    """They still count as an administrator for a while: see :mod:`connector.people.access_change`."""
    transaction.execute(update(PERSON).where(PERSON.c.id == person).values(administrator_until=func.now()))


def enable(transaction: Connection, person: PersonId, by: str) -> None:
    transaction.execute(update(PERSON).where(PERSON.c.id == person).values(active=True))
    record(transaction, by, "person.enabled", person, {})


def link(transaction: Connection, person: PersonId, account: ToolAccount, by: str) -> None:
    """Raises ConfigurationError when the account is somebody else's, or of no connection."""
    key = (PERSON_ACCOUNT.c.connection == account.connection, PERSON_ACCOUNT.c.account == account.id)
    taken = transaction.execute(select(PERSON_ACCOUNT.c.person_id).where(*key)).scalar()
    if taken == person:
        return
    if taken is not None:
        raise ConfigurationError(f"{account.id} of {account.connection} is linked to somebody else already.")
    row = {"connection": account.connection, "account": account.id, "person_id": person}
    try:
        transaction.execute(insert(PERSON_ACCOUNT).values(row))
    except IntegrityError as error:
        raise ConfigurationError(f'There is no connection "{account.connection}".', remedy=NO_CONNECTION) from error
    record(transaction, by, "account.linked", person, account._asdict())


def unlink(transaction: Connection, person: PersonId, account: ToolAccount, by: str) -> None:
    gone = transaction.execute(
        delete(PERSON_ACCOUNT).where(
            PERSON_ACCOUNT.c.connection == account.connection,
            PERSON_ACCOUNT.c.account == account.id,
            PERSON_ACCOUNT.c.person_id == person,
        )
    )
    if gone.rowcount:
        record(transaction, by, "account.unlinked", person, account._asdict())


def link_identity(transaction: Connection, person: PersonId, issuer: str, subject: str, by: str) -> None:
    """Tokens rest until this identity has signed in.

    Raises ConfigurationError when the provider's subject is somebody else.
    """
    row = {"oidc_issuer": issuer, "oidc_subject": subject, "provider_sign_in_at": None}
    try:
        transaction.execute(update(PERSON).where(PERSON.c.id == person).values(row))
    except IntegrityError as error:
        raise ConfigurationError(f"{subject} of {issuer} is somebody else already.") from error
    record(transaction, by, "person.linked", person, {"issuer": issuer, "subject": subject})


def add_rule(transaction: Connection, claim: str, grant: RoleGrant, by: str) -> None:
    """Raises ConfigurationError when no group is named."""
    if not claim.strip():
        raise ConfigurationError("A rule names the group, as the identity provider writes it.")
    row = _reach_columns(grant) | {"claim": claim.strip(), "created_by": by}
    number = transaction.execute(insert(ROLE_RULE).values(row).returning(ROLE_RULE.c.id)).scalar_one()
    detail = {"claim": claim.strip(), "grant": str(grant)}
    record_about(transaction, by, "role_rule.added", f"role_rule/{number}", detail)


def grant_of(row: Row[Any]) -> RoleGrant:
    """From a row with the columns of a grant."""
    return RoleGrant(Role(row.role), tuple(row.hierarchy), row.legal_entity)


def record(transaction: Connection, by: str, action: str, person: int, detail: Mapping[str, object]) -> None:
    """Note in the audit what was done about a person."""
    record_about(transaction, by, action, f"person/{person}", detail)


def record_about(transaction: Connection, by: str, action: str, subject: str, detail: Mapping[str, object]) -> None:
    """Note in the audit what was done about something."""
    audit.record(transaction, [{"actor": by, "action": action, "subject": subject, "detail": detail}])


def _reach_columns(grant: RoleGrant) -> dict[str, object]:
    return {"role": grant.role.value, "hierarchy": list(grant.hierarchy), "legal_entity": grant.legal_entity}


def _find_same_grant(transaction: Connection, person: PersonId, grant: RoleGrant, source: GrantSource) -> int | None:
    # The person's row orders two administrators who grant the same at once.
    transaction.execute(select(PERSON.c.id).where(PERSON.c.id == person).with_for_update())
    return transaction.execute(
        select(ROLE_GRANT.c.id).where(
            ROLE_GRANT.c.person_id == person,
            ROLE_GRANT.c.role == grant.role.value,
            ROLE_GRANT.c.hierarchy == list(grant.hierarchy),
            ROLE_GRANT.c.legal_entity.is_not_distinct_from(grant.legal_entity),
            ROLE_GRANT.c.source == source.value,
        )
    ).scalar()
