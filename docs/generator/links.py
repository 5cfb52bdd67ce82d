"""Links that leave ``docs/``: to a page that the site takes in from elsewhere, or to a file that it offers beside.

Pages are written so that their links work where the repository is read; the site is not the repository, so each of
them is turned into the address that the same thing has there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "deploy" / "adr").glob("[0-9]*.md"))

TAKEN_IN: Mapping[str, str] = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "deploy/README.md": "operating/deploying.md",
    "deploy/operations.md": "operating/runbook.md",
    "deploy/security.md": "operating/security.md",
    "deploy/servicenow-app/README.md": "tools/servicenow-app.md",
    "deploy/examples/automation.md": "automation/examples.md",
    **{f"deploy/adr/{file.name}": f"decisions/{file.name}" for file in DECISIONS},
}
"""Pages from outside ``docs/`` and where the site has them."""

OFFERED = "files"
"""Folder of the site with the other files that pages link to."""

_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")


def links_in(text: str) -> Iterator[str]:
    """What a page links to, without anchors and other hosts."""
    for link in _LINK.finditer(_without_code(text)):
        yield link[1]


def source_of(page: str) -> str:
    """A page's path in the repository, from its path in the site."""
    for source, place in TAKEN_IN.items():
        if place == page:
            return source
    return f"docs/{page}"


def site_path(source: str) -> str:
    """Where the site has a file of the repository."""
    if source in TAKEN_IN:
        return TAKEN_IN[source]
    return source.removeprefix("docs/") if source.startswith("docs/") else f"{OFFERED}/{source}"


def target_of(page: str, link: str) -> str:
    """The file of the repository that a link of a page means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source_of(page)), link))


def rewritten(page: str, text: str) -> str:
    """A page's text with the links that mean the same in the site."""

    def turn(link: re.Match[str]) -> str:
        target = target_of(page, link[1])
        # A link to a page that is made while the site is built has no file yet; it is kept as it is.
        if target.startswith("docs/") and not source_of(page).startswith("docs/"):
            return posixpath.relpath(target.removeprefix("docs/"), posixpath.dirname(page) or ".") + (link[2] or "")
        if target.startswith("docs/"):
            return link[0]
        return posixpath.relpath(site_path(target), posixpath.dirname(page) or ".") + (link[2] or "")

    return _LINK.sub(turn, text)


def _without_code(text: str) -> str:
    """Blocks of code hold brackets that are no links."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
