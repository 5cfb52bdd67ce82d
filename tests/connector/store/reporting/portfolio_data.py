"""Measures put straight into the tables, and the roll-ups made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Engine, text

from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.store.database.json_codec import to_json
from connector.store.reporting.rollups import RefreshResult, Rollups
from governance.definitions.years import FiscalYear
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.hierarchy import RollUpMeasure
from governance.left_out import ENDED, funnel_step
from governance.measure import HierarchyPath, MeasureId
from governance.money import Money, Period
from governance.presets import default_policy
from governance.rates import Rate, RateKind
from governance.roll_up import RollUpSettings
from governance.signature import SignedLine
from governance.verdict import GateState

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BASIS = RollUpSettings("EUR", FiscalYear(Period(2026, 1)), Period(2026, 10), default_policy().weights, "decided")
OFFICE = Viewer(PersonId(1), "office@nordbank.example", "M. Brandt", (RoleGrant(Role.OFFICE),))
RATES = (
    Rate("USD", "EUR", date(2025, 1, 1), Decimal("0.92"), "tests"),
    Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.92"), "tests"),
    Rate("USD", "EUR", date(2026, 6, 1), Decimal("0.9357"), "tests"),
    Rate("CHF", "EUR", date(2026, 4, 1), Decimal("1.0604"), "tests"),
    Rate("USD", "EUR", date(2025, 1, 31), Decimal("0.91"), "tests", RateKind.CLOSING),
    Rate("USD", "EUR", date(2026, 1, 31), Decimal("0.93"), "tests", RateKind.CLOSING),
    Rate("CHF", "EUR", date(2026, 4, 30), Decimal("1.06"), "tests", RateKind.CLOSING),
)
"""SEK has none, and CHF none before April 2026."""


NEXT_STAGE = {
    "": "identified", "identified": "detailed", "detailed": "decided", "decided": "implemented", "implemented": "closed",
}  # fmt: skip


@dataclass(frozen=True)
class GivenMeasure:
    """One measure as a test wants it."""

    number: int
    place: tuple[str | None, ...] = ("IT", "Cloud exit", "CRM", "Contracts")
    entity: str | None = "Nordbank AG"
    unit: str | None = "Payments"
    owner: str = "A. Kaya"
    owner_id: str = "k"
    stage: str | None = "decided"
    sponsor_id: str | None = "s"
    off_ramp: str | None = None
    without_value: bool = False
    gate: str = "open"
    implementation: str = "green"
    potential: str = "green"
    reason: str | None = None
    title: str = "Retire the legacy CRM"
    codes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    left: bool = False
    lines: tuple[EffectLine, ...] = field(default_factory=tuple)
    signed: tuple[SignedLine, ...] = ()

    @property
    def id(self) -> str:
        return f"jira-main/{self.number}"

    @property
    def entry(self) -> RollUpMeasure:
        """The same measure as the domain's own figures take it."""
        place = HierarchyPath("", *self.place)
        step = funnel_step(self.stage, self.off_ramp, without_value=self.without_value, left=self.left)
        return RollUpMeasure(
            MeasureId(self.id),
            place,
            self.entity,
            self.unit,
            self.lines,
            self.stage,
            self.reason or "",
            step,
            governable=all((self.owner_id, self.sponsor_id, self.unit, self.entity)),
            held_up=GateState(self.gate).holds_up and step not in ENDED,
            signed=self.signed,
        )


def line(
    version: str, kind: str, month: str, amount: int | str, currency: str = "EUR", account: str = "ebitda"
) -> EffectLine:
    money = Money(Decimal(amount), currency)
    return EffectLine(Version(version), EffectKind(kind), Period.parse(month), money, Account(account))


def save(engine: Engine, *measures: GivenMeasure) -> None:
    """Write measures as the flow leaves them; one that is there is changed."""
    with engine.begin() as transaction:
        for one in measures:
            values = _values(one)
            names = ", ".join(values)
            changed = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
            transaction.execute(
                text("INSERT INTO work_item (connection, native_id, key, url, snapshot, version, read_at) VALUES "
                     "('jira-main', :n, :k, :u, '{}', '1', now()) ON CONFLICT DO NOTHING"),
                {"n": str(one.number), "k": f"ITX-{one.number}", "u": f"https://acme.example/browse/ITX-{one.number}"},
            )  # fmt: skip
            transaction.execute(
                text(f"INSERT INTO measure ({names}) VALUES ({', '.join(f':{name}' for name in values)}) "
                     f"ON CONFLICT (id) DO UPDATE SET {changed}, unmapped_since = NULL"),
                values,
            )  # fmt: skip
            transaction.execute(text("DELETE FROM effect_line WHERE measure_id = :id"), {"id": one.id})
            booked = {(row.month, row.kind) for row in one.lines if row.version is Version.ACTUAL}
            for row in one.lines:
                is_unbooked = row.version is Version.PLAN and (row.month, row.kind) not in booked
                transaction.execute(_LINE, {
                    "is_unbooked": is_unbooked and row.money.amount != 0,
                    "id": one.id, "version": row.version, "kind": row.kind, "month": row.month.first_day,
                    "amount": row.money.amount, "currency": row.money.currency, "account": row.account,
                    "hard": row.hard, "pl_line": row.pl_line,
                })  # fmt: skip


def unmap(engine: Engine, *numbers: int) -> None:
    """No rule of the mapping takes these any more."""
    with engine.begin() as transaction:
        ids = [f"jira-main/{number}" for number in numbers]
        transaction.execute(text("UPDATE measure SET unmapped_since = now() WHERE id = ANY(:ids)"), {"ids": ids})


def save_rates(engine: Engine, rates: Sequence[Rate] = RATES) -> None:
    with engine.begin() as transaction:
        for rate in rates:
            transaction.execute(
                text("INSERT INTO exchange_rate VALUES (:c, :t, :k, :s, :f, 'tests') "
                     'ON CONFLICT (currency, "to", kind, since) DO UPDATE SET factor = excluded.factor'),
                {"c": rate.currency, "k": rate.kind.value, "t": rate.to_currency, "s": rate.since, "f": rate.factor},
            )  # fmt: skip


def refresh(engine: Engine, basis: RollUpSettings = BASIS) -> RefreshResult:
    return Rollups(engine).refresh(basis, NOW)


def _values(one: GivenMeasure) -> dict[str, object]:
    people = {
        "owner": {"id": one.owner_id, "name": one.owner, "active": True},
        "sponsor": {"id": one.sponsor_id, "name": "S. Sponsor", "active": True} if one.sponsor_id else None,
        "controller": {"id": "c", "name": "C. Controller", "active": True},
    }
    since = "2026-09-01T00:00:00+00:00"
    blockers: list[dict[str, object]] = [
        {
            "key": code, "code": code, "subject": "", "stage": "implemented", "reason": f"{code} is missing",
            "sentence": f"{code} is missing", "responsible": [], "since": since, "approval": None,
        }
        for code in one.codes
    ]  # fmt: skip
    findings = [
        {
            "code": code,
            "subject": "",
            "sentence": f"Something is {code.casefold()}",
            "responsible": [{"role": "owner", "name": "A. Kaya", "id": one.owner_id}],
            "since": since,
        }
        for code in one.findings
    ]
    verdict = {
        "blockers": blockers,
        "off_ramp": {"kind": one.off_ramp} if one.off_ramp else None,
        "without_value": one.without_value,
        "signed": to_json(list(one.signed)),
        "stage": one.stage,
        "next_stage": NEXT_STAGE.get(one.stage or ""),
        "deviation": {"reason": one.reason, "since": since} if one.reason is not None else None,
    }
    stamp = json.dumps(
        [
            str(part)
            for part in (
                one.lines,
                one.signed,
                one.stage,
                one.gate,
                one.off_ramp,
                one.without_value,
                one.reason,
                one.codes,
                one.findings,
                one.sponsor_id,
            )
        ]
    )
    return {
        "id": one.id, "connection": "jira-main", "native_id": str(one.number), "key": f"ITX-{one.number}",
        "title": one.title, "rule": "epics", "portfolio": one.place[0], "program": one.place[1],
        "project": one.place[2], "package": one.place[3], "business_unit": one.unit, "legal_entity": one.entity,
        "owner": one.owner, "stage": one.stage, "gate": one.gate, "implementation": one.implementation,
        "potential": one.potential, "facts": json.dumps({"roles": people}), "verdict": json.dumps(verdict),
        "measure_state": json.dumps({"granted_at": {one.stage: since} if one.stage else {}}),
        "findings": json.dumps(findings), "verdict_digest": stamp, "effects_digest": stamp, "mapping_version": 1,
        "policy_version": "five/tests", "assessed_at": NOW,
        "unvalidated_since": min(
            (row.month.first_day for row in one.lines if row.version is Version.ACTUAL and row.kind.is_benefit),
            default=None,
        ),
    }  # fmt: skip


_LINE = text("""
    INSERT INTO effect_line (measure_id, version, kind, month, amount, currency, account, hard, pl_line,
                             is_unbooked)
    VALUES (:id, :version, :kind, :month, :amount, :currency, :account, :hard, :pl_line, :is_unbooked)
    ON CONFLICT (measure_id, version, kind, month, currency, account, hard, pl_line)
    DO UPDATE SET amount = effect_line.amount + excluded.amount
""")
