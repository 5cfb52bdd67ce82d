"""The reference page of the API, from the OpenAPI document that the server itself answers with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docs.generator.tables import code, marked, table
from webhook_server.api import BASE, OPERATIONS
from webhook_server.api.openapi import document

INTRODUCTION = f"""\
# API

All addresses begin with `{BASE}`. A running server describes itself at `{BASE}/openapi.json` (OpenAPI 3.1); the same
document is [here to download](openapi.json). How to get a token, and examples, are in
[The API](../automation/api.md).

"""

Document = Mapping[str, Any]


def described() -> Document:
    return document(OPERATIONS)


def as_json() -> str:
    return json.dumps(described(), indent=1, ensure_ascii=False) + "\n"


def page() -> str:
    whole = described()
    operations = list(_operations(whole))
    rows = (
        (f"[{code(f'{method} {path}')}](#{_anchor(one)})", one["summary"], _scope(one))
        for method, path, one in operations
    )
    parts = [INTRODUCTION, table(("operation", "does", "scope"), rows)]
    tag = ""
    for method, path, one in operations:
        if one["tags"][0] != tag:
            tag = one["tags"][0]
            parts.append(f"\n## {tag.capitalize()}\n")
        parts.append(f"\n### {method} {path} {{ #{_anchor(one)} }}\n\n{_section(one)}")
    parts.append("\n## Schemas\n\nThe shapes of bodies and answers; `openapi.json` has every detail of them.\n")
    for name, schema in sorted(whole["components"]["schemas"].items()):
        parts.append(f"\n### {name} {{ #{_place(name)} }}\n\n{_schema(schema)}")
    return "".join(parts)


def _operations(whole: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _anchor(operation: Document) -> str:
    return str(operation["operationId"]).replace("_", "-")


def _place(schema: str) -> str:
    return f"schema-{schema.strip('_').lower().replace('_', '-')}"


def _scope(operation: Document) -> str:
    words = str(operation.get("description", "")).partition("Scope `")
    return code(words[2].partition("`")[0]) if words[1] else ""


def _section(operation: Document) -> str:
    parts = [f"{operation['summary']}.\n\n{marked(str(operation.get('description', '')))}\n"]
    parameters = operation.get("parameters", ())
    if parameters:
        rows = (
            (
                code(one["name"]),
                one["in"],
                _kind(one["schema"]),
                "yes" if one.get("required") else "",
                one["description"],
            )
            for one in parameters
        )
        parts.append("\n" + table(("parameter", "in", "value", "needed", "meaning"), rows))
    body = operation.get("requestBody")
    if body:
        [content] = body["content"].values()
        parts.append(f"\nBody: {_kind(content['schema'])}.\n")
    answers = ((status, one["description"], _answers(one)) for status, one in operation["responses"].items())
    parts.append("\n" + table(("answer", "when", "body"), answers))
    return "".join(parts)


def _answers(answer: Document) -> str:
    contents: Mapping[str, Document] = answer.get("content", {})
    return ", ".join(_kind(one["schema"]) if "json" in name else code(name) for name, one in contents.items())


def _schema(schema: Document) -> str:
    if "enum" in schema:
        return f"One of {', '.join(code(str(value)) for value in schema['enum'])}.\n"
    about = marked(str(schema.get("description", "")).partition("\n\n")[0])
    needed = set(schema.get("required", ()))
    rows = (
        (code(name), _kind(one), "yes" if name in needed else "", marked(str(one.get("description", ""))))
        for name, one in schema.get("properties", {}).items()
    )
    return (f"{about}\n\n" if about else "") + table(("key", "value", "needed", "meaning"), rows)


def _kind(schema: Document) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{_place(name)})"
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if inner:
        return " or ".join(dict.fromkeys(map(_kind, inner)))
    kind = str(schema.get("type", "any value"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"name to {_kind(schema['additionalProperties'])}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind)
