"""The checklist of a close through its indexes says what the plain queries over all lines and entries say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, TextClause, text

from connector.store.ledger.close_checklist import _MISSING, _UNVALIDATED, close_checklist
from connector.store.ledger.entries import LedgerEntries
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import EnteredBy
from governance.money import Money, Period
from governance.month_close import CloseItemKind
from governance.rates import MissingRate, Rate, RateKind, Rates, Reporting
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reporting.portfolio_data import NOW as ASSESSED
from tests.connector.store.reporting.portfolio_data import GivenMeasure, line, save, save_rates
from tests.databases import Databases

MONTH = Period(2026, 11)
ENTITIES = ("Nordbank AG", "NORDBANK ag", "Nordbank Oy", "")
EURO = Reporting("EUR", 4000)


def given(number: int, draw: random.Random) -> GivenMeasure:
    lines = {}
    for _ in range(draw.randint(0, 12)):
        key = (
            draw.choice(("plan", "forecast", "actual", "actual", "plan")),
            draw.choice(("benefit", "recurring_cost", "capex", "tax")),
            draw.choice(("2026-10", "2026-11", "2026-11")),
            draw.choice(("EUR", "EUR", "USD", "GBP", "SEK")),
        )
        lines[key] = line(*key[:3], draw.choice((0, 5, 100)), key[3])
    return GivenMeasure(
        number, entity=draw.choice(ENTITIES), lines=tuple(lines.values()),
        off_ramp=draw.choice((None, None, None, "cancelled", "killed", "on_hold")),
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    draw = random.Random(11)  # noqa: S311 - generates data, not secrets
    with databases.one() as url, open_store(url) as opened:
        save(opened.engine, *(given(number, draw) for number in range(1, 121)))
        save_rates(opened.engine, [Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.9"))])
        ledger = LedgerEntries(opened.engine, opened.waker)
        for days in (-1, 0, 1):
            at = ASSESSED + timedelta(days=days)
            entries = [
                NewEntry(
                    Posting(
                        LedgerVersion.ACTUAL, EffectKind.BENEFIT, draw.choice((MONTH, MONTH.plus(-1))),
                        Money(Decimal(5), "EUR"), f"jira-main/{draw.randint(1, 120)}",
                    ),
                    EnteredBy("w"),
                )
                for _ in range(15)
            ]  # fmt: skip
            assert not ledger.post(entries, by="j.weber", at=at).refused
        with opened.engine.begin() as transaction:
            transaction.execute(_DECIDED)
            transaction.execute(text("UPDATE effect_line SET account = 'cash' WHERE kind = 'recurring_cost'"))
            transaction.execute(text("UPDATE measure SET unmapped_since = now() WHERE id LIKE '%7'"))
        yield opened


@pytest.mark.parametrize("entity", ["", "Nordbank AG", "nordbank ag", "Nordbank Oy", "Nobody"])
@pytest.mark.parametrize("most", [None, 3])
def test_the_same_lines_in_the_same_order(store: StoreFixture, entity: str, most: int | None) -> None:
    with store.engine.connect() as connection:
        found = close_checklist(connection, MONTH, entity, EURO, most)
        asked = {"month": MONTH.first_day, "entity": entity, "currency": "EUR", "most": most}
        for kind, query in (
            (CloseItemKind.NOT_ASSESSED, PLAIN_NOT_ASSESSED),
            (CloseItemKind.MISSING_ACTUAL, PLAIN_MISSING),
        ):
            expected = [row.id for row in connection.execute(query, asked)]
            assert [item.measure for item in found if item.kind is kind] == expected
            assert expected or entity == "Nobody", kind
        kinds = [" and ".join(row.kinds).replace("_", " ") for row in connection.execute(PLAIN_MISSING, asked)]
        told = [item.text for item in found if item.kind is CloseItemKind.MISSING_ACTUAL]
        assert [one.split("a plan of ")[1].split(" for ")[0] for one in told] == kinds
        assert [item.text for item in found if item.kind is CloseItemKind.MISSING_RATE] == missing_rates(
            connection, asked
        )


@pytest.mark.parametrize("query", [_MISSING, _UNVALIDATED])
def test_as_many_rows_are_read_as_lines_are_shown(store: StoreFixture, query: TextClause) -> None:
    """Not those of every measure: a page of fifty lines costs the same in a portfolio of a thousand and a million."""
    asked = {"month": MONTH.first_day, "entity": "", "most": 3}
    with store.engine.connect() as connection:
        # Rolled back with the connection.
        connection.execute(text("SET LOCAL ROLE NONE"))
        connection.execute(_CLOSED, {"month": MONTH.plus(-1).first_day})
        connection.execute(text("ANALYZE measure, effect_line, plan_version"))
        # Of so few rows PostgreSQL reads the whole table first.
        for name in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            connection.execute(text(f"SET LOCAL {name} = off"))
        assert len(connection.execute(query, asked | {"most": 1_000}).all()) > 12
        explained = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {query.text}")
        (root,) = connection.execute(explained, asked).scalar_one()
    read = [node for node in nodes(root["Plan"]) if node.get("Relation Name") in {"measure", "effect_line"}]
    rows = {
        node["Index Name"]: (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in read
    }
    assert max(rows.values()) < 30, rows
    assert "effect_line_month" not in rows, "it begins with the month, and has those of all measures"


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def missing_rates(connection: Connection, asked: dict[str, object]) -> list[str]:
    rates = Rates([Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.9"))])
    found = []
    for row in connection.execute(PLAIN_RATES, asked):
        rate = rates.rate_for(row.currency, "EUR", MONTH, RateKind.CLOSING if row.is_balance else RateKind.AVERAGE)
        if isinstance(rate, MissingRate):
            found.append(f"there is {rate}")
    return found


_DECIDED = text("""
    INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines)
    SELECT id, 1, now(), 'decided', '[]', '[]' FROM measure WHERE hashtext(id) % 3 <> 0
""")
_CLOSED = text("""
    WITH prepared AS (
        INSERT INTO month_close_step (kind, legal_entity, month, login, person_id, at)
        VALUES ('close prepared', '', :month, 'weber', 1, now()) RETURNING id
    )
    INSERT INTO month_close_step (kind, legal_entity, month, answers, closed_through, login, person_id, at)
    SELECT 'closed', '', :month, id, :month, 'brandt', 2, now() FROM prepared
""")
_OF_ENTITY = "(CAST(:entity AS text) = '' OR lower(m.legal_entity) = lower(:entity)) AND m.unmapped_since IS NULL"
PLAIN_NOT_ASSESSED = text(f"""
    SELECT m.id, m.key FROM measure AS m
    JOIN (SELECT e.measure_id, max(e.entered_at) AS entered_at FROM ledger_entry AS e
          WHERE e.month = :month AND e.measure_id IS NOT NULL
            AND e.entered_at > (SELECT min(assessed_at) FROM measure WHERE unmapped_since IS NULL)
          GROUP BY 1) AS newest ON newest.measure_id = m.id
    WHERE newest.entered_at > m.assessed_at AND {_OF_ENTITY}
    ORDER BY m.key, m.id LIMIT :most
""")
PLAIN_RATES = text(f"""
    SELECT DISTINCT e.currency, e.account = 'cash' AND e.kind NOT IN ('capex', 'depreciation', 'tax') AS is_balance
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
    WHERE e.month = :month AND e.currency <> :currency AND {_OF_ENTITY} ORDER BY 1, 2
""")
PLAIN_MISSING = text(f"""
    SELECT m.id, m.key, m.controller, array_agg(DISTINCT e.kind ORDER BY e.kind) AS kinds
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
    WHERE e.month = :month AND e.version = 'plan' AND e.amount <> 0 AND {_OF_ENTITY}
      AND EXISTS (SELECT 1 FROM plan_version AS p WHERE p.measure_id = m.id)
      AND coalesce(m.verdict #>> '{{off_ramp,kind}}', '') NOT IN ('cancelled', 'killed')
      AND NOT EXISTS (SELECT 1 FROM effect_line AS a
                      WHERE a.measure_id = m.id AND a.version = 'actual' AND a.month = e.month AND a.kind = e.kind)
    GROUP BY m.id, m.key, m.controller ORDER BY m.key, m.id LIMIT :most
""")
