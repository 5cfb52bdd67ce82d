"""Which mapping a request sees, and how often it asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from connector.people.permissions import Role, RoleGrant
from mapping.load import LoadedMapping, load_mapping
from tests.conftest import ROOT
from tests.webhook_server.visitor import WebSite

MAPPING = (ROOT / "sandbox/story/mapping.yaml").read_text()
OFFICE = RoleGrant(Role.OFFICE)


def _activate(site: WebSite, source: str) -> int:
    loaded = load_mapping(source)
    assert isinstance(loaded, LoadedMapping), loaded
    return site.services.mappings.activate(source, loaded.version, author="office", reason="tests").number


@contextmanager
def _asked(site: WebSite) -> Iterator[list[str]]:
    """The statements that ask for the active mapping."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: object, *_: Any) -> None:
        if "FROM mapping_version" in statement and "active" in str(parameters):
            asked.append(statement)

    event.listen(site.services.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(site.services.engine, "before_cursor_execute", note)


def test_a_page_asks_once_and_the_next_sees_what_became_active_meanwhile(site: WebSite) -> None:
    office = site.signed_in("office", OFFICE)
    _activate(site, MAPPING)
    with _asked(site) as asked:
        assert office.get("/portfolio").status_code == 200
        assert len(asked) == 1
        _activate(site, MAPPING.replace("organization: ", "organization: New "))
        asked.clear()
        assert office.get("/portfolio").status_code == 200
        assert len(asked) == 1


def test_what_a_request_keeps_ends_with_it(site: WebSite) -> None:
    mappings = site.app.extensions["gatepost"].mappings
    first = _activate(site, MAPPING)
    with site.app.test_request_context("/portfolio"):
        assert mappings.active().number == first
        second = _activate(site, MAPPING.replace("organization: ", "organization: New "))
        assert mappings.active().number == first, "all of a page follows one version"
    with site.app.test_request_context("/portfolio"):
        assert mappings.active().number == second


def test_a_request_that_may_change_something_asks_each_time(site: WebSite) -> None:
    mappings = site.app.extensions["gatepost"].mappings
    _activate(site, MAPPING)
    with site.app.test_request_context("/mapping", method="POST"):
        mappings.active()
        second = _activate(site, MAPPING.replace("organization: ", "organization: New "))
        assert mappings.active().number == second
