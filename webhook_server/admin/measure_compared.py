"""What became another one of a measure since an earlier day, for its page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.papers.measure_comparison import measure_comparison
from connector.papers.report import Report
from connector.people.permissions import Viewer
from connector.sync.active_mapping import ActiveMapping
from governance.comparison import ChangeKind
from webhook_server.pages import formats


def compared_data(
    services: Services,
    connection: Connection,
    viewer: Viewer,
    active: ActiveMapping | None,
    row: RowMapping,
    on: KnownOn | None,
    earlier: KnownOn | None,
) -> dict[str, Any]:
    """Nothing without a day to compare with; ``row`` is the measure's of today."""
    if earlier is None:
        return {}
    config, now = active.config if active else None, formats().now
    report = Report(
        connection=connection,
        viewer=viewer,
        organization=config.organization if config else "",
        stages={},
        rates=usable_rates(services.rates.rates(), config, now.date()),
        made_at=now,
        on=on,
    )
    return {"compared": measure_comparison(report, row, earlier), "change_kinds": tuple(ChangeKind)}
