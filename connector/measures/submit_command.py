"""Submit a command about a measure, the same for pages and API: with the viewer's own account in the tool."""

from __future__ import annotations

from connector.bootstrap import Clock, MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Viewer
from connector.store.queue.submitted_commands import SqlSubmittedCommands
from connector.sync.command_submission import (
    SubmissionChannel,
    SubmissionReply,
    SubmittedCommand,
    no_linked_account,
    submit,
)
from governance.measure import MeasureId, Person
from mapping.work_item import ConnectionName, NativeId


def submit_command(
    services: Services,
    viewer: Viewer,
    measure: MeasureId,
    command: str,
    via: SubmissionChannel,
    *,
    clock: Clock = system_clock,
) -> SubmissionReply:
    """Store ``command`` (one, as in a comment) about a measure, as the viewer's own account in its tool.

    The worker rules on it when it assesses the item next, which is within a second or two while a worker runs.
    The caller has checked that the viewer sees the measure; the domain decides whether they may give the command, and
    answers with who may.  Raises ConfigurationError when no mapping is active.
    """
    active = MappingCache(services.mappings).active()
    if active is None:
        raise ConfigurationError("There is no active mapping. Activate one with: gatepost mapping activate FILE")
    connection, _, native_id = measure.partition("/")
    account = viewer.account_on(connection)
    if account is None:
        return no_linked_account(viewer.name, connection)
    submitted = SubmittedCommand(
        measure=measure,
        connection=ConnectionName(connection),
        native_id=NativeId(native_id),
        given_by=viewer.login,
        person=Person(account.id, viewer.name),
        text=command,
        channel=via,
        given_at=clock(),
    )
    return submit(SqlSubmittedCommands(services.engine, services.waker), submitted, active.policies.base)
