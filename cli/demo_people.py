"""The people of the demo, one for each role; some are also people of the story in the tools."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from connector.bootstrap import Services
from connector.people.passwords import hash_password
from connector.people.permissions import Role, RoleGrant, ToolAccount
from connector.store.database.tables import MEASURE

ACTOR = "demo"
DOMAIN = "nordbank.example"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person of the demo; linked to the accounts of the same name in Jira and ServiceNow."""

    login: str
    name: str
    grant: RoleGrant
    summary: str


DEMO_PEOPLE = (
    DemoPerson(f"admin@{DOMAIN}", "Mara Stein", RoleGrant(Role.ADMINISTRATOR), "connections, mapping, people"),
    DemoPerson(
        f"kaya@{DOMAIN}", "Aylin Kaya", RoleGrant(Role.OWNER, ("IT", "Core banking renewal")), "owner of measures"
    ),
    DemoPerson(f"brandt@{DOMAIN}", "Martin Brandt", RoleGrant(Role.SPONSOR, ("IT",)), "sponsor"),
    DemoPerson(f"weber@{DOMAIN}", "Julia Weber", RoleGrant(Role.CONTROLLER, ("IT",), "Nordbank AG"), "controller"),
    DemoPerson(f"office@{DOMAIN}", "Tom Berger", RoleGrant(Role.OFFICE), "transformation office"),
    DemoPerson(f"cfo@{DOMAIN}", "Ines Moreau", RoleGrant(Role.VIEWER), "CFO, read only"),
    DemoPerson(f"ops@{DOMAIN}", "Jan Kowal", RoleGrant(Role.OPERATOR), "operator"),
    DemoPerson(f"apps@{DOMAIN}", "Lena Novak", RoleGrant(Role.INTEGRATOR), "integrator: API and subscriptions"),
)


def add_people(services: Services, password: str) -> None:
    """Add all of them, with the same password."""
    hash_ = hash_password(password, login=DOMAIN)
    for demo_person in DEMO_PEOPLE:
        person = services.people.add(demo_person.login, demo_person.name, by=ACTOR, password_hash=hash_)
        services.people.grant(person.id, demo_person.grant, by=ACTOR)


def link_people(services: Services) -> None:
    """Link them to their accounts in the tools, after the tools' items have been read."""
    known = {person.name: person.id for person in services.people.all()}
    for role in ("owner", "sponsor", "controller"):
        columns = (MEASURE.c.connection, MEASURE.c[f"{role}_id"], MEASURE.c[role])
        query = select(*columns).where(columns[1].is_not(None)).distinct()
        with services.engine.connect() as connection:
            found = connection.execute(query).all()
        for name, account, person in found:
            if person in known:
                services.people.link(known[person], ToolAccount(name, account), by=ACTOR)
