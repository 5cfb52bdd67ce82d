"""The reply comment: its requests, its rulings, and when it is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Command, CommandOrigin, CommandSource, Verb
from governance.locked_plan import lock_plan
from governance.measure import Person
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.verdict import Verdict
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.reply_comment import (
    MAX_REFUSED_OF_ONE_PERSON,
    MAX_RULINGS,
    WRITTEN_REPLY,
    ReplyComment,
    reply_comment_of,
)
from mapping.work_item import ConnectionName, FieldName, Tool, WorkItem
from mapping.writeback import compare
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, evidence, lines, measure, new_command
from tests.mapping.items import NOW as ITEM_NOW
from tests.mapping.items import item
from tests.mapping.test_known_people import MAPPING, said

HEAD = "Gatepost replies in this comment and keeps it up to date."
SOME = measure(effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 12_000, 60_000)))
LOCKED = MeasureState("decided", plan=lock_plan(SOME.effects, NOW))


def verdict(*commands: object, state: MeasureState = LOCKED) -> Verdict:
    present = replace(evidence("decided", "decided", commands=commands), measure_state=state)
    return assess(SOME, present, POLICY, NOW)


def test_without_a_request_and_a_command_there_is_no_comment() -> None:
    quiet = assess(measure(), evidence("identified", "identified", commands=()), POLICY, NOW)
    assert reply_comment_of(measure(), quiet, None) is None


def test_a_reason_is_requested_from_the_owner_by_name() -> None:
    comment = reply_comment_of(SOME, verdict(), None)
    assert comment == ReplyComment(
        f"{HEAD}\n"
        "@A. Kaya: The lifetime benefit is 40% below plan: 144,000 EUR of 240,000 EUR planned. "
        "Why? Answer with: /reason TEXT\n"
        "- owner A. Kaya was asked on 21 Nov 2026 09:00 UTC",
        (("A. Kaya", "k"),),
    )


def test_each_command_gets_a_reply_with_its_author_and_time() -> None:
    commands = new_command("", KAYA, Verb.REASON, text="volume", at=NOW)
    comment = reply_comment_of(SOME, verdict(commands), None)
    assert comment is not None
    assert comment.text == (f"{HEAD}\n- A. Kaya, 21 Nov 2026 09:00 UTC: Reason noted (volume) by A. Kaya as owner.")


def test_only_the_newest_replies_stay() -> None:
    commands = [
        new_command(
            "",
            KAYA,
            Verb.REASON,
            text=f"r{n}",
            at=NOW + timedelta(minutes=n),
            source=CommandSource(CommandOrigin.COMMENT, f"c{n}"),
        )
        for n in range(12)
    ]
    comment = reply_comment_of(SOME, verdict(*commands), None)
    assert comment is not None
    assert [line.split("(")[1].split(")")[0] for line in comment.text.splitlines()[1:]] == [
        f"r{n}" for n in range(12 - MAX_RULINGS, 12)
    ]


def test_the_kill_switch_addresses_the_sponsor_and_the_committee() -> None:
    off_ramp = OffRamp(OffRampKind.KILLED, "gatepost", NOW, "the potential status is red since 21 Aug 2026")
    comment = reply_comment_of(SOME, verdict(state=replace(LOCKED, off_ramp=off_ramp)), None)
    assert comment is not None
    assert comment.text.splitlines()[1] == (
        "@M. Brandt and steering committee: stopped by the kill switch on 21 Nov 2026: the potential status is red "
        "since 21 Aug 2026. The sponsor decides: /resume to go on, /cancel to stop"
    )
    assert comment.mentions == ((BRANDT.name, BRANDT.id),)


def test_a_comment_with_the_same_text_is_left_alone() -> None:
    comment = reply_comment_of(SOME, verdict(), None)
    assert comment is not None
    assert compare({}, {}, {}, comment, f"{comment.text}\n").reply_comment is None
    assert compare({}, {}, {}, comment, None).reply_comment == comment


def test_when_all_is_well_again_the_comment_says_so() -> None:
    quiet = assess(measure(), evidence("identified", "identified", commands=()), POLICY, NOW)
    assert reply_comment_of(measure(), quiet, "Gatepost replies here …") == ReplyComment("Gatepost: no open questions.")


NOBODY = Person("n", "P. Novak")


def malformed(person: Person, number: int) -> Command:
    source = CommandSource(CommandOrigin.COMMENT, f"m{person.id}{number}")
    at = NOW + timedelta(minutes=number)
    text = f"/aprove {number}"
    return new_command(
        "", person, Verb.MALFORMED, text=text, problem='"/aprove" is not a command', usage="/help", at=at, source=source
    )


def test_nobody_pushes_the_answers_to_others_out() -> None:
    answer = new_command("", KAYA, Verb.REASON, text="volume", at=NOW)
    answers = [answer] + [
        new_command("", NOBODY, Verb.HELP, at=NOW, source=CommandSource(CommandOrigin.COMMENT, f"h{n}"))
        for n in range(20)
    ]
    crowd = [malformed(Person(f"x{n}", f"X. {n}"), n) for n in range(1, 30)]
    many = [malformed(NOBODY, n) for n in range(30, 60)] + [malformed(BRANDT, n) for n in range(60, 90)]
    comment = reply_comment_of(SOME, verdict(*answers, *crowd, *many), None)
    assert comment is not None
    lines = comment.text.splitlines()[1:]
    assert lines[0].endswith("Reason noted (volume) by A. Kaya as owner.")
    assert [line.partition(",")[0] for line in lines[1:]] == [
        "- X. 28", "- X. 29", *["- P. Novak"] * MAX_REFUSED_OF_ONE_PERSON, *["- M. Brandt"] * MAX_REFUSED_OF_ONE_PERSON,
    ]  # fmt: skip
    assert lines[-1].endswith('"/aprove 89": "/aprove" is not a command. Correct form: /help')
    assert lines[3].endswith("That is no command. Correct form: /help"), (
        "text of somebody without a role is not repeated"
    )


def test_a_command_that_is_answered_with_silence_takes_no_line() -> None:
    lost = new_command("", NOBODY, Verb.OVERWRITTEN, problem="somebody edited it", at=NOW)
    quiet = assess(measure(), evidence("identified", "identified", commands=(lost,)), POLICY, NOW)
    assert reply_comment_of(measure(), quiet, None) is None


@pytest.mark.parametrize(
    ("stored", "same"),
    [
        pytest.param("Gatepost: [~kaya] why? {x} @B", True, id="wiki text with a mention"),
        pytest.param(r"Gatepost: [~kaya] why? \{x\} @B", True, id="escaped wiki text"),
        pytest.param("Gatepost: @A. Kaya why? {\u2060x} @\u2060B", True, id="with what nobody sees"),
        pytest.param("Gatepost: @A. Kaya why? {y} @B", False, id="another text"),
    ],
)
def test_a_text_is_known_again_in_the_form_of_each_tool(stored: str, same: bool) -> None:
    comment = ReplyComment("Gatepost: @A. Kaya why? {\u2060x} @\u2060B", (("A. Kaya", "k"),))
    assert comment.has_text(stored) is same


@pytest.mark.parametrize(
    ("tool", "written", "present", "again"),
    [
        pytest.param(Tool.SERVICENOW, True, None, False, id="ServiceNow hides the note from us: it is there"),
        pytest.param(Tool.SERVICENOW, False, None, True, id="it was never written"),
        pytest.param(Tool.SERVICENOW, True, "Gatepost: something older", True, id="an older note is the newest shown"),
        pytest.param(Tool.JIRA, True, None, True, id="somebody deleted the comment in Jira"),
    ],
)
def test_a_note_that_was_written_is_not_written_again_because_it_is_not_shown(
    tool: Tool, written: bool, present: str | None, again: bool
) -> None:
    """A business rule on queries hides rows from the list and from the count: nothing then looks wrong."""
    connection = ConnectionName("jira-main")
    asked = item(tool=tool, connection=connection, comments=(said("/help"),), reply_comment=present)
    first = assessed(asked).comparison.reply_comment
    assert first is not None
    last_written = {FieldName(WRITTEN_REPLY): first.digest} if written else {}
    assert (assessed(asked, last_written).comparison.reply_comment is not None) is again


def assessed(some: WorkItem, last_written: Mapping[FieldName, str | None] | None = None) -> MeasureAssessment:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping), loaded
    found = assess_item(
        some, loaded.config, Policies(loaded.config), measure_state=MeasureState(), last_written=last_written or {},
        now=ITEM_NOW,
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found
