"""One way for pages and API to submit a command about a measure: who somebody is in the tool, and what they say."""

from __future__ import annotations

from connector.bootstrap import Clock, MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Viewer
from connector.store.queue.submitted_commands import SqlUtterances
from connector.sync.command_submission import Reply, Utterance, Via, nobody, submit
from governance.measure import MeasureId, Person
from mapping.work_item import ConnectionName, NativeId


def submit_command(
    services: Services,
    viewer: Viewer,
    measure: MeasureId,
    words: str,
    via: Via,
    *,
    clock: Clock = system_clock,
) -> Reply:
    """Store ``words`` (one command, as in a comment) about a measure, as the viewer's own account in its tool.

    The worker rules on it when it looks at the item next, which is within a second or two while one is at work.
    Whether the viewer sees the measure is for the caller to have looked at; whether they may say this is for the
    domain, which answers with who may.  Raises ConfigurationError when no mapping is active.
    """
    active = MappingCache(services.mappings).active()
    if active is None:
        raise ConfigurationError("There is no active mapping. Activate one with: gatepost mapping activate FILE")
    connection, _, native_id = measure.partition("/")
    account = viewer.account_on(connection)
    if account is None:
        return nobody(viewer.name, connection)
    utterance = Utterance(
        measure=measure,
        connection=ConnectionName(connection),
        native_id=NativeId(native_id),
        said_by=viewer.login,
        speaker=Person(account.id, viewer.name),
        words=words,
        via=via,
        at=clock(),
    )
    return submit(SqlUtterances(services.engine, services.waker), utterance, active.policies.base)
