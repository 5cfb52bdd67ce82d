"""Numbered versions of the mapping: draft, validated, previewed, active, superseded.  One is active."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, RowMapping, func, select, text, update

from connector.errors import ConfigurationError
from connector.remedy import Place, Remedy
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import MAPPING_VERSION
from connector.store.mapping_versions.moving_starts import moving_starts, starts_from_json, starts_to_json
from connector.store.queue.inbox import mark_all_dirty
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.existing_breaches import MovingStart
from mapping.work_item import ConnectionName


class MappingState(StrEnum):
    DRAFT = "draft"
    """It has problems, or nobody has checked it."""
    VALIDATED = "validated"
    PREVIEWED = "previewed"
    """Somebody has seen a preview of its effect."""
    ACTIVE = "active"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Override:
    """Activated although the check against the tools refused it: why, and what it had found."""

    reason: str = ""
    found: tuple[str, ...] = ()


NO_OVERRIDE = Override()
LIST_VERSIONS = Remedy("The page Mapping lists them.", "List them with: gatepost mapping history", Place.MAPPING)


@dataclass(frozen=True, slots=True)
class StoredMapping:
    number: int
    digest: str
    source: str
    author: str
    reason: str
    state: MappingState
    created_at: datetime
    activated_at: datetime | None
    superseded_at: datetime | None
    restores: int | None
    """The version that this one brought back."""
    moving_starts: Mapping[str, MovingStart] = field(default_factory=dict)
    """By rule, where moving back was switched on without moving what was ahead already."""
    override: str = ""
    """Why it was activated although it did not fit its tools."""


class MappingConflict(ConfigurationError):
    """Another version has become active since somebody began from the one before."""

    def __init__(self, active: StoredMapping | None) -> None:
        self.active = active
        what = f"Version {active.number} by {active.author} has become active meanwhile" if active else "None is active"
        super().__init__(f"{what}. Compare the versions and decide again.")


class MappingVersions:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def active(self) -> StoredMapping | None:
        with reading(self._engine) as session:
            return _active(session)

    def get(self, number: int) -> StoredMapping:
        """Raises ConfigurationError when there is no such version."""
        with reading(self._engine) as session:
            row = session.execute(select(MAPPING_VERSION).where(MAPPING_VERSION.c.number == number)).mappings()
            found = row.first()
        if found is None:
            raise ConfigurationError(f"There is no mapping version {number}.", remedy=LIST_VERSIONS)
        return _stored(found)

    def all(self) -> tuple[StoredMapping, ...]:
        """Newest first."""
        query = select(MAPPING_VERSION).order_by(MAPPING_VERSION.c.number.desc())
        with reading(self._engine) as session:
            return tuple(_stored(row) for row in session.execute(query).mappings())

    def add(self, source: str, digest: str, *, author: str, reason: str, state: MappingState) -> StoredMapping:
        """Keep a version without activating it; one that is equal to the newest is not kept twice."""
        with self._engine.begin() as transaction:
            newest = transaction.execute(
                select(MAPPING_VERSION).order_by(MAPPING_VERSION.c.number.desc()).limit(1)
            ).mappings()
            found = newest.first()
            if found is not None and digest and (found["digest"], found["source"]) == (digest, source):
                return _stored(found)
            return _insert(transaction, source, digest, author, reason, state)

    def mark_previewed(self, number: int) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(
                update(MAPPING_VERSION)
                .where(MAPPING_VERSION.c.number == number, MAPPING_VERSION.c.state == MappingState.VALIDATED.value)
                .values(state=MappingState.PREVIEWED.value)
            )

    def activate(
        self,
        source: str,
        digest: str,
        *,
        author: str,
        reason: str,
        instead_of: int | None = None,
        move_existing: bool = False,
        override: Override = NO_OVERRIDE,
    ) -> StoredMapping:
        """Make this text the active version and have every known item assessed again under it.

        Where its rules begin to move items back, those that are ahead of their gate already are only reported, unless
        ``move_existing``.

        A text that is equal to the active one is not stored twice.  ``instead_of`` is the version that its author
        believes to be active: raises MappingConflict when another one is.
        """
        with self._engine.begin() as transaction:
            if instead_of is not None:
                transaction.execute(_LOCK)
            active = _active(transaction)
            if instead_of is not None and (active is None or active.number != instead_of):
                raise MappingConflict(active)
            if active is not None and active.digest == digest:
                return active
            added = _insert(transaction, source, digest, author, reason, MappingState.VALIDATED)
            return self._activate(transaction, added, move_existing=move_existing, override=override)

    def activate_version(
        self, number: int, *, author: str, move_existing: bool = False, override: Override = NO_OVERRIDE
    ) -> StoredMapping:
        """Make a kept version the active one.  Raises ConfigurationError for one that is not ready for it."""
        stored = self.get(number)
        match stored.state:
            case MappingState.ACTIVE:
                return stored
            case MappingState.DRAFT:
                raise ConfigurationError(
                    f"Version {number} is a draft with problems.",
                    remedy=Remedy(
                        "The page Mapping lists them at the draft.", "See: gatepost mapping check", Place.MAPPING
                    ),
                )
            case MappingState.SUPERSEDED:
                raise ConfigurationError(
                    f"Version {number} was active before.",
                    remedy=Remedy(
                        "Bring it back on the page Mapping, under Versions.",
                        f"Bring it back with: gatepost mapping rollback --to {number}",
                        Place.MAPPING,
                    ),
                )
            case _:
                with self._engine.begin() as transaction:
                    return self._activate(transaction, stored, author, move_existing=move_existing, override=override)

    def rollback(
        self, *, author: str, reason: str, to: int | None = None, move_existing: bool = False
    ) -> StoredMapping:
        """Bring a former version back, the last one by default, as a new version: history has no way back."""
        with self._engine.begin() as transaction:
            query = select(MAPPING_VERSION).where(MAPPING_VERSION.c.state == MappingState.SUPERSEDED.value)
            if to is not None:
                query = query.where(MAPPING_VERSION.c.number == to)
            latest = query.order_by(MAPPING_VERSION.c.superseded_at.desc(), MAPPING_VERSION.c.number.desc()).limit(1)
            found = transaction.execute(latest).mappings().first()
            if found is None:
                which = "There is no former version" if to is None else f"Version {to} was never active"
                raise ConfigurationError(f"{which} to roll back to.", remedy=LIST_VERSIONS)
            former = _stored(found)
            again = _insert(
                transaction,
                former.source,
                former.digest,
                author,
                reason,
                MappingState.VALIDATED,
                restores=former.number,
            )
            return self._activate(transaction, again, move_existing=move_existing)

    def items_waiting(self) -> int:
        """Items that still have to be assessed."""
        with reading(self._engine) as session:
            return int(session.execute(_WAITING).scalar_one())

    def count_breaches(self, rules: Collection[str]) -> int:
        """Measures of these rules that are ahead of their gate now."""
        with reading(self._engine) as session:
            return int(session.execute(_BREACHES, {"rules": sorted(rules)}).scalar_one())

    def _activate(
        self,
        transaction: Connection,
        stored: StoredMapping,
        author: str = "",
        *,
        move_existing: bool = False,
        override: Override = NO_OVERRIDE,
    ) -> StoredMapping:
        before = _active(transaction)
        begins = MovingStart(stored.number, transaction.execute(select(func.now())).scalar_one())
        kept = {} if before is None else before.moving_starts
        former = None if before is None else before.source
        starts = {} if move_existing else moving_starts(former, stored.source, kept, begins)
        transaction.execute(
            update(MAPPING_VERSION)
            .where(MAPPING_VERSION.c.state == MappingState.ACTIVE.value)
            .values(state=MappingState.SUPERSEDED.value, superseded_at=func.now())
        )
        row = transaction.execute(
            update(MAPPING_VERSION)
            .where(MAPPING_VERSION.c.number == stored.number)
            .values(
                state=MappingState.ACTIVE.value,
                activated_at=func.now(),
                moving_starts=starts_to_json(starts),
                override=override.reason,
            )
            .returning(MAPPING_VERSION)
        ).mappings()
        active = _stored(row.one())
        mark_all_dirty(transaction)
        for name in sorted(transaction.execute(_CONNECTIONS_WITH_DIRTY_KEYS).scalars()):
            self._waker.wake(transaction, TaskKind.RECONCILE, ConnectionName(name))
        detail: dict[str, object] = {"number": active.number, "digest": active.digest, "reason": active.reason}
        if override.reason:
            detail |= {"override": override.reason, "did_not_fit": list(override.found[:20])}
        if active.restores is not None:
            detail["restores"] = active.restores
        entry = {
            "actor": author or active.author,
            "action": "mapping.activated",
            "subject": "mapping",
            "detail": detail,
        }
        audit.record(transaction, [entry])
        return active


def _active(transaction: Connection) -> StoredMapping | None:
    row = transaction.execute(
        select(MAPPING_VERSION).where(MAPPING_VERSION.c.state == MappingState.ACTIVE.value)
    ).mappings()
    found = row.first()
    return None if found is None else _stored(found)


def _insert(
    transaction: Connection,
    source: str,
    digest: str,
    author: str,
    reason: str,
    state: MappingState,
    restores: int | None = None,
) -> StoredMapping:
    values = {"digest": digest, "source": source, "author": author, "reason": reason, "state": state.value}
    statement = MAPPING_VERSION.insert().values(**values, restores=restores).returning(MAPPING_VERSION)
    return _stored(transaction.execute(statement).mappings().one())


def _stored(row: RowMapping) -> StoredMapping:
    names = (
        "number",
        "digest",
        "source",
        "author",
        "reason",
        "created_at",
        "activated_at",
        "superseded_at",
        "restores",
        "override",
    )
    return StoredMapping(
        state=MappingState(row["state"]),
        moving_starts=starts_from_json(row["moving_starts"]),
        **{name: row[name] for name in names},
    )


# What no rule took so far, and dead letters for want of a mapping, are tried again as well.
_CONNECTIONS_WITH_DIRTY_KEYS = text("SELECT DISTINCT connection FROM dirty_key ORDER BY connection")
_LOCK = text("LOCK TABLE mapping_version IN SHARE ROW EXCLUSIVE MODE")
_BREACHES = text("SELECT count(*) FROM measure WHERE gate = 'breach' AND rule = ANY(:rules) AND unmapped_since IS NULL")
_WAITING = text("SELECT count(*) FROM dirty_key WHERE state = 'waiting'")
