"""The OpenAPI 3.1 document, made from the operations and the models that check their requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version as installed_version
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from connector.notify.measure_events import EVENT_DESCRIPTIONS, EventType
from connector.people.permissions import TokenScope
from connector.people.token_scopes import SCOPE_DESCRIPTIONS, SERVICE_SCOPES
from webhook_server.api import oauth
from webhook_server.api.event_models import EVENT_MODELS, example_of_schema
from webhook_server.api.idempotency import KEY_HEADER, MAX_KEY_LENGTH
from webhook_server.api.list_options import PARTIAL_MEDIA_TYPE
from webhook_server.api.oauth import OAuthError, ServiceToken
from webhook_server.api.openapi_names import operation_id, schema_names
from webhook_server.api.openapi_notes import described_schema, description_of, example_of
from webhook_server.api.operation import MAX_PARAMETER_LENGTH, PLAIN_FILE, Operation, PathParameter
from webhook_server.api.problem import PROBLEM_MEDIA_TYPE, ProblemModel

Document: TypeAlias = "dict[str, Any]"  # the edge: this is what is sent
Mode: TypeAlias = Literal["validation", "serialization"]

DESCRIPTION = """\
Financial stage-gate governance on top of Jira and ServiceNow.

* A token sees the measures within its person's roles, and those in which the person has a role in the tool. Anything
  else is answered with 404.
* Lists have `limit` and `cursor`; `next` of an answer is the `cursor` of the next page, with the same filters. With
  `fields` an answer has some fields of each entry only, and another type.
* A GET has an `ETag`; sent back as `If-None-Match` it is answered with 304 while nothing has changed.
* Every answer says in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` what its token may still send; 429
  comes with `Retry-After`.
* Money is a text with its currency. Times are RFC 3339 in UTC with Z, to the microsecond:
  `2026-11-21T08:15:30.123456Z`.
* A write may have an `Idempotency-Key`: repeated within a day, it is done once and gets the same answer.
* Errors are problems (RFC 9457): `code` is for programs, `title` says what happened, `detail` what to do, `errors`
  names the values that are wrong, with those that are known.
"""

COMMON_PROBLEMS = {
    401: "The token is missing, wrong or expired.",
    403: "The token's scope or its person's role is not sufficient.",
    429: "More requests with this token than a minute allows; `Retry-After` says how long to wait.",
}


def document(operations: Sequence[Operation]) -> Document:
    """The whole document."""
    schemas, references = _schemas(operations)
    paths: dict[str, dict[str, Document]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation_object(
            operation, references, schemas
        )
    paths[oauth.PATH] = {"post": oauth.described()}
    whole: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Gatepost", "version": installed_version("gatepost"), "description": DESCRIPTION},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"serviceAccount": []}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A person's, made on the page Account; it acts for its person, within its scopes.",
                },
                "serviceAccount": {
                    "type": "oauth2",
                    "description": "A program with an identity of its own: it decides nothing. Made on the page "
                    "People, or with `POST /service-accounts`.",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": f"/api/v1{oauth.PATH}",
                            "scopes": {
                                scope.value: SCOPE_DESCRIPTIONS[scope]
                                for scope in TokenScope
                                if scope in SERVICE_SCOPES
                            },
                        }
                    },
                },
            },
        },
    }
    described = _renamed(whole)
    described["webhooks"] = _webhooks(described["components"]["schemas"])
    return described


def _webhooks(schemas: Document) -> Document:
    """Each outgoing event with an example, as a receiver gets it."""
    names = schema_names({model.__name__ for model in EVENT_MODELS.values()})
    found: Document = {}
    for kind, model in EVENT_MODELS.items():
        reference = f"{_SCHEMAS}{names[model.__name__]}"
        example = example_of_schema(reference, schemas) | {"type": kind}
        content = {"schema": {"$ref": reference}, "example": example}
        found[kind] = {
            "post": {
                "operationId": "on" + "".join(word.capitalize() for word in kind.split(".")),
                "summary": f"{EVENT_DESCRIPTIONS[EventType(kind)].capitalize()}",
                "description": "Signed as the Standard Webhooks specification says.",
                "requestBody": {"required": True, "content": {"application/json": content}},
                "responses": {"2XX": {"description": "Received; anything else is tried again."}},
            }
        }
    return found


def _renamed(whole: Document) -> Document:
    """With the public names of schemas, each described, and without the titles that name every property again."""
    names = schema_names(whole["components"]["schemas"])
    whole = _with_references(whole, {f"{_SCHEMAS}{key}": f"{_SCHEMAS}{name}" for key, name in names.items()})
    schemas = {names[key]: schema for key, schema in sorted(whole["components"]["schemas"].items())}
    whole["components"]["schemas"] = {name: described_schema(name, schema, schemas) for name, schema in schemas.items()}
    return whole


_SCHEMAS = "#/components/schemas/"


def _with_references(part: Any, names: Mapping[str, str]) -> Any:
    if isinstance(part, list):
        return [_with_references(one, names) for one in part]
    if not isinstance(part, dict):
        return names.get(part, part) if isinstance(part, str) else part
    return {key: _with_references(one, names) for key, one in part.items()}


References: TypeAlias = "Mapping[tuple[type[BaseModel], Mode], Document]"


def _schemas(operations: Sequence[Operation]) -> tuple[Document, References]:
    models: dict[tuple[type[BaseModel], Mode], None] = {(ProblemModel, "serialization"): None}
    models |= {(model, "serialization"): None for model in EVENT_MODELS.values()}
    models |= {(ServiceToken, "serialization"): None, (OAuthError, "serialization"): None}
    for operation in operations:
        if operation.body is not None:
            models[operation.body, "validation"] = None
        for response in (operation.response_model, *operation.other_responses.values()):
            if response is not None:
                models[response, "serialization"] = None
    references, definitions = models_json_schema(list(models), ref_template="#/components/schemas/{model}")
    return definitions.get("$defs", {}), references  # type: ignore[return-value]  # pydantic's own key is wider


def _operation_object(operation: Operation, references: References, schemas: Document) -> Document:
    described: Document = {
        "operationId": operation_id(operation.method, operation.path, operation.summary),
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _description(operation),
        "parameters": [*map(_path_parameter, operation.path_parameters), *_query_parameters(operation.asked, schemas)],
        "security": _security(operation),
        "responses": _responses(operation, references),
    }
    if operation.deprecated_since is not None:
        described["deprecated"] = True
    if operation.is_write:
        described["parameters"].append(_idempotency_key())
    if operation.body is not None:
        content = {"application/json": {"schema": references[operation.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _description(operation: Operation) -> str:
    needs = f"Scope `{operation.scope.value}`." if operation.scope else "Any valid token."
    if operation.action is not None:
        needs += f" Needs the right to {operation.action.value}."
    return f"{operation.description}\n\n{needs}".strip()


def _security(operation: Operation) -> list[Document]:
    """A person's token with the scope; or, unless it decides, a service account that has it."""
    scopes = [operation.scope.value] if operation.scope else []
    if operation.scope is not None and operation.scope not in SERVICE_SCOPES:
        return [{"token": scopes}]
    return [{"token": scopes}, {"serviceAccount": scopes}]


def _path_parameter(part: PathParameter) -> Document:
    schema: Document = {"type": "string", "minLength": 1, "maxLength": MAX_PARAMETER_LENGTH}
    if part.kind is int:
        schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return {
        "name": part.name,
        "in": "path",
        "required": True,
        "description": part.description,
        "schema": schema,
        "example": example_of(part.name, schema, {}),
    }


def _query_parameters(model: type[BaseModel] | None, schemas: Document) -> Iterable[Document]:
    """The parameters of a query; their enumerations become schemas of the whole document."""
    if model is None:
        return
    schema = model.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    for name, described in schema["properties"].items():
        flat = _inlined(described, definitions, schemas)
        about = flat.pop("description", "")
        flat.pop("title", None)
        # An absent parameter is not sent at all; a query string has no `null`.
        choices = [choice for choice in flat.get("anyOf", []) if choice != {"type": "null"}]
        if len(choices) == 1:
            flat = choices[0]
            about = about or flat.pop("description", "")
        if flat.get("default") is None:
            flat.pop("default", None)
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": about or description_of(name),
            "schema": flat,
            "example": example_of(name, flat, schemas),
        }


def _inlined(schema: Any, definitions: Mapping[str, Any], schemas: Document) -> Any:
    """A schema with its references resolved, except those to enumerations, which the document names."""
    if isinstance(schema, list):
        return [_inlined(part, definitions, schemas) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {name: part for name, part in schema.items() if name != "$ref"}
        key = schema["$ref"].rsplit("/", 1)[1]
        if "enum" in definitions[key]:
            schemas.setdefault(key, definitions[key])
            return {"$ref": f"{_SCHEMAS}{key}"} | rest
        return _inlined(definitions[key] | rest, definitions, schemas)
    return {name: _inlined(part, definitions, schemas) for name, part in schema.items()}


def _idempotency_key() -> Document:
    return {
        "name": KEY_HEADER,
        "in": "header",
        "required": False,
        "description": "A value that you choose, preferably a UUID. The same request with the same value within a day "
        "gets the same answer; another request with it is refused (422).",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
        "example": "0f0b7f0c-2f6f-4b54-9a55-3c6f4a2d9c11",
    }


def _responses(operation: Operation, references: References) -> Document:
    responses: Document = {}
    if operation.response_model is not None:
        content: Document = {"application/json": {"schema": references[operation.response_model, "serialization"]}}
        if operation.has_text_form:
            content["text/plain"] = {"schema": {"type": "string"}}
        if operation.is_list:
            content[PARTIAL_MEDIA_TYPE] = {"schema": {"type": "object", "additionalProperties": True}}
        responses[str(operation.status)] = {"description": operation.summary, "content": content}
    elif operation.file_type is not None:
        schema = {"schema": {"type": "string", "format": "binary"}}
        binary = {operation.file_type: schema, PLAIN_FILE: schema}
        responses[str(operation.status)] = {"description": "The file.", "content": binary}
    else:
        responses["204"] = {"description": "Done."}
    for status, model in operation.other_responses.items():
        content = {"application/json": {"schema": references[model, "serialization"]}}
        if operation.has_text_form:
            content["text/plain"] = {"schema": {"type": "string"}}
        responses[str(status)] = {"description": operation.problems.get(status, operation.summary), "content": content}
    problems = COMMON_PROBLEMS | _common_problems(operation) | dict(operation.problems)
    reference = {"schema": references[ProblemModel, "serialization"]}
    for status, about in sorted(problems.items()):
        described = responses.setdefault(str(status), {"description": about, "content": {}})
        described["content"][PROBLEM_MEDIA_TYPE] = reference
    return responses


def _common_problems(operation: Operation) -> dict[int, str]:
    """Problems that follow from an operation's kind."""
    problems = {422: "A value is not valid; `errors` names each.", 400: "The request cannot be read."}
    if operation.path_parameters:
        problems[404] = "It does not exist, or the caller may not see it."
    if operation.is_write:
        problems[409] = "It is not possible in the current state; `title` says why."
        problems[413] = "The body is too large."
    if operation.body is not None:
        problems[415] = "The body is not sent as JSON."
    return problems
