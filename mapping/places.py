"""Which other items lie in another part of the organisation than a measure, so that its readers need not see them."""

from __future__ import annotations

from dataclasses import replace

from governance.evidence import BaselineClaim, OpenItem
from governance.facts import Fact, Unknown, known
from governance.measure import Measure
from governance.named_sentence import Place
from mapping.work_item import Tool, WorkItem


def place_of(item: WorkItem, measure: Measure) -> Place | None:
    """Where the measure stands; ``None`` while part of it is unknown, and then it shares its readers with none."""
    path = measure.hierarchy
    parts = (path.portfolio, path.program, path.project, path.package, measure.legal_entity)
    if any(isinstance(part, Unknown) for part in parts[:4]):
        return None
    *hierarchy, entity = (known(part) or "" for part in parts)
    return Place(item.connection, area_of_key(item.key), tuple(hierarchy), entity)


def area_of_key(key: str) -> str:
    """Jira's project; empty for a number of ServiceNow."""
    return key.rpartition("-")[0]


def claims_seen_from(claims: tuple[BaselineClaim, ...], item: WorkItem, measure: Measure) -> tuple[BaselineClaim, ...]:
    """The claims of others, each with whether it stands elsewhere."""
    if not claims:
        return ()
    own = place_of(item, measure)
    return tuple(replace(claim, elsewhere=claim.place != own) for claim in claims)


def links_seen_from(links: Fact[tuple[OpenItem, ...]], item: WorkItem) -> Fact[tuple[OpenItem, ...]]:
    """Blocking items, each with whether it lies in another project of Jira."""
    if isinstance(links, Unknown) or not links or item.tool is not Tool.JIRA:
        return links
    return tuple(
        link if area_of_key(link.key) == area_of_key(item.key) else replace(link, elsewhere=True) for link in links
    )
