"""An answer that is complete only after the application has returned.

To any WSGI server it is the body of an answer: whoever iterates it waits.  The gateway does not wait: it has the answer
sent by the thread that completes it, so that none sleeps meanwhile and has to be woken for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Lock
from typing import TYPE_CHECKING, NamedTuple

from webhook_server.gateway.rsgi import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class CompleteAnswer(NamedTuple):
    status: str
    """Code and phrase, as WSGI has it."""
    headers: Headers
    """With the content's length."""
    content: bytes

    @property
    def code(self) -> int:
        return int(self.status.partition(" ")[0])


class AnswerLater:
    """Completed once, by any thread; sent once."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response
        self._lock = Lock()
        self._answer: CompleteAnswer | None = None
        self._send: Callable[[CompleteAnswer], None] | None = None

    def complete(self, answer: CompleteAnswer) -> None:
        with self._lock:
            self._answer, send = answer, self._send
        if send is not None:
            send(answer)

    def when_complete(self, send: Callable[[CompleteAnswer], None]) -> None:
        """Have ``send`` called once: at once when the answer is complete, else by the thread that completes it."""
        with self._lock:
            self._send, answer = send, self._answer
        if answer is not None:
            send(answer)

    def __iter__(self) -> Iterator[bytes]:
        complete = Event()
        answers: list[CompleteAnswer] = []

        def keep(answer: CompleteAnswer) -> None:
            answers.append(answer)
            complete.set()

        self.when_complete(keep)
        complete.wait()
        self._start_response(answers[0].status, answers[0].headers)
        yield answers[0].content
