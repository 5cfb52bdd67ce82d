"""What may be stored as the template of every deck, and what it lacks."""

from __future__ import annotations

import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from pptx import Presentation
from pptx.util import Pt

from connector.papers.deck.template_check import MAX_TEMPLATE_BYTES, checked_template
from connector.papers.deck.unusable import UnusableTemplate
from tests.webhook_server.admin.test_deck import bomb

MASTER = "ppt/slideMasters/_rels/slideMaster1.xml.rels"
LINK = (
    '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
    'Target="https://tracker.example/{}.png" TargetMode="External"/>'
)


def made(*layouts: str, title: float | None = None) -> bytes:
    """A template of 4 to 3 with these layouts of PowerPoint's own."""
    found = Presentation()
    for one in list(found.slide_layouts):
        if one.name not in layouts:
            found.slide_layouts.remove(one)
        elif title is not None:
            one.placeholders[0].left, one.placeholders[0].top = Pt(36), Pt(21)
            one.placeholders[0].width, one.placeholders[0].height = Pt(title), Pt(90)
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


def changed(change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """The same with other parts."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(made("Title Slide", "Title Only"))) as before, ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
        for name, content in (more or {}).items():
            after.writestr(name, content)
    return out.getvalue()


def linked(count: int) -> bytes:
    links = "".join(LINK.format(number) for number in range(count)).encode()
    end = b"</Relationships>"
    return changed(lambda name, content: content.replace(end, links + end) if name == MASTER else content)


def macros() -> bytes:
    def enabled(name: str, content: bytes) -> bytes:
        plain, other = b"presentationml.presentation.main", b"ms-powerpoint.presentation.macroEnabled.main"
        return content.replace(b"vnd.openxmlformats-officedocument." + plain, b"vnd." + other)

    return changed(enabled, {"ppt/vbaProject.bin": b"macro"})


def test_a_template_with_all_layouts_lacks_little() -> None:
    found = checked_template("C:\\office\\corporate.pptx", made("Title Slide", "Title and Content"))
    assert (found.file_name, found.front_layout, found.content_layout) == (
        "corporate.pptx", "Title Slide", "Title and Content",
    )  # fmt: skip
    assert len(found.sha256) == 64
    assert found.notes == (
        'Its layout "Title and Content" has no placeholder "Gatepost content": content begins 126 points from the top.',
    )


def test_what_a_template_lacks_is_said_in_a_sentence_each() -> None:
    bare = Presentation(io.BytesIO(made("Title Only")))
    (layout,) = bare.slide_layouts
    for one in list(layout.placeholders):
        if one.placeholder_format.type == 15:  # a footer
            one._element.getparent().remove(one._element)
    out = io.BytesIO()
    bare.save(out)
    begins = checked_template("corporate.pptx", out.getvalue()).notes
    assert begins[0] == 'It has no layout "Gatepost front" or "Title Slide": the first page takes "Title Only".'
    assert begins[2] == (
        'Its layout "Title Only" has neither a placeholder "Gatepost footer" nor a footer: the line with the report\'s '
        "number goes to the lower edge."
    )


REFUSED = {
    "no archive": (b"slides", "corporate.pptx cannot be read as a PowerPoint file: save it as .pptx in PowerPoint, "
                   "without a password."),
    "a broken part": (
        changed(lambda name, content: b"<p:" if name == "ppt/presentation.xml" else content),
        "corporate.pptx cannot be read as a PowerPoint file: save it as .pptx in PowerPoint, without a password.",
    ),
    "a bomb": (bomb(), "corporate.pptx is larger than a template may be: 100 MB unpacked. Take the pictures and the "
               "slides out of it."),
    "too large": (
        bytes(MAX_TEMPLATE_BYTES + 1),
        "corporate.pptx has 20.0 MB; a template has at most 20 MB. Take the pictures and the slides out of it.",
    ),
    "macros": (macros(), "corporate.pptx holds macros: save it in PowerPoint as a presentation without macros (.pptx)."),
    "a control": (
        changed(lambda _, content: content, {"ppt/activeX/activeX1.bin": b"control"}),
        "corporate.pptx holds controls or embedded objects: take them out of its slide master, layouts and slides.",
    ),
    "one link": (linked(1), "corporate.pptx links to what is outside it: https://tracker.example/0.png in "
                 "slideMaster1.xml. Take the links out of it."),
    "five links": (
        linked(5),
        "corporate.pptx links to what is outside it: https://tracker.example/0.png in slideMaster1.xml, "
        "https://tracker.example/1.png in slideMaster1.xml, https://tracker.example/2.png in slideMaster1.xml and 2 more. "
        "Take the links out of it.",
    ),
    "no layout": (
        made("Title Slide", "Blank"),
        'corporate.pptx has no layout "Title Only" or "Title and Content", and none that is called "Gatepost content". '
        "Its layouts are: Title Slide, Blank. Rename one in the slide master.",
    ),
    "no room": (
        made("Title Slide", "Title Only", title=300),
        'The layout "Title Only" of corporate.pptx leaves 300 x 374 points for content; tables of money need 400 x 200.',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    content, sentence = REFUSED[case]
    with pytest.raises(UnusableTemplate) as refused:
        checked_template("corporate.pptx", content)
    assert str(refused.value) == sentence
