"""One way for pages and API to speak about a measure: who somebody is in the tool, and what becomes of the words."""

from __future__ import annotations

from connector.bootstrap import Clock, MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Viewer
from connector.store.queue.submitted_commands import SqlUtterances
from connector.sync.command_submission import Reply, Utterance, Via, nobody, say
from governance.measure import MeasureId, Person
from mapping.work_item import ConnectionName, NativeId

WAIT_SECONDS = 8.0
"""How long a page waits for the ruling; with a worker at work it takes about one."""


def speak(
    services: Services,
    viewer: Viewer,
    measure: MeasureId,
    words: str,
    via: Via,
    *,
    wait_seconds: float = WAIT_SECONDS,
    clock: Clock = system_clock,
) -> Reply:
    """Say ``words`` (one command, as in a comment) about a measure, as the viewer's own account in its tool.

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
    return say(
        SqlUtterances(services.engine, services.waker), utterance, active.policies.base, wait_seconds=wait_seconds
    )
