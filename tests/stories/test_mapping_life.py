"""A mapping's life on real items over HTTP: pushed, previewed, activated, rolled back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner

from connector.cli import app
from tests.conftest import ROOT
from tests.stories.theatre import Theatre, theatre

pytestmark = [pytest.mark.story, pytest.mark.timeout(180)]

STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
FREE = STORY.replace("policy: {", "policy: {off: [OVERLAP_UNDECLARED], ").replace(
    "match: {project: [ITX, CLOUD]", "match: {project: [ITX]"
)


class Cli:
    def __init__(self, scene: Theatre, folder: Path) -> None:
        self._environment = {
            "DATABASE_URL": scene.services.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(folder),
            "GATEPOST_SECRET_KEY": scene.services.settings.secret_key or "",
            "COLUMNS": "200",
        }

    def run(self, *words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(words), env=self._environment)
        assert result.exit_code == code, (result.output, result.exception)
        return str(result.stdout)


def _write(folder: Path, text: str, name: str = "mapping.yaml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_mapping_is_pushed_previewed_activated_and_rolled_back(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path) as scene:
        jira = scene.sandbox.jira
        for project in ("ITX", "ITX", "CLOUD"):
            jira.create(
                project, "Epic", f"An idea of {project}", by="kaya", assignee="osei", values={"Program": "Exit"}
            )
        jira.create("SUP", "Task", "Not governed", by="kaya")
        scene.settle()
        cli = Cli(scene, tmp_path)
        writes = len(jira.deliverer.log)

        changed = _write(tmp_path, FREE)
        assert "Version 2 is kept (validated)." in cli.run("mapping", "push", changed, "--reason", "overlaps later")
        words = cli.run("mapping", "diff", "1", "2")
        assert 'Policy.off is now "OVERLAP_UNDECLARED"; it was not set.' in words
        assert 'Rule epics: match.project is now "ITX"; it was "ITX" or "CLOUD".' in words

        shown = cli.run("mapping", "preview", "--version", "2")
        assert re.search(r"dropped  CLOUD-1 An idea of CLOUD: no rule takes CLOUD-1", shown)
        assert "4 items; nothing was written" in shown or "3 items; nothing was written" in shown
        assert len(jira.deliverer.log) == writes, "nothing was written"
        assert "previewed" in cli.run("mapping", "history")

        assert cli.run("mapping", "activate", "--version", "2", "--wait").startswith("Mapping version 2 is active")
        scene.settle()
        (dropped,) = scene.services.measures.find("CLOUD-1")
        assert dropped.unmapped_reason == "no rule takes CLOUD-1 (Epic in CLOUD, Backlog)"

        back = cli.run("mapping", "rollback", "--reason", "too early", "--wait")
        assert back.startswith("Version 1 is back, as version 3")
        scene.settle()
        (again,) = scene.services.measures.find("CLOUD-1")
        assert (again.unmapped_reason, again.mapping_version) == (None, 3)
        assert cli.run("mapping", "pull") == STORY
        assert cli.run("mapping", "diff", "1", "3") == "They mean the same.\n"
        actions = [entry.detail["number"] for entry in scene.services.audit.entries("mapping")]
        assert actions == [1, 2, 3]


def test_a_preview_by_jql_shows_what_becomes_a_measure(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path) as scene:
        scene.sandbox.jira.create(
            "SUP",
            "Epic",
            "Chat instead of calls",
            by="kaya",
            assignee="osei",
            values={"Program": "Desk", "Rough value": 5},
        )
        scene.sandbox.servicenow.insert("dmn_demand", {"short_description": "A demand", "state": "1"}, "kaya")
        scene.settle()
        cli = Cli(scene, tmp_path)
        wider = _write(tmp_path, STORY.replace("project: [ITX, CLOUD]", "project: [ITX, CLOUD, SUP]"))
        shown = cli.run("mapping", "preview", wider, "--jql", "project = SUP")
        assert "new  SUP-1 Chat instead of calls · rule epics · Identified, gate shut" in shown
        assert "Gate: – → Shut" in shown
        assert "+ Detailed is shut: no sponsor is named" in shown
        assert "1 items; nothing was written" in shown
        by_key = cli.run("mapping", "preview", wider, "--item", "sup-1")
        assert "SUP-1 Chat instead of calls" in by_key
        table = cli.run("mapping", "preview", wider, "--table", "dmn_demand")
        assert "same  DMND0000001 A demand" in table


def test_a_draft_with_problems_is_kept_but_not_activated(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path) as scene:
        cli = Cli(scene, tmp_path)
        broken = _write(tmp_path, STORY.replace("owner: Assignee", "ownr: Assignee", 1))
        told = cli.run("mapping", "push", broken, "--reason", "try", code=1)
        assert 'this key is not known here. Did you mean "owner"?' in told
        assert "Version 2 is kept as a draft." in told
        result = CliRunner().invoke(app, ["mapping", "activate", "--version", "2"], env=cli._environment)
        assert "Version 2 is a draft with problems" in str(result.exception)
        assert cli.run("mapping", "pull", "--version", "2") == (tmp_path / "mapping.yaml").read_text()
