"""Reading the body of a request: in bounded time, at a least rate, in bounded memory."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, RequestTimeout, ServiceUnavailable

from webhook_server.gateway.rsgi import HttpProtocol

GRACE_SECONDS = 3.0
"""Before the least rate counts: a connection needs a moment to get going."""


SMALL_BODY_BYTES = 64 * 1024
"""Up to here a body is read in one go and never refused for want of memory: most events are smaller."""


class SenderGone(Exception):
    """The connection ended before the body did."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a sender may take."""

    largest: int
    """Bytes of one body."""
    seconds: float
    """For one body, however large."""
    bytes_per_second: int
    """The least rate, over all of a body."""
    memory: int
    """Bytes of all large bodies that are being read or answered at a time."""

    def deadline(self, length: int) -> float:
        """Seconds within which a body of this many bytes has to be complete."""
        return min(self.seconds, GRACE_SECONDS + length / self.bytes_per_second)


class BodyMemory:
    """Counts the bytes of large bodies that are held; used by the event loop's thread only."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0


class HeldBody:
    """The part of one request in the memory for bodies, from its first byte to its answer."""

    def __init__(self, memory: BodyMemory) -> None:
        self._memory = memory
        self._size = 0

    def add(self, size: int) -> None:
        """Raises ServiceUnavailable when there is no room: the sender comes again."""
        if self._memory.held + size > self._memory.limit:
            raise ServiceUnavailable("Too many large bodies arrive at once. Send it again.", retry_after=5)
        self._memory.held += size
        self._size += size

    def release(self) -> None:
        self._memory.held -= self._size
        self._size = 0


async def read_body(protocol: HttpProtocol, length: int | None, limits: BodyLimits, held: HeldBody) -> bytes:
    """The whole body; ``length`` is what its sender announced, if anything.

    Raises RequestTimeout for a sender that is too slow, RequestEntityTooLarge for one that sends too much, and
    SenderGone.
    """
    if length is not None and length > limits.largest:
        raise RequestEntityTooLarge
    try:
        if length is not None and length <= SMALL_BODY_BYTES:
            async with asyncio.timeout(limits.deadline(length)):
                return await protocol()
        return await _read_pieces(protocol, length, limits, held)
    except TimeoutError:
        raise RequestTimeout("The body arrived too slowly. Send it again.") from None
    except RuntimeError as error:
        # The base of Granian's own errors, which is not imported by whoever builds the application only.
        raise SenderGone from error


async def _read_pieces(protocol: HttpProtocol, length: int | None, limits: BodyLimits, held: HeldBody) -> bytes:
    """What has not arrived holds no memory: whoever only announces much takes no room from others."""
    started, size, pieces = time.monotonic(), 0, list[bytes]()
    rest = protocol.__aiter__()
    while True:
        left = limits.deadline(size if length is None else length) - (time.monotonic() - started)
        if left <= 0:
            raise TimeoutError
        async with asyncio.timeout(left):
            # Not anext() with a default: Granian's future has no throw(), which that needs to pass a time-out on.
            piece = await rest.__anext__()
        if not piece:
            if length is not None and size < length:
                raise SenderGone
            return b"".join(pieces)
        size += len(piece)
        if size > limits.largest:
            raise RequestEntityTooLarge
        held.add(len(piece))
        pieces.append(piece)


class BodyOnDemand(io.RawIOBase):
    """A body that is read when the application first asks for it, which it does after it has checked the sender."""

    def __init__(self, read: Callable[[], Coroutine[Any, Any, bytes]], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._read = read
        self._loop = loop
        self._body: io.BytesIO | None = None
        self._failure: HTTPException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises what :func:`read_body` raises."""
        if self._failure is not None:
            raise self._failure
        if self._body is None:
            try:
                self._body = io.BytesIO(asyncio.run_coroutine_threadsafe(self._read(), self._loop).result())
            except HTTPException as failure:
                self._failure = failure
                raise
        return self._body.readinto(buffer)
