"""The organisation's own template, in which every deck is written."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import Action, TokenScope
from connector.store.reporting.deck_templates import DeckTemplates, StoredTemplate
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model, ShortText

TAG = "papers"


class DeckTemplateModel(Model):
    file: str = Field(examples=["corporate.pptx"])
    size: int = Field(description="Bytes.")
    sha256: str = Field(description="Of its bytes, in hexadecimal digits.")
    front_layout: str = Field(description="Layout of the first page.", examples=["Title Slide"])
    content_layout: str = Field(description="Layout of the other pages.", examples=["Title Only"])
    notes: list[str] = Field(description="What it lacks, in one sentence each.")
    stored_by: str
    stored_at: datetime


class NewDeckTemplate(Model):
    file: ShortText = Field(description="Name of the file.", examples=["corporate.pptx"])
    content: Annotated[str, Field(min_length=4, max_length=27_000_000)] = Field(description="The file in base64.")


def get_template(call: ApiCall) -> DeckTemplateModel:
    return _model(DeckTemplates(call.services.engine).stored())


def set_template(call: ApiCall) -> DeckTemplateModel:
    # As with decks: no other request needs what reads slides.
    from connector.papers.deck.template_check import checked_template
    from connector.papers.deck.unusable import UnusableTemplate

    sent, templates = call.body_as(NewDeckTemplate), DeckTemplates(call.services.engine)
    try:
        content = base64.b64decode(sent.content, validate=True)
    except binascii.Error:
        raise Problem(422, "content is no base64.", "Encode the bytes of the file.") from None
    try:
        checked = checked_template(sent.file, content)
    except UnusableTemplate as error:
        raise Problem(422, str(error), "Nothing was stored.") from None
    templates.store(checked, call.viewer.login, system_clock())
    return _model(templates.stored())


def remove_template(call: ApiCall) -> None:
    if not DeckTemplates(call.services.engine).remove(call.viewer.login):
        raise Problem(404, "No template is stored.", "Decks are plain.")


def _model(one: StoredTemplate | None) -> DeckTemplateModel:
    if one is None:
        raise Problem(404, "No template is stored.", "Decks are plain.")
    return DeckTemplateModel(
        file=one.file_name, size=one.size, sha256=one.sha256, front_layout=one.front_layout,
        content_layout=one.content_layout, notes=list(one.notes), stored_by=one.stored_by, stored_at=one.stored_at,
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "GET", "/deck-template", TAG, "Show which template every deck is written in", get_template, DeckTemplateModel,
        action=Action.SET_TEMPLATE, scope=TokenScope.PAPERS_READ, problems={404: "No template is stored."},
    ),
    Operation(
        "PUT", "/deck-template", TAG, "Store the template of every deck", set_template, DeckTemplateModel,
        description="It replaces the one before, for every deck that names no other, also those of the calendar. "
        "A deck is written in it before it is stored; macros, controls and links to what is outside it are refused.",
        action=Action.SET_TEMPLATE, scope=TokenScope.PAPERS_WRITE, body=NewDeckTemplate,
        problems={422: "It is no template; the problem says why."},
    ),
    Operation(
        "DELETE", "/deck-template", TAG, "Remove the template: decks are plain again", remove_template, status=204,
        action=Action.SET_TEMPLATE, scope=TokenScope.PAPERS_WRITE, problems={404: "No template is stored."},
    ),
)  # fmt: skip
