"""The live measures that name a service, with what they do to its cost in the next twelve months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Connection, text

from governance.facts import Fact, Unknown
from governance.money import Money, Period
from governance.rates import Conversion, Rates
from governance.service import LinkedMeasure

YEAR = 12


def linked_measures(
    connection: Connection, services: Sequence[str], rates: Rates, currency: str, first: Period
) -> dict[str, tuple[LinkedMeasure, ...]]:
    """By key of the service.  Cancelled measures and those that have left are none of them."""
    asked = {"services": list(services), "first": first.first_day, "last": first.plus(YEAR - 1).first_day}
    nets: dict[tuple[str, str, str], Fact[Decimal]] = {}
    for row in connection.execute(_NETS, asked):
        name = (row.service, row.id, row.key)
        before = nets.setdefault(name, None)
        if row.currency is None or isinstance(before, Unknown):
            continue
        converted = rates.convert(Money(row.amount, row.currency), currency, Period.of(row.month))
        if isinstance(converted, Conversion):
            nets[name] = (before or Decimal(0)) + converted.money.amount
        else:
            nets[name] = Unknown(f"there is {converted}")
    found: dict[str, list[LinkedMeasure]] = {}
    for (service, measure, key), net in nets.items():
        found.setdefault(service, []).append(LinkedMeasure(measure, key, net))
    return {service: tuple(some) for service, some in found.items()}


_NETS = text("""
    WITH linked AS (
        SELECT DISTINCT n.service, m.id, m.key
        FROM service_name AS n JOIN measure AS m ON m.service_names @> ARRAY[n.name]
        WHERE n.service = ANY (:services) AND m.unmapped_since IS NULL
          AND coalesce(m.off_ramp, '') <> 'cancelled'
    ), counted AS (
        SELECT l.service, l.id, l.key,
               CASE WHEN EXISTS (SELECT 1 FROM effect_line AS e WHERE e.measure_id = l.id AND e.version = 'forecast')
                    THEN 'forecast' ELSE 'plan' END AS version
        FROM linked AS l
    )
    SELECT c.service, c.id, c.key, e.month, e.currency,
           sum(CASE WHEN e.kind = 'benefit' THEN e.amount ELSE -e.amount END) AS amount
    FROM counted AS c LEFT JOIN effect_line AS e ON e.measure_id = c.id AND e.version = c.version
        AND e.month BETWEEN :first AND :last AND e.kind IN ('benefit', 'recurring_cost') AND e.account = 'ebitda'
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 3, 4, 5
""")
