"""Deployment files can be parsed, and the commands in them exist."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.settings import Settings
from tests.conftest import ROOT
from tests.deploy.commands import command_exists

DEPLOY = ROOT / "deploy"
OF_COMPOSE = {"POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD", "GATEPOST_IMAGE", "PROXY", "PROXY_ADDRESS"}
"""What compose.yaml itself reads from the same file."""
SCHEMA_UNIT = DEPLOY / "systemd/gatepost-migrate.service"
UNITS = sorted(set((DEPLOY / "systemd").glob("*.service")) - {SCHEMA_UNIT})


def _service(name: str) -> Mapping[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    return dict(loaded["services"][name])


def _known() -> set[str]:
    return {f"GATEPOST_{name.upper()}" for name in Settings.model_fields} | {"DATABASE_URL"}


@pytest.mark.parametrize("service", ["web", "worker", "migrate"])
def test_compose_runs_commands_that_exist_and_gives_settings_that_exist(service: str) -> None:
    command_exists(_service(service)["command"])
    given = set(_service(service)["environment"])
    assert {"DATABASE_URL", "GATEPOST_SECRET_KEY"} <= given <= _known() | {"POSTGRES_PASSWORD"}


def test_compose_runs_two_of_each_after_the_schema_is_up_to_date() -> None:
    for name in ("web", "worker"):
        assert _service(name)["deploy"] == {"replicas": 2}
        assert _service(name)["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert _service("migrate")["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("service", ["web", "worker", "migrate"])
def test_replicas_of_compose_share_no_folder_and_have_no_rights(service: str) -> None:
    described = _service(service)
    assert "volumes" not in described
    assert "ports" not in described
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]


def test_compose_refuses_to_start_without_password_and_key() -> None:
    environment = _service("worker")["environment"]
    assert environment["DATABASE_URL"].startswith("postgresql://gatepost_app:${POSTGRES_APP_PASSWORD:?")
    assert environment["GATEPOST_SECRET_KEY"].startswith("${GATEPOST_SECRET_KEY:?")


def test_of_compose_only_the_migration_has_the_login_of_the_owner() -> None:
    owners = _service("migrate")["environment"]["GATEPOST_MAINTENANCE_DATABASE_URL"]
    assert owners.startswith("postgresql://gatepost:${POSTGRES_PASSWORD:?")
    for name in ("web", "worker"):
        environment = _service(name)["environment"]
        assert "GATEPOST_MAINTENANCE_DATABASE_URL" not in environment
        assert environment["POSTGRES_PASSWORD"] == "", "the file that all of them read has it"


def test_compose_gives_a_stopping_process_time_for_its_longest_call() -> None:
    longest = Settings().connect_timeout + Settings().read_timeout
    for name in ("web", "worker"):
        assert int(_service(name)["stop_grace_period"].removesuffix("s")) >= longest + 5


@pytest.mark.parametrize("mode", ["http", "tls"])
def test_the_proxy_reads_files_that_exist_and_keeps_metrics_inside(mode: str) -> None:
    sources = [str(volume).replace("${PROXY:-http}", mode).partition(":")[0] for volume in _service("proxy")["volumes"]]
    assert sources == [f"./proxy/{mode}.conf", "./proxy/gatepost.inc", "./proxy/certificates"]
    assert all((DEPLOY / source).exists() for source in sources)
    server = (DEPLOY / f"proxy/{mode}.conf").read_text()
    assert "listen 8080" in server
    assert "include /etc/nginx/gatepost.inc;" in server
    assert "location = /metrics { return 404; }" in (DEPLOY / "proxy/gatepost.inc").read_text()


def test_the_proxy_lets_gatepost_refuse_what_is_too_large() -> None:
    limit = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "proxy/gatepost.inc").read_text())
    assert limit is not None
    assert int(limit[1]) * 1024 * 1024 > Settings().max_body_bytes


def _unit(path: Path) -> configparser.RawConfigParser:
    # systemd allows a key twice; the parser must as well.
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser


def test_there_is_a_unit_for_web_and_one_for_any_number_of_workers() -> None:
    assert [unit.name for unit in UNITS] == ["gatepost-web.service", "gatepost-worker@.service"]


@pytest.mark.parametrize("path", UNITS, ids=[unit.name for unit in UNITS])
def test_units_run_commands_that_exist(path: Path) -> None:
    service = _unit(path)["Service"]
    words = shlex.split(service["ExecStart"])
    assert words[0] == "/opt/gatepost/bin/gatepost"
    command_exists(words[1:])
    assert service["User"] == "gatepost"
    assert service["KillSignal"] == "SIGTERM"


def test_a_unit_of_its_own_brings_the_schema_up_to_date_and_has_the_login_of_the_owner() -> None:
    unit = _unit(SCHEMA_UNIT)
    assert unit["Service"]["ExecStart"] == "/opt/gatepost/bin/gatepost db upgrade"
    assert unit["Service"]["DynamicUser"] == "yes", "another user than that of the processes"
    assert unit["Service"]["TimeoutStartSec"] == "1h"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert "EnvironmentFile=/etc/gatepost/owner.env\n" in SCHEMA_UNIT.read_text()
    for path in UNITS:
        assert "owner.env" not in path.read_text()
        assert SCHEMA_UNIT.name in _unit(path)["Unit"]["After"].split()
        assert SCHEMA_UNIT.name in _unit(path)["Unit"]["Wants"].split()


@pytest.mark.parametrize("path", UNITS, ids=[unit.name for unit in UNITS])
def test_units_survive_a_database_that_is_down(path: Path) -> None:
    unit = _unit(path)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert int(unit["Service"]["TimeoutStopSec"]) >= Settings().connect_timeout + Settings().read_timeout + 5


def _instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "docker/Dockerfile").read_text().replace("\\\n", " ")
    found = (line.partition(" ") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in found]


def test_compose_reads_nothing_else_from_its_file() -> None:
    read = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text()))
    assert read <= _known() | OF_COMPOSE


def test_the_container_runs_unprivileged_and_has_a_health_check() -> None:
    instructions = dict(_instructions())
    assert int(instructions["USER"]) > 0
    assert "/health/live" in instructions["HEALTHCHECK"]
    assert instructions["ENTRYPOINT"] == '["gatepost"]'
    command_exists([str(word) for word in YAML(typ="safe").load(instructions["CMD"])])


def test_everything_that_the_container_copies_exists() -> None:
    for word, rest in _instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source


def _pins(name: str) -> dict[str, str]:
    """Every package of a lock file, with its version and hashes.

    Not for which systems: a package that Gatepost needs on one of them may be needed everywhere for the documentation.
    """
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    return {re.split(r"[=\[ ]", entry)[0]: re.sub(r" ;[^\\\n]*(?= \\)", "", entry) for entry in entries}


@pytest.mark.parametrize("name", ["runtime.lock", "build.lock"])
def test_the_container_has_the_same_versions_as_everybody_else(name: str) -> None:
    everything, pins = _pins("requirements.lock"), _pins(f"deploy/docker/{name}")
    renewed = {package for package, entry in pins.items() if everything.get(package) != entry}
    assert not renewed, "make lock renews the container's locks"


def test_the_container_has_all_dependencies_and_no_development_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = set(_pins("deploy/docker/runtime.lock"))
    # The lock writes a name as the index does: with a hyphen.
    assert {re.split(r"[>=\[;]", needed)[0].replace(".", "-") for needed in project["dependencies"]} <= pins
    assert not pins & {"pytest", "mypy", "ruff", "playwright", "hatchling"}


def test_the_packages_that_the_container_copies_are_all_packages() -> None:
    copied = {rest.split()[0] for word, rest in _instructions() if word == "COPY"}
    pyproject = (ROOT / "pyproject.toml").read_text()
    packages = re.search(r"^packages = \[(.*)\]$", pyproject, re.MULTILINE)
    assert packages is not None
    assert {name.strip(' "') for name in packages[1].split(",")} <= copied


def test_the_example_of_the_settings_names_settings_that_exist() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "gatepost.env.example").read_text(), re.MULTILINE))
    assert named <= _known() | OF_COMPOSE
    assert "GATEPOST_SECRET_KEY" in named
