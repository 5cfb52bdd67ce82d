"""Persons, their roles and their accounts in the tools.  Every change is in the audit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from connector.errors import ConfigurationError
from connector.people.authentication import Authentication
from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount, Viewer
from connector.people.person import GrantRow, GrantSource, Person, RoleRule
from connector.people.service_account import SERVICE_LOGIN
from connector.store.accounts import access
from connector.store.accounts.held_roles import held_roles
from connector.store.accounts.token_ends import TokenEnd, end_tokens, end_tokens_of_lost_roles
from connector.store.database.reading import reading
from connector.store.database.tables import API_TOKEN, PERSON, PERSON_ACCOUNT, ROLE_GRANT, ROLE_RULE, WEB_SESSION


class PersonStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_empty(self) -> bool:
        """Whether nobody can sign in yet."""
        with reading(self._engine) as connection:
            return connection.execute(select(PERSON.c.id).limit(1)).first() is None

    def all(self) -> tuple[Person, ...]:
        """In the order of their names."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(PERSON).order_by(func.lower(PERSON.c.name), PERSON.c.id)).all()
            return tuple(_persons(connection, rows))

    def get(self, person: PersonId) -> Person | None:
        with reading(self._engine) as connection:
            rows = connection.execute(select(PERSON).where(PERSON.c.id == person)).all()
            return next(iter(_persons(connection, rows)), None)

    def find_by_login(self, login: str) -> Person | None:
        with reading(self._engine) as connection:
            rows = connection.execute(select(PERSON).where(func.lower(PERSON.c.login) == login.strip().lower())).all()
            return next(iter(_persons(connection, rows)), None)

    def find_by_oidc_subject(self, issuer: str, subject: str) -> Person | None:
        """Whoever an identity provider calls so."""
        query = select(PERSON).where(PERSON.c.oidc_issuer == issuer, PERSON.c.oidc_subject == subject)
        with reading(self._engine) as connection:
            return next(iter(_persons(connection, connection.execute(query).all())), None)

    def password_hash(self, person: PersonId) -> str | None:
        with reading(self._engine) as connection:
            return connection.execute(select(PERSON.c.password_hash).where(PERSON.c.id == person)).scalar()

    def viewer(self, person: PersonId) -> Viewer | None:
        """What an active person may see and do now."""
        with reading(self._engine) as connection:
            row = connection.execute(_VIEWER, {"person": person}).first()
            return None if row is None else viewer_of(connection, row)

    def add(
        self, login: str, name: str, *, by: str, password_hash: str | None = None, password_is_first: bool = False
    ) -> Person:
        """A first password is one that somebody else knows: its person has to change it before anything else.

        Raises ConfigurationError when there is such a person already, or the login is none."""
        login, name = login.strip(), name.strip()
        if not login or any(letter.isspace() for letter in login) or not name:
            raise ConfigurationError("A person has a login without spaces, best the e-mail address, and a name.")
        if login.lower().startswith(SERVICE_LOGIN):
            raise ConfigurationError(f"A login that begins with {SERVICE_LOGIN} is that of a service account.")
        row = {
            "login": login, "name": name, "password_hash": password_hash, "password_is_first": password_is_first,
        }  # fmt: skip
        try:
            with self._engine.begin() as transaction:
                made = transaction.execute(insert(PERSON).values(row).returning(PERSON.c.id)).scalar_one()
                access.record(transaction, by, "person.added", made, {"login": login, "name": name})
        except IntegrityError as error:
            raise ConfigurationError(f"There is a person {login} already.") from error
        found = self.get(PersonId(made))
        if found is None:
            raise ConfigurationError(f"{login} was removed at the same moment.")
        return found

    def set_password(self, person: PersonId, password_hash: str, *, by: str, is_first: bool = False) -> None:
        """The person's tokens end; their sessions are the caller's to end.  For ``is_first`` see :meth:`add`."""
        with self._engine.begin() as transaction:
            row = {"password_hash": password_hash, "password_is_first": is_first}
            transaction.execute(update(PERSON).where(PERSON.c.id == person).values(row))
            access.record(transaction, by, "person.password_set", person, {})
            end_tokens(transaction, person, TokenEnd.PASSWORD_CHANGED, by=by)

    def set_active(self, person: PersonId, *, active: bool, by: str) -> None:
        """Somebody who is disabled is signed out everywhere, and their tokens end."""
        with self._engine.begin() as transaction:
            if active:
                access.enable(transaction, person, by)
                return
            transaction.execute(update(PERSON).where(PERSON.c.id == person).values(active=False))
            if access.is_administrator(transaction, person):
                access.note_former_administrator(transaction, person)
            for table in (WEB_SESSION, API_TOKEN):
                transaction.execute(
                    update(table)
                    .where(table.c.person_id == person, table.c.revoked_at.is_(None))
                    .values(revoked_at=func.now())
                )
            access.record(transaction, by, "person.disabled", person, {})

    def set_preferences(self, person: PersonId, *, locale: str | None, time_zone: str | None) -> None:
        """How figures and times are written for them; no matter of access, so not in the audit."""
        with self._engine.begin() as transaction:
            transaction.execute(update(PERSON).where(PERSON.c.id == person).values(locale=locale, time_zone=time_zone))

    def grant(self, person: PersonId, grant: RoleGrant, *, by: str) -> None:
        """Does nothing when they have exactly this already.

        What people ask for goes through :class:`~connector.store.accounts.access_changes.AccessChanges`, which knows
        who has to agree; the same holds for :meth:`link`, :meth:`unlink` and :meth:`add_rule`.
        """
        with self._engine.begin() as transaction:
            access.give(transaction, person, grant, by)

    def revoke_grant(self, number: int, *, by: str) -> RoleGrant | None:
        """Take a grant back by its number; ``None`` when there is no such grant."""
        with self._engine.begin() as transaction:
            row = transaction.execute(delete(ROLE_GRANT).where(ROLE_GRANT.c.id == number).returning(ROLE_GRANT)).first()
            if row is None:
                return None
            grant = access.grant_of(row)
            access.record_revoked(transaction, by, PersonId(row.person_id), grant, number)
            end_tokens_of_lost_roles(transaction, row.person_id, [grant.role], by=by)
        return grant

    def replace_group_grants(self, person: PersonId, grants: Iterable[RoleGrant], *, by: str) -> None:
        """Make what the directory says now the whole of what comes from the directory."""
        keep, taken = set(grants), list[Role]()
        with self._engine.begin() as transaction:
            query = select(ROLE_GRANT).where(
                ROLE_GRANT.c.person_id == person, ROLE_GRANT.c.source == GrantSource.GROUP.value
            )
            for row in transaction.execute(query.with_for_update()).all():
                grant = access.grant_of(row)
                if grant in keep:
                    keep.discard(grant)
                    continue
                transaction.execute(delete(ROLE_GRANT).where(ROLE_GRANT.c.id == row.id))
                taken.append(grant.role)
                access.record_revoked(transaction, by, person, grant, row.id)
            for grant in sorted(keep, key=str):
                access.insert_grant(transaction, person, grant, GrantSource.GROUP, by)
            end_tokens_of_lost_roles(transaction, person, taken, by=by)

    def link(self, person: PersonId, account: ToolAccount, *, by: str) -> None:
        """This account of a tool is this person.  Raises ConfigurationError when it is somebody else."""
        with self._engine.begin() as transaction:
            access.link(transaction, person, account, by)

    def unlink(self, person: PersonId, account: ToolAccount, *, by: str) -> None:
        with self._engine.begin() as transaction:
            access.unlink(transaction, person, account, by)

    def link_oidc(self, person: PersonId, issuer: str, subject: str, *, by: str) -> None:
        """Raises ConfigurationError when the provider's subject is somebody else.

        Tokens rest until this identity has signed in.
        """
        with self._engine.begin() as transaction:
            access.link_identity(transaction, person, issuer, subject, by)

    def record_provider_sign_in(self, person: PersonId, *, now: datetime) -> None:
        """The session that begins is in the audit; this is for the age of the person's tokens."""
        with self._engine.begin() as transaction:
            transaction.execute(update(PERSON).where(PERSON.c.id == person).values(provider_sign_in_at=now))

    def rules(self) -> tuple[RoleRule, ...]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(ROLE_RULE).order_by(ROLE_RULE.c.claim, ROLE_RULE.c.id))
            return tuple(RoleRule(row.id, row.claim, access.grant_of(row), row.created_by) for row in rows)

    def add_rule(self, claim: str, grant: RoleGrant, *, by: str) -> None:
        """Everybody whose groups hold ``claim`` gets this grant at their next sign-in."""
        with self._engine.begin() as transaction:
            access.add_rule(transaction, claim, grant, by)

    def remove_rule(self, number: int, *, by: str) -> RoleRule | None:
        with self._engine.begin() as transaction:
            row = transaction.execute(delete(ROLE_RULE).where(ROLE_RULE.c.id == number).returning(ROLE_RULE)).first()
            if row is None:
                return None
            found = RoleRule(row.id, row.claim, access.grant_of(row), row.created_by)
            detail = {"claim": found.claim, "grant": str(found.grant)}
            access.record_about(transaction, by, "role_rule.removed", f"role_rule/{number}", detail)
        return found


def viewer_of(
    connection: Connection,
    row: Row[Any],
    *,
    session: int | None = None,
    authentication: Authentication | None = None,
) -> Viewer:
    """From a row of :data:`VIEWER_COLUMNS`, and from the measures of whoever has an account."""
    accounts = frozenset(ToolAccount(tool, account) for tool, account in row.accounts or ())
    return Viewer(
        person=PersonId(row.person),
        login=row.login,
        name=row.name,
        grants=tuple(RoleGrant(Role(role), tuple(place), entity) for role, place, entity in row.grants or ()),
        accounts=accounts,
        measure_roles=held_roles(connection, accounts),
        locale=row.locale or "",
        time_zone=row.time_zone or "",
        has_first_password=row.password_is_first,
        session=session,
        authentication=authentication,
    )


VIEWER_COLUMNS = """p.id AS person, p.login, p.name, p.locale, p.time_zone, p.password_is_first,
    (SELECT jsonb_agg(jsonb_build_array(g.role, g.hierarchy, g.legal_entity) ORDER BY g.id)
     FROM role_grant g WHERE g.person_id = p.id) AS grants,
    (SELECT jsonb_agg(jsonb_build_array(a.connection, a.account))
     FROM person_account a WHERE a.person_id = p.id) AS accounts"""
"""What :func:`viewer_of` makes a :class:`Viewer` of, from ``person p``."""

_VIEWER = text(f"SELECT {VIEWER_COLUMNS} FROM person p WHERE p.id = :person AND p.active")  # noqa: S608


def _persons(connection: Connection, rows: Iterable[Row[Any]]) -> Iterable[Person]:
    found = list(rows)
    ids = [row.id for row in found]
    grants: dict[int, list[GrantRow]] = {}
    for row in connection.execute(select(ROLE_GRANT).where(ROLE_GRANT.c.person_id.in_(ids)).order_by(ROLE_GRANT.c.id)):
        held = GrantRow(row.id, access.grant_of(row), GrantSource(row.source), row.granted_by, row.granted_at)
        grants.setdefault(row.person_id, []).append(held)
    accounts: dict[int, set[ToolAccount]] = {}
    for row in connection.execute(select(PERSON_ACCOUNT).where(PERSON_ACCOUNT.c.person_id.in_(ids))):
        accounts.setdefault(row.person_id, set()).add(ToolAccount(row.connection, row.account))
    for row in found:
        yield Person(
            id=PersonId(row.id),
            login=row.login,
            name=row.name,
            active=row.active,
            has_password=row.password_hash is not None,
            oidc_issuer=row.oidc_issuer,
            oidc_subject=row.oidc_subject,
            locale=row.locale,
            time_zone=row.time_zone,
            created_at=row.created_at,
            grants=tuple(grants.get(row.id, ())),
            accounts=frozenset(accounts.get(row.id, ())),
        )
