"""What the people of the story do, and what the tools have to show afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.jira.model import Value

Item: TypeAlias = "tuple[str, str]"
"""("jira", title) or (table, title): numbers depend on the order of seeding, titles do not."""


@dataclass(frozen=True)
class Step:
    """One action of a person.  ``refused``: the tool has to refuse it, with this text in its reason."""

    person: str
    action: str
    value: str | Mapping[str, Value] = ""
    refused: str | None = None


@dataclass(frozen=True)
class Scenario:
    title: str
    item: Item
    steps: tuple[Step, ...]
    expected_fields: Mapping[str, str] = field(default_factory=dict)
    """Field to exact value; ``Gate blockers`` and ``Gate findings`` to a text that has to be in it."""
    expected_replies: tuple[str, ...] = ()
    """Texts that have to be in Gatepost's reply comment."""


CRM = ("jira", "Retire the legacy CRM")
JOBS = ("jira", "Move batch jobs off the mainframe")
WEST = ("jira", "Close data centre West")
TIERS = ("jira", "Landing zone for regulated workloads")
LICENCES = ("jira", "Renegotiate the licence estate")
RELEASE = ("pm_project", "Core banking release 1")
RESET = ("pm_project", "Self-service password reset")

SCENARIOS = (
    Scenario(
        "An epic without an owner gets one, and a rough value: it is identified",
        CRM,
        (Step("kaya", "edit", {"assignee": "osei", "Rough value": 1_200_000}),),
        {"DoI stage": "Identified", "Gate": "Blocked", "Gate blockers": "no sponsor is named"},
    ),
    Scenario(
        "It gets its people and its plan; what is left is the sponsor's word",
        CRM,
        (
            Step(
                "osei",
                "edit",
                {
                    "Sponsor": "brandt",
                    "Controller": "weber",
                    "Business unit": "Group IT",
                    "Legal entity": "Nordbank AG",
                    "Baseline": 2_000_000,
                    "Planned benefit": 1_200_000,
                    "Planned cost": 300_000,
                    "Forecast benefit": 1_200_000,
                    "Forecast cost": 300_000,
                    "Objective": "Cost-income ratio below 50 %",
                    "Overlaps": "none",
                },
            ),
        ),
        {"Gate": "Waiting", "Plan net": "900,000", "Gate blockers": "Waiting for Martin Brandt (sponsor) to approve"},
    ),
    Scenario(
        "The owner tries to approve it alone; the sponsor's approval is still missing",
        CRM,
        (Step("osei", "comment", "/approve detailed"),),
        {"DoI stage": "Identified", "Gate blockers": "Waiting for Martin Brandt (sponsor) to approve"},
    ),
    Scenario(
        "The sponsor approves by comment: the gate opens, and the epic moves to Analysis",
        CRM,
        (Step("brandt", "comment", "/approve detailed"), Step("osei", "transition", "Analysis")),
        {"DoI stage": "Detailed", "Gate": "Blocked", "Gate blockers": "kill criteria is missing"},
    ),
    Scenario(
        "Kill criteria, sponsor and controller: decided",
        CRM,
        (
            Step("osei", "edit", {"Kill criteria": "Forecast below half of plan for three months"}),
            Step("brandt", "comment", "/approve decided"),
            Step("weber", "comment", "Size and timing hold.\n/approve decided"),
            Step("osei", "transition", "Approved"),
        ),
        {"DoI stage": "Decided", "Gate": "Not due", "Gate blockers": "Kwame Osei has not yet given the approval"},
    ),
    Scenario(
        "Another epic is dragged to Done while its gate is shut: the workflow refuses",
        JOBS,
        (Step("lind", "transition", "Done", refused="not valid for the current state"),),
        {"Gate": "Waiting", "Gate blockers": "Waiting for Martin Brandt (sponsor) to approve"},
    ),
    Scenario(
        "In a project whose workflow nobody has changed it goes through: a breach, told at once",
        WEST,
        (Step("osei", "transition", "Done"),),
        {"Gate": "Breach", "Gate blockers": "This was moved to Done without approval"},
    ),
    Scenario(
        "It is moved back",
        WEST,
        (Step("osei", "transition", "Approved"),),
        {"Gate": "Not due", "Gate blockers": "4 of 9 child items are not done"},
    ),
    Scenario(
        "Somebody sets the field Gate to Open by hand: it is put back",
        TIERS,
        (Step("novak", "edit", {"Gate": "Open"}),),
        {"Gate": "Not due"},
    ),
    Scenario(
        "Green outside, red inside: the forecast falls to 60 % of the plan",
        LICENCES,
        (Step("kaya", "edit", {"Forecast benefit": 1_500_000}),),
        {
            "Potential status": "Red",
            "Forecast net": "1,320,000",
            "Gate blockers": "The lifetime benefit is 38% below plan",
        },
        expected_replies=("The lifetime benefit is 38% below plan: 1,500,000 EUR of 2,400,000 EUR planned. Why?",),
    ),
    Scenario(
        "A slip of the pen in the answer is answered with what would be right",
        LICENCES,
        (Step("kaya", "comment", "/reasons the vendor"),),
        expected_replies=('"/reasons" is not a command. Correct form: /reason text',),
    ),
    Scenario(
        "The owner gives the reason: volume",
        LICENCES,
        (Step("kaya", "comment", "/reason volume: two business units keep their own contract"),),
        {"Gate": "Waiting", "Gate blockers": "Waiting for Aylin Kaya (owner) to approve"},
        expected_replies=("Reason noted (volume: two business units keep their own contract) by Aylin Kaya as owner.",),
    ),
    Scenario(
        "The owner declares the licence work implemented, and the epic may move to Done",
        LICENCES,
        (Step("kaya", "comment", "/approve implemented"), Step("kaya", "transition", "Done")),
        {
            "DoI stage": "Implemented",
            "Gate": "Not due",
            "Gate blockers": "the plan has not been in steady state for 3 closed months yet",
        },
    ),
    Scenario(
        "ServiceNow: a project with an open change cannot be closed",
        RELEASE,
        (Step("lind", "state", "3", refused="1 ServiceNow change is not closed successfully"),),
        {"Gate": "Blocked", "Gate blockers": "CHG"},
    ),
    Scenario(
        "ServiceNow: the password project's owner approves, its gate opens, and it closes",
        RESET,
        (Step("lind", "work_notes", "/approve implemented"), Step("lind", "state", "3")),
        {
            "DoI stage": "Implemented",
            "Gate": "Not due",
            "Gate blockers": "the plan has not been in steady state for 3 closed months yet",
        },
    ),
)
