"""Real items under a mapping that is not active: read, judged, compared, and nothing stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.sync.ports import Site
from connector.sync.related_evidence import NONE, Surroundings
from connector.sync.stores import Memory, Remembered
from mapping.assess_item import judge
from mapping.config import MappingConfig
from mapping.fields import child_fields, needed_fields, wants_approvals, wants_plans
from mapping.policy import Policies
from mapping.preview import Present, Row, row
from mapping.work_item import ConnectionName, NativeId

BATCH = 100


class Held(Protocol):
    def present(self, connection: ConnectionName, items: Sequence[NativeId]) -> Mapping[NativeId, Present]:
        """What Gatepost holds of these items now; one that is no measure is absent."""


@dataclass(frozen=True, slots=True)
class Previewer:
    memory: Memory
    held: Held
    surroundings: Surroundings
    clock: Callable[[], datetime]

    def rows(self, site: Site, items: Sequence[NativeId], config: MappingConfig) -> Iterator[Row]:
        """One row per item that the tool shows, batch after batch.  Raises ToolError."""
        policies = Policies(config)
        fields, below = needed_fields(config, site.name), child_fields(config, site.name)
        days = policies.base.thresholds.diversion_days
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            plans, approvals = wants_plans(config, site.name), wants_approvals(config, site.name)
            found = site.reader.read(batch, fields, below, plans, approvals=approvals).found
            now = self.clock()
            ids = [item.native_id for item in found.values()]
            memory, present = self.memory.recall(site.name, ids), self.held.present(site.name, ids)
            around = self.surroundings.gather(site, found.values(), config, days, now)
            for item in found.values():
                known = memory.get(item.native_id, Remembered())
                judged = judge(
                    item,
                    config,
                    policies,
                    standing=known.standing,
                    last_written=known.last_written,
                    now=now,
                    heard=known.heard,
                    around=around.get(item.native_id, NONE).around,
                )
                yield row(item, judged, present.get(item.native_id))
