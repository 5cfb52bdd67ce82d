"""Separation of duties: who is one person, and which roles of a measure one person may not fill together.

What is compared is the person and not the account: somebody with two accounts is still one person.  Being the same
person only ever takes something away; what somebody *may* do hangs on the account that holds the role.
"""

from __future__ import annotations

from governance.gates import Policy
from governance.measure import Measure, Person, Role

KEPT_APART: tuple[tuple[Role, Role], ...] = (
    (Role.OWNER, Role.CONTROLLER),
    (Role.SPONSOR, Role.CONTROLLER),
    (Role.OWNER, Role.SPONSOR),
    (Role.OWNER, Role.STEERING_COMMITTEE),
)
"""Roles of one measure that two people hold; a committee's member who owns it has no vote on it."""


def same_person(one: Person, other: Person) -> bool:
    """Whether two accounts are known to belong to one person: by id, by login, or by what is known of either.

    Where nothing but the ids is known, only these are compared.
    """
    if one.id == other.id or (one.login and one.login.casefold() == other.login.casefold()):
        return True
    return any(identity in other.identities for identity in one.identities)


def conflicting_role(person: Person, role: Role, measure: Measure, policy: Policy) -> Role | None:
    """The role of the measure that bars a person from acting in ``role``, because they hold it, by any account."""
    for pair in pairs_kept_apart(policy):
        if role in pair:
            other = pair[0] if pair[1] == role else pair[1]
            if any(same_person(one, person) for one in people_in(other, measure)):
                return other
    return None


def people_in(role: Role, measure: Measure) -> tuple[Person, ...]:
    """Whoever the tool names, and whose role it was as long as nobody has accepted the change.

    Else an owner would stop being one by writing another name into the field.
    """
    holder, former = measure.roles.of(role), measure.roles.former.get(role)
    return tuple(one for one in (holder, former) if isinstance(one, Person))


def pairs_kept_apart(policy: Policy) -> tuple[tuple[Role, Role], ...]:
    """The pairs of roles that this policy keeps apart."""
    pairs = KEPT_APART[:2] if policy.owner_may_sponsor else KEPT_APART
    return (*pairs, *policy.kept_apart) if policy.kept_apart else pairs
