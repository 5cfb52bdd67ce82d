"""What of a measure is validated a month, for whoever takes it out of a budget."""

from __future__ import annotations

from datetime import datetime

from connector.bootstrap import Services
from connector.store.database.reading import reading
from connector.store.measures.measure_details import measure_snapshot
from connector.store.measures.measure_queries import measures_by_id
from governance.budget_lock import BudgetLock, LockRefusal, RefusedLock, validated_month
from governance.money import Money
from governance.observation import observation
from mapping.policy import Policies


def validated_of(services: Services, lock: BudgetLock, now: datetime) -> Money | RefusedLock:
    """By the newest assessment, the policy of now and the months that finance has closed."""
    config = services.active_config()
    with reading(services.engine) as connection:
        rows = measures_by_id(connection, (lock.measure,))
        if not rows or config is None:
            return RefusedLock(LockRefusal.NOT_CLOSED, f"{lock.measure} is no measure of the active mapping.")
        snapshot = measure_snapshot(connection, rows[0])
    policy, effects = Policies(config).of(snapshot.measure, snapshot.plan), snapshot.effects
    observed = None
    if effects is not None and effects.plan is not None:
        closed = services.month_close.closed_through(rows[0]["legal_entity"] or "")
        observed = observation(effects, effects.plan, policy.thresholds.observation_months, now.date(), closed)
    return validated_month(
        rows[0]["key"],
        is_closed=snapshot.state.stage == policy.closing_stage and not snapshot.verdict.without_value,
        relapse=snapshot.verdict.relapse,
        observed=observed,
        currency=effects.plan.currency if effects is not None and effects.plan is not None else "",
    )
