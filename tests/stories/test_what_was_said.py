"""Attacks on what people have said, carried out in the tool: edited, erased, put into mouths, and overtaken by facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.store.queue import pauses
from mapping.work_item import ConnectionName
from sandbox.jira.model import Issue
from sandbox.story.scenarios import Item
from tests.stories.simulation import Simulation, simulation
from tests.stories.test_scenarios import FACTS

pytestmark = pytest.mark.story
TITLE = "Retire the mainframe"
EPIC: Item = ("jira", TITLE)
JIRA = ConnectionName("jira-main")


@pytest.fixture
def scene(database: URL, tmp_path: Path) -> Iterator[Simulation]:
    with simulation(database, tmp_path) as here:
        yield here


def epic_at_detailed(scene: Simulation) -> Issue:
    """Its status is Analysis, and only the two approvals of Decided are missing."""
    issue = scene.sandbox.jira.create(
        "ITX", "Epic", TITLE, by="osei", status="Analysis", assignee="osei", duedate="2026-12-31", values=FACTS
    )
    assert scene.comment(EPIC, "brandt", "/approve detailed").fields["DoI stage"] == "Detailed"
    return issue


def outage_begins(scene: Simulation) -> None:
    with scene.services.engine.begin() as transaction:
        pauses.pause(transaction, JIRA, "an outage", None)


def outage_ends(scene: Simulation) -> None:
    with scene.services.engine.begin() as transaction:
        pauses.resume(transaction, JIRA, "tests")


def test_erased_words_open_no_gate(scene: Simulation) -> None:
    """The owner edits and then removes the sponsor's rejection, and puts an approval into the controller's mouth."""
    issue, jira = epic_at_detailed(scene), scene.sandbox.jira
    scene.comment(EPIC, "brandt", "/approve decided")
    scene.comment(EPIC, "brandt", "/reject decided the costs are not final")
    rejection = issue.comments[-1]
    assert "Martin Brandt rejected Decided" in scene.comment(EPIC, "weber", "/approve decided").fields["Gate blockers"]

    jira.edit_comment(issue.key, rejection.id, "looks good to me", by="osei")
    shown = scene.show(EPIC)
    assert shown.fields["DoI stage"] == "Detailed"
    assert "Martin Brandt rejected Decided on 5 Oct 2026: the costs are not final" in shown.fields["Gate blockers"]
    assert (
        "Kwame Osei edited Martin Brandt's comment of 5 Oct 2026 with /reject Decided" in shown.fields["Gate findings"]
    )
    assert ("gatepost", "command.altered") in scene.audit(EPIC)

    jira.delete_comment(issue.key, rejection.id)
    shown = scene.show(EPIC)
    assert shown.fields["DoI stage"] == "Detailed"
    assert "was removed, nobody knows by whom" in shown.fields["Gate findings"]

    note = jira.comment(issue.key, "I shall look at it tomorrow", by="weber")
    jira.edit_comment(issue.key, note.id, "/approve decided", by="osei")
    shown = scene.show(EPIC)
    assert "what Julia Weber wrote on 5 Oct 2026 is not known" in shown.fields["Gate findings"]
    assert "Not counted: Kwame Osei edited it on 5 Oct 2026" in shown.reply

    scene.clock.move(minutes=5)
    assert scene.comment(EPIC, "brandt", "/approve decided").fields["DoI stage"] == "Detailed", (
        "the controller's is lost"
    )
    assert scene.comment(EPIC, "weber", "/approve decided").fields["DoI stage"] == "Decided"
    assert "COMMAND_ALTERED" not in scene.show(EPIC).fields["Gate findings"]


def test_the_plan_that_was_changed_behind_an_approval_is_not_approved(scene: Simulation) -> None:
    """Gatepost is away; the sponsor approves 1.2M; the owner makes it 1.9M before Gatepost is back."""
    issue, jira = epic_at_detailed(scene), scene.sandbox.jira
    outage_begins(scene)
    jira.comment(issue.key, "/approve decided", by="brandt")
    scene.clock.move(minutes=10)
    jira.edit(issue.key, {"Planned benefit": 1_900_000}, by="osei")
    scene.clock.move(minutes=10)
    jira.comment(issue.key, "/approve decided", by="weber")
    outage_ends(scene)
    shown = scene.show(EPIC)
    assert shown.fields["DoI stage"] == "Detailed"
    assert (
        "Martin Brandt, 5 Oct 2026 09:00 UTC: Not counted: the plan was changed (900,000 EUR until 2027-12 before, "
        "1,600,000 EUR until 2027-12 now), and not provably before 5 Oct 2026 09:00 UTC. Look at it as it is now, and say "
        "it again: /approve decided"
    ) in shown.reply
    assert "Decided approved by Julia Weber as controller" in shown.reply, (
        "Jira's history shows that the plan came first"
    )
    assert scene.comment(EPIC, "brandt", "/approve decided").fields["DoI stage"] == "Decided"


def test_approvals_that_are_read_late_count_when_nothing_was_changed(scene: Simulation) -> None:
    issue, jira = epic_at_detailed(scene), scene.sandbox.jira
    outage_begins(scene)
    jira.comment(issue.key, "/approve decided", by="brandt")
    scene.clock.move(hours=10)
    jira.comment(issue.key, "/approve decided", by="weber")
    scene.clock.move(hours=24)
    outage_ends(scene)
    assert scene.show(EPIC).fields["DoI stage"] == "Decided"


def test_a_command_below_the_head_of_a_mail_is_answered_once(scene: Simulation) -> None:
    """Its author had no answer at all; whoever answers by mail and quotes what was said before needs none."""
    epic_at_detailed(scene)
    head = "From: M. Brandt\nSent: Monday, 5 October 2026\n"
    typed = scene.comment(EPIC, "weber", f"{head}/approve decided")
    assert typed.fields["DoI stage"] == "Detailed"
    assert typed.reply.count("is not taken: it stands below the head of a mail") == 1
    assert "- Julia Weber, " in typed.reply
    for words in ("Thank you.", f"Thank you.\n\n{head}/approve detailed", f"I shall.\n\n{head}/approve decided"):
        scene.clock.move(minutes=5)
        assert scene.comment(EPIC, "osei", words).reply == typed.reply
    assert scene.comment(EPIC, "weber", "/approve decided").reply.count("Decided approved by Julia Weber") == 1
