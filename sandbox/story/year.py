"""The year before the demo's first day: how measures came to be closed, given up, late, or of no interest to anybody.

A chapter is a day.  What happens on it comes in steps; after each of them people wait until Gatepost has answered.
Months are counted from the present one, so that the story is a year old whenever it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sandbox.jira.model import Value
from sandbox.story.seed import CORE, DESK, EXIT
from sandbox.story.services import SERVICE_DESK, WORKPLACES
from sandbox.story.year_tools import SUPPLIER, YearTools

MAIL = "Consolidate the mail servers"
VOICE = "Voice assistant for branches"
ROBOTS = "Robots for mortgages"
SHOP = "Move the web branch to containers"
PHONES = "Retire the branch telephones"
CUSTOMER = "Single view of the customer"
PRINT = "Print on demand"
OLD_CRM = "Shut down the old CRM database"
ARCHITECTURE = "Target architecture for payments"
DESKTOPS = "Cloud desktops"
DATA, REPORTS = "Shared data platform", "Reports from the data platform"
CHAT = "Chat with advisers in the app"
DISPUTES = "Faster card disputes"
NETWORK = "Renew the branch network"
INVOICES = "Electronic invoices"
MAILROOM = "Digital mailroom"
ARCHIVE = "Replace the archive system"
TEAM: Mapping[str, str] = {f"architect{number}": f"Architect {number}" for number in range(1, 5)}
LOST = "Dispute form loses attachments"
"""An incident."""
OLD_DATABASE, OLD_REPORTS = "CRM-OLD", "CRM-REPORTS"

FINDINGS = frozenset({
    "AGEING_IN_GATE", "COMMAND_ALTERED", "COST_SPIKE", "CREEP", "EVIDENCE_UNKNOWN", "HANDOFF_WAIT",
    "LEGACY_COST_RUNNING", "NOBODY_NAMED", "ORPHAN_OWNER", "OVERCLAIM", "OWNER_CONFLICT", "OWNER_INACTIVE",
    "PRIORITY_DRIFT", "PRIORITY_MISMATCH", "RESOURCE_DIVERSION", "ROLE_CHANGED", "SCOPE_CHANGED", "TERMS_CHANGED",
    "UNFUNDED_WORK",
})  # fmt: skip
"""The findings that there are at the end of the year."""

Play = Callable[[YearTools], Iterator[None]]


@dataclass(frozen=True)
class Chapter:
    """One day of the year: a day of a month, or so many days ago."""

    play: Play
    month: int = 0
    day: int = 5
    days_ago: int = 0

    @property
    def title(self) -> str:
        return (self.play.__doc__ or "").strip().rstrip(".")

    def moment(self, tools: YearTools) -> datetime:
        """Nine o'clock in the morning of that day."""
        day: date = tools.first(self.month) + timedelta(days=self.day - 1)
        if self.days_ago:
            day = tools.today - timedelta(days=self.days_ago)
        return datetime.combine(day, time(9), tzinfo=UTC)


def _facts(program: str, benefit: int, **more: Value) -> dict[str, Value]:
    """Everything that a gate up to the decision asks for; ``benefit`` in EUR a year."""
    return {
        "Program": program,
        "Sponsor": "brandt",
        "Controller": "weber",
        "Business unit": "Group IT",
        "Legal entity": "Nordbank AG",
        "Baseline": benefit * 2,
        "Objective": "Cost-income ratio below 50 %",
        "Kill criteria": "forecast < 20 % of plan for 3 months",
        "Overlaps": "none",
        "Rough value": benefit,
        **{name.replace("_", " "): value for name, value in more.items()},
    }


def _planned(tools: YearTools, first: int, benefit: int, cost: int) -> dict[str, Value]:
    """Plan and forecast: ``benefit`` a month for a year from a month on, and ``cost`` before it."""
    table = tools.table(range(first, first + 12), benefit, cost)
    return {"Plan by month": table, "Forecast by month": table}


def _decide(tools: YearTools, *titles: str, sponsor: str = "brandt") -> Iterator[None]:
    """Sponsor and controller approve, and the epics move on."""
    yield
    for title in titles:
        tools.say(title, sponsor, "/approve detailed")
    yield
    for title in titles:
        tools.say(title, sponsor, "/approve decided")
        tools.say(title, "weber", "Size and timing hold.\n/approve decided")
    yield
    for title in titles:
        tools.move(tools.issue(title).assignee or "", "Approved", title)
    yield


def _first_wave(tools: YearTools) -> Iterator[None]:
    """Three measures are decided, and ServiceNow has an offering."""
    tools.offering(WORKPLACES, "lind")
    tools.epic(MAIL, "osei", (-12, -10), _facts(EXIT, 720_000) | _planned(tools, -9, 60_000, 90_000))
    tools.epic(VOICE, "kaya", (-12, -10), _facts(DESK, 480_000) | _planned(tools, -9, 40_000, 60_000))
    tools.epic(ROBOTS, "osei", (-12, 3), _facts(CORE, 1_400_000) | _planned(tools, -6, 120_000, 300_000))
    tools.steps(MAIL, "Move mailboxes", "Switch the servers off")
    tools.steps(VOICE, "Train the model", "Roll out to branches")
    tools.steps(ROBOTS, "Choose a vendor", "Automate the valuation", "Automate the contract", status="Analysis")
    yield from _decide(tools, MAIL, VOICE, ROBOTS)


def _second_wave(tools: YearTools) -> Iterator[None]:
    """Three more are decided, one of them in ServiceNow; another two are wanted."""
    tools.epic(SHOP, "lind", (-11, -7), _facts(CORE, 1_900_000) | _planned(tools, -6, 160_000, 600_000))
    tools.steps(SHOP, "Build the platform", "Move the login", "Move payments", "Move the rest")
    tools.epic(DESKTOPS, "novak", (-11, 9), _facts(DESK, 400_000) | _planned(tools, 10, 40_000, 90_000))
    tools.epic(INVOICES, "kaya", (-11, -6), _facts(DESK, 540_000) | _planned(tools, -3, 45_000, 120_000))
    tools.steps(INVOICES, "Agree the format", "Switch the suppliers over")
    tools.project(MAILROOM, "novak", (-11, -7), _facts(DESK, 540_000) | _totals(540_000, 120_000))
    tools.project(ARCHIVE, "kaya", (-11, 2), _facts(EXIT, 650_000) | _totals(650_000, 280_000))
    tools.task(MAILROOM, "Scan the incoming mail", "3")
    yield from _decide(tools, SHOP, INVOICES)
    tools.say(DESKTOPS, "brandt", "/approve detailed")
    tools.update(MAILROOM, "brandt", {"work_notes": "/approve detailed"})
    yield
    tools.move("novak", "Analysis", DESKTOPS)
    tools.update(MAILROOM, "brandt", {"work_notes": "/approve decided"})
    tools.update(MAILROOM, "weber", {"work_notes": "/approve decided"})
    yield
    tools.update(MAILROOM, "novak", {"state": "2"})
    yield


def _totals(benefit: int, cost: int) -> dict[str, Value]:
    return {
        "Planned benefit": benefit, "Planned cost": cost, "Forecast benefit": benefit, "Forecast cost": cost,
    }  # fmt: skip


def _work_ends(tools: YearTools) -> Iterator[None]:
    """The first two are implemented, and a forecast falls."""
    steps = {MAIL: ("Move mailboxes", "Switch the servers off"), VOICE: ("Train the model", "Roll out to branches")}
    for title, owner in ((MAIL, "osei"), (VOICE, "kaya")):
        tools.move(owner, "Done", *steps[title])
        tools.say(title, owner, "/approve implemented")
    tools.edit(ROBOTS, "osei", {"Forecast by month": tools.table(range(-6, 6), 45_000, 300_000)})
    tools.move("lind", "Done", "Build the platform")
    yield
    tools.say(ROBOTS, "osei", "/reason volume: customers want to talk to somebody")
    tools.move("osei", "Done", MAIL)
    tools.move("kaya", "Done", VOICE)
    yield


def _book(tools: YearTools, through: int) -> None:
    """The controller books what the first two brought, also after closing: else they open again."""
    tools.edit(MAIL, "weber", {"Actual by month": tools.table(range(-9, through + 1), 61_000, 88_000)})
    tools.edit(VOICE, "weber", {"Actual by month": tools.table(range(-9, through + 1), 28_000, 60_000)})


def _late(tools: YearTools) -> Iterator[None]:
    """Actuals come in; one measure is late and is planned anew for the first time."""
    _book(tools, -9)
    later = tools.table(range(-2, 10), 160_000, 650_000)
    tools.edit(SHOP, "lind", {"duedate": str(tools.last(-3)), "Plan by month": later, "Forecast by month": later})
    tools.say(SHOP, "lind", "/rebaseline delay: the container platform came late")
    yield
    tools.say(SHOP, "brandt", "/approve rebaseline")
    tools.say(SHOP, "weber", "/approve rebaseline")
    yield


def _third_wave(tools: YearTools) -> Iterator[None]:
    """Another eight start, one of them for a sponsor who will leave."""
    _book(tools, -8)
    tools.epic(
        CUSTOMER, "lind", (-7, 3), _facts(CORE, 1_250_000, Sponsor="rossi") | _planned(tools, 4, 110_000, 400_000)
    )
    tools.epic(PHONES, "osei", (-7, -1), _facts(EXIT, 360_000) | _planned(tools, 0, 30_000, 45_000))
    tools.epic(PRINT, "kaya", (-7, 2), _facts(DESK, 240_000) | _planned(tools, 3, 20_000, 30_000))
    crm: dict[str, Value] = {"Legacy services": OLD_DATABASE, "Watched services": OLD_REPORTS}
    tools.epic(OLD_CRM, "lind", (-7, -2), _facts(EXIT, 600_000) | crm | _planned(tools, -1, 50_000, 80_000))
    for title in (CUSTOMER, PHONES, PRINT, OLD_CRM):
        tools.steps(title, f"{title}: prepare", f"{title}: roll out")
    for service in (OLD_DATABASE, OLD_REPORTS):
        tools.service(service)
        for month in range(-12, -7):
            tools.bill(service, month, 20_000)
    yield
    for title in (PHONES, PRINT, OLD_CRM):
        tools.say(title, "brandt", "/approve detailed")
    yield from _decide(tools, CUSTOMER, sponsor="rossi")
    yield from _decide(tools, PHONES, PRINT, OLD_CRM)


def _stopped(tools: YearTools) -> Iterator[None]:
    """The kill switch stops a measure that was red for three months; another one is cancelled."""
    _book(tools, -7)
    tools.update(ARCHIVE, "brandt", {"work_notes": "/cancel replaced by the group's own platform"})
    tools.move("lind", "Done", "Move the login")
    tools.update(MAILROOM, "novak", {"work_notes": "/approve implemented"})
    tools.move("kaya", "Done", "Agree the format", "Switch the suppliers over")
    tools.say(INVOICES, "kaya", "/approve implemented")
    yield
    tools.move("kaya", "Done", INVOICES)
    tools.update(ARCHIVE, "kaya", {"state": "4"})
    tools.update(MAILROOM, "novak", {"state": "3"})
    yield


def _closed(tools: YearTools) -> Iterator[None]:
    """One effect is confirmed as planned, and one lower than planned."""
    _book(tools, -6)
    tools.edit(VOICE, "kaya", {"Forecast by month": tools.table(range(-9, 3), 28_000, 60_000)})
    yield
    tools.say(VOICE, "kaya", "/reason volume: customers prefer the app")
    yield
    month = f"{tools.period(-10)}..{tools.period(-6)}"
    tools.say(MAIL, "weber", f"/confirm 1 EUR {month}")
    tools.say(VOICE, "weber", f"/confirm 1 EUR {month}")
    yield
    tools.give_correct_form(MAIL, "weber")
    tools.say(VOICE, "weber", f"/confirm-lower 1 EUR {month} the volume never came")
    yield
    tools.give_correct_form(VOICE, "weber", "the volume never came")
    yield
    tools.move("osei", "Closed", MAIL)
    tools.move("kaya", "Closed", VOICE)
    yield


def _second_delay(tools: YearTools) -> Iterator[None]:
    """The late measure is planned anew for the second time; two claim the same baseline."""
    _book(tools, -5)
    later = tools.table(range(1, 13), 150_000, 700_000)
    tools.edit(SHOP, "lind", {"duedate": str(tools.last(0)), "Plan by month": later, "Forecast by month": later})
    tools.say(SHOP, "lind", "/rebaseline delay: payments need another audit")
    shared: dict[str, Value] = {"Baseline name": "Data warehouse", "Baseline": 600_000}
    tools.epic(DATA, "kaya", (-4, 4), _facts(CORE, 480_000) | shared | _planned(tools, 5, 40_000, 90_000))
    tools.epic(REPORTS, "novak", (-4, 5), _facts(CORE, 360_000) | shared | _planned(tools, 5, 30_000, 50_000))
    network: dict[str, Value] = {"Kill criteria": "unit cost of BRANCH-NET > 12.50", "Watched services": ""}
    tools.epic(NETWORK, "osei", (-4, 6), _facts(EXIT, 500_000) | network | _planned(tools, 7, 42_000, 120_000))
    tools.epic(ARCHITECTURE, "lind", (-4, 5), _facts(CORE, 900_000) | _planned(tools, 6, 75_000, 200_000))
    tools.edit(ARCHITECTURE, "lind", {"Team": list(TEAM)})
    for title in (DATA, NETWORK, ARCHITECTURE):
        tools.steps(title, f"{title}: prepare", f"{title}: roll out")
    tools.give_to("Architecture", "lind", f"{ARCHITECTURE}: prepare", f"{ARCHITECTURE}: roll out")
    tools.give_to("Platform", "kaya", f"{DATA}: roll out")
    for month in range(-7, -4):
        tools.bill(OLD_DATABASE, month, 20_000)
        tools.bill(OLD_REPORTS, month, 20_000)
    yield
    tools.say(SHOP, "brandt", "/approve rebaseline")
    tools.say(SHOP, "weber", "/approve rebaseline")
    yield from _decide(tools, NETWORK, ARCHITECTURE)


def _sponsor_leaves(tools: YearTools) -> Iterator[None]:
    """A sponsor leaves the bank; work starts that nobody pays for."""
    _book(tools, -4)
    tools.jira.deactivate("rossi")
    chat = {name: value for name, value in _facts(DESK, 200_000).items() if name != "Objective"}
    tools.epic(CHAT, "novak", (-3, 6), chat)
    tools.steps(CHAT, "Try a vendor's widget", "Talk to compliance", status="Analysis")
    named: dict[str, Value] = {"Services": SERVICE_DESK}
    tools.epic(DISPUTES, "kaya", (-3, 6), _facts(DESK, 780_000) | _planned(tools, 7, 65_000, 120_000) | named)
    tools.steps(DISPUTES, "Scan the form", "Decide small cases at once", priority="High")
    incident = tools.incident(LOST, "lind", "Service desk")
    tools.give_to("Document services", "kaya", "Scan the form")
    tools.give_to("Security", "lind", f"{ARCHITECTURE}: prepare")
    tools.edit(DISPUTES, "kaya", {"Incidents": incident})
    tools.move("lind", "Done", "Move payments")
    yield from _decide(tools, DISPUTES)


def _on_hold(tools: YearTools) -> Iterator[None]:
    """A measure rests, and nobody switches the old database off."""
    _book(tools, -3)
    tools.edit(INVOICES, "weber", {"Actual by month": tools.table(range(-3, -2), 44_000, 118_000)})
    tools.say(NETWORK, "osei", "/hold waiting for the landlord's contracts")
    tools.move("lind", "Done", f"{OLD_CRM}: prepare")
    tools.give_to("Data centre", "lind", f"{OLD_CRM}: roll out")
    tools.take_up("lind", f"{OLD_CRM}: roll out")
    tools.move("lind", SUPPLIER, f"{ARCHITECTURE}: roll out")
    tools.pass_incident(LOST, "lind", "Scanline")
    tools.report(SHOP, CUSTOMER, PRINT, OLD_CRM, DATA)
    for month in range(-4, -1):
        tools.bill(OLD_DATABASE, month, 21_000)
        tools.bill(OLD_REPORTS, month, 24_000)
    yield


def _quiet_changes(tools: YearTools) -> Iterator[None]:
    """Somebody moves a date, opens more work, takes over a measure and corrects another's words."""
    _book(tools, -2)
    tools.bill(OLD_DATABASE, -1, 21_000)
    tools.bill(OLD_REPORTS, -1, 31_000)
    tools.move("kaya", "Done", f"{PRINT}: prepare", f"{DATA}: prepare")
    tools.take_up("lind", f"{ARCHITECTURE}: prepare")
    tools.give_to("Card operations", "kaya", "Scan the form")
    tools.give_to("Data centre", "kaya", f"{DATA}: roll out")
    tools.edit(INVOICES, "weber", {"Actual by month": tools.table(range(-3, -1), 44_000, 118_000)})
    tools.edit(PHONES, "osei", {"duedate": str(tools.last(3))})
    tools.steps(PHONES, "Find out who still calls", "Buy headsets")
    tools.give_to("Workplace", "osei", "Buy headsets")
    tools.edit(PRINT, "novak", {"assignee": "novak"})
    tools.rewrite(PRINT, "brandt", "novak", "/approve detailed")
    yield


def _elsewhere(tools: YearTools) -> Iterator[None]:
    """The architects work for another measure, whose forecast falls, and nobody says why."""
    tools.edit(INVOICES, "weber", {"Actual by month": tools.table(range(-3, 0), 44_000, 118_000)})
    other = tools.issue("Decide small cases at once").key
    for login in TEAM:
        for back in range(5):
            started = tools.jira.clock() - timedelta(days=back)
            tools.jira.log_work(other, 8, by=login, started=started)
    tools.edit("Scan the form", "novak", {"priority": "Low"})
    tools.edit(DISPUTES, "kaya", {"Forecast by month": tools.table(range(7, 19), 38_000, 120_000)})
    tools.move("lind", "Analysis", "Move the rest", f"{CUSTOMER}: prepare")
    yield


def _nobody_answers(tools: YearTools) -> Iterator[None]:
    """Nobody is left who could be asked; what is handed over now has not waited for long."""
    tools.give_to("Purchasing", "osei", "Buy headsets")
    yield


CHAPTERS = (
    Chapter(_first_wave, -12),
    Chapter(_second_wave, -11),
    Chapter(_work_ends, -9),
    Chapter(_late, -8),
    Chapter(_third_wave, -7),
    Chapter(_stopped, -6, 6),
    Chapter(_closed, -5),
    Chapter(_second_delay, -4),
    Chapter(_sponsor_leaves, -3),
    Chapter(_on_hold, -2),
    Chapter(_quiet_changes, -1),
    Chapter(_elsewhere, days_ago=6),
    Chapter(_nobody_answers, days_ago=3),
)
