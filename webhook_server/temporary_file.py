"""A file that an answer is written into before it is sent, so that nobody receives half of one."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO

IN_MEMORY_BYTES = 8_000_000
"""What is larger goes to the disk."""


class _AnswerFile(SpooledTemporaryFile[bytes]):
    def __del__(self) -> None:
        """Also where a refusal came in between, or the client went away."""
        self.close()


def temporary_file() -> IO[bytes]:
    """Without a name; it is closed with its answer."""
    return _AnswerFile(IN_MEMORY_BYTES)
