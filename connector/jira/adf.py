"""Atlassian Document Format: plain text out of it, plain paragraphs into it.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text

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
OTHERS_WORDS = frozenset({"blockquote", "codeBlock"})
"""What somebody repeats or shows; a command in it is not theirs."""
MAX_DEPTH = 60
_WIKI_MARK = re.compile(r"\{(quote|noformat|code)(:[^}\n]*)?\}")


def to_text(document: Json | None, *, commands: bool = False) -> str:
    """The document's text, one line per block; a string is returned as it is.

    For commands a mention is written as in wiki text, ``[~accountid:…]``: the account identifies the
    person, not the displayed name; and quotes and code are left out, in wiki text as well.
    """
    if isinstance(document, str):
        return _without_quotes(document) if commands else document
    lines: list[str] = [""]
    _walk(as_object(document), lines, 0, commands=commands)
    return "\n".join(line.rstrip() for line in lines).strip()


def _walk(node: JsonObject, lines: list[str], depth: int, *, commands: bool) -> None:
    kind = as_text(node.get("type"))
    if depth > MAX_DEPTH or (commands and kind in OTHERS_WORDS):
        return
    if kind == "text":
        lines[-1] += as_text(node.get("text"))
    elif kind == "hardBreak":
        lines.append("")
    elif kind == "mention" and commands:
        lines[-1] += f"[~accountid:{as_text(as_object(node.get('attrs')).get('id'))}]"
    elif kind in {"mention", "emoji", "status", "date"}:
        attributes = as_object(node.get("attrs"))
        lines[-1] += as_text(attributes.get("text")) or as_text(attributes.get("shortName"))
    elif kind == "inlineCard":
        lines[-1] += as_text(as_object(node.get("attrs")).get("url"))
    if kind in BLOCKS and lines[-1]:
        lines.append("")
    for child in as_list(node.get("content")):
        _walk(as_object(child), lines, depth + 1, commands=commands)
    if kind in BLOCKS and lines[-1]:
        lines.append("")


def _without_quotes(wiki: str) -> str:
    """Wiki text without what stands between two marks of one kind; a mark alone is text."""
    parts, rest, opened = [], 0, None
    for mark in _WIKI_MARK.finditer(wiki):
        if opened is None:
            opened = mark
        elif mark[1] == opened[1] and not mark[2]:
            parts.append(wiki[rest : opened.start()])
            rest, opened = mark.end(), None
    return "".join(parts) + wiki[rest:]


def from_text(content: str, mentions: Sequence[tuple[str, str]] = ()) -> JsonObject:
    """A document with one paragraph per line; ``@Name`` becomes a mention where the name's account id is known."""
    paragraphs: list[Json] = [
        {"type": "paragraph", "content": _inline(line, mentions)} if line else {"type": "paragraph"}
        for line in content.splitlines()
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _inline(line: str, mentions: Sequence[tuple[str, str]]) -> list[Json]:
    for name, identity in mentions:
        before, mention_text, after = line.partition(f"@{name}")
        if mention_text:
            mention: Json = {"type": "mention", "attrs": {"id": identity, "text": mention_text}}
            return [*_inline(before, mentions), mention, *_inline(after, mentions)]
    return [{"type": "text", "text": line}] if line else []
