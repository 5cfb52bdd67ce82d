"""One operation of the interface: declared once, and from the declaration come route, checks and description.

The models that check a request are those that the OpenAPI document shows, and scopes, roles, idempotency keys and
problems stand in the same declaration (``deploy/adr/0015``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.people.permissions import ALLOWED, Action, Scope, Viewer, may
from webhook_server.api.idempotency import KEY, Kept, caller_of
from webhook_server.api.problem import Problem, invalid
from webhook_server.auth import viewer_or_none

LONGEST_PART = 300
"""Characters of a part of an address that names something."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an address that varies."""

    name: str
    about: str
    kind: type = str
    slashes: bool = False
    """Whether it may hold slashes, as the id of a measure does; send them as they are, or as ``%2F``."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a status of its own, or one that is no JSON."""

    model: BaseModel | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    """Plain text in place of the model."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked."""

    services: Services
    viewer: Viewer
    parts: Mapping[str, str | int]
    query: BaseModel | None
    body: BaseModel | None

    def name(self, part: str) -> str:
        return str(self.parts[part])

    def number(self, part: str) -> int:
        return int(self.parts[part])

    def asked(self, model: type[Model]) -> Model:
        """The query, of the model that the operation names."""
        return self.query if isinstance(self.query, model) else model()

    def sent(self, model: type[Model]) -> Model:
        """The body, of the model that the operation names."""
        if not isinstance(self.body, model):
            raise TypeError(f"the operation has no body of {model.__name__}")
        return self.body


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    """With parts in braces: ``/measures/{measure}/explain``."""
    tag: str
    summary: str
    run: Callable[[Call], BaseModel | Reply | None]
    answer: type[BaseModel] | None = None
    status: int = 200
    scope: Scope = Scope.READ
    action: Action | None = None
    """What its caller has to be allowed to do, beside the token's scope."""
    parts: Sequence[Part] = ()
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    also: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    """Other answers that are no problems."""
    problems: Mapping[int, str] = field(default_factory=dict)
    """Problems of its own, with when they come."""
    text: bool = False
    """Whether it also answers in plain text."""
    about: str = ""

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    @property
    def name(self) -> str:
        words = [part.strip("{}") for part in self.path.split("/") if part]
        return "_".join([self.method.lower(), *words]).replace("-", "_").replace(".", "_")

    def rule(self) -> str:
        """The path as Flask writes it; a word in the place of a number is another path, or none."""
        path = self.path
        for part in self.parts:
            kind = "path:" if part.slashes else "int:" if part.kind is int else ""
            path = path.replace(f"{{{part.name}}}", f"<{kind}{part.name}>")
        return path


def add(blueprint: Blueprint, operation: Operation, services: Services) -> None:
    """Make the route."""

    def view(**given: str | int) -> Response:
        try:
            viewer = _allowed(operation)
            parts = {part.name: _part(part, given[part.name]) for part in operation.parts}
            query = _query(operation.query)
            if not operation.changes:
                return _answered(operation, Call(services, viewer, parts, query, None))
            content = _content(operation)
            body = _body(operation.body, content)
            return _once(operation, Call(services, viewer, parts, query, body), content)
        except Problem as problem:
            return problem.answer()

    blueprint.add_url_rule(
        operation.rule(), operation.name, view, methods=[operation.method], provide_automatic_options=False
    )


def _allowed(operation: Operation) -> Viewer:
    viewer = viewer_or_none()
    if viewer is None:
        raise Problem(401, "The bearer token is missing or wrong.", "Send Authorization: Bearer <token>.")
    if operation.scope not in viewer.scopes:
        has = ", ".join(sorted(viewer.scopes)) or "none"
        raise Problem(
            403,
            f"This needs a token with the scope {operation.scope.value}; this one has {has}.",
            "Make another token: gatepost token create",
        )
    if operation.action is not None and not may(viewer, operation.action):
        roles = " or ".join(role.value for role in sorted(ALLOWED[operation.action]))
        raise Problem(403, f"This is for the role {roles}.", "Ask an administrator of Gatepost for it.")
    return viewer


def _part(part: Part, given: str | int) -> str | int:
    """Raises a problem: what cannot be a name names nothing."""
    if isinstance(given, int):
        if 0 < given < 2**63:
            return given
        raise Problem(404, f"There is nothing with the number {str(given)[:20]}.", f"It is {part.about}.")
    if "\x00" in given or len(given) > LONGEST_PART or not given.strip():
        raise Problem(404, "There is nothing of that name.", f"It is {part.about}.")
    return given


def _query(model: type[BaseModel] | None) -> BaseModel | None:
    given = dict(request.args.lists())
    lists = {name for name, one in model.model_fields.items() if "list" in str(one.annotation)} if model else set()
    for name, values in given.items():
        if name not in lists and len(values) > 1:
            raise Problem(422, f"The query does not hold: {name}.", f"{name} is given {len(values)} times.")
    flat = {name: values if name in lists else values[0] for name, values in given.items()}
    if model is None:
        if flat:
            raise Problem(422, f"The query does not hold: {', '.join(flat)}.", "This address takes no parameters.")
        return None
    try:
        return model.model_validate(flat)
    except ValidationError as error:
        raise invalid(error, "query") from None


def _content(operation: Operation) -> bytes:
    content = request.get_data(cache=False)
    if operation.body is None:
        if content.strip() not in {b"", b"{}"}:
            raise Problem(422, "The body does not hold.", "This address takes no body.")
        return b""
    if request.mimetype != "application/json":
        raise Problem(415, "The body's Content-Type must be application/json.", "Send it as JSON.")
    return content


def _body(model: type[BaseModel] | None, content: bytes) -> BaseModel | None:
    if model is None:
        return None
    try:
        # Strict: what the document calls a number is no text, and the other way round.
        return model.model_validate_json(content, strict=True)
    except ValidationError as error:
        raise invalid(error, "body") from None


def _once(operation: Operation, call: Call, content: bytes) -> Response:
    """Under an ``Idempotency-Key`` a write happens once, and its answer is given again."""
    key = request.headers.get(KEY)
    if key is None:
        return _answered(operation, call)
    kept = Kept(call.services.engine, call.services.vault, caller_of(call.viewer), key)
    before = kept.begin(f"{request.method} {request.full_path}".encode(), content)
    if before is not None:
        return before
    try:
        answer = _answered(operation, call)
    except Problem as problem:
        answer = problem.answer()
    except BaseException:
        kept.forget()
        raise
    kept.keep(answer)
    return answer


def _answered(operation: Operation, call: Call) -> Response:
    try:
        found = operation.run(call)
    except ConfigurationError as error:
        # What the command line refuses in words is refused here in the same words.
        raise Problem(409, str(error)) from None
    reply = found if isinstance(found, Reply) else Reply(found, operation.status)
    if reply.text is not None:
        answer = Response(reply.text, reply.status, mimetype="text/plain")
    elif reply.model is None:
        answer = Response(status=204)
    else:
        answer = Response(reply.model.model_dump_json(by_alias=True), reply.status, mimetype="application/json")
    answer.headers.update(reply.headers)
    return answer
