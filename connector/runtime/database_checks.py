"""What ``gatepost doctor`` says about the login of the processes."""

from __future__ import annotations

from collections.abc import Iterator

from connector.bootstrap import Services
from connector.store.database.application_login import ExcessRight, login_rights
from connector.store.database.postgres import APPLICATION_ROLE
from connector.sync.setup import ConnectionCheck, Health

_TWO_LOGINS = (
    f"Let the processes log in as {APPLICATION_ROLE}, and give the owner's address to gatepost db upgrade alone "
    "(GATEPOST_MAINTENANCE_DATABASE_URL): Deploying, Two logins."
)
_AS_OWNER = "Ask the owner of the database to run: gatepost db upgrade"
_TAKE_BACK = "Ask the database administrator to take this right back from the login and its roles."
_EXCESS = {
    ExcessRight.SUPERUSER: ("is a superuser: it can switch off all that protects the audit", _TWO_LOGINS),
    ExcessRight.OWNER: ("owns tables of Gatepost: it can switch off what protects the audit", _TWO_LOGINS),
    ExcessRight.ROLES: ("may make roles, replicate, or read past the policies", _TAKE_BACK),
    ExcessRight.SERVER: ("may write the server's files, run its programs, or switch triggers off", _TAKE_BACK),
    ExcessRight.WRITE_ONCE: ("may change what is written once", _AS_OWNER),
    ExcessRight.OWN_OBJECTS: ("may make tables that could stand in the place of Gatepost's", _AS_OWNER),
}


def login_checks(services: Services) -> Iterator[ConnectionCheck]:
    """Whether the processes could rewrite the audit with the login that they have."""
    login = login_rights(services.engine)
    for right in login.excess:
        message, hint = _EXCESS[right]
        yield ConnectionCheck("database login", Health.BAD, f"{login.name} {message}", hint)
    if services.settings.maintenance_address is not None:
        yield ConnectionCheck(
            "database login",
            Health.BAD,
            "GATEPOST_MAINTENANCE_DATABASE_URL is among the settings here: whoever reads them owns the database",
            "Set it for gatepost db upgrade and gatepost db partitions alone, not for the processes.",
        )
    elif not login.excess:
        yield ConnectionCheck(
            "database login", Health.GOOD, f"{login.name} owns nothing and cannot change what is written once"
        )
