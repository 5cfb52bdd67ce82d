"""What the people of the past year do in both tools, by the titles of items."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sandbox.jira.model import Issue, Refusal, Status, Transition, Value
from sandbox.jira.state import JiraState
from sandbox.servicenow.model import Refusal as RecordRefusal
from sandbox.servicenow.state import ServiceNowState
from sandbox.story.player import BOT_ACCOUNTS
from sandbox.story.seed import column_of, simplified_workflow, workflow

PROJECT = "MOD"
"""The Jira project of the past year's epics."""
FIELDS: Mapping[str, str] = {
    "Plan by month": "textarea",
    "Forecast by month": "textarea",
    "Actual by month": "textarea",
    "Baseline name": "textfield",
    "Watched services": "textfield",
    "Incidents": "textfield",
    "Services": "textfield",
    "Delivery team": "textfield",
}
SUPPLIER = "With supplier"
"""Status of a story on which the supplier works."""
POLICY = "owner_inactive_days: 120, ageing_days: 240"
"""What the demo's policy reports beside the usual: owners who do nothing, and what stays in a stage for very long."""


class StoryBroken(RuntimeError):
    """The tools do not show what the year's story rests on."""


def year_mapping() -> str:
    """The mapping of the demo with the past year: one more rule, and owners who do nothing are reported."""
    here = Path(__file__).parent
    base, numbers = (here / "mapping.yaml").read_text(encoding="utf-8"), "policy: {"
    if base.count(numbers) != 1:
        raise StoryBroken("the demo's mapping has no policy, or several")
    base = base.replace(numbers, f"{numbers}{POLICY}, ")
    return base + (here / "year_mapping.yaml").read_text(encoding="utf-8")


def calendar_mapping() -> str:
    """The same with the reporting calendar: put in force once the past is played, so that no paper of it is sent."""
    return year_mapping() + (Path(__file__).parent / "calendar.yaml").read_text(encoding="utf-8")


def set_up_year(state: JiraState, team: Mapping[str, str]) -> None:
    """The project of the past year's epics: their simplified workflow compares the highest stage; stories move."""
    for login, name in team.items():
        state.add_user(login, name, f"{login}@nordbank.example")
    for name, kind in FIELDS.items():
        state.add_field(name, kind)
    free = workflow("MOD workflow of stories")
    at_work = ("Backlog", "Analysis", "Approved")
    free.statuses = (*free.statuses, Status("15", SUPPLIER, "indeterminate"))
    free.transitions += [
        Transition("61", "Hand to the supplier", SUPPLIER, at_work),
        Transition("62", "Back from the supplier", "Analysis", (SUPPLIER,)),
    ]
    gated = simplified_workflow("MOD workflow", state.field_named("Highest stage").id)
    state.add_project(PROJECT, "Modernisation", gated, type_workflows={"Story": free})


@dataclass(frozen=True)
class YearTools:
    """Both stand-ins; months are counted from the present one (-12 is the same month of last year)."""

    jira: JiraState
    servicenow: ServiceNowState
    today: date

    def first(self, month: int) -> date:
        """The first day of a month."""
        index = self.today.year * 12 + self.today.month - 1 + month
        return date(index // 12, index % 12 + 1, 1)

    def last(self, month: int) -> date:
        """The last day of a month."""
        return self.first(month + 1) - timedelta(days=1)

    def period(self, month: int) -> str:
        """A month as commands and tables name it: 2026-10."""
        return f"{self.first(month):%Y-%m}"

    def table(self, months: Sequence[int], benefit: int, cost: int = 0) -> str:
        """A table by month: ``benefit`` in each month, and ``cost`` once in the month before the first."""
        lines = ["month | benefit | one-off cost"]
        if cost:
            lines.append(f"{self.period(months[0] - 1)} | | {cost}")
        return "\n".join([*lines, *(f"{self.period(month)} | {benefit} |" for month in months)])

    # --- Jira ------------------------------------------------------------------------------------

    def epic(self, title: str, owner: str, months: tuple[int, int], values: Mapping[str, Value]) -> Issue:
        """An epic that runs from the first day of one month to the last day of another."""
        dates: dict[str, Value] = {"Start date": str(self.first(months[0]))}
        return self.jira.create(
            PROJECT, "Epic", title, by=owner, assignee=owner, duedate=str(self.last(months[1])), attachments=1,
            values={**values, **dates},
        )  # fmt: skip

    def steps(self, title: str, *names: str, status: str = "Backlog", priority: str = "Medium") -> None:
        """Child items of an epic."""
        epic = self.issue(title)
        for name in names:
            self.jira.create(
                PROJECT, "Story", name, by=epic.assignee or "kaya", parent=epic.key, status=status, priority=priority
            )

    def issue(self, title: str) -> Issue:
        return next(one for one in self.jira.issues.values() if one.summary == title)

    def edit(self, title: str, by: str, values: Mapping[str, Value]) -> None:
        self.jira.edit(self.issue(title).key, values, by=by)

    def give_to(self, team: str, by: str, *titles: str) -> None:
        """Stories pass to a team, where nobody has taken them up yet."""
        for title in titles:
            self.edit(title, by, {"Delivery team": team, "assignee": None})

    def take_up(self, by: str, *titles: str) -> None:
        """Somebody of the team begins."""
        for title in titles:
            self.edit(title, by, {"assignee": by})
            self.move(by, "Analysis", title)

    def say(self, title: str, by: str, text: str) -> None:
        self.jira.comment(self.issue(title).key, text, by=by)

    def report(self, *titles: str) -> None:
        """The owners say in the description how far the work is."""
        for title in titles:
            issue = self.issue(title)
            text = f"{self.jira.clock():%d %b %Y}: on the way, see the steps."
            self.jira.edit(issue.key, {"description": text}, by=issue.assignee or "kaya")

    def move(self, by: str, to: str, *titles: str) -> None:
        """Raises StoryBroken when the workflow withholds a move."""
        for title in titles:
            issue = self.issue(title)
            try:
                self.jira.transition(issue.key, to, by=by)
            except Refusal as refusal:
                blockers = issue.values.get(self.jira.field_named("Gate blockers").id)
                raise StoryBroken(f"{title} cannot move to {to}: {blockers}") from refusal

    def rewrite(self, title: str, author: str, by: str, text: str) -> None:
        """Somebody else changes the last comment of its author."""
        issue = self.issue(title)
        comment = next(one for one in reversed(issue.comments) if one.author == author)
        self.jira.edit_comment(issue.key, comment.id, text, by=by)

    def give_correct_form(self, title: str, by: str, reason: str = "") -> None:
        """Give the last command again, in the form that Gatepost's reply calls correct."""
        replies = [one.text for one in self.issue(title).comments if one.author in BOT_ACCOUNTS]
        found = (
            re.findall(r"Correct form: (/\S+ -?[\d,.]+\w? [A-Z]{3} \d{4}-\d{2}(?:\.\.\d{4}-\d{2})?)", replies[-1])
            if replies
            else []
        )
        if not found:
            raise StoryBroken(f"{title}: Gatepost did not say which command would be right: {replies}")
        self.say(title, by, f"{found[-1]} {reason}".strip())

    # --- ServiceNow ------------------------------------------------------------------------------

    def person(self, login: str) -> str:
        """Somebody's sys_id in ServiceNow."""
        return next(row["sys_id"] for row in self.servicenow.tables["sys_user"].values() if row["user_name"] == login)

    def project(self, title: str, owner: str, months: tuple[int, int], values: Mapping[str, Value]) -> None:
        """A project that runs from one month to another; facts by the names that they have in Jira."""
        people = {"Sponsor", "Controller"}
        raw = {
            column_of(name): self.person(str(value)) if name in people else str(value) for name, value in values.items()
        }
        raw |= {
            "short_description": title,
            "business_unit": str(values.get("Business unit", "")),
            "project_manager": self.person(owner),
            "state": "-5",
            "start_date": f"{self.first(months[0])} 00:00:00",
            "end_date": f"{self.last(months[1])} 00:00:00",
        }
        self.servicenow.insert("pm_project", raw, owner)

    def update(self, title: str, by: str, values: Mapping[str, str]) -> None:
        """Raises StoryBroken when a rule of the instance aborts the change."""
        identity = self._id("pm_project", title)
        try:
            self.servicenow.update("pm_project", identity, values, by)
        except RecordRefusal as refusal:
            blockers = self.servicenow.tables["pm_project"][identity]["u_gatepost_blockers"]
            raise StoryBroken(f"{title} cannot be changed to {dict(values)}: {blockers}") from refusal

    def task(self, title: str, name: str, state: str) -> None:
        """A task of a project."""
        values = {"short_description": name, "top_task": self._id("pm_project", title), "state": state}
        self.servicenow.insert("pm_project_task", values, "kaya")

    def service(self, name: str) -> None:
        """A service that is in use."""
        values = {"name": name, "operational_status": "1", "install_status": "1"}
        self.servicenow.insert("cmdb_ci_service", values, "admin")

    def offering(self, name: str, owner: str) -> None:
        """A service that the portfolio of ServiceNow offers."""
        values = {"name": name, "operational_status": "1", "install_status": "1", "owned_by": self.person(owner)}
        self.servicenow.insert("service_offering", values, "admin")

    def bill(self, service: str, month: int, amount: int) -> None:
        """What a service cost in a month, in EUR."""
        booking = {
            "source_id": self._id("cmdb_ci_service", service),
            "date": str(self.first(month) + timedelta(days=2)),
            "amount": f"EUR;{amount}",
        }
        self.servicenow.insert("fm_expense_line", booking, "admin")

    def incident(self, title: str, assigned_to: str, group: str) -> str:
        """An incident on which somebody of a group works; returns its number."""
        values = {
            "short_description": title, "assigned_to": self.person(assigned_to), "state": "2",
            "assignment_group": self.group(group),
        }  # fmt: skip
        return self.servicenow.insert("incident", values, "kaya")["number"]

    def group(self, name: str) -> str:
        """The sys_id of a group, which is made when it is not there."""
        rows = self.servicenow.tables["sys_user_group"].values()
        found = next((row["sys_id"] for row in rows if row["name"] == name), None)
        return found or self.servicenow.insert("sys_user_group", {"name": name}, "admin")["sys_id"]

    def pass_incident(self, title: str, by: str, group: str) -> None:
        """It goes to another group and is on hold: nobody works on it there yet."""
        values = {"assignment_group": self.group(group), "state": "3"}
        self.servicenow.update("incident", self._id("incident", title), values, by)

    def _id(self, table: str, title: str) -> str:
        rows = self.servicenow.tables[table].values()
        return next(row["sys_id"] for row in rows if title in {row.get("short_description"), row.get("name")})
