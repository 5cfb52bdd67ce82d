"""Names of fields to ids: unique on a site, reported when they are not, and a team's own fields for a team's own issues."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.jira.fields import Field, FieldCatalogue, FieldProblem
from connector.sync.ports import WriteRequest
from mapping.work_item import FieldName, NativeId
from sandbox import servers
from sandbox.story import seed
from tests.sites import jira_site

GATE, RISK = FieldName("Gate"), FieldName("Risk")


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_jira(running.jira)
    for key in ("TEAM", "CREW"):
        running.jira.add_project(key, key, seed.workflow(f"{key} workflow"), team_managed=True)
        running.jira.add_field("Gate", "textfield", project=key)
        running.jira.add_field("Risk", "textfield", project=key)
    yield running
    running.stop()


def test_a_team_managed_projects_own_field_is_used_for_its_issues(sandbox: servers.Sandbox) -> None:
    """One name, three fields: each issue is read and written in its own."""
    jira, site = sandbox.jira, jira_site(sandbox.jira)
    issues = {key: jira.create(key, "Epic", key, by="kaya") for key in ("ITX", "TEAM", "CREW")}
    for issue in issues.values():
        site.writer.write(
            WriteRequest(NativeId(issue.id), {GATE: "Open" if issue.project == "ITX" else f"Open for {issue.project}"})
        )
    read = site.reader.read([NativeId(issue.id) for issue in issues.values()], frozenset({GATE, RISK}))
    values = {item.project: item.fields.get(GATE) for item in read.items.values()}
    assert values == {"ITX": "Open", "TEAM": "Open for TEAM", "CREW": "Open for CREW"}
    fields = {field.id: field for field in jira.fields.values()}
    for key, issue in issues.items():
        (written,) = (name for name, value in issue.values.items() if value)
        assert fields[written].project == ("" if key == "ITX" else jira.projects[key].id)
    assert {item.project: RISK in item.fields for item in read.items.values()} == {
        "ITX": False, "TEAM": True, "CREW": True,
    }, "a field that only teams have is unknown elsewhere, not empty"  # fmt: skip


def catalogue(*fields: Field) -> FieldCatalogue:
    return FieldCatalogue(fields)


SITE, TEAM = (
    Field("customfield_1", "Gate", "option", "select"),
    Field("customfield_2", "Gate", "string", "textfield", "10001"),
)


@pytest.mark.parametrize(
    ("fields", "project", "expected"),
    [
        ((SITE, TEAM), "", "customfield_1"),
        ((SITE, TEAM), "10001", "customfield_2"),
        ((SITE, TEAM), "10002", "customfield_1"),
        ((TEAM,), "", "customfield_2"),
        (
            (Field("duedate", "Due date", "date", ""), Field("customfield_3", "Due date", "date", "datepicker")),
            "",
            None,
        ),
    ],
)
def test_a_name_means_the_field_of_the_project_or_of_the_site(
    fields: tuple[Field, ...], project: str, expected: str | None
) -> None:
    resolved = catalogue(*fields).resolve(fields[0].name, project)
    assert isinstance(resolved, Field)
    assert resolved.id == (expected or "duedate"), "a system field comes before a custom one of its name"


def test_a_name_that_two_fields_of_the_site_have_is_a_problem_with_their_ids() -> None:
    problem = catalogue(SITE, Field("customfield_9", "gate", "string", "textfield")).resolve("Gate")
    assert isinstance(problem, FieldProblem)
    assert problem.message == (
        '2 fields are called "Gate" (customfield_1, customfield_9); rename all but one, or write the id instead'
    )
