"""Tokens and client certificates that end soon: announced two weeks and three days ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.http.certificates import certificates_in
from connector.http.tool_access import Auth
from connector.remedy import Remedy
from connector.store.connections.connections import ConnectionRecord
from connector.store.notifications.alerts import Alerts, Expiry

STAGES = (timedelta(days=3), timedelta(days=14))
"""How long before the end it is announced; the nearest first."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ending:
    what: str
    of: str
    ends: datetime
    renew: Remedy


def report_expiries(services: Services, now: datetime) -> None:
    """Raise an alert for what is new among what ends soon, and close those of what was renewed."""
    due = []
    for ending in _endings(services):
        stage = next((stage for stage in STAGES if ending.ends - now <= stage), None)
        if stage is not None:
            due.append(Expiry(ending.what, ending.of, ending.ends, ending.renew, stage.days))
    for raised in Alerts(services.engine).report_expiries(due):
        _log.warning("credential ends soon", what=raised.what, of=raised.of, ends=f"{raised.ends:%Y-%m-%d}")


def _endings(services: Services) -> Iterator[_Ending]:
    for record in services.connections.all():
        yield from _of_connection(record)
    if services.network.client:
        ends = certificates_in(services.network.client, "GATEPOST_CLIENT_CERTIFICATE")[0].ends
        yield _Ending(
            "client certificate", "the installation", ends,
            Remedy(
                "have a new one issued, put it in place of the old one, and start Gatepost anew.",
                "the file is that of GATEPOST_CLIENT_CERTIFICATE",
            ),
        )  # fmt: skip


def _of_connection(record: ConnectionRecord) -> Iterator[_Ending]:
    if record.expires_at is not None and record.auth is not Auth.OAUTH:
        yield _Ending(
            "credential", record.name, record.expires_at,
            Remedy(
                f"create a new one at {record.base_url} and enter it, with its end, on the page Set-up.",
                f"gatepost connect {record.tool.value} {record.name} --url {record.base_url} …, with --expires",
            ),
        )  # fmt: skip
    if record.network is None or not record.network.client:
        return
    try:
        ends = certificates_in(record.network.client, record.name)[0].ends
    except ConfigurationError:
        return
    yield _Ending(
        "client certificate", record.name, ends,
        Remedy(
            "have a new one issued, and give it in place of the old one.",
            f"gatepost connection network {record.name} --client-certificate FILE",
        ),
    )  # fmt: skip
