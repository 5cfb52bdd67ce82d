"""The documentation says what is true: nothing is missing from it, and what it names, links to or shows is there.

The pages of the reference are made from the code (``docs/generator``), so they are asked for here as text; one test
builds the whole site.
"""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from textwrap import dedent

import pytest
from ruamel.yaml import YAML

from cli.commands import ENTRIES
from cli.lazy import load_command
from connector import errors
from connector.errors import GatepostError
from connector.notify.measure_events import EventType
from connector.runtime.metrics import METRICS, Metric
from connector.settings import Settings
from docs.generator import api, codes, commands, mapping, messages, metrics, settings
from docs.generator.links import TAKEN_IN, links_in, target_of
from docs.hooks import MADE
from governance.codes import CODES
from governance.command_grammar import USAGE
from governance.evidence import Verb
from governance.gates import ConditionKind
from mapping.load import LoadedMapping, load_mapping
from mapping.schema import json_schema
from tests.conftest import ROOT
from tests.deploy.commands import command_exists

DOCS = ROOT / "docs"
PAGES = sorted(
    {
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *DOCS.rglob("*.md"),
        *(ROOT / source for source in TAKEN_IN if "/adr/" not in source and source != "CHANGELOG.md"),
    }
)
PACKAGES = ("governance", "mapping", "connector", "webhook_server", "cli", "sandbox", "tests", "docs", "deploy")
OTHER_PROGRAMS = frozenset(
    {"pip", "curl", "docker", "kubectl", "helm", "python3", "useradd", "install", "cp", "systemctl"}
)
"""What a block may call beside Gatepost: programs of others, with which a test would change the machine."""


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _blocks(language: str) -> Iterator[tuple[str, str]]:
    """(page, text) of each block of a language, without its indentation."""
    for page in PAGES:
        for found in re.finditer(rf"^( *)```{language}\n(.*?)^\1```", page.read_text(), re.MULTILINE | re.DOTALL):
            yield _name(page), dedent(found[2])


# What has to be there


def test_the_readme_is_short() -> None:
    assert len(_text("README.md").splitlines()) <= 150


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{settings.variable(name)}` |" in settings.page()


def test_notes_and_groups_are_about_settings_that_exist() -> None:
    listed = [name for names in settings.GROUPS.values() for name in names]
    assert sorted(listed) == sorted(Settings.model_fields)
    assert set(settings.NOTES) <= set(Settings.model_fields)


def test_every_command_is_documented() -> None:
    page = commands.page()
    for name, command in commands.walk():
        assert f"## {name}\n" in page
        assert commands.about(command), name


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_documented(metric: Metric) -> None:
    assert f"| `{metric.name}` |" in metrics.page()


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_documented(code: str) -> None:
    """What it means in the reference, and what to do about it in the troubleshooting."""
    assert f"| `{code}` | {CODES[code]} |" in codes.page()
    assert re.search(rf"^\| `{code}` \| [^|]+ \| [^|]+ \|$", _text("docs/troubleshooting.md"), re.MULTILINE)


def test_every_condition_of_a_gate_is_documented() -> None:
    """Each has its code in the table of the gates."""
    page = _text("docs/concepts/policy.md")
    assert len(ConditionKind) == 30, "Another condition: add it to docs/concepts/policy.md, and count it here."
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", page))
    assert named >= {
        code for code in CODES if code.endswith("_MISSING") or code in {"SOD", "BELOW_HURDLE", "PLAN_LOCKED"}
    }


@pytest.mark.parametrize("event", EventType)
def test_every_outgoing_event_is_documented(event: EventType) -> None:
    assert f"| `{event}` | " in _text("docs/automation/pipelines-and-events.md")


@pytest.mark.parametrize("verb", USAGE)
def test_every_command_of_people_is_documented(verb: Verb) -> None:
    assert f"| `{USAGE[verb].split(',')[0].split(' ')[0]}" in _text("docs/guides/owner-and-sponsor.md")


def test_every_kind_of_error_of_a_tool_is_documented() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GatepostError)]
    assert len(kinds) == 18, "Another kind of error: add it to docs/troubleshooting.md, and count it here."


def test_every_operation_of_the_api_is_documented() -> None:
    page = api.page()
    for path, methods in api.described()["paths"].items():
        for method in methods:
            assert f"### {method.upper()} {path} " in page


def test_every_key_of_a_mapping_is_documented() -> None:
    page = mapping.page()
    for definition in (json_schema(), *json_schema()["$defs"].values()):
        for key in definition.get("properties", {}):
            assert f"| `{key}` |" in page


# What is shown has to work


def _runs(line: str) -> None:
    """A line of a shell block: a command that exists, with arguments that it takes."""
    words = shlex.split(line, comments=True)
    known = {settings.variable(name) for name in Settings.model_fields}
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        # A setting for this one command.
        assert words.pop(0).partition("=")[0] in known, line
    if not words:
        return
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE)
        assert words[1] in targets, line
        return
    if words[0] != "gatepost":
        assert words[0].rsplit("/")[-1] in OTHER_PROGRAMS, line
        return
    assert words[1] in ENTRIES, line
    command, rest = load_command(ENTRIES[words[1]]), words[2:]
    while rest and rest[0] in getattr(command, "commands", {}):
        command, rest = command.commands[rest[0]], rest[1:]
    if default := getattr(command, "default_command", None):
        command = command.commands[default]
    assert not getattr(command, "commands", None) or getattr(command, "invoke_without_command", False), line
    command.make_context(line, rest)  # raises for an option or argument that is not taken


SCRIPTS = [block for block in _blocks("sh") if "$(" not in block[1]]
"""Blocks with variables are scripts; a story plays the event by hand, and the examples of Docker are for a cluster."""


@pytest.mark.parametrize(("page", "block"), SCRIPTS, ids=[f"{page}-{n}" for n, (page, _) in enumerate(SCRIPTS)])
def test_every_command_block_runs(page: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mapping.yaml").touch()
    monkeypatch.chdir(tmp_path)
    for line in block.replace("\\\n", " ").splitlines():
        for part in line.split(" && "):
            _runs(part)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_in_a_sentence_exists(page: Path) -> None:
    for words in re.findall(r"`gatepost ([a-z](?:[a-z-]+ ?)+)", page.read_text()):
        command_exists([word for word in words.split() if not word.startswith("--")])


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {settings.variable(name) for name in Settings.model_fields}
    # What compose.yaml, a pipeline, `gatepost user`, `gatepost connect` and the benchmarks read beside the settings.
    known |= {"GATEPOST_" + word for word in ("IMAGE", "TOKEN", "PASSWORD", "CREDENTIAL", "CLIENT_SECRET", "SHARED")}
    assert set(re.findall(r"GATEPOST_[A-Z_]+\b", page.read_text())) <= known


YAMLS = list(_blocks("yaml"))


@pytest.mark.parametrize(("page", "block"), YAMLS, ids=[f"{page}-{n}" for n, (page, _) in enumerate(YAMLS)])
def test_every_mapping_that_is_shown_is_one(page: str, block: str) -> None:
    """A whole one as it is; a policy or a part of a rule put into one."""
    yaml = YAML(typ="safe", pure=True)
    shown = yaml.load(block)
    if "measures" not in shown:
        whole = yaml.load(next(block for _, block in YAMLS if block.startswith("version: 1")))
        [rule] = whole["measures"]
        rule["joins"] = [
            {"name": "change", "connection": "servicenow-main", "table": "change_request", "link": "relates to"}
        ]
        target = (
            whole
            if {"policy", "legal_entities", "services", "services_from", "objectives", "capacity_from", "calendar"}
            & shown.keys()
            else rule
        )
        for key, value in shown.items():
            both = isinstance(value, Mapping) and isinstance(target.get(key), Mapping)
            target[key] = {**target[key], **value} if both else value
        out = StringIO()
        yaml.dump(whole, out)
        block = out.getvalue()
    loaded = load_mapping(block)
    assert isinstance(loaded, LoadedMapping), "\n".join(map(str, loaded))


# What is named has to be there


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_resolves(page: Path) -> None:
    """Files of the repository, or pages that are made while the site is built; anchors are held by the build."""
    made = {f"docs/{place}" for place in MADE}
    for link in links_in(page.read_text()):
        name = _name(page)
        at = name.removeprefix("docs/") if name.startswith("docs/") else TAKEN_IN.get(name, f"../{name}")
        target = target_of(at, link)
        assert target in made or (ROOT / target).exists(), f"{link} of {name}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})/[\w/.-]*)`", page.read_text())
    missing = [path for path in named if "NAME" not in path and not (ROOT / path).exists() and path not in PLANNED]
    assert missing == []


PLANNED = {"connector/finance/", "connector/reports/"}
"""Folders of docs/decided-next.md."""


def _glossary() -> list[tuple[str, str, str]]:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", _text("docs/glossary.md"), re.MULTILINE)
    return [(term, meaning, where.strip("`")) for term, meaning, where in rows if term not in {"term", "---"}]


def test_every_term_stands_once_in_the_glossary() -> None:
    terms = [term for term, _, _ in _glossary()]
    assert len(terms) > 60
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(("term", "where"), [(term, where) for term, _, where in _glossary() if where != "–"])
def test_every_term_is_where_the_glossary_says(term: str, where: str) -> None:
    module, _, name = where.rpartition(".")
    if (ROOT / where.replace(".", "/")).is_dir() or (ROOT / f"{where.replace('.', '/')}.py").is_file():
        return
    tree = ast.parse(_text(f"{module.replace('.', '/')}.py"))
    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        defined |= {target.id for target in targets if isinstance(target, ast.Name)}
    assert name in defined, term


@cache
def _sentences() -> str:
    """Every text of the code, one a line, with … for what is put in."""
    found: list[str] = []
    for package in ("governance", "mapping", "connector", "webhook_server", "cli"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                    found.append(" ".join("".join(map(str, parts)).split()))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(" ".join(node.value.split()))
    return "\n".join(found)


def test_every_message_that_refuses_something_is_listed() -> None:
    """By construction; this holds that the table is not empty and that what is said is found in it."""
    found, page = messages.messages(), messages.page()
    assert len(found) > 350
    assert [text for text in found if f"`{text}`".replace("|", "\\|") not in page] == []
    assert (
        "`… is no folder of the demo, which deletes its folder first. Name a new or empty one: --data FOLDER`" in page
    )


def _messages() -> Iterator[str]:
    """The first cells of the tables of messages, as they are written."""
    head = ""
    for line in _text("docs/troubleshooting.md").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            head = ""
        elif not head:
            head = cells[0]
        elif head.startswith("message") and cells[0].startswith("`"):
            yield cells[0].strip("`")


@pytest.mark.parametrize("message", list(_messages()))
def test_every_message_is_one_of_the_code(message: str) -> None:
    """Each part between two … that is long enough to be found again."""
    parts = [part.strip() for part in message.split("…") if len(part.strip()) > 7]
    assert parts
    assert [part for part in parts if part not in _sentences()] == []


# The site


def test_the_site_builds_and_needs_no_other_host(tmp_path: Path) -> None:
    """Strict: a link or an anchor that does not resolve, or a page that is in no menu, ends it."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for place in MADE:
        assert (tmp_path / place.replace("index.md", "index.html").replace(".md", "/index.html")).is_file()
    fetched = re.compile(r"""<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")
    foreign = {
        tag
        for page in tmp_path.rglob("*.html")
        for tag in fetched.findall(page.read_text(encoding="utf-8"))
        if 'rel="canonical"' not in tag
    }
    assert foreign == set()


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
