"""Which blocking links are missing since the reading before, and what the record says of one that somebody removed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.evidence import OpenItem
from governance.facts import Fact, Unknown
from governance.measure import Person
from mapping.config import MarkRule
from mapping.load import LoadedMapping, load_mapping
from mapping.removed_links import CHANGE, RemovedLink, evidence_links, missing_changes, missing_links
from mapping.work_item import Link
from tests.mapping.items import item
from tests.mapping.test_governing import SOUND

BLOCKED = "is blocked by"
OPEN = Link(BLOCKED, "ITX-7", done=False, id="100", blocks=True)
HR = replace(OPEN, key="HR-7")
JOINED = Link("is implemented by", "OPS-7", done=False, id="102")
OSEI = Person("osei", "Kwame Osei", True)


@pytest.mark.parametrize(
    ("before", "now", "missing"),
    [
        ([OPEN], [], ["ITX-7"]),
        ([OPEN], [OPEN], []),
        ([OPEN], [replace(OPEN, done=True)], []),
        ([OPEN], [replace(OPEN, id="101")], []),
        ([OPEN], [replace(OPEN, key="OPS-3")], []),
        ([OPEN], [Link("relates to", "ITX-7", done=False, id="101")], ["ITX-7"]),
        ([replace(OPEN, done=True)], [], []),
        ([Link("relates to", "ITX-7", done=False, id="100")], [], ["ITX-7"]),
        ([OPEN, replace(OPEN, key="ITX-8", id="101")], [OPEN], ["ITX-8"]),
        ([replace(OPEN, id="")], [replace(OPEN, key="ITX-9", id="")], ["ITX-7"]),
    ],
    ids=[
        "gone", "still there", "done meanwhile", "linked anew", "its item was moved", "only related now",
        "done before", "another kind of link", "one of two", "the tool has no ids of links",
    ],
)  # fmt: skip
def test_which_links_are_missing(before: list[Link], now: list[Link], missing: list[str]) -> None:
    present = replace(item({}), links=tuple(now), blocking_links=())
    assert [link.key for link in missing_links(before, present)] == missing


@pytest.mark.parametrize("links", [Unknown("links were not read"), ()])
def test_of_links_that_could_not_be_read_none_is_missing(links: Fact[tuple[OpenItem, ...]]) -> None:
    found = missing_links([OPEN], replace(item({}), links=(), blocking_links=links))
    assert bool(found) == (links == ())


@pytest.mark.parametrize(
    ("blocked_by", "kept"),
    [(None, ["ITX-7", "GOV-1"]), ("GOV-1", ["ITX-7"]), ({"IT": "GOV-1", "HR": "GOV-2"}, ["ITX-7"])],
)
def test_the_blocker_that_gatepost_links_itself_is_nobodys(
    blocked_by: str | dict[str, str] | None, kept: list[str]
) -> None:
    loaded = load_mapping(SOUND)
    assert isinstance(loaded, LoadedMapping)
    rule = loaded.config.measures[0].model_copy(update={"marks": MarkRule(blocked_by=blocked_by)})
    assert [one.key for one in evidence_links((OPEN, replace(OPEN, key="GOV-1"), JOINED), rule)] == kept


def test_a_link_by_which_the_mapping_joins_items_counts() -> None:
    join = "    joins: [{name: work, connection: jira-main, link: Is implemented by}]\n    write:"
    loaded = load_mapping(SOUND.replace("    write:", join))
    assert isinstance(loaded, LoadedMapping), loaded
    rule = loaded.config.measures[0]
    others = (Link("relates to", "ITX-9", done=False), Link("implements", "ITX-8", done=False))
    assert evidence_links((OPEN, JOINED, *others), rule) == (OPEN, JOINED)


@pytest.mark.parametrize(
    ("link", "text"),
    [
        (
            RemovedLink(OPEN, "Buy the licence", "In Progress", OSEI),
            'The blocking link to ITX-7 "Buy the licence" was removed by Kwame Osei, and ITX-7 is still open (In Progress)',
        ),
        (
            RemovedLink(OPEN, "", "In Progress"),
            "The blocking link to ITX-7 was removed by somebody whom the tool does not name, and ITX-7 is still open (In "
            "Progress)",
        ),
        (
            RemovedLink(OPEN),
            "The blocking link to ITX-7 was removed by somebody whom the tool does not name, and ITX-7 was open when it was "
            "read before; whether it still is could not be read",
        ),
        (
            RemovedLink(HR, "A secret of HR", "Secret", OSEI),
            "The link to a blocking item of another project was removed by Kwame Osei, and that item is still open",
        ),
        (
            RemovedLink(HR),
            "The link to a blocking item of another project was removed by somebody whom the tool does not name, and that "
            "item was open when it was read before; whether it still is could not be read",
        ),
        (
            RemovedLink(JOINED, "Cut over", "In Progress", OSEI),
            'The link "is implemented by" to OPS-7 "Cut over" was removed by Kwame Osei, and OPS-7 is still open (In '
            "Progress)",
        ),
        (
            RemovedLink(Link(CHANGE, "CHG7"), "Cut over", "Assess", OSEI),
            'The change CHG7 "Cut over" was taken off it by Kwame Osei, and CHG7 is still open (Assess)',
        ),
    ],
    ids=[
        "all is known",
        "no name, no title",
        "nothing could be read",
        "another project",
        "nothing of another project",
        "a joined item",
        "a change",
    ],
)
def test_what_the_record_says(link: RemovedLink, text: str) -> None:
    assert link.sentence(replace(item({}), key="ITX-1")) == text


@pytest.mark.parametrize(
    ("now", "missing"),
    [((), ["CHG1", "CHG2"]), ((OpenItem("CHG2", "B", "New"),), ["CHG1"]), (Unknown("changes were not read"), [])],
    ids=["both are gone", "one is gone", "they could not be read"],
)
def test_which_changes_are_missing(now: Fact[tuple[OpenItem, ...]], missing: list[str]) -> None:
    before = (OpenItem("CHG1", "A", "New"), OpenItem("CHG2", "B", "New"))
    found = missing_changes(before, replace(item({}), changes=now))
    assert [link.key for link in found] == missing
    loaded = load_mapping(SOUND)
    assert isinstance(loaded, LoadedMapping)
    assert evidence_links(found, loaded.config.measures[0]) == found
