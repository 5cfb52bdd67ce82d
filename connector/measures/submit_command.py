"""Submit a command about a measure, the same for pages and API: with the viewer's own account in the tool."""

from __future__ import annotations

from connector.bootstrap import Clock, MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.measures.speaker import GATEPOST_ACCOUNT, speaker_of
from connector.people.permissions import Viewer
from connector.remedy import Place, Remedy
from connector.store.queue.submitted_commands import SqlSubmittedCommands
from connector.sync.command_submission import (
    RefusalKind,
    SubmissionChannel,
    SubmissionRefused,
    SubmissionReply,
    SubmittedCommand,
    no_linked_account,
    submit,
)
from governance.command_grammar import parse_commands
from governance.evidence import Verb
from governance.gates import Policy
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
        raise ConfigurationError(
            "There is no active mapping.",
            remedy=Remedy(
                "An administrator activates one on the page Mapping.",
                "Activate one with: gatepost mapping activate FILE",
                Place.MAPPING,
            ),
        )
    connection, _, native_id = measure.partition("/")
    policy, person = active.policies.base, speaker_of(viewer, connection)
    if viewer.service_account is not None and _decides(command, policy):
        return SubmissionRefused(
            f"{viewer.name} is a service account: it decides nothing, and this command decides.",
            "A person who holds the role gives it: with their own token, on the page of the measure, or in the tool.",
            RefusalKind.DECIDES_NOTHING,
        )
    if person is None or (_is_without_account(person, viewer) and not _accepts_role(command, policy)):
        return no_linked_account(viewer.name, connection)
    submitted = SubmittedCommand(
        measure=measure,
        connection=ConnectionName(connection),
        native_id=NativeId(native_id),
        given_by=viewer.login,
        person=person,
        text=command,
        channel=via,
        given_at=clock(),
    )
    return submit(SqlSubmittedCommands(services.engine, services.waker), submitted, policy)


def _is_without_account(person: Person, viewer: Viewer) -> bool:
    """Whether it is a person who speaks at Gatepost; of a service account the rules for everybody are enough."""
    return person.id.startswith(GATEPOST_ACCOUNT) and viewer.service_account is None


def _decides(command: str, policy: Policy) -> bool:
    """All but a reason, which the rules then refuse from whoever holds no role of the measure."""
    return any(parsed.verb is not Verb.REASON for parsed in parse_commands(command, policy))


def _accepts_role(command: str, policy: Policy) -> bool:
    """Whether this is the one command that needs no account in the tool."""
    return any(parsed.verb is Verb.ACCEPT_ROLE for parsed in parse_commands(command, policy))
