"""A large portfolio, put straight into the tables: 100,000 measures with 2 million effect lines in under a minute.

Everything is generated from one seed, so that two runs make the same portfolio.  Run it by hand against an empty database:
``DATABASE_URL=postgresql://… python -m tests.bench.generate 100000``.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import cast

import psycopg
from sqlalchemy import Engine, text

from connector.bootstrap import bootstrap
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.store.database.migrate import Schema
from governance.money import Period
from mapping.work_item import ConnectionName, Tool
from tests.bench import names
from tests.bench.rows import COLUMNS, GeneratedMeasure, completion, item, row

MAPPING = """\
version: 1
organization: Nordbank
reporting_currency: EUR
fiscal_year_start: 1
measures:
  - name: epics
    connection: jira-main
    match: {project: [ITX], type: [Epic]}
    hierarchy: {portfolio: "{Portfolio}", program: "{Program}", project: "{Project}", package: "{Package}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    stage:
      from_status: {Backlog: identified, Analysis: detailed, Approved: decided, Done: implemented, Closed: closed}
    enforce: comment
    write: {gate: Gate}
"""

MEASURES_WITH_MONEY = 250_000
"""At most; they have about five million effect lines."""
CHUNK = 5_000
"""Measures that are in memory at once."""
SHARES = (2, 20, 20, 28, 18, 12)
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK")
CURRENCY_SHARES = (780, 120, 60, 37, 3)
"""There is no exchange rate for SEK: its measures are excluded from every total."""
REASONS = (
    "volume: the supplier delivers a quarter less",
    "scope: two branches stay out until the works council has agreed",
    "price: the new licence costs more than offered",
    "volume: fewer customers move than expected",
    "overlap: counted by the data centre programme as well",
    "the old contract could not be ended in time",
)


@dataclass(frozen=True)
class Size:
    measures: int = 100_000
    portfolios: int = 3
    programs: int = 40
    projects: int = 400
    packages: int = 2_000
    owners: int = 900

    @property
    def share_with_money(self) -> float:
        """All of them, until their lines would be more than five million: the rest are ideas without figures yet."""
        return min(1.0, MEASURES_WITH_MONEY / self.measures)

    @classmethod
    def of(cls, measures: int) -> Size:
        """An organisation with so many measures."""
        return cls(measures) if measures >= 10_000 else cls.small(measures)

    @classmethod
    def small(cls, measures: int) -> Size:
        """The same shape for fewer measures."""
        packages = max(measures // 50, 8)
        return cls(measures, min(3, packages), max(4, packages // 50), max(6, packages // 5), packages, 30)


class Generator:
    def __init__(self, size: Size, now: datetime, seed: int = 7) -> None:
        self._size = size
        self._now = now
        self._random = random.Random(seed)  # noqa: S311 - generates data, not secrets
        self._packages = list(self._generate_packages())

    def measures(self) -> Iterator[GeneratedMeasure]:
        size = self._size
        for number in range(size.measures):
            hierarchy, entity, unit = self._packages[number % len(self._packages)]
            yield self._measure(number + 1, hierarchy, entity, unit)

    def _generate_packages(self) -> Iterator[tuple[tuple[str, str, str, str], str, str]]:
        size, draw = self._size, self._random
        entities = [draw.choice(names.ENTITIES) for _ in range(size.programs)]
        units = [draw.choice(names.UNITS) for _ in range(size.projects)]
        for package in range(size.packages):
            project = package % size.projects
            program = project % size.programs
            portfolio = program % size.portfolios
            hierarchy = (
                names.PORTFOLIOS[portfolio % len(names.PORTFOLIOS)],
                names.program(program),
                names.project(project),
                names.package(package),
            )
            yield hierarchy, entities[program], units[project]

    def _measure(self, number: int, hierarchy: tuple[str, str, str, str], entity: str, unit: str) -> GeneratedMeasure:
        draw = self._random
        has_money = self._size.share_with_money == 1 or draw.random() < self._size.share_with_money
        stage = draw.choices(range(6), SHARES)[0] if has_money else draw.choice((0, 1))
        off_ramp = draw.choices((None, "on_hold", "cancelled"), (94, 3, 3))[0] if stage not in {0, 5} else None
        realised = draw.choices((1.06, 1.0, 0.97, 0.9, 0.6), (8, 52, 14, 14, 12))[0]
        implementation = draw.choices(
            ("green", "amber", "red", "grey"), (6, 2, 3, 1) if realised < 0.9 else (16, 3, 1, 2)
        )[0]
        measure = GeneratedMeasure(
            number=number,
            hierarchy=hierarchy,
            entity=entity if draw.random() < 0.85 else draw.choice(names.ENTITIES),
            unit=unit if draw.random() < 0.8 else draw.choice(names.UNITS),
            owner=draw.randrange(self._size.owners),
            stage=stage,
            off_ramp=off_ramp,
            currency=draw.choices(CURRENCIES, CURRENCY_SHARES)[0],
            implementation=implementation,
            potential="grey",
            gate="breach" if draw.random() < 0.01 else "blocked" if off_ramp or draw.random() < 0.14 else "open",
            reason=None,
        )
        measure.lines = list(self._lines(stage, realised, off_ramp)) if has_money else []
        ratio = completion(measure.lines)
        if ratio is not None:
            measure.potential = "green" if ratio >= 0.95 else "amber" if ratio >= 0.85 else "red"
            measure.reason = draw.choice(REASONS) if ratio < 0.9 and draw.random() < 0.75 else None
        return measure

    def _lines(self, stage: int, realised: float, off_ramp: str | None) -> Iterator[tuple[str, str, Period, int]]:
        """About twenty: a plan by month with its one-off cost, a forecast that may slip, actuals so far."""
        draw = self._random
        today = Period.of(self._now.date())
        first = today.plus(draw.randint(-14, 2) if stage >= 4 else draw.randint(-9, 14))
        monthly = int(draw.lognormvariate(8.2, 1.0)) // 10 * 10 + 500
        months = draw.randint(7, 10)
        cost = monthly * draw.randint(1, 4)
        for n in range(months):
            yield "plan", "benefit", first.plus(n), monthly
        yield "plan", "one_off_cost", first, cost
        if draw.random() < 0.15:
            yield "plan", "recurring_cost", first.plus(months - 1), monthly // 10
        if stage < 2 and draw.random() < 0.6:
            return
        slip = draw.choice((0, 0, 0, 0, 1)) if realised < 1 else 0
        expected = 0 if off_ramp == "cancelled" else int(monthly * realised)
        for n in range(months - slip):
            yield "forecast", "benefit", first.plus(n + slip), expected
        yield "forecast", "one_off_cost", first, cost
        for n in range(months):
            month = first.plus(n + slip)
            if stage < 3 or month >= today:
                return
            yield "actual", "benefit", month, int(expected * draw.choice((0.96, 1.0, 1.0, 1.02)))
            if n == 0:
                yield "actual", "one_off_cost", first, cost


ITEMS = "work_item (connection, native_id, key, url, snapshot, version, read_at)"
MEASURES = f"measure ({', '.join(COLUMNS)})"
LINES = "effect_line (measure_id, version, kind, month, amount, currency, is_unbooked)"


def fill(engine: Engine, mapping_version: int, size: Size, now: datetime) -> int:
    """Put the whole portfolio into an empty database with one active mapping; returns the number of lines."""
    measures, count, stamp = Generator(size, now).measures(), 0, now.isoformat()
    with engine.begin() as transaction:
        # As the schema's owner: COPY is not possible into a table with policies otherwise.
        transaction.execute(text("SET LOCAL ROLE NONE"))
        transaction.execute(_CONNECTION)
        transaction.execute(_RATES)
        driver = cast("psycopg.Connection[tuple[object, ...]]", transaction.connection.driver_connection)
        while chunk := list(islice(measures, CHUNK)):
            _copy(driver, ITEMS, (item(measure, stamp) for measure in chunk))
            _copy(driver, MEASURES, (row(measure, now, mapping_version) for measure in chunk))
            _copy(driver, LINES, _effects(chunk))
            count += sum(len(measure.lines) for measure in chunk)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("VACUUM (ANALYZE) measure, effect_line, work_item"))
    return count


def _effects(measures: Iterable[GeneratedMeasure]) -> Iterator[str]:
    for measure in measures:
        booked = {(kind, month) for version, kind, month, _ in measure.lines if version == "actual"}
        for version, kind, month, amount in measure.lines:
            # Of a plan that is locked: from the decision on (ledger.py).
            is_unbooked = measure.stage >= 3 and version == "plan" and amount and (kind, month) not in booked
            yield (
                f"{measure.id}\t{version}\t{kind}\t{month}-01\t{amount}\t{measure.currency}"
                f"\t{'t' if is_unbooked else 'f'}"
            )


def _copy(driver: psycopg.Connection[tuple[object, ...]], into: str, rows: Iterable[str]) -> None:
    """No generated text has a tab, a line end or a backslash."""
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write(f"{row}\n")


_CONNECTION = text("""
    INSERT INTO connection (name, tool, base_url, username, credential)
    VALUES ('jira-main', 'jira', 'https://nordbank.example', 'gatepost', '') ON CONFLICT DO NOTHING
""")
_RATES = text("""
    INSERT INTO exchange_rate
    SELECT v.currency, 'EUR', v.kind, make_date(y, 1, 1), v.factor, 'ECB'
    FROM (VALUES ('USD', 'average', 0.92), ('GBP', 'average', 1.17), ('CHF', 'average', 1.06),
                 ('USD', 'closing', 0.91), ('GBP', 'closing', 1.16), ('CHF', 'closing', 1.05)) AS v (currency, kind, factor),
         generate_series(2020, 2032) AS y
    ON CONFLICT DO NOTHING
""")


def main() -> None:
    size = Size.of(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
    with bootstrap(Settings(), application="gatepost generate", schema=Schema.UPGRADE) as services:
        version = services.mappings.activate(MAPPING, "generated", author="generate", reason="a large portfolio")
        # With a sealed credential, so that the pages of connections can open it.
        services.connections.save(
            ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "https://nordbank.example", "gatepost", "none", ())
        )
        started = time.perf_counter()
        count = fill(services.engine, version.number, size, datetime.now(UTC))
        sys.stdout.write(
            f"{size.measures:,} measures, {count:,} effect lines in {time.perf_counter() - started:.0f} s\n"
        )


if __name__ == "__main__":
    main()
