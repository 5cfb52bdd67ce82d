"""The people of the demo: one for each role, who are the story's people in the tools."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from connector.bootstrap import Services
from connector.people.passwords import hashed
from connector.people.permissions import Account, Grant, Role
from connector.store.database.tables import MEASURE

BY = "demo"
DOMAIN = "nordbank.example"


@dataclass(frozen=True, slots=True)
class Cast:
    """Somebody of the demo; whoever has a name of the story is that person in Jira and ServiceNow as well."""

    login: str
    name: str
    grant: Grant
    about: str


CAST = (
    Cast(f"admin@{DOMAIN}", "Mara Stein", Grant(Role.ADMINISTRATOR), "connections, mapping, people"),
    Cast(f"kaya@{DOMAIN}", "Aylin Kaya", Grant(Role.OWNER, ("IT", "Core banking renewal")), "owner of measures"),
    Cast(f"brandt@{DOMAIN}", "Martin Brandt", Grant(Role.SPONSOR, ("IT",)), "sponsor"),
    Cast(f"weber@{DOMAIN}", "Julia Weber", Grant(Role.CONTROLLER, ("IT",), "Nordbank AG"), "controller"),
    Cast(f"office@{DOMAIN}", "Tom Berger", Grant(Role.OFFICE), "transformation office"),
    Cast(f"cfo@{DOMAIN}", "Ines Moreau", Grant(Role.VIEWER), "CFO, who looks"),
    Cast(f"ops@{DOMAIN}", "Jan Kowal", Grant(Role.OPERATOR), "operator"),
)


def add_people(services: Services, password: str) -> None:
    """Make everybody, all with the same password."""
    hash_ = hashed(password)
    for one in CAST:
        person = services.people.add(one.login, one.name, by=BY, password_hash=hash_)
        services.people.grant(person.id, one.grant, by=BY)


def link_people(services: Services) -> None:
    """Say which accounts of the tools they are, once the tools' items have been read."""
    known = {person.name: person.id for person in services.people.all()}
    for role in ("owner", "sponsor", "controller"):
        columns = (MEASURE.c.connection, MEASURE.c[f"{role}_id"], MEASURE.c[role])
        query = select(*columns).where(columns[1].is_not(None)).distinct()
        with services.engine.connect() as connection:
            found = connection.execute(query).all()
        for name, account, person in found:
            if person in known:
                services.people.link(known[person], Account(name, account), by=BY)
