"""Words that were taken back, changed by others, or lost: what still counts, what is reported, and to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from governance.assess import assess
from governance.evidence import Alteration, AlteredCommand, Command, Verb
from governance.measure import Committee, Measure, Person, Roles
from governance.verdict import EventKind, Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command

LIND = Person("l", "S. Lind")
DAY = timedelta(days=1)
YES = new_command("decided", BRANDT, at=NOW - 3 * DAY)
ALSO = new_command("decided", WEBER, at=NOW - 3 * DAY)
NO = new_command("decided", BRANDT, Verb.REJECT, text="too dear", at=NOW - 2 * DAY)
LOST = new_command("", BRANDT, Verb.OVERWRITTEN, problem="A. Kaya edited it on 20 Nov 2026 10:00 UTC", at=NOW - DAY)


def assess_with(*commands: Command, some: Measure | None = None, stage: str = "detailed", **more: object) -> Verdict:
    return assess(some or measure(), evidence(stage, stage, commands=commands, **more), POLICY, NOW)


def ruled(*commands: Command, some: Measure | None = None) -> tuple[Command, ...]:
    return assess_with(*commands, some=some).commands


def withdrawn(*commands: Command) -> tuple[Command, ...]:
    """The same commands, the rejections among them taken back by their speaker."""
    return tuple(replace_if_rejection(one) for one in ruled(*commands))


def replace_if_rejection(command: Command) -> Command:
    return command._replace(withdrawn=True) if command.verb is Verb.REJECT else command


def sentences(verdict: Verdict) -> list[str]:
    return [finding.sentence for finding in verdict.findings if finding.code == "COMMAND_ALTERED"]


def test_a_withdrawn_rejection_does_not_revive_the_approval_before_it() -> None:
    verdict = assess_with(*withdrawn(YES, ALSO, NO))
    assert [blocker.sentence for blocker in verdict.blockers] == [
        "Cannot move into Decided yet: M. Brandt took back the rejection of 19 Nov 2026, which revives no earlier approval: it has to "
        "be given anew. M. Brandt (sponsor) needs to act, since 21 Nov · APPROVAL_MISSING"
    ]
    anew = new_command("decided", BRANDT, at=NOW - DAY, source=NO.source._replace(id="again"))
    assert assess_with(*withdrawn(YES, ALSO, NO), anew).stage == "decided"


def test_a_rejection_outlives_its_speakers_role() -> None:
    """The approval of the next sponsor, given earlier as a delegate, does not end it."""
    delegation = new_command("", BRANDT, Verb.DELEGATE, delegate="l", until=NOW.date(), at=NOW - 4 * DAY)
    early = new_command("decided", LIND, at=NOW - 3 * DAY)
    given = ruled(delegation, early, ALSO, NO)
    changed = measure(roles=Roles(KAYA, LIND, WEBER))
    assert (
        "M. Brandt rejected Decided on 19 Nov 2026: too dear" in assess_with(*given, some=changed).blockers[0].sentence
    )
    anew = new_command("decided", LIND, at=NOW - DAY, source=NO.source._replace(id="again"))
    assert assess_with(*given, anew, some=changed).stage == "decided"


def test_a_rejection_outlives_the_membership_of_the_committee() -> None:
    board = Committee("IT Board", frozenset({"l", "n"}), 1)
    novak = Person("n", "P. Novak")
    policy = replace(POLICY, thresholds=replace(POLICY.thresholds, committee_limit=Decimal(1)))
    commands = (
        YES, ALSO, new_command("decided", LIND, at=NOW - 3 * DAY),
        new_command("decided", novak, Verb.REJECT, text="no", at=NOW - 2 * DAY),
    )  # fmt: skip
    before = evidence("detailed", "detailed", commands=commands)
    given = assess(measure(committee=board), before, policy, NOW).commands
    smaller = measure(committee=replace(board, members=frozenset({"l"})))
    after = assess(smaller, evidence("detailed", "detailed", commands=given), policy, NOW)
    assert [blocker.reason.partition(" · ")[0] for blocker in after.blockers] == [
        "P. Novak rejected it for the steering committee on 19 Nov 2026 (no): 0 of 1 member has approved since"
    ]
    anew = new_command("decided", LIND, at=NOW - DAY, source=NO.source._replace(id="again"))
    assert assess(smaller, evidence("detailed", "detailed", commands=(*given, anew)), policy, NOW).stage == "decided"


def test_who_edited_whose_command_is_reported_until_it_is_said_again() -> None:
    given = ruled(YES, ALSO, NO)
    altered = AlteredCommand(given[-1], Alteration.EDITED, "A. Kaya", NOW - timedelta(hours=2))
    verdict = assess_with(*given, altered_commands=(altered,))
    assert verdict.stage == "detailed", "the rejection stands"
    (finding,) = [one for one in verdict.findings if one.code == "COMMAND_ALTERED"]
    assert finding.sentence == (
        "A. Kaya edited M. Brandt's comment of 19 Nov 2026 with /reject Decided on 21 Nov 2026 07:00 UTC: the command "
        "stands until M. Brandt gives another one"
    )
    assert finding.who == "sponsor M. Brandt"
    assert [event.text for event in verdict.events if event.kind is EventKind.COMMAND_ALTERED] == [finding.sentence]
    known = replace(verdict.measure_state, stage="detailed")
    later = assess_with(*given, altered_commands=(altered,), measure_state=known)
    assert sentences(later) == [finding.sentence]
    assert later.events == (), "it is an event once"
    anew = new_command("decided", BRANDT, at=NOW - DAY, source=NO.source._replace(id="again"))
    assert sentences(assess_with(*given, anew, altered_commands=(altered,))) == []


def test_nobody_is_named_when_the_tool_names_nobody() -> None:
    (given,) = ruled(YES)
    removed, edited = AlteredCommand(given, Alteration.REMOVED), AlteredCommand(given, Alteration.EDITED)
    assert sentences(assess_with(given, altered_commands=(removed,))) == [
        "M. Brandt's comment of 18 Nov 2026 with /approve Decided was removed, nobody knows by whom: the command stands "
        "until M. Brandt gives another one"
    ]
    assert sentences(assess_with(given, altered_commands=(edited,))) == [
        "somebody whom the tool does not name edited M. Brandt's comment of 18 Nov 2026 with /approve Decided: the command "
        "stands until M. Brandt gives another one"
    ]


def test_a_withdrawal_is_an_event_of_its_speaker() -> None:
    (given,) = ruled(YES)
    verdict = assess_with(withdrawn_commands=(given,))
    assert [(event.kind, event.actor, event.text) for event in verdict.events] == [
        (
            EventKind.COMMAND_WITHDRAWN,
            "M. Brandt",
            "M. Brandt took back /approve Decided of 18 Nov 2026: the comment was edited by its author",
        )
    ]


def test_lost_words_may_have_been_a_rejection() -> None:
    verdict = assess_with(YES, ALSO, LOST)
    assert [blocker.reason.partition(" · ")[0] for blocker in verdict.blockers] == [
        "what M. Brandt wrote on 20 Nov 2026, after the approval, is not known, because A. Kaya edited it on 20 Nov 2026 "
        "10:00 UTC: it has to be given again"
    ]
    assert sentences(verdict) == [
        "what M. Brandt wrote on 20 Nov 2026 is not known, because A. Kaya edited it on 20 Nov 2026 10:00 UTC: nothing of "
        "it counts until M. Brandt says it again"
    ]
    assert verdict.commands[-1].ruling is not None
    assert verdict.commands[-1].ruling.reply == (
        "Not counted: A. Kaya edited it on 20 Nov 2026 10:00 UTC, and what M. Brandt had said is not known. Say it again."
    )
    anew = new_command("decided", BRANDT, at=NOW - timedelta(hours=1), source=NO.source._replace(id="again"))
    settled = assess_with(YES, ALSO, LOST, anew)
    assert settled.stage == "decided"
    assert sentences(settled) == []


def test_lost_words_of_somebody_without_a_role_change_nothing() -> None:
    verdict = assess_with(YES, ALSO, LOST._replace(person=LIND))
    assert verdict.stage == "decided"
    assert sentences(verdict) == []


def test_a_malformed_line_of_somebody_without_a_role_is_not_repeated() -> None:
    spam = new_command(
        "", LIND, Verb.MALFORMED, text="/approve buy now", problem='"buy now" is not a stage', usage="/help"
    )
    (own, other) = ruled(spam, spam._replace(person=KAYA))
    assert (own.ruling, other.ruling) != (None, None)
    assert own.ruling is not None
    assert other.ruling is not None
    assert own.ruling.reply == "That is no command. Correct form: /help"
    assert other.ruling.reply == '"/approve buy now": "buy now" is not a stage. Correct form: /help'
