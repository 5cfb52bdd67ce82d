"""What mkdocs calls while it builds the site: pages that the code writes, and files from outside ``docs/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.generator import api, codes, commands, decisions, mapping, messages, metrics, permissions, settings, views
from docs.generator.links import OFFERED, ROOT, TAKEN_IN, links_in, rewritten, target_of

MADE: Mapping[str, Callable[[], str]] = {
    "reference/mapping.md": mapping.page,
    "reference/settings.md": settings.page,
    "reference/commands.md": commands.page,
    "reference/metrics.md": metrics.page,
    "reference/codes.md": codes.page,
    "reference/messages.md": messages.page,
    "reference/api.md": api.page,
    "reference/permissions.md": permissions.page,
    "reference/reporting-views.md": views.page,
    "reference/openapi.json": api.as_json,
    "decisions/index.md": decisions.page,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for place, make in MADE.items():
        files.append(File.generated(config, place, content=make()))
    for source, place in TAKEN_IN.items():
        files.append(File.generated(config, place, content=(ROOT / source).read_text(encoding="utf-8")))
    offered: set[str] = set()
    for file in files.documentation_pages():
        for link in links_in(file.content_string):
            target = target_of(file.src_uri, link)
            if target.startswith("docs/") or target in TAKEN_IN:
                continue
            if not (ROOT / target).is_file():
                raise PluginError(f"{file.src_uri} links to {link}, which is no file of the repository.")
            offered.add(target)
    for target in sorted(offered):
        files.append(File.generated(config, f"{OFFERED}/{target}", content=(ROOT / target).read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    return rewritten(page.file.src_uri, markdown)
