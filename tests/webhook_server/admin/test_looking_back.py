"""How figures moved, what has changed since a reader looked before, and the views that a reader keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from connector.people.permissions import Role, RoleGrant
from connector.store.reporting.movement import FigureMovement, MonthEnd, movements
from governance.money import Period
from governance.roll_up import Amounts
from mapping.load import LoadedMapping
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import loaded
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server

__all__ = ["loaded"]
OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)


@pytest.mark.parametrize(
    ("points", "line"),
    [
        pytest.param((), "", id="nothing known"),
        pytest.param((5,), "", id="one value is no line"),
        pytest.param((0, 10), "2.0,18.0 94.0,2.0", id="up"),
        pytest.param((10, 0), "2.0,2.0 94.0,18.0", id="down"),
        pytest.param((7, 7, 7), "2.0,10.0 48.0,10.0 94.0,10.0", id="level, in the middle"),
        pytest.param((-10, 0, 10), "2.0,18.0 48.0,10.0 94.0,2.0", id="through zero"),
    ],
)
def test_a_sparkline_stays_in_its_box(points: tuple[int, ...], line: str) -> None:
    assert FigureMovement(OCTOBER, None, tuple(map(Decimal, points))).line == line


def test_a_figure_stands_beside_what_it_was_at_the_end_of_the_last_month() -> None:
    ends = (
        MonthEnd(OCTOBER, Amounts(claimed=Decimal(3))),
        MonthEnd(NOVEMBER, Amounts(claimed=None, validated=Decimal(1))),
    )
    moved = movements(ends, Amounts(claimed=Decimal(9), validated=Decimal(2)), ["claimed", "validated"])
    assert moved["claimed"] == FigureMovement(NOVEMBER, None, (Decimal(3), Decimal(9)))
    assert moved["validated"] == FigureMovement(NOVEMBER, Decimal(1), (Decimal(1), Decimal(2)))
    assert movements((), Amounts(), ["claimed"]) == {}


@pytest.fixture
def api(database: object, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    with open_store(database) as store, api_server(store, loaded, tmp_path) as here:  # type: ignore[arg-type]
        yield here


def looked(api: ApiServer, ago: timedelta) -> None:
    """Let every visit have been so long ago."""
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE measure_visit SET seen_at = seen_at - %(ago)s", {"ago": ago})


def test_a_measure_says_what_has_changed_since_this_reader_looked_before(api: ApiServer) -> None:
    page = "/measures/jira-main/10001"
    office, other = (enter(api, name, RoleGrant(Role.OFFICE)) for name in ("Berger", "Lind"))
    assert "since you last looked" not in office.text(page), "the first time"
    assert "since you last looked" not in office.text(page), "loaded again: still the same visit"
    looked(api, timedelta(hours=2))
    assert "Changed since you last looked" in office.text(page)
    with api.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE measure_visit SET before_at = clock_timestamp()")
    assert "Nothing has changed since you last looked" in office.text(page)
    assert "since you last looked" not in other.text(page), "somebody else has not looked before"


def test_views_are_kept_by_name_for_their_person_and_page(api: ApiServer) -> None:
    office, other = (enter(api, name, RoleGrant(Role.OFFICE)) for name in ("Berger", "Lind"))
    path, mine = "/portfolio/measures", {"name": "Red ones", "address": "/portfolio/measures?potential=red#view=0.s-3"}

    def send(to: str, **form: str) -> TestResponse:
        return office.client.post(to, data={"path": path} | form, headers={"X-CSRFToken": office.token})

    office.get(path)
    for refused in ({"name": " "}, {"address": "//evil.example"}, {"address": "/people"}):
        assert send("/account/views", **(mine | refused)).status_code == 422
    assert send("/account/views", **mine).get_json() == [mine]
    renewed = mine | {"address": "/portfolio/measures?potential=amber"}
    assert send("/account/views", **renewed).get_json() == [renewed]
    assert office.client.get(f"/account/views?path={path}").get_json() == [renewed]
    assert office.client.get("/account/views?path=/people").get_json() == []
    assert other.client.get(f"/account/views?path={path}").get_json() == []
    assert send("/account/views/remove", name="Red ones").get_json() == []
