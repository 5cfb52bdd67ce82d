"""What everybody is told about the gates of a verdict: each sender's own words, brought into one form to compare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from connector.measures.gate_check import GateCheck, check_gate
from connector.notify.payload import gates_json
from connector.store.database.json_codec import from_json, to_json
from connector.store.measures.measure_lookup import MeasureExplanation
from connector.store.measures.stored_gates import StoredGates
from governance.explain import explain
from governance.gates import Policy
from governance.measure_gates import MeasureGates, gates_of
from governance.verdict import Verdict
from mapping.marks import link_json, verdict_json
from webhook_server.api.gates_model import gates_model


class Told(NamedTuple):
    """Which stages may be entered, and of the next gate the stage, the state and the ids of its blockers."""

    may_enter: tuple[str, ...]
    stage: str | None
    state: str | None
    blockers: tuple[str, ...]


def told_by(gates: MeasureGates) -> Told:
    if gates.next is None:
        return Told(gates.may_enter, None, None, ())
    blockers = tuple(one.id for one in gates.next.blockers)
    return Told(gates.may_enter, gates.next.stage, gates.next.state.value, blockers)


def told_in(sent: Mapping[str, Any]) -> Told:
    """The same from JSON."""
    following = sent["next"] or {"stage": None, "state": None, "blockers": []}
    blockers = tuple(one["id"] for one in following["blockers"])
    return Told(tuple(sent["may_enter"]), following["stage"], following["state"], blockers)


def everything_told(verdict: Verdict, asked: MeasureExplanation, policy: Policy) -> Iterator[tuple[str, Told]]:
    """By event, list, measure, property of the tool, the check of every gate, and the same on the command line."""
    gates = gates_of(verdict)
    yield "event", told_in(json.loads(json.dumps(gates_json(gates))))
    stored = json.loads(json.dumps(to_json(verdict)))
    yield "list", told_by(gates_of(from_json(StoredGates, stored)))
    yield "measure", told_in(gates_model(gates).model_dump(mode="json"))
    yield "property", told_in(json.loads(verdict_json(verdict, asked.id)))
    for stage in policy.stages:
        answer = check_gate([asked], asked.key, stage.key, policy)
        assert isinstance(answer, GateCheck), answer
        assert answer.open == (stage.key in gates.may_enter), stage.key
        assert answer.text.startswith(f"The gate into {stage.label} is {'open' if answer.open else 'shut'} for ")
        yield f"check of {stage.key}", told_by(answer.gates)
        printed = json.loads(json.dumps(to_json(answer)))
        assert printed["open"] == answer.open
        yield f"gatepost check --gate {stage.key}", told_in(printed["gates"])


def check_words(verdict: Verdict, told: Told, policy: Policy) -> None:
    """No text says *open* of a gate that is shut: the explanation, and the link at the item."""
    labels = {stage.key: stage.label for stage in policy.stages}
    shut = [label for key, label in labels.items() if key not in told.may_enter]
    texts = [*explain(verdict), json.loads(link_json(verdict, "https://gatepost.acme.example", "a/1"))["title"]]
    for text in texts:
        for label in shut:
            assert f"into {label}: open" not in text, text
            assert f"into {label} is open" not in text, text
    assert set(verdict.allowed_stages) <= set(_labels(labels, told.may_enter))


def _labels(labels: Mapping[str, str], keys: Iterable[str]) -> Iterator[str]:
    return (labels[key] for key in keys)
