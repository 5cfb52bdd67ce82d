"""The refusal of a template, apart from the library that reads one: who only sends papers loads no library for it."""

from __future__ import annotations


class UnusableTemplate(ValueError):
    """The file is no template that a deck can be written with; the message says what is missing."""
