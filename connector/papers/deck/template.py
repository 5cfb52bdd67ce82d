"""The organisation's own template: its layouts and placeholders by name, and where they leave room."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PackageNotFoundError
from pptx.util import Pt

from connector.papers.deck.pages import Box, Frame
from connector.papers.deck.unusable import UnusableTemplate

FRONT_LAYOUTS = ("gatepost front", "title slide")
CONTENT_LAYOUTS = ("gatepost content", "title only", "title and content")
"""Names that are looked for, in this order; capitals do not matter."""
CONTENT_PLACEHOLDER, FOOTER_PLACEHOLDER = "gatepost content", "gatepost footer"
"""Names of placeholders of a layout that say where content and footer go."""
TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE)
BODIES = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT)
LEAST_WIDTH, LEAST_HEIGHT = 400.0, 200.0
"""Of the room for content, in points: a table of money needs it."""
MARGIN, FOOTER_HEIGHT, GAP = 36.0, 18.0, 8.0
MAX_PARTS, MAX_UNPACKED_BYTES = 2_000, 100_000_000
"""Of a template: somebody else may have made it."""
UNREADABLE = (
    PackageNotFoundError, BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, OSError, AttributeError,
    TypeError, RuntimeError,
)  # fmt: skip
"""What the libraries raise for files that only look like a presentation: parts that are missing, broken, encrypted or
packed in a way that they do not know.  What is no XML is a SyntaxError."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout with the room that it leaves."""

    layout: Any
    frame: Frame
    footer: Box
    fills_frame: bool
    """Whether titles are placed by us, because there is no template of the organisation."""
    has_footer: bool = True
    """Whether the layout says where the line at the bottom goes."""


@dataclass(frozen=True, slots=True)
class Template:
    presentation: Any
    front: Layout
    content: Layout


def open_template(file: Path | IO[bytes] | None, name: str = "") -> Template:
    """The organisation's template, or a plain one of 16 to 9.  Raises UnusableTemplate, which names it."""
    if file is None:
        return _plain()
    name = name or (str(file) if isinstance(file, Path) else "The template")
    try:
        return _opened(file, name)
    except UnusableTemplate:
        raise
    except UNREADABLE as error:
        raise UnusableTemplate(
            f"{name} cannot be read as a PowerPoint file: save it as .pptx in PowerPoint, without a password."
        ) from error


def require_bounded(archive: ZipFile, name: str) -> None:
    """Before anything of it is unpacked.  Raises UnusableTemplate."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise UnusableTemplate(
            f"{name} is larger than a template may be: {MAX_UNPACKED_BYTES // 1_000_000} MB unpacked. Take the "
            "pictures and the slides out of it."
        )


def _opened(file: Path | IO[bytes], name: str) -> Template:
    with ZipFile(file) as archive:
        require_bounded(archive, name)
    presentation = Presentation(str(file) if isinstance(file, Path) else file)
    _drop_slides(presentation)
    layouts = {layout.name.strip().casefold(): layout for layout in presentation.slide_layouts}
    content = _named(layouts, CONTENT_LAYOUTS)
    if content is None:
        names = ", ".join(layout.name for layout in presentation.slide_layouts) or "none"
        raise UnusableTemplate(
            f'{name} has no layout "Title Only" or "Title and Content", and none that is called "Gatepost content". '
            f"Its layouts are: {names}. Rename one in the slide master."
        )
    front = _named(layouts, FRONT_LAYOUTS) or content
    return Template(presentation, _layout(presentation, front), _layout(presentation, content))


def _named(layouts: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((layouts[name] for name in names if name in layouts and _title_of(layouts[name]) is not None), None)


def _title_of(layout: Any) -> Any:
    return next((one for one in layout.placeholders if one.placeholder_format.type in TITLES), None)


def _plain() -> Template:
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Pt(960), Pt(540)
    layouts = {layout.name.casefold(): layout for layout in presentation.slide_layouts}
    width = 960 - 2 * MARGIN
    footer = Box(MARGIN, 540 - 28, width, FOOTER_HEIGHT)
    content = Frame(Box(MARGIN, 18, width, 62), Box(MARGIN, 88, width, footer.top - 88 - GAP))
    layout = Layout(layouts["title only"], content, footer, fills_frame=True)
    front = Frame(Box(MARGIN, 120, width, 80), Box(MARGIN, 216, width, footer.top - 216 - GAP))
    return Template(presentation, Layout(layouts["title only"], front, footer, fills_frame=True), layout)


def _layout(presentation: Any, layout: Any) -> Layout:
    """Where the layout has its title, and the room for content: a placeholder's, or all that is below the title."""
    width, height = presentation.slide_width.pt, presentation.slide_height.pt
    title = _box(_title_of(layout))
    named = {one.name.strip().casefold(): one for one in layout.placeholders}
    footers = [one for one in layout.placeholders if one.placeholder_format.type == PP_PLACEHOLDER.FOOTER]
    place = named.get(FOOTER_PLACEHOLDER) or (footers[0] if footers else None)
    footer = _box(place) if place is not None else Box(title.left, height - 26, title.width, FOOTER_HEIGHT)
    small = [
        _box(one)
        for one in layout.placeholders
        if one.placeholder_format.type in {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER}
    ]
    bottom = min((box.top for box in (*small, footer) if box.top > height / 2), default=height - MARGIN)
    chosen = named.get(CONTENT_PLACEHOLDER) or next(
        (one for one in layout.placeholders if one.placeholder_format.type in BODIES), None
    )
    content = _box(chosen) if chosen is not None else Box(title.left, title.bottom + GAP, title.width, 0)
    if chosen is None or content.width < LEAST_WIDTH or content.height < LEAST_HEIGHT or content.overlaps(title):
        top = title.bottom + GAP
        content = Box(title.left, top, title.width, bottom - top - GAP)
    if content.height < LEAST_HEIGHT or content.width < LEAST_WIDTH:
        # A front page has its title in the middle: its lines go below, or above where more room is.
        above = Box(title.left, MARGIN, title.width, title.top - MARGIN - GAP)
        content = max(content, above, key=lambda box: box.height)
    content = Box(content.left, content.top, min(content.width, width - content.left), content.height)
    return Layout(layout, Frame(title, content), footer, fills_frame=False, has_footer=place is not None)


def _box(shape: Any) -> Box:
    return Box(shape.left.pt, shape.top.pt, shape.width.pt, shape.height.pt)


def _drop_slides(presentation: Any) -> None:
    """A template may hold example slides: they are no part of the deck."""
    ids = presentation.slides._sldIdLst  # noqa: SLF001 - the library has no other way (its issue 67)
    for one in list(ids):
        presentation.part.drop_rel(one.rId)
        ids.remove(one)
