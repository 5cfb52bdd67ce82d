"""A command below the head of a mail is never taken, and answered once unless somebody has said it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.command_grammar import USAGE
from governance.evidence import Command, Ruling, Verb
from governance.measure import Person
from mapping.assess_item import MeasureAssessment
from mapping.command_history import merge_commands
from mapping.comment_commands import RESTRICTED
from mapping.work_item import Comment, CommentEdit, StatusCategory
from tests.mapping.governed import assessed, at_work, comment, decided, epic
from tests.mapping.items import BRANDT, KAYA, NOW, WEBER
from tests.mapping.test_command_history import POLICY

HEAD = "From: A. Kaya\nSent: Monday, 5 October 2026\n"
MINUTE = timedelta(minutes=1)
APP = Person("bot", "Automation", is_app=True)
REPLY = "Closed is not approved but confirmed, by controller J. Weber: /confirm 140,000 EUR 2026-08..2026-10"


def quoted(
    text: str, *earlier: Command, before: Sequence[Comment] = (), written: str = "", by: Person = BRANDT
) -> list[str]:
    """What is answered of a comment."""
    comments = (*before, Comment("9", by, NOW, text))
    found = merge_commands(comments, POLICY, earlier, written=written)
    assert not [one for one in found.commands if one.source.id == "9" and one.quoted and one.verb is not Verb.MALFORMED]
    return [one.text for one in found.commands if one.source.id == "9" and one.quoted]


def ruled(text: str, by: Person = KAYA, reply: str = "said") -> list[Command]:
    found = merge_commands([Comment("1", by, NOW - MINUTE, text)], POLICY, ())
    return [one._replace(ruling=Ruling(True, reply)) for one in found.commands]


ANSWERED = {
    "typed below what looks like a head": (f"{HEAD}/approve decided", "/approve decided"),
    "below a rule": ("As I wrote yesterday:\n/hold waiting for the contract", "/hold waiting for the contract"),
    "below words of one's own": (f"We agreed.\n{HEAD}\nSo:\n/resume", "/resume"),
    "only the first": (f"{HEAD}/approve decided\n/hold later", "/approve decided"),
    "a slip": (f"{HEAD}/aprove decided", "/aprove decided"),
    "beside another command that counts": (f"/approve detailed\n\n{HEAD}/approve decided", "/approve decided"),
    "above a quoted sentence": (
        f"{HEAD}/approve decided\nWaiting for M. Brandt (sponsor) to approve Detailed, since 3 Feb. Comment\n"
        "/approve detailed · APPROVAL_MISSING",
        "/approve decided",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), ANSWERED.values(), ids=ANSWERED)
def test_a_command_that_nobody_gave_before_is_answered(text: str, line: str) -> None:
    assert quoted(text) == [line]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"No, why?\n\n{HEAD}\nPlease approve this.", id="a mail without a command"),
        pytest.param(f"{HEAD}/home/kaya/plan.xlsx", id="a path"),
        pytest.param(f"{HEAD}> /approve decided", id="marked as a quote"),
        pytest.param(f"/approve decided\n\n{HEAD}/approve decided", id="what the answer itself says"),
        pytest.param(f"{HEAD}Comment\n/approve decided · APPROVAL_MISSING", id="the end of a blocker"),
        pytest.param(
            f"{HEAD}Comment\n/approve decided here, or open\nhttps://gatepost.example/measures/1 ·\nAPPROVAL_MISSING",
            id="a blocker with an address, broken",
        ),
        pytest.param(f"{HEAD}Answer with:\n/reason TEXT", id="how a reason is given"),
        pytest.param(f"{HEAD}The sponsor cancels it with\n/cancel REASON; until then it is open", id="how to cancel"),
        pytest.param(f"{HEAD}The sponsor decides by 5 Dec:\n/resume to go on,\n/cancel to stop", id="the kill switch"),
        pytest.param(
            f"{HEAD}That is no command. Correct form: /approve STAGE, for example:\n/approve decided", id="an example"
        ),
        *(
            pytest.param(f"{HEAD}Correct form:\n{usage}", id=f"usage of {verb.value}")
            for verb, usage in USAGE.items()
            if "for example" in usage
        ),
    ],
)
def test_a_quoted_text_of_gatepost_or_of_nobody_is_not_answered(text: str) -> None:
    assert quoted(text) == []


@pytest.mark.parametrize(
    ("said", "line"),
    [
        pytest.param("/approve decided", "/approve decided", id="an approval"),
        pytest.param("/approve decided", "/approve Decided", id="by its label"),
        pytest.param("/confirm 1.2M EUR 2026-08..2026-10", "/confirm 1,200,000 EUR 2026-08..2026-10", id="an amount"),
        pytest.param("/aprove decided", "/aprove decided", id="a slip"),
        pytest.param(
            "/reject decided the costs of the second site are not final yet",
            "/reject decided the costs of the second site\nare not final yet",
            id="broken by a mail program",
        ),
        pytest.param(
            "/delegate [~accountid:7] until 2026-12-31", "/delegate @Sara Lind until 2026-12-31", id="a mention"
        ),
        pytest.param("/accept-role sponsor [~accountid:7]", "/accept-role sponsor @Sara Lind", id="a role"),
        pytest.param(f"{HEAD}/hold later", "/hold later", id="what was answered before"),
    ],
)
def test_a_command_that_was_given_before_is_not_answered(said: str, line: str) -> None:
    assert quoted(f"Agreed.\n\n{HEAD}{line}", *ruled(said)) == []
    assert quoted(f"Agreed.\n\n{HEAD}{line}", before=[Comment("1", KAYA, NOW - MINUTE, said)]) == []


@pytest.mark.parametrize(
    ("said", "line"),
    [
        pytest.param("/approve detailed", "/approve decided", id="another stage"),
        pytest.param("/hold later this year", "/hold later", id="a beginning that no mail has broken"),
        pytest.param("/delegate lind until 2026-11-30", "/delegate lind until 2026-12-31", id="another day"),
    ],
)
def test_another_command_is_answered(said: str, line: str) -> None:
    assert quoted(f"{HEAD}{line}", *ruled(said)) == [line]


def test_what_is_given_later_was_not_quoted() -> None:
    after = Comment("1", KAYA, NOW + MINUTE, "/approve decided")
    assert quoted(f"{HEAD}/approve decided", before=[after]) == ["/approve decided"]


def test_a_quoted_reply_is_not_answered_however_a_mail_has_broken_it() -> None:
    broken = (
        f"{HEAD}Closed is not approved but confirmed, by controller J. Weber:\n/confirm 140,000 EUR 2026-08..2026-10"
    )
    assert quoted(broken, *ruled("/approve closed", reply=REPLY)) == []
    whole = broken.replace("Closed is", "- A. Kaya, 3 Feb 2026 10:00 UTC: Closed is")
    assert quoted(whole, written=f"Gatepost replies.\n- A. Kaya, 3 Feb 2026 10:00 UTC: {REPLY}") == []
    assert quoted(broken) == ["/confirm 140,000 EUR 2026-08..2026-10"]
    help_text = "Commands, each at the start of a line:\n/hold reason, for example: /hold later\n/resume"
    assert quoted(f"{HEAD}{help_text}", *ruled("/help", reply=help_text)) == []


def test_an_app_is_not_answered() -> None:
    assert quoted(f"{HEAD}/approve decided", by=APP) == []


def history(
    *comments: Comment, stored: Sequence[Command] = (), read_before: datetime | None = None
) -> tuple[list[str], list[str]]:
    found = merge_commands(comments, POLICY, stored, read_before=read_before)
    return tuple([f"{one.verb} {one.text}".strip() for one in some] for some in (found.commands, found.withdrawn))  # type: ignore[return-value]


TYPED = Comment("9", BRANDT, NOW, f"{HEAD}/approve decided")


def test_one_comment_is_answered_once() -> None:
    (answer,) = merge_commands([TYPED], POLICY, ()).commands
    stored = [answer._replace(ruling=Ruling(False, "not taken"))]
    assert merge_commands([TYPED], POLICY, stored, read_before=NOW).commands == stored
    again = replace(TYPED, text=f"{HEAD}/approve decided\n/hold later", edit=CommentEdit(NOW + MINUTE, BRANDT))
    assert merge_commands([again], POLICY, stored, read_before=NOW).commands == stored


def test_whoever_moves_the_command_above_the_head_has_given_it() -> None:
    stored = [one._replace(ruling=Ruling(False, "not taken")) for one in merge_commands([TYPED], POLICY, ()).commands]
    moved = replace(TYPED, text=f"/approve decided\n\n{HEAD}", edit=CommentEdit(NOW + MINUTE, BRANDT))
    assert history(moved, stored=stored, read_before=NOW) == (["approve"], ["malformed /approve decided"])


def test_what_was_read_before_is_not_answered_later() -> None:
    assert history(TYPED, read_before=NOW + 2 * MINUTE) == ([], [])


def test_what_somebody_else_wrote_into_a_comment_is_nobodys_and_loses_no_approval() -> None:
    """Words that nobody can know end an approval; an edit that adds a quoted mail hides none."""
    edited = replace(TYPED, edit=CommentEdit(NOW + 3 * MINUTE, KAYA))
    assert history(edited, read_before=NOW + 2 * MINUTE) == ([], [])


def test_of_a_restricted_comment_nothing_is_repeated() -> None:
    (answer,) = merge_commands([replace(TYPED, restricted=True)], POLICY, ()).commands
    assert (answer.text, answer.quoted) == (RESTRICTED, True)


def replies(found: MeasureAssessment) -> list[str]:
    return [one.ruling.reply for one in found.verdict.commands if one.ruling is not None and one.quoted]


def test_whoever_has_typed_a_command_reads_why_it_was_not_taken() -> None:
    typed = comment(BRANDT, f"{HEAD}/approve implemented", NOW + MINUTE)
    found = assessed(at_work(comments=(typed,)), decided())
    assert replies(found) == [
        '"/approve implemented" is not taken: it stands below the head of a mail, where nothing counts, because it may be '
        "the word of somebody else. Write the command in a comment of its own."
    ]
    assert found.comparison.reply_comment is not None
    assert replies(found)[0] in found.comparison.reply_comment.text
    again = assessed(at_work(comments=(typed,)), found, now=NOW + timedelta(days=2))
    assert replies(again) == replies(found)


def test_whoever_has_no_role_has_no_text_repeated() -> None:
    stranger = Person("n", "N. Novak")
    found = assessed(epic(comments=(comment(stranger, f"{HEAD}/approve decided"),)))
    assert replies(found) == [
        "A command below the head of a mail is not taken: nothing counts there, because it may be the word of somebody "
        "else. Write the command in a comment of its own."
    ]


def test_a_thread_that_quotes_the_approval_of_the_decision_is_not_answered() -> None:
    thread = comment(WEBER, f"Thank you.\n\n{HEAD}/approve detailed\n/approve decided", NOW + MINUTE)
    found = assessed(at_work(comments=(thread,), status_category=StatusCategory.INDETERMINATE), decided())
    assert replies(found) == []
