"""The description as a person reads it: operations by subject, schemas as rows, examples as JSON; for ``/docs``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from webhook_server.api.event_models import example_of_schema

SCHEMAS = "#/components/schemas/"
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """A property or a parameter."""

    name: str
    kind: Markup
    needed: bool
    about: Markup
    example: str
    place: str = ""
    """Of a parameter: path, query or header."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: Markup
    kind: Markup


@dataclass(frozen=True, slots=True)
class OperationView:
    id: str
    method: str
    path: str
    summary: str
    about: Markup
    scope: str
    """Empty where any valid token is enough."""
    for_service: bool
    """Whether a service account may use it."""
    is_open: bool
    """Whether it needs no token."""
    parameters: Sequence[Row]
    body: Markup | None
    body_example: str
    answers: Sequence[Answer]
    answer_example: str
    curl: str
    opens_here: bool
    """Whether a browser that is signed in may simply open it."""


@dataclass(frozen=True, slots=True)
class EventView:
    kind: str
    summary: str
    body: Markup
    example: str


@dataclass(frozen=True, slots=True)
class SchemaView:
    name: str
    about: Markup
    rows: Sequence[Row]
    values: Sequence[str]
    """Of an enumeration."""
    kind: Markup
    """Of neither: what it is one of."""


@dataclass(frozen=True, slots=True)
class ReaderView:
    introduction: Sequence[Markup]
    scopes: Mapping[str, str]
    subjects: Mapping[str, Sequence[OperationView]]
    events: Sequence[EventView]
    schemas: Sequence[SchemaView]
    codes: Sequence[str]
    """Of problems."""


def reader_view(document: Mapping[str, Any]) -> ReaderView:
    schemas = document["components"]["schemas"]
    subjects: dict[str, list[OperationView]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            view = _operation(method.upper(), path, operation, schemas)
            subjects.setdefault(operation["tags"][0], []).append(view)
    flows = document["components"]["securitySchemes"]["serviceAccount"]["flows"]
    return ReaderView(
        introduction=[text(line) for line in _points(document["info"]["description"])],
        scopes=flows["clientCredentials"]["scopes"],
        subjects=subjects,
        events=[_event(kind, hook["post"]) for kind, hook in document["webhooks"].items()],
        schemas=[_schema(name, schema) for name, schema in sorted(schemas.items())],
        codes=schemas["ProblemCode"]["enum"],
    )


def text(value: str) -> Markup:
    """With what stands between backticks as code."""
    parts = _CODE.split(value)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def kind_of(schema: Mapping[str, Any]) -> Markup:
    """``list of Amount or null``, with links to the schemas."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return Markup(" or ").join(kind_of(choice) for choice in choices)
    if "const" in schema:
        return Markup("<code>{}</code>").format(schema["const"])
    if "enum" in schema:
        return Markup(" or ").join(Markup("<code>{}</code>").format(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return Markup("list of {}").format(kind_of(schema.get("items", {})))
    kind = {"string": "text", "integer": "number", "boolean": "true or false"}.get(
        schema.get("type", ""), schema.get("type", "any value")
    )
    kind = {"date-time": "time", "date": "day", "uuid": "UUID"}.get(schema.get("format", ""), kind)
    limits = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    return escape(" ".join([kind, *limits]))


def _operation(method: str, path: str, described: Mapping[str, Any], schemas: Mapping[str, Any]) -> OperationView:
    security = described.get("security", [])
    scopes: Sequence[str] = next((scheme["token"] for scheme in security if "token" in scheme), [])
    parameters = [_parameter(part) for part in described["parameters"]]
    body, body_example = _body(described.get("requestBody"), schemas)
    sample = _first_answer(described["responses"], schemas)
    return OperationView(
        id=described["operationId"],
        method=method,
        path=path,
        summary=described["summary"],
        about=text(described.get("description", "")),
        scope=scopes[0] if scopes else "",
        for_service=any("serviceAccount" in scheme for scheme in security),
        is_open=security == [],
        parameters=parameters,
        body=body,
        body_example=body_example,
        answers=[_answer(status, answer) for status, answer in sorted(described["responses"].items())],
        answer_example=sample,
        curl=_curl(method, path, described, body_example, is_open=security == []),
        opens_here=method == "GET" and "{" not in path,
    )


def _parameter(part: Mapping[str, Any]) -> Row:
    example = part.get("example", "")
    shown = ",".join(map(str, example)) if isinstance(example, list) else str(example)
    return Row(part["name"], kind_of(part["schema"]), part["required"], text(part["description"]), shown, part["in"])


def _body(described: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> tuple[Markup | None, str]:
    if described is None:
        return None, ""
    ((media, content),) = described["content"].items()
    example = content.get("example") or _example(content["schema"], schemas)
    if media != "application/json":
        return escape(media), "&".join(f"{name}={quote(str(value))}" for name, value in example.items())
    return kind_of(content["schema"]), _json(example)


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    if "$ref" not in schema:
        return None
    whole = schemas[schema["$ref"].rpartition("/")[2]]
    if "oneOf" in whole:
        return example_of_schema(whole["oneOf"][0]["$ref"], schemas)
    return example_of_schema(schema["$ref"], schemas)


def _first_answer(responses: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    for status in ("200", "201", "202"):
        content = responses.get(status, {}).get("content", {}).get("application/json")
        if content:
            return _json(_example(content["schema"], schemas))
    return ""


def _answer(status: str, described: Mapping[str, Any]) -> Answer:
    kinds = dict.fromkeys(
        Markup("{} <span class='muted'>{}</span>").format(kind_of(content["schema"]), media)
        if media not in {"application/json", "application/problem+json"}
        else kind_of(content["schema"])
        for media, content in described.get("content", {}).items()
    )
    return Answer(status, text(described["description"]), Markup(", ").join(kinds))


def _curl(method: str, path: str, described: Mapping[str, Any], body: str, *, is_open: bool) -> str:
    filled = path
    for part in described["parameters"]:
        if part["in"] == "path":
            filled = filled.replace(f"{{{part['name']}}}", quote(str(part["example"]), safe=""))
    words = ["curl"] if method == "GET" or (method == "POST" and body) else [f"curl -X {method}"]
    if not is_open:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if body and is_open:
        words.append(" ".join(f"-d {word}" for word in body.split("&")))
    elif body:
        words += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(json.loads(body), ensure_ascii=False)}'"]
    if method == "PUT":
        words[0] = "curl -X PUT"
    return " \\\n  ".join([*words, f'"$GATEPOST/api/v1{filled}"'])


def _event(kind: str, described: Mapping[str, Any]) -> EventView:
    content = described["requestBody"]["content"]["application/json"]
    return EventView(kind, described["summary"], kind_of(content["schema"]), _json(content["example"]))


def _schema(name: str, schema: Mapping[str, Any]) -> SchemaView:
    needed = set(schema.get("required", ()))
    rows = [
        Row(
            key, kind_of(part), key in needed, text(part.get("description", "")),
            "" if "$ref" in str(part) else json.dumps(part.get("examples", [""])[0], ensure_ascii=False),
        )
        for key, part in schema.get("properties", {}).items()
    ]  # fmt: skip
    composed = Markup("") if rows or "enum" in schema else kind_of(schema)
    return SchemaView(name, text(schema.get("description", "")), rows, schema.get("enum", ()), composed)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) if value is not None else ""


def _points(description: str) -> Iterable[str]:
    """The points of the list in the introduction, each in one line."""
    return [" ".join(point.split()) for point in description.split("\n* ")[1:]]
