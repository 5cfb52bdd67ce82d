"""Combinations that were tried in order to get a green light, and that end without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from governance.measure import Person
from governance.presets import PRESETS
from tests.governance.factory import BRANDT, WEBER, measure
from tests.governance.test_combined_attacks import ACCEPT, DELEGATE, REJECT, SEVERAL, UNTIL
from tests.governance.test_role_change import FRIEND, LIND, NOVAK, OFFICER, World


def _swapped(world: World) -> None:
    """Sponsor and controller change places, and each accepts the other."""
    world.name(sponsor=WEBER, controller=BRANDT)
    for person, role in ((BRANDT, "sponsor"), (WEBER, "controller"), (WEBER, "sponsor"), (BRANDT, "controller")):
        world.say(person, role, ACCEPT)
    world.say(WEBER, "detailed")


def _accepted_by_an_unaccepted_holder(world: World) -> None:
    """The new sponsor accepts the new owner, and the new controller the new sponsor."""
    world.name(owner=NOVAK, sponsor=LIND, controller=FRIEND)
    for person, role in ((LIND, "owner"), (FRIEND, "sponsor"), (LIND, "controller"), (NOVAK, "sponsor")):
        world.say(person, role, ACCEPT)
    world.say(LIND, "detailed")


def _emptied_and_filled_again(world: World) -> None:
    for sponsor in (None, SEVERAL, None, FRIEND, None, SEVERAL, LIND):
        world.name(sponsor=sponsor)
    world.say(LIND, "detailed")


def _named_while_nobody_looked(world: World) -> None:
    """Accepted for one, then another is named before Gatepost reads it."""
    world.name(sponsor=LIND)
    world._add(BRANDT, "sponsor", ACCEPT)
    world.name(sponsor=FRIEND)
    world.say(FRIEND, "detailed")


def _approved_in_the_batch_of_the_change(world: World) -> None:
    world._add(LIND, "detailed")
    world.name(sponsor=LIND)
    world.say(BRANDT, "sponsor", ACCEPT)


def _delegated_before_the_acceptance(world: World) -> None:
    world.name(sponsor=LIND)
    world.say(LIND, "", DELEGATE, delegate="f", until=UNTIL)
    world.say(FRIEND, "detailed")
    world.say(BRANDT, "sponsor", ACCEPT)
    world.say(FRIEND, "detailed")


def _delegate_of_a_former_holder(world: World) -> None:
    world.say(BRANDT, "", DELEGATE, delegate="f", until=UNTIL)
    world.name(sponsor=LIND)
    world.say(FRIEND, "detailed")
    world.say(BRANDT, "sponsor", ACCEPT)
    world.say(FRIEND, "detailed")


def _delegate_who_becomes_the_owner(world: World) -> None:
    world.measure = replace(world.measure, business_unit=None)
    world.say(BRANDT, "", DELEGATE, delegate="f", until=UNTIL)
    world.say(FRIEND, "detailed")
    world.measure = measure()
    world.name(owner=FRIEND)


def _rejection_taken_back_by_the_former_holder(world: World) -> None:
    """Approved, rejected, the role given to another and back, and the rejection edited away."""
    world.measure = replace(world.measure, business_unit=None)
    world.say(BRANDT, "detailed")
    world.name(sponsor=LIND)
    world.say(BRANDT, "detailed", REJECT, text="no")
    world.name(sponsor=BRANDT)
    world.said = tuple(one._replace(withdrawn=True) if one.verb is REJECT else one for one in world.said)
    world.measure = measure()
    world.pass_time()


def _rejection_that_the_successor_inherits(world: World) -> None:
    world.measure = replace(world.measure, business_unit=None)
    world.name(sponsor=LIND)
    world.say(BRANDT, "sponsor", ACCEPT)
    world.say(LIND, "detailed")
    world.say(LIND, "detailed", REJECT, text="no")
    world.name(sponsor=BRANDT)
    world.say(LIND, "sponsor", ACCEPT)
    world.measure = measure()
    world.pass_time()


def _office_in_a_role(world: World) -> None:
    """Somebody of the office becomes sponsor by another account, and accepts that."""
    world.officers = OFFICER
    world.name(sponsor=Person("n2", "Petra N.", True, identities=("person:7",)))
    world.say(NOVAK, "sponsor", ACCEPT)
    world.say(world.roles.sponsor, "detailed")  # type: ignore[arg-type]


def _preset_changed_in_between(world: World) -> None:
    """The stages get other names, and the roles are as new."""
    world.policy = PRESETS["six"]
    world.name(sponsor=LIND)
    world.say(LIND, "detailed")


def _switched_off(world: World) -> None:
    world.policy = replace(world.policy, off=frozenset({"ROLE_CHANGED", "COMMAND_ALTERED", "SOD"}))
    world.name(sponsor=LIND)
    world.say(LIND, "detailed")


WAYS = [
    _swapped, _accepted_by_an_unaccepted_holder, _emptied_and_filled_again, _named_while_nobody_looked,
    _approved_in_the_batch_of_the_change, _delegated_before_the_acceptance, _delegate_of_a_former_holder,
    _delegate_who_becomes_the_owner, _rejection_taken_back_by_the_former_holder,
    _rejection_that_the_successor_inherits, _office_in_a_role, _preset_changed_in_between, _switched_off,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_no_way_round_ends_at_a_granted_stage(way: Callable[[World], None]) -> None:
    world = World()
    way(world)
    assert world.verdict.stage == "identified"
    assert [one for one in world.blockers if "APPROVAL_MISSING" in one]
