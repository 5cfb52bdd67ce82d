"""A bare site is provisioned, works, is provisioned again without a change, and is restored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.errors import Unreachable
from connector.jira.admin import CloudAdmin, Workflows
from connector.jira.workflow_gates import Document
from connector.settings import Settings
from sandbox import servers
from sandbox.jira.admin import MOST_FIELDS
from sandbox.jira.model import Deployment, FieldDef, Refusal, Workflow, field_is
from sandbox.story import seed
from tests.command_line import Cli, told
from tests.conftest import ROOT
from tests.sites import connect
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

MAPPING = (ROOT / "deploy/examples/jira-only.yaml").read_text()
OWNED_COLUMNS = (
    "DoI stage", "Implementation status", "Potential status", "Gate", "Highest stage", "Gate blockers", "Why",
    "Plan net", "Forecast net", "Actual net", "Variance %",
)  # fmt: skip


@dataclass
class ProvisionedSite:
    cli: Cli
    services: Services
    sandbox: servers.Sandbox
    file: str

    def run(self, *arguments: str) -> str:
        return " ".join(self.cli.run("provision", *arguments, "jira-main").output.split())

    def plan(self, *more: str) -> str:
        return self.run("plan", *self._mapping(), *more)

    def apply(self, *more: str) -> str:
        return self.run("apply", "--yes", *self._mapping(), *more)

    def _mapping(self) -> tuple[str, str]:
        return "--mapping", self.file

    def fields(self) -> set[str]:
        return {field.name for field in self.sandbox.jira.fields.values()}


def bare(cli: Cli, database: URL, folder: Path, deployment: Deployment = Deployment.CLOUD) -> Iterator[ProvisionedSite]:
    """People, the bank's own fields and projects; nothing of Gatepost's; every existing field is on its screen."""
    cli.environment["GATEPOST_SECRET_KEY"] = "lJ9dWcPcOoQzEtZ1CPnjRYJQ0SpJ-0YJKxL9ScKGzHg="
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=folder,
        secret_key=cli.environment["GATEPOST_SECRET_KEY"],
    )
    services = bootstrap(settings, application="tests")
    sandbox = servers.start(deployment=deployment)
    jira = sandbox.jira
    seed.set_up_people(jira)
    for key, name in (("ITX", "IT transformation"), ("CLOUD", "Cloud")):
        # Epics have a workflow of their own, as where somebody governs them.
        epics = seed.workflow(f"{key} epics")
        jira.add_project(key, name, seed.workflow(f"{key} workflow"), type_workflows={"Epic": epics})
    jira.admin.create_screens()
    for key in ("ITX", "CLOUD"):
        jira.create(key, "Epic", f"An epic of {key}", by="kaya", values={"Program": "Data centre exit"})
    connect(services, sandbox, "a secret of thirty-two characters")
    file = folder / "mapping.yaml"
    file.write_text(MAPPING)
    yield ProvisionedSite(cli, services, sandbox, str(file))
    sandbox.stop()
    services.close()


@pytest.fixture
def site(cli: Cli, database: URL, tmp_path: Path) -> Iterator[ProvisionedSite]:
    yield from bare(cli, database, tmp_path)


def test_a_plan_lists_everything_and_changes_nothing(site: ProvisionedSite) -> None:
    before = site.fields()
    output = site.plan()
    assert "create the field Gate (select with Open, Not due, Waiting, Blocked, Breach) for CLOUD, ITX" in output
    assert (
        'Gate blockers, Why, Plan net, Forecast net, Actual net, Variance % on the screen "ITX: view screen"' in output
    )
    assert 'guard "To Analysis", "To Approved", "To Done", "To Closed" of the workflow "ITX epics"' in output
    assert "Highest stage has to reach the stage; an empty number shuts" in output
    assert "no group is exempt from the gates" in output
    assert site.fields() == before
    assert site.cli.run("provision", "plan", "jira-main", "--mapping", site.file).exit_code == 1


def test_missing_objects_are_created_and_verified_and_the_second_run_changes_nothing(site: ProvisionedSite) -> None:
    output = site.apply()
    assert "Every owned field can be written on a real issue of each project." in output
    assert set(OWNED_COLUMNS) <= site.fields()
    jira = site.sandbox.jira
    assert jira.field_named("Gate").options == ("Open", "Not due", "Waiting", "Blocked", "Breach")
    assert jira.field_named("Gate blockers").type == "textarea"
    highest = jira.field_named("Highest stage").id
    on = {screen.name for screen in jira.admin.screens.values() if highest in screen.fields}
    assert on == {"ITX: view screen", "CLOUD: view screen"}, "nobody types into an owned field"
    projects = [jira.projects[key].id for key in ("CLOUD", "ITX")]
    assert [context.projects for context in jira.admin.contexts[highest]] == [projects], "and no other project has it"
    requests.delete(f"{jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    again = site.apply()
    assert "Nothing is missing." in again
    calls = requests.get(f"{jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    reads = ("/workflows", "/search/jql")
    assert [c for c in calls if c["method"] != "GET" and not c["path"].endswith(reads)] == []
    assert "Nothing is missing." in site.plan()


def test_only_what_gatepost_created_is_removed(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    workflow = jira.projects["ITX"].workflow_of("Epic")
    workflow.transitions[0].conditions = field_is(jira.field_named("Program").id, "", "!=")
    before_fields = site.fields()
    before = json.dumps([(move.name, move.conditions, move.validators) for move in workflow.transitions])
    site.apply()
    assert json.dumps([(move.name, move.conditions, move.validators) for move in workflow.transitions]) != before
    output = site.run("destroy", "--yes")
    assert 'the gates of the workflow "ITX epics" were removed; everything else is unchanged.' in output
    assert "was moved to the bin; an administrator can restore it." in output
    assert site.fields() == before_fields
    assert json.dumps([(move.name, move.conditions, move.validators) for move in workflow.transitions]) == before
    assert "Gatepost has created nothing at jira-main." in site.run("destroy", "--yes")


def test_what_the_active_mapping_needs_is_removed_only_when_that_is_said(site: ProvisionedSite) -> None:
    site.apply()
    site.cli.ok("mapping", "activate", site.file, "--reason", "first rules", "--override", "for a test")
    before = site.fields()
    refused = site.cli.run("provision", "destroy", "jira-main", "--yes")
    assert told(refused) == "Nothing was removed. To remove what the mapping needs, add --needed-too."
    warning = " ".join(refused.output.split())
    assert "! jira-main: the active mapping writes to " in warning
    assert "Without them no verdict is shown there: these writes wait until they are provisioned again." in warning
    asked = site.cli.run("provision", "destroy", "jira-main")
    assert "Values in deleted fields are lost with them" in asked.output
    assert (asked.exit_code, site.fields()) == (1, before), "nobody said yes"
    assert "was moved to the bin" in site.run("destroy", "--yes", "--needed-too")
    assert "Gate" not in site.fields()


def test_a_field_that_is_there_already_is_used_and_stays(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    jira.add_field("Gate", "select", ("Open",))
    jira.add_field("Plan net", "datepicker")
    output = site.plan()
    assert "create the field Gate (" not in output
    assert "add the choice Blocked to Gate" in output
    assert '"Plan net" exists as datepicker, and a float is needed: rename one of the two' in output
    site.apply()
    assert jira.field_named("Gate").options == ("Open", "Not due", "Waiting", "Blocked", "Breach")
    site.run("destroy", "--yes")
    assert {"Gate", "Plan net"} <= site.fields(), "they were there before"


def test_two_fields_of_one_name_need_a_persons_decision(site: ProvisionedSite) -> None:
    site.sandbox.jira.add_field("Gate", "select", ("Open", "Not due", "Waiting", "Blocked", "Breach"))
    site.sandbox.jira.add_field("Gate", "textfield")
    assert '2 fields are called "Gate"' in site.plan()


def test_a_team_managed_project_is_reported(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    jira.add_project("TEAM", "A team's own", seed.workflow("TEAM workflow"), team_managed=True)
    Path(site.file).write_text(MAPPING.replace("project: [ITX, CLOUD]", "project: [ITX, CLOUD, TEAM]"))
    output = site.plan()
    assert "TEAM is team-managed: no program can add fields there." in output
    assert "adds these existing fields under Project settings > Work types: DoI stage, " in output


@pytest.mark.parametrize("schemes", [True, False])
def test_a_field_that_no_scheme_of_the_project_has_is_associated(site: ProvisionedSite, schemes: bool) -> None:
    """Field schemes are experimental: where they are switched off, the association does it."""
    admin = site.sandbox.jira.admin
    admin.associates, admin.schemes = False, schemes
    output = site.apply()
    assert "Every owned field can be written on a real issue of each project." in output
    calls = requests.get(f"{site.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    used = {call["path"] for call in calls if call["method"] == "PUT" and call["status"] == 204}
    assert used == {"/rest/api/3/config/fieldschemes/fields" if schemes else "/rest/api/3/field/association"}


def test_without_the_right_to_administer_nothing_is_half_done(site: ProvisionedSite) -> None:
    site.sandbox.jira.withheld.add("ADMINISTER")
    before = site.fields()
    result = site.cli.run("provision", "apply", "jira-main", "--yes", "--mapping", site.file)
    assert "does not allow POST /rest/api/3/workflows" in told(result)
    assert site.fields() == before


# --- native gates -----------------------------------------------------------------------------------------


def move(site: ProvisionedSite, key: str, to: str) -> str:
    """The tool's message to a person who moves an issue on; empty when the tool allows it."""
    try:
        site.sandbox.jira.transition(key, to, by="kaya")
    except Refusal as refusal:
        return str(refusal)
    return ""


def set_highest(site: ProvisionedSite, key: str, level: int | None) -> None:
    site.sandbox.jira.edit(key, {"Highest stage": level}, by="gatepost-bot")


@pytest.mark.parametrize("kind", [seed.workflow, seed.simplified_workflow])
def test_a_guarded_workflow_refuses_and_always_allows_the_way_back(
    site: ProvisionedSite, kind: Callable[[str], Workflow]
) -> None:
    """In one whose transitions start anywhere as well: every new software project has one of these."""
    jira = site.sandbox.jira
    jira.projects["ITX"].type_workflows["Epic"] = kind("ITX epics")  # type: ignore[index]
    site.apply()
    issue = next(issue for issue in jira.issues.values() if issue.project == "ITX")
    assert "not valid for the current state" in move(site, issue.key, "Analysis"), "it has not been assessed yet"
    set_highest(site, issue.key, 0)
    assert "not valid for the current state" in move(site, issue.key, "Analysis")
    set_highest(site, issue.key, 1)
    assert "not valid" in move(site, issue.key, "Done"), "nobody skips a stage"
    assert move(site, issue.key, "Analysis") == ""
    set_highest(site, issue.key, 3)
    assert (move(site, issue.key, "Approved"), move(site, issue.key, "Done")) == ("", "")
    set_highest(site, issue.key, 2)
    assert "not valid" in move(site, issue.key, "Closed")
    assert move(site, issue.key, "Approved") == "", "the way back is open into every stage that was reached"
    assert move(site, issue.key, "Backlog") == ""


def test_a_workflow_in_more_projects_than_one_page_shows_is_shared(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    shared = jira.projects["ITX"].workflow_of("Epic")
    for number in range(210):
        jira.projects[f"N{number}"] = replace(jira.projects["ITX"], id=str(90_000 + number), key=f"N{number}")
    assert jira.projects["N209"].workflow_of("Epic") is shared
    Path(site.file).write_text(
        MAPPING.replace("project: [ITX, CLOUD]", f"project: [ITX, {', '.join(f'N{n}' for n in range(209))}]")
    )
    output = site.plan()
    assert 'the workflow "ITX epics" is used by N209 as well, which no rule governs' in output


def test_a_mistyped_issue_type_plans_no_screens(site: ProvisionedSite) -> None:
    Path(site.file).write_text(MAPPING.replace("type: [Epic]", "type: [Epik]"))
    output = site.plan()
    assert 'no governed project has an issue type "Epik": nothing is planned for it.' in output
    assert "on the screen" not in output


def test_no_screen_for_editing_and_none_that_others_share_gets_a_field_unasked(site: ProvisionedSite) -> None:
    admin = site.sandbox.jira.admin
    del admin.view_screen_of["ITX"]
    site.sandbox.jira.add_project("HR", "People", seed.workflow("HR workflow"))
    admin.screen_of["HR"], admin.view_screen_of["HR"] = admin.screen_of["CLOUD"], admin.view_screen_of["CLOUD"]
    output = site.plan()
    assert '"ITX: edit screen" is also the screen on which issues are edited: the owned fields are written' in output
    assert 'the screen "CLOUD: view screen" is used by HR as well: nothing is put there.' in output
    assert "put DoI stage" not in output
    asked = site.plan("--edit-screens", "--shared")
    assert 'on the screen "ITX: edit screen"' in asked
    assert 'on the screen "CLOUD: view screen"' in asked
    applied = site.apply()
    assert "Every owned field can be written on a real issue of each project." in applied, "an edit checks no screen"


def test_a_team_managed_workflow_is_guarded_where_jira_offers_the_rule(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    jira.add_project("TEAM", "A team's own", seed.simplified_workflow("TEAM workflow"), team_managed=True)
    Path(site.file).write_text(MAPPING.replace("project: [ITX, CLOUD]", "project: [ITX, CLOUD, TEAM]"))
    assert 'of the workflow "TEAM workflow"' in site.plan()
    jira.workflows.lacking_in_teams.add("system:check-field-value")
    output = site.plan()
    assert 'of the workflow "TEAM workflow": Highest' not in output
    assert 'the workflow "TEAM workflow" belongs to a team-managed project, where Jira offers no rule' in output


def test_a_locked_status_is_told(site: ProvisionedSite) -> None:
    site.sandbox.jira.projects["ITX"].workflow_of("Epic").locked = ("Closed",)
    assert 'Closed of the workflow "ITX epics" is locked (jira.issue.editable=false)' in site.plan()


def test_triggers_on_a_guarded_transition_are_told(site: ProvisionedSite) -> None:
    workflow = site.sandbox.jira.projects["ITX"].workflow_of("Epic")
    workflow.transitions[2].triggers = [{"ruleKey": "system:development-triggers", "parameters": {}}]
    assert '"To Done" of the workflow "ITX epics" also has triggers: a branch, a commit or a merge' in site.plan()


def test_a_gate_that_the_site_stores_with_more_parameters_is_recorded_and_right(site: ProvisionedSite) -> None:
    site.sandbox.jira.workflows.adds_parameters = True
    assert "Every owned field can be written" in site.apply()
    assert "Nothing is missing." in site.plan()


def test_what_a_gate_changes_is_recorded_before_it_changes(
    site: ProvisionedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is lost after the workflow was written: the gate stands, and can be taken back."""
    jira = site.sandbox.jira
    workflow = jira.projects["ITX"].workflow_of("Epic")
    bare = [transition.conditions for transition in workflow.transitions]
    real = CloudAdmin.replace_transitions

    def lost(self: CloudAdmin, read: Workflows, transitions: Sequence[Document]) -> None:
        real(self, read, transitions)
        raise Unreachable("The connection was lost.")

    monkeypatch.setattr(CloudAdmin, "replace_transitions", lost)
    result = site.cli.run("provision", "apply", "jira-main", "--yes", "--mapping", site.file)
    assert "The connection was lost." in told(result)
    assert [transition.conditions for transition in workflow.transitions] != bare
    monkeypatch.undo()
    sheet = " ".join(site.cli.run("provision", "sheet", "jira-main").output.split())
    assert (
        'Workflow "ITX epics", transition "To Analysis" (21): take out the condition that compares Highest stage '
        "(customfield_" in sheet
    )
    assert "with 1" in sheet
    site.run("destroy", "--yes")
    assert [transition.conditions for transition in workflow.transitions] == bare


def test_items_that_are_not_governed_pass_where_they_share_the_workflow(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    shared = seed.workflow("One for all")
    jira.add_project("OPS", "Operations", shared)
    Path(site.file).write_text(MAPPING.replace("project: [ITX, CLOUD]", "project: [OPS]"))
    jira.admin.screens.clear()
    jira.admin.create_screens()
    output = site.apply()
    assert 'of the workflow "One for all": Highest stage has to reach the stage; an empty number passes' in output
    story = jira.create("OPS", "Story", "Not governed", by="kaya")
    epic = jira.create("OPS", "Epic", "Governed", by="kaya")
    set_highest(site, epic.key, 0)
    assert move(site, story.key, "Analysis") == ""
    assert "not valid" in move(site, epic.key, "Analysis")


def test_a_workflow_that_other_projects_use_is_guarded_only_with_the_option(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    shared = jira.projects["ITX"].workflow_of("Epic")
    jira.add_project("HR", "People", shared)
    output = site.plan()
    assert 'the workflow "ITX epics" is used by HR as well, which no rule governs. Copy it' in output
    assert 'of the workflow "ITX epics"' not in output.split("!")[0]
    assert 'guard "To Analysis", "To Approved", "To Done", "To Closed" of the workflow "ITX epics"' in site.plan(
        "--shared"
    )


def test_a_removed_gate_is_found_and_restored(site: ProvisionedSite) -> None:
    site.apply()
    workflow: Workflow = site.sandbox.jira.projects["ITX"].workflow_of("Epic")
    workflow.transitions[2].conditions = None
    assert 'of the workflow "ITX epics"' in site.plan()
    assert "Every owned field can be written" in site.apply()
    assert workflow.transitions[2].conditions is not None


def test_a_busy_site_is_reported_and_the_next_run_continues(site: ProvisionedSite) -> None:
    site.sandbox.jira.workflows.busy = 1
    result = site.cli.run("provision", "apply", "jira-main", "--yes", "--mapping", site.file)
    assert "Another workflow configuration update task is ongoing." in told(result)
    assert "Every owned field can be written" in site.apply()


def test_a_space_has_700_fields_and_no_more(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    wanted = len(set(OWNED_COLUMNS) - site.fields())
    there = sum(identity.startswith("customfield_") for identity in jira.fields)
    for number in range(MOST_FIELDS + 1 - wanted - there):
        jira.fields[f"customfield_9{number:04}"] = FieldDef(f"customfield_9{number:04}", f"Other {number}", "textfield")
    apply = ("provision", "apply", "jira-main", "--yes", "--mapping", site.file)
    refused = told(site.cli.run(*apply))
    assert "The space " in refused
    assert "has 700 fields already, which is the limit." in refused
    made = set(OWNED_COLUMNS) & site.fields()
    assert len(made) == wanted - 1, "up to the limit"
    del jira.fields["customfield_90000"]
    jira.admin.refuses_contexts = True
    assert "The context cannot be added." in told(site.cli.run(*apply))
    assert set(OWNED_COLUMNS) & site.fields() == made, "no half made field of every space stays"
    jira.admin.refuses_contexts = False
    assert "Every owned field can be written" in site.apply(), "it goes on from what was made"


def test_text_fields_can_be_created_read_only(site: ProvisionedSite) -> None:
    site.apply("--readonly")
    assert site.sandbox.jira.field_named("DoI stage").type == "readonlyfield"
    assert "Nothing is missing." in site.plan("--readonly")


def test_data_center_gets_fields_on_named_screens_and_a_note_about_the_rest(
    cli: Cli, database: URL, tmp_path: Path
) -> None:
    for site in bare(cli, database, tmp_path, Deployment.DATACENTER):
        output = site.plan("--screen", "ITX: edit screen", "--screen", "CLOUD: edit screen")
        assert "create the field Gate (textfield) for CLOUD, ITX" in output, "choices cannot be made over REST there"
        assert "Data Center has no REST for workflows: instead of a native gate" in output
        assert 'No screen is called "Default Screen"' in site.plan()
        applied = site.apply("--screen", "ITX: edit screen", "--screen", "CLOUD: edit screen")
        assert "Every owned field can be written on a real issue of each project." in applied
        assert "Nothing is missing." in site.plan("--screen", "ITX: edit screen", "--screen", "CLOUD: edit screen")
        site.run("destroy", "--yes")
        assert not set(OWNED_COLUMNS) & site.fields()


def test_the_live_check_finds_the_stand_in_as_it_takes_jira_to_be_and_leaves_nothing(site: ProvisionedSite) -> None:
    jira = site.sandbox.jira
    before, projects, issues = site.fields(), set(jira.projects), set(jira.issues)
    output = " ".join(site.cli.run("doctor", "--live-check", "jira-main").output.split())
    assert "✗" not in output, output
    assert "✓ 7 back at a shut gate, by a transition from any status: To Do" in output
    assert "✓ 10 and is refused inside an edit: refused" in output
    assert (site.fields(), set(jira.projects), set(jira.issues)) == (before, projects, issues)
