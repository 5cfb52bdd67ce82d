"""An operation of the API: one declaration from which route, checks and OpenAPI description are made.

The models that check a request are those that the OpenAPI document shows; scopes, roles, idempotency keys and problems
are part of the same declaration (``deploy/adr/0015``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import IO, TypeVar

from flask import Blueprint, Response, request, send_file
from pydantic import BaseModel, ValidationError
from werkzeug.http import http_date

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.people.permissions import ALLOWED_ROLES, ORGANISATION_WIDE, Action, TokenScope, Viewer
from connector.people.token_scopes import DECIDING_SCOPES
from webhook_server.api.idempotency import KEY_HEADER, IdempotentRequest, caller_of
from webhook_server.api.list_options import (
    PARTIAL_MEDIA_TYPE,
    filter_mark,
    in_order,
    only_fields,
    unmarked,
    with_marked_cursor,
)
from webhook_server.api.problem import FieldError, Problem, ProblemCode, invalid_request
from webhook_server.api.rate_limit import Allowance, RateLimits
from webhook_server.api.values import FieldsQuery, ListQuery, PageQuery
from webhook_server.auth import viewer_or_none
from webhook_server.permission import Permission, Reach, declare
from webhook_server.recent_sign_in import is_recent

PLAIN_FILE = "application/octet-stream"
"""What a file is as well, for clients that know no other type of files."""

MAX_PARAMETER_LENGTH = 300
"""Characters of a path parameter."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A variable part of a path."""

    name: str
    description: str
    kind: type = str
    allows_slashes: bool = False
    """Whether it may contain slashes, as the id of a measure does; sent as they are, or as ``%2F``."""


@dataclass(frozen=True, slots=True)
class FileReply:
    """A whole file, which is sent in parts and never held in memory."""

    content: IO[bytes]
    """At its beginning; closed once it is sent."""
    name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A response with its own status or headers, or with plain text."""

    model: BaseModel | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    """Plain text in place of the model."""
    file: FileReply | None = None
    """A file in place of the model."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request, after all checks."""

    services: Services
    viewer: Viewer
    path_parameters: Mapping[str, str | int]
    query: BaseModel | None
    body: BaseModel | None

    def text_parameter(self, name: str) -> str:
        return str(self.path_parameters[name])

    def number_parameter(self, name: str) -> int:
        return int(self.path_parameters[name])

    def query_as(self, model: type[Model]) -> Model:
        """The query, of the model that the operation names."""
        return self.query if isinstance(self.query, model) else model()

    def body_as(self, model: type[Model]) -> Model:
        """The body, of the model that the operation names."""
        if not isinstance(self.body, model):
            raise TypeError(f"the operation has no body of {model.__name__}")
        return self.body


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    """With parameters in braces: ``/measures/{measure}/explain``."""
    tag: str
    summary: str
    run: Callable[[ApiCall], BaseModel | Reply | None]
    response_model: type[BaseModel] | None = None
    status: int = 200
    scope: TokenScope | None = field(kw_only=True)
    """What a token has to be allowed; ``None`` where any valid token is enough."""
    action: Action | None = None
    """What its caller must be allowed to do, in addition to the token's scope."""
    path_parameters: Sequence[PathParameter] = ()
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    other_responses: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    """Further responses that are not problems, by status."""
    problems: Mapping[int, str] = field(default_factory=dict)
    """Problems of this operation by status, with their explanation."""
    changes_access: bool = False
    """Whether a browser's session is not enough for it when the sign-in is older than ten minutes."""
    has_text_form: bool = False
    """Whether it also answers in plain text."""
    file_type: str | None = None
    """The media type of a file that it answers with, in place of a model."""
    description: str = ""
    deprecated_since: date | None = None
    """From which day on clients should use something else; sent with every answer."""
    sunset: date | None = None
    """When it goes, at least a year after ``deprecated_since``."""

    @property
    def asked(self) -> type[BaseModel] | None:
        """The model of its query; a list that names none has an order and fields all the same."""
        answer = self.response_model
        whole_list = self.method == "GET" and answer is not None and set(answer.model_fields) == {"items"}
        return self.query or (ListQuery if whole_list else None)

    @property
    def is_list(self) -> bool:
        """Whether its answer has entries of which only some fields may be asked for."""
        return self.asked is not None and issubclass(self.asked, FieldsQuery)

    @property
    def is_page(self) -> bool:
        """Whether its answer is a part of a list, with a cursor."""
        return self.asked is not None and issubclass(self.asked, PageQuery)

    @property
    def permission(self) -> Permission:
        """What it asks of its caller, as every route declares it."""
        roles = frozenset() if self.action is None else ALLOWED_ROLES.get(self.action, frozenset())
        reach = Reach.ORGANISATION if self.action in ORGANISATION_WIDE else _REACH.get(self.action, Reach.VISIBLE)
        return Permission(roles=roles, reach=reach, scope=self.scope)

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def name(self) -> str:
        words = [part.strip("{}") for part in self.path.split("/") if part]
        return "_".join([self.method.lower(), *words]).replace("-", "_").replace(".", "_")

    def rule(self) -> str:
        """The path as a Flask rule; a text where a number belongs does not match it."""
        path = self.path
        for parameter in self.path_parameters:
            kind = "path:" if parameter.allows_slashes else "int:" if parameter.kind is int else ""
            path = path.replace(f"{{{parameter.name}}}", f"<{kind}{parameter.name}>")
        return path


_REACH: Mapping[Action | None, Reach] = {
    Action.OBSERVE: Reach.NOTHING,
    Action.OPERATE: Reach.PART,
    Action.POST_MONEY: Reach.PART,
    Action.SUBSCRIBE: Reach.PART,
    Action.DRAFT: Reach.VISIBLE,
    Action.ACTIVATE: Reach.PART,
    Action.MANAGE_PEOPLE: Reach.PART,
}


def add_route(blueprint: Blueprint, operation: Operation, services: Services, limits: RateLimits) -> None:
    """Add the route of an operation."""

    def view(**values: str | int) -> Response:
        allowance: Allowance | None = None
        try:
            viewer = _authorised_viewer(operation)
            allowance = limits.take(_counted_as(viewer))
            if not allowance.allowed:
                raise Problem(
                    429, "Too many requests with this token.", f"Wait {allowance.reset_seconds} seconds.",
                    headers={"Retry-After": str(allowance.reset_seconds)},
                )  # fmt: skip
            return with_headers(answer(viewer, values), allowance)
        except Problem as problem:
            return with_headers(problem.response(), allowance)

    def with_headers(response: Response, allowance: Allowance | None) -> Response:
        if allowance is not None:
            response.headers.update(allowance.headers)
        response.headers.update(_end_of_life(operation))
        return response

    def answer(viewer: Viewer, values: Mapping[str, str | int]) -> Response:
        parameters = {
            parameter.name: _path_parameter(parameter, values[parameter.name])
            for parameter in operation.path_parameters
        }
        query = _query(operation.asked)
        if not operation.is_write:
            return _unless_same(_run(operation, ApiCall(services, viewer, parameters, query, None)))
        content = _content(operation)
        body = _body(operation.body, content)
        return _run_once(operation, ApiCall(services, viewer, parameters, query, body), content)

    declare(view, operation.permission)
    blueprint.add_url_rule(
        operation.rule(), operation.name, view, methods=[operation.method], provide_automatic_options=False
    )


def _counted_as(viewer: Viewer) -> str:
    """Whose requests are counted together: a token's, or those of a browser's person."""
    return f"token/{viewer.token}" if viewer.token is not None else caller_of(viewer)


def _unless_same(response: Response) -> Response:
    """With an ``ETag``; 304 without a body for a client that has this very answer."""
    if response.status_code != 200 or response.is_streamed:
        return response
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _end_of_life(operation: Operation) -> dict[str, str]:
    """https://www.rfc-editor.org/rfc/rfc9745 and https://www.rfc-editor.org/rfc/rfc8594"""
    headers: dict[str, str] = {}
    if operation.deprecated_since is not None:
        since = datetime.combine(operation.deprecated_since, datetime.min.time(), UTC)
        headers["Deprecation"] = f"@{int(since.timestamp())}"
    if operation.sunset is not None:
        headers["Sunset"] = http_date(datetime.combine(operation.sunset, datetime.min.time(), UTC))
    return headers


def _authorised_viewer(operation: Operation) -> Viewer:
    viewer = viewer_or_none()
    if viewer is None:
        raise Problem(401, "The bearer token is missing or wrong.", "Send Authorization: Bearer <token>.")
    if viewer.service_account is None:
        _check_role(operation, viewer)
        _check_scope(operation, viewer)
    else:
        _check_decides_nothing(operation)
        _check_scope(operation, viewer)
        _check_role(operation, viewer)
    if operation.changes_access and viewer.session is not None and not is_recent(viewer):
        raise Problem(
            403, "You signed in more than ten minutes ago.", "Sign in again, or send a token.",
            code=ProblemCode.SIGN_IN_TOO_OLD,
        )  # fmt: skip
    return viewer


def _check_role(operation: Operation, viewer: Viewer) -> None:
    permission = operation.permission
    if not permission.admits_role(viewer):
        raise Problem(
            403, f"This needs the role {permission.allowed_roles}.", "Ask an administrator of Gatepost for it.",
            code=ProblemCode.ROLE_MISSING,
        )  # fmt: skip


def _check_scope(operation: Operation, viewer: Viewer) -> None:
    if operation.scope is None or operation.scope in viewer.scopes:
        return
    raise Problem(
        403,
        f"This needs a token with the scope {operation.scope.value}; this one has "
        f"{', '.join(sorted(viewer.scopes)) or 'none'}.",
        "Create another token on the page Account, or a service account that has the scope.",
        code=ProblemCode.SCOPE_MISSING,
    )


def _check_decides_nothing(operation: Operation) -> None:
    """What a service account may not do whatever its scopes are; its commands are judged one by one."""
    if operation.scope in DECIDING_SCOPES:
        raise Problem(
            403, "A service account decides nothing: this is for people.", "Send a token of a person.",
            code=ProblemCode.DECIDES_NOTHING,
        )  # fmt: skip


def _path_parameter(parameter: PathParameter, value: str | int) -> str | int:
    """Raises Problem for a value that cannot name anything."""
    if isinstance(value, int):
        if 0 < value < 2**63:
            return value
        raise Problem(404, f"There is nothing with the number {str(value)[:20]}.", f"It is {parameter.description}.")
    if "\x00" in value or len(value) > MAX_PARAMETER_LENGTH or not value.strip():
        raise Problem(404, "There is nothing with that name.", f"It is {parameter.description}.")
    return value


def _query(model: type[BaseModel] | None) -> BaseModel | None:
    sent = dict(request.args.lists())
    fields = model.model_fields if model else {}
    lists = {name for name, field in fields.items() if "list" in str(field.annotation)}
    for name, values in sent.items():
        if name not in lists and len(values) > 1:
            message = f"{name} is given {len(values)} times."
            wrong = FieldError(location=name, message=message)
            raise Problem(422, f"The query is not valid: {name}.", message, errors=[wrong])
    flat: dict[str, object] = {name: values if name in lists else values[0] for name, values in sent.items()}
    if "cursor" in flat and "cursor" in fields:
        flat["cursor"] = unmarked(str(flat["cursor"]), filter_mark(request.path, sent))
    if model is None:
        if flat:
            message = "This address takes no parameters."
            wrongs = [FieldError(location=name, message=message) for name in flat]
            raise Problem(422, f"The query is not valid: {', '.join(flat)}.", message, errors=wrongs)
        return None
    try:
        return model.model_validate(flat)
    except ValidationError as error:
        raise invalid_request(error, "query") from None


def _content(operation: Operation) -> bytes:
    content = request.get_data(cache=False)
    if operation.body is None:
        if content.strip() not in {b"", b"{}"}:
            raise Problem(422, "The body is not valid.", "This address takes no body.")
        return b""
    if request.mimetype != "application/json":
        raise Problem(415, "The body's Content-Type must be application/json.", "Send it as JSON.")
    return content


def _body(model: type[BaseModel] | None, content: bytes) -> BaseModel | None:
    if model is None:
        return None
    try:
        # Strict: a text is not accepted for a number, nor a number for a text.
        return model.model_validate_json(content, strict=True)
    except ValidationError as error:
        raise invalid_request(error, "body") from None


def _run_once(operation: Operation, call: ApiCall, content: bytes) -> Response:
    """Under an ``Idempotency-Key`` a write is done once, and its response is stored and repeated."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return _run(operation, call)
    idempotent = IdempotentRequest(call.services.engine, call.services.vault, caller_of(call.viewer), key)
    earlier = idempotent.claim(f"{request.method} {request.full_path}".encode(), content)
    if earlier is not None:
        return earlier
    try:
        response = _run(operation, call)
    except Problem as problem:
        response = problem.response()
    except BaseException:
        idempotent.release()
        raise
    idempotent.store(response)
    return response


def _run(operation: Operation, call: ApiCall) -> Response:
    try:
        result = operation.run(call)
    except ConfigurationError as error:
        # The same message as on the command line.
        raise Problem(409, str(error)) from None
    if isinstance(result, BaseModel) and operation.is_list:
        result = with_marked_cursor(result, filter_mark(request.path, dict(request.args.lists())))
        if isinstance(call.query, ListQuery) and call.query.sort is not None:
            result = in_order(result, call.query.sort)
        wanted = request.args.getlist("fields")
        if wanted and operation.response_model is not None:
            return Response(
                only_fields(result, operation.response_model, wanted), operation.status, mimetype=PARTIAL_MEDIA_TYPE
            )
    reply = result if isinstance(result, Reply) else Reply(result, operation.status)
    if reply.file is not None:
        response = send_file(
            reply.file.content,
            PLAIN_FILE if request.accept_mimetypes.best == PLAIN_FILE else operation.file_type,
            as_attachment=True,
            download_name=reply.file.name,
            etag=False,
        )
    elif reply.text is not None:
        response = Response(reply.text, reply.status, mimetype="text/plain")
    elif reply.model is None:
        response = Response(status=204)
    else:
        response = Response(reply.model.model_dump_json(by_alias=True), reply.status, mimetype="application/json")
    response.headers.update(reply.headers)
    return response
