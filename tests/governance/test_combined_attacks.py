"""What somebody who wants a green light may combine: roles, rejections, delegations and edits, one after another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.evidence import Verb
from governance.facts import Unknown
from tests.governance.factory import BRANDT, measure
from tests.governance.test_role_change import LIND, World

SEVERAL = Unknown("the field names several people; a role has one holder")


def test_a_sponsor_says_no_also_while_the_field_names_two_people() -> None:
    """The owner adds a second name to the field for the minute in which the sponsor rejects."""
    world = World()
    world.measure = replace(world.measure, business_unit=None)
    world.say(BRANDT, "detailed")
    world.name(sponsor=SEVERAL)
    assert world.say(BRANDT, "detailed", Verb.REJECT, text="not like this") == (
        "Detailed rejected (not like this) by M. Brandt as sponsor."
    )
    world.measure = measure()
    world.name(sponsor=BRANDT)
    assert world.verdict.stage == "identified"
    assert [one for one in world.blockers if "rejected" in one] == [
        "Detailed is shut: M. Brandt rejected Detailed on 20 Nov 2026: not like this"
        " · owner A. Kaya to act · since 20 Nov · APPROVAL_MISSING"
    ]


@pytest.mark.parametrize("named", [LIND, None, SEVERAL], ids=["another", "nobody", "two people"])
def test_overwritten_words_count_also_while_the_role_is_in_question(named: object) -> None:
    """The owner overwrites the sponsor's newest words, and names somebody else for the minute in which that is read."""
    world = World()
    world.measure = replace(world.measure, business_unit=None)
    world.say(BRANDT, "detailed")
    world.roles = replace(world.roles, sponsor=named)
    world.say(BRANDT, "", Verb.OVERWRITTEN, problem="A. Kaya edited it on 20 Nov 2026 11:30 UTC")
    world.measure = measure()
    world.name(sponsor=BRANDT)
    assert world.verdict.stage == "identified"
    assert [one for one in world.blockers if "edited" in one] == [
        "Detailed is shut: what M. Brandt wrote on 20 Nov 2026, after the approval, is not known, because A. Kaya "
        "edited it on 20 Nov 2026 11:30 UTC: it has to be given again"
        " · sponsor M. Brandt to act · since 20 Nov · APPROVAL_MISSING"
    ]


@pytest.mark.parametrize("named", [LIND, None, SEVERAL], ids=["another", "nobody", "two people"])
def test_whoever_held_the_role_may_stop_the_measure_while_it_is_in_question(named: object) -> None:
    world = World().name(sponsor=named)
    assert world.say(BRANDT, "", Verb.HOLD, text="who changed this?") == (
        "On hold (who changed this?) by M. Brandt as sponsor."
    )
    assert world.say(BRANDT, "", Verb.RESUME) == "Resumed by M. Brandt, who had put it on hold."
