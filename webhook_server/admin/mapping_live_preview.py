"""The live preview beside the editor: real items under the text that is being written."""

from __future__ import annotations

import re
from decimal import Decimal

from flask import Blueprint, render_template, request

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.people.permissions import Role
from mapping.fields import rule_fields
from mapping.live_check import people_in, rule_problems
from mapping.load import Loaded, load_mapping
from mapping.preview import Fate, summary
from mapping.work_item import ConnectionName
from webhook_server.admin.mapping_preview_run import LIVE_ITEMS, LIVE_SECONDS, MOST_LIVE, chosen, look
from webhook_server.auth import current_viewer, needs

_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,10})?")

ORDER = (Fate.DROPPED, Fate.CHANGED, Fate.NEW, Fate.SAME, Fate.UNMAPPED)
"""What somebody should see first comes first."""


def add_preview(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/preview")
    @needs(Role.ADMINISTRATOR)
    def preview() -> str:
        """Rows for some items; the problems instead, when the text has some."""
        loaded = load_mapping(request.form.get("source", "").replace("\r\n", "\n"))
        if not isinstance(loaded, Loaded):
            return render_template("mapping/_waiting.html", count=len(loaded))
        viewer = current_viewer()
        keys = [key for key in re.split(r"[\s,;]+", request.form.get("items", "").strip()) if key][:MOST_LIVE]
        count = min(max(request.form.get("count", LIVE_ITEMS, type=int), 1), MOST_LIVE)
        unknown = _unknown_connections(services, loaded)
        if unknown:
            return render_template("mapping/_preview.html", trouble=unknown, found=None)
        items = chosen(services, viewer, loaded.config, keys, count)
        found = look(services, loaded.config, items)
        return render_template(
            "mapping/_preview.html",
            found=found,
            rows=sorted(found.rows, key=lambda one: ORDER.index(one.fate)),
            counts=summary(found.rows),
            trouble=found.trouble,
            order=ORDER,
            seconds=LIVE_SECONDS,
            keys=keys,
            as_number=_as_number,
        )

    @blueprint.post("/live")
    @needs(Role.ADMINISTRATOR)
    def live() -> str:
        """Hold one rule after the other against its tool; each answer leads to the next one."""
        source = request.form.get("source", "").replace("\r\n", "\n")
        loaded = load_mapping(source)
        if not isinstance(loaded, Loaded):
            return render_template("mapping/_problems.html", problems=loaded)
        place = request.form.get("rule", 0, type=int)
        rules = loaded.config.measures
        problems, notes, trouble = _held(services, loaded, place)
        return render_template(
            "mapping/_live.html",
            rule=rules[place],
            problems=problems,
            notes=notes,
            trouble=trouble,
            done=place + 1,
            total=len(rules),
            wrong=request.form.get("wrong", 0, type=int) + len(problems) + bool(trouble),
        )


def _held(services: Services, loaded: Loaded, place: int) -> tuple[tuple[object, ...], tuple[str, ...], str]:
    """(problems, notes, why it could not be looked at) of one rule."""
    rule = loaded.config.measures[place]
    members = {member for committee in loaded.config.committees for member in committee.members}
    try:
        inspector = Sites(services, system_clock).get(ConnectionName(rule.connection)).inspector
        if inspector is None:
            return (), (), f"{rule.connection} cannot be looked at."
        seen = inspector.look(rule, sorted(rule_fields(rule)), sorted(people_in(rule) | members))
    except (ToolError, ConfigurationError) as error:
        return (), (), str(error)
    # Which members of a committee are missing everywhere is told by the command line's check.
    return rule_problems(loaded, place, seen, ""), seen.notes, ""


def _unknown_connections(services: Services, loaded: Loaded) -> tuple[str, ...]:
    there = {record.name for record in services.connections.all()}
    missing = sorted({rule.connection for rule in loaded.config.measures} - there)
    if not missing:
        return ()
    listed = f"There are {', '.join(sorted(there))}." if there else "There is none yet: connect a tool first."
    return (f"The mapping names {', '.join(missing)}, which is no connection. {listed}",)


def _as_number(value: str | None) -> Decimal | None:
    """A value that is a number, to be written as its reader writes numbers."""
    return Decimal(value) if value is not None and _NUMBER.fullmatch(value) else None
