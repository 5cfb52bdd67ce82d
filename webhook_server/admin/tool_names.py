"""The names that exist in a connected tool, for completion and for the choices of the form."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from threading import Lock

from connector.bootstrap import Services, Sites, system_clock
from connector.sync.ports import Inspector
from mapping.config import MappingConfig
from mapping.live_check import selected_names
from mapping.starter import SurveyField
from mapping.work_item import ConnectionName

CACHE_SECONDS = 300.0
"""Fields and projects change seldom; a new one shows up after this time at the latest."""

MAX_TYPES = 4
"""Kinds of items whose fields are read: each one costs the tool some calls."""


@dataclass(frozen=True, slots=True)
class ToolNames:
    fields: tuple[SurveyField, ...] = ()
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {
            "fields": [
                {"name": known.name, "kind": known.kind.value, "editable": known.editable} for known in self.fields
            ]
        }


@dataclass
class ToolNameCache:
    """Names by connection, read again when they are too old.  Thread-safe."""

    services: Services
    monotonic: Callable[[], float] = time.monotonic
    _cached: dict[str, tuple[float, ToolNames]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def for_connection(self, connection: str, config: MappingConfig | None) -> ToolNames:
        """Raises ToolError, ConfigurationError for an unknown connection."""
        now = self.monotonic()
        with self._lock:
            cached = self._cached.get(connection)
        if cached is not None and now - cached[0] < CACHE_SECONDS:
            return cached[1]
        inspector = Sites(self.services, system_clock).get(ConnectionName(connection)).inspector
        names = ToolNames() if inspector is None else _read_names(inspector, connection, config)
        with self._lock:
            self._cached[connection] = (now, names)
        return names


def _read_names(inspector: Inspector, connection: str, config: MappingConfig | None) -> ToolNames:
    """Raises ToolError."""
    kinds = inspector.item_kinds()
    tables: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    if any(kinds.values()):
        projects = tuple(kinds)
        known = sorted(_governed_names(config, connection, tables=False) & set(kinds)) or list(kinds)[:1]
        chosen = [(project, kinds[project][0]) for project in known if kinds[project]]
    else:
        tables = tuple(kinds)
        known = sorted(_governed_names(config, connection, tables=True) & set(kinds)) or list(kinds)[:1]
        chosen = [(table, table) for table in known]
    surveys = [inspector.survey(first, second) for first, second in chosen[:MAX_TYPES]]
    fields: dict[str, SurveyField] = {}
    for field_ in (listed for survey in surveys for listed in survey.fields):
        if field_.name not in fields or field_.editable:
            fields[field_.name] = field_
    return ToolNames(
        tuple(sorted(fields.values(), key=lambda known: known.name.casefold())),
        projects,
        tuple(dict.fromkeys(kind for types in kinds.values() for kind in types)),
        tables,
        tuple(dict.fromkeys(name for survey in surveys for name, _ in survey.statuses)),
    )


def _governed_names(config: MappingConfig | None, connection: str, *, tables: bool) -> set[str]:
    """Projects or tables that the rules of a connection name."""
    rules = [rule for rule in config.measures if rule.connection == connection] if config else []
    return {name for rule in rules for name in selected_names(rule.match.table if tables else rule.match.project)}
