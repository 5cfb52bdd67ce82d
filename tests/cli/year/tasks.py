"""My work of the demo's people, worked out from the blockers, requests and findings of the stored verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from tests.cli.year.facts import Fact, StoredYear, month_name
from tests.cli.year.reading import Page, Read, is_short_for, known, whole
from tests.connector.store.reporting.recompute import Row

ZERO = Decimal(0)
TITLES = {
    "confirmation": "Confirmations", "approval": "Approvals", "reason": "Reasons", "role_change": "Changes of roles",
    "blocker": "Blockers",
}  # fmt: skip
NOT_ASKED = {"ON_HOLD", "CANCELLED", "DEVIATION_UNEXPLAINED"}
ALSO_OFF_RAMP = {"KILL_SWITCH", "NOT_CANCELLED"}


def check_work(stored: StoredYear, login: str, page: Page, *, is_office: bool = False) -> int:
    """Every task with the plan of its measure, and the first line; returns how many there are.

    ``is_office`` holds for the transformation office, which may accept every change of a role.
    """
    accounts = _accounts(stored, login)
    tasks: dict[tuple[str, str], datetime] = {}
    for row in stored.rows:
        for kind, since in _tasks(row, stored.facts[row.key], accounts, is_office):
            before = tasks.get((kind, row.key), since)
            tasks[kind, row.key] = min(since, before)
    read = Read(page("/work"))
    if not tasks:
        assert read.first_line == "You have no open tasks."
        return 0
    plans = {
        row.key: figures.get("EBITDA effect, plan current") for row in stored.rows for figures in (stored.figures(row)[1],)
    }  # fmt: skip
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, key in tasks:
        by_kind[kind].add(key)
    for kind, title in TITLES.items():
        assert read.has_table(title) == (kind in by_kind), (login, title)
        rows = [[cell for cell in cells if cell] for cells in (read.table(title) if kind in by_kind else ())]
        assert {cells[0].split()[0] for cells in rows} == by_kind[kind], (login, title)
        for cells in rows:
            plan = plans[cells[0].split()[0]]
            assert known(cells[-3]) == (None if plan is None else whole(plan)), (login, cells)
    _first_line(
        read, len(tasks), min(tasks.values()), sum((plans[key] or ZERO for key in {key for _, key in tasks}), ZERO)
    )
    return len(tasks)


def _first_line(read: Read, count: int, oldest: datetime, plan: Decimal) -> None:
    since = f"{oldest.day} {month_name(f'{oldest:%Y-%m}')}"
    begin = (
        f"You have 1 open task, since {since}"
        if count == 1
        else f"You have {count} open tasks, the oldest since {since}"
    )
    said, _, worth = read.first_line.partition("; ")
    assert said.rstrip(".") == begin
    assert is_short_for(worth.partition(" of planned benefit depend on ")[0], plan) if plan else not worth


def _accounts(stored: StoredYear, login: str) -> Mapping[str, str]:
    """The person's account by connection."""
    return {
        one.connection: one.account for one in stored.query(
            "SELECT a.* FROM person_account AS a JOIN person AS p ON p.id = a.person_id "
            f"WHERE p.login = '{login}@nordbank.example'"
        )
    }  # fmt: skip


def _tasks(row: Row, fact: Fact, accounts: Mapping[str, str], is_office: bool) -> Iterator[tuple[str, datetime]]:
    me = accounts.get(fact.id.partition("/")[0])
    off_ramp = fact.verdict["off_ramp"] is not None
    booked = any(line[0] == "actual" for line in row.lines)
    for one in fact.verdict["blockers"]:
        left = one["code"] in NOT_ASKED or (off_ramp and one["code"] not in ALSO_OFF_RAMP)
        if left or fact.gate == "not_due" or not _names(one["responsible"], me):
            continue
        kind = "blocker"
        if one["approval"] is not None and one["subject"] in {who["role"] for who in one["responsible"]}:
            kind = "confirmation" if one["approval"]["kind"] == "actual_effect" and booked else "approval"
        yield kind, datetime.fromisoformat(one["since"])
    deviation = fact.verdict["deviation"]
    if deviation and not off_ramp and not deviation["reason"]:
        for request in deviation["reason_requests"]:
            if _names([request["responsible"]], me):
                yield "reason", datetime.fromisoformat(request["at"])
    for finding in fact.findings:
        mine = is_office or f"{fact.id.partition('/')[0]}\x1e{me}" in fact.parties
        if finding["code"] == "ROLE_CHANGED" and mine:
            yield "role_change", datetime.fromisoformat(finding["since"])


def _names(people: list[dict[str, str]], account: str | None) -> bool:
    return account is not None and any(who["id"] == account for who in people)
