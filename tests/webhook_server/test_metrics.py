"""What ``/metrics`` tells: every metric that is documented, from the database, and an answer when there is none."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine, event, text

from connector.runtime.metrics import METRICS
from connector.store.database.postgres import conninfo
from connector.store.queue.workers import WorkerPresence
from tests.waiting import LONGEST_WAIT_SECONDS
from tests.webhook_server.test_webhooks import EVENT, Endpoints, endpoints
from webhook_server.app import create_app
from webhook_server.metrics import CACHE_SECONDS, DatabaseCollector

__all__ = ["endpoints"]

PILE = """
    UPDATE connection SET paused_at = now(), paused_reason = '401' WHERE name = 'snow-main';
    UPDATE connection SET paused_at = now(), paused_until = now() + interval '1 minute' WHERE name = 'jira-main';
    INSERT INTO dirty_key (connection, native_id, inbox_id, due_at, state, claim_token) VALUES
        ('jira-main', '1', 7, now() - interval '90 seconds', 'waiting', NULL),
        ('jira-main', '2', NULL, now() - interval '2 hours', 'waiting', NULL),
        ('jira-main', '3', 8, now() - interval '3 hours', 'waiting', gen_random_uuid()),
        ('jira-main', '4', 9, now(), 'dead_letter', NULL), ('snow-main', '5', NULL, now(), 'waiting', NULL);
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, settled_at) VALUES
        ('jira-main', '1', 'ITX-1', '{}', '[]', 'waiting', NULL), ('jira-main', '2', 'ITX-2', '{}', '[]', 'dead_letter', now()),
        ('jira-main', '3', 'ITX-3', '{}', '[]', 'dead_letter', now()), ('jira-main', '4', 'ITX-4', '{}', '[]', 'done', now()),
        ('jira-main', '5', 'ITX-5', '{}', '[]', 'done', now() - interval '2 minutes');
    INSERT INTO sweep (connection, kind, query, started_at, due_at) VALUES
        ('jira-main', 'changed', 'q', now(), now() - interval '20 minutes'),
        ('jira-main', 'full', 'q', now(), now() + interval '3 hours');
    INSERT INTO subscription (name, url, secrets, created_by) VALUES ('bridge', 'https://x.example', '{x}', 't');
    INSERT INTO subscription_delivery (subscription_id, event, connection, body, created_at, due_at, state)
        VALUES (1, 'connection.paused', 'snow-main', '{}', now(), now(), 'dead_letter');
    INSERT INTO alert (kind, subject) VALUES ('paused', 'snow-main');
"""

ON_JIRA, ON_SNOW = 'connection="jira-main"', 'connection="snow-main"'
EXPECTED = {
    "gatepost_database_up": 1,
    f"gatepost_dirty_keys{{{ON_JIRA}}}": 3,
    f"gatepost_dirty_keys{{{ON_SNOW}}}": 1,
    f"gatepost_outbox_pending{{{ON_JIRA}}}": 1,
    f"gatepost_outbox_pending{{{ON_SNOW}}}": 0,
    f'gatepost_dead_letters{{{ON_JIRA},kind="item"}}': 1,
    f'gatepost_dead_letters{{{ON_JIRA},kind="write"}}': 2,
    f'gatepost_dead_letters{{{ON_SNOW},kind="item"}}': 0,
    f'gatepost_dead_letters{{{ON_SNOW},kind="write"}}': 0,
    'gatepost_dead_letters{connection="bridge",kind="delivery"}': 1,
    f"gatepost_connection_paused{{{ON_JIRA}}}": 0,
    f"gatepost_connection_paused{{{ON_SNOW}}}": 1,
    f"gatepost_connection_rate_limited{{{ON_JIRA}}}": 1,
    f"gatepost_connection_rate_limited{{{ON_SNOW}}}": 0,
    f'gatepost_sweep_overdue_seconds{{{ON_JIRA},kind="full"}}': 0,
    f"gatepost_writes_last_minute{{{ON_JIRA}}}": 1,
    f"gatepost_writes_last_minute{{{ON_SNOW}}}": 0,
    f"gatepost_backlog_age_seconds{{{ON_SNOW}}}": 0,
    "gatepost_workers_alive": 1,
    "gatepost_alerts_pending": 1,
    "gatepost_papers_pending": 0,
}


def samples(shown: str) -> dict[str, float]:
    """Every sample by its name with the labels in their order."""
    found = {}
    for family in text_string_to_metric_families(shown):
        for one in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(one.labels.items()))
            found[f"{one.name}{{{labels}}}" if labels else one.name] = one.value
    return found


def test_every_documented_metric_has_its_value_from_the_database(endpoints: Endpoints) -> None:
    endpoints.post(EVENT)
    services = endpoints.services
    with services.engine.begin() as connection:
        connection.execute(text("DELETE FROM dirty_key"))
        connection.execute(text(PILE))
    with WorkerPresence(services.engine, conninfo(services.url)):
        shown = endpoints.client.get("/metrics").get_data(as_text=True)
    found = samples(shown)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert 90 <= found[f"gatepost_backlog_age_seconds{{{ON_JIRA}}}"] < 120
    assert 1200 <= found[f'gatepost_sweep_overdue_seconds{{{ON_JIRA},kind="changed"}}'] < 1230
    told = {name.partition("{")[0] for name in found} - {"gatepost_events_created"}
    assert told == {metric.name for metric in METRICS}
    for metric in METRICS[1:]:
        assert f"# HELP {metric.name} {metric.description}" in shown
    assert f'gatepost_events_total{{{ON_JIRA},outcome="accepted"}}' in found


def test_requests_within_some_seconds_get_the_same_figures(endpoints: Endpoints) -> None:
    now = [100.0]
    asked: list[str] = []
    event.listen(
        endpoints.services.engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement)
    )
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(endpoints.services.engine, monotonic=lambda: now[0]))
    first = generate_latest(registry)
    many = len(asked)
    now[0] += CACHE_SECONDS - 0.1
    assert (generate_latest(registry), len(asked)) == (first, many)
    now[0] += 0.2
    generate_latest(registry)
    assert len(asked) == 2 * many


def test_an_unavailable_database_is_reported_and_the_web_servers_own_count_remains(endpoints: Endpoints) -> None:
    endpoints.post(EVENT)
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 2})
    client = create_app(replace(endpoints.services, engine=away, metrics=CollectorRegistry())).test_client()
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert samples(answer.get_data(as_text=True)) == {"gatepost_database_up": 0.0}


@contextmanager
def hanging() -> Iterator[Engine]:
    """A server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        yield create_engine(
            f"postgresql+psycopg://nobody@127.0.0.1:{port}/none", connect_args={"connect_timeout": 3600}
        )


def test_a_database_that_hangs_delays_nobody_and_is_queried_once(endpoints: Endpoints) -> None:
    with hanging() as engine:
        registry = CollectorRegistry()
        registry.register(DatabaseCollector(engine, patience=0.2))
        told: list[bytes] = []
        askers = [Thread(target=lambda: told.append(generate_latest(registry))) for _ in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(LONGEST_WAIT_SECONDS)
        assert not any(asker.is_alive() for asker in askers), "the connection is still being made"
    assert [samples(one.decode()) for one in told] == [{"gatepost_database_up": 0.0}] * 4
