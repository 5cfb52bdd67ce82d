"""Names for the states of the gate, and which of them are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from governance.verdict import GateState
from mapping.refusals import RuleProblem

MAX_LENGTH = 40
"""Characters; the column of the ServiceNow app ends there."""

SEPARATORS = ";:,"
"""The app's property separates names by them."""


def wrong_gate_names(data: Mapping[str, object]) -> Iterator[RuleProblem]:
    """(path, message, hint) of each name by which a state could not be told for certain."""
    policy = data.get("policy")
    names = policy.get("gate_names") if isinstance(policy, Mapping) else None
    states = {state.value: state for state in GateState}
    seen: dict[str, str] = {}
    for key, written in names.items() if isinstance(names, Mapping) else ():
        name = str(written if written is not None else "").strip()
        path = ("policy", "gate_names", str(key))
        folded = name.casefold()
        others = {state.label.casefold(): state.label for value, state in states.items() if value != key}
        if not name:
            yield path, "the name is empty.", "Leave the key out to keep the state's own name."
        elif len(name) > MAX_LENGTH:
            yield path, f"the name has {len(name)} characters; {MAX_LENGTH} fit.", ""
        elif any(one in SEPARATORS or not one.isprintable() for one in name):
            yield path, "a name has no comma, colon, semicolon or line end.", ""
        elif folded in others:
            yield path, f"{others[folded]} is the name of another state.", "Give each state a name of its own."
        elif folded in seen:
            yield path, f"{seen[folded]} has the same name.", "Give each state a name of its own."
        seen.setdefault(folded, str(key))


def app_property(names: Mapping[str, str]) -> str:
    """The names as the ServiceNow app's property holds them: ``open:Offen;blocked:Gesperrt``."""
    return ";".join(f"{state.value}:{names[state.value]}" for state in GateState if state.value in names)
