"""The caller's own API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import PersonId, TokenScope
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model, ShortText


class TokenModel(Model):
    number: int
    name: str
    scopes: list[TokenScope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class TokenList(Model):
    items: list[TokenModel]


class NewToken(Model):
    name: ShortText
    scopes: Annotated[list[TokenScope], Field(min_length=1, max_length=4)]
    days: Annotated[int, Field(ge=1, le=3650)] = Field(default=90, description="Days until it expires.")


class CreatedToken(Model):
    token: str = Field(description="Shown only in this answer.")


def list_tokens(call: ApiCall) -> TokenList:
    rows = call.services.tokens.all(_person(call))
    return TokenList(
        items=[
            TokenModel(
                number=row.id, name=row.name, scopes=sorted(row.scopes), created_at=row.created_at,
                expires_at=row.expires_at, used_at=row.used_at, revoked_at=row.revoked_at,
            )
            for row in rows
        ]
    )  # fmt: skip


def create_token(call: ApiCall) -> CreatedToken:
    sent, person = call.body_as(NewToken), _person(call)
    missing = sorted(set(sent.scopes) - call.viewer.scopes)
    if missing:
        raise Problem(
            403, f"This token lacks the scopes: {', '.join(missing)}.", "Use a token that has the scopes to be given."
        )
    now = system_clock()
    expires_at = now + timedelta(days=sent.days)
    token = call.services.tokens.create(
        person, sent.name, sent.scopes, expires_at=expires_at, by=call.viewer.login, now=now
    )
    return CreatedToken(token=token)


def revoke_token(call: ApiCall) -> None:
    number = call.number_parameter("number")
    if not call.services.tokens.revoke(number, by=call.viewer.login, person=_person(call)):
        raise Problem(404, f"You have no valid token {number}.", "See the list of your tokens.")


def _person(call: ApiCall) -> PersonId:
    if call.viewer.person is None:
        raise Problem(403, "This token does not belong to a person.", "Use a token of a person.")
    return call.viewer.person


NUMBER_PARAMETER = PathParameter("number", "a token's number", int)

OPERATIONS = (
    Operation("GET", "/tokens", "tokens", "List your own tokens", list_tokens, TokenList),
    Operation(
        "POST",
        "/tokens",
        "tokens",
        "Create a token for yourself",
        create_token,
        CreatedToken,
        status=201,
        scope=TokenScope.ADMIN,
        body=NewToken,
    ),
    Operation(
        "DELETE",
        "/tokens/{number}",
        "tokens",
        "Revoke one of your tokens",
        revoke_token,
        scope=TokenScope.ADMIN,
        path_parameters=(NUMBER_PARAMETER,),
    ),
)
