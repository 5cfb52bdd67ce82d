"""Whether a worker may still act on what it has claimed.

The database takes a claim away from a worker that it thinks dead, and a token keeps the late worker from *storing*
anything.  It cannot keep it from *writing into the tool*: a machine that has lost the database may reach Jira as well
as ever.  So before each write a worker checks by itself, without the database, whether another worker can have
its claim by the time the write has ended (``deploy/adr/0017-a-lost-worker.md``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol
from uuid import UUID


class LeaseState(StrEnum):
    """Whether a worker's lease on what it has claimed is valid."""

    VALID = "valid"
    STOPPING = "the worker is being stopped"
    EXPIRING = "the time for this batch is nearly over"
    """A call that begins now may end after the lease; the items have to be claimed again."""
    LOST = "the worker lost touch with the database"
    """Another worker may have taken the items over, or may do so at any moment."""


class Lease(Protocol):
    def state(self, token: UUID | None = None) -> LeaseState:
        """Whether a call to a tool may begin now for this claim; without one, whether the worker may go on at all."""


class Unleased:
    """For one-off commands and measurements, where nobody else takes anything over."""

    def state(self, token: UUID | None = None) -> LeaseState:
        del token
        return LeaseState.VALID


UNLEASED = Unleased()
