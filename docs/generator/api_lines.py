"""What clients of the API rely on, one line each: compared with the last description, so that no change is silent.

``python -m docs.generator.api_lines`` writes the lines after a change; its digest goes into the changelog of the API.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from webhook_server.api import OPERATIONS
from webhook_server.api.openapi import document

LINES = Path(__file__).parents[1] / "automation/api-v1.txt"
CHANGES = Path(__file__).parents[1] / "automation/api-changes.md"


def api_lines(described: Mapping[str, Any]) -> list[str]:
    """Operations, parameters, answers, properties and values, in order; without explanations and examples."""
    return sorted({*_operation_lines(described), *_schema_lines(described)})


def digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def breaking(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """What a client may rely on and does not find any more, and what it has to send and did not."""
    gone = [line for line in before if line not in set(after)]
    new = [line for line in after if line not in set(before) and _is_demanded(line, before)]
    return [*(f"gone: {line}" for line in gone), *(f"needed now: {line}" for line in new)]


def _is_demanded(line: str, before: Sequence[str]) -> bool:
    """A parameter or a part of a body that is needed, of something that was there."""
    kind, subject, *_ = line.split(" ")
    owner = subject.partition(".")[0]
    was_there = any(one.split(" ")[1].partition(".")[0] == owner for one in before)
    return kind in {"parameter", "sent"} and line.endswith(" needed") and was_there


def _operation_lines(described: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            yield f"operation {name} {method.upper()} {path}"
            for one in operation["parameters"]:
                needed = " needed" if one["required"] else ""
                yield f"parameter {name}.{one['name']} in {one['in']} {_kind(one['schema'])}{needed}"
            for status, answer in operation["responses"].items():
                for media, content in answer.get("content", {}).items():
                    yield f"answer {name} {status} {media} {_kind(content['schema'])}"
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"body {name} {media} {_kind(content['schema'])}"


def _schema_lines(described: Mapping[str, Any]) -> Iterator[str]:
    sent = set(_sent(described))
    for name, schema in described["components"]["schemas"].items():
        for value in schema.get("enum", ()):
            yield f"value {name} {value}"
        for key, part in schema.get("properties", {}).items():
            needed = " needed" if name in sent and key in schema.get("required", ()) else ""
            yield f"{'sent' if name in sent else 'property'} {name}.{key} {_kind(part)}{needed}"


def _sent(described: Mapping[str, Any]) -> Iterator[str]:
    """Schemas of bodies, with those inside them."""
    schemas: Mapping[str, Any] = described["components"]["schemas"]
    waiting = [
        operation.get("requestBody", {}) for methods in described["paths"].values() for operation in methods.values()
    ]
    seen: set[str] = set()
    while waiting:
        for name in _references(waiting.pop()):
            if name not in seen:
                seen.add(name)
                waiting.append(schemas[name])
    yield from seen


def _references(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        if isinstance(part.get("$ref"), str):
            yield str(part["$ref"]).rpartition("/")[2]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def _kind(schema: Mapping[str, Any]) -> str:
    """The type in one word, with what it is a list of, and whether it may be null."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    choices = [_kind(one) for part in ("anyOf", "oneOf") for one in schema.get(part, ())]
    if choices:
        return "|".join(choices)
    if schema.get("type") == "array":
        return f"list[{_kind(schema.get('items', {}))}]"
    if "const" in schema:
        return json.dumps(schema["const"])
    return str(schema.get("format") or schema.get("type") or "any")


if __name__ == "__main__":
    now = api_lines(document(OPERATIONS))
    LINES.write_text("\n".join(now) + "\n", encoding="utf-8")
    sys.stdout.write(f"Write what changed into {CHANGES.name}, with the digest {digest(now)}\n")
