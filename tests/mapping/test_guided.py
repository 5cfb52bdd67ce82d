"""The guided form: what it reads from a rule, and that it writes back nothing but what was changed."""

from __future__ import annotations

from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.field_help import FIELD_HELP, KEY_NAMES, VALUE_NAMES
from mapping.guided import (
    LIST_PATHS,
    STAGES_PATH,
    TEXT_PATHS,
    FormCannotWrite,
    HandWritten,
    RuleForm,
    read_form,
    rule_names,
    write_form,
)
from mapping.guided_roles import FurtherRoleForm
from mapping.load import LoadedMapping, load_mapping
from mapping.schema import json_schema
from mapping.yaml_edit import compose, find_node, plain_value, scalar, set_value
from tests.conftest import ROOT

FILES = [ROOT / "sandbox/story/mapping.yaml", *sorted((ROOT / "deploy/examples").glob("*.yaml"))]
JIRA = (ROOT / "deploy/examples/jira-only.yaml").read_text()

HAND = """\
# Written by people, laid out as they like it.
version: 1
organization: "Nord"      # the bank
reporting_currency: EUR
measures:
- name:  epics            # two spaces, on purpose
  connection: jira-main
  when: >
    item.status_category != "done"
  match:
    project:
      - ITX               # the first one
      - CLOUD
    labels: {none: [experiment]}
    fields: {Region: [EMEA]}
  hierarchy: {}
  roles:   {owner: Assignee,   # who does it
            sponsor: {by: Program, people: {Exit: {id: b, name: B}}}}
  facts:
    # Finance asked for these.
    objective: {cel: 'item.fields["Goal"]'}
    start: 'Start date'

    end: Due date         # the end
  stage: {from_status: {Backlog: identified}}
  write: {gate: Gate}

- name: others
  connection: jira-main
  match: {type: [Task]}
  hierarchy: {}
  roles: {owner: Assignee}
  stage: {from_status: {Backlog: identified}}
  write: {gate: Gate}
# the end
"""


def rules(text: str) -> int:
    return len(rule_names(text))


def changed(before: str, after: str) -> list[str]:
    """Lines that went and came, as a reviewer sees them."""
    diff = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in diff if not line.startswith(("---", "+++", "@@"))]


def with_texts(form: RuleForm, **texts: str) -> RuleForm:
    """The form with other texts; ``facts__start`` is ``facts.start``."""
    return replace(form, texts={**form.texts, **{tuple(name.split("__")): value for name, value in texts.items()}})


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_writing_an_unchanged_form_back_is_the_same_to_the_byte(file: Path) -> None:
    text = file.read_text()
    for index in range(rules(text)):
        assert write_form(text, index, read_form(text, index)) == text


def test_each_text_on_the_way_of_a_change_is_composed_once() -> None:
    compose.cache_clear()
    form = with_texts(read_form(JIRA, 0), write__gate="Gate 2", hierarchy__program="{Programme}")
    assert compose.cache_info().misses == 1
    assert write_form(JIRA, 0, form) != JIRA
    # Each of the two changes makes a text of its own.
    assert compose.cache_info().misses == 3


@pytest.mark.parametrize("text", [HAND, HAND.replace("\n", "\r\n"), "\ufeff" + HAND], ids=["lf", "crlf", "bom"])
def test_an_unusual_layout_stays_to_the_byte(text: str) -> None:
    for index in range(2):
        assert write_form(text, index, read_form(text, index)) == text
        lines = changed(text, write_form(text, index, with_texts(read_form(text, index), write__gate="Gate 2")))
        assert lines == ["-  write: {gate: Gate}", "+  write: {gate: Gate 2}"]


def test_a_rule_is_read_as_a_form() -> None:
    form = read_form(JIRA, 0)
    assert form.texts["name",] == "transformation-epics"
    assert form.texts["hierarchy", "program"] == "{Program}"
    assert form.texts["effects", "plan", "spread"] == "linear"
    assert form.texts["facts", "rough_value"] == ""
    assert form.lists["match", "labels"] == ("governed",)
    assert form.lists["match", "table"] == ()
    assert form.stages["Approved"] == "decided"
    assert form.hand_written == (HandWritten("match.labels.none", "[experiment]"),)


def test_what_a_form_cannot_say_is_shown_as_written_by_hand() -> None:
    assert read_form(HAND, 0).hand_written == (
        HandWritten("when", '>\n  item.status_category != "done"'),
        HandWritten("match.labels.none", "[experiment]"),
        HandWritten("match.fields", "{Region: [EMEA]}"),
        HandWritten("roles.sponsor", "{by: Program, people: {Exit: {id: b, name: B}}}"),
        HandWritten("facts.objective", "{cel: 'item.fields[\"Goal\"]'}"),
    )


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        ({"name": "big epics"}, ["-- name:  epics            # two spaces, on purpose",
                                 "+- name:  big epics            # two spaces, on purpose"]),
        ({"facts__start": "Begin"}, ["-    start: 'Start date'", "+    start: Begin"]),
        ({"facts__start": "Start: here"}, ["-    start: 'Start date'", '+    start: "Start: here"']),
        ({"facts__end": ""}, ["-    end: Due date         # the end"]),
        ({"facts__baseline": "Baseline"}, ["+    baseline: Baseline"]),
        ({"facts__baseline": "yes"}, ['+    baseline: "yes"']),
        ({"facts__baseline": "12"}, ['+    baseline: "12"']),
        ({"hierarchy__program": "{Program}"}, ["-  hierarchy: {}", '+  hierarchy: {program: "{Program}"}']),
        ({"effects__plan__benefit": "Benefit"}, ["+  effects: {plan: {benefit: Benefit}}"]),
        ({"roles__controller": "Controller"},
         ["-            sponsor: {by: Program, people: {Exit: {id: b, name: B}}}}",
          "+            sponsor: {by: Program, people: {Exit: {id: b, name: B}}}, controller: Controller}"]),
        ({"roles__owner": "Owner"}, ["-  roles:   {owner: Assignee,   # who does it",
                                     "+  roles:   {owner: Owner,   # who does it"]),
        ({"roles__sponsor": "ignored, because it is written by hand"}, []),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) and value else None,
)  # fmt: skip
def test_a_change_touches_only_its_lines(texts: dict[str, str], lines: list[str]) -> None:
    form = with_texts(read_form(HAND, 0), **texts)
    assert changed(HAND, write_form(HAND, 0, form)) == lines


@pytest.mark.parametrize(
    ("path", "names", "lines"),
    [
        ("project", ("ITX",), ["-      - CLOUD"]),
        ("project", ("CLOUD",), ["-      - ITX               # the first one"]),
        ("project", ("ITX", "CLOUD", "NEW"), ["+      - NEW"]),
        ("project", ("NEW",), ["-    project:", "-      - ITX               # the first one", "-      - CLOUD",
                               "+    project: [NEW]"]),
        ("project", (), ["-    project:", "-      - ITX               # the first one", "-      - CLOUD"]),
        ("labels", ("governed",), ["-    labels: {none: [experiment]}",
                                   "+    labels: {none: [experiment], any: [governed]}"]),
        ("type", ("Epic", "Big one"), ["+    type: [Epic, Big one]"]),
    ],
)  # fmt: skip
def test_a_list_changes_by_its_items(path: str, names: tuple[str, ...], lines: list[str]) -> None:
    form = read_form(HAND, 0)
    wanted = replace(form, lists={**form.lists, ("match", path): names})
    assert changed(HAND, write_form(HAND, 0, wanted)) == lines


def test_statuses_come_change_and_go() -> None:
    form = read_form(JIRA, 0)
    wanted = replace(
        form, stages={"Backlog": "identified", "Analysis": "decided", "Done": "implemented", "In work": "decided"}
    )
    assert changed(JIRA, write_form(JIRA, 0, wanted)) == [
        "-        Analysis: detailed",
        "-        Approved: decided",
        "+        Analysis: decided",
        "-        Closed: closed",
        "+        In work: decided",
    ]


def test_a_set_of_keys_goes_with_its_last_key() -> None:
    empty = {path: "" for path in TEXT_PATHS if path[0] == "effects"}
    form = read_form(JIRA, 0)
    result = write_form(JIRA, 0, replace(form, texts={**form.texts, **empty}))
    assert isinstance(load_mapping(result), LoadedMapping)
    assert "effects" not in result
    assert result.count("\n") == JIRA.count("\n") - 4


def test_a_layout_that_a_form_would_harm_is_refused() -> None:
    text = HAND.replace("    start: 'Start date'\n", "    ? start\n    : Start date\n")
    assert isinstance(load_mapping(text), LoadedMapping)
    with pytest.raises(FormCannotWrite, match="The form cannot change this rule without touching more than it should"):
        write_form(text, 0, with_texts(read_form(text, 0), facts__start=""))


ROLES = """\
version: 1
policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner]}}   # the office's
measures:
- name: epics
  connection: jira-main
  match: {type: [Epic]}
  hierarchy: {}
  roles:
    owner: Assignee
    further:
      risk_owner: {label: Risk officer, from: Risk Owner}   # from audit
      unit_owner: {from: {by: Program, people: {Exit: {id: b, name: B}}}}
  stage: {from_status: {Backlog: identified}}
  write: {gate: Gate}
- name: tasks
  connection: jira-main
  match: {type: [Task]}
  hierarchy: {}
  roles: {owner: Assignee, further: {it_owner: {from: IT Owner}}}
  stage: {from_status: {Backlog: identified}}
  write: {gate: Gate}
"""
RISK = FurtherRoleForm("risk_owner", "Risk Owner", "Risk officer", ("decided",))


def test_further_roles_are_read_with_the_gates_that_ask_for_them() -> None:
    form = read_form(ROLES, 0)
    assert form.further == (RISK,)
    assert [part.path for part in form.hand_written] == ["roles.further.unit_owner"]
    assert read_form(ROLES, 1).further == (FurtherRoleForm("it_owner", "IT Owner", "", ("decided", "closed")),)
    assert [write_form(ROLES, index, read_form(ROLES, index)) for index in range(2)] == [ROLES, ROLES]


@pytest.mark.parametrize(
    ("rule", "further", "lines"),
    [
        pytest.param(0, (replace(RISK, field="Risk manager"),), [
            "-      risk_owner: {label: Risk officer, from: Risk Owner}   # from audit",
            "+      risk_owner: {label: Risk officer, from: Risk manager}   # from audit",
        ], id="another field"),
        pytest.param(0, (replace(RISK, gates=("decided", "closed")),), [
            "-policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner]}}   # the office's",
            "+policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner, risk_owner]}}   "
            "# the office's",
        ], id="one more gate"),
        pytest.param(0, (RISK, FurtherRoleForm("business_owner", "Business owner", "", ("implemented",))), [
            "-policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner]}}   # the office's",
            "+policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner], implemented: "
            "[business_owner]}}   # the office's",
            "+      business_owner: {from: Business owner}",
        ], id="one more role"),
        pytest.param(0, (), [
            "-policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner]}}   # the office's",
            "+policy: {preset: five, approvals: {decided: [it_owner], closed: [it_owner]}}   # the office's",
            "-      risk_owner: {label: Risk officer, from: Risk Owner}   # from audit",
        ], id="a role goes with its gates"),
        pytest.param(1, (), [
            "-policy: {preset: five, approvals: {decided: [risk_owner, it_owner], closed: [it_owner]}}   # the office's",
            "+policy: {preset: five, approvals: {decided: [risk_owner]}}   # the office's",
            "-  roles: {owner: Assignee, further: {it_owner: {from: IT Owner}}}",
            "+  roles: {owner: Assignee}",
        ], id="the last role of a rule goes"),
    ],
)  # fmt: skip
def test_a_further_role_changes_the_rule_and_the_policys_gates(
    rule: int, further: tuple[FurtherRoleForm, ...], lines: list[str]
) -> None:
    written = write_form(ROLES, rule, replace(read_form(ROLES, rule), further=further))
    assert sorted(changed(ROLES, written)) == sorted(lines)
    assert {role.key for role in read_form(written, rule).further} == {role.key for role in further}


def test_a_role_that_another_rule_still_has_keeps_its_gates() -> None:
    both = ROLES.replace("it_owner: {from: IT Owner}", "risk_owner: {from: Risk Owner}")
    written = write_form(both, 1, replace(read_form(both, 1), further=()))
    assert "approvals: {decided: [risk_owner, it_owner], closed: [it_owner]}" in written
    assert read_form(written, 0).further == (RISK,)


def test_the_first_further_role_of_a_file_and_its_removal() -> None:
    added = write_form(
        HAND, 1, replace(read_form(HAND, 1), further=(FurtherRoleForm("risk_owner", "Risk", "", ("closed",)),))
    )
    assert changed(HAND, added) == [
        "-  roles: {owner: Assignee}",
        "+  roles: {owner: Assignee, further: {risk_owner: {from: Risk}}}",
        "+policy: {approvals: {closed: [risk_owner]}}",
    ]
    assert isinstance(load_mapping(added), LoadedMapping)
    assert write_form(added, 1, replace(read_form(added, 1), further=())) == HAND


@pytest.mark.parametrize("further", [(RISK, RISK), (RISK, FurtherRoleForm("unit_owner", "Unit owner"))])
def test_one_role_on_two_lines_is_refused(further: tuple[FurtherRoleForm, ...]) -> None:
    with pytest.raises(
        FormCannotWrite, match=r"Nothing was saved: the role \w+ is there twice. Give each role one line"
    ):
        write_form(ROLES, 0, replace(read_form(ROLES, 0), further=further))


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=12).map(
    str.strip
).filter(bool)  # fmt: skip


@given(
    value=NAMES
    | st.sampled_from(["on", "1.5", "a: b", "a #b", "[x", "{P}", "-", "- a", "?", "'", '"', "a,b", "!x", "&y", "%"])
)
@settings(max_examples=100, deadline=None)
def test_a_scalar_means_its_text_in_brackets_and_outside(value: str) -> None:
    written = scalar(value)
    assert plain_value(compose(f"k: {written}\n")) == {"k": value}
    assert plain_value(compose(f"{{k: [{written}], l: {written}}}")) == {"k": [value], "l": value}


@given(
    # The long ones take most of the time; how people lay things out is in the short one.
    file=st.sampled_from([*[HAND] * 9, JIRA, *(file.read_text() for file in FILES)]),
    texts=st.dictionaries(st.sampled_from(TEXT_PATHS), NAMES | st.just(""), max_size=4),
    names=st.dictionaries(st.sampled_from(LIST_PATHS), st.lists(NAMES, max_size=3, unique=True).map(tuple), max_size=2),
    stages=st.dictionaries(NAMES, st.sampled_from(["identified", "closed"]), max_size=2),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_read_again_and_nothing_else_has_changed(
    file: str, texts: dict[tuple[str, ...], str], names: dict[tuple[str, ...], tuple[str, ...]], stages: dict[str, str]
) -> None:
    form = read_form(file, 0)
    texts = {path: value for path, value in texts.items() if ".".join(path) not in form.hand_written_paths}
    wanted = replace(
        form, texts={**form.texts, **texts}, lists={**form.lists, **names}, stages={**form.stages, **stages}
    )
    result = write_form(file, 0, wanted)
    again = read_form(result, 0)
    assert again.texts == wanted.texts
    assert {path: set(found) for path, found in again.lists.items()} == {
        path: set(found) for path, found in wanted.lists.items()
    }
    assert (again.stages, again.hand_written) == (wanted.stages, form.hand_written)
    # One line per requested change, give or take a set of keys that came or went with it.
    lists = sum(len(form.lists[path]) + len(found) for path, found in names.items())
    assert len(changed(file, result)) <= 2 * (len(texts) + lists + len(stages)) + 4 * len(texts) + 4


def test_a_value_is_put_where_nothing_was() -> None:
    assert set_value("a:\nb: 1\n", ("a", "c"), "x") == "a: {c: x}\nb: 1\n"
    assert set_value("a:   # why\n  b: 1\n  # more\nc: 2\n", ("a", "b"), None) == "a: {}   # why\n  # more\nc: 2\n"
    assert set_value("a: [x, y]\n", ("a",), ["x", "y", "z"]) == "a: [x, y, z]\n"
    assert set_value("a: [x, y,]\n", ("a",), ["x", "y", "z"]) == "a: [x, y, z]\n"
    assert set_value("a: 1", ("b",), "2") == 'a: 1\nb: "2"\n'
    assert find_node("a: {b: 1}", ("a", "c")) is None


def test_every_key_has_help_and_the_schema_contains_it() -> None:
    found = json_schema()
    for name, definition in (*found["$defs"].items(), ("MappingConfig", found)):
        keys = set(definition.get("properties", {}))
        assert keys == set(FIELD_HELP.get(name, {})), name
        assert {*VALUE_NAMES.get(name, {}), *KEY_NAMES.get(name, {})} <= keys
    start = found["$defs"]["FactRule"]["properties"]["start"]
    assert (start["description"], start["x-names"]) == ("First day of the work.", "field")
    assert found["$defs"]["StageRule"]["properties"]["from_status"]["x-keys"] == "status"


def test_the_form_has_every_simple_key_of_a_rule() -> None:
    """A key that is added to the models is either in the form, or known to be written by hand."""
    assert {path[0] for path in (*TEXT_PATHS, *LIST_PATHS, STAGES_PATH)} == {
        "name", "connection", "match", "hierarchy", "roles", "facts", "effects", "stage", "enforce", "write",
    }  # fmt: skip
