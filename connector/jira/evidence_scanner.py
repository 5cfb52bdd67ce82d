"""What changed on a Jira site besides the measures: children, linked and joined issues, logged hours, in all projects.

The query asks for everything that was changed since the last sweep, because how an issue hangs on a measure (parent,
Epic Link, Parent Link, a link, a key in a field) cannot be asked for on both deployments, and in a quarter of an hour
only few issues change on a site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from connector.errors import NotFound, PermissionDenied
from connector.http.answer_numbers import Pages
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import SiteFields
from connector.jira.payloads import moment, parents_of, person
from connector.jira.scanner import ALL_ISSUES, PAGE, JiraScanner
from connector.sync.scan import EvidenceChange, by_our_clock, by_their_clock, needs_hours
from connector.sync.stores import LOGGED_HOURS
from mapping.config import MappingConfig
from mapping.work_item import ConnectionName, NativeId

EPIC_LINK = "gh-epic-link"
"""Custom type of the field Epic Link."""
PARENT_LINK = "jpo-custom-field-parent"
"""Custom type of the field Parent Link, by which Advanced Roadmaps hangs what is above an epic."""
_log = structlog.get_logger(__name__)


def parent_fields(fields: SiteFields) -> tuple[str, ...]:
    """Ids of the fields beside ``parent`` by which issues of the site hang on others.  Raises ToolError."""
    catalogue = fields.catalogue()
    found = (catalogue.by_custom_type(kind) for kind in (EPIC_LINK, PARENT_LINK))
    return tuple(field.id for field in found if field is not None)


class JiraEvidenceScanner:
    """Implements :class:`connector.sync.scan.EvidenceScanner`."""

    def __init__(
        self,
        connection: ConnectionName,
        client: JiraClient,
        scanner: JiraScanner,
        fields: SiteFields,
        skew: Callable[[], timedelta | None],
    ) -> None:
        self._connection = connection
        self._client = client
        self._scanner = scanner
        self._fields = fields
        self._skew = skew

    def evidence_changes(self, config: MappingConfig, since: datetime) -> Iterator[Sequence[EvidenceChange]]:
        if needs_hours(config, self._connection):
            yield from self._logged_hours(since)
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

    def _logged_hours(self, since: datetime) -> Iterator[Sequence[EvidenceChange]]:
        """A worklog may change no field of its issue, and dynamic webhooks report none.

        Of a deleted one a site names the number alone: whatever rests on anybody's hours is read again.
        """
        start = by_their_clock(since, self._skew())
        try:
            for page in self._client.changed_worklogs(start):
                yield [self._hours(entry) for entry in page]
            deleted = self._client.deleted_worklogs(start)
        except (NotFound, PermissionDenied) as error:
            _log.warning("worklogs not swept", connection=self._connection, why=str(error))
            return
        if deleted:
            yield [EvidenceChange(NativeId("worklogs"), "", frozenset({LOGGED_HOURS}))]

    def _hours(self, entry: JsonObject) -> EvidenceChange:
        author = person(entry.get("author"))
        name = f"{LOGGED_HOURS}{author.id}" if author is not None else LOGGED_HOURS
        at = by_our_clock(moment(entry.get("updated")), self._skew())
        return EvidenceChange(NativeId(f"worklog {as_text(entry.get('id'))}"), "", frozenset({name}), at=at)

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
