"""Hours of a person in a week: stated of the person, of their team, or of everybody else.

Formula::

    hours of a person = what is stated of the person; else the least that is stated of one of their teams;
                        else what is stated of everybody else, which may be unknown

What the policy states of a name counts before what a file or program states of it.  Letter case and blanks around a
name do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from governance.facts import Fact, Unknown


def hours_name(name: str) -> str:
    """As names are compared."""
    return name.strip().lower()


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Names are as :func:`hours_name` gives them."""

    others: Decimal | None
    """Of everybody of whom nothing is stated; ``None`` is not known."""
    people: Mapping[str, Decimal] = field(default_factory=dict)
    """By account, login or name."""
    teams: Mapping[str, Decimal] = field(default_factory=dict)
    teams_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Teams of people, as files and tools state them."""

    def with_stated(
        self,
        people: Mapping[str, Decimal],
        teams: Mapping[str, Decimal],
        teams_of: Mapping[str, tuple[str, ...]],
    ) -> WeeklyHours:
        """The same with what files and programs state."""
        return replace(self, people={**people, **self.people}, teams={**teams, **self.teams}, teams_of=teams_of)

    def stated_of(self, names: Sequence[str], team: str = "") -> Fact[Decimal]:
        """What is stated of somebody with these names; ``team`` is theirs where no file or tool says another.

        ``None``: nothing, and those of everybody else count; unknown where nobody else's are known either.
        """
        keys = [hours_name(name) for name in names if name.strip()]
        for key in keys:
            if key in self.people:
                return self.people[key]
        teams = tuple(one for key in keys for one in self.teams_of.get(key, ())) or (hours_name(team),)
        of_teams = [self.teams[one] for one in teams if one in self.teams]
        if of_teams:
            return min(of_teams)
        return None if self.others is not None else Unknown("nobody states them")

    def of_team(self, team: str) -> Decimal | None:
        """Of a person of the team of whom nothing else is stated; ``None`` is not known."""
        return self.teams.get(hours_name(team), self.others)

    def of_person(self, person: str, team: str = "") -> Decimal | None:
        """``None`` is not known."""
        stated = self.stated_of([person], team)
        return self.others if stated is None else None if isinstance(stated, Unknown) else stated


def named(hours: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """By name as it is compared; of a name that comes twice the least."""
    found: dict[str, Decimal] = {}
    for name, amount in hours:
        key = hours_name(name)
        found[key] = min(amount, found.get(key, amount))
    return found
