"""What ``gatepost provision destroy`` would take away from under the active mapping."""

from __future__ import annotations

from collections.abc import Sequence

from connector.sync.provision import ProvisionedObject, StepKind
from mapping.config import MappingConfig
from mapping.work_item import ConnectionName

MAX_NAMED = 5


def needed_by_mapping(
    config: MappingConfig | None, connection: ConnectionName, created: Sequence[ProvisionedObject]
) -> tuple[str, ...]:
    """Names of the created fields that rules of the connection write to."""
    if config is None:
        return ()
    written = {
        name.casefold()
        for rule in config.measures
        for write, where in ((rule.write, rule.connection), *((join.write, join.connection) for join in rule.joins))
        if write is not None and where == connection
        for name in write.model_dump().values()
        if isinstance(name, str) and name
    }
    fields = (entry.name for entry in created if entry.kind in {StepKind.FIELD, StepKind.RECORD})
    return tuple(dict.fromkeys(name for name in fields if name.casefold() in written))


def needed_text(connection: str, needed: Sequence[str]) -> str:
    """What it costs to remove them, and how to do it without."""
    more = f" and {len(needed) - MAX_NAMED} more" if len(needed) > MAX_NAMED else ""
    return (
        f"{connection}: the active mapping writes to {', '.join(needed[:MAX_NAMED])}{more}. Without them no verdict is "
        "shown there: these writes wait until they are provisioned again. Moving back (revert) and comments go on. "
        "To stop writing first, activate a mapping without them."
    )
