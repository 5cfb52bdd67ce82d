"""Statuses of a tool in which work is done and that no rule names: what the check with a connection says of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mapping.done_statuses import unnamed_done_statuses
from mapping.live_check import RuleInspection
from mapping.load import LoadedMapping, load_mapping
from tests.mapping.test_governing import SOUND

MATCH = "{type: [Epic]}"
TAKEN = "measures[0].stage.from_status: "
LEFT = "measures[0].match.status: "
UNKNOWN = (
    " An item that is moved there is not in breach and is not moved back: its stage is unknown, and its gate is shut until "
    "an administrator acts. Name its stage under stage: from_status, or name it under ends: cancelled where work ends in "
    "it without its result."
)
NO_MEASURE = (
    " An item that is moved there is no measure any more: it is neither assessed nor moved back, and nobody is asked to "
    "act. Add it to match: status, and say under stage: from_status or ends: cancelled what it means."
)
ONE = f'{TAKEN}work in the status "Live" is done in jira-main, and the rule does not say which stage that is.{UNKNOWN}'
SECOND_RULE = """\
  - name: others
    connection: {connection}
    match: {match}
    hierarchy: {{}}
    roles: {{owner: Assignee, sponsor: Sponsor, controller: Controller}}
    effects: {{plan: {{benefit: Planned benefit}}, forecast: {{benefit: Forecast}}, actual: {{benefit: Actual}}}}
    stage: {{from_status: {{Live: implemented, Closed: closed}}}}
    write: {{gate: Gate}}
"""


def with_match(match: str, *more: str) -> str:
    return SOUND.replace(MATCH, match) + "".join(more)


def others(match: str, connection: str = "jira-main") -> str:
    return SECOND_RULE.format(match=match, connection=connection)


CASES: Mapping[str, tuple[str, tuple[str, ...], list[str]]] = {
    "all are named": (SOUND, ("Closed",), []),
    "letter case does not count": (SOUND, ("CLOSED",), []),
    "the tool does not say": (SOUND, (), []),
    "one is not named": (SOUND, ("Closed", "Live"), [ONE]),
    "several are not named": (
        SOUND,
        ("Live", "Released", "Rejected"),
        [
            f'{TAKEN}work in the statuses "Live", "Released" and "Rejected" is done in jira-main, and the rule does not say '
            f"which stage that is.{UNKNOWN}"
        ],
    ),
    "where cancelled work ends": (
        SOUND.replace("    write:", "    ends: {cancelled: [Rejected]}\n    write:"),
        ("Closed", "Rejected"),
        [],
    ),
    "the rule takes others by name": (
        with_match("{type: [Epic], status: [Backlog, Approved, Closed]}"),
        ("Closed", "Live"),
        [f'{LEFT}work in the status "Live" is done in jira-main, and no rule takes such an item.{NO_MEASURE}'],
    ),
    "the rule leaves it by name": (with_match("{type: [Epic], status: {none: [Live]}}"), ("Live",), []),
    "the rule takes it by name, and gives it no stage": (
        with_match("{type: [Epic], status: {any: [Backlog, Live]}}"), ("Live",), [ONE],
    ),
    "its condition looks at the status": (
        SOUND.replace("    hierarchy:", "    when: item.status_category != \"done\"\n    hierarchy:"),
        ("Live",),
        [],
    ),
    "its condition looks at something else": (
        SOUND.replace("    hierarchy:", "    when: item.title != \"\"\n    hierarchy:"), ("Live",), [ONE],
    ),
    "another rule takes it by name": (
        with_match("{type: [Epic]}", others("{type: [Epic], status: [Live]}")), ("Live",), [],
    ),
    "another rule names its stage and takes other items": (
        with_match("{type: [Epic]}", others("{type: [Story]}")), ("Live",), [ONE],
    ),
    "another rule leaves another one by name": (
        with_match("{type: [Epic]}", others("{type: [Epic], status: {none: [Draft]}}")),
        ("Live",),
        [ONE],
    ),
    "the rule takes others by name, and another rule takes other items": (
        with_match("{type: [Epic], status: [Backlog, Approved, Closed]}", others("{type: [Story]}")),
        ("Live",),
        [f'{LEFT}work in the status "Live" is done in jira-main, and no rule takes such an item.{NO_MEASURE}'],
    ),
    "a rule of another tool takes it by name": (
        with_match("{type: [Epic]}", others("{type: [Epic], status: [Live]}", "jira-second")), ("Live",), [ONE],
    ),
    "the rule takes others by name, and another rule takes all": (
        with_match("{type: [Epic], status: [Backlog, Approved, Closed]}", others("{type: [Epic]}")), ("Live",), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "done", "warnings"), CASES.values(), ids=CASES.keys())
def test_a_status_in_which_work_is_done_and_that_no_rule_names_is_warned_of(
    text: str, done: tuple[str, ...], warnings: list[str]
) -> None:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    found = unnamed_done_statuses(loaded, 0, RuleInspection(statuses=done, done=done), "mapping.yaml")
    assert [str(one).split(": ", 1)[1] for one in found] == warnings
    assert all(one.line > 1 for one in found), "it says where in the file"
