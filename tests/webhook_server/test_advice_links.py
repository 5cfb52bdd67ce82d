"""Where advice names a page, it carries that page as data, and whoever reads it on a page gets a link."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.remedy import Place
from tests.conftest import ROOT
from webhook_server.page_messages import ENDPOINTS

PACKAGES = ("governance", "mapping", "connector", "webhook_server")
TITLES = "|".join(sorted((place.value for place in Place), key=len, reverse=True))
NAMED = re.compile(rf"\b(?:page|under) ({TITLES})\b|\b(page) of the connection\b")
LINKED = re.compile(r"<a\b.*?</a>|\{#.*?#\}|\{\{ *ui\.(?:empty|remedy|note)\(.*?\}\}|url_for\([^)]*\)", re.DOTALL)

READ_ELSEWHERE = {
    "connector/papers/calendar/recipients.py": "the list of a paper's recipients, also by mail",
    "webhook_server/api": "answers to programs, and the description of the API",
    "webhook_server/admin/mapping.py": "a comment inside the text of an empty mapping",
    "webhook_server/admin/digest.py": "a preview of what is sent",
    "webhook_server/admin/operations_messages.py": "what to do is beside the message, on the page Operations",
    "connector/measures/gate_check.py": "an answer to programs and to a tool",
    "connector/sync/command_submission.py": "an answer to programs; the page of the measure has a link of its own",
    "connector/store/accounts/access_changes.py": "it is told on the page People itself",
    "webhook_server/admin/mapping_candidate.py": "an error page, which links to the page of its section",
    "connector/runtime/expiry_alerts.py": "an alert by mail or chat, which holds the address of the page",
}
"""Texts that are not shown on a page as advice, or stand on the page that they name."""


DESCRIBED = {"docs", "operations"}
"""Folders of templates that describe other pages: the API to programmers, and the installation to operators."""


def texts(node: ast.AST) -> Iterator[str]:
    """Every text below a node; … for what is put in."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
                yield from texts(child)


def remedies() -> Iterator[tuple[str, ast.Call]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Remedy":
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def page_text_of(call: ast.Call) -> str:
    given = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "page")]
    return " ".join(text for node in given for text in texts(node))


def place_of(call: ast.Call) -> str:
    given = [*call.args[2:3], *(word.value for word in call.keywords if word.arg == "place")]
    return ast.unparse(given[0]).removeprefix("Place.") if given else ""


def test_every_page_that_advice_may_name_has_its_address() -> None:
    assert set(ENDPOINTS) == set(Place)


def test_advice_that_names_a_page_carries_it() -> None:
    seen, missing = 0, []
    for where, call in remedies():
        named = NAMED.search(page_text_of(call))
        if named is None or is_read_elsewhere(where):
            continue
        seen += 1
        wanted = Place.CONNECTIONS.name if named[2] else Place(named[1]).name
        if place_of(call) not in {wanted, "SERVICE_ACCOUNTS" if wanted == "PEOPLE" else wanted}:
            missing.append(f"{where}: {page_text_of(call)}")
    assert missing == []
    assert seen > 20


def is_read_elsewhere(where: str) -> bool:
    return where.startswith(tuple(READ_ELSEWHERE))


def test_no_text_names_a_page_but_as_a_remedy() -> None:
    """A sentence alone has no link; docstrings are for whoever reads the code."""
    found = []
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            where = str(file.relative_to(ROOT))
            if not is_read_elsewhere(where):
                found += [f"{where}: {text}" for text in outside_remedies(ast.parse(file.read_text("utf-8")))]
    assert found == []


def outside_remedies(tree: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Call) and ast.unparse(child.func) == "Remedy":
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, (ast.JoinedStr, ast.Constant)):
            yield from (text for text in texts(child) if NAMED.search(text))
        else:
            yield from outside_remedies(child)


@pytest.mark.parametrize(
    "template", sorted((ROOT / "webhook_server/templates").rglob("*.html")), ids=lambda at: at.name
)
def test_a_page_that_names_another_one_links_to_it(template: Path) -> None:
    text = re.sub(r"</?(em|strong|b)>", "", LINKED.sub(" ", template.read_text("utf-8")))
    assert NAMED.findall(text) == [] or template.parent.name in DESCRIBED
