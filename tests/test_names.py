"""Public names use the field's words: none of them is of the private language that the first version was written in.

``docs/glossary.md`` holds what each word means; ``tests/test_docs.py`` holds that each of its terms is where it says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands import COMMANDS
from connector.runtime.metrics import METRICS
from connector.settings import Settings
from connector.store.database.tables import METADATA
from mapping.schema import json_schema
from tests.conftest import ROOT
from webhook_server.api import OPERATIONS

PACKAGES = ("governance", "mapping", "connector", "webhook_server", "cli", "sandbox")

PRIVATE = frozenset(
    [
        "alike",
        "belongings",
        "bell",
        "brake",
        "door",
        "doorbell",
        "grip",
        "hear",
        "heard",
        "hearing",
        "ladder",
        "look",
        "looked",
        "looks",
        "meaning",
        "parked",
        "parking",
        "prove",
        "ramp",
        "ring",
        "room",
        "rung",
        "said",
        "speak",
        "speaking",
        "splice",
        "standing",
        "surroundings",
        "theatre",
        "told",
        "tract",
        "upkeep",
        "utterance",
        "utterances",
        "wish",
        "wished",
        "wishes",
    ]
)
"""What each became stands in docs/glossary.md.  A word may be right inside a longer one, see ``STANDARD``."""

STANDARD = ("off_ramp", "offramp", "ramp_up")
"""Terms that hold a word of ``PRIVATE`` and are standard all the same."""


def words_of(name: str) -> list[str]:
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    for term in STANDARD:
        plain = plain.replace(term, "")
    return [word for word in re.split(r"[^a-z]+", plain) if word]


def python_names(folder: Path) -> Iterator[tuple[str, str]]:
    """Where and what: modules, and in them public classes, functions, methods and fields."""
    for file in sorted(folder.rglob("*.py")):
        where = file.relative_to(ROOT).as_posix()
        yield where, file.stem
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield where, node.name
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    targets = [line.target] if isinstance(line, ast.AnnAssign) else getattr(line, "targets", [])
                    yield from ((where, target.id) for target in targets if isinstance(target, ast.Name))


def interface_names() -> Iterator[tuple[str, str]]:
    """What administrators, operators and programs meet: commands, settings, metrics, tables, API, mapping keys."""
    yield from (("cli.commands", command.name) for command in COMMANDS)
    yield from (("connector.settings", name) for name in Settings.model_fields)
    for metric in METRICS:
        yield from (("connector.runtime.metrics", name) for name in (metric.name, *metric.labels))
    for table in METADATA.tables.values():
        yield from ((f"table {table.name}", name) for name in (table.name, *(column.name for column in table.columns)))
    for operation in OPERATIONS:
        yield f"{operation.method} {operation.path}", operation.path
    definitions = json_schema().get("$defs", {})
    for name, definition in definitions.items():
        yield from ((f"mapping {name}", key) for key in definition.get("properties", {}))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_public_name_is_of_the_private_language(package: str) -> None:
    names = ((where, name) for where, name in python_names(ROOT / package) if not name.startswith("_"))
    assert [(where, name) for where, name in names if PRIVATE.intersection(words_of(name))] == []


def test_no_name_that_an_administrator_meets_is_of_the_private_language() -> None:
    assert [(where, name) for where, name in interface_names() if PRIVATE.intersection(words_of(name))] == []
