"""What is deployed is parsed, and its commands exist as they are written."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connector.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def _command_exists(words: list[str]) -> None:
    """``gatepost <words> --help`` answers; nothing is started."""
    done = subprocess.run(
        [sys.executable, "-m", "connector", *words, "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"gatepost {' '.join(words)}: {done.stderr}"


def _compose() -> dict[str, dict[str, dict[str, object]]]:
    loaded: dict[str, dict[str, dict[str, object]]] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    return loaded


@pytest.mark.parametrize("service", ["web", "worker"])
def test_compose_runs_commands_that_exist(service: str) -> None:
    command = _compose()["services"][service]["command"]
    assert isinstance(command, list)
    _command_exists([str(word) for word in command])


def test_compose_has_database_web_and_worker_and_waits_for_health() -> None:
    services = _compose()["services"]
    assert set(services) == {"postgres", "web", "worker"}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        assert services[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_units_run_commands_that_exist(unit: Path) -> None:
    # systemd allows a key twice; the parser must as well.
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    for key in ("ExecStart", "ExecStartPre"):
        words = shlex.split(parser["Service"][key])
        assert words[0] == "/opt/gatepost/bin/gatepost"
        _command_exists(words[1:])
    assert parser["Service"]["User"] == "gatepost"
    assert parser["Service"]["KillSignal"] == "SIGTERM"


def _instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "docker/Dockerfile").read_text().replace("\\\n", " ")
    found = (line.partition(" ") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in found]


def test_the_container_runs_as_nobody_special_and_has_a_health_check() -> None:
    instructions = dict(_instructions())
    assert int(instructions["USER"]) > 0
    assert "/health/live" in instructions["HEALTHCHECK"]
    assert instructions["ENTRYPOINT"] == '["gatepost"]'
    _command_exists([str(word) for word in YAML(typ="safe").load(instructions["CMD"])])


def test_everything_that_the_container_copies_is_there() -> None:
    for word, rest in _instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_the_packages_that_the_container_copies_are_all_packages() -> None:
    copied = {rest.split()[0] for word, rest in _instructions() if word == "COPY"}
    pyproject = (ROOT / "pyproject.toml").read_text()
    packages = re.search(r"^packages = \[(.*)\]$", pyproject, re.MULTILINE)
    assert packages is not None
    assert {name.strip(' "') for name in packages[1].split(",")} <= copied


def test_the_example_of_the_settings_names_settings_that_exist() -> None:
    known = {f"GATEPOST_{name.upper()}" for name in Settings.model_fields} | {"DATABASE_URL"}
    named = set(re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "gatepost.env.example").read_text(), re.MULTILINE))
    assert named <= known
    assert "GATEPOST_SECRET_KEY" in named
