"""Roles, where they reach, and what they allow.  Pure: the only place in which access is decided.

Two kinds of right are combined here.  A *grant* comes from an administrator or a group of the directory: a role for a
part of the hierarchy, perhaps for one legal entity only; every grant but the operator's lets its person see that
part.  In addition, whoever is owner, sponsor or controller of a measure *in the tool* sees that measure and gives
commands for it; the link is the person's own account there.  What a command counts for is then decided by
:mod:`governance.approvals`, as if it had been given in the tool.

The database holds the same rules as row-level security: :mod:`connector.store.database.row_level_access`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from connector.people.authentication import Authentication

PersonId = NewType("PersonId", int)

HierarchyScope = tuple[str | None, ...]
"""Portfolio, program, project, package, as far as it goes."""

HIERARCHY_LEVELS = ("portfolio", "program", "project", "package")


class Role(StrEnum):
    """What a person is on the pages; the first five see measures, each within its grant."""

    VIEWER = "viewer"
    """Only reads: a member of the board, an auditor."""
    OWNER = "owner"
    SPONSOR = "sponsor"
    CONTROLLER = "controller"
    OFFICE = "office"
    """The transformation office and the CFO: the whole of their part, with its reports."""
    OPERATOR = "operator"
    """Runs the installation: queues, limits, connections.  Sees no measure by this role."""
    INTEGRATOR = "integrator"
    """Builds on the API: sees measures and manages subscriptions of the part, decides nothing."""
    ADMINISTRATOR = "administrator"
    """Connections, mapping, people."""

    @property
    def description(self) -> str:
        return ROLE_DESCRIPTIONS[self]


ROLE_DESCRIPTIONS = {
    Role.VIEWER: "sees measures and figures, changes nothing",
    Role.OWNER: "sees measures; gives commands for those that they own in the tool",
    Role.SPONSOR: "sees measures; gives commands for those that they sponsor in the tool",
    Role.CONTROLLER: "sees measures; confirms those that they control in the tool",
    Role.OFFICE: "sees measures, reports and deviations of the whole part, and accepts changes of roles",
    Role.OPERATOR: "sees queues, limits and connections, no measures",
    Role.INTEGRATOR: "sees measures and manages subscriptions to their events, decides nothing",
    Role.ADMINISTRATOR: "manages connections, mapping and people, and sees measures",
}

ROLES_WITHOUT_MEASURES = frozenset({Role.OPERATOR})
"""Roles that by themselves let nobody see a measure."""


OPERATING_ROLES = frozenset({Role.OPERATOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
SUBSCRIBING_ROLES = frozenset({Role.INTEGRATOR, Role.ADMINISTRATOR})
"""Who manages subscriptions: to the events of the part of their role."""
POSTING_ROLES = frozenset({Role.CONTROLLER, Role.OFFICE})
"""Who posts into the ledger, corrects it and closes months: for the part of the organisation of their role."""

TEMPLATE_ROLES = frozenset({Role.OFFICE, Role.ADMINISTRATOR})
"""Who stores the template that every deck of the organisation is written in."""
CHOOSING_ROLES = frozenset({Role.SPONSOR, Role.CONTROLLER, Role.OFFICE})
"""Who chooses a scenario: that asks those who decide, and decides nothing."""
SCENARIO_ROLES = CHOOSING_ROLES | {Role.OWNER}
"""Who saves scenarios."""


class TokenScope(StrEnum):
    """What a token may be used for; :mod:`connector.people.token_scopes` says what each means, and who may hold it."""

    GATES_READ = "gates:read"
    MEASURES_READ = "measures:read"
    FINDINGS_READ = "findings:read"
    MONEY_READ = "money:read"
    AUDIT_READ = "audit:read"
    PAPERS_READ = "papers:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    CONFIGURATION_READ = "configuration:read"
    OPERATIONS_READ = "operations:read"
    ACCESS_READ = "access:read"
    STATEMENTS_WRITE = "statements:write"
    MONEY_WRITE = "money:write"
    SCENARIOS_WRITE = "scenarios:write"
    SCENARIOS_DECIDE = "scenarios:decide"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    PAPERS_WRITE = "papers:write"
    CONFIGURATION_WRITE = "configuration:write"
    OPERATIONS_WRITE = "operations:write"
    ACCESS_WRITE = "access:write"


class ToolAccount(NamedTuple):
    """A person's own account in a tool: the name of the connection, the tool's id of the account."""

    connection: str
    id: str


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role for a part of the hierarchy; for all legal entities, or for one."""

    role: Role
    hierarchy: tuple[str, ...] = ()
    legal_entity: str | None = None

    def reaches(self, hierarchy: HierarchyScope, legal_entity: str | None) -> bool:
        if self.legal_entity is not None and self.legal_entity != legal_entity:
            return False
        prefix = tuple(name or "" for name in hierarchy[: len(self.hierarchy)])
        return prefix == self.hierarchy

    @property
    def is_everywhere(self) -> bool:
        """Whether it reaches the whole organisation."""
        return not self.hierarchy and self.legal_entity is None

    def covers(self, hierarchy: tuple[str, ...], legal_entity: str | None) -> bool:
        """Whether a whole part, with everything below it, lies within the part of this grant."""
        if self.legal_entity is not None and self.legal_entity != legal_entity:
            return False
        return hierarchy[: len(self.hierarchy)] == self.hierarchy

    def __str__(self) -> str:
        """``controller of IT / Cloud exit, Nordbank AG only``."""
        where = f" of {' / '.join(self.hierarchy)}" if self.hierarchy else " of everything"
        return f"{self.role.value}{where}{f', {self.legal_entity} only' if self.legal_entity else ''}"


def parse_hierarchy(text: str) -> tuple[str, ...]:
    """``IT / Cloud exit``: levels from the portfolio down, separated by a slash between spaces; empty is everywhere.

    Raises ValueError when there are more levels than four.
    """
    levels = [name.strip() for name in f" {text} ".split(" / ")]
    while levels and not levels[-1]:
        levels.pop()
    if len(levels) > len(HIERARCHY_LEVELS):
        raise ValueError(f"A hierarchy has at most {len(HIERARCHY_LEVELS)} levels: {', '.join(HIERARCHY_LEVELS)}.")
    return tuple(levels)


@dataclass(frozen=True, slots=True)
class MeasureAccess:
    """What access needs to know of a measure."""

    hierarchy: HierarchyScope = ()
    legal_entity: str | None = None
    connection: str = ""
    owner: str | None = None
    sponsor: str | None = None
    controller: str | None = None
    """The tool's ids of the accounts that hold these roles."""

    def role_holder(self, role: Role) -> ToolAccount | None:
        account = {Role.OWNER: self.owner, Role.SPONSOR: self.sponsor, Role.CONTROLLER: self.controller}.get(role)
        return ToolAccount(self.connection, account) if account else None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is signed in, or a program with a token."""

    person: PersonId | None
    """``None`` for the token of the settings, behind which there is no person."""
    login: str
    name: str
    grants: tuple[RoleGrant, ...] = ()
    accounts: frozenset[ToolAccount] = frozenset()
    measure_roles: frozenset[Role] = frozenset()
    """Owner, sponsor, controller: roles that the person's accounts hold on some measure."""
    scopes: frozenset[TokenScope] = frozenset(TokenScope)
    """Everything for a person on the pages; the scopes of the token, for a token."""
    locale: str = "en_GB"
    time_zone: str = "UTC"
    has_first_password: bool = False
    """Somebody else set their password, and knows it."""
    session: int | None = None
    authentication: Authentication | None = None
    """How the session began; ``None`` for a token."""
    token: int | None = None
    """Number of the token that the request came with; ``None`` for a session and for the token of the settings."""
    token_expires_at: datetime | None = None
    service_account: int | None = None
    """Number of the service account that the request comes from; it is no person, and decides nothing."""

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants) | self.measure_roles

    @property
    def viewing_grants(self) -> tuple[RoleGrant, ...]:
        """The grants that let the viewer see measures."""
        return tuple(grant for grant in self.grants if grant.role not in ROLES_WITHOUT_MEASURES)

    @property
    def sees_everything(self) -> bool:
        return any(grant.is_everywhere for grant in self.viewing_grants)

    @property
    def operates(self) -> bool:
        """Whether the viewer runs the whole installation, not only the queues of a part."""
        return self.holds_everywhere(OPERATING_ROLES)

    def grants_of(self, roles: Iterable[Role]) -> tuple[RoleGrant, ...]:
        """The grants of one of these roles; a role that only an account in a tool gives is none."""
        wanted = frozenset(roles)
        return tuple(grant for grant in self.grants if grant.role in wanted)

    def holds_everywhere(self, roles: Iterable[Role]) -> bool:
        """Whether one of these roles was granted for the whole organisation."""
        return any(grant.is_everywhere for grant in self.grants_of(roles))

    def holds_for(self, roles: Iterable[Role], hierarchy: tuple[str, ...], legal_entity: str | None) -> bool:
        """Whether one of these roles was granted for all of this part."""
        return any(grant.covers(hierarchy, legal_entity) for grant in self.grants_of(roles))

    def is_any(self, roles: Iterable[Role]) -> bool:
        return not self.roles.isdisjoint(roles)

    def account_on(self, connection: str) -> ToolAccount | None:
        return next((account for account in sorted(self.accounts) if account.connection == connection), None)


class Action(StrEnum):
    """What somebody may want to do."""

    SEE = "see"
    SUBMIT_COMMAND = "submit command"
    """Approve, confirm, explain, hold: as a holder of a role of the measure."""
    REPORT = "report"
    """Export and report on what is seen."""
    POST_MONEY = "post money"
    """Post into the ledger, correct it, and close its months: in the part of the role."""
    READ_AUDIT = "read audit"
    """What the audit holds of the measures that are seen."""
    OBSERVE = "observe"
    """Read connections, sweeps and the mapping, which show no measure."""
    OPERATE = "operate"
    """Replay and drop dead letters, have items assessed again: in the part of the role."""
    OPERATE_CONNECTIONS = "operate connections"
    """Check and resume connections, begin sweeps."""
    CHOOSE_SCENARIO = "choose scenario"
    """Make the proposals of a scenario, which others decide on."""
    SET_TEMPLATE = "set template"
    """Store and remove the template of every deck."""
    SUBSCRIBE = "subscribe"
    """Subscriptions to the events of the part of the role."""
    DRAFT = "draft"
    """Prepare and preview a mapping; who may put it in force depends on what it changes."""
    ACTIVATE = "activate"
    """Put a mapping in force that changes no other part."""
    CONFIGURE = "configure"
    """Connections, the mapping of the whole organisation, rates."""
    MANAGE_PEOPLE = "manage people"


ALLOWED_ROLES: dict[Action, frozenset[Role]] = {
    Action.REPORT: frozenset(Role) - ROLES_WITHOUT_MEASURES,
    Action.POST_MONEY: POSTING_ROLES,
    Action.CHOOSE_SCENARIO: CHOOSING_ROLES,
    Action.READ_AUDIT: frozenset({Role.VIEWER, Role.CONTROLLER, Role.OFFICE, Role.ADMINISTRATOR}),
    Action.OBSERVE: OPERATING_ROLES | {Role.OFFICE},
    Action.OPERATE: OPERATING_ROLES,
    Action.OPERATE_CONNECTIONS: OPERATING_ROLES,
    Action.SET_TEMPLATE: TEMPLATE_ROLES,
    Action.SUBSCRIBE: SUBSCRIBING_ROLES,
    Action.DRAFT: ADMINISTRATORS,
    Action.ACTIVATE: ADMINISTRATORS,
    Action.CONFIGURE: ADMINISTRATORS,
    Action.MANAGE_PEOPLE: ADMINISTRATORS,
}
"""Roles that allow an action; seeing and giving commands depend on the measure."""

ORGANISATION_WIDE = frozenset({Action.OPERATE_CONNECTIONS, Action.CONFIGURE, Action.SET_TEMPLATE})
"""Actions that touch every part: their role has to be granted for the whole organisation."""

COMMAND_ROLES = (Role.OWNER, Role.SPONSOR, Role.CONTROLLER)


def may_see(viewer: Viewer, hierarchy: HierarchyScope, legal_entity: str | None) -> bool:
    """Whether a grant of the viewer covers this part of the hierarchy and legal entity."""
    return any(grant.reaches(hierarchy, legal_entity) for grant in viewer.viewing_grants)


def may(viewer: Viewer, action: Action, measure: MeasureAccess | None = None) -> bool:
    """Whether a viewer may do something; with a measure, whether they may do it there."""
    if measure is not None and not _sees(viewer, measure):
        return False
    match action:
        case Action.SEE:
            return measure is not None or bool(viewer.viewing_grants or viewer.measure_roles)
        case Action.SUBMIT_COMMAND:
            return measure is not None and bool(command_roles_of(viewer, measure))
        case _:
            roles = ALLOWED_ROLES[action]
            return viewer.holds_everywhere(roles) if action in ORGANISATION_WIDE else viewer.is_any(roles)


def command_roles_of(viewer: Viewer, measure: MeasureAccess) -> tuple[Role, ...]:
    """The roles of the measure that the viewer's own accounts hold."""
    return tuple(role for role in COMMAND_ROLES if measure.role_holder(role) in viewer.accounts)


def _sees(viewer: Viewer, measure: MeasureAccess) -> bool:
    return may_see(viewer, measure.hierarchy, measure.legal_entity) or bool(command_roles_of(viewer, measure))
