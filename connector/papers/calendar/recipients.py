"""Who receives a paper now, and where to."""

from __future__ import annotations

from dataclasses import dataclass

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.notify.message_addresses import AllowedTargets, full_address, is_mail
from connector.people.paper_access import receives
from connector.people.permissions import PersonId, Viewer
from connector.store.notifications.digests import Digests
from connector.store.notifications.papers import Recipient
from mapping.papers import StatedPaper


@dataclass(frozen=True, slots=True)
class PaperAddress:
    """Where a person's papers go; without an address ``problem`` says what to do."""

    address: str = ""
    """Secret: an address of Slack or Teams is a key."""
    problem: str = ""


def recipients_of(services: Services, paper: StatedPaper) -> tuple[Recipient, ...]:
    """Every active person who is meant now, by name."""
    found = []
    for person in services.people.all():
        viewer = services.people.viewer(person.id) if person.active else None
        if viewer is not None and receives(viewer, paper.to):
            found.append(Recipient(person.id, person.login, person.name))
    return tuple(found)


def unknown_people(services: Services, paper: StatedPaper) -> tuple[str, ...]:
    """Logins of the paper, its owner's among them, behind which there is no active person."""
    named = [paper.owner, *(one.person for one in paper.to if one.person)]
    found = []
    for login in dict.fromkeys(named):
        person = services.people.find_by_login(login)
        if person is None or not person.active:
            found.append(login)
    return tuple(found)


def address_of(services: Services, person: PersonId, viewer: Viewer, allowed: AllowedTargets) -> PaperAddress:
    """The address that they chose for messages; without one their login, where it is a mail address."""
    preference = Digests(services.engine, services.vault).get(person)
    chosen = preference.address if preference is not None else ""
    address = chosen or (viewer.login if is_mail(viewer.login) else "")
    if not address:
        return PaperAddress(problem=f"{viewer.name} has chosen no address yet, on the page Digest.")
    try:
        full_address(address, allowed)
    except ConfigurationError as error:
        return PaperAddress(problem=error.explained)
    return PaperAddress(address)
