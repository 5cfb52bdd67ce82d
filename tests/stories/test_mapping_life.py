"""The life cycle of a mapping on real items over HTTP: push, preview, activate, roll back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner

from cli import app
from mapping.load import LoadedMapping, load_mapping
from tests.command_line import told
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation
from tests.stories.test_scenarios import epic

pytestmark = pytest.mark.story

STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
FREE = STORY.replace("policy: {", "policy: {off: [OVERLAP_UNDECLARED], ").replace(
    "match: {project: [ITX, CLOUD]", "match: {project: [ITX]"
)


class Cli:
    def __init__(self, scene: Simulation, folder: Path) -> None:
        self._environment = {
            "DATABASE_URL": scene.services.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(folder),
            "GATEPOST_SECRET_KEY": scene.services.settings.secret_key or "",
            "COLUMNS": "200",
        }

    def run(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments), env=self._environment)
        assert result.exit_code == code, (result.output, result.exception)
        return str(result.stdout)


def _write(folder: Path, text: str, name: str = "mapping.yaml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_mapping_is_pushed_previewed_activated_and_rolled_back(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        jira = scene.sandbox.jira
        for project in ("ITX", "ITX", "CLOUD"):
            jira.create(
                project, "Epic", f"An idea of {project}", by="kaya", assignee="osei", values={"Program": "Exit"}
            )
        jira.create("SUP", "Task", "Not governed", by="kaya")
        scene.run_until_idle()
        cli = Cli(scene, tmp_path)
        writes = len(jira.deliverer.log)

        changed = _write(tmp_path, FREE)
        assert "Version 2 is stored (validated)." in cli.run("mapping", "push", changed, "--reason", "overlaps later")
        differences = cli.run("mapping", "diff", "1", "2")
        assert 'Policy.off is now "OVERLAP_UNDECLARED"; it was not set.' in differences
        assert 'Rule epics: match.project is now "ITX"; it was "ITX" or "CLOUD".' in differences

        preview = cli.run("mapping", "preview", "--version", "2")
        assert re.search(r"dropped  CLOUD-1 An idea of CLOUD: no rule takes CLOUD-1", preview)
        assert "4 items; nothing was written" in preview or "3 items; nothing was written" in preview
        assert len(jira.deliverer.log) == writes, "nothing was written"
        assert "previewed" in cli.run("mapping", "history")

        assert cli.run("mapping", "activate", "--version", "2", "--wait").startswith("Mapping version 2 is active")
        scene.run_until_idle()
        (dropped,) = scene.services.measures.find("CLOUD-1")
        assert dropped.unmapped_reason == "no rule takes CLOUD-1 (Epic in CLOUD, Backlog)"

        back = cli.run("mapping", "rollback", "--reason", "too early", "--wait")
        assert back.startswith("Version 1 is restored as version 3")
        scene.run_until_idle()
        (again,) = scene.services.measures.find("CLOUD-1")
        assert (again.unmapped_reason, again.mapping_version) == (None, 3)
        assert cli.run("mapping", "pull") == STORY
        assert cli.run("mapping", "diff", "1", "3") == "They have the same meaning.\n"
        actions = [entry.detail["number"] for entry in scene.services.audit.entries("mapping")]
        assert actions == [1, 2, 3]


def test_a_preview_by_jql_shows_what_becomes_a_measure(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        scene.sandbox.jira.create(
            "SUP",
            "Epic",
            "Chat instead of calls",
            by="kaya",
            assignee="osei",
            values={"Program": "Desk", "Rough value": 5},
        )
        scene.sandbox.servicenow.insert("dmn_demand", {"short_description": "A demand", "state": "1"}, "kaya")
        scene.run_until_idle()
        cli = Cli(scene, tmp_path)
        wider = _write(tmp_path, STORY.replace("project: [ITX, CLOUD]", "project: [ITX, CLOUD, SUP]"))
        preview = cli.run("mapping", "preview", wider, "--jql", "project = SUP")
        assert "new  SUP-1 Chat instead of calls · rule epics · Identified, gate blocked" in preview
        assert "Gate: – → Blocked" in preview
        assert "+ Cannot move into Detailed yet: no sponsor is named" in preview
        assert "1 item; nothing was written" in preview
        by_key = cli.run("mapping", "preview", wider, "--item", "sup-1")
        assert "SUP-1 Chat instead of calls" in by_key
        table = cli.run("mapping", "preview", wider, "--table", "dmn_demand")
        assert "same  DMND0000001 A demand" in table


def test_a_draft_with_problems_is_kept_but_not_activated(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        cli = Cli(scene, tmp_path)
        broken = _write(tmp_path, STORY.replace("owner: Assignee", "ownr: Assignee", 1))
        output = cli.run("mapping", "push", broken, "--reason", "try", code=1)
        assert 'this key is not known here. Did you mean "owner"?' in output
        assert "Version 2 is stored as a draft." in output
        result = CliRunner().invoke(app, ["mapping", "activate", "--version", "2"], env=cli._environment)
        assert "Version 2 is a draft with problems" in told(result)
        assert cli.run("mapping", "pull", "--version", "2") == (tmp_path / "mapping.yaml").read_text()


LIVE = """
version: 1
organization: Nordbank
reporting_currency: EUR
committees:
  - {name: IT Board, programs: [Exit], members: [brandt, nobody, lind]}
measures:
  - name: epics
    connection: jira-main
    match: {project: [ITX, CLOWD], type: [Epic]}
    hierarchy: {program: "{Programm}"}
    roles: {owner: Assignee, sponsor: {by: Program, people: {Exit: {id: ghost, name: G. Host}, Core: {id: osei, name: K. Osei}}}}
    facts: {objective: {cel: 'item.fields["Objectiv"]'}, start: Start date}
    stage: {from_status: {Backlog: identified, Analyse: detailed}}
    write: {gate: Gate, potential: Traffic light, blockers: Gate blockers, plan: Plan net}
  - name: projects
    connection: servicenow-main
    match: {table: [pm_project, pm_projekt]}
    hierarchy: {}
    roles: {owner: Project manager, sponsor: {by: Business unit, people: {IT: {id: ghost, name: G. Host}}}}
    stage: {from_status: {Pending: identified, Done: implemented}}
    write: {gate: Gate, plan: Plan nett}
"""


def test_a_mapping_is_checked_against_the_tools(database: URL, tmp_path: Path) -> None:
    """Fields, options, screens, statuses, projects and people that differ from the file."""
    with simulation(database, tmp_path) as scene:
        jira = scene.sandbox.jira
        jira.add_field("Traffic light", "select", ("Green", "Red"))
        jira.create("ITX", "Epic", "An idea", by="kaya")
        jira.deactivate("osei")
        cli = Cli(scene, tmp_path)
        file = _write(tmp_path, LIVE.lstrip())
        output = cli.run("mapping", "check", file, "--live", code=1)
        for problem in (
            '5:58: committees[0].members[1]: the site has no user "nobody".',
            '9:13: measures[0].match.project: there is no project "CLOWD". Did you mean "CLOUD"?',
            '10:17: measures[0].hierarchy.program: no field is called "Programm". Did you mean "Program"?',
            '11:62: measures[0].roles.sponsor.people.Exit: the site has no user "ghost".',
            "measures[0].roles.sponsor.people.Core: the account of Kwame Osei is inactive.",
            'measures[0].facts.objective: no field is called "Objectiv". Did you mean "Objective"?',
            'measures[0].stage.from_status.Analyse: no item of this rule can have the status "Analyse". '
            'Did you mean "Analysis"?',
            'measures[0].write.potential: the field "Traffic light" does not offer Amber, Grey.',
            'measures[1].match.table: there is no table "pm_projekt". Did you mean "pm_project"?',
            'measures[1].roles.sponsor.people.IT: the instance has no user "ghost".',
            'measures[1].stage.from_status.Done: no item of this rule can have the status "Done". There are Pending,',
            'measures[1].write.plan: pm_project has no column "Plan nett". Did you mean "Plan net"?',
        ):
            assert problem in output, output
        assert output.splitlines()[-1].endswith("12 problems")


def test_the_story_fits_the_tools(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        scene.sandbox.jira.create("ITX", "Epic", "An idea", by="kaya")
        output = Cli(scene, tmp_path).run("mapping", "check", _write(tmp_path, STORY), "--live")
        assert "4 rules, no problems" in output
        assert " is done in " not in output, "every status in which work is done is named"


def test_statuses_in_which_work_is_done_and_that_the_mapping_does_not_name_are_warned_of(
    database: URL, tmp_path: Path
) -> None:
    """It fits the tools all the same, and is activated."""
    unnamed = STORY.replace("implemented, Closed: closed}", "implemented}", 1).replace(", Closed Skipped]", "]", 1)
    with simulation(database, tmp_path) as scene:
        scene.sandbox.jira.create("ITX", "Epic", "An idea", by="kaya")
        cli, file = Cli(scene, tmp_path), _write(tmp_path, unnamed)
        output = cli.run("mapping", "check", file, "--live")
        follows = (
            ", and the rule does not say which stage that is. An item that is moved there is not in breach and is not "
            "moved back: its stage is unknown, and its gate is shut until an administrator acts. Name its stage under "
            "stage: from_status, or name it under ends: cancelled where work ends in it without its result."
        )
        warned = (
            f'warning: {file}:32:7: measures[0].stage.from_status: work in the status "Closed" is done in jira-main{follows}',
            f'warning: {file}:70:7: measures[1].stage.from_status: work in the status "Closed Skipped" is done in '
            f"servicenow-main{follows}",
        )
        assert [line for line in output.splitlines() if " is done in " in line] == list(warned)
        assert "4 rules, no problems, " in output
        assert " is done in " not in cli.run("mapping", "check", file), "the file alone does not tell it"
        activated = cli.run("mapping", "activate", file, "--reason", "fewer stages")
        assert warned[0] in activated
        assert "Mapping version 2 is active" in activated


@pytest.mark.parametrize(
    ("connection", "arguments", "selection"),
    [
        ("jira-main", ("--project", "itx", "--type", "epic"), ("--jql", "project = ITX")),
        ("servicenow-main", ("--type", "pm_project"), ("--table", "pm_project")),
        ("servicenow-main", ("--type", "change_request"), ("--table", "change_request")),
    ],
)
def test_init_writes_a_first_mapping_that_fits(
    database: URL, tmp_path: Path, connection: str, arguments: tuple[str, ...], selection: tuple[str, ...]
) -> None:
    with simulation(database, tmp_path) as scene:
        scene.sandbox.jira.create("ITX", "Epic", "An idea", by="kaya", assignee="osei")
        scene.sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "1"}, "kaya")
        scene.sandbox.servicenow.insert("change_request", {"short_description": "C", "state": "-5"}, "kaya")
        cli = Cli(scene, tmp_path)
        file = str(tmp_path / "first.yaml")
        output = cli.run("init", file, "--connection", connection, *arguments, "--organization", "Nordbank")
        assert f"first.yaml is written and fits {connection}." in output
        text = Path(file).read_text()
        assert text.startswith(f"# A first mapping, made from what {connection} shows.")
        for line in ("      sponsor: Sponsor", "      gate: Gate", "        benefit: Planned benefit"):
            assert line in text.splitlines()
        assert "1 rule, no problems" in cli.run("mapping", "check", file, "--live")
        assert "1 item; nothing was written" in cli.run("mapping", "preview", file, *selection)
        again = CliRunner().invoke(app, ["init", file, "--connection", connection], env=cli._environment)
        assert "exists already" in told(again)


def test_init_connects_first_and_reports_what_is_missing(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        cli = Cli(scene, tmp_path)
        jira = scene.sandbox.jira
        arguments = [
            "init",
            str(tmp_path / "m.yaml"),
            "--connection",
            "second",
            "--tool",
            "jira",
            "--url",
            jira.base_url,
        ]
        arguments += ["--user", "gatepost@nordbank.example", "--organization", "N", "--project", "NOPE"]
        refused = CliRunner().invoke(app, arguments, env=cli._environment | {"GATEPOST_CREDENTIAL": "wrong"})
        assert told(refused).endswith(". Nothing was saved. Correct it, and run this again.")
        assert scene.services.connections.get("second") is None
        result = CliRunner().invoke(app, arguments, env=cli._environment | {"GATEPOST_CREDENTIAL": "sandbox-token"})
        assert "Saved second. Its events go to /hooks/jira/second on this server." in result.output
        assert told(result) == 'There is no project "NOPE". There are CLOUD, ITX, SUP.'
        corrected = [*arguments, "--url", "http://127.0.0.1:9"]
        refused = CliRunner().invoke(app, corrected, env=cli._environment | {"GATEPOST_CREDENTIAL": "sandbox-token"})
        assert "Nothing was saved" in told(refused), "what is given for a connection that exists counts"
        for name in ("Gate", "Gate blockers"):
            del jira.fields[jira.field_named(name).id]
        jira.create("ITX", "Epic", "An idea", by="kaya")
        arguments = [
            "init",
            str(tmp_path / "m.yaml"),
            "--connection",
            "jira-main",
            "--project",
            "ITX",
            "--type",
            "Epic",
        ]
        result = CliRunner().invoke(app, [*arguments, "--organization", "N"], env=cli._environment)
        assert result.exception is None, "the fields of a first mapping are made by provisioning"
        written = load_mapping((tmp_path / "m.yaml").read_text())
        assert isinstance(written, LoadedMapping)
        (rule,) = written.config.measures
        assert (rule.write.gate, rule.write.blockers) == ("Gate", "Gate blockers")


JOINED = STORY.replace(
    "    legacy:",
    """    joins:
      - {name: change, connection: servicenow-main, table: change_request, their_field: Correlation ID}
    legacy:""",
    1,
).replace(
    "actual: {benefit: Actual benefit, one_off_cost: Actual cost}",
    "actual: {benefit: Actual benefit, one_off_cost: {from: change, field: Actual cost}}",
    1,
)
# The changes count no cost of their own, as they feed the epic's.
JOINED = "actual: {benefit: Actual benefit}".join(
    JOINED.rsplit("actual: {benefit: Actual benefit, one_off_cost: Actual cost}", 1)
)


def test_one_measure_is_fed_by_items_of_both_tools(database: URL, tmp_path: Path) -> None:
    """A Jira epic and its ServiceNow changes, joined by the epic's key in the changes' correlation id."""
    with simulation(database, tmp_path, mapping=JOINED) as scene:
        item = ("jira", "Move the archive")
        issue = epic(scene, item[1], read_first=True)
        assert "CHANGE_OPEN" not in scene.show(item).fields["Gate blockers"], "no related item, nothing open"
        snow = scene.sandbox.servicenow
        columns = {"short_description": "Cut over", "state": "-1", "correlation_id": issue.key}
        first = snow.insert("change_request", columns | {"u_actual_cost": "1200.50"}, "lind")
        snow.insert("change_request", columns | {"u_actual_cost": "800"}, "lind")
        snow.insert("change_request", {"short_description": "Another", "state": "-1", "u_actual_cost": "9"}, "lind")
        shown = scene.show(item)
        assert f"2 ServiceNow changes are not closed successfully ({first['number']}, " in shown.fields["Gate blockers"]
        assert shown.fields["Actual net"] == "-2,000.50", "the actual cost is the sum over the changes"
        snow.update("change_request", first["sys_id"], {"u_actual_cost": "200", "state": "4"}, "lind")
        shown = scene.show(item)
        assert "1 ServiceNow change is not closed successfully" in shown.fields["Gate blockers"], (
            "an event about a change reassesses its epic"
        )
        assert shown.fields["Actual net"] == "-1,000"
