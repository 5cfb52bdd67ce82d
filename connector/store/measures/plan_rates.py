"""The exchange rates of a measure's locked plan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from connector.store.database.tables import PLAN_VERSION
from connector.store.reconcile.frozen_rates import frozen_from_json
from governance.plan_rates import FrozenRates


def plan_rates(connection: Connection, measure: str, until: datetime | None = None) -> FrozenRates | None:
    """Of the newest plan, or of the one that held good ``until`` a moment; ``None`` before the decision."""
    plan = PLAN_VERSION.c
    newest = select(plan.rates).where(plan.measure_id == measure).order_by(plan.number.desc()).limit(1)
    if until is not None:
        newest = newest.where(plan.locked_at <= until)
    return frozen_from_json(connection.execute(newest).scalar())
