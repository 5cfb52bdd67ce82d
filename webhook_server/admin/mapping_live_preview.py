"""The live preview beside the editor: real items under the text that is being written."""

from __future__ import annotations

import re
from decimal import Decimal

from flask import Blueprint, render_template, request

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role
from mapping.done_statuses import unnamed_done_statuses
from mapping.fields import rule_fields
from mapping.live_check import people_in, rule_problems
from mapping.load import LoadedMapping, load_mapping
from mapping.preview import PreviewOutcome, summarise
from mapping.work_item import ConnectionName
from webhook_server.admin.mapping_preview_run import LIVE_ITEMS, LIVE_SECONDS, MAX_LIVE_ITEMS, run_preview, select_items
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_text

_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,10})?")

OUTCOME_ORDER = (
    PreviewOutcome.DROPPED,
    PreviewOutcome.CHANGED,
    PreviewOutcome.NEW,
    PreviewOutcome.UNCHANGED,
    PreviewOutcome.UNMAPPED,
)
"""The order in which outcomes are listed: what needs attention first."""


def add_live_preview(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/preview")
    @requires_role(Role.ADMINISTRATOR)
    def preview() -> str:
        """Rows for some items; a hint instead when the text has problems."""
        loaded = load_mapping(request.form.get("source", "").replace("\r\n", "\n"))
        if not isinstance(loaded, LoadedMapping):
            return render_template("mapping/_fix_problems_first.html", count=len(loaded))
        viewer = current_viewer()
        keys = [key for key in re.split(r"[\s,;]+", request.form.get("items", "").strip()) if key][:MAX_LIVE_ITEMS]
        count = min(max(request.form.get("count", LIVE_ITEMS, type=int), 1), MAX_LIVE_ITEMS)
        unknown = _unknown_connections(services, loaded)
        if unknown:
            return render_template("mapping/_preview.html", errors=unknown, run=None)
        chosen = select_items(services, viewer, loaded.config, keys, count)
        run = run_preview(services, loaded.config, chosen.items)
        return render_template(
            "mapping/_preview.html",
            run=run,
            rows=sorted(run.rows, key=lambda row: OUTCOME_ORDER.index(row.outcome)),
            counts=summarise(run.rows),
            errors=tuple(dict.fromkeys((*chosen.errors, *run.errors))),
            order=OUTCOME_ORDER,
            seconds=LIVE_SECONDS,
            keys=keys,
            as_number=_as_number,
        )

    @blueprint.post("/check-rules")
    @requires_role(Role.ADMINISTRATOR)
    def check_rules() -> str:
        """Check one rule against its tool; each answer triggers the request for the next rule."""
        source = request.form.get("source", "").replace("\r\n", "\n")
        loaded = load_mapping(source)
        if not isinstance(loaded, LoadedMapping):
            return render_template("mapping/_problems.html", problems=loaded)
        rule_index = request.form.get("rule", 0, type=int)
        rules = loaded.config.measures
        problems, warnings, notes, error = _check_rule(services, loaded, rule_index)
        return render_template(
            "mapping/_tool_check.html",
            rule=rules[rule_index],
            problems=problems,
            warnings=warnings,
            notes=notes,
            error=error,
            done=rule_index + 1,
            total=len(rules),
            problem_count=request.form.get("problem_count", 0, type=int) + len(problems) + bool(error),
        )


def _check_rule(
    services: Services, loaded: LoadedMapping, rule_index: int
) -> tuple[tuple[object, ...], tuple[object, ...], tuple[str, ...], str]:
    """(problems, warnings, notes, why it could not be checked) of one rule."""
    rule = loaded.config.measures[rule_index]
    members = {member for committee in loaded.config.committees for member in committee.members}
    try:
        inspector = Sites(services, system_clock).get(ConnectionName(rule.connection)).inspector
        if inspector is None:
            return (), (), (), f"{rule.connection} cannot be inspected."
        schema = inspector.inspect(rule, sorted(rule_fields(rule)), sorted(people_in(rule) | members))
    except (ToolError, ConfigurationError) as error:
        return (), (), (), page_text(error)
    # Members of a committee that are missing on every connection are reported by `gatepost mapping check`.
    warnings = unnamed_done_statuses(loaded, rule_index, schema, "")
    return rule_problems(loaded, rule_index, schema, ""), warnings, schema.notes, ""


def _unknown_connections(services: Services, loaded: LoadedMapping) -> tuple[str, ...]:
    known = {record.name for record in services.connections.all()}
    missing = sorted({rule.connection for rule in loaded.config.measures} - known)
    if not missing:
        return ()
    listed = f"There are {', '.join(sorted(known))}." if known else "There is none yet: connect a tool first."
    return (f"The mapping names {', '.join(missing)}, which is no connection. {listed}",)


def _as_number(value: str | None) -> Decimal | None:
    """A value that is a number, to be formatted for the reader; else ``None``."""
    return Decimal(value) if value is not None and _NUMBER.fullmatch(value) else None
