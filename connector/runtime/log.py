"""Structured logs: one JSON object a line, or readable text on a terminal.

Nothing here sees a credential: the HTTP seam logs method, path and status only, and settings and
connection records keep secrets out of their ``repr``.  Tracebacks are plain, without the values of variables, and the
secret in the address of a webhook is covered wherever such an address stands.
"""

from __future__ import annotations

import logging
import re
import sys

import structlog

from connector.settings import LogFormat, Settings

_HOOK_SECRET = re.compile(r"(/hooks/[^/\s\"']+/[^/\s\"'?#]+/)[^\s\"'?#\\]+")
COVERED = "•••"


def cover_secrets(text: str) -> str:
    """A text in which no address of a webhook shows its secret."""
    return _HOOK_SECRET.sub(rf"\1{COVERED}", text)


def _cover(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = cover_secrets(value)
        elif not isinstance(value, int | float | None) and not name.startswith("_"):
            # A list, an error, a URL: shown as they would be anyway, unless there is something to cover.
            shown = repr(value)
            covered = cover_secrets(shown)
            event[name] = value if covered == shown else covered
    return event


def configure_quiet() -> None:
    """For a command: only what is wrong, on standard error, so that its answer stays clean."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
    ]
    # The library's own choice shows the variables of every frame of a traceback, secrets among them.
    last: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        _cover,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # Asked for at each use: a caller may have put another stream in its place.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(shared, last, logging.WARNING)


def configure(settings: Settings) -> None:
    """Send all logs to standard error in the format that the settings name."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if settings.log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    last: list[structlog.typing.Processor] = [structlog.processors.format_exc_info, _cover, renderer]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(shared, last, max(level, logging.WARNING))


class _StandardError(logging.Handler):
    """Asks for the stream at each use: a caller may have put another one in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:  # noqa: BLE001 - a line that cannot be logged must not end what it is about
            self.handleError(record)


def _configure_libraries(
    shared: list[structlog.typing.Processor], last: list[structlog.typing.Processor], level: int
) -> None:
    """What libraries log, in the same form."""
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
