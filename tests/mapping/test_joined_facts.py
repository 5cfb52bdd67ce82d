"""A fact that comes from joined items: somebody may join another record, such as a colleague's demand."""

from __future__ import annotations

from datetime import date

import pytest

from governance.facts import Unknown
from mapping.expressions import ExpressionScope
from mapping.sources import JoinedSource
from mapping.values import date_of, person_of
from mapping.work_item import FieldValue, WorkItem
from tests.mapping.items import BRANDT, KAYA, NOW, item

END = JoinedSource.model_validate({"from": "projects", "field": "Due date"})
SPONSOR = JoinedSource.model_validate({"from": "projects", "field": "Sponsor"})


def project(key: str, end: FieldValue = None, sponsor: FieldValue = None) -> WorkItem:
    return item({"Due date": end, "Sponsor": sponsor}, key=key)


def scope(*joined: WorkItem) -> ExpressionScope:
    return ExpressionScope(item(), NOW, {"projects": joined})


APRIL, MAY = date(2026, 4, 30), date(2026, 5, 31)


@pytest.mark.parametrize(
    ("joined", "end"),
    [
        ((), None),
        ((project("PRJ1"), project("PRJ2", "")), None),
        ((project("PRJ1", APRIL),), APRIL),
        ((project("PRJ1"), project("PRJ2", APRIL)), APRIL),
        ((project("PRJ1", APRIL), project("PRJ2", APRIL)), APRIL),
        (
            (project("PRJ1", APRIL), project("PRJ2", MAY)),
            Unknown('the field "Due date" of projects differs: PRJ1 holds 2026-04-30, and PRJ2 2026-05-31'),
        ),
    ],
    ids=["nothing joined", "nothing stated", "one", "one of two", "the same", "another"],
)
def test_joined_items_state_one_fact_together(joined: tuple[WorkItem, ...], end: object) -> None:
    """Whose key came first had counted, so that a record with a smaller number moved the end."""
    assert date_of(scope(*joined), END) == end


def test_people_are_named_and_not_their_accounts() -> None:
    joined = (project("PRJ1", sponsor=BRANDT), project("PRJ2", sponsor=KAYA))
    assert person_of(scope(*joined), SPONSOR) == Unknown(
        'the field "Sponsor" of projects differs: PRJ1 holds M. Brandt, and PRJ2 A. Kaya'
    )
