"""Which transitions of a workflow lead through a gate."""

from __future__ import annotations

from dataclasses import dataclass

from connector.jira.admin import Workflows
from governance.presets import PRESETS
from mapping.config import MappingConfig, MeasureRule


@dataclass(frozen=True, slots=True)
class GatedTransition:
    """One transition that leads through a gate."""

    id: str
    name: str
    level: int
    """Number of the stage that it leads into, 0 for the first."""
    has_triggers: bool = False
    """Whether events of development tools take it."""


def gated_transitions(config: MappingConfig, rule: MeasureRule, read: Workflows) -> list[GatedTransition]:
    """Transitions that can lead from an earlier stage into a later one.

    One that starts anywhere, or in several statuses, is among them: it compares the number, which lets everybody back
    into what was reached.  Transitions that lead back only are not guarded.
    """
    order = {stage.key: position for position, stage in enumerate(PRESETS[config.policy.preset].stages)}
    stage_of = {status.casefold(): stage for status, stage in rule.stage.from_status.items()}
    found = []
    for transition in read.documents[0]["transitions"]:
        into = stage_of.get(read.status_name(transition.get("toStatusReference", "")).casefold())
        if transition.get("type") == "INITIAL" or into is None or order[into] == 0:
            continue
        sources = [read.status_name(link["fromStatusReference"]) for link in transition.get("links") or []]
        positions = [order[stage_of[name.casefold()]] for name in sources if name.casefold() in stage_of]
        if not sources or len(positions) < len(sources) or any(position < order[into] for position in positions):
            triggers = bool(transition.get("triggers"))
            found.append(GatedTransition(str(transition["id"]), str(transition["name"]), order[into], triggers))
    return found
