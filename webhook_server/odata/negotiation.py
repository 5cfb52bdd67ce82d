"""Which form of answer a client asks for, and in which version of the protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from flask import request

from webhook_server.odata.failure import ODataFailure, bad_request

DEFAULT_PAGE, MAX_PAGE, EXPANDED_PAGE = 2_000, 10_000, 500
"""Rows of a page: without a wish, with one, and with rows inside of rows."""


class ControlInformation(StrEnum):
    """How much about the data stands beside it."""

    MINIMAL = "minimal"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Form:
    version: str
    control: ControlInformation = ControlInformation.MINIMAL
    amounts_as_text: bool = False
    """``IEEE754Compatible``: for clients whose numbers are floats."""

    @property
    def media_type(self) -> str:
        as_text = ";IEEE754Compatible=true" if self.amounts_as_text else ""
        return f"application/json;odata.metadata={self.control.value}{as_text};charset=utf-8"


def asked_version() -> str:
    """The newest version that the client reads of those that are spoken here.  Raises ODataFailure."""
    newest = request.headers.get("OData-MaxVersion", "").strip().removesuffix(";")
    if not newest:
        return "4.0"
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", newest):
        raise bad_request("OData-MaxVersion is a version as 4.0.")
    major, _, minor = newest.partition(".")
    asked = (int(major), int((minor or "0").ljust(2, "0")[:2]))
    if asked < (4, 0):
        raise bad_request("Version 4.0 of OData is the oldest that is spoken here.")
    return "4.01" if asked >= (4, 1) else "4.0"


def asked_form(given: str | None) -> Form:
    """By ``$format``, else by the Accept header.  Raises ODataFailure for a form that is not there."""
    version = asked_version()
    choices = [given] if given is not None else request.headers.get("Accept", "").split(",")
    for choice in choices:
        kind, *parameters = (part.strip().lower() for part in choice.split(";"))
        if kind not in {"json", "application/json", "*/*", "application/*", ""}:
            continue
        stated = dict(part.replace(" ", "").partition("=")[::2] for part in parameters)
        control = stated.get("odata.metadata") or stated.get("metadata") or ControlInformation.MINIMAL.value
        none = control == ControlInformation.NONE.value
        return Form(
            version,
            ControlInformation.NONE if none else ControlInformation.MINIMAL,
            stated.get("ieee754compatible") == "true",
        )
    raise ODataFailure(
        406 if given is None else 415, "format", "Answers are JSON: ask for application/json.", "$format"
    )


def page_size(*, expanded: bool) -> tuple[int, bool]:
    """Rows of a page, and whether the client's own wish was followed."""
    found = re.search(r"(?:odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})", request.headers.get("Prefer", ""), re.IGNORECASE)
    most = EXPANDED_PAGE if expanded else MAX_PAGE
    if found is None or int(found.group(1)) == 0:
        return min(DEFAULT_PAGE, most), False
    return min(int(found.group(1)), most), True
