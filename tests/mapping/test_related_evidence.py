"""What is read beside an item, and what follows when it could not be read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from governance.evidence import LifeCycle, Service, Team, TeamMember
from governance.facts import Unknown
from governance.measure import Person
from governance.money import Money
from mapping.config import (
    FactRule,
    HierarchyRule,
    JoinRule,
    LegacyRule,
    Match,
    MeasureRule,
    RoleRule,
    StageRule,
    WriteRule,
)
from mapping.expressions import ExpressionScope
from mapping.related_evidence import EvidenceNeeds, TimeEntry, evidence_needs, joined_items_of, services_of, team_of
from mapping.sources import JoinedSource
from mapping.values import money_of, text_of
from mapping.work_item import ConnectionName, Link, NativeId, WorkItem
from tests.mapping.items import BRANDT, KAYA, NOW, expression_scope, item

SNOW = ConnectionName("snow")
RULE = MeasureRule(
    name="epics", connection="jira-main", match=Match(type=("Epic",)), hierarchy=HierarchyRule(), roles=RoleRule(owner="Assignee"),
    facts=FactRule(baseline_id="Baseline name"), stage=StageRule(from_status={}), write=WriteRule(gate="Gate"),
    legacy=LegacyRule(services="Legacy services", connection="snow", end_column="Retirement date"), team="Team",
)  # fmt: skip
OLD = Service("CRM-OLD", LifeCycle.ACTIVE)


def test_what_the_rule_names_is_needed() -> None:
    some = item({"Legacy services": "CRM-OLD, CRM-RPT\nCRM-OLD", "Team": (KAYA, BRANDT), "Baseline name": "Storage"})
    assert evidence_needs(expression_scope(some), RULE) == EvidenceNeeds(
        ("CRM-OLD", "CRM-RPT"), SNOW, "Retirement date", (KAYA, BRANDT), baseline="Storage"
    )


def test_an_empty_field_needs_nothing() -> None:
    some = item({"Legacy services": None, "Team": (), "Baseline name": None})
    assert evidence_needs(expression_scope(some), RULE) == EvidenceNeeds(None, SNOW, "Retirement date")


def test_a_team_written_as_text_is_unknown() -> None:
    some = item({"Legacy services": None, "Team": "Kaya and Brandt", "Baseline name": None})
    assert evidence_needs(expression_scope(some), RULE).team == Unknown(
        'the field "Team" does not hold people; map the team to a user field'
    )


@pytest.mark.parametrize(
    ("names", "found", "legacy"),
    [
        pytest.param(("crm-old",), {"CRM-OLD": OLD}, (OLD,), id="letter case does not count"),
        pytest.param(None, {}, None, id="no services are named"),
        pytest.param(
            ("CRM-OLD", "CRM-X"), {"CRM-OLD": OLD},
            Unknown('snow shows no service called "CRM-X": correct the name, or let Gatepost see it'),
            id="a name that is not known makes it unknown",
        ),
        pytest.param(("CRM-OLD",), Unknown("snow is down"), Unknown("snow is down"), id="the tool could not be read"),
        pytest.param(("CRM-OLD",), None, Unknown("the services of snow were not read"), id="nobody looked"),
        pytest.param(Unknown("hidden"), {}, Unknown("hidden"), id="the field could not be read"),
    ],
)  # fmt: skip
def test_services(names: object, found: object, legacy: object) -> None:
    assert services_of(names, SNOW, found) == legacy  # type: ignore[arg-type]


def test_hours_on_the_item_and_its_children_are_here_and_all_others_elsewhere() -> None:
    def hours(person: Person, on: str, parent: str | None, where: str, count: int) -> TimeEntry:
        return TimeEntry(
            person.id, NativeId(on), NativeId(parent) if parent else None, where, date(2026, 2, 9), Decimal(count)
        )

    logged = [
        hours(KAYA, "10001", None, "ITX", 2),
        hours(KAYA, "10007", "10001", "ITX", 3),
        hours(KAYA, "10009", "10002", "ITX", 4),
        hours(BRANDT, "900", None, "SUP", 8),
        hours(BRANDT, "901", None, "NET", 1),
    ]
    team = team_of(item(), EvidenceNeeds(team=(KAYA, BRANDT)), logged, 14)
    assert team == Team(
        (
            TeamMember("A. Kaya", Decimal(5), Decimal(4), "ITX", weeks=((date(2026, 2, 9), Decimal(9)),)),
            TeamMember(
                "M. Brandt", Decimal(0), Decimal(9), "SUP", elsewhere=True, weeks=((date(2026, 2, 9), Decimal(9)),)
            ),
        ),
        14,
        date(2026, 2, 9),
    )


def test_hours_before_the_window_count_for_their_weeks_only() -> None:
    days = (date(2026, 2, 8), date(2026, 2, 9), date(2026, 2, 15))
    logged = [TimeEntry(KAYA.id, NativeId("10001"), None, "ITX", day, Decimal(3)) for day in days]
    team = team_of(item(), EvidenceNeeds(team=(KAYA,)), logged, 14, date(2026, 2, 9))
    weeks = ((date(2026, 2, 2), Decimal(3)), (date(2026, 2, 9), Decimal(6)))
    assert team == Team((TeamMember("A. Kaya", Decimal(6), Decimal(0), weeks=weeks),), 14, date(2026, 2, 15))


def test_hours_that_could_not_be_read_are_unknown() -> None:
    assert team_of(item(), EvidenceNeeds(team=(KAYA,)), Unknown("no access"), 14) == Unknown("no access")
    assert team_of(item(), EvidenceNeeds(), None, 14) is None


def _join(**way: str) -> JoinRule:
    return JoinRule(name="change", connection="snow", table="change_request", **way)


def _wanted(some: WorkItem, join: JoinRule) -> EvidenceNeeds:
    return evidence_needs(
        expression_scope(some),
        RULE.model_copy(update={"legacy": None, "team": None, "facts": FactRule(), "joins": (join,)}),
    )


LINKED = item(
    {"Changes": "CHG2, CHG1"},
    blocking_links=(),
    links=(Link("relates to", "CHG9"), Link("is blocked by", "CHG8"), Link("Relates to", "CHG7")),
)


@pytest.mark.parametrize(
    ("join", "keys"),
    [
        (_join(their_field="Correlation ID"), ("ITX-1",)),
        (_join(own_field="Changes"), ("CHG2", "CHG1")),
        (_join(link="relates to"), ("CHG9", "CHG7")),
        (_join(link="duplicates"), None),
    ],
)
def test_items_are_joined_by_a_key_a_field_or_a_link(join: JoinRule, keys: tuple[str, ...] | None) -> None:
    assert _wanted(LINKED, join).joins == ((join, keys),)


def test_a_key_that_is_named_and_not_there_makes_the_join_unknown() -> None:
    one = item(key="CHG1")
    found = {"change": {"CHG1": (one,)}}
    assert joined_items_of(_wanted(LINKED, _join(own_field="Changes")), found) == {
        "change": Unknown('snow shows no "CHG2", which Changes names')
    }
    assert joined_items_of(_wanted(LINKED, _join(their_field="Correlation ID")), {"change": {}}) == {"change": ()}
    assert joined_items_of(_wanted(LINKED, _join(their_field="x")), {"change": Unknown("snow is down")}) == {
        "change": Unknown("snow is down")
    }


def test_an_item_that_is_named_twice_counts_once() -> None:
    """Written "CHG1, chg1", it was read by both names, and its benefit was added twice."""
    named = item({"Changes": "CHG1, chg1"})
    wanted = _wanted(named, _join(own_field="Changes"))
    one = item({"Benefit": Decimal(100)}, key="CHG1")
    joined = joined_items_of(wanted, {"change": {"CHG1": (one,), "chg1": (one,)}})
    scope = ExpressionScope(named, NOW, joined)
    assert money_of(scope, JoinedSource(join="change", field="Benefit"), "EUR") == Money(Decimal(100), "EUR")


def test_what_is_joined_feeds_facts_and_amounts() -> None:
    first = item({"Cost": Decimal("10.5"), "Goal": None}, key="CHG1")
    second = item({"Cost": Decimal(2), "Goal": "Resilience"}, key="CHG2")
    both = ExpressionScope(item(), NOW, {"change": (first, second)})
    assert money_of(both, JoinedSource(join="change", field="Cost"), "EUR") == Money(Decimal("12.5"), "EUR")
    assert text_of(both, JoinedSource(join="change", field="Goal")) == "Resilience"
    assert (
        money_of(ExpressionScope(item(), NOW, {"change": ()}), JoinedSource(join="change", field="Cost"), "EUR") is None
    )
    unread = text_of(ExpressionScope(item(), NOW), JoinedSource(join="change", field="Goal"))
    assert unread == Unknown("the items of change were not read")
    dollars = item({"Cost": "1 USD"}, key="CHG3")
    mixed = ExpressionScope(item(), NOW, {"change": (first, dollars)})
    assert money_of(mixed, JoinedSource(join="change", field="Cost"), "EUR") == Unknown(
        'the field "Cost" of change holds EUR and USD'
    )
