"""Whose personal data is held here, for the maker of a tool who has to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """An account of which something is held, and when the tool last gave it."""

    account: str
    retrieved_at: datetime


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """What has to be done about the accounts of one report."""

    closed: frozenset[str]
    """To be erased."""
    updated: frozenset[str]
    """What is held of them is old: to be read again."""
    cycle: timedelta
    """After which each account is reported again, and not before."""


class AccountReporter(Protocol):
    @property
    def most(self) -> int:
        """Accounts of one report at most."""

    def report(self, accounts: Sequence[HeldAccount]) -> AccountAnswer:
        """Raises ToolError."""
