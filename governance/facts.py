"""What is known about a fact: a value, known to be empty, or unknown.

A gate must tell an empty field ("nobody was named") from one that could not be read ("the
account may not see it").  Both shut the gate, but the person who must act is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unknown:
    """The fact could not be established; ``reason`` says why, in words for a person."""

    reason: str
    entered: bool = field(default=False, compare=False)
    """Somebody has entered what cannot be read: the owner corrects it, and no administrator has to make it readable."""


@dataclass(frozen=True, slots=True)
class Question(Unknown):
    """An unknown fact whose reason ends with a question to whoever entered it."""


Fact: TypeAlias = T | Unknown | None
"""A value, ``None`` (known to be empty) or :class:`Unknown`."""


def known(fact: T | Unknown | None) -> T | None:
    """The value of a fact, or ``None`` when it is empty or unknown."""
    return None if isinstance(fact, Unknown) else fact
