"""The OpenAPI 3.1 document, made from the operations and the models that check their requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version as installed_version
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webhook_server.api.idempotency import KEY, LONGEST_KEY
from webhook_server.api.operation import LONGEST_PART, Operation, Part
from webhook_server.api.problem import TYPE, ProblemModel

Document: TypeAlias = "dict[str, Any]"  # the edge: this is what is sent
Mode: TypeAlias = Literal["validation", "serialization"]

ABOUT = """\
Financial stage-gate governance on top of Jira and ServiceNow, for programs.

* Everybody sees the measures that their roles reach, and those that are theirs in the tool; what is hidden is not
  there (404).
* Lists have `limit` and `cursor`; `next` of an answer is the `cursor` of the next page.
* Money is a text with its currency. Times are UTC.
* A write may be sent with `Idempotency-Key`: sent again within a day it is answered as before and done once.
* Errors are problems (RFC 9457): `title` says what happened, `detail` what to do.
"""

COMMON = {
    401: "There is no token, or it is wrong or has ended.",
    403: "The token's scope or its person's role does not reach.",
}


def document(operations: Sequence[Operation]) -> Document:
    """The whole document."""
    schemas, references = _schemas(operations)
    paths: dict[str, dict[str, Document]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gatepost", "version": installed_version("gatepost"), "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made on the page Account or with `gatepost token create`; a token acts for its "
                    "person, within its scopes: read, write, events, admin.",
                }
            },
        },
    }


References: TypeAlias = "Mapping[tuple[type[BaseModel], Mode], Document]"


def _schemas(operations: Sequence[Operation]) -> tuple[Document, References]:
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(ProblemModel, "serialization"): None}
    for operation in operations:
        if operation.body is not None:
            wanted[operation.body, "validation"] = None
        for answer in (operation.answer, *operation.also.values()):
            if answer is not None:
                wanted[answer, "serialization"] = None
    references, definitions = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    return definitions.get("$defs", {}), references  # type: ignore[return-value]  # pydantic's own key is wider


def _described(operation: Operation, references: References) -> Document:
    described: Document = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _about(operation),
        "parameters": [*map(_path_parameter, operation.parts), *_query_parameters(operation.query)],
        "responses": _responses(operation, references),
    }
    if operation.changes:
        described["parameters"].append(_idempotency_key())
    if operation.body is not None:
        content = {"application/json": {"schema": references[operation.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _about(operation: Operation) -> str:
    needs = f"Scope `{operation.scope.value}`."
    if operation.action is not None:
        needs += f" For whoever may {operation.action.value}."
    return f"{operation.about}\n\n{needs}".strip()


def _path_parameter(part: Part) -> Document:
    schema: Document = {"type": "string", "minLength": 1, "maxLength": LONGEST_PART}
    if part.kind is int:
        schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return {"name": part.name, "in": "path", "required": True, "description": part.about, "schema": schema}


def _query_parameters(model: type[BaseModel] | None) -> Iterable[Document]:
    if model is None:
        return
    schema = model.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    for name, one in schema["properties"].items():
        found = _inlined(one, definitions)
        about = found.pop("description", "")
        found.pop("title", None)
        # Whoever leaves a parameter out sends nothing; `null` cannot be sent in an address.
        choices = [choice for choice in found.get("anyOf", []) if choice != {"type": "null"}]
        if len(choices) == 1:
            found = choices[0]
            about = about or found.pop("description", "")
        found.pop("default", None) if found.get("default") is None else None
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": about,
            "schema": found,
        }


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema without references: those of a parameter lead into a document of their own."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {name: one for name, one in schema.items() if name != "$ref"}
        return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]] | rest, definitions)
    return {name: _inlined(one, definitions) for name, one in schema.items()}


def _idempotency_key() -> Document:
    return {
        "name": KEY,
        "in": "header",
        "required": False,
        "description": "A value of your own, best a UUID. Sent again with the same request within a day, it is "
        "answered as before; with another request it is refused (422).",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    }


def _responses(operation: Operation, references: References) -> Document:
    found: Document = {}
    if operation.answer is not None:
        content: Document = {"application/json": {"schema": references[operation.answer, "serialization"]}}
        if operation.text:
            content["text/plain"] = {"schema": {"type": "string"}}
        found[str(operation.status)] = {"description": operation.summary, "content": content}
    else:
        found["204"] = {"description": "Done."}
    for status, model in operation.also.items():
        content = {"application/json": {"schema": references[model, "serialization"]}}
        if operation.text:
            content["text/plain"] = {"schema": {"type": "string"}}
        found[str(status)] = {"description": operation.problems.get(status, operation.summary), "content": content}
    problems = COMMON | _usual(operation) | dict(operation.problems)
    reference = {"schema": references[ProblemModel, "serialization"]}
    for status, about in sorted(problems.items()):
        described = found.setdefault(str(status), {"description": about, "content": {}})
        described["content"][TYPE] = reference
    return found


def _usual(operation: Operation) -> dict[int, str]:
    """Problems that come of an operation's shape."""
    found = {422: "A value does not hold; `errors` names each.", 400: "The request cannot be read."}
    if operation.parts:
        found[404] = "There is no such thing, or the caller does not see it."
    if operation.changes:
        found[409] = "It cannot be done as things stand; `title` says why."
        found[413] = "The body is too large."
    if operation.body is not None:
        found[415] = "The body is not sent as JSON."
    return found
