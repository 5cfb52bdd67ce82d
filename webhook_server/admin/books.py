"""The figures of a measure in the books of its legal entity, beside the group's."""

from __future__ import annotations

from connector.bootstrap import Services
from connector.measures.books import both_books, local_books, unnamed_entity
from connector.measures.counted_lines import counted_lines
from connector.store.database.reading import reading
from connector.store.ledger.closed_months import closed_months
from connector.store.measures.measure_details import MeasureDetails
from connector.store.reconcile.frozen_rates import frozen_from_json
from mapping.config import MappingConfig
from webhook_server.pages import formats


def books_data(services: Services, config: MappingConfig, details: MeasureDetails) -> dict[str, object]:
    """What the page needs; the rates are read only where the books differ from the group's."""
    entity = details.snapshot.row["legal_entity"]
    found: dict[str, object] = {"unnamed_entity": entity if unnamed_entity(config, entity) else ""}
    if local_books(config, entity) is not None:
        lines = counted_lines(details.effect_lines)
        newest = details.plan_versions[0] if details.plan_versions else None
        with reading(services.engine) as connection:
            closed = closed_months(connection).through(entity)
        frozen = frozen_from_json(newest.rates) if newest is not None else None
        found["books"] = both_books(config, entity, lines, services.rates.rates(), formats().now.date(), frozen, closed)
    return found
