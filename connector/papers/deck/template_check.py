"""Whether a file can be the template of every deck: what is refused, and what it lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from pptx.oxml import parse_xml

from connector.papers.deck.model import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Deck,
    Paragraph,
    Series,
    Slide,
    Table,
    Text,
    Tone,
)
from connector.papers.deck.template import (
    CONTENT_PLACEHOLDER,
    FOOTER_PLACEHOLDER,
    FRONT_LAYOUTS,
    LEAST_HEIGHT,
    LEAST_WIDTH,
    UNREADABLE,
    Layout,
    Template,
    open_template,
    require_bounded,
)
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.deck.write import write_deck
from connector.store.reporting.deck_templates import NewTemplate

MAX_TEMPLATE_BYTES = 20_000_000
"""Of the file as it is given."""
MOST_NAMED = 3
"""Links that a refusal names."""
LONGEST_NAME = 200
"""Characters of a file's name that are kept."""
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
CONTENT_TYPES = "[Content_Types].xml"


def checked_template(file_name: str, content: bytes) -> NewTemplate:
    """The template with what it lacks, in one sentence each; a deck was written in it.  Raises UnusableTemplate."""
    name = _name(file_name)
    if len(content) > MAX_TEMPLATE_BYTES:
        raise UnusableTemplate(
            f"{name} has {len(content) / 1_000_000:,.1f} MB; a template has at most "
            f"{MAX_TEMPLATE_BYTES // 1_000_000} MB. Take the pictures and the slides out of it."
        )
    active = _active_content(name, content)
    if active:
        raise UnusableTemplate(" ".join(active))
    template = open_template(BytesIO(content), name)
    if narrow := _narrow(name, template.content):
        raise UnusableTemplate(narrow)
    try:
        write_deck(_SAMPLE, template, BytesIO())
    except UNREADABLE as error:
        raise UnusableTemplate(
            f"{name} was read, and no deck could be written in it: open it in PowerPoint, save it again and send that."
        ) from error
    return NewTemplate(
        name, content, template.front.layout.name, template.content.layout.name, tuple(_lacking(template))
    )


def _name(given: str) -> str:
    """The last part of a path, of characters that can be shown."""
    last = given.replace("\\", "/").rpartition("/")[2].strip()
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:] or "template.pptx"


def _active_content(name: str, content: bytes) -> tuple[str, ...]:
    """What PowerPoint would run or fetch when somebody opens a deck, in one sentence for each kind of it."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            require_bounded(archive, name)
            parts = [part.lower() for part in archive.namelist()]
            types = archive.read(CONTENT_TYPES).lower()
            links = [
                link
                for part in archive.namelist()
                if part.endswith(".rels")
                for link in _links(part, archive.read(part))
            ]
    except UnusableTemplate:
        raise
    except UNREADABLE:
        return ()  # What opens it says why it cannot be read.
    return tuple(_active_sentences(name, parts, types, links))


def _active_sentences(name: str, parts: list[str], types: bytes, links: list[str]) -> Iterator[str]:
    if b"macroenabled" in types or b"vbaproject" in types or any("vbaproject" in part for part in parts):
        yield f"{name} holds macros: save it in PowerPoint as a presentation without macros (.pptx)."
    if any("/activex/" in part or "/embeddings/oleobject" in part for part in parts):
        yield f"{name} holds controls or embedded objects: take them out of its slide master, layouts and slides."
    if links:
        more = f" and {len(links) - MOST_NAMED:,} more" if len(links) > MOST_NAMED else ""
        yield f"{name} links to what is outside it: {', '.join(links[:MOST_NAMED])}{more}. Take the links out of it."


def _links(part: str, content: bytes) -> Iterator[str]:
    """``https://acme.example in slideMaster1.xml``"""
    try:
        root: Any = parse_xml(content)  # which fetches nothing and resolves no entity
    except SyntaxError:
        return
    for relation in root.iter(RELATIONS):
        if str(relation.get("TargetMode", "")).lower() == "external":
            yield f"{str(relation.get('Target', ''))[:120]} in {posixpath.basename(part).removesuffix('.rels')}"


def _narrow(name: str, layout: Layout) -> str:
    """Why tables have no room; empty where they have."""
    box = layout.frame.content
    if box.width >= LEAST_WIDTH and box.height >= LEAST_HEIGHT:
        return ""
    return (
        f'The layout "{layout.layout.name}" of {name} leaves {box.width:.0f} x {box.height:.0f} points for content; '
        f"tables of money need {LEAST_WIDTH:.0f} x {LEAST_HEIGHT:.0f}."
    )


def _lacking(template: Template) -> Iterator[str]:
    front, content = template.front.layout.name, template.content.layout.name
    if front.strip().casefold() not in FRONT_LAYOUTS:
        yield f'It has no layout "Gatepost front" or "Title Slide": the first page takes "{content}".'
    names = {one.name.strip().casefold() for one in template.content.layout.placeholders}
    if CONTENT_PLACEHOLDER not in names:
        where = f"{template.content.frame.content.top:.0f} points from the top"
        yield f'Its layout "{content}" has no placeholder "Gatepost content": content begins {where}.'
    if FOOTER_PLACEHOLDER not in names and not template.content.has_footer:
        yield (
            f'Its layout "{content}" has neither a placeholder "Gatepost footer" nor a footer: the line with the '
            "report's number goes to the lower edge."
        )


_SAMPLE = Deck(
    "Sample",
    "Sample",
    (
        Slide("Sample", (Text((Paragraph("Sample"),)),), is_first=True),
        Slide(
            "Sample",
            (
                Text((Paragraph("Sample"),)),
                Table((Column("Measure", 2), Column("Plan", 1)), ((Cell("Sample"), Cell("1")),)),
            ),
        ),
        Slide(
            "Sample",
            (Chart(ChartKind.BARS, "Sample", ("A", "B"), (Series("Plan", (Decimal(1), Decimal(2)), Tone.MUTED),)),),
        ),
    ),
)
"""A page of each kind: what a library finds only while it writes is found before the file is stored."""
