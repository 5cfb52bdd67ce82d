"""Real items under a mapping that is not active: read, assessed, compared, and nothing stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.sync.known_people import known_people
from connector.sync.ports import ToolSite
from connector.sync.related_evidence import NO_ITEM_EVIDENCE, RelatedEvidenceReader
from connector.sync.stores import StateStore, StoredState
from mapping.assess_item import assess_item
from mapping.config import MappingConfig
from mapping.fields import child_fields, needed_fields, plan_currency, uses_tool_approvals
from mapping.policy import Policies
from mapping.preview import CurrentMeasure, ItemPreview, preview_item
from mapping.work_item import ConnectionName, NativeId

BATCH = 100


class CurrentMeasures(Protocol):
    def current_measures(
        self, connection: ConnectionName, items: Sequence[NativeId]
    ) -> Mapping[NativeId, CurrentMeasure]:
        """What Gatepost holds of these items now; one that is no measure is absent."""


@dataclass(frozen=True, slots=True)
class Previewer:
    state_store: StateStore
    current: CurrentMeasures
    related_evidence: RelatedEvidenceReader
    clock: Callable[[], datetime]
    address: str = ""
    """Gatepost's own, for people; empty where nobody has told it."""

    def rows(self, site: ToolSite, items: Sequence[NativeId], config: MappingConfig) -> Iterator[ItemPreview]:
        """One row per item that the tool shows, batch after batch.  Raises ToolError."""
        policies = Policies(config)
        fields, of_children = needed_fields(config, site.name), child_fields(config, site.name)
        days = policies.base.thresholds.diversion_days
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            plans, approvals = plan_currency(config, site.name), uses_tool_approvals(config, site.name)
            items_read = site.reader.read(batch, fields, of_children, plans, approvals=approvals).items
            now = self.clock()
            ids = [item.native_id for item in items_read.values()]
            stored, present = self.state_store.load(site.name, ids), self.current.current_measures(site.name, ids)
            related = self.related_evidence.read(site, items_read.values(), config, days, now, policies.overload_weeks)
            people = known_people(self.state_store, site, items_read.values(), stored, config)
            rates, closed = self.state_store.rates(), self.state_store.closed_months()
            for item in items_read.values():
                state = stored.get(item.native_id, StoredState())
                assessed = assess_item(
                    item,
                    config,
                    policies,
                    measure_state=state.measure_state,
                    last_written=state.last_written,
                    now=now,
                    ruled_on=state.ruled_on,
                    related=related.get(item.native_id, NO_ITEM_EVIDENCE).related,
                    people=people,
                    rates=rates,
                    closed_months=closed,
                    address=self.address,
                )
                yield preview_item(item, assessed, present.get(item.native_id))
