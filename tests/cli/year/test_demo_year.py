"""The demo's past year leaves what its pages are there to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from prometheus_client import CollectorRegistry

from cli.paper_options import EVERYTHING
from connector.bootstrap import MappingCache
from connector.measures.track_record import shown_records
from connector.measures.tradeoffs import Asked, tradeoffs
from connector.papers.measure_columns import gate_text
from connector.people.permissions import Role, RoleGrant
from connector.people.token_scopes import READING_SCOPES, held_scopes
from connector.store.database.json_codec import from_json
from connector.store.measures.measure_lookup import MeasureExplanation
from connector.store.measures.stored_gates import StoredGates
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from connector.store.reporting.steering_rows import SteeringRows
from governance.levers import Lever
from governance.measure_gates import NextGate, gates_of
from governance.money import Period
from governance.time_text import month_text
from governance.track_record import RecordKind
from governance.tradeoffs import Goal
from governance.verdict import GateState, Verdict
from sandbox.story import year
from sandbox.story.services import WORKPLACES
from sandbox.story.year_tools import PROJECT
from tests.cli.year.facts import OWNED, PLANS
from tests.cli.year.handovers import SUPPLIERS, cost_of_day, of_incident, of_story
from tests.cli.year.recomputed import freed_by_stopping, promises
from tests.cli.year.world import PASSWORD, PastYear
from tests.connector.gate_answers import check_words, everything_told, told_by
from tests.webhook_server.visitor import FormBrowser, page_text
from webhook_server.app import create_app


def test_each_stage_and_each_finding_is_there(past_year: PastYear) -> None:
    rows = past_year.rows(
        "SELECT title, stage, gate, measure_state, verdict, findings, actual_net FROM measure ORDER BY title"
    )
    assert {row.stage for row in rows} >= {"identified", "detailed", "decided", "implemented", "closed"}
    codes = {finding["code"] for row in rows for finding in row.findings}
    assert codes >= year.FINDINGS, year.FINDINGS - codes
    assert {row.title for row in rows if row.stage == "closed"} == {year.MAIL, year.VOICE}


def test_each_end_and_each_pause_is_there(past_year: PastYear) -> None:
    shown = {item.fields["Title"]: item.fields for item in past_year.items()}
    stages = {
        title: shown[title]["DoI stage"] for title in (year.MAIL, year.VOICE, year.ROBOTS, year.ARCHIVE, year.NETWORK)
    }
    assert stages == {
        year.MAIL: "Closed",
        year.VOICE: "Closed",
        year.ROBOTS: "On hold (Decided)",
        year.ARCHIVE: "Cancelled (Identified)",
        year.NETWORK: "On hold (Decided)",
    }
    accepted = past_year.rows("SELECT verb FROM command WHERE accepted")
    assert {"confirm", "confirm-lower", "cancel", "hold", "reason"} <= {row.verb for row in accepted}
    assert past_year.rows("SELECT count(*) AS number FROM audit WHERE action = 'measure.kill_switch'")[0].number == 1
    assert past_year.rows("SELECT count(*) AS number FROM audit WHERE action = 'plan.rebaselined'")[0].number == 2


def test_what_happened_is_on_record_on_its_day_and_the_clock_is_the_real_one_again(past_year: PastYear) -> None:
    now = datetime.now(UTC)
    (record,) = past_year.rows("SELECT min(at) AS first, max(at) AS last FROM audit WHERE action = 'stage.granted'")
    assert now - timedelta(days=400) < record.first < now - timedelta(days=330)
    assert record.last <= now
    (days,) = past_year.rows("SELECT count(DISTINCT day) AS number FROM status_day")
    assert days.number >= 10
    (actual,) = past_year.rows("SELECT count(DISTINCT month) AS number FROM effect_line WHERE version = 'actual'")
    assert actual.number >= 4
    assert abs(past_year.clock() - now) < timedelta(seconds=60)
    (default,) = past_year.rows(
        "SELECT column_default AS text FROM information_schema.columns WHERE table_name = 'audit' AND column_name = 'at'"
    )
    assert default.text == "now()"
    assert past_year.services.audit.verify().breaks == ()


def test_an_offering_of_servicenow_is_a_service_and_shows_what_is_reported_of_it(past_year: PastYear) -> None:
    (offering,) = past_year.sandbox.servicenow.tables["service_offering"].values()
    key = f"servicenow-main.{offering['sys_id']}"
    (found,) = past_year.rows("SELECT s.key, s.name, s.owner, s.portfolio, f.cost FROM service AS s JOIN service_figures "
                              "AS f ON f.service = s.key WHERE s.source <> '' AND s.ended_at IS NULL")  # fmt: skip
    assert tuple(found) == (key, WORKPLACES, "Sara Lind", "IT", 18_000)
    month = Period.of(past_year.clock().date()).plus(-1)
    assert offering["u_gatepost_findings"].replace("\r\n", "\n").split("\n") == [
        f"the unit cost is not known: no demand is stated for {month_text(month)} · owner Sara Lind · UNIT_COST_UNKNOWN",
        f"the demand is not known: no demand is stated for {month_text(month)} · owner Sara Lind · DEMAND_UNKNOWN",
        "nobody has said what is in the way of the service; state it, or state that nothing is · owner Sara Lind · "
        "HURDLE_UNNAMED",
    ]


def test_nothing_is_lost_on_the_way(past_year: PastYear) -> None:
    assert {row.state for row in past_year.rows("SELECT DISTINCT state FROM inbox")} <= {
        "done",
        "superseded",
        "ignored",
    }
    assert {row.state for row in past_year.rows("SELECT DISTINCT state FROM outbox")} <= {"done", "superseded"}
    assert past_year.rows("SELECT * FROM figures_due") == past_year.rows("SELECT * FROM service_due") == []


def test_every_answer_about_a_gate_is_the_same_at_every_step_of_the_year(past_year: PastYear) -> None:
    """Verdicts of every step, each as event, list, measure, property, check of every gate, command line and text."""
    versions = past_year.rows(
        """SELECT v.measure_id, m.key, v.known_from, v.verdict, v.findings, v.mapping_version, v.policy_version
           FROM verdict_version AS v JOIN measure AS m ON m.id = v.measure_id ORDER BY v.measure_id, v.known_from"""
    )
    active = MappingCache(past_year.services.mappings).active()
    assert active is not None
    policy = active.policies.base
    assert len(versions) > 100
    for row in versions:
        verdict = from_json(Verdict, {**row.verdict, "findings": row.findings})
        told = told_by(gates_of(verdict))
        assert told_by(gates_of(from_json(StoredGates, row.verdict))) == told, "a list reads less of it"
        shown = MeasureExplanation(
            row.measure_id, row.key, None, "", "", verdict, 1, row.policy_version, row.known_from, None, None, None
        )
        for who, said in everything_told(verdict, shown, policy):
            assert said == told, (who, row.key, row.known_from)
        assert told.stage is None or told.stage not in told.may_enter
        check_words(verdict, told, policy)


def test_deck_and_workbook_say_the_same_of_gates_through_the_year(past_year: PastYear) -> None:
    """At some moments at which figures were made, and now: which gate is next, its state, the words of the papers."""
    made: dict[datetime, set[str]] = {}
    for row in past_year.rows("SELECT known_from, measure_id FROM figures_version ORDER BY known_from"):
        made.setdefault(row.known_from, set()).add(row.measure_id)
    told: dict[str, list[tuple[datetime, NextGate | None]]] = {}
    for row in past_year.rows("SELECT measure_id, known_from, verdict FROM verdict_version ORDER BY known_from, id"):
        following = gates_of(from_json(StoredGates, row.verdict)).next
        told.setdefault(row.measure_id, []).append((row.known_from, following))
    slides = 0
    compared = 0
    for moment in {*list(made)[:: max(len(made) // 12, 1)], max(made)}:
        with past_year.services.read_as(EVERYTHING) as connection:
            source = figures_at(connection, moment)
            due = SteeringRows(source, EVERYTHING, PortfolioFilters()).due_by(date(2199, 1, 1))
            listed = PortfolioLists(source, EVERYTHING, PortfolioFilters()).measures("key", None, 500).rows
        for measure in (one for one in listed if one.id in made[moment]):
            # Made then from the verdict of then; others may have been stored within the same seconds.
            compared += 1
            first, last = moment - timedelta(minutes=1), moment + timedelta(minutes=1)
            known = [one for at, one in told[measure.id] if at <= last]
            recent = [one for at, one in told[measure.id] if first < at <= last]
            ahead = measure.gate_ahead
            said = [one for one in known[-1 - len(recent) :] if _pair(one) == ahead]
            assert said, (moment, measure.key, ahead)
            one = said[0]
            words = "Every gate is open" if one is None else f"{one.stage_label}: {one.state.label}"
            assert gate_text(measure, STAGES) == words, (moment, measure.key)
        for shown in due:
            one = [one for at, one in told[shown.measure.id] if at <= moment][-1]
            expected = ("", "") if one is None else (one.stage, one.stage_label)
            assert (shown.next_stage, shown.next_label) == expected, (moment, shown.measure.key)
            assert one is None or shown.next_state is one.state, (moment, shown.measure.key)
            slides += 1
    assert min(slides, compared) > 20


def _pair(following: NextGate | None) -> tuple[str, GateState] | None:
    return None if following is None else (following.stage, following.state)


STAGES = {one: one.capitalize() for one in ("identified", "detailed", "decided", "implemented", "closed")}


def test_list_measure_and_gates_answer_the_same_after_the_year(past_year: PastYear) -> None:
    client = create_app(replace(past_year.services, metrics=CollectorRegistry())).test_client()
    person = past_year.services.people.add("gates@acme.example", "Gates", by="tests", password_hash=None).id
    past_year.services.people.grant(person, RoleGrant(Role.VIEWER), by="tests")
    now = datetime.now(UTC)
    token = past_year.services.tokens.create(
        person,
        "tests",
        READING_SCOPES & held_scopes([Role.VIEWER]),
        expires_at=now + timedelta(days=1),
        by="tests",
        now=now,
    ).token

    def get(path: str) -> Any:
        return client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).get_json()

    measures = get("/measures?limit=200")["items"]
    assert len(measures) > 10
    for measure in measures:
        assert get(f"/measures/{measure['id']}")["measure"]["gates"] == measure["gates"]
        for stage in ("identified", "detailed", "decided", "implemented", "closed"):
            answer = get(f"/gates/{measure['id']}/{stage}?always_200=true")
            assert (answer["open"], answer["gates"]) == (stage in measure["gates"]["may_enter"], measure["gates"])


def test_records_and_relief_of_the_year_are_recomputed(past_year: PastYear) -> None:
    shown = shown_records(past_year.services, EVERYTHING)
    (settings,) = past_year.rows("SELECT to_char(closed_month, 'YYYY-MM') AS closed FROM figures_settings")
    found = promises(past_year.rows(OWNED), settings.closed)
    assert found
    euro = {row.decided_owner for row in past_year.rows(
        "SELECT f.decided_owner FROM measure_figures AS f GROUP BY 1 HAVING NOT bool_or(EXISTS ("
        "SELECT 1 FROM effect_line AS e WHERE e.measure_id = f.measure_id AND e.currency <> 'EUR'))"
    )}  # fmt: skip
    own = {one.name: (one.promised, one.came, one.sample) for one in shown.of(RecordKind.OWNER) if one.sample}
    compared = euro & (found.keys() | own.keys())
    assert compared
    assert {name: own.get(name) for name in compared} == {name: found.get(name) for name in compared}
    assert shown.weighted is None, "off by default"
    whole = shown.whole
    assert whole is not None
    assert whole.sample == sum(one.sample for one in shown.of(RecordKind.OWNER))

    ranking = tradeoffs(past_year.services, EVERYTHING, Asked(Goal.BUDGET)).ranking
    first, last = str(ranking.question.first), str(ranking.question.year.last)
    for one in ranking.candidates:
        if one.lever is Lever.STOP:
            rows = past_year.rows(
                "SELECT to_char(u.month, 'YYYY-MM'), u.one_off, u.capex FROM measure_series AS s, "
                "unnest(s.months, s.one_off, s.capex) AS u (month, one_off, capex) "
                f"WHERE s.measure_id = '{one.id}' AND s.version = (SELECT min(version) FROM measure_series "
                f"WHERE measure_id = '{one.id}' AND version IN ('forecast', 'plan'))"
            )
            assert one.relief == freed_by_stopping([tuple(row) for row in rows], first, last), one.key


def _euro(amount: Decimal) -> str:
    """As a sentence says it: cents only where there are some, which depends on how many days it is since."""
    return f"{amount:,.2f}".removesuffix(".00") + " EUR"


def test_waits_between_teams_and_at_suppliers_are_recomputed_from_the_tools_histories(past_year: PastYear) -> None:
    jira, now = past_year.sandbox.jira, past_year.clock()
    lines: dict[str, list[tuple[str, str, Decimal]]] = {}
    for row in past_year.rows(PLANS):
        lines.setdefault(row.measure_id, []).append((row.kind, row.month, row.amount))
    measures = {row.key: row for row in past_year.rows("SELECT id, key, title, findings FROM measure")}
    epics = {one.id: measures[one.key] for one in jira.issues.values() if one.key in measures}
    tickets = {
        one.key: (epics[one.parent], of_story(jira, one))
        for one in jira.issues.values()
        if one.project == PROJECT and one.parent in epics
    }
    number, incident = of_incident(past_year.sandbox.servicenow, year.LOST)
    disputes = next(row for row in measures.values() if row.title == year.DISPUTES)
    tickets[number] = (disputes, incident)

    found = {
        (row.id, one["subject"]): one["sentence"]
        for row in measures.values() for one in row.findings if one["code"] == "HANDOFF_WAIT"
    }  # fmt: skip
    expected = {
        (row.id, key): lying for key, (row, lying) in tickets.items() if not lying.ended and lying.days(now) > 5
    }
    assert found.keys() == expected.keys()
    names = {one.key: one.summary for one in jira.issues.values()}
    titles = {names.get(key, key) for _, key in found}
    assert titles == {
        f"{year.ARCHITECTURE}: prepare", f"{year.ARCHITECTURE}: roll out", f"{year.DATA}: roll out", "Scan the form", number,
    }  # fmt: skip
    for (measure, key), lying in expected.items():
        days, a_day = lying.days(now), cost_of_day(lines[measure])
        said = found[measure, key]
        assert f"{key} waited {days} days between teams: " in said
        assert said.endswith(f"; each day costs {_euro(a_day)}, {_euro(a_day * days)} in all"), said

    waits = past_year.rows(
        "SELECT measure_id, kind, place, ticket, a_day, since, queued FROM value_wait WHERE ticket <> ''"
    )
    queued = {
        (row.measure_id, row.kind, row.place, row.ticket): (row.a_day, row.since.replace(microsecond=0))
        for row in waits
        if row.queued
    }
    assert queued == {
        (row.id, "vendor" if lying.team in SUPPLIERS else "team", lying.team, key): (cost_of_day(lines[row.id]), lying.waits_since.replace(microsecond=0))
        for key, (row, lying) in tickets.items()
        if lying.waits_since and not lying.ended
    }  # fmt: skip
    places = {(kind, place) for _, kind, place, _ in queued}
    assert places == {
        ("vendor", "Fabrikam"), ("vendor", "Scanline"), ("team", "Data centre"), ("team", "Card operations"),
        ("team", "Purchasing"),
    }  # fmt: skip
    assert {(row.ticket, row.place) for row in waits if not row.queued} <= {
        (key, lying.team) for key, (_, lying) in tickets.items() if not lying.waits_since
    }
    visitor = FormBrowser(create_app(replace(past_year.services, metrics=CollectorRegistry())).test_client())
    assert visitor.sign_in("cfo@nordbank.example", PASSWORD).status_code == 303
    page = page_text(visitor.get("/waiting"))
    for kind in ("team", "vendor"):
        for _, place in (one for one in places if one[0] == kind):
            held = {measure: amount for (measure, _, at, _), (amount, _) in queued.items() if at == place}
            held |= {row.measure_id: row.a_day for row in waits if row.place == place}
            assert place in page
            assert f"{sum(held.values()):,.2f}" in page.replace("\xa0", " "), (place, held)


def test_an_administrator_finds_accounts_by_name_in_each_tools_own_directory(past_year: PastYear) -> None:
    visitor = FormBrowser(create_app(replace(past_year.services, metrics=CollectorRegistry())).test_client())
    assert visitor.sign_in("admin@nordbank.example", PASSWORD).status_code == 303
    person = next(one for one in past_year.services.people.all() if one.login == "ops@nordbank.example")
    page = f"/people/{person.id}"
    found = page_text(visitor.get(f"{page}?in=jira-main&find=novak"))
    assert "Petr Novak" in found
    assert "Link Petr Novak" in found
    elsewhere = page_text(visitor.get(f"{page}?in=servicenow-main&find=Lind"))
    assert "Link Sara Lind" in elsewhere
    assert "Nobody of that name was found in jira-main." in page_text(visitor.get(f"{page}?in=jira-main&find=zzz"))
    assert "Nobody of that name" in page_text(visitor.get(f"{page}?in=servicenow-main&find=a%5Eb"))
    assert "Enter at least two letters" in page_text(visitor.get(f"{page}?in=jira-main&find=a"))
    assert "There is no such connection any more." in page_text(visitor.get(f"{page}?in=other&find=novak"))
