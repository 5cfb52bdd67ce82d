"""The person of Gatepost in whose name a command is run."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.remedy import Remedy

InTheNameOf = Annotated[
    str, typer.Option("--as", help="Login of the Gatepost account whose entries these are; needed to post")
]


def stated_account(services: Services, login: str) -> str:
    """The login of an active account, as it is written there; whoever reviews a month is compared with it.

    Raises ConfigurationError where there is no such account, or nobody was named.
    """
    if not login.strip():
        raise ConfigurationError(
            "Say whose entries these are: --as LOGIN, with an account of Gatepost. Whoever posts a month does not "
            "review it, and a user of this machine is no person that Gatepost knows."
        )
    person = services.people.find_by_login(login)
    if person is None or not person.active:
        raise ConfigurationError(
            f'"{login}" is no active account of Gatepost.', remedy=Remedy(command="List them with: gatepost user list")
        )
    return person.login
