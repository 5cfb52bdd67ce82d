"""A bare site is made ready, works, is made ready again without a change, and is left as it was found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.settings import Settings
from sandbox import servers
from sandbox.jira.model import Deployment, Refusal, Workflow, field_is
from sandbox.story import seed
from tests.command_line import Cli
from tests.conftest import ROOT
from tests.sites import connect
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

MAPPING = (
    (ROOT / "deploy/examples/jira-only.yaml")
    .read_text()
    .replace("      gate: Gate\n", "      gate: Gate\n      passes: Gate passes\n", 1)
)
OWNED = (
    "DoI stage", "Implementation status", "Potential status", "Gate", "Gate passes", "Gate blockers",
    "Plan net", "Forecast net", "Actual net", "Variance %",
)  # fmt: skip


@dataclass
class Site:
    cli: Cli
    services: Services
    sandbox: servers.Sandbox
    file: str

    def run(self, *words: str) -> str:
        return " ".join(self.cli.run("provision", *words, "jira-main").output.split())

    def plan(self, *more: str) -> str:
        return self.run("plan", *self._mapping(), *more)

    def apply(self, *more: str) -> str:
        return self.run("apply", "--yes", *self._mapping(), *more)

    def _mapping(self) -> tuple[str, str]:
        return "--mapping", self.file

    def fields(self) -> set[str]:
        return {field.name for field in self.sandbox.jira.fields.values()}


def bare(cli: Cli, database: URL, folder: Path, deployment: Deployment = Deployment.CLOUD) -> Iterator[Site]:
    """People, the bank's own fields and projects; nothing of Gatepost's, and every field that is there on its screen."""
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
    jira.admin.give_screens()
    for key in ("ITX", "CLOUD"):
        jira.create(key, "Epic", f"An epic of {key}", by="kaya", values={"Program": "Data centre exit"})
    connect(services, sandbox, "a secret of thirty-two characters")
    file = folder / "mapping.yaml"
    file.write_text(MAPPING)
    yield Site(cli, services, sandbox, str(file))
    sandbox.stop()
    services.close()


@pytest.fixture
def site(cli: Cli, database: URL, tmp_path: Path) -> Iterator[Site]:
    yield from bare(cli, database, tmp_path)


def test_a_plan_says_everything_and_changes_nothing(site: Site) -> None:
    before = site.fields()
    told = site.plan()
    assert "create the field Gate (select with Open, Shut, Breach) for CLOUD, ITX" in told
    assert 'Gate blockers, Plan net, Forecast net, Actual net, Variance % on the screen "ITX: edit screen"' in told
    assert 'guard "To Analysis", "To Approved", "To Done", "To Closed" of the workflow "ITX epics"' in told
    assert "lets through an open gate only" in told
    assert site.fields() == before
    assert site.cli.run("provision", "plan", "jira-main", "--mapping", site.file).exit_code == 1


def test_what_is_missing_is_made_verified_and_the_second_run_changes_nothing(site: Site) -> None:
    told = site.apply()
    assert "Every owned field can be written on a real issue of each project." in told
    assert set(OWNED) <= site.fields()
    jira = site.sandbox.jira
    assert jira.field_named("Gate").options == ("Open", "Shut", "Breach")
    assert jira.field_named("Gate blockers").type == "textarea"
    requests.delete(f"{jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    again = site.apply()
    assert "Nothing is missing." in again
    calls = requests.get(f"{jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    reads = ("/workflows", "/search/jql")
    assert [c for c in calls if c["method"] != "GET" and not c["path"].endswith(reads)] == []
    assert "Nothing is missing." in site.plan()


def test_only_what_gatepost_made_is_taken_back(site: Site) -> None:
    jira = site.sandbox.jira
    workflow = jira.projects["ITX"].workflow_of("Epic")
    workflow.transitions[0].conditions = field_is(jira.field_named("Program").id, "", "!=")
    before_fields = site.fields()
    before = json.dumps([(one.name, one.conditions, one.validators) for one in workflow.transitions])
    site.apply()
    assert json.dumps([(one.name, one.conditions, one.validators) for one in workflow.transitions]) != before
    told = site.run("destroy", "--yes")
    assert 'the gates of the workflow "ITX epics" were taken out; everything else stays as it was.' in told
    assert "was put into the bin; an administrator may take it back." in told
    assert site.fields() == before_fields
    assert json.dumps([(one.name, one.conditions, one.validators) for one in workflow.transitions]) == before
    assert "Gatepost has made nothing at jira-main." in site.run("destroy", "--yes")


def test_a_field_that_is_there_already_is_used_and_stays(site: Site) -> None:
    jira = site.sandbox.jira
    jira.add_field("Gate", "select", ("Open",))
    jira.add_field("Plan net", "datepicker")
    told = site.plan()
    assert "create the field Gate (" not in told
    assert "add the choice Shut to Gate" in told
    assert '"Plan net" is there as datepicker, and a float is needed: rename one of the two' in told
    site.apply()
    assert jira.field_named("Gate").options == ("Open", "Shut", "Breach")
    site.run("destroy", "--yes")
    assert {"Gate", "Plan net"} <= site.fields(), "they were there before"


def test_two_fields_of_one_name_are_a_persons_decision(site: Site) -> None:
    site.sandbox.jira.add_field("Gate", "select", ("Open", "Shut", "Breach"))
    site.sandbox.jira.add_field("Gate", "textfield")
    assert '2 fields are called "Gate"' in site.plan()


def test_a_team_managed_project_is_told_plainly(site: Site) -> None:
    jira = site.sandbox.jira
    jira.add_project("TEAM", "A team's own", seed.workflow("TEAM workflow"), team_managed=True)
    Path(site.file).write_text(MAPPING.replace("project: [ITX, CLOUD]", "project: [ITX, CLOUD, TEAM]"))
    told = site.plan()
    assert "TEAM is team-managed: no program can put fields there." in told
    assert "adds these existing fields under Project settings > Work types: DoI stage, " in told


@pytest.mark.parametrize("schemes", [True, False])
def test_a_field_that_no_scheme_of_the_project_has_is_associated(site: Site, schemes: bool) -> None:
    """Field schemes are experimental: where they are switched off, the association does it."""
    admin = site.sandbox.jira.admin
    admin.associates, admin.schemes = False, schemes
    told = site.apply()
    assert "Every owned field can be written on a real issue of each project." in told
    calls = requests.get(f"{site.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    used = {call["path"] for call in calls if call["method"] == "PUT" and call["status"] == 204}
    assert used == {"/rest/api/3/config/fieldschemes/fields" if schemes else "/rest/api/3/field/association"}


def test_without_the_right_to_administer_nothing_is_half_done(site: Site) -> None:
    site.sandbox.jira.withheld.add("ADMINISTER")
    before = site.fields()
    result = site.cli.run("provision", "apply", "jira-main", "--yes", "--mapping", site.file)
    assert "does not allow POST /rest/api/3/workflows" in str(result.exception)
    assert site.fields() == before


# --- native gates -----------------------------------------------------------------------------------------


def move(site: Site, key: str, to: str) -> str:
    """What the tool says to a person who moves an issue on; nothing when it lets them."""
    try:
        site.sandbox.jira.transition(key, to, by="kaya")
    except Refusal as refusal:
        return str(refusal)
    return ""


def set_gate(site: Site, key: str, gate: str | None, passes: str | None = None) -> None:
    site.sandbox.jira.edit(key, {"Gate": gate, "Gate passes": passes}, by="gatepost-bot")


def test_a_guarded_workflow_refuses_by_itself_and_lets_back_whoever_wants(site: Site) -> None:
    site.apply()
    issue = next(one for one in site.sandbox.jira.issues.values() if one.project == "ITX")
    assert "not valid for the current state" in move(site, issue.key, "Analysis"), "nobody has judged it yet"
    set_gate(site, issue.key, "Shut")
    assert "not valid for the current state" in move(site, issue.key, "Analysis")
    set_gate(site, issue.key, "Open", "Detailed")
    assert "does not match" in move(site, issue.key, "Done"), "an open gate lets nobody skip a stage"
    assert move(site, issue.key, "Analysis") == ""
    set_gate(site, issue.key, "Breach")
    assert move(site, issue.key, "Backlog") == "", "the way back is never guarded"


def test_the_reason_can_be_shown_instead_of_hiding_the_transition(site: Site) -> None:
    site.apply("--style", "explain")
    issue = next(one for one in site.sandbox.jira.issues.values() if one.project == "ITX")
    set_gate(site, issue.key, "Shut")
    assert move(site, issue.key, "Analysis").startswith(
        "Gatepost: the gate into Detailed is shut. The field with the blockers says why and who must act."
    )


def test_items_that_are_not_governed_are_let_through_where_they_share_the_workflow(site: Site) -> None:
    jira = site.sandbox.jira
    shared = seed.workflow("One for all")
    jira.add_project("OPS", "Operations", shared)
    Path(site.file).write_text(MAPPING.replace("project: [ITX, CLOUD]", "project: [OPS]"))
    jira.admin.screens.clear()
    jira.admin.give_screens()
    told = site.apply()
    assert 'of the workflow "One for all": stops a shut gate; issues without one pass' in told
    story = jira.create("OPS", "Story", "Not governed", by="kaya")
    epic = jira.create("OPS", "Epic", "Governed", by="kaya")
    set_gate(site, epic.key, "Shut")
    assert move(site, story.key, "Analysis") == ""
    assert "not valid" in move(site, epic.key, "Analysis")


def test_a_workflow_that_other_projects_use_is_guarded_only_when_told_so(site: Site) -> None:
    jira = site.sandbox.jira
    shared = jira.projects["ITX"].workflow_of("Epic")
    jira.add_project("HR", "People", shared)
    told = site.plan()
    assert 'the workflow "ITX epics" is used by HR as well, which no rule governs: copy it' in told
    assert 'of the workflow "ITX epics"' not in told.split("!")[0]
    assert 'guard "To Analysis", "To Approved", "To Done", "To Closed" of the workflow "ITX epics"' in site.plan(
        "--shared"
    )


def test_a_gate_that_somebody_took_out_is_found_and_put_back(site: Site) -> None:
    site.apply()
    workflow: Workflow = site.sandbox.jira.projects["ITX"].workflow_of("Epic")
    workflow.transitions[2].conditions = None
    assert 'of the workflow "ITX epics"' in site.plan()
    assert "Every owned field can be written" in site.apply()
    assert workflow.transitions[2].conditions is not None


def test_a_busy_site_is_told_and_the_next_run_goes_on(site: Site) -> None:
    site.sandbox.jira.workflows.busy = 1
    result = site.cli.run("provision", "apply", "jira-main", "--yes", "--mapping", site.file)
    assert "Another workflow configuration update task is ongoing." in str(result.exception)
    assert "Every owned field can be written" in site.apply()


def test_text_fields_can_be_made_so_that_nobody_edits_them_by_hand(site: Site) -> None:
    site.apply("--readonly")
    assert site.sandbox.jira.field_named("Gate passes").type == "readonlyfield"
    assert "Nothing is missing." in site.plan("--readonly")


def test_data_center_gets_fields_on_named_screens_and_is_told_the_rest(cli: Cli, database: URL, tmp_path: Path) -> None:
    for site in bare(cli, database, tmp_path, Deployment.DATACENTER):
        told = site.plan("--screen", "ITX: edit screen", "--screen", "CLOUD: edit screen")
        assert "create the field Gate (textfield) for CLOUD, ITX" in told, "choices cannot be made over REST there"
        assert "Data Center has no REST for workflows: instead of a native gate" in told
        assert 'No screen is called "Default Screen"' in site.plan()
        done = site.apply("--screen", "ITX: edit screen", "--screen", "CLOUD: edit screen")
        assert "Every owned field can be written on a real issue of each project." in done
        assert "Nothing is missing." in site.plan("--screen", "ITX: edit screen", "--screen", "CLOUD: edit screen")
        site.run("destroy", "--yes")
        assert not set(OWNED) & site.fields()
