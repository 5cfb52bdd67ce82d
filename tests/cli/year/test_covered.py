"""Which page's figures are worked out a second time, and by what; a new page says so here."""

from __future__ import annotations

from tests.webhook_server.access_table import TABLE

NO_PAGE = ("/api/", "/odata/", "/health/", "/metrics", ".csv", ".pptx", ".xlsx", ".zip", ".json", ".yaml", "/export")
"""Programs and files; their figures are compared with those of pages elsewhere."""

CHECKED = {
    "/portfolio": "figures.check_portfolio, overview.check_overview",
    "/portfolio/curve": "bridge.check_curve",
    "/portfolio/findings": "overview.check_overview",
    "/portfolio/hierarchy": "overview.check_overview",
    "/portfolio/lines": "traces.check_lines",
    "/portfolio/measures": "figures.check_parts",
    "/portfolio/why": "traces.check_variance",
    "/measures/<path:name>": "measures.check_measure_pages",
    "/measures/<path:name>/why": "measures.check_measure_pages",
    "/money": "traces.check_ledger",
    "/services": "services.check_services",
    "/services/<key>": "services.check_services",
    "/outcomes": "services.check_outcomes",
    "/waiting": "places.check_waiting",
    "/waiting/capacity": "places.check_capacity",
    "/track-record": "promises.check_records",
    "/tradeoffs": "promises.check_tradeoffs",
    "/tradeoffs/scenarios/<int:number>": "machine.check_scenario",
    "/trace": "traces.check_traces",
    "/trace/ticket": "traces.check_traces",
    "/trace/refused": "traces.check_refused",
    "/calendar/review": "traces.check_review",
    "/work": "tasks.check_work",
    "/operations": "machine.check_operations",
}
"""By the address: what recomputes its figures from stored facts, without the arithmetic of Gatepost."""

ELSEWHERE = {
    "/approvals": "tests/webhook_server/admin/test_work.py: the plans that are agreed to, as the measure's page has them",
    "/measures/<path:name>/actions/<verb>": "tests/webhook_server/admin/test_measure.py: what is signed, line by line",
    "/measures/<path:name>/commands/<int:number>": "tests/webhook_server/admin/test_measure.py",
    "/measures/<path:name>/timeline": "tests/webhook_server/admin/test_measure_timeline.py",
    "/money/import": "tests/webhook_server/admin/test_money.py: the year imports nothing",
    "/money/import/progress": "tests/webhook_server/admin/test_money.py",
    "/tradeoffs/compare": "tests/webhook_server/admin/test_tradeoff_pages.py: both sides are saved figures",
    "/portfolio/reports/<number>": "tests/webhook_server/admin/test_looking_back.py",
    "/portfolio/reports/<number>/meeting": "tests/webhook_server/admin/test_meeting.py",
    "/calendar/papers/<key>": "tests/webhook_server/admin/test_calendar.py: the year plans no paper",
    "/calendar/papers/<key>/preview": "tests/webhook_server/admin/test_calendar.py",
    "/calendar/papers/<key>/preview/<name>": "tests/webhook_server/admin/test_calendar.py",
    "/operations/dead-letters": "tests/webhook_server/admin/test_operations.py: the year has no dead letters",
    "/operations/dead-letters/<cause>": "tests/webhook_server/admin/test_operations.py",
    "/operations/figures": "the same part as /operations",
    "/mapping": "tests/webhook_server/admin/test_mapping.py: items and measures by rule",
    "/mapping/activate": "tests/webhook_server/admin/test_mapping.py",
    "/mapping/activate/check": "tests/webhook_server/admin/test_mapping.py",
    "/mapping/progress/<int:number>": "tests/webhook_server/admin/test_mapping.py",
    "/mapping/progress/<int:number>/part": "tests/webhook_server/admin/test_mapping.py",
    "/connections": "tests/webhook_server/admin/test_connections.py",
    "/connections/<name>": "tests/webhook_server/admin/test_connections.py",
    "/people": "tests/webhook_server/admin/test_people.py",
    "/people/<int:number>": "tests/webhook_server/admin/test_people.py",
    "/people/grant-preview": "tests/webhook_server/admin/test_people.py",
    "/people/service-accounts": "tests/webhook_server/admin/test_people.py",
    "/subscriptions": "tests/webhook_server/admin/test_subscriptions.py",
    "/subscriptions/<name>": "tests/webhook_server/admin/test_subscriptions.py",
    "/operations/events": "tests/webhook_server/admin/test_operations.py: a list of single events",
    "/operations/writes": "tests/webhook_server/admin/test_operations.py: a list of single writes",
}
"""Counts that tests of their own hold to what those tests stored."""

WITHOUT_FIGURES = (
    "/", "/account", "/account/second-factor", "/account/views", "/audit", "/calendar", "/calendar/template", "/digest",
    "/docs", "/first-administrator", "/mapping/edit", "/mapping/guided", "/mapping/names", "/mapping/versions/<int:number>",
    "/palette", "/people/new", "/people/rules", "/portfolio/names", "/setup", "/setup/provision/<name>",
    "/setup/survey/<name>", "/signin", "/signin/code", "/signin/go-on", "/signin/provider", "/signin/provider/confirm",
    "/signin/returned", "/subscriptions/new",
)  # fmt: skip
"""Forms, texts and lists of single things."""


def test_every_page_says_what_its_figures_are_compared_with() -> None:
    routes = [line.removeprefix("GET ") for line in TABLE if line.startswith("GET ")]
    pages = {route for route in routes if not any(part in route for part in NO_PAGE)}
    told = [*CHECKED, *ELSEWHERE, *WITHOUT_FIGURES]
    assert sorted(told) == sorted(set(told))
    assert pages - set(told) == set(), "say here what recomputes the figures of a new page"
    assert set(told) - pages == set(), "these pages are gone"
