"""A generated year, worked out a second time: page, file and API agree with it to the cent."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Engine, text

from connector.people.permissions import Role, RoleGrant, TokenScope
from governance.definitions.report import WORDS
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.money import Money, Period
from governance.rates import RateKind
from tests.connector.store.reporting.portfolio_data import RATES, GivenMeasure, refresh, save, save_rates
from tests.connector.store.reporting.recompute import Row, figures_of, totals_of
from tests.webhook_server.admin.test_portfolio import mapped
from tests.webhook_server.visitor import WebSite, page_text

__all__ = ["mapped"]

OFFICE = RoleGrant(Role.OFFICE)
CENT = Decimal("0.01")


def generated(draw: random.Random, number: int) -> GivenMeasure:
    stage = draw.choice((None, "identified", "detailed", "decided", "decided", "implemented", "closed"))
    return GivenMeasure(
        number,
        place=(draw.choice(("IT", "Operations")), draw.choice(("Cloud exit", "Branches")), None, None),
        stage=stage,
        sponsor_id=draw.choice(("s", "s", "s", None)),
        off_ramp="cancelled" if draw.random() < 0.1 else None,
        gate=draw.choice(("open", "blocked")),
        reason=draw.choice((None, "delay: late", "scope 30 %, price 70 %")),
        lines=tuple(_lines(draw)),
    )


def _lines(draw: random.Random) -> Iterator[EffectLine]:
    currency = draw.choice(("EUR", "EUR", "USD", "CHF", "SEK") if draw.random() < 0.4 else ("EUR", "USD"))
    first = Period(2025, draw.randint(7, 12)).plus(draw.randint(0, 9))

    def line(version: Version, kind: EffectKind, month: Period, account: Account, hard: bool) -> EffectLine:
        money = Money(Decimal(draw.randint(1, 99_999_99)) * CENT, currency)
        return EffectLine(version, kind, month, money, account, hard)

    kinds = [
        (EffectKind.BENEFIT, Account.EBITDA, draw.random() < 0.8),
        (EffectKind.RECURRING_COST, Account.EBITDA, True),
    ]
    for version in Version:
        if draw.random() < 0.15:
            continue
        months = 6 if version is Version.ACTUAL else draw.randint(3, 20)
        for kind, account, hard in kinds:
            for number in range(months):
                if version is not Version.ACTUAL or draw.random() < 0.8:
                    yield line(version, kind, first.plus(number + draw.randint(0, 1) * (version is Version.FORECAST)),
                               account, hard)  # fmt: skip
        for kind, account in (
            (EffectKind.ONE_OFF_COST, Account.EBITDA),
            (EffectKind.ONE_OFF_BENEFIT, Account.EBITDA),
            (EffectKind.CAPEX, Account.EBITDA),
            (EffectKind.TAX, Account.CASH),
            (EffectKind.ONE_OFF_BENEFIT, Account.CASH),
            (EffectKind.BENEFIT, Account.AVOIDANCE),
        ):
            if draw.random() < 0.5:
                yield line(version, kind, first.plus(draw.randint(0, 14)), account, True)


def rows_of(engine: Engine) -> list[Row]:
    """What the tables hold, as plain values."""
    with engine.connect() as connection:
        measures = connection.execute(
            text(
                "SELECT id, key, stage, gate, sponsor_id, verdict #>> '{off_ramp,kind}' AS ended FROM measure ORDER BY id"
            )
        ).all()
        lines: dict[str, list[tuple[str, str, str, Decimal, str, str, bool]]] = {}
        for one in connection.execute(text("SELECT * FROM effect_line")):
            lines.setdefault(one.measure_id, []).append(
                (one.version, one.kind, f"{one.month:%Y-%m}", one.amount, one.currency, one.account, one.hard)
            )
    return [
        Row(
            one.key,
            one.stage,
            one.ended is not None,
            one.sponsor_id is not None,
            one.gate != "open",
            lines.get(one.id, []),
        )
        for one in measures
    ]


def test_page_file_and_api_agree_to_the_cent_with_a_second_calculation(mapped: WebSite) -> None:
    draw = random.Random(2026)  # noqa: S311 - makes cases, guards nothing
    save_rates(mapped.services.engine)
    save(mapped.services.engine, *(generated(draw, number) for number in range(1, 61)))
    refresh(mapped.services.engine)
    rates = [
        (
            f"{rate.currency} closing" if rate.kind is RateKind.CLOSING else rate.currency,
            f"{rate.since:%Y-%m}",
            rate.factor,
        )
        for rate in RATES
    ]
    rows = rows_of(mapped.services.engine)
    expected = totals_of(rows, rates)
    assert len({figures_of(row, rates)[0] for row in rows}) >= 6, "the year has every way to be left out"

    office = mapped.signed_in("office@acme.example", OFFICE)
    shown = csv.DictReader(io.StringIO(office.get("/portfolio/export.csv").text.lstrip("\ufeff")))
    by_key = {row["key"]: row for row in shown}
    for row in rows:
        why, found = figures_of(row, rates)
        assert by_key[row.key]["not in the totals"] == why
        for heading, amount in found.items():
            assert Decimal(by_key[row.key][heading] or 0).quantize(CENT) == amount.quantize(CENT), (row.key, heading)

    person = mapped.person("api@acme.example", OFFICE)
    now = datetime.now(UTC)
    token = mapped.services.tokens.create(
        person, "tests", frozenset({TokenScope.MONEY_READ}), expires_at=now + timedelta(days=1), by="tests", now=now
    ).token
    answer = mapped.visitor().get("/api/v1/portfolio", Authorization=f"Bearer {token}").get_json()
    amounts = answer["total"]["amounts"]
    named = {words.heading: name for name, words in WORDS.items()}
    for heading, amount in expected.items():
        told = amounts[named[heading]]
        assert Decimal(told["amount"] if told else 0).quantize(CENT) == amount.quantize(CENT), heading
    counted = sum(not figures_of(row, rates)[0] for row in rows)
    left = sum(one["totals"]["measures"] for one in answer["left_out"])
    assert (answer["total"]["counted"], left) == (counted, len(rows) - counted)

    page = page_text(office.get("/portfolio"))
    names = ("EBITDA effect, plan current", "EBITDA effect, latest estimate", "EBITDA effect, actual")
    total = " ".join(f"{expected[name]:,.0f}" for name in names)
    total = f"In all {answer['total']['measures']} {total} {expected['Variance, EBITDA effect']:+,.0f}"
    assert total.replace("-", "−") in page
