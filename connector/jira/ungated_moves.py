"""Whether native gates hold, as an account sees it that administers nothing: by what Jira offers at shut issues."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connector.http.json_values import as_object, as_text
from connector.jira.client import JiraClient, search
from connector.jira.jql import jql_quoted
from connector.sync.provision import PlacedGate, ProvisionedObject
from governance.presets import PRESETS
from mapping.config import Enforce, MappingConfig, MeasureRule
from mapping.live_check import selected_names
from mapping.work_item import ConnectionName

LOOKED_AT = 20
"""Newest issues of a rule, of which those with a shut gate are looked at."""
MOST_ASKED = 3
"""Shut issues of a rule whose transitions are asked for."""


def ungated_moves(
    client: JiraClient, connection: ConnectionName, config: MappingConfig, made: Sequence[ProvisionedObject]
) -> list[str]:
    """Transitions past a shut gate that Jira offers all the same, as sentences.  Raises ToolError."""
    field = next((one.detail.field_id for one in made if isinstance(one.detail, PlacedGate)), "")
    rules = [rule for rule in config.measures if rule.connection == connection and rule.enforce is Enforce.NATIVE]
    return [line for rule in rules for line in _of_rule(client, config, rule, field)] if field else []


def _of_rule(client: JiraClient, config: MappingConfig, rule: MeasureRule, field: str) -> list[str]:
    order = [stage.key for stage in PRESETS[config.policy.preset].stages]
    levels = {status.casefold(): order.index(stage) for status, stage in rule.stage.from_status.items()}
    match = rule.match
    named = (("project", selected_names(match.project)), ("issuetype", selected_names(match.type)))
    clauses = [f"{name} in ({', '.join(map(jql_quoted, values))})" for name, values in named if values]
    if not clauses:
        return []
    issues = search(client, f"{' AND '.join(clauses)} ORDER BY updated DESC", ["status", field], LOOKED_AT)
    numbers = [(issue, as_text(as_object(issue.get("fields")).get(field))) for issue in issues]
    found = []
    for issue, number in [(issue, Decimal(number)) for issue, number in numbers if number][:MOST_ASKED]:
        for transition in client.transitions(as_text(issue.get("id"))):
            into = as_text(as_object(transition.get("to")).get("name"))
            if levels.get(into.casefold(), 0) > number:
                name = as_text(transition.get("name"))
                found.append(f'Jira offers "{name}" into {into} at {as_text(issue.get("key"))}, past its shut gate')
    return found
