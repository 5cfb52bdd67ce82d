"""The domain and the mapping, on one core, without I/O: processor time, the median of seven rounds."""

from __future__ import annotations

from dataclasses import replace

from connector.http.json_values import parse_object
from connector.jira.fields import Field
from connector.jira.payloads import work_item
from governance.assess import assess
from governance.effects import Version
from governance.evidence import Children
from governance.locked_plan import lock_plan
from governance.measure_state import MeasureState
from mapping.assess_item import assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, WorkItem
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure
from tests.bench.large_issue import large_issue
from tests.bench.yardsticks import Yardstick, median_seconds
from tests.conftest import ROOT
from tests.governance.factory import APPROVALS, NOW, POLICY, evidence, lines, measure
from tests.mapping.items import item

JIRA = ConnectionName("jira-main")
LOOP = Yardstick.LOOP


def pure(environment: BenchEnvironment) -> list[Figure]:
    environment.log("map and assess")
    return [*_assessed(environment.scale.loops), *_mapped(environment.scale.loops)]


def _assessed(loops: int) -> list[Figure]:
    effects = tuple(
        line for version in Version for line in lines(version, 10_000, 50_000, months=39)
    )  # 3 × (39 + 1) = 120 lines
    assert len(effects) == 120
    whole, fresh = measure(effects=effects), evidence("decided", "decided")
    # Commands are ruled on once; every later assessment finds their rulings, and the plan locked.
    first = assess(whole, evidence("decided", "decided", commands=APPROVALS[:3]), POLICY, NOW)
    state = replace(first.measure_state, plan=lock_plan(effects, NOW))
    known = evidence("decided", "decided", commands=first.commands, measure_state=state)
    repeated = median_seconds(lambda: assess(whole, known, POLICY, NOW), loops)
    ruling = median_seconds(lambda: assess(whole, fresh, POLICY, NOW), loops)
    return [
        Figure("assess a measure with 120 effect lines (pure, one core)", repeated * 1e6, "µs", "≤ 0.5", LOOP),
        Figure("the same, ruling on five commands and granting a stage", ruling * 1e6, "µs", by=LOOP),
    ]


def _mapped(loops: int) -> list[Figure]:
    mapping = load_mapping((ROOT / "sandbox/story/mapping.yaml").read_text())
    assert isinstance(mapping, LoadedMapping)
    policy = Policies(mapping.config)
    issue = parse_object(large_issue())
    fields = {FieldName("Sponsor"): Field("customfield_1", "Sponsor", "user", "userpicker")}

    def parse() -> WorkItem:
        return work_item(issue, connection=JIRA, base_url="https://x", fields=fields, children=Children(0, 0))

    some = item({"Business unit": "IT", "Forecast benefit": None, "Program": "P"})
    parsed = replace(parse(), fields=some.fields, project="ITX", type="Epic")

    def map_and_assess() -> object:
        return assess_item(parsed, mapping.config, policy, measure_state=MeasureState(), last_written={}, now=NOW)

    assessed = median_seconds(map_and_assess, loops)
    return [
        Figure("map and assess one item of a 20 kB issue (pure, one core)", assessed * 1e6, "µs", "≤ 0.7", LOOP),
        Figure("normalise a 20 kB issue", median_seconds(parse, loops) * 1e6, "µs", by=Yardstick.PARSE),
    ]
