"""Atlassian Document Format: plain text out of it, plain paragraphs into it.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.http.json_values import Json, JsonObject, items, obj, text

BLOCKS = frozenset(
    {
        "paragraph",
        "heading",
        "codeBlock",
        "listItem",
        "taskItem",
        "decisionItem",
        "tableRow",
        "blockquote",
        "panel",
        "rule",
    }
)
DEEPEST = 60


def to_text(document: Json | None, *, commands: bool = False) -> str:
    """The document's text, one line per block; a string is taken as it is.

    For commands a mention is written as in wiki text, ``[~accountid:…]``: who is meant is the account, not the
    name that is shown.
    """
    if isinstance(document, str):
        return document
    lines: list[str] = [""]
    _walk(obj(document), lines, 0, commands=commands)
    return "\n".join(line.rstrip() for line in lines).strip()


def _walk(node: JsonObject, lines: list[str], depth: int, *, commands: bool) -> None:
    if depth > DEEPEST:
        return
    kind = text(node.get("type"))
    if kind == "text":
        lines[-1] += text(node.get("text"))
    elif kind == "hardBreak":
        lines.append("")
    elif kind == "mention" and commands:
        lines[-1] += f"[~accountid:{text(obj(node.get('attrs')).get('id'))}]"
    elif kind in {"mention", "emoji", "status", "date"}:
        attributes = obj(node.get("attrs"))
        lines[-1] += text(attributes.get("text")) or text(attributes.get("shortName"))
    elif kind == "inlineCard":
        lines[-1] += text(obj(node.get("attrs")).get("url"))
    if kind in BLOCKS and lines[-1]:
        lines.append("")
    for child in items(node.get("content")):
        _walk(obj(child), lines, depth + 1, commands=commands)
    if kind in BLOCKS and lines[-1]:
        lines.append("")


def from_text(content: str, mentions: Sequence[tuple[str, str]] = ()) -> JsonObject:
    """A document with one paragraph per line; ``@Name`` becomes a mention where the name's account id is given."""
    paragraphs: list[Json] = [
        {"type": "paragraph", "content": _inline(line, mentions)} if line else {"type": "paragraph"}
        for line in content.splitlines()
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _inline(line: str, mentions: Sequence[tuple[str, str]]) -> list[Json]:
    for name, identity in mentions:
        before, found, after = line.partition(f"@{name}")
        if found:
            mention: Json = {"type": "mention", "attrs": {"id": identity, "text": found}}
            return [*_inline(before, mentions), mention, *_inline(after, mentions)]
    return [{"type": "text", "text": line}] if line else []
