"""What a sweep needs of a tool: pages of ids with the version that shows a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mapping.config import MeasureRule
from mapping.work_item import NativeId


@dataclass(frozen=True, slots=True)
class ScannedItem:
    """An item as a sweep sees it: its id and the version that shows a change."""

    native_id: NativeId
    version: str


@dataclass(frozen=True, slots=True)
class ScanPage:
    items: Sequence[ScannedItem]
    next_page: str | None
    """Where the search goes on; ``None`` on the last page."""


class Scanner(Protocol):
    """A tool whose items can be listed.  Raises ToolError."""

    def query_for(self, rules: Sequence[MeasureRule]) -> str:
        """A bounded query for everything that these rules may take."""

    def scan(self, query: str, since: datetime | None, page_token: str | None) -> ScanPage:
        """One page of it, changed since a moment or all; the same items may come twice."""

    def total(self, query: str, since: datetime | None) -> int | None:
        """About how many items there are, if the tool says."""
