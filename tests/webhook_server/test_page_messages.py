"""Pages advise no command line: neither in their own words nor in what they pass on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

import webhook_server
from connector.errors import NO_CONNECTION, ConfigurationError, NotFound
from connector.remedy import Place, Remedy
from webhook_server.page_messages import ENDPOINTS, ON_THE_SERVER, page_advice, page_message, page_text

TEMPLATES = Path(webhook_server.__file__).parent / "templates"
FOR_THE_OPERATOR = {"welcome.html"}
"""Read before anybody can sign in: by whoever has just started the server."""
LISTED = ConfigurationError('There is no connection "x".', remedy=NO_CONNECTION)
SERVER_ONLY = ConfigurationError(
    "The key is lost.", remedy=Remedy(command="Make a new one with: gatepost key renew --lost")
)
PAGE_ONLY = ConfigurationError("Its clock is wrong.", remedy=Remedy("Set it."))


@pytest.mark.parametrize(
    ("error", "page", "terminal"),
    [
        pytest.param(
            LISTED, 'There is no connection "x". The page Connections lists them.',
            "List them with: gatepost connection list", id="advice for both",
        ),
        pytest.param(
            SERVER_ONLY, f"The key is lost. {ON_THE_SERVER}", "Make a new one with: gatepost key renew --lost",
            id="a command only",
        ),
        pytest.param(PAGE_ONLY, "Its clock is wrong. Set it.", "Set it.", id="the same everywhere"),
        pytest.param(NotFound("It is gone.", operation="GET /x"), "It is gone.", "", id="no advice"),
    ],
)  # fmt: skip
def test_an_error_says_its_advice_apart(error: ConfigurationError, page: str, terminal: str) -> None:
    """What is stored, logged or answered to a program is the text alone."""
    assert (page_text(error), error.remedy.at_terminal) == (page, terminal)
    assert str(error) == error.args[0]


def test_an_error_that_is_not_ours_is_said_as_it_is() -> None:
    assert page_text(ValueError("no number")) == "no number"


def test_what_is_said_of_two_remedies_is_said_of_both() -> None:
    again = Remedy("Check again.")
    both = NO_CONNECTION.then(again)
    assert (page_advice(both), both.at_terminal, both.place) == (
        "The page Connections lists them. Check again.",
        "List them with: gatepost connection list Check again.",
        Place.CONNECTIONS,
    )
    assert page_advice(SERVER_ONLY.remedy.then(again)) == "Check again."


@pytest.mark.parametrize(
    ("address", "html"),
    [
        pytest.param(
            "/connections",
            "There is no connection &#34;x&#34;. The page Connections lists them. "
            '<a href="/connections">Open Connections</a>',
            id="offered",
        ),
        pytest.param("", "There is no connection &#34;x&#34;. The page Connections lists them.", id="not offered"),
    ],
)
def test_a_page_links_the_page_on_which_it_is_done(address: str, html: str) -> None:
    app = Flask("tests")
    app.jinja_env.filters["page_address"] = lambda remedy: address
    with app.app_context():
        assert page_message(LISTED) == html


def test_every_place_has_a_page() -> None:
    assert set(ENDPOINTS) == set(Place)


def test_no_template_advises_a_command_or_a_setting() -> None:
    found = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if re.search(r"\bgatepost [a-z][a-z-]+ ?[a-z-]*|GATEPOST_[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert found <= FOR_THE_OPERATOR
