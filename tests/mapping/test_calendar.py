"""The reporting calendar of a mapping: what it may say, and what the papers of it are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.reporting_calendar import Cadence
from mapping.load import LoadedMapping, load_mapping
from mapping.papers import PaperPart, Recipients, stated_papers
from tests.mapping.test_apply import MAPPING

RULE = MAPPING.replace("version: 1\n", "version: 1\nfiscal_year_start: 4\n", 1)
CALENDAR = """
calendar:
  time_zone: Europe/Berlin
  holidays: [2026-12-25, "2027-01-01"]
  papers:
    pack:
      kind: monthly_pack
      cut_off: {working_day: 3, at: "18:00"}
      send: {working_day: 5}
      owner: office@acme.example
      portfolio: IT
      to:
        - role: sponsor
        - {role: office, legal_entity: Nordbank AG}
        - person: cfo@acme.example
    review:
      name: Outcomes
      kind: outcome_review
      cut_off: {working_day: 5}
      send: {working_day: 5}
      owner: office@acme.example
      to: [{role: office}]
"""


def test_papers_with_schedule_part_and_recipients() -> None:
    loaded = load_mapping(RULE + CALENDAR)
    assert isinstance(loaded, LoadedMapping), loaded
    pack, review = stated_papers(loaded.config, "UTC")
    it = PaperPart("IT")
    assert (pack.key, pack.name, pack.owner, pack.part) == ("pack", "Monthly pack", "office@acme.example", it)
    assert pack.to == (
        Recipients(role="sponsor", part=it),
        Recipients(role="office", part=PaperPart(legal_entity="Nordbank AG")),
        Recipients(person="cfo@acme.example"),
    )
    assert [one.text for one in pack.to] == [
        "sponsor of IT", "office of everything, Nordbank AG only", "cfo@acme.example",
    ]  # fmt: skip
    december = pack.schedule.next_due(datetime(2026, 12, 20, tzinfo=UTC))
    assert december.period.label == "2026-12"
    # New Year is no working day: the third one of January is the 6th, the fifth one the 8th.
    assert (december.cut_off, december.due) == (
        datetime(2027, 1, 6, 17, tzinfo=UTC), datetime(2027, 1, 8, 7, tzinfo=UTC),
    )  # fmt: skip
    assert (review.name, review.schedule.cadence, review.part.text) == ("Outcomes", Cadence.QUARTER, "everything")
    assert review.schedule.next_due(datetime(2026, 12, 20, tzinfo=UTC)).period.label == "FY2026-Q3"


def test_a_mapping_without_a_calendar_has_no_papers() -> None:
    loaded = load_mapping(RULE)
    assert isinstance(loaded, LoadedMapping)
    assert list(stated_papers(loaded.config, "UTC")) == []


def test_a_zone_that_this_machine_does_not_know_is_utc() -> None:
    loaded = load_mapping(RULE + CALENDAR.replace("  time_zone: Europe/Berlin\n", ""))
    assert isinstance(loaded, LoadedMapping), loaded
    pack, _ = stated_papers(loaded.config, "Nowhere/Nothing")
    assert pack.schedule.next_due(datetime(2026, 10, 20, tzinfo=UTC)).due == datetime(2026, 11, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("time_zone: Europe/Berlin", "time_zone: Middle/Earth", '"Middle/Earth" is no time zone.'),
        ("{working_day: 3, at: \"18:00\"}", "{working_day: 0}", "there is no working day 0."),
        ("{working_day: 3, at: \"18:00\"}", "{working_day: 5, at: \"08:01\"}", "it is sent before its cut-off."),
        ("{working_day: 3, at: \"18:00\"}", "{working_day: 41}", "less than or equal to 40"),
        ("{working_day: 3, at: \"18:00\"}", "{working_day: 3, at: \"24:00\"}", "at"),
        ("- role: sponsor", "- {role: sponsor, person: a@b.example}", "say who receives it, in one way."),
        ("- role: sponsor", "- {portfolio: IT}", "say who receives it, in one way."),
        ("- role: sponsor", "- {person: a@b.example, portfolio: IT}", "a person is named without a part."),
        ("- role: sponsor", "- {role: sponsor, program: Cloud exit}", "a program needs its portfolio."),
        ("- role: sponsor", "- {role: operator}", "this should be 'viewer', 'owner'"),
        ("portfolio: IT\n      to:", "program: Cloud exit\n      to:", "a program needs its portfolio."),
        ("kind: monthly_pack", "kind: newsletter", "this should be 'monthly_pack'"),
        ("2026-12-25", "2026-02-30", "this should be a valid date"),
        ("to: [{role: office}]", "to: []", "to"),
    ],
)  # fmt: skip
def test_what_a_calendar_may_not_say(was: str, now: str, said: str) -> None:
    assert was in CALENDAR
    loaded = load_mapping(RULE + CALENDAR.replace(was, now, 1))
    assert not isinstance(loaded, LoadedMapping)
    assert any(said in str(problem) for problem in loaded), loaded
