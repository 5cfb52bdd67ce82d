"""Pages as of a day: the day that an address names and the policy that was in force."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Blueprint, abort, g, request

from connector.bootstrap import Services
from connector.measures.known_on import KnownOn, NotAMoment, parse_known_on
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from webhook_server.page_messages import page_text
from webhook_server.pages import formats

PARAMETER = "on"
COMPARED = "compare"
"""The earlier day that a page is compared with."""


def requested_day(values: Mapping[str, str]) -> KnownOn | None:
    """The day that the address names; ``None`` for today's page.  Answers 400 with what to write for anything else."""
    given = values.get(PARAMETER, "")
    if not given:
        return None
    try:
        on = parse_known_on(given, formats().now)
    except NotAMoment as error:
        abort(400, page_text(error))
    g.known_on = on
    return on


def compared_day(values: Mapping[str, str]) -> KnownOn | None:
    """The earlier day that the address names to compare with; ``None`` for none.  Answers 400 for anything else."""
    given = values.get(COMPARED, "")
    if not given:
        return None
    try:
        return parse_known_on(given, formats().now)
    except NotAMoment as error:
        abort(400, page_text(error))


def keep_day(blueprint: Blueprint) -> None:
    """Have the links between pages that know the past keep the day of this page; ``on=''`` leads back to today."""

    @blueprint.url_defaults
    def add_day(endpoint: str, values: dict[str, Any]) -> None:
        on: KnownOn | None = g.get("known_on")
        if on is not None and endpoint in KEEPS_DAY and not values.setdefault(PARAMETER, on.text):
            del values[PARAMETER]

    @blueprint.context_processor
    def known_day() -> dict[str, object]:
        return {"known_on": g.get("known_on")}


KEEPS_DAY = frozenset(
    {
        "measure.show", "measure.older_timeline", "measure.why", "portfolio.index", "portfolio.hierarchy_rows",
        "portfolio.measures", "portfolio.findings", "portfolio.export_csv", "portfolio.why", "portfolio.workbook",
        "portfolio.deck", "measure.evidence",
    }
)  # fmt: skip

ALSO_KNOWS_DAY = frozenset(
    {"portfolio.curve", "portfolio.deck_in_template", "calendar.review", "calendar.review_slides"}
)
"""Pages of a day that other pages do not lead to with theirs."""
TODAYS_PART = frozenset({"portfolio.names"})
"""What a page of a day asks for beside its figures: suggestions for a filter are of today."""


def refuse_unknown_days() -> None:
    """Before each page: one that cannot show a day of the past says so, and does not show today under that day's name.

    Answers 400 for it, and for what is no day.
    """
    asked = [name for name in (PARAMETER, COMPARED) if request.args.get(name)]
    if not asked or request.endpoint in TODAYS_PART:
        return
    if request.endpoint not in KEEPS_DAY | ALSO_KNOWS_DAY:
        names = " and ".join(f"“{name}”" for name in asked)
        abort(
            400,
            f"This page shows what is so now: leave {names} out of its address. Portfolio, measures, the outcome "
            "review and their files show days of the past.",
        )
    requested_day(request.args)
    compared_day(request.args)


def policies_of_version(services: Services, number: int) -> Policies | None:
    """The policies of a version of the mapping; ``None`` for one that this release does not read any more."""
    return _parsed(services.mappings.get(number).source)


@lru_cache(maxsize=8)
def _parsed(source: str) -> Policies | None:
    loaded = load_mapping(source)
    return Policies(loaded.config) if isinstance(loaded, LoadedMapping) else None
