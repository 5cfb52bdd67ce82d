"""Which parts of the organisation a change of the mapping touches."""

from __future__ import annotations

import pytest

from mapping.changed_parts import changed_parts
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from tests.mapping.test_apply import MAPPING


def config(text: str) -> MappingConfig:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded.config


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        pytest.param("", "", set(), id="nothing"),
        pytest.param("business_unit: Business unit", "business_unit: Unit", {("IT",)}, id="a fact of a rule of IT"),
        pytest.param("In Progress: detailed", "In Progress: identified", {("IT",)}, id="its statuses"),
        pytest.param("benefit: Actual benefit", "benefit: Other benefit", {("IT",)}, id="its amounts"),
        pytest.param("owner: Assigned to}\n    stage: {from_status: {Backlog: identified}}",
                     "owner: Assigned to}\n    stage: {from_status: {New: identified}}", {()}, id="a rule without a place"),
        pytest.param("labels: {any: [governed]", "labels: {any: [other]", None, id="which items it takes"),
        pytest.param("portfolio: IT,", "portfolio: HR,", None, id="where its items lie"),
        pytest.param("controller: Controller", "controller: Sponsor", None, id="who approves"),
        pytest.param("write: {gate: Gate, blockers", "enforce: off\n    write: {gate: Gate, blockers", None,
                     id="what a shut gate does"),
        pytest.param("organization: ACME", "organization: NORDBANK", None, id="the organisation"),
        pytest.param("reporting_currency: EUR", "reporting_currency: EUR\npolicy: {preset: six}",
                     None, id="the policy"),
        pytest.param("name: other-epics", "name: further-epics", None, id="another rule"),
    ],
)  # fmt: skip
def test_what_a_change_touches(old: str, new: str, parts: set[tuple[str, ...]] | None) -> None:
    assert not old or old in MAPPING
    after = MAPPING.replace(old, new) if old else MAPPING
    assert changed_parts(config(MAPPING), config(after)) == parts


def test_the_first_mapping_touches_everything() -> None:
    assert changed_parts(None, config(MAPPING)) is None
