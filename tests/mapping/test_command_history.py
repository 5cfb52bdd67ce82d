"""Comments of now against the commands of before: what stands, what was taken back, and who changed whose words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.evidence import Alteration, Command, CommandOrigin, Ruling
from governance.measure import Person
from governance.presets import default_policy
from mapping.command_history import CommandHistory, merge_commands
from mapping.comment_commands import approvals_as_comments
from mapping.work_item import Approval, ApprovalDecision, Comment, CommentEdit
from tests.mapping.items import BRANDT, KAYA, NOW

POLICY = default_policy()
HOUR = timedelta(hours=1)
SAID = Comment("1", BRANDT, NOW - 5 * HOUR, "/approve decided")
AT = NOW - HOUR


def edited(text: str, by: Person | None, some: Comment = SAID, at: datetime = AT) -> Comment:
    return replace(some, text=text, edit=CommentEdit(at, by))


def read(
    *comments: Comment, before: Sequence[Command] = (), complete: bool = True, read_before: datetime | None = None
) -> CommandHistory:
    return merge_commands(comments, POLICY, before, complete=complete, read_before=read_before)


def ruled(*comments: Comment, accepted: bool = True) -> list[Command]:
    """What a first assessment stored of these comments."""
    return [one._replace(ruling=Ruling(accepted, "said")) for one in read(*comments).commands]


def words(commands: Sequence[Command]) -> list[str]:
    return [f"{one.verb} {one.stage}".strip() + (" (withdrawn)" if one.withdrawn else "") for one in commands]


def alterations(history: CommandHistory) -> list[tuple[str, str]]:
    return [(one.alteration.value, one.by) for one in history.altered]


JOURNAL = replace(SAID, text="/approve detailed")
STANDING = {
    "as it was": ((SAID,), []),
    "edited by somebody else": ((edited("fine", KAYA),), [("edited", "A. Kaya")]),
    "edited by somebody else into another command": ((edited("/reject decided no", KAYA),), [("edited", "A. Kaya")]),
    "edited by nobody knows whom": ((edited("fine", None),), [("edited", "")]),
    "a journal entry, which shows no edit": ((JOURNAL,), [("edited", "")]),
    "edited by somebody else who left the text alone": ((edited(SAID.text, KAYA),), []),
    "unedited, and Gatepost reads its form differently now": ((replace(JOURNAL, edits_shown=True),), []),
    "gone": ((), [("removed", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("comments", "altered"), STANDING.values(), ids=STANDING)
def test_what_somebody_else_does_leaves_the_command_standing(
    comments: tuple[Comment, ...], altered: list[tuple[str, str]]
) -> None:
    history = read(*comments, before=ruled(SAID))
    assert history.commands == ruled(SAID)
    assert history.withdrawn == []
    assert alterations(history) == altered


def test_a_comment_that_is_not_shown_is_gone_only_when_all_are_shown() -> None:
    history = read(before=ruled(SAID), complete=False)
    assert (words(history.commands), history.altered) == (["approve decided"], [])


def test_nobody_is_accused_over_a_command_that_was_refused() -> None:
    assert read(before=ruled(SAID, accepted=False)).altered == []


def test_the_speakers_own_edit_is_a_withdrawal() -> None:
    history = read(edited("not yet", BRANDT), before=ruled(SAID))
    assert (history.commands, words(history.withdrawn), history.altered) == ([], ["approve decided"], [])


def test_the_speakers_own_edit_keeps_what_it_repeats_and_adds_the_rest() -> None:
    after = edited("/hold wait\n/approve decided", BRANDT)
    history = read(after, before=ruled(SAID))
    assert [(one.verb, one.at, one.source.ordinal) for one in history.commands] == [
        ("approve", SAID.at, 1),
        ("hold", AT, 2),
    ]
    assert history.withdrawn == []
    stored = [one._replace(ruling=Ruling(accepted=True, reply="")) for one in history.commands]
    again = read(after, before=stored)
    assert (again.commands, again.withdrawn) == (stored, [])


def test_a_late_command_is_said_again_by_an_edit() -> None:
    (late,) = read(SAID).commands
    stored = [late._replace(ruling=Ruling(accepted=False, reply="Not counted", late=True))]
    after = edited("/approve decided\nas it is now", BRANDT)
    history = read(after, before=stored)
    assert [(one.at, one.source.ordinal, one.ruling is None) for one in history.commands] == [
        (SAID.at, 1, False),
        (AT, 2, True),
    ]
    everything = [
        one if one.ruling else one._replace(ruling=Ruling(accepted=True, reply="")) for one in history.commands
    ]
    assert read(after, before=everything).commands == everything


def test_a_rejection_that_was_taken_back_stays_on_record() -> None:
    no = Comment("1", BRANDT, NOW - 5 * HOUR, "/reject decided too dear")
    after = edited("/approve decided", BRANDT, no)
    history = read(after, before=ruled(no))
    assert words(history.commands) == ["reject decided (withdrawn)", "approve decided"]
    assert words(history.withdrawn) == ["reject decided (withdrawn)"]
    stored = [one if one.ruling else one._replace(ruling=Ruling(accepted=True, reply="")) for one in history.commands]
    again = read(after, before=stored)
    assert (again.commands, again.withdrawn, again.altered) == (stored, [], [])
    assert read(before=stored).altered != [], "the approval in it is gone now"


LOST = {
    "written and edited since the last reading": (edited("fine", KAYA), NOW - 6 * HOUR, ["overwritten"]),
    "never read before": (edited("fine", KAYA), None, ["overwritten"]),
    "read before the edit, and there was no command": (edited("fine", KAYA), NOW - 2 * HOUR, []),
    "a command put in after it was read": (edited("/approve decided", KAYA), NOW - 2 * HOUR, ["overwritten"]),
    "the editor is not known": (edited("fine", None), NOW - 6 * HOUR, ["overwritten"]),
    "the author's own edit": (edited("/approve decided", BRANDT), NOW - 6 * HOUR, ["approve decided"]),
}  # fmt: skip


@pytest.mark.parametrize(("comment", "read_before", "said"), LOST.values(), ids=LOST)
def test_words_that_somebody_else_changed_before_they_were_read(
    comment: Comment, read_before: datetime | None, said: list[str]
) -> None:
    history = read(comment, read_before=read_before)
    assert words(history.commands) == said
    if said == ["overwritten"]:
        (lost,) = history.commands
        who = "A. Kaya" if comment.edit and comment.edit.by else "somebody whom the tool does not name"
        assert (lost.person, lost.at, lost.problem) == (BRANDT, SAID.at, f"{who} edited it on 10 Feb 2026 08:00 UTC")
        stored = [lost._replace(ruling=Ruling(accepted=False, reply=""))]
        assert read(comment, before=stored, read_before=NOW).commands == stored, "it is ruled on once"


def test_the_author_says_again_what_was_lost() -> None:
    (lost,) = read(edited("fine", KAYA)).commands
    history = read(edited("/approve decided", BRANDT), before=[lost._replace(ruling=Ruling(accepted=False, reply=""))])
    assert (words(history.commands), words(history.withdrawn)) == (["approve decided"], ["overwritten"])


# --- the tool's own approvals ---------------------------------------------------------------------------------------

APPROVED = Approval("a1", BRANDT, ApprovalDecision.APPROVED, NOW - 5 * HOUR)
BY_KAYA = replace(APPROVED, is_own=False, set_by=KAYA)


def decided(*approvals: Approval) -> tuple[Comment, ...]:
    return approvals_as_comments(approvals, "decided")


def test_an_approval_counts_when_its_approver_has_set_it() -> None:
    assert words(read(*decided(APPROVED)).commands) == ["approve decided"]
    (lost,) = read(*decided(BY_KAYA)).commands
    assert (lost.verb, lost.problem) == ("overwritten", "A. Kaya set the approval on 10 Feb 2026 04:00 UTC")


def test_an_approval_that_is_open_again_is_withdrawn_whoever_opened_it() -> None:
    stored = ruled(*decided(APPROVED))
    for opened in (replace(APPROVED, decision=ApprovalDecision.OPEN), replace(BY_KAYA, decision=ApprovalDecision.OPEN)):
        history = read(*decided(opened), before=stored)
        assert (history.commands, words(history.withdrawn)) == ([], ["approve decided"])


def test_an_administrator_who_turns_a_rejection_round_changes_nothing() -> None:
    stored = ruled(*decided(replace(APPROVED, decision=ApprovalDecision.REJECTED)))
    history = read(*decided(BY_KAYA), before=stored)
    assert words(history.commands) == ["reject decided"]
    assert alterations(history) == [(Alteration.EDITED.value, "A. Kaya")]


def test_a_row_that_its_approver_only_saves_is_decided_by_nobody() -> None:
    """A remark of the approver does not adopt what somebody else has set, and repeats nothing of their own."""
    stored = [one._replace(ruling=Ruling(accepted=False, reply="")) for one in read(*decided(BY_KAYA)).commands]
    saved = replace(APPROVED, at=NOW)
    assert read(*decided(saved), before=stored).commands == stored
    late = ruled(*decided(APPROVED), accepted=False)
    assert read(*decided(saved), before=late).commands == late


def test_an_approval_that_was_open_in_between_is_decided_anew() -> None:
    stored = [one._replace(ruling=Ruling(accepted=False, reply="")) for one in read(*decided(BY_KAYA)).commands]
    opened = read(*decided(replace(APPROVED, decision=ApprovalDecision.OPEN)), before=stored)
    assert (opened.commands, words(opened.withdrawn)) == ([], ["overwritten"])
    history = read(*decided(replace(APPROVED, at=NOW)))
    assert [(one.verb, one.at) for one in history.commands] == [("approve", NOW)]


# --- people's text ----------------------------------------------------------------------------------------------------


def test_peoples_text_is_neutral_before_anything_repeats_it() -> None:
    joker = Person("j", "[code]<b>J", True)
    text = "/reject decided [code]<script>[/code] @A. Kaya https://evil.example {color:red}"
    (command,) = read(Comment("1", joker, NOW, text)).commands
    assert command.person.name == "[\u2060code]<\u2060b>J"
    assert command.text == (
        "[\u2060code]<\u2060script>[\u2060/code] @\u2060A. Kaya https:\u2060//evil.example {\u2060color:red}"
    )


@pytest.mark.parametrize(
    ("text", "said", "problem"),
    [
        ("/reject decided the merger with X", "in a comment that not everybody may read", ""),
        ("/approve decided", "", ""),
        ("/approve the merger with X", "in a comment that not everybody may read", "it cannot be read as a command"),
    ],
)
def test_a_restricted_comment_is_repeated_nowhere(text: str, said: str, problem: str) -> None:
    (command,) = read(Comment("1", BRANDT, NOW, text, restricted=True)).commands
    assert (command.text, command.problem, command.source.origin) == (said, problem, CommandOrigin.COMMENT)
