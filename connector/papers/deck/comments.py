"""Comments on a deck's slides, read back as decisions: of slides about a measure, the commands that they begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from pptx import Presentation
from pptx.exc import PackageNotFoundError
from pptx.oxml import parse_xml

from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.deck.write import MEASURE_MARK

VERBS = ("approve", "reject", "hold", "resume", "cancel", "reason")
WITH_STAGE = ("approve", "reject")
_COMMAND = re.compile(rf"/?({'|'.join(VERBS)})\b[\s:–-]*(.*)", re.IGNORECASE | re.DOTALL)
_TEXTS = ("t", "text")
"""Elements that hold text: of threaded comments, and of those before them."""


@dataclass(frozen=True, slots=True)
class DeckComment:
    """One comment of one slide."""

    slide: int
    measure: str
    """Empty where the slide is about no measure."""
    comment_text: str
    command: str
    """Empty where it begins with nothing that can be decided."""


def report_of(file: Path) -> str:
    """The number of the report that a deck is of; empty without one."""
    return str(_opened(file).core_properties.subject or "")


def comments_of(file: Path) -> tuple[DeckComment, ...]:
    """All comments in the order of the slides.  Raises UnusableTemplate for what is no presentation."""
    return tuple(_comments(_opened(file)))


def _opened(file: Path) -> Any:
    try:
        return Presentation(str(file))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError) as error:
        raise UnusableTemplate(f"{file} cannot be read as a PowerPoint file.") from error


def _comments(presentation: Any) -> Iterator[DeckComment]:
    for number, slide in enumerate(presentation.slides, 1):
        measure, stage = _measure_of(slide)
        for relation in slide.part.rels.values():
            if relation.is_external or not relation.reltype.casefold().endswith("/comments"):
                continue
            for comment_text in _texts_of(relation.target_part.blob):
                yield DeckComment(number, measure, comment_text, command_in(comment_text, stage) if measure else "")


def _measure_of(slide: Any) -> tuple[str, str]:
    for shape in slide.shapes:
        parts = shape.name.split("|")
        if len(parts) == 3 and parts[0] == MEASURE_MARK:
            return parts[1], parts[2]
    return "", ""


def _texts_of(blob: bytes) -> Iterator[str]:
    """The text of each comment; the library's reader follows no entities."""
    root = parse_xml(blob)
    for one in root:
        if _name(one) != "cm":
            continue
        texts = (part.text or "" for part in one.iter() if isinstance(part.tag, str) and _is_text(part))
        comment_text = " ".join(" ".join(texts).split())
        if comment_text:
            yield comment_text


def _is_text(part: Any) -> bool:
    if _name(part) not in _TEXTS:
        return False
    # A reply to a comment is no decision of its own.
    return not any(_name(above) == "replyLst" for above in part.iterancestors())


def _name(part: Any) -> str:
    """Without its namespace: both kinds of comments have one of their own."""
    return str(part.tag).rpartition("}")[2]


def command_in(comment_text: str, stage: str) -> str:
    """The command that a comment begins with; a stage that it does not name is that of the slide."""
    found = _COMMAND.match(comment_text.strip())
    if found is None:
        return ""
    verb, rest = found[1].casefold(), " ".join(found[2].split())
    if verb in WITH_STAGE and stage and not rest.casefold().startswith(stage.casefold()):
        rest = f"{stage} {rest}".strip() if verb == "reject" else stage
    if verb == "resume":
        rest = ""
    return f"/{verb} {rest}".strip()
