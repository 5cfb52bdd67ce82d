"""Writes owned fields, one PUT per issue, and the reply comment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from connector.errors import NotProvisioned, PermissionDenied, ToolError, ValuesRejected
from connector.http.json_values import Json, as_list, as_object, as_text
from connector.jira import adf
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldProblem, OwnAccount, SiteFields
from connector.jira.marks import MarkWriter
from connector.jira.payloads import is_reply_comment
from connector.sync.ports import WriteRequest, WriteResult
from mapping.marks import is_mark
from mapping.reply_comment import ReplyComment
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue

MAX_LINE_LENGTH = 255
"""Characters of a single-line text field in Jira."""

CHOICES = frozenset({"select", "radiobuttons"})


class JiraWriter:
    def __init__(self, connection: ConnectionName, client: JiraClient, fields: SiteFields, own: OwnAccount) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._own = own
        self._marks = MarkWriter(connection, client, fields)

    def write(self, request: WriteRequest) -> WriteResult:
        """One PUT for fields, property and flag; a link, a blocker and a status need a call each.

        What the site has not got stops nothing else: the rest is written, and NotProvisioned is raised at the end.
        """
        item, values = request.item, request.values
        if not values:
            return WriteResult.NOTHING_TO_DO
        fields = {name: value for name, value in values.items() if not is_mark(name)}
        marks = {str(name): None if value is None else str(value) for name, value in values.items() if is_mark(name)}
        body, missing = self._body(item, fields)
        properties = self._marks.properties(marks)
        missing |= self._edit(item, body | self._marks.fields(marks), properties)
        self._marks.apply(item, marks)
        if missing:
            reasons = "; ".join(dict.fromkeys(missing.values()))
            raise NotProvisioned(
                f"waits for provisioning: {self._connection}: {reasons}. Everything else was written.", fields=missing
            )
        return WriteResult.DONE

    def _edit(self, item: NativeId, body: Mapping[str, Json], properties: Mapping[str, Json]) -> dict[str, str]:
        """Write what the issue's screen takes; why each of the others had to wait, by field id."""
        if not body and not properties:
            return {}
        try:
            self._client.edit_issue(item, body, properties)
        except ValuesRejected as error:
            lacking = self._lacking(item, body, error)
            if not lacking:
                raise
            rest = {name: value for name, value in body.items() if name not in lacking}
            if rest or properties:
                self._client.edit_issue(item, rest, properties)
            return lacking
        except PermissionDenied as error:
            return {"": f"Gatepost's account may not edit this issue ({error})"}
        return {}

    def _lacking(self, item: NativeId, body: Mapping[str, Json], error: ValuesRejected) -> dict[str, str]:
        """Refused fields that the issue's own edit screen does not have, or not with this option."""
        try:
            screen = self._client.editable_fields(item)
        except ToolError:
            return {}
        return {
            name: f"{name} is not on the edit screen, or does not offer this value ({error.fields[name]})"
            for name in error.fields
            if name in body and not _takes(screen.get(name), body[name])
        }

    def _body(self, item: NativeId, values: Mapping[FieldName, WriteValue]) -> tuple[dict[str, Json], dict[str, str]]:
        """The values by field id, and why the names of others are not clear on this site."""
        catalogue = self._fields.with_names(values)
        # Fields of team-managed projects share their names: only the issue's own screen shows which one is meant.
        scoped = any(catalogue.in_projects(name) for name in values)
        editable = self._client.editable_fields(item) if scoped else {}
        body: dict[str, Json] = {}
        problems: dict[str, str] = {}
        for name, value in values.items():
            own = [field for field in catalogue.in_projects(name) if field.id in editable]
            field = own[0] if len(own) == 1 else catalogue.resolve(name)
            if isinstance(field, FieldProblem):
                problems[name] = field.message
            else:
                body[field.id] = field_json(value, field, self._client.rich_text)
        return body, problems

    def write_reply_comment(self, item: NativeId, reply_comment: ReplyComment) -> WriteResult:
        """Edit Gatepost's comment, or add the first.

        The comment is searched for each time and its id is not stored: after a crash between the call and its record
        there is a comment all the same.
        """
        own = self._own.id()
        own_comment = next((comment for comment in self._client.comments(item) if is_reply_comment(comment, own)), None)
        if own_comment is None:
            self._client.add_comment(item, reply_comment.text, reply_comment.mentions)
            return WriteResult.DONE
        if reply_comment.has_text(adf.to_text(own_comment.get("body"))):
            return WriteResult.NOTHING_TO_DO
        self._client.edit_comment(item, as_text(own_comment.get("id")), reply_comment.text, reply_comment.mentions)
        return WriteResult.DONE


def _takes(field: Json | None, value: Json) -> bool:
    """Whether a field is on the screen and offers the option that is to be chosen."""
    if field is None:
        return False
    offered = as_list(as_object(field).get("allowedValues"))
    chosen = as_text(as_object(value).get("value"))
    return not chosen or not offered or chosen in {as_text(as_object(one).get("value")) for one in offered}


def field_json(value: WriteValue, field: Field, rich_text: Callable[[str], Json]) -> Json:
    """A value in the form of the field; ``rich`` writes text of several lines."""
    if value is None:
        return None
    if field.custom == "textarea":
        return rich_text(str(value))
    if field.custom in CHOICES or field.type == "option":
        return {"value": str(value)}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        is_moment = field.custom == "datetime"
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000" if is_moment else "%Y-%m-%d %H:%M UTC")
    if field.type == "number":
        return json_number(value)
    return single_line(value)


def single_line(value: WriteValue) -> str:
    """Text in one line, cut to the length of such a field."""
    line = " · ".join(str(value).splitlines())
    return line if len(line) <= MAX_LINE_LENGTH else f"{line[: MAX_LINE_LENGTH - 1]}…"


def json_number(value: str | Decimal) -> Json:
    """A whole amount is sent as an integer, another one as a float."""
    exact = Decimal(value)
    # The client's encoder accepts no Decimal.  A double holds 15 digits: cents up to ten trillion.
    return int(exact) if exact == exact.to_integral_value() else float(exact)
