"""What a route asks of its caller: who is admitted, and that every route says it."""

from __future__ import annotations

import pytest
from flask import Flask

from connector.people.permissions import Role, RoleGrant, TokenScope, Viewer
from tests.connector.store.conftest import store
from tests.connector.store.reconcile.test_assessment_store import loaded
from tests.webhook_server.visitor import WebSite
from webhook_server.permission import OPEN, OWN_PROOF, SIGNED_IN, Entry, Permission, Reach, permission_of

__all__ = ["loaded", "store"]

OPERATORS = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})
ANYWHERE = Permission(roles=OPERATORS, reach=Reach.PART)
EVERYWHERE = Permission(roles=OPERATORS, reach=Reach.ORGANISATION)
WRITING = Permission(roles=OPERATORS, reach=Reach.PART, scope=TokenScope.OPERATIONS_WRITE)


def viewer(*grants: RoleGrant, scopes: frozenset[TokenScope] = frozenset(TokenScope)) -> Viewer:
    return Viewer(person=None, login="l", name="L", grants=grants, scopes=scopes)


ALL, PART = RoleGrant(Role.OPERATOR), RoleGrant(Role.OPERATOR, ("IT",))
ENTITY = RoleGrant(Role.OPERATOR, (), "Nordbank AG")


@pytest.mark.parametrize(
    ("permission", "who", "admitted"),
    [
        pytest.param(OPEN, None, True, id="an open page, to nobody"),
        pytest.param(OWN_PROOF, None, True, id="a webhook endpoint, to nobody"),
        pytest.param(SIGNED_IN, None, False, id="any other page, to nobody"),
        pytest.param(SIGNED_IN, viewer(), True, id="whoever is signed in"),
        pytest.param(ANYWHERE, viewer(), False, id="no role"),
        pytest.param(ANYWHERE, viewer(RoleGrant(Role.VIEWER)), False, id="another role"),
        pytest.param(ANYWHERE, viewer(PART), True, id="the role of a part"),
        pytest.param(EVERYWHERE, viewer(PART), False, id="of a part, where it is for the whole organisation"),
        pytest.param(EVERYWHERE, viewer(ENTITY), False, id="of one legal entity"),
        pytest.param(EVERYWHERE, viewer(RoleGrant(Role.VIEWER), PART), False, id="another role for everything"),
        pytest.param(EVERYWHERE, viewer(ALL), True, id="the role for everything"),
        pytest.param(
            WRITING, viewer(ALL, scopes=frozenset({TokenScope.MEASURES_READ})), False, id="a token without the scope"
        ),
        pytest.param(WRITING, viewer(ALL), True, id="a token with the scope"),
    ],
)
def test_who_is_admitted(permission: Permission, who: Viewer | None, *, admitted: bool) -> None:
    assert permission.admits(who) is admitted


def test_every_route_declares_what_it_asks(site: WebSite) -> None:
    """Only one's own account is for all signed-in people without a role."""
    app: Flask = site.app
    without_role = {
        rule.endpoint.partition(".")[0]
        for rule in app.url_map.iter_rules()
        if permission_of(app.view_functions[rule.endpoint]).entry is Entry.SIGNED_IN
        and not permission_of(app.view_functions[rule.endpoint]).roles
        and permission_of(app.view_functions[rule.endpoint]).scope is None
        and rule.endpoint not in {"api.get_me", "api.get_version"}
    }
    # What the palette finds is what the person may see.
    assert without_role == {"account", "palette", "provider", "second_factor"}
    open_to_all = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if permission_of(app.view_functions[rule.endpoint]).entry is not Entry.SIGNED_IN
    }
    assert open_to_all == {
        "api.give_token", "api.openapi", "docs.index", "first_administrator.create", "health.live", "health.metrics",
        "health.ready", "home.index", "home.theme",
        "provider.callback", "provider.start", "signin.authenticate", "signin.code", "signin.end_session", "signin.show", "static",
    }  # fmt: skip
