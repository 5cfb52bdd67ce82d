"""What each scope of a token allows, who may hold it, and what a program that is nobody may hold of them.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.people.permissions import POSTING_ROLES, SCENARIO_ROLES, SUBSCRIBING_ROLES, Role, TokenScope

SCOPE_DESCRIPTIONS: Mapping[TokenScope, str] = {
    TokenScope.GATES_READ: "ask whether gates are open",
    TokenScope.MEASURES_READ: "read measures with their figures, verdicts, history, decisions and commands",
    TokenScope.FINDINGS_READ: "read findings",
    TokenScope.MONEY_READ: "read sums of the portfolio, the ledger, imports, the close of months, budgets and rates",
    TokenScope.AUDIT_READ: "search the audit",
    TokenScope.PAPERS_READ: "read the reporting calendar, previews of papers, and what was sent",
    TokenScope.SUBSCRIPTIONS_READ: "read subscriptions and their deliveries",
    TokenScope.CONFIGURATION_READ: "read and check mappings",
    TokenScope.OPERATIONS_READ: "read connections, sweeps, received events, writes and dead letters",
    TokenScope.ACCESS_READ: "list the own tokens, and service accounts",
    TokenScope.STATEMENTS_WRITE: "give commands: approve, reject, confirm, hold, give a reason, …",
    TokenScope.MONEY_WRITE: "post into the ledger, correct it, import, close months, agree to budgets",
    TokenScope.SCENARIOS_WRITE: "save scenarios, which change no measure",
    TokenScope.SCENARIOS_DECIDE: "choose a scenario, accept and decline what one proposes",
    TokenScope.SUBSCRIPTIONS_WRITE: "create, test, replay and remove subscriptions",
    TokenScope.PAPERS_WRITE: "pause, resume and send papers that one runs; store the template of every deck",
    TokenScope.CONFIGURATION_WRITE: "add and activate mappings, set rates",
    TokenScope.OPERATIONS_WRITE: "replay and drop dead letters, reassess items, begin sweeps, end pauses",
    TokenScope.ACCESS_WRITE: "revoke the own tokens; create, rotate and revoke service accounts",
}

READING_SCOPES = frozenset(scope for scope in TokenScope if scope.value.endswith(":read"))
"""What a token may do that nobody has narrowed: read what its person may see."""

SCOPE_ROLES: Mapping[TokenScope, frozenset[Role]] = {
    TokenScope.STATEMENTS_WRITE: frozenset({Role.OWNER, Role.SPONSOR, Role.CONTROLLER, Role.OFFICE}),
    TokenScope.MONEY_WRITE: POSTING_ROLES,
    TokenScope.SCENARIOS_WRITE: SCENARIO_ROLES,
    TokenScope.SCENARIOS_DECIDE: SCENARIO_ROLES,
    TokenScope.SUBSCRIPTIONS_READ: SUBSCRIBING_ROLES,
    TokenScope.SUBSCRIPTIONS_WRITE: SUBSCRIBING_ROLES,
    TokenScope.CONFIGURATION_WRITE: frozenset({Role.ADMINISTRATOR}),
    TokenScope.OPERATIONS_WRITE: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    TokenScope.ACCESS_WRITE: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
}
"""The roles of which a person needs one to hold a scope; what a reader sees is decided row by row."""

DECIDING_SCOPES = frozenset(
    {
        TokenScope.MONEY_WRITE,
        TokenScope.SCENARIOS_DECIDE,
        TokenScope.CONFIGURATION_WRITE,
        TokenScope.ACCESS_WRITE,
        TokenScope.PAPERS_WRITE,
    }
)
"""All that they allow is a decision of people: money, rules, access, what is sent to others."""

SERVICE_SCOPES = frozenset(TokenScope) - DECIDING_SCOPES - {TokenScope.ACCESS_READ}
"""What a service account may hold."""

SERVICE_ROLES: Mapping[TokenScope, Role] = {
    TokenScope.SUBSCRIPTIONS_READ: Role.INTEGRATOR,
    TokenScope.SUBSCRIPTIONS_WRITE: Role.INTEGRATOR,
    TokenScope.CONFIGURATION_READ: Role.OPERATOR,
    TokenScope.OPERATIONS_READ: Role.OPERATOR,
    TokenScope.OPERATIONS_WRITE: Role.OPERATOR,
}
"""The role at Gatepost that a service account needs for a scope; for every other one it is a viewer."""


def held_scopes(roles: Iterable[Role]) -> frozenset[TokenScope]:
    """What a person with these roles may let a token do."""
    held = frozenset(roles)
    return frozenset(
        scope for scope in TokenScope if scope not in SCOPE_ROLES or not SCOPE_ROLES[scope].isdisjoint(held)
    )


def service_roles(scopes: Iterable[TokenScope]) -> frozenset[Role]:
    """What a service account is at Gatepost: none of these roles decides about a measure."""
    return frozenset(SERVICE_ROLES.get(scope, Role.VIEWER) for scope in scopes)
