"""The reference page of permissions: what every page and operation asks of its caller, from the declarations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, cast

from flask import Flask

from connector.bootstrap import Services
from connector.settings import Settings
from docs.generator.tables import code, table
from webhook_server.admin import PAGES
from webhook_server.api import BASE, OPERATIONS
from webhook_server.permission import Entry, Permission, Reach, permission_of

INTRODUCTION = """\
# Permissions

Every page and every operation of the API declares what it asks of its caller
([webhook_server/permission.py](../../webhook_server/permission.py)); the check before each request and this page read
the same declaration.

| reach | meaning |
| --- | --- |
| nothing | nothing of a measure is shown or changed: settings, names of connections, figures of the installation |
| own | the caller's own account |
| visible | what the caller's roles and accounts let them see; the database holds it as well |
| part | the part for which the caller holds the role; the rest is not there for them |
| organisation | all of it: the role has to be given for everything |

Webhook endpoints, `/health/…` and `/metrics` ask for no person: an event proves itself by its signature.

"""
HEAD = ("what", "role", "reach", "does or shows")


def page() -> str:
    return (
        INTRODUCTION
        + "## Pages\n\n"
        + table(HEAD, _pages())
        + "\n## API\n\nBeside the role a token needs the scope.\n\n"
        + table(("what", "scope", "role", "reach", "does or shows"), _operations())
    )


def _pages() -> Iterable[Sequence[str]]:
    app = Flask("pages")
    for blueprint in PAGES:
        app.register_blueprint(blueprint(_without_database()))
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))
    for rule in rules:
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        permission = permission_of(view)
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        told = (view.__doc__ or rule.endpoint.replace(".", ": ").replace("_", " ")).strip().splitlines()[0]
        yield code(f"{methods} {rule.rule}"), _role(permission), permission.reach.value, told


def _operations() -> Iterable[Sequence[str]]:
    for operation in OPERATIONS:
        permission = operation.permission
        what = code(f"{operation.method} {BASE}{operation.path}")
        yield (
            what,
            operation.scope.value if operation.scope else "any token",
            _role(permission),
            permission.reach.value,
            operation.summary,
        )


def _role(permission: Permission) -> str:
    if permission.entry is Entry.OPEN:
        return "nobody needs one, nor has to sign in"
    if not permission.roles:
        return "any, or none"
    everywhere = permission.reach is Reach.ORGANISATION
    return permission.allowed_roles if not everywhere else permission.allowed_roles.replace(" for the whole", ", whole")


class _Unused:
    """Stands for a part of the services that building the pages does not use."""

    def __getattr__(self, name: str) -> Any:
        return self


def _without_database() -> Services:
    unused = _Unused()
    names = dict.fromkeys(Services.__dataclass_fields__, unused)
    return cast("Services", SimpleNamespace(**names | {"settings": Settings.model_construct()}))
