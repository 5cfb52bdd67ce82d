"""The one comment: what it asks for, what it answered, and when it is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Verb
from governance.locked_plan import freeze
from governance.measure_state import OffRamp, RampKind, Standing
from governance.verdict import Verdict
from mapping.reply_comment import MOST_ANSWERS, Answer, answer_of
from mapping.writeback import compare
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, evidence, lines, measure, said

HEAD = "Gatepost answers here and edits this comment."
SOME = measure(effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 12_000, 60_000)))
LOCKED = Standing("decided", plan=freeze(SOME.effects, NOW))


def verdict(*words: object, standing: Standing = LOCKED) -> Verdict:
    seen = replace(evidence("decided", "decided", statements=words), standing=standing)
    return assess(SOME, seen, POLICY, NOW)


def test_where_nothing_is_asked_and_nothing_was_said_there_is_no_comment() -> None:
    quiet = assess(measure(), evidence("identified", "identified", statements=()), POLICY, NOW)
    assert answer_of(measure(), quiet, None) is None


def test_a_reason_is_asked_of_the_owner_by_name() -> None:
    answer = answer_of(SOME, verdict(), None)
    assert answer == Answer(
        f"{HEAD}\n"
        "@A. Kaya: 53% of the plan is missing: 84,000 EUR at completion of 180,000 EUR planned. "
        "Why? Answer with: /reason TEXT\n"
        "- owner A. Kaya asked on 21 Nov 2026 09:00 UTC",
        (("A. Kaya", "k"),),
    )


def test_each_command_is_answered_with_its_author_and_time() -> None:
    words = said("", KAYA, Verb.REASON, text="volume", at=NOW)
    answer = answer_of(SOME, verdict(words), None)
    assert answer is not None
    assert answer.text == (f"{HEAD}\n- A. Kaya, 21 Nov 2026 09:00 UTC: Reason noted (volume) by A. Kaya as owner.")


def test_only_the_newest_answers_are_kept() -> None:
    words = [
        said("", KAYA, Verb.REASON, text=f"r{n}", at=NOW + timedelta(minutes=n), source=f"c{n}") for n in range(12)
    ]
    answer = answer_of(SOME, verdict(*words), None)
    assert answer is not None
    assert [line.split("(")[1].split(")")[0] for line in answer.text.splitlines()[1:]] == [
        f"r{n}" for n in range(12 - MOST_ANSWERS, 12)
    ]


def test_the_kill_switch_tells_the_sponsor_and_the_committee() -> None:
    ramp = OffRamp(RampKind.KILLED, "gatepost", NOW, "the potential status is red since 21 Aug 2026")
    answer = answer_of(SOME, verdict(standing=replace(LOCKED, ramp=ramp)), None)
    assert answer is not None
    assert answer.text.splitlines()[1] == (
        "@M. Brandt and steering committee: stopped by the kill switch on 21 Nov 2026: the potential status is red "
        "since 21 Aug 2026. Only the sponsor resumes it: /resume"
    )
    assert answer.mentions == ((BRANDT.name, BRANDT.id),)


def test_a_comment_that_says_it_already_is_left_alone() -> None:
    answer = answer_of(SOME, verdict(), None)
    assert answer is not None
    assert compare({}, {}, {}, answer, f"{answer.text}\n").answer is None
    assert compare({}, {}, {}, answer, None).answer == answer


def test_when_all_is_well_again_the_comment_says_so() -> None:
    quiet = assess(measure(), evidence("identified", "identified", statements=()), POLICY, NOW)
    assert answer_of(measure(), quiet, "Gatepost answers here …") == Answer("Gatepost: nothing is asked at present.")
