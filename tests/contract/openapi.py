"""The vendor's description of Jira's REST API, to check requests and responses against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NO_CONTENT = 204


@dataclass(frozen=True)
class Deviation:
    """A difference where the description and the live product differ, with the reason."""

    operation: str
    path: str
    reason: str


class Description:
    """One OpenAPI 3.0 file.  ``Any`` is the file's own nature."""

    def __init__(self, file: Path, prefix: str = "") -> None:
        """``prefix`` comes before every path of the file, like its server's address."""
        self.document: dict[str, Any] = json.loads(file.read_text())
        if prefix:
            self.document["paths"] = {f"{prefix}{path}": item for path, item in self.document["paths"].items()}
        resource: Resource[Any] = DRAFT202012.create_resource(_nullable(self.document))
        self._registry: Registry[Any] = Registry().with_resource("urn:api", resource)
        self._paths = [
            (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path) for path in self.document["paths"]
        ]

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The described operation of a request; literal paths come before those with parameters."""
        templates = [template for pattern, template in self._paths if pattern.match(path)]
        templates = [template for template in templates if method.lower() in self.document["paths"][template]]
        assert templates, f"{method} {path} is not described"
        template = min(templates, key=lambda item: item.count("{"))
        return template, self.document["paths"][template][method.lower()]

    def problems(self, method: str, path: str, status: int, body: object) -> Iterator[str]:
        """The differences between a response and its description."""
        template, operation = self.operation(method, path)
        described = operation["responses"].get(str(status))
        if described is None:
            yield f"{method} {template}: status {status} is not described"
            return
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and body is not None:
            yield from self._check(schema, body, f"{method} {template} {status}")

    def content_problems(
        self, method: str, path: str, status: int, content_type: str | None, body: bytes
    ) -> Iterator[str]:
        """Where the kind of content is not the described one; an answer without a body names none."""
        template, operation = self.operation(method, path)
        where = f"{method} {template} {status}"
        kinds = operation["responses"].get(str(status), {}).get("content", {})
        kind = (content_type or "").partition(";")[0]
        if not body and content_type and status == NO_CONTENT:
            yield f"{where}: an empty answer of the type {kind}"
        if body and kinds and kind not in kinds:
            yield f"{where}: content of the type {kind} is not described"

    def request_problems(
        self, method: str, path: str, body: object, query: Sequence[tuple[str, str]] = ()
    ) -> Iterator[str]:
        """Where a request differs from its description, or uses a deprecated operation."""
        template, operation = self.operation(method, path)
        yield from self._query_problems(operation, query, f"{method} {template}")
        if operation.get("deprecated"):
            yield f"{method} {template} is deprecated"
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and body is not None:
            yield from self._check(schema, body, f"{method} {template} request")

    def _query_problems(
        self, operation: Mapping[str, Any], query: Sequence[tuple[str, str]], where: str
    ) -> Iterator[str]:
        described = {parameter["name"]: parameter for parameter in map(self._resolved, operation.get("parameters", []))}
        known = {name: parameter for name, parameter in described.items() if parameter.get("in") == "query"}
        for name, value in query:
            if name not in known:
                yield f"{where}: the parameter {name} is not described"
                continue
            schema = known[name].get("schema", {})
            allowed = schema.get("enum") or schema.get("items", {}).get("enum")
            if allowed and value not in map(str, allowed):
                yield f"{where}: {name}={value} is none of {allowed}"
            if schema.get("type") == "integer" and not value.lstrip("-").isdigit():
                yield f"{where}: {name}={value} is no whole number"
        sent = {name for name, _ in query}
        yield from (
            f"{where}: the parameter {name} is required"
            for name, parameter in known.items()
            if parameter.get("required") and name not in sent
        )

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = node.get("$ref")
        if not reference:
            return node
        node_found: Any = self.document
        for part in str(reference).removeprefix("#/").split("/"):
            node_found = node_found[part]
        return dict(node_found)

    def _check(self, schema: Mapping[str, Any], body: object, where: str) -> Iterator[str]:
        absolute = json.loads(json.dumps(_nullable(schema)).replace('"#/', '"urn:api#/'))
        validator = Draft202012Validator(absolute, registry=self._registry)
        for error in validator.iter_errors(body):
            message = error.message
            yield f"{where} at {error.json_path}: {message if len(message) <= 160 else f'{message[:80]} … {message[-78:]}'}"


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0 has ``nullable`` where JSON Schema has a type of null; and its examples are no schemas."""
    if isinstance(node, dict):
        copied = {key: _nullable(value) for key, value in node.items() if key not in {"example", "examples", "xml"}}
        if copied.pop("nullable", False) is True and isinstance(copied.get("type"), str):
            copied["type"] = [copied["type"], "null"]
        return copied
    return [_nullable(item) for item in node] if isinstance(node, list) else node
