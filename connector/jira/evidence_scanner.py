"""What changed on a Jira site besides the measures: children, linked and joined issues, whatever project they are in.

The query asks for everything that was changed since the last sweep, because how an issue hangs on a measure (parent,
Epic Link, Parent Link, a link, a key in a field) cannot be asked for on both deployments, and in a quarter of an hour
only few issues change on a site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from connector.http.answer_numbers import Pages
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import SiteFields
from connector.jira.payloads import moment, parents_of
from connector.jira.scanner import ALL_ISSUES, PAGE, JiraScanner
from connector.sync.scan import EvidenceChange, by_our_clock
from mapping.config import MappingConfig
from mapping.work_item import NativeId

EPIC_LINK = "gh-epic-link"
"""Custom type of the field Epic Link."""
PARENT_LINK = "jpo-custom-field-parent"
"""Custom type of the field Parent Link, by which Advanced Roadmaps hangs what is above an epic."""


def parent_fields(fields: SiteFields) -> tuple[str, ...]:
    """Ids of the fields beside ``parent`` by which issues of the site hang on others.  Raises ToolError."""
    catalogue = fields.catalogue()
    found = (catalogue.by_custom_type(kind) for kind in (EPIC_LINK, PARENT_LINK))
    return tuple(field.id for field in found if field is not None)


class JiraEvidenceScanner:
    """Implements :class:`connector.sync.scan.EvidenceScanner`."""

    def __init__(
        self, client: JiraClient, scanner: JiraScanner, fields: SiteFields, skew: Callable[[], timedelta | None]
    ) -> None:
        self._client = client
        self._scanner = scanner
        self._fields = fields
        self._skew = skew

    def evidence_changes(self, config: MappingConfig, since: datetime) -> Iterator[Sequence[EvidenceChange]]:
        del config
        hanging = parent_fields(self._fields)
        jql = self._scanner.changed_since(ALL_ISSUES, since)
        pages, token = Pages("search for changed issues"), None
        while True:
            page = self._client.search_page(jql, ["updated", "parent", "issuelinks", *hanging], token, PAGE)
            yield [self._change(issue, hanging) for issue in page.issues]
            if page.next_page in {None, token}:
                return
            token = page.next_page
            pages.next(token)

    def _change(self, issue: JsonObject, hanging: Sequence[str]) -> EvidenceChange:
        values, identity = as_object(issue.get("fields")), as_text(issue.get("id"))
        at = moment(values.get("updated"))
        linked = {
            as_text(as_object(link.get(side)).get("key"))
            for link in map(as_object, as_list(values.get("issuelinks")))
            for side in ("inwardIssue", "outwardIssue")
        }
        return EvidenceChange(
            NativeId(identity),
            as_text(values.get("updated")),
            frozenset({identity, f"key:{as_text(issue.get('key')).casefold()}"}),
            frozenset({*parents_of(values, hanging), *linked} - {""}),
            at=by_our_clock(at, self._skew()),
        )
