"""Commands on a measure, as in a comment of the tool, and the rulings on them.

A submitted command is stored and answered with 202 and its address.  A worker rules on it; the ruling is read there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.measures.speaker import GATEPOST_ACCOUNT
from connector.measures.submit_command import submit_command
from connector.people.permissions import TokenScope
from connector.store.measures.command_list import CommandPosition, CommandState, command_by_id, commands_of
from connector.store.queue.submitted_commands import SqlSubmittedCommands
from connector.sync.command_submission import RefusalKind, SubmissionChannel, SubmissionRefused, Submitted
from governance.measure import MeasureId
from webhook_server.api.command_models import (
    CommandModel,
    CommandSort,
    CommandsQuery,
    NewCommand,
    NewCommands,
    SignedLineModel,
)
from webhook_server.api.measure_lookup import MEASURE_PARAMETER, find_measure, measure_named
from webhook_server.api.operation import ApiCall, Operation, PathParameter, Reply
from webhook_server.api.problem import Problem, ProblemCode, ProblemModel
from webhook_server.api.values import Amount, Model, Page, from_cursor, make_page, moment_of_cursor


class CommandResult(Model):
    """What became of one of several commands: stored, or not."""

    command: CommandModel | None = Field(description="It is stored; null when it was refused at once.")
    problem: ProblemModel | None = Field(description="Why it is not stored; null otherwise.")


class CommandResultList(Model):
    items: list[CommandResult] = Field(description="In the order of the request.")


def list_commands(call: ApiCall) -> Page[CommandModel]:
    query = call.query_as(CommandsQuery)
    with call.services.read_as(call.viewer) as connection:
        measure = find_measure(call, connection)
        rows = commands_of(
            connection,
            measure["id"],
            [state.value for state in query.state],
            after=_position(query.cursor),
            limit=query.limit + 1,
            oldest_first=query.sort is CommandSort.GIVEN_AT,
        )
    items = [command_model(call, row) for row in rows]
    return make_page(items, query.limit, [(row["given_at"].isoformat(), row["id"]) for row in rows])


def _position(cursor: str | None) -> CommandPosition | None:
    parts = from_cursor(cursor, str, str)
    if parts is None:
        return None
    return CommandPosition(moment_of_cursor(parts[0]), str(parts[1]))


def submit(call: ApiCall) -> Reply:
    with call.services.read_as(call.viewer) as connection:
        measure = MeasureId(find_measure(call, connection)["id"])
    stored = _stored(call, measure, call.body_as(NewCommand))
    return Reply(stored, 202, {"Location": f"/api/v1/commands/{stored.id}"})


def submit_several(call: ApiCall) -> CommandResultList:
    results = []
    for one in call.body_as(NewCommands).items:
        try:
            with call.services.read_as(call.viewer) as connection:
                measure = MeasureId(measure_named(call, connection, one.measure)["id"])
            results.append(CommandResult(command=_stored(call, measure, one.command), problem=None))
        except Problem as problem:
            results.append(CommandResult(command=None, problem=problem.model))
    return CommandResultList(items=results)


def _stored(call: ApiCall, measure: MeasureId, sent: NewCommand) -> CommandModel:
    """Store a command.  Raises Problem when its caller may not give any, or its parts make none."""
    match submit_command(call.services, call.viewer, measure, sent.line(), SubmissionChannel.API):
        case SubmissionRefused(problem, hint, kind):
            status, code = _REFUSALS[kind]
            raise Problem(status, problem, hint, code=code)
        case Submitted(number):
            with call.services.read_as(call.viewer) as connection:
                return command_model(call, _row(connection, f"s{number}"))


_REFUSALS = {
    RefusalKind.NO_COMMAND: (422, ProblemCode.COMMAND_INVALID),
    RefusalKind.NO_LINKED_ACCOUNT: (403, ProblemCode.NO_LINKED_ACCOUNT),
    RefusalKind.DECIDES_NOTHING: (403, ProblemCode.DECIDES_NOTHING),
}


def show_command(call: ApiCall) -> CommandModel:
    with call.services.read_as(call.viewer) as connection:
        return command_model(call, _row(connection, call.text_parameter("command")))


def _row(connection: Connection, command: str) -> RowMapping:
    row = command_by_id(connection, command)
    if row is None:
        raise Problem(404, f'There is no command "{command}".', "Use the id of its 202 answer.")
    return row


def command_model(call: ApiCall, row: RowMapping) -> CommandModel:
    content, state = row["content"], CommandState(row["state"])
    amount, connection = content.get("amount"), row["measure_id"].partition("/")[0]
    reply = (content.get("ruling") or {}).get("reply", "")
    if state is CommandState.WAITING:
        reply = _waiting(call, row["measure_id"])
    return CommandModel(
        id=row["id"],
        measure=row["measure_id"],
        state=state,
        verb=row["verb"],
        person=_person(connection, row["account"]),
        person_name=row["person"],
        role=row["role"],
        given_at=row["given_at"],
        ruled_at=row["ruled_at"],
        reply=reply,
        stage=content.get("stage", ""),
        amount=Amount(**amount) if amount else None,
        month=content.get("month"),
        first_month=content.get("first_month"),
        signed=_signed(content),
        reason=content.get("text", ""),
    )


def _person(connection: str, account: str | None) -> str | None:
    """Connection and account; whoever speaks without an account of the tool speaks at Gatepost."""
    if account is None:
        return None
    if account.startswith(GATEPOST_ACCOUNT):
        return f"gatepost/{account.removeprefix(GATEPOST_ACCOUNT)}"
    return f"{connection}/{account}"


def _waiting(call: ApiCall, measure: str) -> str:
    connection, _, native_id = measure.partition("/")
    commands = SqlSubmittedCommands(call.services.engine, call.services.waker)
    delay = commands.delay_reason(connection, native_id)  # type: ignore[arg-type]  # both are names
    return f"{WAITING_REPLY} Last attempt: {delay}" if delay else WAITING_REPLY


def _signed(content: Mapping[str, Any]) -> list[SignedLineModel]:
    signature = (content.get("ruling") or {}).get("signature") or {}
    return [
        SignedLineModel(
            month=line["month"],
            kind=line["kind"],
            pl_line=line.get("pl_line", ""),
            claimed=line["claimed"],
            validated=line["validated"],
            currency=line["currency"],
            reason=line.get("reason", ""),
        )
        for line in signature.get("lines", ())
    ]


WAITING_REPLY = "The command is stored. It is ruled on when the item is read next."

COMMANDS = "/measures/{measure}/commands"
COMMAND = PathParameter("command", "a command's id, as its 202 answer and the list have it: s12")
TAG = "commands"
AMBIGUOUS_KEY = "Several measures have this key; the code is ambiguous_key."

OPERATIONS = (
    Operation(
        "GET",
        COMMANDS,
        TAG,
        "List commands, those that wait for a ruling and those with one",
        list_commands,
        Page[CommandModel],
        query=CommandsQuery,
        path_parameters=(MEASURE_PARAMETER,),
        problems={409: AMBIGUOUS_KEY},
        description="Newest first; of pages, of the API and of comments in the tool.",
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "POST",
        COMMANDS,
        TAG,
        "Submit a command: approve, reject, confirm, hold, …",
        submit,
        CommandModel,
        status=202,
        scope=TokenScope.STATEMENTS_WRITE,
        path_parameters=(MEASURE_PARAMETER,),
        body=NewCommand,
        problems={
            403: "The token lacks the scope, no account of the tool is linked to the caller, or a service account "
            "gives a command that decides (`decides_nothing`).",
            409: AMBIGUOUS_KEY,
        },
        description="Has the effect of a comment in the tool, by the account that is linked to the token's person. The "
        "ruling follows the same rules and also appears in Gatepost's comment there. The command is stored first; read "
        "the ruling at `Location`.",
    ),
    Operation(
        "POST",
        "/commands",
        TAG,
        "Submit commands about several measures, with a result for each",
        submit_several,
        CommandResultList,
        scope=TokenScope.STATEMENTS_WRITE,
        body=NewCommands,
        description="Each is stored or refused by itself: a problem of one has no effect on the others.",
    ),
    Operation(
        "GET",
        "/commands/{command}",
        TAG,
        "Show a command with its state and its ruling",
        show_command,
        CommandModel,
        path_parameters=(COMMAND,),
        scope=TokenScope.MEASURES_READ,
    ),
)
