"""An answer that comes later is sent once, by whoever comes last, and any WSGI server can wait for it."""

from __future__ import annotations

from threading import Timer
from typing import TYPE_CHECKING

from webhook_server.gateway.answer_later import AnswerLater, CompleteAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER = CompleteAnswer("202 Accepted", [("Content-Length", "2")], b"{}")


class Started(list[tuple[str, list[tuple[str, str]]]]):
    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        self.append((status, headers))
        return lambda _: None


def test_it_is_sent_once_whether_it_is_complete_before_or_after_somebody_waits() -> None:
    sent = list[CompleteAnswer]()
    before, after = AnswerLater(Started()), AnswerLater(Started())
    before.complete(ANSWER)
    before.when_complete(sent.append)
    assert sent == [ANSWER]
    after.when_complete(sent.append)
    assert sent == [ANSWER]
    after.complete(ANSWER)
    assert sent == [ANSWER, ANSWER]
    assert ANSWER.code == 202


def test_whoever_iterates_it_waits_for_status_and_content() -> None:
    started = Started()
    later = AnswerLater(started)
    Timer(0.01, later.complete, [ANSWER]).start()
    assert list(later) == [b"{}"]
    assert started == [("202 Accepted", [("Content-Length", "2")])]
