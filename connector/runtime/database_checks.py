"""What ``gatepost doctor`` says about what protects the audit: the login of the processes, and its head elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.notify.audit_sinks import parse_sinks
from connector.remedy import Remedy
from connector.runtime.audit_verification import LIMIT, moment
from connector.store.database.application_login import ExcessRight, login_rights
from connector.store.database.audit_anchors import AnchorProblem, AuditAnchors
from connector.store.database.postgres import APPLICATION_ROLE
from connector.sync.setup import ConnectionCheck, Health

_TWO_LOGINS = Remedy(
    command=f"Let the processes log in as {APPLICATION_ROLE}, and give the owner's address to gatepost db upgrade "
    "alone (GATEPOST_MAINTENANCE_DATABASE_URL): Deploying, Two logins."
)
_AS_OWNER = Remedy(command="Ask the owner of the database to run: gatepost db upgrade")
_TAKE_BACK = Remedy("Ask the database administrator to take this right back from the login and its roles.")
_EXCESS = {
    ExcessRight.SUPERUSER: ("is a superuser: it can switch off all that protects the audit", _TWO_LOGINS),
    ExcessRight.OWNER: ("owns tables of Gatepost: it can switch off what protects the audit", _TWO_LOGINS),
    ExcessRight.ROLES: ("may make roles, replicate, or read past the policies", _TAKE_BACK),
    ExcessRight.SERVER: ("may write the server's files, run its programs, or switch triggers off", _TAKE_BACK),
    ExcessRight.WRITE_ONCE: ("may change what is written once", _AS_OWNER),
    ExcessRight.OWN_OBJECTS: ("may make tables that could stand in the place of Gatepost's", _AS_OWNER),
}


def login_checks(services: Services) -> Iterator[ConnectionCheck]:
    """Whether the processes could rewrite the audit with the login that they have."""
    login = login_rights(services.engine)
    for right in login.excess:
        message, remedy = _EXCESS[right]
        yield ConnectionCheck("database login", Health.BAD, f"{login.name} {message}", remedy)
    if services.settings.maintenance_address is not None:
        yield ConnectionCheck(
            "database login",
            Health.BAD,
            "the login of the database's owner is among the settings here: whoever reads them owns the database",
            Remedy(
                command="Set GATEPOST_MAINTENANCE_DATABASE_URL for gatepost db upgrade and gatepost db partitions "
                "alone, not for the processes."
            ),
        )
    elif not login.excess:
        yield ConnectionCheck(
            "database login", Health.GOOD, f"{login.name} owns nothing and cannot change what is written once"
        )


def anchor_checks(services: Services, now: datetime) -> Iterator[ConnectionCheck]:
    """Whether the head of the audit leaves the database."""
    try:
        configured = {sink.name for sink in parse_sinks(services.settings.audit_sink_list, services.network)}
    except ConfigurationError as error:
        yield ConnectionCheck("audit anchors", Health.BAD, str(error), error.remedy)
        return
    states = AuditAnchors(services.engine).states()
    if not configured and not states:
        yield ConnectionCheck(
            "audit anchors",
            Health.WARNING,
            "the head of the audit does not leave the database: whoever owns that can rewrite it",
            Remedy(command="Set GATEPOST_AUDIT_SINKS: Operations, The head of the audit."),
        )
    for name in sorted(configured | states.keys()):
        state = states.get(name)
        since = (state.anchored_at or state.since) if state is not None else None
        if state is not None and state.problem is not None:
            what = f"{name}: {_ANCHOR_PROBLEMS[state.problem]}" + (f" ({state.detail})" if state.detail else "")
            yield ConnectionCheck("audit anchors", Health.BAD, what, _ANCHOR_REMEDIES.get(state.problem, _COMPARE))
        elif state is None or since is None or since < now - LIMIT:
            when = f"since {moment(since)}" if since else "yet"
            remedy = Remedy(command="Is a worker running? Try it now with: gatepost audit anchor")
            yield ConnectionCheck("audit anchors", Health.BAD, f"{name}: nothing was kept there {when}", remedy)
        else:
            yield ConnectionCheck("audit anchors", Health.GOOD, f"{name}: entry {state.seq}, {moment(since)}")


_COMPARE = Remedy(
    "Do not write over it: whoever runs Gatepost compares the two.",
    "Do not write over it: see gatepost audit verify, and Operations, The head of the audit.",
)
_ANCHOR_REMEDIES = {AnchorProblem.UNAVAILABLE: Remedy("Repair the sink; it is tried again every five minutes.")}
_ANCHOR_PROBLEMS = {
    AnchorProblem.UNAVAILABLE: "it cannot be reached, or refuses",
    AnchorProblem.REMOVED: "anchors were removed there",
    AnchorProblem.INVALID: "what is kept there is no anchor of this installation",
    AnchorProblem.CUT: "the audit ends before the entry that was anchored",
    AnchorProblem.REWRITTEN: "the audit is not the one that was anchored",
    AnchorProblem.BROKEN: "the chain of the audit does not hold",
}
