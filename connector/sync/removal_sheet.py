"""How an administrator takes back by hand, without Gatepost, what Gatepost made at a tool.  Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from connector.sync.provision import (
    Associated,
    FieldSpec,
    OnScreen,
    OptionSpec,
    PlacedGate,
    ProjectsSpec,
    ProvisionedObject,
    RecordSpec,
)


def removal_sheet(made: Sequence[ProvisionedObject]) -> list[str]:
    """One sentence for each thing to do, gates first; empty when nothing was made."""
    gates = [line for one in made if isinstance(one.detail, PlacedGate) for line in _gate(one.detail)]
    rest = [line for one in made if not isinstance(one.detail, PlacedGate) for line in _object(one)]
    return [*gates, *rest]


def _gate(placed: PlacedGate) -> Iterator[str]:
    spec = placed.spec
    for transition, level in spec.transitions.items():
        name = spec.names.get(transition, transition)
        extra = ", with the whole group that it is in" if spec.exempt_group or not spec.number_required else ""
        before = placed.before.get(transition, "null")
        left = f" Before Gatepost its conditions were {before}." if json.loads(before) else " Before it had none."
        yield (
            f'Workflow "{spec.name}", transition "{name}" ({transition}): take out the condition that compares '
            f"{spec.highest_stage} ({placed.field_id}) with {level}{extra}.{left}"
        )


def _object(made: ProvisionedObject) -> Iterator[str]:
    match made.detail:
        case FieldSpec():
            yield f"Field {made.name} ({made.target}): move it to the bin; its values go with it."
        case OnScreen(screen, _, field):
            yield f"Screen {screen}: take {made.name} ({field}) off."
        case RecordSpec(table=table, sys_id=sys_id):
            yield f"Record {sys_id} of {table} ({made.name}): delete it."
        case ProjectsSpec() | OptionSpec() | Associated():
            return
