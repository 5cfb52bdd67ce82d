"""Changes of owner, sponsor and controller: nobody borrows a role for the length of an approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from governance.assess import assess
from governance.command_grammar import parse_commands
from governance.evidence import Command, CommandOrigin, CommandSource, Verb
from governance.facts import Unknown
from governance.gates import GrantedStageRule, Policy, RoleChangeRule
from governance.measure import Committee, Measure, Person, Role, Roles
from governance.role_holders import Capacity
from governance.verdict import GateState, Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command

HOUR = timedelta(hours=1)
FRIEND, LIND = Person("f", "O. Friend", True), Person("l", "S. Lind", True)
NOVAK = Person("n", "P. Novak", True, identities=("person:7",))
OFFICER = {"person:7": (Capacity.OFFICE,)}
ADMINISTRATOR = {"person:7": (Capacity.ADMINISTRATOR,)}


class World:
    """One measure through several assessments, an hour after one another."""

    def __init__(
        self, roles: Roles | None = None, stage: str | None = "identified", policy: Policy = POLICY, **changes: object
    ) -> None:
        self.policy, self.now, self.roles = policy, NOW - timedelta(days=1), roles or measure().roles
        self.measure: Measure = measure(**changes)
        self.officers: Mapping[str, tuple[Capacity, ...]] = {}
        self.said: tuple[Command, ...] = ()
        self.verdict: Verdict = assess(
            replace(self.measure, roles=self.roles), evidence(stage, stage, commands=()), policy, self.now
        )

    def name(self, **roles: object) -> World:
        self.roles = replace(self.roles, **roles)  # type: ignore[arg-type]
        return self.pass_time()

    def say(self, person: Person, stage: str, verb: Verb = Verb.APPROVE, **more: object) -> str:
        """Somebody gives a command half an hour after the last assessment; the reply."""
        self._add(person, stage, verb, **more)
        self.pass_time()
        ruling = self.verdict.commands[-1].ruling
        assert ruling is not None
        return ruling.reply

    def _add(self, person: Person, stage: str, verb: Verb = Verb.APPROVE, **more: object) -> None:
        source = CommandSource(CommandOrigin.COMMENT, str(len(self.said)))
        facts: dict[str, object] = {"at": self.now + HOUR / 2, "source": source} | more
        self.said = (*self.said, new_command(stage, person, verb, **facts))

    def pass_time(self, hours: int = 1) -> World:
        self.now += HOUR * hours
        known = evidence(
            None,
            self.verdict.stage,
            commands=self.said,
            measure_state=self.verdict.measure_state,
            officers=self.officers,
        )
        self.verdict = assess(replace(self.measure, roles=self.roles), known, self.policy, self.now)
        self.said = self.verdict.commands
        return self

    def approve(self) -> World:
        """The real sponsor and controller approve, up to Decided."""
        for person, stage in ((BRANDT, "detailed"), (BRANDT, "decided"), (WEBER, "decided")):
            self._add(person, stage)
        return self.pass_time()

    @property
    def findings(self) -> list[str]:
        return [finding.sentence for finding in self.verdict.findings if finding.code == "ROLE_CHANGED"]

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(event.kind.value, event.text) for event in self.verdict.events if event.role_change is not None]

    @property
    def blockers(self) -> list[str]:
        return [blocker.sentence for blocker in self.verdict.blockers]


def test_borrowed_roles_grant_nothing() -> None:
    """The owner names herself and a colleague, both approve, and she puts the fields back."""
    world = World(policy=replace(POLICY, owner_may_sponsor=True)).name(sponsor=KAYA, controller=FRIEND)
    assert world.events == [
        ("role.changed", "The sponsor was changed from M. Brandt to A. Kaya; not accepted yet"),
        ("role.changed", "The controller was changed from J. Weber to O. Friend; not accepted yet"),
    ]
    assert world.findings == [
        "the sponsor was changed from M. Brandt to A. Kaya on 20 Nov 2026, and nobody has accepted it: "
        "M. Brandt or the transformation office does with /accept-role sponsor",
        "the controller was changed from J. Weber to O. Friend on 20 Nov 2026, and nobody has accepted it: "
        "J. Weber or the transformation office does with /accept-role controller",
    ]
    assert world.say(KAYA, "detailed") == (
        "A. Kaya may not approve Detailed yet: the sponsor was changed from M. Brandt to A. Kaya on 20 Nov 2026, and "
        "nobody has accepted it: M. Brandt or the transformation office does with /accept-role sponsor."
    )
    world.say(KAYA, "decided")
    world.say(FRIEND, "decided")
    assert world.verdict.stage == "identified"
    world.name(sponsor=BRANDT, controller=WEBER)
    assert world.verdict.stage == "identified"
    assert world.findings == []
    assert world.events == [
        ("role.restored", "M. Brandt is sponsor again: the change of the sponsor was put back"),
        ("role.restored", "J. Weber is controller again: the change of the controller was put back"),
    ]


def test_the_gate_says_that_the_approval_waits_for_the_change() -> None:
    world = World().name(sponsor=LIND)
    assert [sentence for sentence in world.blockers if "APPROVAL_MISSING" in sentence] == [
        "Cannot move into Detailed yet: the approval waits: the sponsor was changed from M. Brandt to S. Lind on 20 Nov 2026, and "
        "nobody has accepted it: M. Brandt or the transformation office does with /accept-role sponsor"
        ". M. Brandt and transformation office need to act, since 20 Nov · APPROVAL_MISSING"
    ]


def test_the_former_holder_accepts_and_the_new_one_approves() -> None:
    world = World().name(sponsor=LIND)
    assert world.say(BRANDT, "sponsor", Verb.ACCEPT_ROLE) == "S. Lind accepted as sponsor by M. Brandt."
    assert world.events == [
        ("role.accepted", "S. Lind is sponsor in place of M. Brandt: accepted by the former holder")
    ]
    assert world.findings == []
    world.say(LIND, "detailed")
    assert world.verdict.stage == "detailed"


def test_what_was_approved_before_the_acceptance_is_said_again() -> None:
    world = World().name(sponsor=LIND)
    world.say(LIND, "detailed")
    world.say(BRANDT, "sponsor", Verb.ACCEPT_ROLE)
    assert world.verdict.stage == "identified"


def test_emptying_the_field_first_is_no_way_round() -> None:
    world = World().name(sponsor=None)
    assert world.events == [("role.changed", "M. Brandt was taken out as sponsor, and nobody is named")]
    assert world.findings == [
        "M. Brandt was taken out as sponsor on 20 Nov 2026 and nobody is named: name the successor, or M. Brandt again"
    ]
    assert world.say(BRANDT, "sponsor", Verb.ACCEPT_ROLE) == "Nobody is named as sponsor: name the successor first."
    world.name(sponsor=LIND)
    world.say(LIND, "detailed")
    assert world.verdict.stage == "identified"
    assert "the sponsor was changed from M. Brandt to S. Lind" in world.findings[0]


def test_a_field_that_cannot_be_read_forgets_nobody() -> None:
    world = World().name(sponsor=Unknown("hidden")).name(sponsor=LIND)
    assert "the sponsor was changed from M. Brandt to S. Lind" in world.findings[0]


def test_the_first_to_hold_a_role_need_no_acceptance_before_anything_rests_on_an_approval() -> None:
    world = World(Roles(KAYA, None, None)).name(sponsor=BRANDT, controller=WEBER)
    assert world.events == [
        ("role.accepted", "M. Brandt is sponsor: the first to hold the role"),
        ("role.accepted", "J. Weber is controller: the first to hold the role"),
    ]
    assert world.approve().verdict.stage == "decided"


def test_a_role_that_is_filled_after_stages_were_granted_is_accepted_by_the_office() -> None:
    world = World(Roles(KAYA, BRANDT, None), "detailed").name(controller=FRIEND)
    assert world.findings == [
        "O. Friend was named controller on 20 Nov 2026, after stages had been granted, and nobody has accepted it: "
        "the transformation office does with /accept-role controller"
    ]


@pytest.mark.parametrize(
    ("role", "named", "person", "officers", "origin", "reply"),
    [
        ("sponsor", LIND, NOVAK, OFFICER, CommandOrigin.COMMENT, "S. Lind accepted as sponsor by P. Novak."),
        ("sponsor", LIND, NOVAK, ADMINISTRATOR, CommandOrigin.PAGE, "S. Lind accepted as sponsor by P. Novak."),
        ("sponsor", LIND, NOVAK, ADMINISTRATOR, CommandOrigin.COMMENT, "P. Novak may not accept this: "),
        ("sponsor", LIND, NOVAK, {}, CommandOrigin.PAGE, "P. Novak may not accept this: "),
        ("sponsor", LIND, KAYA, {}, CommandOrigin.PAGE, "A. Kaya may not accept this: A. Kaya is owner"),
        ("sponsor", LIND, WEBER, {}, CommandOrigin.PAGE, "J. Weber may not accept this: J. Weber is controller"),
        ("sponsor", NOVAK, NOVAK, OFFICER, CommandOrigin.PAGE, "P. Novak is the new sponsor: nobody accepts their own"),
        ("owner", LIND, BRANDT, {}, CommandOrigin.COMMENT, "S. Lind accepted as owner by M. Brandt."),
        ("owner", LIND, KAYA, {}, CommandOrigin.COMMENT, "S. Lind accepted as owner by A. Kaya."),
        ("owner", LIND, WEBER, {}, CommandOrigin.COMMENT, "J. Weber may not accept this: J. Weber is controller"),
    ],
)
def test_who_accepts_a_change(
    role: str, named: Person, person: Person, officers: Mapping[str, tuple[Capacity, ...]], origin: CommandOrigin,
    reply: str,
) -> None:  # fmt: skip
    world = World()
    world.officers = officers
    world.name(**{role: named})
    assert world.say(person, role, Verb.ACCEPT_ROLE, source=CommandSource(origin, "1")).startswith(reply)


def test_an_owner_stays_one_for_separation_of_duties_until_the_change_is_accepted() -> None:
    """She writes another name into the field, and is delegated to by the controller."""
    world = World(stage="detailed").name(owner=FRIEND)
    reply = world.say(WEBER, "", Verb.DELEGATE, delegate="k", until=NOW.date())
    assert reply == (
        "A. Kaya is owner of this measure and cannot stand in for the controller: nobody checks their own figures."
    )
    world.name(controller=KAYA)
    world.say(WEBER, "controller", Verb.ACCEPT_ROLE)
    assert any("A. Kaya is controller and owner at once" in sentence for sentence in world.blockers)


def test_who_is_owner_and_sponsor_does_not_accept_that_somebody_else_owns_it() -> None:
    world = World(Roles(KAYA, KAYA, WEBER)).name(owner=FRIEND)
    reply = world.say(KAYA, "owner", Verb.ACCEPT_ROLE)
    assert reply.startswith("A. Kaya may not accept this: A. Kaya is owner and sponsor of this measure.")
    assert any(sentence.endswith("SOD") for sentence in world.blockers)


def test_an_officer_who_owns_the_measure_accepts_nothing_by_any_account() -> None:
    owner = Person("k", "A. Kaya", True, identities=("person:7",))
    world = World(Roles(owner, BRANDT, WEBER))
    world.officers = OFFICER
    world.name(owner=FRIEND, sponsor=LIND)
    second_account = Person("k2", "Ayse K.", True, identities=("person:7",))
    reply = world.say(second_account, "sponsor", Verb.ACCEPT_ROLE)
    assert reply.startswith("Ayse K. may not accept this: Ayse K. is owner of this measure.")


def test_a_member_of_the_steering_committee_accepts_nothing() -> None:
    """Which committee decides follows the program, which the owner may move to that of a friend."""
    world = World(committee=Committee("IT Board", frozenset({"n"}))).name(controller=LIND)
    reply = world.say(NOVAK, "controller", Verb.ACCEPT_ROLE)
    assert reply.startswith("P. Novak may not accept this: The controller was changed from J. Weber to S. Lind")


def test_an_acceptance_is_bound_to_the_person_who_was_named_then() -> None:
    world = World().name(sponsor=LIND)
    world._add(BRANDT, "sponsor", Verb.ACCEPT_ROLE)  # before the next change is seen
    world.name(sponsor=FRIEND)
    ruling = world.verdict.commands[-1].ruling
    assert ruling is not None
    assert ruling.reply == ("O. Friend was named sponsor after this was written: give it again, if O. Friend is meant.")
    reply = world.say(BRANDT, "sponsor", Verb.ACCEPT_ROLE, delegate="l")
    assert reply == "The tool names O. Friend as sponsor now: nothing was accepted."
    assert world.say(BRANDT, "sponsor", Verb.ACCEPT_ROLE, delegate="f") == "O. Friend accepted as sponsor by M. Brandt."


def test_an_acceptance_that_names_the_person_may_come_with_the_change() -> None:
    world = World()
    world._add(BRANDT, "sponsor", Verb.ACCEPT_ROLE, delegate="l")
    world.name(sponsor=LIND)
    assert world.findings == []


def test_there_is_nothing_to_accept_where_nothing_has_changed() -> None:
    reply = World().say(BRANDT, "sponsor", Verb.ACCEPT_ROLE)
    assert reply == "The sponsor has not changed; there is nothing to accept."


def test_a_new_holder_may_neither_delegate_nor_confirm_nor_resume() -> None:
    world = World().name(sponsor=LIND, controller=FRIEND)
    delegation = world.say(LIND, "", Verb.DELEGATE, delegate="n", until=NOW.date())
    assert delegation.startswith("S. Lind may not delegate yet: the sponsor was changed from M. Brandt to S. Lind")
    assert world.say(FRIEND, "", Verb.CONFIRM).startswith("O. Friend may not confirm the actual effect yet: ")
    world.say(KAYA, "", Verb.HOLD, text="wait")
    assert world.say(LIND, "", Verb.RESUME).startswith("S. Lind may not resume it yet: ")


def test_stages_that_rest_on_the_former_holder_shut_the_next_gate() -> None:
    world = World().approve()
    assert world.verdict.stage == "decided"
    world.name(sponsor=LIND)
    assert world.verdict.stage == "decided"
    assert [sentence for sentence in world.blockers if "ROLE_CHANGED" in sentence] == [
        "Cannot move into Implemented yet: Detailed and Decided were granted on the approval of M. Brandt, who is no longer named; "
        "the sponsor was changed from M. Brandt to S. Lind on 20 Nov 2026, and nobody has accepted it: "
        "M. Brandt or the transformation office does with /accept-role sponsor"
        ". M. Brandt and transformation office need to act, since 20 Nov · ROLE_CHANGED"
    ]
    world.say(KAYA, "implemented")
    assert world.verdict.stage == "decided"
    world.say(BRANDT, "sponsor", Verb.ACCEPT_ROLE)
    assert world.verdict.stage == "implemented"


def test_an_unsettled_change_is_due_at_once_where_the_next_gate_is_not() -> None:
    world = World(start=date(2027, 6, 1), end=date(2028, 5, 31))
    world.say(BRANDT, "detailed")
    assert world.pass_time().verdict.stage == "detailed"
    assert world.verdict.gate is GateState.NOT_DUE
    assert world.name(sponsor=LIND).verdict.gate is GateState.BLOCKED


def test_stages_that_rest_on_the_former_holder_are_taken_back_where_the_policy_says_so() -> None:
    world = World(policy=replace(POLICY, after_role_change=GrantedStageRule.TAKE_BACK)).approve().name(sponsor=LIND)
    assert world.verdict.stage == "identified"
    assert [event.text for event in world.verdict.events if event.kind == "stage.reopened"] == [
        f"{label} taken back: the sponsor was changed from M. Brandt to S. Lind on 20 Nov 2026, and nobody has accepted "
        "it: M. Brandt or the transformation office does with /accept-role sponsor"
        for label in ("Decided", "Detailed")
    ]
    assert world.name(sponsor=BRANDT).verdict.stage == "decided"


def test_who_left_with_an_accepted_change_keeps_what_they_approved() -> None:
    world = World(policy=replace(POLICY, after_role_change=GrantedStageRule.TAKE_BACK)).approve()
    world._add(BRANDT, "sponsor", Verb.ACCEPT_ROLE, delegate="l")
    assert world.name(sponsor=LIND).verdict.stage == "decided"


def test_the_former_holder_may_still_reject() -> None:
    world = World().approve().name(sponsor=KAYA)
    assert world.say(BRANDT, "decided", Verb.REJECT, text="I was taken out").startswith("Decided rejected")
    assert world.verdict.stage == "detailed"


def test_a_policy_that_trusts_records_the_change_and_lets_the_new_holder_approve() -> None:
    world = World(policy=replace(POLICY, role_change=RoleChangeRule.TRUST)).name(sponsor=LIND)
    assert world.events == [
        ("role.accepted", "S. Lind is sponsor in place of M. Brandt: the policy trusts changes of roles")
    ]
    world.say(LIND, "detailed")
    assert world.verdict.stage == "detailed"


def test_a_cooling_time_gives_the_former_holder_the_time_to_object() -> None:
    policy = replace(POLICY, role_change=RoleChangeRule.COOLING, cooling=timedelta(hours=48))
    world = World(policy=policy).name(sponsor=LIND)
    assert world.findings[0].endswith("does with /accept-role sponsor, or it counts from 22 Nov 2026 10:00 UTC")
    assert world.verdict.reassess_at == datetime(2026, 11, 22, 10, tzinfo=NOW.tzinfo)
    world.pass_time(47)
    assert world.findings != []
    world.pass_time(1)
    assert world.events == [("role.accepted", "S. Lind is sponsor in place of M. Brandt: nobody objected in time")]
    world.say(LIND, "detailed")
    assert world.verdict.stage == "detailed"


def test_a_holder_whom_the_table_of_the_mapping_names_needs_no_acceptance() -> None:
    world = World().name(sponsor=LIND, from_directory=(Role.SPONSOR,))
    assert world.events == [
        ("role.accepted", "S. Lind is sponsor in place of M. Brandt: named by the table or group of the mapping")
    ]


def test_no_policy_switches_the_finding_off() -> None:
    world = World(policy=replace(POLICY, off=frozenset({"APPROVAL_MISSING"}))).approve().name(sponsor=LIND)
    assert any("ROLE_CHANGED" in sentence for sentence in world.blockers)


@pytest.mark.parametrize(
    ("text", "stage", "delegate", "problem"),
    [
        ("/accept-role sponsor", "sponsor", "", ""),
        ("/accept-role Controller [~accountid:5b10]", "controller", "5b10", ""),
        ("/accept-role owner @sara.lind", "owner", "sara.lind", ""),
        ("/accept-role", "", "", "the role is missing"),
        ("/accept-role boss", "", "", '"boss" is not a role; the roles are owner, sponsor, controller'),
        (
            "/accept-role sponsor Sara Lind",
            "",
            "",
            '"Sara Lind" is not a person: mention them with @, or write their user name',
        ),
    ],
)
def test_how_an_acceptance_is_written(text: str, stage: str, delegate: str, problem: str) -> None:
    (command,) = parse_commands(text, POLICY)
    assert (command.stage, command.delegate, command.problem) == (stage, delegate, problem)


def test_the_finding_names_the_stages_that_rest_on_the_former_holder() -> None:
    world = World().approve().name(sponsor=LIND)
    assert world.findings == [
        "Detailed and Decided were granted on the approval of M. Brandt, who is no longer named; the sponsor was changed "
        "from M. Brandt to S. Lind on 20 Nov 2026, and nobody has accepted it: M. Brandt or the transformation office "
        "does with /accept-role sponsor"
    ]
