"""What a property or a parameter means, and an example of it, where its model does not say so itself.

A name means the same wherever it stands; a model that means something else says so in its own ``Field``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webhook_server.api.property_descriptions import DESCRIPTIONS
from webhook_server.api.property_examples import EXAMPLES

BY_FORMAT: Mapping[str, Any] = {
    "date-time": "2026-11-21T08:15:30.123456Z",
    "date": "2026-06-30",
    "uuid": "0f0b7f0c-2f6f-4b54-9a55-3c6f4a2d9c11",
}
BY_TYPE: Mapping[str, Any] = {"integer": 3, "number": 0.9, "boolean": True, "object": {}}


def description_of(name: str) -> str:
    """What a name means; a name that is not listed says it by itself."""
    return DESCRIPTIONS.get(name, f"{name.replace('_', ' ').capitalize()}.")


def example_of(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """An example of a value, or ``None`` where another schema has it."""
    if "examples" in schema:
        return schema["examples"][0]
    if "default" in schema and schema["default"] not in (None, [], {}):
        return schema["default"]
    choices = [one for part in ("anyOf", "oneOf") for one in schema.get(part, ()) if one.get("type") != "null"]
    if choices:
        return example_of(name, choices[0], schemas)
    if "$ref" in schema:
        enumeration = schemas.get(schema["$ref"].rpartition("/")[2], {})
        return enumeration["enum"][0] if "enum" in enumeration else None
    if "enum" in schema or "const" in schema:
        return schema.get("const", next(iter(schema.get("enum", ())), None))
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if schema.get("type") == "array":
        item = example_of(name, schema.get("items", {}), schemas)
        return None if item is None else [item]
    if name in EXAMPLES:
        return EXAMPLES[name]
    return BY_TYPE.get(schema.get("type", ""), "text" if schema.get("type") == "string" else None)


def described_schema(name: str, schema: dict[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """With a title that is its name; each property with its meaning and an example, and without a title."""
    described = {key: part for key, part in schema.items() if key != "title"} | {"title": name}
    if "properties" in schema:
        described["properties"] = {key: _property(key, part, schemas) for key, part in schema["properties"].items()}
    return described


def _property(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    described = {key: part for key, part in schema.items() if key != "title"}
    described.setdefault("description", description_of(name))
    example = example_of(name, schema, schemas)
    if example is not None and "examples" not in described:
        described["examples"] = [example]
    return described
