"""The names that a connected tool really has, for completion and for the choices of the form."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from threading import Lock

from connector.bootstrap import Services, Sites, system_clock
from connector.sync.ports import Inspector
from mapping.config import MappingConfig
from mapping.live_check import listed
from mapping.starter import SeenField
from mapping.work_item import ConnectionName

KEPT_SECONDS = 300.0
"""Fields and projects change seldom; who has just made one may wait as long, or reload."""

MOST_KINDS = 4
"""Kinds of items whose fields are asked for: each one costs the tool some calls."""


@dataclass(frozen=True, slots=True)
class Names:
    fields: tuple[SeenField, ...] = ()
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {
            "fields": [{"name": one.name, "kind": one.kind.value, "editable": one.editable} for one in self.fields]
        }


@dataclass
class NameBook:
    """Names by connection, asked for once in a while.  Thread-safe."""

    services: Services
    monotonic: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, Names]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, connection: str, config: MappingConfig | None) -> Names:
        """Raises ToolError, ConfigurationError for a connection that is not there."""
        now = self.monotonic()
        with self._lock:
            kept = self._kept.get(connection)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        inspector = Sites(self.services, system_clock).get(ConnectionName(connection)).inspector
        found = Names() if inspector is None else _look(inspector, connection, config)
        with self._lock:
            self._kept[connection] = (now, found)
        return found


def _look(inspector: Inspector, connection: str, config: MappingConfig | None) -> Names:
    """Raises ToolError."""
    kinds = inspector.kinds()
    tables: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    if any(kinds.values()):
        projects = tuple(kinds)
        known = sorted(_governed(config, connection, tables=False) & set(kinds)) or list(kinds)[:1]
        asked = [(project, kinds[project][0]) for project in known if kinds[project]]
    else:
        tables = tuple(kinds)
        known = sorted(_governed(config, connection, tables=True) & set(kinds)) or list(kinds)[:1]
        asked = [(table, table) for table in known]
    surveys = [inspector.survey(first, second) for first, second in asked[:MOST_KINDS]]
    fields: dict[str, SeenField] = {}
    for one in (seen for survey in surveys for seen in survey.fields):
        if one.name not in fields or one.editable:
            fields[one.name] = one
    return Names(
        tuple(sorted(fields.values(), key=lambda one: one.name.casefold())),
        projects,
        tuple(dict.fromkeys(kind for there in kinds.values() for kind in there)),
        tables,
        tuple(dict.fromkeys(name for survey in surveys for name, _ in survey.statuses)),
    )


def _governed(config: MappingConfig | None, connection: str, *, tables: bool) -> set[str]:
    """Projects or tables that the rules of a connection name."""
    rules = [rule for rule in config.measures if rule.connection == connection] if config else []
    return {name for rule in rules for name in listed(rule.match.table if tables else rule.match.project)}
