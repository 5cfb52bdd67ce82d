"""What is reported of a service, in the findings of the measures that name it."""

from __future__ import annotations

from governance.assess import assess
from governance.service_notes import SERVICE_CODES, ServiceNote
from governance.verdict import Finding
from tests.governance.factory import NOW, POLICY, evidence, measure


def note(code: str = "NEGATIVE_UNIT_MARGIN", place: tuple[str, ...] = ("IT",)) -> ServiceNote:
    return ServiceNote("Service desk", code, "each ticket costs 12 and brings 9", "M. Lind", place)


def found(*notes: ServiceNote) -> list[Finding]:
    verdict = assess(measure(), evidence("decided", service_notes=notes), POLICY, NOW)
    return [one for one in verdict.findings if one.code in SERVICE_CODES]


def test_every_code_of_a_service_becomes_a_finding_of_the_measure() -> None:
    assert {one.code for one in found(*(note(code) for code in SERVICE_CODES))} == set(SERVICE_CODES)


def test_the_figures_are_for_the_part_of_the_organisation_that_sees_the_service() -> None:
    (own,) = found(note())
    assert (own.sentence, own.who) == ("each ticket costs 12 and brings 9", "owner M. Lind of Service desk")
    assert [one.sentence for one in found(note(place=("IT", "Cloud exit")))] == [own.sentence]
    for place in ((), ("HR",), ("IT", "Branches")):
        (elsewhere,) = found(note(place=place))
        assert elsewhere.sentence == "Service desk: a unit of a service costs more than it brings"


def test_what_the_policy_switches_off_is_not_reported() -> None:
    off = POLICY.__class__(**{name: getattr(POLICY, name) for name in ("name", "stages", "gates", "thresholds", "lock_at")},
                           off=frozenset({"NEGATIVE_UNIT_MARGIN"}))  # fmt: skip
    verdict = assess(measure(), evidence("decided", service_notes=(note(),)), off, NOW)
    assert not [one for one in verdict.findings if one.code in SERVICE_CODES]
