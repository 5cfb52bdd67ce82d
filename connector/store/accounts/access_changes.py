"""Changes of access as people ask for them: made at once, alone, or after a second administrator has accepted them.

The rules are in :mod:`connector.people.access_change`; what is asked for, accepted, refused and ended is in the audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.errors import ConfigurationError
from connector.people.access_change import (
    FORMER_ADMINISTRATOR_COUNTS_FOR,
    VALID_FOR,
    AccessChange,
    Administrator,
    ChangeKind,
    PendingChange,
    Procedure,
    holds_what_it_gives,
    procedure_of,
    refusal_to_decide,
)
from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount, Viewer
from connector.store.accounts import access
from connector.store.database.reading import reading
from connector.store.database.tables import ACCESS_CHANGE, PERSON, PERSON_ACCOUNT, ROLE_GRANT
from connector.timestamp import timestamp_text
from governance.capital import capitalised
from governance.time_text import day_text


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What became of a change that somebody asked for."""

    procedure: Procedure
    sentence: str
    pending: PendingChange | None = None

    @property
    def message(self) -> str:
        """For whoever asked."""
        stated = f"{capitalised(self.sentence)}"
        if self.procedure is Procedure.WAITS and self.pending is not None:
            return (
                f"Another administrator has to accept this until {day_text(self.pending.ends_at)}: {self.sentence}. "
                "It stands on the page People."
            )
        if self.procedure is Procedure.ALONE:
            return f"{stated}. There is no second administrator who could accept it; the audit says so."
        return f"{stated}."


class AccessChanges:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def request(self, change: AccessChange, *, by: str, requester: Viewer | None, now: datetime) -> RequestResult:
        """Make a change, or let it wait; ``requester`` is ``None`` on the command line.

        Raises ConfigurationError when they may not ask for it, or nobody could accept it.
        """
        with self._engine.begin() as transaction:
            transaction.execute(_ONE_AT_A_TIME)
            _end_old(transaction, now)
            name = _name_of(transaction, change)
            sentence = change.sentence(name)
            if requester is not None and not holds_what_it_gives(requester.grants, change):
                raise ConfigurationError(f"You may not give more than you hold: {sentence}.")
            person = requester.person if requester is not None else None
            procedure = procedure_of(change, person, _administrators(transaction, now))
            if procedure is Procedure.NOBODY_COULD_ACCEPT:
                raise ConfigurationError(
                    f"Nobody could accept this: {sentence}. Only the person themselves is another administrator, or "
                    f"the other one was removed within the last {FORMER_ADMINISTRATOR_COUNTS_FOR.days} days."
                )
            if procedure is Procedure.WAITS:
                return RequestResult(procedure, sentence, _store(transaction, change, name, by, person, now))
            _apply(transaction, change, by)
            if procedure is Procedure.ALONE:
                detail = _detail(change) | {"text": f"Alone, because there is no second administrator: {sentence}."}
                access.record_about(transaction, by, "access_change.alone", _subject(change), detail)
        return RequestResult(procedure, sentence)

    def pending(self, now: datetime) -> tuple[PendingChange, ...]:
        """The changes that wait, the oldest first."""
        with reading(self._engine) as connection:
            return tuple(map(_pending, connection.execute(_PENDING, {"now": now})))

    def decide(self, number: int, viewer: Viewer, *, accept: bool, now: datetime) -> PendingChange:
        """Accept or refuse a change.  Raises ConfigurationError when it does not wait any more, or not for them."""
        with self._engine.begin() as transaction:
            transaction.execute(_ONE_AT_A_TIME)
            row = transaction.execute(_ONE, {"number": number}).first()
            if row is None:
                raise ConfigurationError(f"There is no change {number} that waits.")
            pending = _pending(row)
            refusal = refusal_to_decide(pending, viewer, now)
            if refusal is not None:
                raise ConfigurationError(refusal.value)
            if accept:
                self._accept(transaction, pending, viewer, now)
            _settle(transaction, pending, "accepted" if accept else "refused", viewer.login, now)
        return pending

    def _accept(self, transaction: Connection, pending: PendingChange, viewer: Viewer, now: datetime) -> None:
        """Whoever asked must still be allowed to: a request does not outlive the requester's own rights."""
        if pending.requester is not None:
            grants = next(
                (
                    one.grants
                    for one in _administrators(transaction, now)
                    if one.person == pending.requester and not one.former
                ),
                (),
            )
            if not holds_what_it_gives(grants, pending.change):
                raise ConfigurationError(
                    f"{pending.requested_by} is not the administrator any more who could ask for it. Refuse it."
                )
        _apply(transaction, pending.change, f"{pending.requested_by}, accepted by {viewer.login}")

    def administrators(self, now: datetime) -> tuple[Administrator, ...]:
        """Everybody who is administrator of anything, and who was until lately."""
        with reading(self._engine) as connection:
            return _administrators(connection, now)

    def enabling(self, person: PersonId) -> AccessChange:
        """To enable somebody gives them back what they hold."""
        with reading(self._engine) as connection:
            held = connection.execute(select(ROLE_GRANT).where(ROLE_GRANT.c.person_id == person))
            grants = tuple(access.grant_of(row) for row in held)
            account = connection.execute(
                select(PERSON_ACCOUNT.c.connection, PERSON_ACCOUNT.c.account)
                .where(PERSON_ACCOUNT.c.person_id == person)
                .limit(1)
            ).first()
        linked = ToolAccount(account.connection, account.account) if account is not None else None
        return AccessChange(ChangeKind.ENABLE, person, account=linked, holds=grants)


def _apply(transaction: Connection, change: AccessChange, by: str) -> None:
    match change:
        case AccessChange(kind=ChangeKind.GRANT, person=int(person), grant=RoleGrant() as grant):
            access.give(transaction, PersonId(person), grant, by)
        case AccessChange(kind=ChangeKind.LINK, person=int(person), account=ToolAccount() as account):
            access.link(transaction, PersonId(person), account, by)
        case AccessChange(kind=ChangeKind.UNLINK, person=int(person), account=ToolAccount() as account):
            access.unlink(transaction, PersonId(person), account, by)
        case AccessChange(kind=ChangeKind.IDENTITY, person=int(person), account=ToolAccount() as account):
            access.link_identity(transaction, PersonId(person), account.connection, account.id, by)
        case AccessChange(kind=ChangeKind.ENABLE, person=int(person)):
            access.enable(transaction, PersonId(person), by)
        case AccessChange(kind=ChangeKind.GROUP_RULE, group=str(group), grant=RoleGrant() as grant):
            access.add_rule(transaction, group, grant, by)
        case _:
            raise TypeError(f"an incomplete change: {change.kind}")


def _store(
    transaction: Connection, change: AccessChange, name: str, by: str, requester: PersonId | None, now: datetime
) -> PendingChange:
    _check(transaction, change)
    grant, account = change.grant, change.account
    row = {
        "kind": change.kind.value,
        "person_id": change.person,
        "role": grant.role.value if grant else None,
        "hierarchy": list(grant.hierarchy) if grant else [],
        "legal_entity": grant.legal_entity if grant else None,
        "connection": account.connection if account else None,
        "account": account.id if account else None,
        "group_name": change.group,
        "requested_by": by,
        "requester_id": requester,
        "requested_at": now,
        "ends_at": now + VALID_FOR,
    }
    number = transaction.execute(insert(ACCESS_CHANGE).values(row).returning(ACCESS_CHANGE.c.id)).scalar_one()
    pending = PendingChange(number, change, name, by, requester, now, now + VALID_FOR)
    _record(transaction, by, "access_change.requested", pending, f"Asked for: {pending.sentence}.")
    return pending


def _check(transaction: Connection, change: AccessChange) -> None:
    """What cannot be done is refused when it is asked for, not when it is accepted.  Raises ConfigurationError."""
    nested = transaction.begin_nested()
    try:
        _apply(transaction, change, "check")
    finally:
        nested.rollback()


def _settle(transaction: Connection, pending: PendingChange, outcome: str, by: str, now: datetime) -> None:
    row = ACCESS_CHANGE.c
    values = {"outcome": outcome, "settled_at": now, "settled_by": by}
    transaction.execute(update(ACCESS_CHANGE).where(row.id == pending.id).values(values))
    told = f"{outcome.capitalize()}, asked for by {pending.requested_by}: {pending.sentence}."
    _record(transaction, by, f"access_change.{outcome}", pending, told)


def _end_old(transaction: Connection, now: datetime) -> None:
    for row in transaction.execute(_ENDED, {"now": now}).all():
        _settle(transaction, _pending(row), "ended", "gatepost", now)


def _record(transaction: Connection, by: str, action: str, pending: PendingChange, told: str) -> None:
    detail = _detail(pending.change) | {
        "text": told,
        "number": pending.id,
        "requested_by": pending.requested_by,
        "ends_at": timestamp_text(pending.ends_at),
    }
    access.record_about(transaction, by, action, _subject(pending.change), detail)


def _detail(change: AccessChange) -> dict[str, object]:
    return {
        "kind": change.kind.value,
        "grant": str(change.grant) if change.grant else None,
        "account": change.account._asdict() if change.account else None,
        "group": change.group,
    }


def _subject(change: AccessChange) -> str:
    return f"person/{change.person}" if change.person is not None else f"group/{change.group}"


def _name_of(transaction: Connection, change: AccessChange) -> str:
    if change.person is None:
        return ""
    name = transaction.execute(select(PERSON.c.name).where(PERSON.c.id == change.person)).scalar()
    if name is None:
        raise ConfigurationError("There is no such person.")
    return str(name)


def _administrators(connection: Connection, now: datetime) -> tuple[Administrator, ...]:
    rows = connection.execute(_ADMINISTRATORS, {"since": now - FORMER_ADMINISTRATOR_COUNTS_FOR})
    return tuple(
        Administrator(
            PersonId(row.id),
            row.login,
            tuple(RoleGrant(Role.ADMINISTRATOR, tuple(place), entity) for place, entity in row.grants or ()),
            lost_lately=row.lost_lately,
        )
        for row in rows
    )


def _pending(row: Row[Any]) -> PendingChange:
    grant = RoleGrant(Role(row.role), tuple(row.hierarchy), row.legal_entity) if row.role else None
    account = ToolAccount(row.connection, row.account) if row.connection else None
    holds = tuple(RoleGrant(Role(role), tuple(place), entity) for role, place, entity in row.holds or ())
    kind = ChangeKind(row.kind)
    change = AccessChange(
        kind,
        PersonId(row.person_id) if row.person_id is not None else None,
        grant,
        account,
        row.group_name,
        holds if kind is ChangeKind.ENABLE else (),
    )
    requester = PersonId(row.requester_id) if row.requester_id is not None else None
    return PendingChange(row.id, change, row.name or "", row.requested_by, requester, row.requested_at, row.ends_at)


# Two administrators who remove each other, or accept what was just refused, come one after the other.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('access_change', 4713))")
_CHANGES = """
    SELECT c.*, p.name,
           (SELECT jsonb_agg(jsonb_build_array(g.role, g.hierarchy, g.legal_entity) ORDER BY g.id)
            FROM role_grant AS g WHERE g.person_id = c.person_id) AS holds
    FROM access_change AS c LEFT JOIN person AS p ON p.id = c.person_id
    WHERE c.outcome IS NULL
"""
_PENDING = text(f"{_CHANGES} AND c.ends_at > :now ORDER BY c.id")
_ENDED = text(f"{_CHANGES} AND c.ends_at <= :now ORDER BY c.id")
_ONE = text(f"{_CHANGES} AND c.id = :number FOR UPDATE OF c")
_ADMINISTRATORS = text("""
    SELECT p.id, p.login,
           CASE WHEN p.active THEN
               (SELECT jsonb_agg(jsonb_build_array(g.hierarchy, g.legal_entity) ORDER BY g.id)
                FROM role_grant AS g WHERE g.person_id = p.id AND g.role = 'administrator')
           END AS grants,
           coalesce(p.administrator_until > :since, false) AS lost_lately
    FROM person AS p
    WHERE (p.active AND EXISTS (SELECT 1 FROM role_grant AS g WHERE g.person_id = p.id AND g.role = 'administrator'))
       OR p.administrator_until > :since
    ORDER BY p.id
""")
