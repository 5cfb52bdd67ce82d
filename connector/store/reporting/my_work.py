"""What waits for somebody: approvals, confirmations, requested reasons, blockers that are theirs to clear.

One query, for whoever reads: the measures whose roles their accounts hold (or were delegated) are found by the indexes
of the roles, and only the verdicts of those are opened.  What a measure needs from somebody in one way is one
task, also when three fields of it are missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, Row, text

from connector.people.my_work import MyWork, OpenTask, Reason, TaskGroup, WorkKind
from connector.people.permissions import Role as ViewerRole
from connector.people.permissions import Viewer
from connector.store.database.json_codec import from_json
from connector.store.database.row_level_access import account_key, grant_key
from connector.store.reporting.portfolio_filters import escaped
from governance.capital import capitalised
from governance.gates import REBASELINE
from governance.measure import Role
from governance.measure_state import ReasonRequest, deviation_text
from governance.plan_check import PlanCheck
from governance.reconciliation import LADDER, kind_text
from governance.verdict import ApprovalState, Blocker, Finding

PAGE = 50


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page of the list begins."""

    since: datetime
    measure: str
    kind: str


def load_my_work(
    connection: Connection,
    viewer: Viewer,
    today: date,
    *,
    committee_programs: Sequence[str] = (),
    kinds: Sequence[WorkKind] = (),
    per_kind: int | None = None,
    person: str | None = None,
    after: PageStart | None = None,
    limit: int = PAGE,
) -> MyWork:
    """What waits for the viewer, the oldest first; the sums are of everything, whatever is shown.

    ``committee_programs`` are those in whose steering committee the viewer sits; ``per_kind`` limits the
    tasks of each kind.  ``person`` is a part of the name of a measure's owner, sponsor or controller: then tasks and
    sums are of their measures alone.
    """
    accounts = sorted(viewer.accounts)
    offices = [grant_key(grant) for grant in viewer.grants if grant.role is ViewerRole.OFFICE]
    values = {
        "connections": [one.connection for one in accounts],
        "accounts": [one.id for one in accounts],
        "seats": list(committee_programs),
        "parties": [account_key(one) for one in accounts],
        "offices": json.dumps(offices),
        # What is of everything is no key of any place.
        "office_of_all": any(one.role is ViewerRole.OFFICE and one.is_everywhere for one in viewer.grants),
        "today": today,
        "ladder_roles": [step.role.value for step in LADDER],
        "ladder_days": [step.after.days for step in LADDER],
        "kinds": [kind.value for kind in kinds] or None,
        "each": per_kind,
        "since": after.since if after else None,
        "after": after.measure if after else None,
        "after_kind": after.kind if after else None,
        "person": f"%{escaped(person)}%" if person else None,
        "limit": limit + 1,
    }
    rows = connection.execute(_WORK, values).all() if accounts or offices else []
    shares = {
        WorkKind(row.kind): TaskGroup(row.count_of_kind, row.oldest_of_kind, row.stake_of_kind)
        for row in rows
        if row.total
    }
    shown = [row for row in rows if row.shown and row.turn <= limit + 1]
    return MyWork(
        tuple(_open_task(row) for row in shown[:limit]),
        {one: shares[one] for one in WorkKind if one in shares},
        rows[0].stake_of_all if rows else Decimal(0),
        (rows[0].reporting or "") if rows else "",
        len(shown) > limit,
    )


def _blocked(blocker: Blocker) -> Reason:
    approval = blocker.approval
    awaits = approval.kind if approval is not None and approval.state is ApprovalState.NOT_GIVEN else None
    return Reason(blocker.code, capitalised(blocker.reason), blocker.sentence, awaits)


def _reason_request(request: ReasonRequest, checks: tuple[PlanCheck, ...], slip_days: int) -> Reason:
    who = request.responsible.text
    past = deviation_text(checks, slip_days)
    text = f"{capitalised(past)}; {who} was asked for the reason"
    return Reason("DEVIATION_UNEXPLAINED", text, text)


def _role_change(finding: Finding) -> Reason:
    return Reason(finding.code, capitalised(finding.sentence), finding.sentence)


def _difference(kind: str, ledger: str, tool: str, due: str) -> Reason:
    text = f"Of {kind_text(kind)} to date the ledger has {ledger}, the tool {tool}: to be settled by {due}"
    return Reason("LEDGER_DIFFERENCE", text, text)


def _rebaseline(why: str) -> Reason:
    text = f"A re-baseline is asked for: {why}"
    return Reason("PLAN_LOCKED", text, text)


def _reason(stored: Mapping[str, object]) -> Reason:
    """From what the query puts together for one part of a thing."""
    match stored:
        case {"blocker": blocker}:
            return _blocked(from_json(Blocker, blocker))
        case {"finding": finding}:
            return _role_change(from_json(Finding, finding))
        case {"difference": str(kind), "ledger": str(ledger), "tool": str(tool), "due": str(due)}:
            return _difference(kind, ledger, tool, due)
        case {"request": request, "checks": checks, "slip_days": int(days)}:
            found = tuple(from_json(PlanCheck, check) for check in checks) if isinstance(checks, list) else ()
            return _reason_request(from_json(ReasonRequest, request), found, days)
        case _:
            return _rebaseline(str(stored["rebaseline"]))


def _open_task(row: Row[tuple[object, ...]]) -> OpenTask:
    return OpenTask(
        measure=row.id,
        key=row.key,
        title=row.title,
        owner=row.owner or "",
        url=row.url,
        connection=row.connection,
        hierarchy=tuple(name for name in (row.portfolio, row.program, row.project, row.package) if name),
        kind=WorkKind(row.kind),
        roles=tuple(map(Role, row.roles)),
        since=row.since,
        reasons=tuple(dict.fromkeys(map(_reason, row.reasons))),
        stage=REBASELINE if row.rebaselined else row.next_key or "",
        next_stage=row.next_label or "",
        other_open_conditions=row.blockers_in_all - row.blockers_here,
        gate=row.gate,
        implementation=row.implementation,
        potential=row.potential,
        plan_amount=row.stake,
        amount=row.amount,
        currency=row.currency,
    )


# An account is compared together with its connection: the same id on two tools is two people.  Who must act is what
# the verdict says (``responsible``); of an approval ``subject`` is the role that gives it, so that a rejected one,
# which is the owner's to answer, is no approval of theirs.
_WORK = text("""
WITH me AS (
    SELECT * FROM unnest(CAST(:connections AS text[]), CAST(:accounts AS text[])) AS a (connection, account)
), holds AS (
    SELECT m.id, 'owner' AS role FROM me JOIN measure m ON m.owner_id = me.account AND m.connection = me.connection
    UNION SELECT m.id, 'sponsor' FROM me JOIN measure m
        ON m.sponsor_id = me.account AND m.connection = me.connection
    UNION SELECT m.id, 'controller' FROM me JOIN measure m
        ON m.controller_id = me.account AND m.connection = me.connection
    UNION SELECT m.id, further.key FROM me JOIN measure m
        -- Where rows are hidden from the reader, no index on an array is looked into before that is known of every row;
        -- one that holds the few rows with any of them is.
        ON m.further_holders <> '{}' AND m.further_holders @> ARRAY[me.connection || E'\x1e' || me.account]
        CROSS JOIN LATERAL jsonb_each(m.facts #> '{roles,further}') AS further
        WHERE further.value ->> 'id' = me.account
    UNION SELECT m.id, 'steering_committee' FROM measure m
        JOIN me ON me.connection = m.connection
        WHERE m.program = ANY(CAST(:seats AS text[]))
          AND jsonb_typeof(m.facts #> '{committee,members}') = 'array'
          AND (m.facts #> '{committee,members}') ?| ARRAY[me.account, lower(me.account)]
    UNION SELECT m.id, s.role FROM command s
        JOIN measure m ON m.id = s.measure_id JOIN me ON me.connection = m.connection
        WHERE s.verb = 'delegate' AND s.accepted AND lower(s.content ->> 'delegate') = lower(me.account)
          AND CAST(s.content ->> 'until' AS date) >= :today
          AND s.content #>> '{person,id}' = CASE s.role WHEN 'owner' THEN m.owner_id WHEN 'sponsor' THEN m.sponsor_id
                                                       WHEN 'controller' THEN m.controller_id
                                                       ELSE m.facts #>> ARRAY['roles', 'further', s.role, 'id'] END
), concerned AS (
    -- Whom a change of a role concerns that nobody has accepted: both holders, and the transformation office.
    SELECT m.id FROM measure m
        WHERE m.role_change_parties <> '{}' AND m.role_change_parties && CAST(:parties AS text[])
    UNION SELECT m.id FROM measure m
        WHERE m.role_change_parties <> '{}'
          AND (CAST(:office_of_all AS boolean)
               OR CAST(:offices AS jsonb) ?| gatepost_place_keys(m.portfolio, m.program, m.project, m.package,
                                                                 m.legal_entity))
), held AS MATERIALIZED (
    SELECT m.id, m.connection, m.native_id, m.key, m.title, m.owner, m.portfolio, m.program, m.project, m.package,
           m.gate, m.implementation, m.potential, m.plan_net, m.actual_net, m.variance_net, m.currency, h.roles,
           v.blockers, v.deviation, m.findings, h.concerned,
           coalesce(jsonb_typeof(v.off_ramp) = 'object', false) AS off_ramp, v.next_stage AS next_key,
           v.next_stage_label AS next_label,
           CAST(v.figures #>> '{unvalidated,amount}' AS numeric) AS unvalidated
    FROM (SELECT id, coalesce(array_agg(role) FILTER (WHERE role IS NOT NULL), '{}') AS roles,
                 bool_or(concerned) AS concerned
          FROM (SELECT id, role, false AS concerned FROM holds WHERE role IS NOT NULL
                UNION ALL SELECT id, NULL, true FROM concerned) AS either
          GROUP BY id) AS h
    JOIN measure m ON m.id = h.id
    -- A verdict is long: unpacked once, and not for each of its parts.
    CROSS JOIN LATERAL jsonb_to_record(m.verdict) AS v (blockers jsonb, deviation jsonb, off_ramp jsonb,
                                                        next_stage text, next_stage_label text, figures jsonb)
    WHERE m.unmapped_since IS NULL
      AND (CAST(:person AS text) IS NULL OR m.owner ILIKE :person OR m.sponsor ILIKE :person
           OR m.controller ILIKE :person)
), parts AS (
    SELECT h.id, CAST(b.blocker ->> 'since' AS timestamptz) AS since, true AS blocks, false AS rebaselines,
           jsonb_build_object('blocker', b.blocker) AS reason,
           CASE WHEN jsonb_typeof(b.blocker -> 'approval') IS DISTINCT FROM 'object'
                     OR b.blocker ->> 'subject' <> ALL(h.roles)
                THEN 'blocker'
                WHEN b.blocker #>> '{approval,kind}' = 'actual_effect' AND h.actual_net IS NOT NULL
                THEN 'confirmation'
                ELSE 'approval' END AS kind
    FROM held h CROSS JOIN LATERAL jsonb_array_elements(h.blockers) AS b (blocker)
    WHERE EXISTS (SELECT FROM jsonb_array_elements(b.blocker -> 'responsible') AS r (one)
                  WHERE r.one ->> 'role' = ANY(h.roles))
      AND b.blocker ->> 'code' NOT IN ('ON_HOLD', 'CANCELLED', 'DEVIATION_UNEXPLAINED')
      AND (NOT h.off_ramp OR b.blocker ->> 'code' IN ('KILL_SWITCH', 'NOT_CANCELLED'))
      AND h.gate <> 'not_due'
    UNION ALL
    SELECT h.id, CAST(a.request ->> 'at' AS timestamptz), h.blockers @> '[{"code": "DEVIATION_UNEXPLAINED"}]', false,
           jsonb_build_object('request', a.request, 'checks', h.deviation -> 'checks',
                              'slip_days', coalesce(CAST(h.deviation ->> 'slip_days' AS int), 0)), 'reason'
    FROM held h CROSS JOIN LATERAL
         jsonb_array_elements(CASE jsonb_typeof(h.deviation) WHEN 'object' THEN h.deviation -> 'reason_requests'
                                   ELSE '[]' END) AS a (request)
    WHERE NOT h.off_ramp AND coalesce(h.deviation ->> 'reason', '') = ''
      AND a.request #>> '{responsible,role}' = ANY(h.roles)
    UNION ALL
    SELECT h.id, CAST(f.finding ->> 'since' AS timestamptz),
           h.blockers @> jsonb_build_array(jsonb_build_object('code', 'ROLE_CHANGED',
                                                              'subject', f.finding ->> 'subject')),
           false, jsonb_build_object('finding', f.finding), 'role_change'
    FROM held h CROSS JOIN LATERAL jsonb_array_elements(h.findings) AS f (finding)
    WHERE h.concerned AND f.finding ->> 'code' = 'ROLE_CHANGED'
    UNION ALL
    SELECT h.id, d.since, false, false,
           jsonb_build_object('difference', d.kind, 'ledger', d.ledger, 'tool', d.tool,
                              'due', to_char(d.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')), 'difference'
    FROM held h JOIN ledger_difference AS d ON d.measure_id = h.id
    WHERE EXISTS (SELECT FROM unnest(CAST(:ladder_roles AS text[]), CAST(:ladder_days AS int[])) AS l (role, days)
                  WHERE l.role = ANY(h.roles) AND CAST(d.since AT TIME ZONE 'UTC' AS date) + l.days <= :today)
    UNION ALL
    SELECT h.id, request.at, false, true, jsonb_build_object('rebaseline', request.why), 'approval'
    FROM held h CROSS JOIN LATERAL
         (SELECT s.given_at AS at, s.content ->> 'text' AS why FROM command s
          WHERE s.measure_id = h.id AND s.verb = 'rebaseline' AND s.accepted
            AND s.given_at > (SELECT max(p.locked_at) FROM plan_version p WHERE p.measure_id = h.id)
          ORDER BY s.given_at DESC LIMIT 1) AS request
    WHERE NOT h.off_ramp AND h.roles && ARRAY['sponsor', 'controller'] AND h.blockers @> '[{"code": "PLAN_LOCKED"}]'
      AND NOT EXISTS (SELECT 1 FROM command s WHERE s.measure_id = h.id AND s.accepted
                      AND s.verb IN ('approve', 'reject') AND s.content ->> 'stage' = 'rebaseline'
                      AND s.role = ANY(h.roles) AND s.given_at > request.at)
), tasks AS (
    SELECT p.id, p.kind, min(p.since) AS since, jsonb_agg(p.reason ORDER BY p.since) AS reasons,
           bool_or(p.rebaselines) AS rebaselined, count(*) FILTER (WHERE p.blocks) AS blockers_here
    FROM parts p GROUP BY p.id, p.kind
), priced AS (
    SELECT t.*, h.connection, h.native_id, h.key, h.title, h.owner, h.portfolio, h.program, h.project, h.package,
           h.gate, h.implementation, h.potential, h.roles, h.next_key, h.next_label, h.currency,
           coalesce(b.currency, h.currency) AS reporting,
           jsonb_array_length(h.blockers) AS blockers_in_all,
           CASE WHEN f.measure_id IS NOT NULL THEN f.cash_plan
                WHEN b.currency IS NULL OR b.currency = h.currency THEN h.plan_net END AS stake,
           CASE t.kind WHEN 'confirmation' THEN h.unvalidated WHEN 'reason' THEN h.variance_net END AS amount,
           row_number() OVER (PARTITION BY t.id ORDER BY t.kind) = 1 AS first_of_measure
    FROM tasks t JOIN held h ON h.id = t.id LEFT JOIN measure_figures f ON f.measure_id = t.id
    LEFT JOIN figures_settings b ON true
), counted AS (
    SELECT p.*,
           count(*) OVER kinds AS count_of_kind, min(since) OVER kinds AS oldest_of_kind,
           coalesce(sum(stake) OVER kinds, 0) AS stake_of_kind,
           coalesce(sum(stake) FILTER (WHERE first_of_measure) OVER (), 0) AS stake_of_all,
           row_number() OVER (PARTITION BY kind ORDER BY since, id) AS place
    FROM priced p WINDOW kinds AS (PARTITION BY kind)
), selected AS (
    SELECT c.*,
           (CAST(:kinds AS text[]) IS NULL OR kind = ANY (CAST(:kinds AS text[])))
           AND (CAST(:each AS integer) IS NULL OR place <= :each)
           AND (CAST(:since AS timestamptz) IS NULL
                OR (since, id, kind) > (CAST(:since AS timestamptz), CAST(:after AS text), CAST(:after_kind AS text)))
               AS shown
    FROM counted c
), picked AS (
    SELECT a.*, row_number() OVER (PARTITION BY shown ORDER BY since, id, kind) AS turn FROM selected a
)
SELECT p.*, p.place = 1 AS total, w.url
FROM picked p LEFT JOIN work_item w ON w.connection = p.connection AND w.native_id = p.native_id
WHERE p.place = 1 OR (p.shown AND p.turn <= :limit)
ORDER BY p.since, p.id, p.kind
""")
