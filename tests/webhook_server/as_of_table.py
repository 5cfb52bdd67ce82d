"""Which pages, answers and files take a day of the past (``on``) and an earlier one to compare with (``compare``).

Everything else says here why it does not.  A new page or operation that reads gets its line.
"""

ON = "on"
BOTH = "on compare"
KEPT = "on, and keeps compare for the page that it leads back to"

PARTS = "suggestions for a filter, of today"
NUMBERED = "of the moment that its number names"
LINES = "the lines of many measures together are kept for today alone; those of one measure are on its page of a day"
LIST = "a list of today; of a day, the reporting view of the same name has it, over OData and as Parquet"
HISTORY = "holds its days itself: what was added later stands after it"
TASKS = "what somebody can do now"
MONTHS = "months: a closed one stays as it was closed, later entries are corrections with their own day"
WAITS = "where benefit waits now; what a measure waited for on a day is on its page of that day"
CHOICES = "what could be deferred, paused or stopped now; a saved scenario holds its own moment"
PRESENT_ORDER = "an organisation's objectives, tickets and track record as they are now; no figure of a portfolio"
RUNNING = "how Gatepost itself runs, who may do what and what is set; no figure of a measure"
CALENDAR = "papers by their cut-off; a paper that was sent is kept with its report number"

PAGES: dict[str, str] = {
    "/portfolio": BOTH,
    "/portfolio/workbook.xlsx": BOTH,
    "/portfolio/deck.pptx": BOTH,
    "/portfolio/export.csv": BOTH,
    "/measures/<path:name>": BOTH,
    "/portfolio/measures": KEPT,
    "/portfolio/findings": KEPT,
    "/portfolio/hierarchy": KEPT,
    "/portfolio/curve": KEPT,
    "/portfolio/why": KEPT,
    "/measures/<path:name>/timeline": ON,
    "/measures/<path:name>/why": ON,
    "/measures/<path:name>/evidence.zip": ON,
    "/calendar/review": ON,
    "/calendar/review.pptx": ON,
    "/calendar/template": RUNNING,
    "/portfolio/names": PARTS,
    "/portfolio/lines": LINES,
    "/portfolio/reports/<number>": NUMBERED,
    "/portfolio/reports/<number>/meeting": NUMBERED,
    "/audit": HISTORY,
    "/money": MONTHS,
    "/money/export": MONTHS,
    "/services": MONTHS,
    "/services/<key>": MONTHS,
    "/waiting": WAITS,
    "/waiting/capacity": WAITS,
    "/waiting/places.csv": WAITS,
    "/tradeoffs": CHOICES,
    "/tradeoffs/compare": CHOICES,
    "/tradeoffs/scenarios/<int:number>": CHOICES,
    "/track-record": PRESENT_ORDER,
    "/outcomes": PRESENT_ORDER,
    "/trace": PRESENT_ORDER,
    "/trace/refused": PRESENT_ORDER,
    "/trace/ticket": PRESENT_ORDER,
    "/calendar": CALENDAR,
    "/calendar/papers/<key>": CALENDAR,
    "/calendar/papers/<key>/preview": CALENDAR,
    "/calendar/papers/<key>/preview/<name>": CALENDAR,
    "/work": TASKS,
    "/approvals": TASKS,
    "/digest": TASKS,
    "/measures/<path:name>/actions/<verb>": TASKS,
    "/measures/<path:name>/commands/<int:number>": TASKS,
}
"""Of the pages with figures or measures; all others are :data:`OTHER_PAGES`."""

OTHER_PAGES = (
    "/", "/account", "/connections", "/docs", "/first-administrator", "/health", "/mapping", "/metrics",
    "/money/import", "/odata", "/operations", "/palette", "/people", "/setup", "/signin", "/subscriptions", "/webhooks",
)  # fmt: skip
"""Beginnings of addresses about how Gatepost itself runs.  OData takes ``on`` by itself (tests/webhook_server/odata)."""

OPERATIONS: dict[str, str] = {
    "/measures/{measure}": BOTH,
    "/measures/{measure}/explain": BOTH,
    "/portfolio": BOTH,
    "/portfolio/deck": BOTH,
    "/measures/{measure}/effect-lines": ON,
    "/measures/{measure}/benefit-slip": ON,
    "/measures/{measure}/evidence": ON,
    "/measures/{measure}/why": ON,
    "/portfolio/why": ON,
    "/tradeoffs": ON,
    "/reporting-views/{view}/parquet": ON,
    "/outcome-review": ON,
    "/measures": LIST,
    "/findings": LIST,
    "/reporting-views": RUNNING,
    "/measures/{measure}/history": HISTORY,
    "/measures/{measure}/decisions": HISTORY,
    "/decisions/{number}": HISTORY,
    "/measures/{measure}/commands": HISTORY,
    "/commands/{command}": HISTORY,
    "/audit": HISTORY,
    "/portfolio/refused": HISTORY,
    "/work": TASKS,
    "/gates/{measure}/{stage}": TASKS,
}
OPERATION_TAGS: dict[str, str] = {
    "ledger": MONTHS,
    "budget locks": MONTHS,
    "rates": MONTHS,
    "services": MONTHS,
    "objectives": PRESENT_ORDER,
    "portfolio": "waits, choices and track record as the pages have them",
    "papers": CALENDAR,
    "mappings": RUNNING,
    "connections": RUNNING,
    "queues": RUNNING,
    "sweeps": RUNNING,
    "subscriptions": RUNNING,
    "tokens": RUNNING,
    "service accounts": RUNNING,
    "about": RUNNING,
}
"""Of operations without a line of their own, by subject."""
