"""The running version, and the caller."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version as installed_version

from pydantic import Field
from sqlalchemy import text

from connector.people.permissions import Viewer
from connector.store.database.reading import reading
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Model


class RunningVersion(Model):
    gatepost: str
    schema_revision: str
    mapping: int | None
    """Number of the active version of the mapping."""


class AccountModel(Model):
    connection: str
    id: str


class OwnToken(Model):
    """The token of this request."""

    number: int
    expires_at: datetime = Field(description="Until when it counts.")


class CallerModel(Model):
    person: str | None = Field(
        description="Stable id at Gatepost; of a service account `service/` and its name.", examples=["gatepost/7"]
    )
    token: OwnToken | None = Field(description="The token of this request; null for a session.")
    login: str
    name: str
    roles: list[str]
    grants: list[str]
    scopes: list[str]
    accounts: list[AccountModel]


def version(call: ApiCall) -> RunningVersion:
    with reading(call.services.engine) as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    active = call.services.mappings.active()
    return RunningVersion(
        gatepost=installed_version("gatepost"), schema_revision=revision, mapping=active.number if active else None
    )


def me(call: ApiCall) -> CallerModel:
    viewer = call.viewer
    token = None
    if viewer.token is not None and viewer.token_expires_at is not None:
        token = OwnToken(number=viewer.token, expires_at=viewer.token_expires_at)
    return CallerModel(
        person=_stable_id(viewer),
        token=token,
        login=viewer.login,
        name=viewer.name,
        roles=sorted(viewer.roles),
        grants=[str(grant) for grant in viewer.grants],
        scopes=sorted(viewer.scopes),
        accounts=[AccountModel(connection=account.connection, id=account.id) for account in sorted(viewer.accounts)],
    )


def _stable_id(viewer: Viewer) -> str | None:
    if viewer.person is not None:
        return f"gatepost/{viewer.person}"
    return viewer.login if viewer.service_account is not None else None


OPERATIONS = (
    Operation(
        "GET",
        "/version",
        "about",
        "Show the running version",
        version,
        RunningVersion,
        scope=None,
    ),
    Operation(
        "GET",
        "/me",
        "about",
        "Show the caller and their rights",
        me,
        CallerModel,
        scope=None,
    ),
)
