"""Where benefit waits over the demo's year, and for how many people teams plan: the pages beside the stored verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.cli.year.facts import Fact, StoredYear, month_after, month_before, month_name
from tests.cli.year.handovers import cost_of_day
from tests.cli.year.reading import Page, Read, amount, known

ZERO = Decimal(0)
GATE = "Gate"
HOURS_A_WEEK = Decimal(40)
"""As the demo's mapping has it: it states no others."""

Place = tuple[str, str]
"""Kind as the page names it, and place."""


def check_waiting(stored: StoredYear, plans: Mapping[str, Sequence[tuple[str, str, Decimal]]], page: Page) -> None:
    """Every place with its benefit each day, what waits only there, its measures and since when; and the first line.

    ``plans`` hold the present plan of each measure by its id: kind, month, amount.
    """
    a_day: dict[str, Decimal] = {}
    places: dict[Place, dict[str, datetime]] = defaultdict(dict)
    for fact in stored.facts.values():
        if fact.stage in {"implemented", "closed"} or not plans.get(fact.id):
            continue
        for place, since in (*_at_people(fact), *_at_teams(stored, fact)):
            a_day[fact.key] = cost_of_day(plans[fact.id])
            places[place][fact.key] = min(since, places[place].get(fact.key, since))
    read = Read(page("/waiting"))
    whole = sum(a_day.values(), ZERO)
    assert read.first_line.startswith(f"{whole:,.2f} EUR of benefit wait each day, of {len(a_day)} measures."), (
        read.first_line
    )
    shown = {_place(cells): cells for cells in read.table("Places at which benefit waits")}
    assert shown.keys() == places.keys()
    for place, measures in places.items():
        cells = shown[place]
        alone = [
            key
            for key in measures
            if all(key not in places[other] for other in places if other[0] != GATE and other != place)
        ]
        assert amount(cells[2]) == sum((a_day[key] for key in measures), ZERO), place
        assert amount(cells[3]) == (sum((a_day[key] for key in alone), ZERO) if place[0] != GATE or alone else ZERO), (
            place
        )
        assert amount(cells[4]) == len(measures), place
        assert cells[5] == _day(min(measures.values())), place
        for key in [word for word in cells[6].split() if "-" in word]:
            assert f"{key} {a_day[key]:,.2f}" in cells[6], place
    most = next(cells for cells in read.table("Places at which benefit waits") if cells[1] != GATE)
    assert f"{most[0]}" in read.first_line
    assert f"{amount(most[2]):,.2f} EUR each day, since {most[5]}." in read.first_line


def _place(cells: list[str]) -> Place:
    return cells[1], cells[0].removeprefix("Gate into ")


def _at_people(fact: Fact) -> Iterator[tuple[Place, datetime]]:
    """The gate that holds it up, who has to approve, who has to act."""
    blockers = fact.verdict["blockers"]
    if fact.gate not in {"blocked", "waiting", "breach"} or not blockers or not fact.live:
        return
    moments = [datetime.fromisoformat(one["since"]) for one in blockers]
    yield (GATE, fact.verdict["next_stage_label"]), min(moments)
    for blocker, since in zip(blockers, moments, strict=True):
        for who in blocker["responsible"]:
            title = f"{who['label'] or who['role'].replace('_', ' ')} {who['name'] or '(nobody named)'}"
            if blocker["approval"] is not None:
                yield ("Approval", title), since
            else:
                yield ("Person", who["name"] or title), since


def _at_teams(stored: StoredYear, fact: Fact) -> Iterator[tuple[Place, datetime]]:
    """Teams and suppliers; the rows of waiting tickets are worked out from the tools' histories elsewhere."""
    labels = {"team": "Team", "vendor": "Supplier"}
    for row in stored.query(f"SELECT * FROM value_wait WHERE measure_id = '{fact.id}' AND kind IN ('team', 'vendor')"):
        yield (labels[row.kind], row.place), row.since


def _day(moment: datetime) -> str:
    return f"{moment.day} {month_name(f'{moment:%Y-%m}')}"


def check_capacity(stored: StoredYear, page: Page) -> None:
    """Hours that measures plan: people by 8 hours of each working day of the month; nobody stated or logged others."""
    read = Read(page("/waiting/capacity"))
    present = f"{stored.today:%Y-%m}"
    first, last = month_before(present, 5), month_after(present, 3)
    planned: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    months = [month_after(first, number) for number in range(9)]
    for one in stored.query(
        "SELECT coalesce(planned_team, business_unit) AS team, planned_people, work_begins, work_ends FROM measure "
        "WHERE planned_people > 0 AND coalesce(off_ramp, '') NOT IN ('cancelled', 'killed')"
    ):
        begins, ends = date.fromisoformat(one.work_begins), date.fromisoformat(one.work_ends)
        for month in months:
            start = date(int(month[:4]), int(month[5:]), 1)
            after = month_after(month)
            end = date(int(after[:4]), int(after[5:]), 1) - timedelta(days=1)
            days = _working_days(max(start, begins), min(end, ends))
            if days:
                planned[one.team, month] += one.planned_people * HOURS_A_WEEK / 5 * days
    assert planned, "a measure of the year plans people"
    shown = {(cells[0], cells[1]): cells for cells in read.table("Planned, needed and logged hours of teams")}
    assert shown.keys() == {(team, month_name(month)) for team, month in planned}
    for (team, month), hours in planned.items():
        cells = shown[team, month_name(month)]
        assert [amount(cell) for cell in cells[2:5]] == [hours, hours, ZERO], month
        assert [known(cell) for cell in cells[5:8]] == [None, None, None], month
    said = f"From {month_name(first)} to {month_name(last)} it is not known of any team whether more hours were logged than planned."
    assert read.first_line == said


def _working_days(first: date, last: date) -> int:
    return sum((first + timedelta(days=number)).weekday() < 5 for number in range((last - first).days + 1))
