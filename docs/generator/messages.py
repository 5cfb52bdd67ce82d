"""The reference page of every message that stops something: read out of the code, so that none can be missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.generator.tables import code, table

ROOT = Path(__file__).parents[2]
PACKAGES = ("mapping", "connector", "webhook_server", "cli")
RAISED = frozenset(
    {
        "ConfigurationError", "MappingConflict", "DoesNotFit", "BadRequest", "Forbidden", "NotFound", "Unauthorized",
        "abort", "Problem", "InvalidPayload", "WebhookAuthFailed", "NoWritableField", "SubmissionRefused",
    }
)  # fmt: skip
"""What carries a message to a person when it is raised or returned."""

WHERE: Mapping[str, str] = {
    "mapping": "in the mapping",
    "cli": "on the command line",
    "connector": "on the command line, on pages and in the API",
    "webhook_server/api": "in the API",
    "webhook_server": "on pages",
}
INTRODUCTION = """\
# Messages

Every message with which Gatepost refuses something, by where it is met. Each says what is wrong and what to do; on a
page the advice to run a command is replaced by who can do it. What more there is to know about the frequent ones is in
[Troubleshooting](../troubleshooting.md). … stands for what is put in.

"""


def page() -> str:
    found = messages()
    parts = [INTRODUCTION]
    for where in dict.fromkeys(WHERE.values()):
        rows = [(code(text),) for text in sorted(text for text, met in found.items() if met == where)]
        if rows:
            parts.append(f"## Met {where}\n\n{table(('message',), rows)}\n")
    return "".join(parts)


def messages() -> dict[str, str]:
    """Each message, and where it is met."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            where = next(met for begin, met in WHERE.items() if _begins(file, begin))
            for text in _in(ast.parse(file.read_text(encoding="utf-8"))):
                found.setdefault(text, where)
    return found


def _begins(file: Path, begin: str) -> bool:
    name = file.relative_to(ROOT).as_posix()
    if begin == "webhook_server":
        return name.startswith("webhook_server/")
    return name.startswith(f"{begin}/")


def _in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in RAISED:
            for argument in node.args:
                text = _text(argument)
                if text is not None and " " in text and text.strip("… ."):
                    yield " ".join(text.split())


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _text(node: ast.expr) -> str | None:
    """A text as it is written, with … for what is put in; ``None`` where it is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return None
