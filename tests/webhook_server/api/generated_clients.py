"""Clients as other people make them: two maintained generators, run on the description as it is served."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.conftest import ROOT

CLIENT = "gatepost_generated_client"


def generate(document: dict[str, Any], folder: Path) -> None:
    """A typed client and typed models; a warning of either generator fails."""
    described = folder / "openapi.json"
    described.write_text(json.dumps(document))
    _run("openapi_python_client", "generate", "--path", str(described), "--output-path", str(folder / CLIENT),
         "--meta", "none", "--fail-on-warning")  # fmt: skip
    quiet = _run("datamodel_code_generator", "--input", str(described), "--input-file-type", "openapi",
                 "--output", str(folder / "gatepost_generated_models.py"),
                 "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin")  # fmt: skip
    assert quiet == "", quiet


def check_types(folder: Path) -> None:
    """mypy over the client, and over a program that uses it as its author would."""
    (folder / "uses_client.py").write_text(USE)
    settings = folder / "mypy.ini"
    # The client's models and calls; its file of the transport is the same for every API.
    settings.write_text(f"[mypy]\nstrict = true\n[mypy-{CLIENT}.client]\nignore_errors = true\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(settings),
            "--cache-dir",
            str(ROOT / ".mypy_cache/clients"),
            "uses_client.py",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imported(folder: Path, name: str) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(name)


def _run(module: str, *words: str) -> str:
    # A generator formats its output with ruff, which it looks for by name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | {"PATH": path}
    done = subprocess.run(
        [sys.executable, "-m", module, *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


USE = f"""
from {CLIENT} import AuthenticatedClient
from {CLIENT}.api.commands import submit_command
from {CLIENT}.api.gates import check_gate
from {CLIENT}.api.measures import list_measures
from {CLIENT}.models import ApproveCommand, Command, GateCheck, MeasureSummaryPage


def may_deploy(client: AuthenticatedClient, measure: str) -> bool:
    answer = check_gate.sync(measure, "implemented", client=client)
    return isinstance(answer, GateCheck) and answer.open_ and "implemented" in answer.gates.may_enter


def keys(client: AuthenticatedClient) -> list[str]:
    page = list_measures.sync(client=client, limit=10)
    assert isinstance(page, MeasureSummaryPage)
    return [measure.key for measure in page.items]


def approve(client: AuthenticatedClient, measure: str, stage: str) -> str:
    stored = submit_command.sync(measure, client=client, body=ApproveCommand(verb="approve", stage=stage))
    assert isinstance(stored, Command)
    return stored.id
"""
