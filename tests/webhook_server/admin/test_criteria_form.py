"""The form of kill criteria gives the text that people write, and shows what they have written."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.governance.factory import POLICY, measure
from webhook_server.admin.criteria_form import criteria_errors, criteria_text, stages_to_reach, stated_form

CHOSEN: Mapping[str, tuple[dict[str, str], str]] = {
    "cost": ({"cost-limit": "1,200,000", "cost-currency": "USD"}, "cost > 1,200,000 USD"),
    "a share for months": (
        {"forecast_share-limit": "60", "forecast_share-months": "3"},
        "forecast < 60 % of plan for 3 months",
    ),
    "a share with its sign": ({"forecast_share-limit": "62.5 %"}, "forecast < 62.5 % of plan"),
    "an amount of forecast": ({"forecast-limit": "500k"}, "forecast < 500k"),
    "unit cost of the dearest": ({"unit_cost-limit": "12.50"}, "unit cost > 12.50"),
    "unit cost of one service": (
        {"unit_cost-limit": "12.50", "unit_cost-service": "CRM-OLD"},
        "unit cost of CRM-OLD > 12.50",
    ),
    "late": ({"slip-limit": "60"}, "slip > 60 days"),
    "a stage by a day": (
        {"not_reached-stage": "implemented", "not_reached-by": "2026-12-31"},
        "not Implemented by 2026-12-31",
    ),
    "several, and text": (
        {"cost-limit": "1.2M", "slip-limit": "60", "others": "cost > 5M USD\nslip >= 90 days; unit cost > 3"},
        "cost > 1.2M; slip > 60 days; cost > 5M USD; slip >= 90 days; unit cost > 3",
    ),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_what_is_chosen_is_the_text_that_people_write(name: str) -> None:
    form, text = CHOSEN[name]
    assert (criteria_text(form, POLICY), criteria_errors(form, POLICY)) == (text, {})


WRONG: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing": ({"others": " ; "}, {"command": "Choose at least one kill criterion."}),
    "no amount": ({"cost-limit": "a lot"}, {"cost-limit": "Write an amount such as 1,200,000 or 1.2M."}),
    "an amount that may mean two": (
        {"cost-limit": "1.200"},
        {"cost-limit": "Write an amount such as 1,200,000 or 1.2M."},
    ),
    "months without the rest": ({"slip-months": "3"}, {"slip-limit": "Write a number of days such as 60."}),
    "no months": (
        {"cost-limit": "1M", "cost-months": "some"},
        {"cost-months": "Write a number of months from 1 to 99, or nothing for at once."},
    ),
    "two criteria in one field": (
        {"cost-limit": "1M; slip > 3"},
        {"cost-limit": "Write an amount such as 1,200,000 or 1.2M."},
    ),
    "no currency": (
        {"cost-limit": "1M", "cost-currency": "euro"},
        {"cost-currency": "Write a currency code such as EUR, or nothing for the reporting currency."},
    ),
    "a stage without its day": ({"not_reached-stage": "closed"}, {"not_reached-by": "Choose the stage and the day."}),
    "a text that cannot be checked": (
        {"slip-limit": "60", "others": "nobody likes it"},
        {
            "others": '"nobody likes it" cannot be checked. Write one of: cost > 1.2M, forecast < 60 % of plan for 3 '
            "months, unit cost > 12.50, slip > 60 days, not STAGE by 2026-12-31."
        },
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_at_its_field(name: str) -> None:
    form, errors = WRONG[name]
    assert criteria_errors(form, POLICY) == errors


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", {}),
        ("Cost exceeds 2 million for two months", {"cost-limit": "2000000", "cost-months": "2"}),
        ("Forecast below half of plan", {"forecast_share-limit": "50"}),
        ("cost > 1M; cost > 2M USD", {"cost-limit": "1000000", "others": "cost > 2M USD"}),
        ("slip >= 60 days", {"others": "slip >= 60 days"}),
        ("nobody likes it", {"others": "nobody likes it"}),
        ("not closed by 2027-06-30", {"not_reached-stage": "closed", "not_reached-by": "2027-06-30"}),
        ("unit cost of CRM-OLD > 12", {"unit_cost-limit": "12", "unit_cost-service": "crm-old"}),
    ],
)
def test_what_was_written_is_shown(written: str, shown: dict[str, str]) -> None:
    assert stated_form(measure(kill_criteria=written), POLICY) == shown


def test_a_stage_that_the_decision_grants_is_not_offered() -> None:
    assert [stage.key for stage in stages_to_reach(POLICY)] == ["implemented", "closed"]
