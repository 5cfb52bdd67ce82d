"""The owner: one person across the items of a measure, who does something.

An action is a command that was accepted, an edit of the item or a move that the tool itself names the owner for.  What
nobody is named for is nobody's action: an unknown history is not an active one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from governance.evidence import Command, Evidence, JoinedOwner
from governance.facts import Unknown, known
from governance.finding_draft import FindingDraft
from governance.measure import Measure, Person, Role
from governance.measure_state import OwnerActivity
from governance.number_words import number_of
from governance.responsible import responsible
from governance.separation import same_person
from governance.time_text import day_text


def observe_owner(
    measure: Measure, evidence: Evidence, commands: Iterable[Command], now: datetime
) -> OwnerActivity | None:
    """The actions of the present owner that are known by now; what was seen is not forgotten while it is unreadable."""
    before, owner = evidence.measure_state.owner_activity, measure.roles.owner
    if not isinstance(owner, Person):
        return before
    if before is None:
        # Whoever is the owner when Gatepost comes has been it for as long as there is an item, for all we know.
        before = OwnerActivity(owner.id, evidence.created or now)
    elif before.owner != owner.id:
        before = OwnerActivity(owner.id, now)
    given = [command.at for command in commands if command.accepted and same_person(command.person, owner)]
    known_actions = [at for at in (before.acted_at, evidence.owner_edited, *given) if at is not None]
    return OwnerActivity(owner.id, before.since, max(known_actions, default=None))


def inactive_since(activity: OwnerActivity | None, limit: int | None, now: datetime) -> datetime | None:
    """From when nothing is known of the owner, once that is longer ago than ``limit`` days; ``None`` before."""
    if activity is None or limit is None:
        return None
    last = max(activity.since, activity.acted_at or activity.since)
    return last if now - last > timedelta(days=limit) else None


def inactive_at(activity: OwnerActivity | None, limit: int | None) -> datetime | None:
    """When the owner counts as inactive, if nothing is done until then."""
    if activity is None or limit is None:
        return None
    return max(activity.since, activity.acted_at or activity.since) + timedelta(days=limit, seconds=1)


def inactive_drafts(
    measure: Measure, activity: OwnerActivity | None, limit: int | None, now: datetime
) -> Iterator[FindingDraft]:
    """The owner has done nothing for longer than the policy bears."""
    since, owner = inactive_since(activity, limit, now), known(measure.roles.owner)
    if since is None or activity is None or owner is None:
        return
    last = f"the last was on {day_text(since)}"
    if activity.acted_at is None or activity.acted_at < activity.since:
        last = f"no action is known since {day_text(since)}"
    sentence = (
        f"the owner {owner.name} has done nothing on the measure for {number_of((now - since).days, 'day')} ({last}), "
        f"the limit is {limit}: ask for a sign of life, or name another owner"
    )
    yield FindingDraft("owner", sentence, (responsible(measure, Role.SPONSOR),))


def conflict_drafts(measure: Measure, joined: Iterable[JoinedOwner]) -> Iterator[FindingDraft]:
    """A joined item names another owner than the measure's own item, which takes precedence."""
    owner = measure.roles.owner
    for one in joined:
        if isinstance(one.owner, Unknown):
            sentence = f"who owns {one.key} is not known, so nobody can say that it is one owner: {one.owner.reason}"
            yield FindingDraft(one.key, sentence, (responsible(measure, Role.SPONSOR),))
        elif one.owner is not None and isinstance(owner, Person) and not same_person(owner, one.owner):
            sentence = (
                f"{owner.name} owns the measure and {one.owner.name} owns {one.key}, which is joined to it: "
                f"{owner.name} counts, because the measure's own item comes first; name one owner in both, or link "
                "the accounts if they are one person"
            )
            yield FindingDraft(one.key, sentence, (responsible(measure, Role.SPONSOR),))
