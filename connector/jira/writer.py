"""Writes owned fields, one PUT per issue, and the one comment in which Gatepost answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from connector.errors import Refused
from connector.http.json_values import Json, text
from connector.jira import adf
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldProblem, OwnAccount, SiteFields
from connector.jira.marks import MarkWriter
from connector.jira.payloads import is_answer
from connector.sync.ports import Wish, Written
from mapping.marks import is_mark
from mapping.reply_comment import Answer
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import WriteValue

LONGEST_LINE = 255
"""Characters of a single-line text field in Jira."""

CHOICES = frozenset({"select", "radiobuttons"})


class JiraWriter:
    def __init__(self, connection: ConnectionName, client: JiraClient, fields: SiteFields, own: OwnAccount) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._own = own
        self._marks = MarkWriter(connection, client, fields)

    def write(self, wish: Wish) -> Written:
        """One PUT for fields, property and flag; a link, a blocker and a status take a call each.

        Raises Refused, before anything is sent, when a field's name is not clear on this site.
        """
        item, values = wish.item, wish.values
        if not values:
            return Written.NOTHING_TO_DO
        fields = {name: value for name, value in values.items() if not is_mark(name)}
        marks = {str(name): None if value is None else str(value) for name, value in values.items() if is_mark(name)}
        body = self._body(item, fields) | self._marks.fields(marks)
        properties = self._marks.properties(marks)
        if body or properties:
            self._client.edit_issue(item, body, properties)
        self._marks.make(item, marks)
        return Written.DONE

    def _body(self, item: NativeId, values: Mapping[FieldName, WriteValue]) -> dict[str, Json]:
        catalogue = self._fields.catalogue()
        # Fields of team-managed projects share their names: only the issue's own screen tells which one is meant.
        scoped = any(catalogue.in_projects(name) for name in values)
        shown = self._client.editable(item) if scoped else {}
        body: dict[str, Json] = {}
        problems: dict[str, str] = {}
        for name, value in values.items():
            own = [one for one in catalogue.in_projects(name) if one.id in shown]
            field = own[0] if len(own) == 1 else catalogue.resolve(name)
            if isinstance(field, FieldProblem):
                problems[name] = field.message
            else:
                body[field.id] = form(value, field, self._client.rich)
        if problems:
            told = "; ".join(problems.values())
            raise Refused(f"{self._connection}: nothing was written: {told}", fields=problems)
        return body

    def answer(self, item: NativeId, answer: Answer) -> Written:
        """Edit Gatepost's comment, or add the first.

        The comment is looked for each time and not remembered: after a crash between the call and its record there
        is one all the same.
        """
        own = self._own.id()
        mine = next((comment for comment in self._client.comments(item) if is_answer(comment, own)), None)
        if mine is None:
            self._client.add_comment(item, answer.text, answer.mentions)
            return Written.DONE
        if answer.is_said_by(adf.to_text(mine.get("body"))):
            return Written.NOTHING_TO_DO
        self._client.edit_comment(item, text(mine.get("id")), answer.text, answer.mentions)
        return Written.DONE


def form(value: WriteValue, field: Field, rich: Callable[[str], Json]) -> Json:
    """A value as the field takes it; ``rich`` writes text of several lines."""
    if value is None:
        return None
    if field.custom == "textarea":
        return rich(str(value))
    if field.custom in CHOICES or field.type == "option":
        return {"value": str(value)}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        is_moment = field.custom == "datetime"
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000" if is_moment else "%Y-%m-%d %H:%M UTC")
    if field.type == "number":
        return number(value)
    return line(value)


def line(value: WriteValue) -> str:
    """Text of one line, as long as such a field takes it."""
    shown = " · ".join(str(value).splitlines())
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 1]}…"


def number(value: str | Decimal) -> Json:
    """JSON knows binary floats only at the sender's end; a whole amount is sent whole."""
    exact = Decimal(value)
    # The client's encoder takes no Decimal.  A double holds 15 digits: cents up to ten trillion.
    return int(exact) if exact == exact.to_integral_value() else float(exact)
