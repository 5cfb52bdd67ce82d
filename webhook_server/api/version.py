"""What is running, and who asks."""

from __future__ import annotations

from importlib.metadata import version as installed_version

from sqlalchemy import text

from webhook_server.api.operation import Call, Operation
from webhook_server.api.values import Model


class Version(Model):
    gatepost: str
    schema_revision: str
    mapping: int | None
    """Number of the active version."""


class Account(Model):
    connection: str
    id: str


class Me(Model):
    login: str
    name: str
    roles: list[str]
    grants: list[str]
    scopes: list[str]
    accounts: list[Account]


def version(call: Call) -> Version:
    with call.services.engine.connect() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    active = call.services.mappings.active()
    return Version(
        gatepost=installed_version("gatepost"), schema_revision=revision, mapping=active.number if active else None
    )


def me(call: Call) -> Me:
    viewer = call.viewer
    return Me(
        login=viewer.login,
        name=viewer.name,
        roles=sorted(viewer.roles),
        grants=[str(grant) for grant in viewer.grants],
        scopes=sorted(viewer.scopes),
        accounts=[Account(connection=one.connection, id=one.id) for one in sorted(viewer.accounts)],
    )


OPERATIONS = (
    Operation("GET", "/version", "about", "Show what is running", version, Version),
    Operation("GET", "/me", "about", "Show who asks, and what they may", me, Me),
)
