"""Names in the description of the API: of operations and of schemas, as a generated client has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

OPERATION_IDS: Mapping[str, str] = {
    "GET /measures": "listMeasures",
    "GET /measures/{measure}": "getMeasure",
    "GET /measures/{measure}/explain": "explainMeasure",
    "GET /measures/{measure}/history": "listStatusDays",
    "GET /measures/{measure}/effect-lines": "listEffectLines",
    "GET /measures/{measure}/decisions": "listDecisions",
    "GET /decisions/{number}": "getDecision",
    "GET /measures/{measure}/benefit-slip": "getBenefitSlip",
    "GET /measures/{measure}/why": "explainVariance",
    "GET /measures/{measure}/commands": "listCommands",
    "POST /measures/{measure}/commands": "submitCommand",
    "GET /commands/{command}": "getCommand",
    "POST /commands": "submitCommands",
    "GET /work": "listOpenTasks",
    "GET /gates/{measure}/{stage}": "checkGate",
    "POST /gates/check": "checkGates",
    "GET /findings": "listFindings",
    "GET /portfolio": "getPortfolio",
    "GET /portfolio/deck": "downloadDeck",
    "GET /measures/{measure}/evidence": "downloadEvidencePack",
    "GET /reporting-views": "listReportingViews",
    "GET /reporting-views/{view}/parquet": "downloadReportingView",
    "GET /portfolio/why": "explainPortfolioVariance",
    "GET /deck-template": "getDeckTemplate",
    "PUT /deck-template": "setDeckTemplate",
    "DELETE /deck-template": "removeDeckTemplate",
    "GET /papers": "listPapers",
    "GET /papers/{paper}": "getPaper",
    "GET /papers/{paper}/preview": "previewPaper",
    "GET /papers/{paper}/issues": "listPaperIssues",
    "POST /papers/{paper}/pause": "pausePaper",
    "POST /papers/{paper}/resume": "resumePaper",
    "POST /papers/{paper}/send": "sendPaper",
    "POST /papers/copies/{number}/send-again": "sendPaperCopyAgain",
    "GET /outcome-review": "getOutcomeReview",
    "GET /mappings": "listMappingVersions",
    "GET /mappings/{number}": "getMappingVersion",
    "POST /mappings/validate": "validateMapping",
    "POST /mappings": "addMappingVersion",
    "POST /mappings/{number}/preview": "previewMappingVersion",
    "POST /mappings/{number}/activate": "activateMappingVersion",
    "POST /mappings/rollback": "rollBackMapping",
    "GET /connections": "listConnections",
    "GET /connections/{connection}/health": "checkConnection",
    "POST /connections/{connection}/resume": "resumeConnection",
    "GET /sweeps": "listSweeps",
    "POST /connections/{connection}/sweeps": "startSweep",
    "GET /inbox": "listInboxEvents",
    "GET /inbox/{number}": "getInboxEvent",
    "POST /inbox/{number}/replay": "replayInboxEvent",
    "GET /outbox": "listWrites",
    "GET /outbox/{number}": "getWrite",
    "POST /outbox/{number}/replay": "replayWrite",
    "POST /outbox/{number}/drop": "dropWrite",
    "POST /reassess": "reassessItem",
    "GET /dead-letters": "listDeadLetters",
    "GET /dead-letters/causes": "listDeadLetterCauses",
    "POST /dead-letters/replay": "replayDeadLetters",
    "POST /dead-letters/drop": "dropDeadLetters",
    "GET /subscriptions": "listSubscriptions",
    "POST /subscriptions": "createSubscription",
    "GET /subscriptions/{subscription}": "getSubscription",
    "DELETE /subscriptions/{subscription}": "deleteSubscription",
    "POST /subscriptions/{subscription}/rotate": "rotateSubscriptionSecret",
    "POST /subscriptions/{subscription}/resume": "resumeSubscription",
    "POST /subscriptions/{subscription}/test": "testSubscription",
    "GET /subscriptions/{subscription}/deliveries": "listDeliveries",
    "POST /subscriptions/{subscription}/replay": "replayDeliveries",
    "GET /rates": "listRates",
    "PUT /rates": "putRate",
    "GET /ledger/entries": "listLedgerEntries",
    "POST /ledger/entries": "postLedgerEntries",
    "POST /ledger/entries/{number}/correct": "correctLedgerEntry",
    "GET /ledger/months": "getLedgerMonth",
    "POST /ledger/months/close": "prepareMonthClose",
    "POST /ledger/months/reopen": "askToReopenMonth",
    "POST /ledger/months/steps/{number}/accept": "acceptMonthStep",
    "POST /ledger/months/steps/{number}/refuse": "refuseMonthStep",
    "GET /ledger/imports": "listImports",
    "POST /ledger/imports": "importLedgerFile",
    "POST /ledger/imports/{number}/take-back": "takeImportBack",
    "GET /ledger/bills": "listCloudBills",
    "GET /ledger/sources": "listMoneySources",
    "GET /ledger/quarantine": "listQuarantinedRows",
    "POST /ledger/quarantine/{number}/decide": "decideQuarantinedRow",
    "GET /service-accounts": "listServiceAccounts",
    "POST /service-accounts": "createServiceAccount",
    "GET /service-accounts/{account}": "getServiceAccount",
    "DELETE /service-accounts/{account}": "revokeServiceAccount",
    "POST /service-accounts/{account}/rotate": "rotateClientSecret",
    "GET /budget-locks": "listBudgetLocks",
    "POST /budget-locks": "proposeBudgetLock",
    "POST /budget-locks/{number}/agree": "agreeToBudgetLock",
    "POST /budget-locks/{number}/refuse": "refuseBudgetLock",
    "GET /objectives": "listObjectives",
    "PUT /objectives": "stateObjectives",
    "GET /objectives/coverage": "getObjectiveCoverage",
    "GET /portfolio/refused": "getRefusedDemands",
    "GET /capacity": "listCapacity",
    "POST /capacity": "stateCapacity",
    "GET /value-waits": "listValueWaits",
    "GET /value-waits/proposals": "listReleases",
    "GET /trace": "traceFigure",
    "GET /trace/tickets/{ticket}": "traceTicket",
    "GET /track-record": "getTrackRecord",
    "GET /tradeoffs": "rankTradeoffs",
    "GET /scenarios": "listScenarios",
    "POST /scenarios": "saveScenario",
    "GET /scenarios/compare": "compareScenarios",
    "GET /scenarios/{number}": "getScenario",
    "POST /scenarios/{number}/choose": "chooseScenario",
    "GET /proposals": "listProposals",
    "POST /proposals/{number}/accept": "acceptProposal",
    "POST /proposals/{number}/decline": "declineProposal",
    "POST /proposals/{number}/withdraw": "withdrawProposal",
    "GET /services": "listServices",
    "GET /services/{service}": "getService",
    "POST /service-values": "stateServiceValues",
    "POST /services/{service}/hurdle": "nameServiceHurdle",
    "GET /audit": "listAuditEntries",
    "GET /tokens": "listTokens",
    "DELETE /tokens/{number}": "revokeToken",
    "GET /version": "getVersion",
    "GET /me": "getCaller",
}

SCHEMA_NAMES: Mapping[str, str] = {
    "Account": "EffectAccount",
    "AccountModel": "ToolAccount",
    "Auth": "ConnectionAuth",
    "CallerModel": "Caller",
    "CapitalisationItem": "CapitalisationSubject",
    "CapitalisationItemModel": "CapitalisationItem",
    "CheckModel": "HealthCheck",
    "EntryModel": "AuditEntry",
    "EventModel": "InboxEvent",
    "EventDetail": "InboxEventDetail",
    "GateConditionModel": "GateCondition",
    "HealthModel": "ConnectionHealth",
    "KindModel": "VarianceKind",
    "MonthModel": "LedgerMonth",
    "MonthShareModel": "VarianceMonth",
    "PlaceModel": "VariancePlace",
    "StatusModel": "Status",
    "Totals": "PortfolioSums",
    "Version": "EffectVersion",
    "WhyModel": "Variance",
    "PortfolioWhyModel": "PortfolioVariance",
    "WriteModel": "Write",
}
"""Where a class's own name without ``Model`` would say too little outside its module."""

_SMALL_WORDS = frozenset({"a", "an", "the", "of", "or", "its", "your", "it", "is", "and"})


def operation_id(method: str, path: str, summary: str) -> str:
    """The speaking name of an operation; one that is not listed is named after its summary."""
    listed = OPERATION_IDS.get(f"{method} {path}")
    if listed is not None:
        return listed
    words: list[str] = [
        word for word in re.findall(r"[A-Za-z]+", summary.split(":")[0]) if word.lower() not in _SMALL_WORDS
    ]
    first, *rest = words[:4]
    return first.lower() + "".join(word.capitalize() for word in rest)


def schema_names(keys: Iterable[str]) -> dict[str, str]:
    """The name of each schema in the description, by its name in the code; unique and without a module's path."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key in sorted(keys, key=lambda one: (one not in SCHEMA_NAMES, one)):
        name = _schema_name(key)
        if name in taken:
            name = key.rpartition("__")[2]
        if name in taken:
            raise ValueError(f"two schemas of the API are called {name}: {key}")
        names[key] = name
        taken.add(name)
    return names


def _schema_name(key: str) -> str:
    page: re.Match[str] | None = re.fullmatch(r"Page_(\w+)_", key)
    if page is not None:
        return f"{_schema_name(str(page[1]))}Page"
    plain: str = key.rpartition("__")[2]
    if plain in SCHEMA_NAMES:
        return SCHEMA_NAMES[plain]
    return plain.removesuffix("Model") or plain
