"""How hand-overs between teams are read, as a mapping states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mapping.sources import MappingModel

TeamName = Annotated[str, Field(min_length=1, max_length=200)]


class HandoffRule(MappingModel):
    """With which team a ticket is: by its status, its team, or the account of its person, whichever is found first."""

    team: str | None = None
    """Jira's field with the team; ServiceNow's is the assignment group."""
    people: Mapping[TeamName, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    """Team to the accounts of its people, where no field names the team: account ids, user names."""
    statuses: Mapping[str, TeamName] = {}
    """Status to the team or vendor for which a ticket waits in it: ``{Waiting for vendor: Fabrikam}``."""
    working: tuple[str, ...] = ()
    """Statuses in which work is done; without them those that the tool itself counts as begun."""
    vendors: tuple[TeamName, ...] = ()
    """Which of the teams are suppliers."""
