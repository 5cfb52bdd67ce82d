"""The caller's own API tokens: listed and revoked.

None is created here: a new token changes access, so its person makes it on the page *My account*, signed in lately.
"""

from __future__ import annotations

from datetime import datetime

from connector.people.permissions import PersonId, TokenScope
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model


class TokenModel(Model):
    number: int
    name: str
    scopes: list[TokenScope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class TokenList(Model):
    items: list[TokenModel]


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
    Operation(
        "GET",
        "/tokens",
        "tokens",
        "List your own tokens",
        list_tokens,
        TokenList,
        scope=TokenScope.ACCESS_READ,
    ),
    Operation(
        "DELETE",
        "/tokens/{number}",
        "tokens",
        "Revoke one of your tokens",
        revoke_token,
        scope=TokenScope.ACCESS_WRITE,
        path_parameters=(NUMBER_PARAMETER,),
    ),
)
