"""Which tables' events concern a mapping; an instance's business rules may send those of any."""

from __future__ import annotations

from connector.servicenow.inspector import GOVERNABLE_TABLES
from connector.servicenow.service_directory import SERVICES
from mapping.config import MappingConfig
from mapping.live_check import selected_names
from mapping.work_item import ConnectionName, NativeId

EVIDENCE_TABLES = frozenset({"pm_project_task", "change_request", "incident"})
"""Records that belong to governed ones."""


class ServiceNowEventScope:
    """Implements :class:`connector.sync.ports.EventScope`."""

    def __init__(self, connection: ConnectionName) -> None:
        self._connection = connection

    def reason_to_ignore(self, item: NativeId, config: MappingConfig) -> str | None:
        table = item.partition(":")[0]
        if table in self._tables(config) or (table.startswith("cmdb_ci_") and self._knows_services(config)):
            return None
        return f"no rule names the table {table}, and no evidence rests on it"

    def _tables(self, config: MappingConfig) -> set[str]:
        own = [rule for rule in config.measures if rule.connection == self._connection]
        named = {table for rule in own for table in selected_names(rule.match.table) or GOVERNABLE_TABLES}
        named |= {
            join.table
            for rule in config.measures
            for join in rule.joins
            if join.connection == self._connection and join.table
        }
        return named | (EVIDENCE_TABLES if own else set()) | ({SERVICES} if self._knows_services(config) else set())

    def _knows_services(self, config: MappingConfig) -> bool:
        sources = (source for rule in config.measures for source in (rule.legacy, rule.watched))
        return any(source is not None and source.connection == self._connection for source in sources)
