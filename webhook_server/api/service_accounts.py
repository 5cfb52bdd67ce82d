"""Service accounts: programs that are nobody, each with scopes in a part of the organisation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, WithJsonSchema

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Action, TokenScope
from connector.people.service_account import LONGEST_LIFE, NAME_PATTERN, AccountState, ServiceAccount, administers
from connector.people.token_scopes import SERVICE_SCOPES
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import FieldError, Problem, ProblemCode
from webhook_server.api.values import Model, ShortText

_GRANTABLE = {"type": "string", "enum": sorted(scope.value for scope in SERVICE_SCOPES)}
"""Described so; another scope is refused as one that decides, with its code, and not as an unknown word."""

GrantableScope = Annotated[TokenScope, WithJsonSchema(_GRANTABLE)]
Days = Annotated[int, Field(ge=1, le=LONGEST_LIFE.days, description="Days that the secret lives.", examples=[90])]


class ServiceAccountModel(Model):
    number: int
    name: str
    person: str = Field(description="Stable id, as the audit has it.", examples=["service/deploy-bot"])
    client_id: str = Field(examples=["gpc_5e884898da280471"])
    scopes: list[TokenScope]
    hierarchy: list[str] = Field(description="Only this part of the hierarchy; empty: all of it.")
    legal_entity: str | None
    state: AccountState
    created_by: str
    created_at: datetime
    expires_at: datetime = Field(description="When its last secret ends.")
    used_at: datetime | None = Field(description="When it last asked for a token.")
    revoked_at: datetime | None


class ServiceAccountList(Model):
    items: list[ServiceAccountModel]


class NewServiceAccount(Model):
    name: Annotated[str, Field(pattern=NAME_PATTERN, examples=["deploy-bot"])]
    scopes: Annotated[list[GrantableScope], Field(min_length=1, max_length=20)] = Field(
        description="What it may do: nothing that decides.", examples=[["gates:read"]]
    )
    hierarchy: Annotated[list[ShortText], Field(max_length=4)] = Field(
        default=[], description="Portfolio, program, project, package, from the top down."
    )
    legal_entity: ShortText | None = None
    days: Days = 90


class Rotation(Model):
    days: Days = 90
    at_once: bool = Field(
        default=False, description="End the former secrets and their tokens now, not in a day: for one that was seen."
    )


class NewClientSecret(Model):
    service_account: ServiceAccountModel
    client_secret: str = Field(description="Shown only in this answer.", examples=["gpx_…"])


def list_accounts(call: ApiCall) -> ServiceAccountList:
    return ServiceAccountList(
        items=[
            _model(account)
            for account in call.services.service_accounts.all()
            if administers(call.viewer, account.hierarchy, account.legal_entity)
        ]
    )


def create(call: ApiCall) -> NewClientSecret:
    sent = call.body_as(NewServiceAccount)
    hierarchy = tuple(sent.hierarchy)
    if not administers(call.viewer, hierarchy, sent.legal_entity):
        raise Problem(403, "You do not administer all of this part.", "Name your own part of the hierarchy.")
    beyond = sorted(frozenset(sent.scopes) - SERVICE_SCOPES)
    if beyond:
        raise Problem(
            422, f"A service account decides nothing: {', '.join(beyond)} is for people.", "Leave these scopes out.",
            code=ProblemCode.DECIDES_NOTHING,
            errors=[FieldError(location="scopes", message="For people.", known=sorted(SERVICE_SCOPES))],
        )  # fmt: skip
    try:
        created = call.services.service_accounts.create(
            sent.name, sent.scopes, hierarchy=hierarchy, legal_entity=sent.legal_entity,
            lives=timedelta(days=sent.days), by=call.viewer.login, now=system_clock(),
        )  # fmt: skip
    except ConfigurationError as error:
        raise Problem(409, str(error), "Choose another name.", code=ProblemCode.ALREADY_EXISTS) from None
    return NewClientSecret(service_account=_model(created.account), client_secret=created.secret)


def show(call: ApiCall) -> ServiceAccountModel:
    return _model(_find(call))


def rotate(call: ApiCall) -> NewClientSecret:
    sent, name = call.body_as(Rotation), _find(call).name
    rotated = call.services.service_accounts.rotate(
        name, lives=timedelta(days=sent.days), at_once=sent.at_once, by=call.viewer.login, now=system_clock()
    )
    return NewClientSecret(service_account=_model(rotated.account), client_secret=rotated.secret)


def revoke(call: ApiCall) -> None:
    name = _find(call).name
    if not call.services.service_accounts.revoke(name, by=call.viewer.login, now=system_clock()):
        raise Problem(409, f"The service account {name} is revoked already.")


def _find(call: ApiCall) -> ServiceAccount:
    """One that the caller administers.  Raises Problem."""
    name = call.text_parameter("account")
    for account in call.services.service_accounts.all():
        if account.name == name and administers(call.viewer, account.hierarchy, account.legal_entity):
            return account
    raise Problem(404, f'There is no service account "{name}" in the part that you administer.')


def _model(account: ServiceAccount) -> ServiceAccountModel:
    same = (
        "number",
        "name",
        "client_id",
        "legal_entity",
        "created_by",
        "created_at",
        "expires_at",
        "used_at",
        "revoked_at",
    )
    return ServiceAccountModel(
        person=f"service/{account.name}",
        scopes=sorted(account.scopes),
        hierarchy=list(account.hierarchy),
        state=account.state(system_clock()),
        **{name: getattr(account, name) for name in same},
    )


TAG = "service accounts"
PATH = "/service-accounts/{account}"
ACCOUNT = (PathParameter("account", "a service account's name"),)
READ, WRITE, MANAGE = TokenScope.ACCESS_READ, TokenScope.ACCESS_WRITE, Action.MANAGE_PEOPLE

OPERATIONS = (
    Operation(
        "GET", "/service-accounts", TAG, "List service accounts", list_accounts, ServiceAccountList, scope=READ,
        action=MANAGE, description="Of the part that the caller administers; revoked ones too.",
    ),
    Operation(
        "POST", "/service-accounts", TAG, "Create a service account", create, NewClientSecret, 201, scope=WRITE,
        action=MANAGE, body=NewServiceAccount, changes_access=True,
        problems={422: "A value is not valid, or a scope is for people (`decides_nothing`)."},
        description="It is nobody: it reads and subscribes in its part, and decides nothing, whatever it is given.",
    ),
    Operation(
        "GET", PATH, TAG, "Show a service account", show, ServiceAccountModel, scope=READ, action=MANAGE,
        path_parameters=ACCOUNT,
    ),
    Operation(
        "POST", f"{PATH}/rotate", TAG, "Give a new secret; the former ones work for another day", rotate,
        NewClientSecret, scope=WRITE, action=MANAGE, path_parameters=ACCOUNT, body=Rotation, changes_access=True,
    ),
    Operation(
        "DELETE", PATH, TAG, "Revoke a service account with its secrets and tokens", revoke, scope=WRITE,
        action=MANAGE, path_parameters=ACCOUNT,
    ),
)  # fmt: skip
