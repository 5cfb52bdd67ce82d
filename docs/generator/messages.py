"""The reference page of every message that stops something: read out of the code, so that none can be missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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

HEAD = ("message", "what to do", "at a terminal")
WHERE: Mapping[str, str] = {
    "mapping": "in the mapping",
    "cli": "on the command line",
    "connector": "on the command line, on pages and in the API",
    "webhook_server/api": "in the API",
    "webhook_server": "on pages",
}
INTRODUCTION = """\
# Messages

Every message with which Gatepost refuses something, by where it is met, and what to do about it. The command line adds
what to do at a terminal, a page what to do there, or that whoever runs Gatepost can do it; the API says the message
alone. What more there is to know about the frequent ones is in [Troubleshooting](../troubleshooting.md). … stands for
what is put in.

"""


@dataclass(frozen=True, slots=True)
class Message:
    """Where a message is met, and what to do."""

    where: str
    page: str
    command: str


def page() -> str:
    found = messages()
    parts = [INTRODUCTION]
    for where in dict.fromkeys(WHERE.values()):
        met = sorted((text, one) for text, one in found.items() if one.where == where)
        rows = [(code(text), one.page, code(one.command) if one.command else "") for text, one in met]
        if rows:
            parts.append(f"## Met {where}\n\n{table(HEAD, rows)}\n")
    return "".join(parts)


def messages() -> dict[str, Message]:
    """Each message, where it is met, and what to do where that is said beside it."""
    found: dict[str, Message] = {}
    stated = _stated_remedies()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            where = next(met for begin, met in WHERE.items() if _begins(file, begin))
            for text, page, command in _in(ast.parse(file.read_text(encoding="utf-8")), stated):
                found.setdefault(text, Message(where, page, command))
    return found


def _begins(file: Path, begin: str) -> bool:
    name = file.relative_to(ROOT).as_posix()
    if begin == "webhook_server":
        return name.startswith("webhook_server/")
    return name.startswith(f"{begin}/")


def _stated_remedies() -> dict[str, ast.Call]:
    """Remedies that several messages share, by their names."""
    return {
        target.id: node.value
        for package in PACKAGES
        for file in sorted((ROOT / package).rglob("*.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value.func) == "Remedy"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _in(tree: ast.AST, stated: Mapping[str, ast.Call]) -> Iterator[tuple[str, str, str]]:
    """Message, what to do on a page, what to do at a terminal."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in RAISED:
            remedy = _remedy(node, stated)
            for argument in node.args:
                text = _text(argument)
                if text is not None and " " in text and text.strip("… ."):
                    yield " ".join(text.split()), *remedy


def _remedy(raised: ast.Call, stated: Mapping[str, ast.Call]) -> tuple[str, str]:
    """Of a remedy that is written where the message is, or shared by name."""
    for word in raised.keywords:
        made = stated.get(word.value.id) if isinstance(word.value, ast.Name) else word.value
        if word.arg == "remedy" and isinstance(made, ast.Call) and _name(made.func) == "Remedy":
            given: dict[str, ast.expr] = dict(zip(("page", "command"), made.args, strict=False))
            given |= {one.arg: one.value for one in made.keywords if one.arg in {"page", "command"}}
            page, command = (_text(given[name]) if name in given else None for name in ("page", "command"))
            return page or "", command or ""
    return "", ""


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
