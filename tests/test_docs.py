"""The README says what is true: every setting and command is in it, every path that it names is there."""

from __future__ import annotations

import re
import subprocess

import pytest

from cli.commands import COMMANDS
from cli.lazy import load_command
from connector.notify.measure_events import EventType
from connector.runtime.metrics import METRICS, Metric
from connector.settings import Settings
from governance.codes import CODES
from mapping.load import Loaded, load_mapping
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert ("DATABASE_URL" if name == "database_url" else f"GATEPOST_{name.upper()}") in README


def test_every_command_is_documented() -> None:
    for entry in COMMANDS:
        assert f"gatepost {entry.name}" in README, entry.name
        for inner in getattr(load_command(entry), "commands", {}):
            assert f"`{inner}`" in README or f"gatepost {entry.name} {inner}" in README, f"{entry.name} {inner}"


def test_every_command_of_the_readme_is_one() -> None:
    named = set(re.findall(r"`gatepost ([a-z-]+)", README))
    assert named - {entry.name for entry in COMMANDS} == set()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w./-]+)\)", README))))
def test_every_linked_file_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:webhook_server|connector|mapping|governance)/[\w/]+\.py)`", README)))
)
def test_every_file_on_the_walk_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_first_mapping_is_a_mapping() -> None:
    block = README[README.index("```yaml") + 7 :].partition("```")[0]
    assert isinstance(load_mapping(block), Loaded)


def test_the_policy_of_the_readme_is_a_policy() -> None:
    mapping = README[README.index("```yaml") + 7 :].partition("```")[0]
    block = README[README.index("policy:\n") :].partition("```")[0]
    loaded = load_mapping(mapping + block)
    assert isinstance(loaded, Loaded), loaded
    assert len(loaded.config.policy.overrides) == 2


def test_every_code_is_documented() -> None:
    for code, meaning in CODES.items():
        assert f"| `{code}` | {meaning} |" in README


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_documented(metric: Metric) -> None:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    assert f"| `{metric.name}` | {labels} | {metric.meaning} |" in README


@pytest.mark.parametrize("event", EventType)
def test_every_event_is_documented(event: EventType) -> None:
    assert f"| `{event}` | " in README


def test_no_file_names_a_registry_or_this_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    # Taken apart, so that this file does not find itself.
    banned = re.compile("|".join(("py" + r"pi\.org", "python" + "hosted", r"registry\." + "npmjs", "/wo" + "rk/")))
    guilty = []
    for name in tracked:
        try:
            content = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        if banned.search(content):
            guilty.append(name)
    assert guilty == []
