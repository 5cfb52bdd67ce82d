"""One's own API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import PersonId, Scope
from webhook_server.api.operation import Call, Operation, Part
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model, Word


class Token(Model):
    number: int
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class TokenList(Model):
    items: list[Token]


class NewToken(Model):
    name: Word
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    days: Annotated[int, Field(ge=1, le=3650)] = Field(default=90, description="How long it lives.")


class MadeToken(Model):
    token: str = Field(description="Shown only now.")


def list_tokens(call: Call) -> TokenList:
    rows = call.services.tokens.all(_person(call))
    return TokenList(
        items=[
            Token(
                number=row.id, name=row.name, scopes=sorted(row.scopes), created_at=row.created_at,
                expires_at=row.expires_at, used_at=row.used_at, revoked_at=row.revoked_at,
            )
            for row in rows
        ]
    )  # fmt: skip


def make_token(call: Call) -> MadeToken:
    sent, person = call.sent(NewToken), _person(call)
    more = sorted(set(sent.scopes) - call.viewer.scopes)
    if more:
        raise Problem(403, f"A token gives no more than it has: {', '.join(more)}.", "Ask with a token that has them.")
    now = system_clock()
    ends = now + timedelta(days=sent.days)
    token = call.services.tokens.create(person, sent.name, sent.scopes, ends=ends, by=call.viewer.login, now=now)
    return MadeToken(token=token)


def revoke_token(call: Call) -> None:
    number = call.number("number")
    if not call.services.tokens.revoke(number, by=call.viewer.login, person=_person(call)):
        raise Problem(404, f"You have no token {number} that is in use.", "Numbers stand in the list of your tokens.")


def _person(call: Call) -> PersonId:
    if call.viewer.person is None:
        raise Problem(403, "Behind this token there is no person.", "Use a token that a person has made.")
    return call.viewer.person


PART = Part("number", "a token's number", int)

OPERATIONS = (
    Operation("GET", "/tokens", "tokens", "List your own tokens", list_tokens, TokenList),
    Operation(
        "POST", "/tokens", "tokens", "Make a token for yourself", make_token, MadeToken, status=201,
        scope=Scope.ADMIN, body=NewToken,
    ),
    Operation(
        "DELETE", "/tokens/{number}", "tokens", "End one of your tokens", revoke_token, scope=Scope.ADMIN, parts=(PART,)
    ),
)  # fmt: skip
