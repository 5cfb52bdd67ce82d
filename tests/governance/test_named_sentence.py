"""What a tool is told names nothing of another part of the organisation; the sentence with the names is carried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import BaselineClaim, Children, Evidence, OpenItem, Team, TeamMember
from governance.measure import Measure, MeasureId
from governance.measure_state import MeasureState
from governance.money import Period
from governance.named_sentence import NamedSentence, Place
from governance.verdict import Finding, Verdict
from mapping.config import WriteRule
from mapping.writeback import target_values
from tests.governance.factory import NOW, POLICY, eur, evidence, lines, measure

SHARED = measure(
    effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 20_000, 60_000)),
    baseline_id="Storage 2025",
    baseline=eur(300_000),
)
EVERYWHERE = WriteRule(blockers="Blockers", findings="Findings", why="Why")
SECRET = OpenItem("SEC-9", "Merger", "Open", priority="Low", elsewhere=True)
OWN = OpenItem("ITX-4", "Firewall", "Open", priority="Low")


def claim(key: str, portfolio: str = "HR", *, elsewhere: bool = True) -> BaselineClaim:
    place = Place("jira-main", key.partition("-")[0], (portfolio, "", "", ""))
    months = {Period(2026, month): eur(7_500) for month in range(1, 13)}
    return BaselineClaim(MeasureId(f"jira-main/{key}"), key, NOW - timedelta(days=300), months, place, elsewhere)


def judged(some: Measure, stage: str = "decided", **facts: object) -> Verdict:
    state = MeasureState(stage, granted_at={stage: NOW})
    present: Evidence = replace(evidence(stage, stage, commands=()), **{"measure_state": state, **facts})  # type: ignore[arg-type]
    return assess(some, present, POLICY, NOW)


def finding(verdict: Verdict, code: str) -> Finding:
    (found,) = [one for one in verdict.findings if one.code == code]
    return found


CLAIMS = {
    "of another portfolio": (
        (claim("SEC-1"),),
        "more is claimed on the baseline Storage 2025 in Jan 2026 than it is worth (25,000 EUR a month), 20,000 EUR of "
        "it here: another measure of portfolio HR, which you may not see, claimed it first",
        NamedSentence(
            "27,500 EUR is claimed on the baseline Storage 2025 in Jan 2026, which is worth 25,000 EUR a month: SEC-1 "
            "claimed it first",
            ("jira-main/SEC-1",),
        ),
    ),
    "of the same part": (
        (claim("ITX-1", elsewhere=False),),
        "27,500 EUR is claimed on the baseline Storage 2025 in Jan 2026, which is worth 25,000 EUR a month: ITX-1 "
        "claimed it first",
        None,
    ),
    "of both": (
        (claim("ITX-1", elsewhere=False), claim("SEC-1"), claim("LAW-2", "Legal")),
        "more is claimed on the baseline Storage 2025 in Jan 2026 than it is worth (25,000 EUR a month), 20,000 EUR of "
        "it here: ITX-1 and 2 other measures, which you may not see, claimed it first",
        NamedSentence(
            "42,500 EUR is claimed on the baseline Storage 2025 in Jan 2026, which is worth 25,000 EUR a month: "
            "ITX-1, SEC-1, +1 claimed it first",
            ("jira-main/SEC-1", "jira-main/LAW-2"),
        ),
    ),
}


@pytest.mark.parametrize(("claims", "told", "named"), CLAIMS.values(), ids=CLAIMS)
def test_an_overclaim_names_no_measure_and_no_amount_of_another_part(
    claims: tuple[BaselineClaim, ...], told: str, named: NamedSentence | None
) -> None:
    verdict = judged(SHARED, "identified", claims=claims)
    found = finding(verdict, "OVERCLAIM")
    assert (found.sentence, found.named) == (told, named)
    (condition,) = [one for one in verdict.checklist if one.code == "OVERCLAIM"]
    assert (condition.reason, condition.named) == (told, named)


def test_nothing_that_is_written_holds_what_only_some_may_see() -> None:
    team = Team((TeamMember("A", Decimal(0), Decimal(40), "SEC", elsewhere=True),), 14)
    verdict = judged(
        SHARED,
        claims=(claim("SEC-1"),),
        blocking_links=(SECRET, OWN),
        team=team,
        children=Children(2, 1, in_progress=1),
    )
    written = "\n".join(str(value) for value in target_values(verdict, EVERYWHERE).values())
    for secret in ("SEC", "7,500", "27,500"):
        assert secret not in written
    assert "ITX-4" in written


def test_a_blocking_item_of_another_project_is_counted_and_not_named() -> None:
    verdict = judged(measure(), blocking_links=(SECRET, OWN))
    (condition,) = [one for one in verdict.checklist if one.code == "DEPENDENCY_OPEN"]
    assert condition.reason == "2 blocking items are still open (ITX-4, 1 of another project)"
    assert condition.named == NamedSentence("2 blocking items are still open (SEC-9, ITX-4)", ("jira-main/SEC-9",))


def test_a_low_priority_of_an_item_elsewhere_is_said_without_its_key() -> None:
    effects = (*lines(Version.PLAN, 60_000, 60_000), *lines(Version.FORECAST, 60_000, 60_000))
    found = finding(judged(measure(effects=effects), blocking_links=(SECRET,)), "PRIORITY_MISMATCH")
    assert (
        found.sentence
        == "a blocking item of another project has priority Low, but 660,000 EUR wait for it; each day costs 1,972.60 EUR"
    )
    assert "SEC" not in found.key
    assert found.named == NamedSentence(
        "SEC-9 has priority Low, but 660,000 EUR wait for it; each day costs 1,972.60 EUR", ("jira-main/SEC-9",)
    )
    (note,) = found.tickets
    assert (
        note.sentence
        == "priority Low, but 660,000 EUR of a measure of another project wait for this ticket; each day costs 1,972.60 EUR"
    )
    assert note.elsewhere


def test_a_lowered_priority_of_an_item_elsewhere_is_said_without_its_key() -> None:
    state = MeasureState(highest_priorities={"SEC-9": "High"})
    found = finding(judged(measure(), blocking_links=(SECRET,), measure_state=state), "PRIORITY_DRIFT")
    assert found.sentence == "a blocking item of another project was lowered from priority High to Low"
    assert found.named == NamedSentence("SEC-9 was lowered from priority High to Low", ("jira-main/SEC-9",))
    assert "SEC" not in found.key


def test_people_who_work_elsewhere_are_said_without_where() -> None:
    team = Team((TeamMember("A", Decimal(0), Decimal(40), "SEC", elsewhere=True),), 14)
    found = finding(judged(measure(), team=team), "RESOURCE_DIVERSION")
    assert found.sentence == (
        "1 of 1 person logs their time elsewhere (40 h in 14 days, most of them on one other project), and no milestone "
        "was touched"
    )
    assert found.named is not None
    assert (found.named.areas, "most of them on SEC" in found.named.text) == (("jira-main/SEC",), True)


@pytest.mark.parametrize(
    ("items", "areas", "may"),
    [((), (), False), (("c/A-1",), (), False), (("c/A-1",), ("c/B",), True), (("c/A-1", "c/A-2"), ("c/B",), True)],
)
def test_the_names_are_for_whoever_sees_all_of_them(items: tuple[str, ...], areas: tuple[str, ...], may: bool) -> None:
    assert NamedSentence("x", ("c/A-1",), ("c/B",)).is_for(items, areas) is may
