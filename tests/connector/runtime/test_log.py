"""What stands in no log: secrets in addresses, and the values of variables."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from connector.runtime import log
from connector.settings import LogFormat, Settings

CREDENTIAL = "the-credential-itself"
SECRET = "a-secret-of-thirty-two-characters"


@pytest.fixture
def logs() -> Iterator[None]:
    handlers, level, before = logging.root.handlers[:], logging.root.level, structlog.get_config()
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    structlog.configure(**before)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        (f"/hooks/jira/jira-main/{SECRET}", "/hooks/jira/jira-main/•••"),
        (f"POST https://x.example/hooks/servicenow/snow/{SECRET}?a=b", "POST https://x.example/hooks/servicenow/snow/•••?a=b"),
        (f"'/hooks/jira/jira-main/{SECRET}'", "'/hooks/jira/jira-main/•••'"),
        (f"/hooks/jira/jira-main/{SECRET}/more", "/hooks/jira/jira-main/•••"),
        ("/hooks/jira/jira-main", "/hooks/jira/jira-main"),
        ("/measures/jira-main/10001", "/measures/jira-main/10001"),
    ],
)  # fmt: skip
def test_the_secret_of_an_address_is_covered(text: str, covered: str) -> None:
    assert log.cover_secrets(text) == covered


def _fail(credential: str) -> None:
    raise RuntimeError(f"no answer of /hooks/jira/jira-main/{SECRET} to {len(credential)} characters")


@pytest.mark.usefixtures("logs")
@pytest.mark.parametrize("kind", ["quiet", *LogFormat])
def test_a_traceback_shows_no_variable_and_no_secret(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    if kind == "quiet":
        log.configure_quiet()
    else:
        log.configure(Settings(log_format=LogFormat(kind), log_level="DEBUG"))
    structlog.configure(cache_logger_on_first_use=False)
    address = f"/hooks/jira/jira-main/{SECRET}"
    ours, others = structlog.get_logger("test"), logging.getLogger("another library")
    try:
        _fail(CREDENTIAL)
    except RuntimeError as error:
        ours.exception("failed", address=address, addresses=[address], error=error)
        others.exception("failed on %s", address)
    shown = capsys.readouterr().err
    assert "RuntimeError: no answer of /hooks/jira/jira-main/" in shown
    assert SECRET not in shown
    assert CREDENTIAL not in shown
