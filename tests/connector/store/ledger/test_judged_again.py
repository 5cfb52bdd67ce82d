"""A measure whose actuals finance owns is judged by what the ledger holds, though its item has not changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connector.errors import ConfigurationError
from connector.store.connections.connections import ConnectionRecord
from connector.store.ledger.entries import LedgerEntries
from connector.store.ledger.month_close import MonthClose
from connector.sync.ports import ToolSite
from connector.sync.related_evidence import ItemEvidence, RelatedEvidenceReader
from connector.sync.stores import AssessedItem
from governance.effects import EffectKind
from governance.evidence import Team, TeamMember
from governance.facts import Unknown
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import EnteredBy
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.month_close import CloseStep, Signer
from governance.rates import Reporting
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.policy import Policies
from mapping.related_evidence import TimeEntry
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool
from tests.connector.store.conftest import JIRA, StoreFixture, open_store
from tests.databases import Databases
from tests.mapping.items import BRANDT, KAYA, NOW, item
from tests.mapping.test_ledger import CONFIG

SITE = ToolSite(JIRA, Tool.JIRA, reader=None, writer=None, event_parser=None)  # type: ignore[arg-type]
"""Nothing is read from it: an item with a ledger needs no call."""
SNOW = ConnectionName("snow-main")
BOOKED = Money(Decimal(1000), "EUR")


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        yield opened


def assess(store: StoreFixture, booked: int, now: datetime) -> MeasureAssessment:
    """What a worker does, with a field that holds ``booked``."""
    some = item({"Actual": None, "Booked benefit": Decimal(booked)})
    reader = RelatedEvidenceReader(lambda _name: SITE, store.stored_state)
    related = reader.read(SITE, [some], CONFIG, 7, now)[some.native_id].related
    state = store.stored_state.load(JIRA, [some.native_id]).get(some.native_id)
    found = assess_item(
        some, CONFIG, Policies(CONFIG), measure_state=state.measure_state if state else MeasureState(), last_written={},
        now=now, related=related, closed_months=store.stored_state.closed_months(),
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    store.receive_event(f"d{now.timestamp()}", some.native_id)
    claim = store.work().claim(JIRA, 10)
    assert claim is not None
    store.assessments.store(claim, [AssessedItem(some, found)], 1, now)
    return found


def test_a_posting_is_judged_and_written_and_a_difference_keeps_its_deadline(store: StoreFixture) -> None:
    assess(store, 0, NOW)
    posting = Posting(LedgerVersion.ACTUAL, EffectKind.BENEFIT, Period(2026, 1), BOOKED, "jira-main/10001")
    LedgerEntries(store.engine, store.waker).post([NewEntry(posting, EnteredBy("w"))], by="w", at=NOW)
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    assert len(store.rows("SELECT 1 FROM ledger_unassessed")) == 1
    found = assess(store, 900, NOW + timedelta(hours=1))
    assert store.rows("SELECT 1 FROM ledger_unassessed") == []
    assert {one.field: one.target for one in found.comparison.changes}[FieldName("Actual")] == Decimal("1000.00")
    assert [row.amount for row in store.rows("SELECT amount FROM effect_line WHERE version = 'actual'")] == [1000]
    assess(store, 950, NOW + timedelta(days=2))
    (row,) = store.rows("SELECT ledger, tool, due_at FROM ledger_difference")
    assert (row.ledger, row.tool) == ("1,000 EUR", "950 EUR")
    assert row.due_at == datetime(2026, 2, 15, 10, 0, tzinfo=UTC)
    assess(store, 1000, NOW + timedelta(days=3))
    assert store.rows("SELECT 1 FROM ledger_difference") == []


def test_a_close_is_judged_and_so_is_its_reopening(store: StoreFixture) -> None:
    """The measure has no legal entity: what all companies close together counts for it."""
    january, december = Period(2026, 1), Period(2025, 12)
    close = MonthClose(store.engine, store.waker)
    assert assess(store, 1000, NOW + timedelta(days=4)).evidence.closed_through is None
    at = datetime(2026, 3, 2, tzinfo=UTC)
    for expected in (january, december):
        asked = (
            close.prepare(january, "", Reporting("EUR"), by=Signer("a", 1), now=at)
            if expected == january
            else close.request_reopening(january, "", "late", by=Signer("a", 1), now=at)
        )
        assert isinstance(asked, CloseStep), asked
        assert store.rows("SELECT 1 FROM dirty_key") == []
        assert isinstance(close.accept(asked.id, Reporting("EUR"), by=Signer("b", 2), now=at), CloseStep)
        assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
        found = assess(store, 1000, at)
        assert found.evidence.closed_through == found.verdict.measure_state.closed_through == expected


@dataclass(frozen=True)
class Timecards:
    """Hours of people of one tool, by task."""

    rows: tuple[TimeEntry, ...]

    def time_entries(self, people: Sequence[str], since: date) -> Sequence[TimeEntry]:
        return [row for row in self.rows if row.person in people and row.day >= since]


def test_hours_that_the_team_logs_in_another_tool_are_elsewhere(store: StoreFixture) -> None:
    """Two developers work in Jira, and log most of their time on incidents of ServiceNow."""
    day = NOW.date() - timedelta(days=1)
    store.connections.save(ConnectionRecord(SNOW, Tool.SERVICENOW, "https://acme.example", "bot", "token", ()))
    for number, (account, there) in enumerate((("k", "snow-k"), ("b", "snow-b"))):
        with store.engine.begin() as transaction:
            transaction.exec_driver_sql(
                "WITH p AS (INSERT INTO person (login, name) VALUES (%(login)s, %(login)s) RETURNING id)"
                " INSERT INTO person_account (person_id, connection, account) SELECT p.id, c.name, c.account FROM p,"
                " (VALUES ('jira-main', %(here)s), ('snow-main', %(there)s)) AS c (name, account)",
                {"login": f"dev{number}", "here": account, "there": there},
            )
    worked = Timecards((TimeEntry("k", NativeId("10001"), None, "ITX", day, Decimal(4)),))
    incidents = Timecards(
        tuple(
            TimeEntry(who, NativeId(f"incident:{who}"), None, "incident", day, Decimal(hours))
            for who, hours in (("snow-k", 30), ("snow-b", 8), ("snow-z", 100))
        )
    )
    jira, snow = replace(SITE, timesheet=worked), replace(SITE, name=SNOW, timesheet=incidents)
    rule = CONFIG.measures[0].model_copy(update={"team": "Team", "hours_from": (SNOW,)})
    config = CONFIG.model_copy(update={"measures": (rule,)})
    some = item({"Actual": None, "Team": (KAYA, BRANDT)})

    def read(site: ToolSite | None) -> ItemEvidence:
        def find(name: ConnectionName) -> ToolSite:
            if site is None:
                raise ConfigurationError(f"there is no connection {name}")
            return site

        return RelatedEvidenceReader(find, store.stored_state).read(jira, [some], config, 14, NOW)[some.native_id]

    def team(site: ToolSite | None) -> Team | Unknown | None:
        return read(site).related.team

    assert sorted(read(snow).dependencies or ()) == [
        ("jira-main", "logged:"),
        ("jira-main", "logged:b"),
        ("jira-main", "logged:k"),
        ("snow-main", "logged:"),
        ("snow-main", "logged:snow-b"),
        ("snow-main", "logged:snow-k"),
    ], "hours of theirs on either make it dirty, and of a deleted one nobody says whose it was"

    assert team(snow) == Team(
        (
            TeamMember(
                "A. Kaya",
                Decimal(4),
                Decimal(30),
                "snow-main incident",
                elsewhere=True,
                weeks=((date(2026, 2, 9), Decimal(34)),),
            ),
            TeamMember(
                "M. Brandt",
                Decimal(0),
                Decimal(8),
                "snow-main incident",
                elsewhere=True,
                weeks=((date(2026, 2, 9), Decimal(8)),),
            ),
        ),
        14,
        day,
    )
    assert team(None) == Unknown("the logged hours could not be read: there is no connection snow-main")
    assert team(replace(snow, timesheet=None)) == Unknown(
        "the logged hours could not be read: snow-main has no logged hours that Gatepost could read"
    )
