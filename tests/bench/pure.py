"""The domain and the mapping, on one core, without I/O: the median of seven rounds of a few hundred calls."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from connector.http.json_values import parse_object
from connector.jira.fields import Field
from connector.jira.payloads import work_item
from governance.assess import assess
from governance.effects import Version
from governance.evidence import Children
from governance.locked_plan import freeze
from governance.measure_state import Standing
from mapping.assess_item import judge
from mapping.load import Loaded, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, WorkItem
from tests.bench.environment import Ground
from tests.bench.figure import Figure
from tests.conftest import ROOT
from tests.governance.factory import APPROVALS, NOW, POLICY, evidence, lines, measure
from tests.mapping.items import item

JIRA = ConnectionName("jira-main")
REPEATS = 7


def pure(ground: Ground) -> list[Figure]:
    ground.say("maps and assesses")
    return [*_assessed(ground.scale.loops), *_mapped(ground.scale.loops)]


def _assessed(loops: int) -> list[Figure]:
    many = tuple(
        line for version in Version for line in lines(version, 10_000, 50_000, months=39)
    )  # 3 × (39 + 1) = 120 lines
    assert len(many) == 120
    whole, fresh = measure(effects=many), evidence("decided", "decided")
    # Statements are heard once; every later look finds them with their rulings, and the plan locked.
    heard = assess(whole, evidence("decided", "decided", statements=APPROVALS[:3]), POLICY, NOW)
    standing = replace(heard.standing, plan=freeze(many, NOW))
    seen = evidence("decided", "decided", statements=heard.statements, standing=standing)
    again = _median(lambda: assess(whole, seen, POLICY, NOW), loops)
    hearing = _median(lambda: assess(whole, fresh, POLICY, NOW), loops)
    return [
        Figure("assess a measure with 120 effect lines (pure, one core)", again * 1e6, "µs", "≤ 200"),
        Figure("the same, hearing five statements and granting a stage", hearing * 1e6, "µs"),
    ]


def _mapped(loops: int) -> list[Figure]:
    mapping = load_mapping((ROOT / "sandbox/story/mapping.yaml").read_text())
    assert isinstance(mapping, Loaded)
    policy = Policies(mapping.config)
    issue = parse_object(_large_issue())
    fields = {FieldName("Sponsor"): Field("customfield_1", "Sponsor", "user", "userpicker")}

    def parse() -> WorkItem:
        return work_item(issue, connection=JIRA, base_url="https://x", fields=fields, children=Children(0, 0))

    some = item({"Business unit": "IT", "Forecast benefit": None, "Program": "P"})
    parsed = replace(parse(), fields=some.fields, project="ITX", type="Epic")

    def map_and_assess() -> object:
        return judge(parsed, mapping.config, policy, standing=Standing(), last_written={}, now=NOW)

    judged = _median(map_and_assess, loops)
    return [
        Figure("map and assess one item of a 20 kB issue (pure, one core)", judged * 1e6, "µs", "≤ 300"),
        Figure("normalise a 20 kB issue", _median(parse, loops) * 1e6, "µs"),
    ]


def _median(work: Callable[[], object], loops: int) -> float:
    """Median seconds of one call, over several rounds of ``loops`` calls."""
    rounds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(loops):
            work()
        rounds.append((time.perf_counter() - started) / loops)
    return statistics.median(rounds)


def _large_issue() -> bytes:
    filler = {f"customfield_{number}": {"value": "x" * 60, "id": str(number)} for number in range(200, 390)}
    fields = {
        "summary": "s",
        "status": {"name": "Backlog"},
        "issuetype": {"name": "Epic"},
        "project": {"key": "ITX"},
        **filler,
    }
    return json.dumps({"id": "10001", "key": "ITX-1", "fields": fields}).encode()
