"""Commands, settings, files and addresses in the runbook exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import QueuePool
from sqlalchemy.engine import URL
from werkzeug.routing import Map

from connector.bootstrap import bootstrap
from connector.settings import Settings
from tests.conftest import ROOT
from tests.deploy.chart import example
from tests.deploy.commands import command_exists

DEPLOY = ROOT / "deploy"
BOOKS = ["operations.md", "README.md"]
OTHERS = {"GATEPOST_IMAGE", "GATEPOST_TOKEN"}
"""What compose.yaml and ``gatepost check`` read beside the settings."""


def _text(name: str) -> str:
    return (DEPLOY / name).read_text()


@pytest.mark.parametrize("name", BOOKS)
def test_commands_exist(name: str) -> None:
    written = re.findall(r"`gatepost ((?:[a-z-]+ ?)+)", _text(name))
    assert len(written) > 3
    for words in written:
        command_exists([word for word in words.split() if not word.startswith("--")])


@pytest.mark.parametrize("name", BOOKS)
def test_settings_exist(name: str) -> None:
    known = {f"GATEPOST_{field.upper()}" for field in Settings.model_fields} | OTHERS
    assert set(re.findall(r"GATEPOST_[A-Z_]+\b", _text(name))) <= known


@pytest.mark.parametrize("name", BOOKS)
def test_linked_files_are_there(name: str) -> None:
    for path in re.findall(r"\]\(([\w./-]+)\)", _text(name)):
        assert (DEPLOY / path).exists(), path


def test_objects_of_the_cluster_have_the_names_that_the_chart_gives() -> None:
    named = set(re.findall(r"\b(?:deploy|deployment|job)/(gatepost-[a-z]+)", _text("operations.md")))
    assert named == {"gatepost-worker", "gatepost-migrate"}
    assert {"Deployment/gatepost-worker", "Job/gatepost-migrate"} <= set(example().names())


def test_addresses_exist(routes: Map) -> None:
    adapter = routes.bind("localhost")
    for path in set(re.findall(r"`(/(?!hooks)[a-z/]+)`", "".join(map(_text, BOOKS)))):
        assert adapter.test(path, "GET"), path


def test_the_sessions_of_a_process_are_as_documented(database: URL, tmp_path: Path) -> None:
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=tmp_path,
        secret_key=Fernet.generate_key().decode(),
    )
    with bootstrap(settings, application="tests") as services:
        pool = services.engine.pool
        assert isinstance(pool, QueuePool)
        most = pool.size() + pool._max_overflow
    # A worker has the queue's pool and its presence besides.
    web, worker = most, most + settings.worker_concurrency + 3
    assert f"+ 16 | {web} |" in _text("README.md")
    assert f"+ `GATEPOST_WORKER_CONCURRENCY` + 3 | {worker} |" in _text("README.md")
    assert f"3 × {web} + 3 × {worker} = {3 * (web + worker)}" in _text("README.md")
